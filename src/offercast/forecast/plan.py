"""A Plan: how many applications will be sent, of which track and channel, and when not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from offercast.errors import CommandError
from offercast.evidence.evidence import Evidence
from offercast.forecast.calendar import WORKING_WEEK, Lull, Pause, open_shares
from offercast.forecast.counts import FIXED, POISSON_COUNTS, RHYTHM, Counts, whole_counts
from offercast.inference.waits import Floats

FALLBACK_PER_WEEK = 5.0
"""Applications a week where neither a plan nor a log says anything."""


@dataclass(frozen=True)
class Pace:
    """`per_week` applications a week, of one track through one channel (None: the reference one).

    `per_week` is one number, or one for each week from the day after `as_of`, of which the last goes on. `start` is
    the stage that they start at, where it is not the channel's first one: a recruiter's contact whose log begins with
    `applied` has that gate before it, too. `cost` is what one takes from the plan's budget.
    """

    track: str
    per_week: float | tuple[float, ...]
    channel: str | None = None
    start: str | None = None
    cost: float = 1.0

    @property
    def each_week(self) -> tuple[float, ...]:
        """The applications of each week; the last number goes on."""
        return self.per_week if isinstance(self.per_week, tuple) else (self.per_week,)

    def times(self, factor: float) -> Pace:
        """The same with every week's number so many times as high."""
        each = tuple(n * factor for n in self.each_week)
        return replace(self, per_week=each if len(each) > 1 else each[0])

    def in_weeks(self, weeks: int) -> Floats:
        """The applications of each of so many weeks, (week,)."""
        told = np.array(self.each_week, dtype=float)
        return told[np.minimum(np.arange(weeks), told.size - 1)]


