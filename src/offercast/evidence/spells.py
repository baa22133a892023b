"""One application as spells: at each step it moved on, was told no, or is still waiting, and how long it took.

Every rule about what a log means lives here (docs/the-evidence.md tells them in words).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
    spell they bound the silence so far. `in_flight` marks a spell that may still bring an offer, `in_hand` an
    offer that waits for the seeker's own answer, `second_chance` the last spell of an application that was rejected
    once and came back.
    """

    step: int
    outcome: Outcome
    shortest: int | None = None
    longest: int | None = None
    in_flight: bool = False
    in_hand: bool = False
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


class Climb:
    """The state of one application after its events, as of a day (see `known_by` for those known by then)."""

    def __init__(self, application: Application, ladder: Ladder, *, as_of: date) -> None:
        self.ladder, self.as_of = ladder, as_of
        self.stages: dict[str, Event] = {}
        self.exit: Event | None = None
        self.reopened: Event | None = None
        self.revived = False
        for event in application.events:
            self._take(event)
        self.path = self._path(application)
        missing = [stage for stage in self.stages if stage not in self.path]
        if missing:
            raise CommandError(
                f'application "{application.id}": the stage "{missing[0]}" is not on the way of channel '
                f'"{application.channel}".'
            )

    def _take(self, event: Event) -> None:
        """Follow one event. An answer stands against a later exit; a declined or lapsed offer was an offer."""
        exits = self.ladder.exits_by_id
        if event.kind in exits:
            if exits[event.kind].means == "turned_down":
                self.stages.setdefault(self.ladder.goal, Event(self.ladder.goal, until=event.latest))
            if self.exit is None or exits[self.exit.kind].means == "censored":
                self.exit, self.reopened = event, None
            return
        if self.exit is not None:
            self.revived = self.revived or exits[self.exit.kind].means == "no"
            self.exit = None
        if event.kind == REOPENED:
            self.reopened = event
        else:
            before = self.stages.get(event.kind)
            if before is None or (before.on and event.on and event.on < before.on):
                self.stages[event.kind] = event
            self.reopened = None

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
        if reached or self.exit is None or self.ladder.sent not in self.path:
            return max(reached, default=0)
        return self.path.index(self.ladder.sent)  # nothing but an exit: it was sent

    def below_sent(self, stage: str) -> bool:
        """Whether a stage lies before that of sending (lead-in stages are under way already)."""
        order = self.ladder.order
        return stage in order and order[stage] < order[self.ladder.sent]

    @property
    def started(self) -> tuple[str, date] | None:
        """The stage at which it left the seeker's desk, and the first day that this is known from; None if none is.

        That is the first stage of its path, but at least the one of sending.
        """
        days = [event.on for stage, event in self.stages.items() if event.on and not self.below_sent(stage)]
        first = self.ladder.sent if self.below_sent(self.path[0]) else self.path[0]
        return (first, min(days)) if days else None

    def window(self, position: int) -> _Window:
        """When the stage at `position` was entered: its date, or between its dated neighbours."""
        event = self.stages.get(self.path[position])
        if event and event.on:
            return _Window(event.on, event.latest)
        below = [self.stages[s].on for s in self.path[:position] if s in self.stages]
        above = [self.stages[s].latest for s in self.path[position:] if s in self.stages]
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


def spells(climb: Climb, *, tracks_inertia: bool = False) -> Iterator[Spell]:
    """Yield what one application tells.

    `tracks_inertia`: the log also holds jobs that were never applied for, so that every application that
    was sent tells something about the step of sending it.
    """
    *before, last = _climbed(climb, tracks_inertia=tracks_inertia) or (None,)
    yield from before
    if last is not None:
        yield replace(last, second_chance=True) if climb.revived else last


def _climbed(climb: Climb, *, tracks_inertia: bool) -> list[Spell]:
    """Every step that was passed, and what became of the highest stage."""
    ladder, path, furthest = climb.ladder, climb.path, climb.furthest
    told = []
    if tracks_inertia and path[0] == ladder.sent and ladder.order[ladder.sent] > 0:
        before = ladder.stages[ladder.order[ladder.sent] - 1].id
        told.append(Spell(ladder.step_index[before], "advanced"))
    for position in range(furthest):
        shortest, longest = climb.wait(climb.window(position), climb.window(position + 1))
        told.append(Spell(ladder.step_index[path[position]], "advanced", shortest, longest))
    if furthest < len(path) - 1:
        told += _last_spell(climb, furthest)
    return told


def _last_spell(climb: Climb, furthest: int) -> list[Spell]:
    """What became of the highest stage: a no, an end that says nothing, or silence so far."""
    step = climb.ladder.step_index[climb.path[furthest]]
    reached = climb.stages.get(climb.path[furthest])
    if reached is not None and reached.at_least:
        return []  # what became of it, and after which stage, nobody knows
    start = climb.window(furthest)
    if climb.exit is None:
        if climb.reopened and climb.reopened.on:
            start = _Window(climb.reopened.on, climb.reopened.latest)
        shortest, longest = climb.wait(start, _Window(climb.as_of, climb.as_of))
        offered = furthest >= climb.path.index(climb.ladder.goal)
        flying = not offered and not climb.below_sent(climb.path[furthest])
        return [Spell(step, "open", shortest, longest, in_flight=flying, in_hand=offered)]
    end = climb.exit
    ended = _Window(end.on, end.latest) if end.on else _Window(start.earliest, climb.as_of)
    shortest, longest = climb.wait(start, ended)
    means = climb.ladder.exits_by_id[end.kind].means
    return [Spell(step, "open" if means == "censored" else "told no", shortest, longest)]
