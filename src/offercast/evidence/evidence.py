"""Evidence: the sufficient statistic of a history. Its size does not grow with the number of applications."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from offercast.errors import CommandError, did_you_mean
from offercast.evidence.bins import FOREVER, averaged_silence, wait_window
from offercast.evidence.groups import GROUPINGS, NAMED, Grouping, group_of, ordered_groups
from offercast.evidence.spells import OUTCOMES, Climb, Spell, known_by, spells
from offercast.history.records import Application, History
from offercast.ladder import Ladder

if TYPE_CHECKING:
    import numpy as np

Cell = tuple[int, int, int, int, int, int]
GroupedCell = tuple[int, int, int, int, int, int, int]
"""A cell and the index of its group; -1 where the log does not say."""
"""(track, channel, step, outcome, low edge, high edge). For an open cell `low` is the silence so far."""

RECENT_DAYS = 56
"""The seeker's own pace is taken from the last eight weeks, or from the whole log where it is shorter."""

RHYTHM_DAYS = 182
"""The seeker's own rhythm, week by week, is kept for the last half year."""


@dataclass(frozen=True)
class InFlight:
    """Applications that wait at one step of one track and channel, and the days they have waited.

    `shortest` and `longest` bound the silent days; they differ where the start of the wait is unknown.
    """

    track: int
    channel: int
    step: int
    shortest: int
    longest: int
    count: int