@dataclass(frozen=True)
class Plan:
    """Paces, the law of the weekly counts around them, the weekday profile, pauses, lulls, and perhaps a budget.

    `budget` ends the sending once the applications have cost so much (each costs its pace's `cost`, 1 where nothing
    is said, so that a budget is a number of applications); it needs fixed counts.

    Raises:
        CommandError: a pace is negative, infinite or not a number; a budget without fixed counts; a rhythm whose weeks
            do not fit the paces.

    >>> Plan.per_week({"devrel": 3}).paces
    (Pace(track='devrel', per_week=3.0, channel=None, start=None, cost=1.0),)
    """

    paces: tuple[Pace, ...]
    weekdays: tuple[float, ...] = WORKING_WEEK
    pauses: tuple[Pause, ...] = ()
    origin: str = "as you asked"
    counts: Counts = POISSON_COUNTS
    lulls: tuple[Lull, ...] = ()
    budget: float | None = None

    def __post_init__(self) -> None:
        for pace in self.paces:
            if not pace.each_week or not all(math.isfinite(n) and n >= 0 for n in pace.each_week):
                raise CommandError(f'"{pace.track}": {pace.per_week} applications a week is not possible.')
            if not (math.isfinite(pace.cost) and pace.cost > 0):
                raise CommandError(f'"{pace.track}": an application that costs {pace.cost} is not possible.')
        if len(self.weekdays) != 7 or min(self.weekdays) < 0 or not math.isclose(sum(self.weekdays), 1):
            raise CommandError("a weekday profile is seven shares, Monday first, that sum to 1.")
        if self.budget is not None and not (math.isfinite(self.budget) and self.budget >= 0):
            raise CommandError(f"a budget of {self.budget}: give a number of applications, or what they may cost.")
        if self.budget is not None and self.counts.law != FIXED:
            raise CommandError("a budget needs fixed weekly counts: it is spent at the pace of the plan.")
        if any(len(week) != len(self.paces) for week in self.counts.weeks):
            raise CommandError("every week of a rhythm holds one number for each pace of the plan.")

    @classmethod
    def per_week(cls, paces: Mapping[str, float], *, pauses: tuple[Pause, ...] = ()) -> Plan:
        """A plan from applications a week by track, all through the reference channel."""
        return cls(tuple(Pace(track, float(n)) for track, n in paces.items()), pauses=pauses)

    @classmethod
    def own_pace(cls, evidence: Evidence) -> Plan:
        """The seeker's own pace of the last eight weeks; five a week, spread evenly, where there is none."""
        if evidence.recent:
            paces = [_pace_of(evidence, where, count / evidence.recent_weeks) for *where, count in evidence.recent]
            return cls(tuple(paces), origin=f"your own pace of the last {_weeks(evidence.recent_weeks)}")
        each = FALLBACK_PER_WEEK / len(evidence.tracks)
        origin = "an assumption: the log shows no recent pace"
        return cls(tuple(Pace(track, each) for track in evidence.tracks), origin=origin)

    @classmethod
    def own_rhythm(cls, evidence: Evidence) -> Plan:
        """The seeker's own weeks, drawn anew: real weeks vary more than a Poisson number does, and many are empty.

        Raises:
            CommandError: the log holds no whole week to draw from.
        """
        weeks = int(evidence.rhythm_weeks)
        starts = sorted({row[:3] for row in evidence.rhythm if row[3] < weeks})
        if not starts:
            raise CommandError("the log shows no recent week with an application: there is no rhythm to repeat.")
        rows = np.zeros((weeks, len(starts)), dtype=int)
        for k, c, step, week, count in evidence.rhythm:
            if week < weeks:
                rows[week, starts.index((k, c, step))] += count
        paces = [_pace_of(evidence, where, float(n)) for where, n in zip(starts, rows.mean(axis=0), strict=True)]
        return cls(
            tuple(paces),
            origin=f"your own {_weeks(weeks)}, drawn anew",
            counts=Counts(RHYTHM, weeks=tuple(tuple(row) for row in rows.tolist())),
        )

    def changed(self, track: str, channel: str, per_week: float, *, added: bool) -> Plan:
        """The plan with another pace of one track and channel: `per_week` in its place, or `added` to it.

        A pace never falls below 0. In a rhythm every week drawn holds so many more, or just so many.
        """
        places = [i for i, p in enumerate(self.paces) if (p.track, p.channel or channel) == (track, channel)]
        place = places[0] if places else len(self.paces)
        old = self.paces[place] if places else Pace(track, 0.0, channel)
        each = tuple(max(n + per_week, 0.0) if added else max(per_week, 0.0) for n in old.each_week)
        new = replace(old, per_week=each if len(each) > 1 else each[0])
        rest = () if added else tuple(places[1:])  # a pace that is set stands for all that start elsewhere, too
        paces = [p for i, p in enumerate((*self.paces[:place], new, *self.paces[place + 1 :])) if i not in rest]
        counts = self.counts
        if counts.law == RHYTHM:
            weeks = np.array(counts.weeks).reshape(len(counts.weeks), len(self.paces))
            weeks = weeks if places else np.column_stack([weeks, np.zeros(len(weeks), dtype=int)])
            step = whole_counts(np.full(len(weeks), abs(per_week))) * (1 if per_week >= 0 else -1)
            weeks[:, place] = np.maximum(weeks[:, place] + step if added else step, 0)
            paces[place] = replace(new, per_week=float(weeks[:, place].mean()))
            weeks = np.delete(weeks, list(rest), axis=1)
            counts = replace(counts, weeks=tuple(tuple(row) for row in weeks.tolist()))
        return replace(self, paces=tuple(paces), counts=counts)

    @property
    def total_per_week(self) -> float:
        """Applications a week, over all tracks and channels: the average of the weeks that are told apart."""
        return sum(sum(pace.each_week) / len(pace.each_week) for pace in self.paces)

    @property
    def is_empty(self) -> bool:
        """Whether the plan sends nothing at all."""
        return not any(n for pace in self.paces for n in pace.each_week)

    def weekly(self, weeks: int) -> Floats:
        """The applications of each week by pace, (pace, week): the mean, or the number itself where it is fixed."""
        asked = np.array([pace.in_weeks(weeks) for pace in self.paces]).reshape(len(self.paces), weeks)
        if self.counts.law != FIXED:
            return asked
        counts = np.array([whole_counts(row) for row in asked]).reshape(asked.shape)
        return (counts if self.budget is None else self._within_budget(counts)).astype(float)

    def _within_budget(self, counts: np.ndarray) -> np.ndarray:
        """The same up to where the budget ends; its last week sends of each pace what its share still buys."""
        cost = np.array([pace.cost for pace in self.paces])
        left = self.budget or 0.0
        kept = np.zeros_like(counts)
        for week in range(counts.shape[1]):
            price = float(cost @ counts[:, week])
            if price <= left + 1e-9:
                kept[:, week], left = counts[:, week], left - price
                continue
            kept[:, week] = np.floor(counts[:, week] * left / price)
            left -= float(cost @ kept[:, week])
            for p in np.argsort(cost, kind="stable"):
                more = min(counts[p, week] - kept[p, week], int((left + 1e-9) // cost[p]))
                kept[p, week], left = kept[p, week] + more, left - more * cost[p]
            break
        return kept

    def shares(self, *, as_of: date, weeks: int) -> Floats:
        """The share of a week's applications that leave on each of its days, (week, 7); 0 on days of a pause."""
        return open_shares(self.weekdays, self.pauses, as_of=as_of, weeks=weeks)

    def sent_by_day(self, pace: Pace, *, as_of: date, days: int) -> Floats:
        """Expected applications that leave on each day after `as_of`, (days,). Day 0 is the day after it."""
        weeks = -(-days // 7)
        counts = self.weekly(weeks)[self.paces.index(pace)]
        return (counts[:, None] * self.shares(as_of=as_of, weeks=weeks)).ravel()[:days]


def _pace_of(evidence: Evidence, where: tuple[int, int, int] | list[int], per_week: float) -> Pace:
    k, c, step = where
    return Pace(evidence.tracks[k], per_week, evidence.channels[c], evidence.steps[step].split("->")[0])


def _weeks(number: float) -> str:
    return f"{number:.0f} week{'s' if number >= 1.5 else ''}"
