"""One application as spells: at each step it moved on, was told no, or is still waiting, and how long it took.

Every rule about what a log means lives here (docs/the-evidence.md tells them in words).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from offercast.errors import CommandError
from offercast.history.records import Application, Event
from offercast.ladder import REOPENED, Ladder

Outcome = Literal["advanced", "told no", "open"]
OUTCOMES: tuple[Outcome, ...] = ("advanced", "told no", "open")


@dataclass(frozen=True)
class Spell:
    """What one application tells about one step.

    `shortest` and `longest` bound the wait in whole days; both None where the log gives no date. For an open
    spell they bound the silence so far. `in_flight` marks a spell that may still bring something.
    """

    step: int
    outcome: Outcome
    shortest: int | None = None
    longest: int | None = None
    in_flight: bool = False
    second_chance: bool = False


@dataclass(frozen=True)
class _Window:
    """The days between which something happened; None where nothing bounds it."""

    earliest: date | None
    latest: date | None


def known_by(application: Application, as_of: date, last_date: date | None) -> tuple[Event, ...]:
    """The events that a log of that day would have held.

    A dated event counts if its last possible day is not after `as_of`. An undated one counts if a later
    dated event of the same application does, or, where none is later, if the whole log was written by then.
    """
    kept: list[Event] = []
    settled = last_date is None or last_date <= as_of
    for event in reversed(application.events):
        if event.latest is not None:
            settled = event.latest <= as_of
        if settled:
            kept.append(event)
    return tuple(reversed(kept))


class _Climb:
    """The state of one application after its known events."""

    def __init__(self, application: Application, events: tuple[Event, ...], ladder: Ladder, as_of: date) -> None:
        self.ladder, self.as_of = ladder, as_of
        self.stages: dict[str, Event] = {}
        self.exit: Event | None = None
        self.reopened: Event | None = None
        self.revived = False
        for event in events:
            self._take(event)
        self._imply_offer()
        self.path = self._path(application)
        missing = [stage for stage in self.stages if stage not in self.path]
        if missing:
            raise CommandError(
                f'application "{application.id}": the stage "{missing[0]}" is not on the way of channel '
                f'"{application.channel}".'
            )

    def _take(self, event: Event) -> None:
        if event.kind in self.ladder.exits_by_id:
            self.exit, self.reopened = event, None
            return
        if self.exit is not None:
            self.revived = self.revived or self.ladder.exits_by_id[self.exit.kind].means == "no"
            self.exit = None
        if event.kind == REOPENED:
            self.reopened = event
        else:
            before = self.stages.get(event.kind)
            if before is None or (before.on and event.on and event.on < before.on):
                self.stages[event.kind] = event
            self.reopened = None

    def _imply_offer(self) -> None:
        """A declined or lapsed offer was an offer."""
        if self.exit and self.ladder.exits_by_id[self.exit.kind].means == "turned_down":
            self.stages.setdefault(self.ladder.goal, Event(self.ladder.goal))

    def _path(self, application: Application) -> tuple[str, ...]:
        """The channel's way, from further down where a lower stage was logged."""
        path = self.ladder.path(application.channel)
        order = self.ladder.order
        lowest = min((order[stage] for stage in self.stages if stage in order), default=None)
        steps_on = order[self.ladder.channels_by_id[application.channel].steps_on]
        if lowest is not None and lowest < steps_on:
            return tuple(stage.id for stage in self.ladder.stages[lowest:])
        return path

    @property
    def furthest(self) -> int:
        """The position on the path of the highest stage reached: at least the first one."""
        reached = [self.path.index(stage) for stage in self.stages]
        if self.exit is None or self.ladder.sent not in self.path:
            return max(reached, default=0)
        return max([*reached, self.path.index(self.ladder.sent)])  # an exit means that it was sent

    def window(self, position: int) -> _Window:
        """When the stage at `position` was entered: its date, or between its dated neighbours."""
        event = self.stages.get(self.path[position])
        if event and event.on:
            return _Window(event.on, event.latest)
        below = [self.stages[s].on for s in self.path[:position] if s in self.stages]
        above = [self.stages[s].latest for s in self.path[position + 1 :] if s in self.stages]
        if self.exit:
            above.append(self.exit.latest)
        above.append(self.as_of)
        earliest = max((day for day in below if day), default=None)
        latest = min(day for day in above if day)
        return _Window(earliest, max(latest, earliest) if earliest else latest)

    def wait(self, start: _Window, end: _Window) -> tuple[int | None, int | None]:
        """Bounds of the days between two windows; None where the start is unknown."""
        if start.earliest is None or end.latest is None:
            return None, None
        longest = max((end.latest - start.earliest).days, 0)
        if end.earliest is None or start.latest is None:
            return 0, longest
        return min(max((end.earliest - start.latest).days, 0), longest), longest


def spells(
    application: Application,
    ladder: Ladder,
    *,
    as_of: date,
    last_date: date | None,
    tracks_inertia: bool = False,
) -> Iterator[Spell]:
    """Yield what one application tells, as of a day.

    `tracks_inertia`: the log also holds jobs that were never applied for, so that every application that
    was sent tells something about the step of sending it.
    """
    events = known_by(application, as_of, last_date)
    if not events:
        return
    climb = _Climb(application, events, ladder, as_of)
    path, furthest = climb.path, climb.furthest
    if tracks_inertia and path[0] == ladder.sent and ladder.order[ladder.sent] > 0:
        before = ladder.stages[ladder.order[ladder.sent] - 1].id
        yield Spell(ladder.step_index[before], "advanced")
    for position in range(furthest):
        shortest, longest = climb.wait(climb.window(position), climb.window(position + 1))
        last = position == furthest - 1
        yield Spell(
            ladder.step_index[path[position]],
            "advanced",
            shortest,
            longest,
            second_chance=climb.revived and last and climb.exit is None,
        )
    if furthest < len(path) - 1:
        yield from _last_spell(climb, furthest)


def _last_spell(climb: _Climb, furthest: int) -> Iterator[Spell]:
    """What became of the highest stage: a no, an end that says nothing, or silence so far."""
    step = climb.ladder.step_index[climb.path[furthest]]
    reached = climb.stages.get(climb.path[furthest])
    if reached is not None and reached.at_least:
        return  # what became of it, and after which stage, nobody knows
    start = climb.window(furthest)
    if climb.exit is None:
        if climb.reopened and climb.reopened.on:
            start = _Window(climb.reopened.on, climb.reopened.latest)
        shortest, longest = climb.wait(start, _Window(climb.as_of, climb.as_of))
        flying = climb.path[furthest] != climb.ladder.goal and not _unsent(climb, furthest)
        yield Spell(step, "open", shortest, longest, in_flight=flying, second_chance=climb.revived)
        return
    end = climb.exit
    ended = _Window(end.on, end.latest) if end.on else _Window(start.earliest, climb.as_of)
    shortest, longest = climb.wait(start, ended)
    means = climb.ladder.exits_by_id[end.kind].means
    yield Spell(step, "open" if means == "censored" else "told no", shortest, longest)


def _unsent(climb: _Climb, furthest: int) -> bool:
    """Whether it still stands below the stage of sending."""
    order = climb.ladder.order
    stage = climb.path[furthest]
    return stage in order and order[stage] < order[climb.ladder.sent] and stage not in _lead_ins(climb.ladder)


def _lead_ins(ladder: Ladder) -> set[str]:
    return {stage.id for channel in ladder.channels for stage in channel.lead_in}