@dataclass(frozen=True)
class Evidence:
    """Counts of what happened at each step, by track, channel and waiting-time bin.

    `cells` maps (track, channel, step, outcome, low edge, high edge) to a count; the edges are indices into
    `EDGES`. Outcomes: 0 advanced, 1 told no, 2 open or censored. An answer to a wait whose start is unknown
    lies between 0 and `unknown_age_days`.
    Counts are whole except where silence is split between two wide edges or averaged over unknown starts.
    `implied` names the stages that applications passed but that the log never names: the steps on either side of each
    are one step here, from the stage below to the one above. `rhythm` holds (track, channel, first step, week,
    applications started) over the last `rhythm_weeks` weeks, week 0 the seven days up to `as_of`: the seeker's pace.
    Where `vary_by` names a grouping, `by_group` holds the same counts as `cells` by group of applications (`groups`).
    """

    tracks: tuple[str, ...]
    channels: tuple[str, ...]
    steps: tuple[str, ...]
    as_of: date
    cells: dict[Cell, float]
    in_flight: tuple[InFlight, ...] = ()
    applications: int = 0
    sent: int = 0
    offers_in_hand: int = 0
    undated: int = 0
    second_chances: int = 0
    unknown_age_days: int = 60
    rhythm: tuple[tuple[int, int, int, int, int], ...] = ()
    rhythm_weeks: float = 0.0
    implied: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    inertia: bool = False
    vary_by: str = ""
    groups: tuple[str, ...] = ()
    by_group: dict[GroupedCell, float] = field(default_factory=dict)

    @cached_property
    def recent(self) -> tuple[tuple[int, int, int, int], ...]:
        """(track, channel, first step, applications started) over the last `recent_weeks` weeks."""
        started: Counter[tuple[int, int, int]] = Counter()
        for k, c, step, week, count in self.rhythm:
            if week < RECENT_DAYS // 7:
                started[k, c, step] += count
        return tuple((*where, count) for where, count in sorted(started.items()))

    @property
    def recent_weeks(self) -> float:
        """The weeks that `recent` covers: eight, or the whole log where it is shorter."""
        return min(self.rhythm_weeks, RECENT_DAYS / 7)

    @cached_property
    def counted(self) -> list[tuple[GroupedCell, float]]:
        """Every cell with its group and its count, sorted; the group is -1 where nothing varies by group."""
        if self.vary_by:
            return sorted(self.by_group.items())
        return sorted(((*cell, -1), count) for cell, count in self.cells.items())

    @cached_property
    def table(self) -> np.ndarray:
        """The cells as a structured array, sorted, one row a cell, with the field `count`."""
        import numpy as np

        fields = ("track", "channel", "step", "outcome", "low", "high", "group")
        kind = np.dtype([*((name, np.int16) for name in fields), ("count", np.float64)])
        return np.array([(*cell, count) for cell, count in self.counted], dtype=kind)

    def counts(self) -> np.ndarray:
        """Counts by (track, step, outcome): 0 advanced, 1 told no, 2 open or censored."""
        import numpy as np

        total = np.zeros((len(self.tracks), len(self.steps), len(OUTCOMES)))
        rows = self.table
        np.add.at(total, (rows["track"], rows["step"], rows["outcome"]), rows["count"])
        return total

    def step_totals(self) -> list[list[float]]:
        """Counts by step of (advanced, told no, open or censored), all tracks together."""
        total = [[0.0, 0.0, 0.0] for _ in self.steps]
        for (_, _, step, outcome, _, _), count in self.cells.items():
            total[step][outcome] += count
        return total

    @property
    def open_now(self) -> int:
        """How many applications still wait for an answer."""
        return sum(row.count for row in self.in_flight)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of everything that a fit can depend on."""
        import hashlib
        import json

        whole: list[object] = [
            self.tracks, self.channels, self.steps, str(self.as_of),
            sorted((*cell, round(float(count), 9)) for cell, count in self.cells.items()),
            [(r.track, r.channel, r.step, r.shortest, r.longest, r.count) for r in self.in_flight],
        ]  # fmt: skip
        if self.vary_by:
            whole += [self.vary_by, self.groups, [(*cell, round(float(n), 9)) for cell, n in self.counted]]
        return hashlib.sha256(json.dumps(whole).encode()).hexdigest()


def gather(
    history: History,
    *,
    as_of: date,
    unknown_age_days: int = 60,
    tracks: tuple[str, ...] | None = None,
    inertia: bool | None = None,
    implied: tuple[str, ...] | None = None,
    vary_by: Grouping | None = None,
) -> Evidence:
    """Count what a history tells as of a day; nothing later is looked at.

    A stage that the log never names, though it names a later one, cannot be told from the stages beside it: the steps
    on either side are counted as one, from the stage below to the one above.

    Args:
        history: the applications.
        as_of: the last day that counts; silence is measured up to its end.
        unknown_age_days: the age given to an open application without any date.
        tracks: the tracks, where pieces of one log are counted apart; those known by then where None.
        inertia: whether the log holds jobs that were never applied for, so that every application that was sent
            tells something about the step of sending it; found out from what is known by then where None.
        implied: the stages between sending and the offer that the log never names; found out where None.
        vary_by: let the chance of the first step vary by the month or season in which an application started, by its
            company, or by its title; nothing varies where None.

    >>> from datetime import date
    >>> import offercast
    >>> history = offercast.read_history(offercast.example())
    >>> gather(history, as_of=history.last_date).sent
    105
    """
    _check_channels(history)
    if unknown_age_days < 0:
        raise CommandError(f"unknown_age_days = {unknown_age_days}: give 0 or more days.")
    past = known_history(history, as_of, history.last_date)
    kinds = {event.kind for application in past.applications for event in application.events}
    logs_inertia = tells_inertia(kinds, history.ladder) if inertia is None else inertia
    if vary_by is not None and vary_by not in GROUPINGS:
        raise CommandError(f'nothing can vary by "{vary_by}". {did_you_mean(vary_by, GROUPINGS)}')
    if vary_by in NAMED and past.applications and not any(getattr(a, vary_by) for a in past.applications):
        raise CommandError(f"nothing can vary by {vary_by}: no application in this log names its {vary_by}.")
    missing = [a.track for a in past.applications if tracks is not None and a.track not in tracks]
    if missing:
        raise CommandError(f'the log has the track "{missing[0]}", which is not among the tracks that were given.')
    if implied is None:
        implied = never_named(history.ladder, kinds, {application.channel for application in past.applications})
    ladder = history.ladder.without(implied)
    tally = Tally(past.tracks if tracks is None else tracks, ladder, unknown_age_days, vary_by)
    for application in past.applications:
        tally.add(application, as_of, tracks_inertia=logs_inertia)
    return tally.evidence(as_of, kinds, inertia=logs_inertia)


def known_history(history: History, as_of: date, last_date: date | None) -> History:
    """What the log of that day would have held; `last_date` is the last day of the whole log."""
    known = ((a, known_by(a, as_of, last_date)) for a in history.applications)
    return replace(history, applications=tuple(replace(a, events=events) for a, events in known if events))


def never_named(ladder: Ladder, named: Collection[str], channels: Collection[str]) -> tuple[str, ...]:
    """The stages between sending and the offer that no event names, though a later one is named.

    One on which a channel that the log uses steps on is kept: its applications stood there.
    """
    entered = {channel.steps_on for channel in ladder.channels if channel.id in channels}
    between = [stage.id for stage in ladder.stages[ladder.order[ladder.sent] + 1 : ladder.order[ladder.goal]]]
    turned_down = any(kind in ladder.exits_by_id and ladder.exits_by_id[kind].means == "turned_down" for kind in named)
    reached = {*(kind for kind in named if kind in ladder.order), *([ladder.goal] if turned_down else [])}
    highest = max((ladder.order[stage] for stage in reached), default=0)
    return tuple(stage for stage in between if stage not in {*named, *entered} and ladder.order[stage] < highest)


def _check_channels(history: History) -> None:
    known = history.ladder.channels_by_id
    for application in history.applications:
        if application.channel not in known:
            near = did_you_mean(application.channel, list(known))
            message = f'application "{application.id}": "{application.channel}" is no channel of this ladder. {near}'
            raise CommandError(message)


def tells_inertia(kinds: AbstractSet[str], ladder: Ladder) -> bool:
    """Whether the events of a log tell of any job that was found and (so far) not applied for."""
    return any(stage.id in kinds for stage in ladder.stages[: ladder.order[ladder.sent]])


class Tally:
    """Adds up what applications tell: one after the other, or many alike at once."""

    def __init__(
        self, tracks: tuple[str, ...], ladder: Ladder, unknown_age: int, vary_by: Grouping | None = None
    ) -> None:
        self.vary_by: Grouping | None = vary_by
        self.unnamed = 0
        self.by_group: defaultdict[tuple[Cell, str | None], float] = defaultdict(float)
        self.tracks, self.ladder, self.unknown_age = tracks, ladder, unknown_age
        self.track_index = {track: i for i, track in enumerate(tracks)}
        self.channel_index = {channel.id: i for i, channel in enumerate(ladder.channels)}
        self.cells: defaultdict[Cell, float] = defaultdict(float)
        self.flying: Counter[tuple[int, int, int, int, int]] = Counter()
        self.rhythm: Counter[tuple[int, int, int, int]] = Counter()
        self.oldest = 0
        self.applications = self.sent = self.in_hand = self.undated = self.second_chances = 0

    def add(self, application: Application, as_of: date, *, tracks_inertia: bool) -> None:
        """Count one application."""
        climb = Climb(application, self.ladder, as_of=as_of)
        read = tuple(spells(climb, tracks_inertia=tracks_inertia))
        unsent = self._unsent_steps
        self.applications += 1
        self.sent += any(spell.step not in unsent for spell in read) or not read
        self.second_chances += any(spell.second_chance for spell in read)
        self.add_spells(application.track, application.channel, read, group=self._group(application, climb))
        if climb.started:
            stage, day = climb.started
            self.add_start(application.track, application.channel, stage, (as_of - day).days)

    def _group(self, application: Application, climb: Climb) -> str | None:
        """The group's name; of a company or title that is not told, one of its own."""
        if self.vary_by is None:
            return None
        name = group_of(application, climb.started[1] if climb.started else None, self.vary_by)
        if name is None and self.vary_by in NAMED:
            self.unnamed += 1
            return f"unnamed {self.unnamed}"
        return name

    def add_spells(
        self, track: str, channel: str, read: Iterable[Spell], times: int = 1, *, group: str | None = None
    ) -> None:
        """Count spells that so many applications of a track and channel (and group) have in common."""
        of_track, of_channel = self.track_index[track], self.channel_index[channel]
        for spell in read:
            where = (of_track, of_channel, spell.step)
            if spell.outcome == "open":
                self._add_silence(where, spell, times, group)
                self.in_hand += times * spell.in_hand
            else:
                self._add_answer(where, spell, times, group)

    def add_start(self, track: str, channel: str, stage: str, age: int, times: int = 1) -> None:
        """Note at which stage and how many days ago applications started, for the seeker's own pace."""
        if stage not in self.ladder.step_index:
            return
        self.oldest = max(self.oldest, age)
        if age < RHYTHM_DAYS:
            where = (self.track_index[track], self.channel_index[channel], self.ladder.step_index[stage])
            self.rhythm[*where, age // 7] += times

    @cached_property
    def _unsent_steps(self) -> set[int]:
        """The steps that lead up to sending an application."""
        before = self.ladder.stages[: self.ladder.order[self.ladder.sent]]
        return {self.ladder.step_index[stage.id] for stage in before}

    def _add(self, cell: Cell, count: float, group: str | None) -> None:
        self.cells[cell] += count
        if self.vary_by:
            self.by_group[cell, group] += count

    def _add_answer(self, where: tuple[int, int, int], spell: Spell, times: int, group: str | None) -> None:
        """Where the start is unknown the age is assumed, for answers and for silence alike (docs/decisions)."""
        shortest, longest = spell.shortest, spell.longest
        if shortest is None or longest is None:
            shortest, longest = 0, self.unknown_age
        low, high = wait_window(shortest, longest)
        self._add((*where, OUTCOMES.index(spell.outcome), low, high), times, group)

    def _add_silence(self, where: tuple[int, int, int], spell: Spell, times: int, group: str | None) -> None:
        shortest, longest = spell.shortest, spell.longest
        if shortest is None or longest is None:
            self.undated += times
            shortest = longest = self.unknown_age
        for edge, weight in averaged_silence(shortest, longest).items():
            self._add((*where, 2, edge, FOREVER), weight * times, group)
        if spell.in_flight:
            self.flying[*where, shortest, longest] += times

    def _by_group(self) -> tuple[tuple[str, ...], dict[GroupedCell, float]]:
        """The groups in order, and the counts by group."""
        if self.vary_by is None:
            return (), {}
        groups = ordered_groups((group for _, group in self.by_group if group), self.vary_by)
        place = {group: i for i, group in enumerate(groups)}
        counts: defaultdict[GroupedCell, float] = defaultdict(float)
        for (cell, group), count in self.by_group.items():
            counts[*cell, place[group] if group else -1] += count
        return groups, dict(counts)

    def evidence(self, as_of: date, kinds: AbstractSet[str], *, inertia: bool) -> Evidence:
        """The sums so far, of a log whose events are of these kinds."""
        named = tuple(sorted(kind for kind in kinds if self.ladder.is_stage(kind)))
        groups, by_group = self._by_group()
        return Evidence(
            vary_by=self.vary_by or "",
            groups=groups,
            by_group=by_group,
            tracks=self.tracks,
            channels=tuple(channel.id for channel in self.ladder.channels),
            steps=tuple(step.id for step in self.ladder.steps),
            as_of=as_of,
            cells=dict(self.cells),
            in_flight=tuple(InFlight(*key, count) for key, count in sorted(self.flying.items())),
            applications=self.applications,
            sent=self.sent,
            offers_in_hand=self.in_hand,
            undated=self.undated,
            second_chances=self.second_chances,
            unknown_age_days=self.unknown_age,
            implied=tuple(stage.id for stage in self.ladder.merged),
            named=named,
            inertia=inertia,
            rhythm=tuple((*where, count) for where, count in sorted(self.rhythm.items())),
            rhythm_weeks=min(max(self.oldest + 1, 7), RHYTHM_DAYS) / 7,
        )
