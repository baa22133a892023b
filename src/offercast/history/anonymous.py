"""A log without anybody in it: for a bug report, or for a friend."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import date, timedelta

from offercast.history.links import PLAIN_KINDS, UNNAMED_KIND, origins
from offercast.history.records import NO_TRACK, Application, Event, History

WEEKS = (520, 52)
"""The dates move back by at most and at least so many weeks: whole weeks, so that weekdays stay."""


def random_shift() -> timedelta:
    """A shift that nobody can guess."""
    most, least = WEEKS
    return timedelta(weeks=-(least + secrets.randbelow(most - least)))


def anonymise(history: History, *, shift: timedelta, hide_tracks: bool = False) -> History:
    """Return the history with numbers for names and all dates moved by one constant.

    Applications and companies become numbers in the order of the log (one company keeps one number), titles become
    their track, notes and web addresses are dropped. What an application came from becomes the number of another one,
    or a numbered contact or event. Every wait stays as it was, so that a fit gives the same rates and waits.
    `hide_tracks` numbers the tracks as well.

    Args:
        history: the log.
        shift: added to every date.
        hide_tracks: whether the tracks become "track 1", "track 2", ...

    >>> import offercast
    >>> from datetime import timedelta
    >>> history = offercast.read_history(offercast.example())
    >>> hidden = anonymise(history, shift=timedelta(weeks=-60))
    >>> hidden.applications[0].id, hidden.applications[0].company, hidden.applications[0].note
    ('1', 'Company 1', '')
    """
    companies: dict[str, str] = {}
    tracks = {
        track: f"track {number}" if hide_tracks else track for number, track in enumerate(history.tracks, start=1)
    }
    came_from = _hidden_origins(history, shift)
    kept = []
    for number, application in enumerate(history.applications, start=1):
        key = application.company.casefold().strip()
        company = companies.setdefault(key, f"Company {len(companies) + 1}") if key else ""
        track = tracks[application.track]
        hidden = _hidden(application, str(number), company, track, shift)
        kept.append(replace(hidden, came_from=came_from.get(application.id, "")))
    return History(history.ladder, tuple(kept), "anonymous log")


def _hidden_origins(history: History, shift: timedelta) -> dict[str, str]:
    """What each application came from, by its id: numbers for names, and no kind but the plain ones."""
    numbers = {application.id: str(number) for number, application in enumerate(history.applications, start=1)}
    names: dict[tuple[str, str], int] = {}
    hidden = {}
    for identifier, origin in origins(history).by_id.items():
        if origin.application:
            hidden[identifier] = numbers[origin.application]
            continue
        number = names.setdefault(origin.key, len(names) + 1)
        kind = origin.kind if origin.kind in PLAIN_KINDS else UNNAMED_KIND
        day = f" ({origin.day + shift})" if origin.day else ""
        hidden[identifier] = f"{kind}: {number}{day}"
    return hidden


def _hidden(application: Application, identifier: str, company: str, track: str, shift: timedelta) -> Application:
    events = tuple(_moved(event, shift) for event in application.events)
    title = track if application.title and track != NO_TRACK else ""
    return replace(application, id=identifier, company=company, track=track, title=title, note="", events=events)


def _moved(event: Event, shift: timedelta) -> Event:
    def move(day: date | None) -> date | None:
        return None if day is None else day + shift

    return replace(event, on=move(event.on), until=move(event.until))
