"""Event, Application, History: what a log says, and nothing that it does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property

from offercast.ladder import Ladder

NO_TRACK = "all"
"""The track of an application whose log names none."""

UNLABELLED = "unlabelled"
"""The track of an application that names none, in a log where others do."""

STILL_KEPT = timedelta(days=14)
"""A log whose last event is at most this old is taken to be kept up to date."""


@dataclass(frozen=True)
class Event:
    """One thing that happened: a stage entered, an exit taken, or `reopened`.

    `on` is the day, `until` the last possible day where only an interval is known; both None where the
    log gives no date. `at_least` says that a later stage may have been reached without being logged.
    """

    kind: str
    on: date | None = None
    until: date | None = None
    at_least: bool = False

    @property
    def latest(self) -> date | None:
        """The last day on which it can have happened."""
        return self.until or self.on


@dataclass(frozen=True)
class Application:
    """One application: its events in the order in which they happened, as far as that is known."""

    id: str
    track: str
    channel: str
    events: tuple[Event, ...]
    company: str = ""
    title: str = ""
    came_from: str = ""
    note: str = ""

    @property
    def days(self) -> Iterator[date]:
        """Every day that its events name."""
        return (day for event in self.events for day in (event.on, event.until) if day)


@dataclass(frozen=True)
class Column:
    """What a column was taken for, how sure that is, and the first of its cells."""

    header: str
    role: str
    sure: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Status:
    """What a status text was taken for ("open" for silence), how many rows have it, and how sure that is."""

    text: str
    means: str
    rows: int
    sure: str


@dataclass(frozen=True)
class Reading:
    """How a log was read: what each column was taken for, what each status means, what was noticed.

    `container` is what kind of file it came in, `known_as` names the known source that the headers gave away;
    `track_rules` holds each rule with its track and the number of applications that it decided.
    `seen_on` is the last day on which the log says beside its events that it was looked at: a column with the
    current day, the day of a "no response".
    """

    shape: str
    columns: tuple[Column, ...] = ()
    statuses: tuple[Status, ...] = ()
    date_order: str = "year first"
    notes: tuple[str, ...] = ()
    container: str = "table"
    known_as: str = ""
    seen_on: date | None = None
    track_rules: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True)
class History:
    """Every application of one seeker on one ladder, and how they were read."""

    ladder: Ladder
    applications: tuple[Application, ...]
    source: str = "history"
    reading: Reading = field(default_factory=lambda: Reading("made in Python"))

    @cached_property
    def tracks(self) -> tuple[str, ...]:
        """The tracks, in alphabetical order; one called "all" where the log is empty."""
        return tuple(sorted({application.track for application in self.applications})) or (NO_TRACK,)

    @cached_property
    def first_date(self) -> date | None:
        """The first day that the log names."""
        return min((day for a in self.applications for day in a.days), default=None)

    @cached_property
    def last_date(self) -> date | None:
        """The last day that the log names."""
        return max((day for a in self.applications for day in a.days), default=None)

    def as_of(self, today: date) -> date:
        """The day up to which the log tells: `today` if it was touched in the last 14 days, else its own last day.

        >>> from offercast.modelfile import load_model
        >>> History(load_model().ladder, ()).as_of(date(2026, 3, 1))
        datetime.date(2026, 3, 1)
        """
        days = [day for day in (self.last_date, self.reading.seen_on) if day and day <= today]
        last = max(days, default=self.last_date)
        return today if last is None or today - last <= STILL_KEPT else last

    def until(self, today: date) -> tuple[History, int]:
        """The history without events dated after `today`, and how many those were: what is to come has not happened."""
        kept, later = [], 0
        for application in self.applications:
            events = tuple(event for event in application.events if not event.on or event.on <= today)
            later += len(application.events) - len(events)
            if events:
                kept.append(replace(application, events=events))
        return (replace(self, applications=tuple(kept)), later) if later else (self, 0)
