"""A Plan: how many applications will be sent, of which track and channel, and when not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from offercast.errors import CommandError
from offercast.evidence.evidence import Evidence
from offercast.inference.waits import Floats

WORKING_WEEK = (0.2, 0.2, 0.2, 0.2, 0.2, 0.0, 0.0)
"""The share of a week's applications that leave on each weekday, Monday first."""

FALLBACK_PER_WEEK = 5.0
"""Applications a week where neither a plan nor a log says anything."""


@dataclass(frozen=True)
class Pace:
    """`per_week` applications a week on average, of one track through one channel (None: the reference one).

    `start` is the stage that they start at, where it is not the channel's first one: a recruiter's contact whose
    log begins with `applied` has that gate before it, too.
    """

    track: str
    per_week: float
    channel: str | None = None
    start: str | None = None


@dataclass(frozen=True)
class Pause:
    """No application leaves from the first to the last day, both included."""

    first: date
    last: date


@dataclass(frozen=True)
class Plan:
    """Average paces, the weekday profile, and pauses. Weekly counts are Poisson around their average.

    Raises:
        CommandError: a pace is negative, infinite or not a number; a pause ends before it starts.

    >>> Plan.per_week({"devrel": 3}).paces
    (Pace(track='devrel', per_week=3.0, channel=None, start=None),)
    """

    paces: tuple[Pace, ...]
    weekdays: tuple[float, ...] = WORKING_WEEK
    pauses: tuple[Pause, ...] = ()
    origin: str = "as you asked"

    def __post_init__(self) -> None:
        for pace in self.paces:
            if not (math.isfinite(pace.per_week) and pace.per_week >= 0):
                raise CommandError(f'"{pace.track}": {pace.per_week} applications a week is not possible.')
        for pause in self.pauses:
            if pause.last < pause.first:
                raise CommandError(f"the pause from {pause.first} to {pause.last} ends before it starts.")
        if len(self.weekdays) != 7 or min(self.weekdays) < 0 or not math.isclose(sum(self.weekdays), 1):
            raise CommandError("a weekday profile is seven shares, Monday first, that sum to 1.")

    @classmethod
    def per_week(cls, paces: Mapping[str, float], *, pauses: tuple[Pause, ...] = ()) -> Plan:
        """A plan from applications a week by track, all through the reference channel."""
        return cls(tuple(Pace(track, float(n)) for track, n in paces.items()), pauses=pauses)

    @classmethod
    def own_pace(cls, evidence: Evidence) -> Plan:
        """The seeker's own pace of the last eight weeks; five a week, spread evenly, where there is none."""
        if evidence.recent:
            paces = [
                Pace(
                    evidence.tracks[k],
                    count / evidence.recent_weeks,
                    evidence.channels[c],
                    evidence.steps[step].split("->")[0],
                )
                for k, c, step, count in evidence.recent
            ]
            weeks = f"{evidence.recent_weeks:.0f} week{'s' if evidence.recent_weeks >= 1.5 else ''}"
            return cls(tuple(paces), origin=f"your own pace of the last {weeks}")
        each = FALLBACK_PER_WEEK / len(evidence.tracks)
        origin = "an assumption: the log shows no recent pace"
        return cls(tuple(Pace(track, each) for track in evidence.tracks), origin=origin)

    @property
    def total_per_week(self) -> float:
        """Applications a week, over all tracks and channels."""
        return sum(pace.per_week for pace in self.paces)

    def sent_by_day(self, pace: Pace, *, as_of: date, days: int) -> Floats:
        """Expected applications that leave on each day after `as_of`, (days,). Day 0 is the day after it."""
        week = np.array(self.weekdays) * pace.per_week
        start = as_of + timedelta(days=1)
        daily = np.resize(np.roll(week, -start.weekday()), days)
        for pause in self.pauses:
            first, last = (pause.first - start).days, (pause.last - start).days
            daily[max(first, 0) : max(last + 1, 0)] = 0.0
        return daily
