"""What a careful reader notices in a log as a whole: dates that are not what they seem."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from offercast.history.records import Application
from offercast.ladder import Ladder

FEWEST = 10
"""So many answers on one day, or more, may be housekeeping."""

SHARE = 0.25
"""... if they are this share of all dated answers."""

LONGEST_WAIT = 365
"""A wait of more days than this may be a mistyped year."""

_FEWEST_PREFILLED = 5
_PREFILLED_SHARE = 0.8


def noticed(applications: tuple[Application, ...], ladder: Ladder) -> Iterator[str]:
    """Yield each suspicion in words, with its figures; nothing is changed because of it."""
    yield from _housekeeping(applications, ladder)
    yield from _prefilled(applications, ladder)
    yield from _long_waits(applications, ladder)


def _housekeeping(applications: tuple[Application, ...], ladder: Ladder) -> Iterator[str]:
    ends = Counter(
        e.on for a in applications for e in a.events if e.on and not e.until and e.kind in ladder.exits_by_id
    )
    for day, count in ends.most_common(1):
        sent = len({a.id for a in applications if any(e.kind == ladder.sent and e.on == day for e in a.events)})
        if count >= FEWEST and count >= SHARE * ends.total() and sent < count / 2:
            yield (
                f"{count} of {ends.total()} ends are dated {day}: if you tidied up that day, put "
                f"housekeeping = [{day}] into a mapping file"
            )


def _prefilled(applications: tuple[Application, ...], ladder: Ladder) -> Iterator[str]:
    """Days of a stage that nearly always equal the day of sending: a form filled them in."""
    for stage in ladder.stages[ladder.order[ladder.sent] + 1 :]:
        pairs = [pair for a in applications if (pair := _sent_and(a, ladder.sent, stage.id))]
        same = sum(sent == on for sent, on in pairs)
        if same >= _FEWEST_PREFILLED and same >= _PREFILLED_SHARE * len(pairs):
            yield (
                f"{stage.label}: {same} of {len(pairs)} are dated on the day of applying; if a form filled those in, "
                'set that column to "flag of" its stage in a mapping file'
            )


def _sent_and(application: Application, sent: str, stage: str) -> tuple[date, date] | None:
    days = {event.kind: event.on for event in application.events if event.on and not event.until}
    return (days[sent], days[stage]) if sent in days and stage in days else None


def _long_waits(applications: tuple[Application, ...], ladder: Ladder) -> Iterator[str]:
    found: list[tuple[int, str, date, date]] = []
    for application in applications:
        last: date | None = None
        for event in application.events:
            wait = (event.on - last).days if last and event.on and not event.until else 0
            if wait > LONGEST_WAIT:
                found.append((wait, application.id, last or date.min, event.on or date.max))
            if event.kind != ladder.stages[0].id or ladder.stages[0].id == ladder.sent:
                last = event.on or last
    if found:
        wait, identifier, start, end = max(found)
        also = f", and {len(found) - 1} more" if len(found) > 1 else ""
        yield f"a wait of {wait} days in {identifier} ({start} to {end}{also}): a mistyped year?"
