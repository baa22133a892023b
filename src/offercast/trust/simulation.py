"""Simulated searches with known truth: one application after the other, as it would happen.

Written apart from the model, in the slowest and plainest way, so that it can prove the model wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from offercast.history.records import Application, Event, History
from offercast.ladder import Ladder


@dataclass(frozen=True)
class StepTruth:
    """How one step really works: chances to advance and to be told no otherwise, median waits in days.

    `spread` is the sd of the waits in log days; a wait is log-logistic, drawn again while it exceeds the horizon.
    """

    advance: float
    told_no: float
    advance_days: float
    no_days: float
    spread: float = 1.0


@dataclass(frozen=True)
class Truth:
    """How a search really works: each track's steps, what channels add, and how it is run.

    Args:
        steps: for each track, the truth of each step by its start stage.
        per_week: applications sent a week, by track.
        channels: the share of each channel; what it multiplies the odds of the first step by.
        never_applied: for each application sent, how many more were found and not sent, on average.
        declined: the share of offers that the seeker declines.
        lull: first and last day without sending and without answers, or None.
        horizon_days: no answer takes longer.
    """

    steps: Mapping[str, Mapping[str, StepTruth]]
    per_week: Mapping[str, float]
    channels: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    never_applied: float = 0.0
    declined: float = 1.0
    lull: tuple[date, date] | None = None
    horizon_days: float = 180.0


def usual_truth(
    tracks: Iterable[str],
    *,
    per_week: float,
    rng: np.random.Generator,
    first: tuple[float, float] = (0.08, 0.25),
    channels: Mapping[str, tuple[float, float]] | None = None,
) -> Truth:
    """The truth of a made-up search on the blueprint's ladder, whose tracks differ in their first step alone.

    Args:
        tracks: their names.
        per_week: applications sent a week in each.
        rng: the only source of chance: one number a track.
        first: the lowest chance of a response in any track, and how much higher it can be.
        channels: see `Truth`; none but cold applications where None.

    Returns:
        The truth; chances of the first step are uniform between both limits.
    """
    names = tuple(tracks)
    return Truth(
        steps={
            name: {
                "applied": StepTruth(first[0] + first[1] * rng.random(), 0.5, 8, 14, 1.1),
                "response": StepTruth(0.65, 0.4, 4, 10),
                "phone": StepTruth(0.55, 0.6, 6, 9),
                "interview": StepTruth(0.45, 0.6, 9, 13),
                "second_interview": StepTruth(0.35, 0.7, 12, 12),
            }
            for name in names
        },
        per_week=dict.fromkeys(names, per_week),
        channels=channels or {},
    )


def simulate_history(
    truth: Truth, ladder: Ladder, *, start: date, days: int, as_of: date, rng: np.random.Generator
) -> History:
    """Simulate a search and return what its log holds at the end of `as_of`.

    Args:
        truth: how the search really works.
        ladder: its stages; applications of every channel are logged from `sent` on.
        start: the first day on which something may be sent.
        days: how many days applications are sent for.
        as_of: the last day that the log knows.
        rng: the only source of chance.
    """
    found: list[tuple[date, Application]] = []
    for track, pace in truth.per_week.items():
        for offset in range(days):
            day = start + timedelta(days=offset)
            if day.weekday() >= 5 or day > as_of or _in_lull(truth, day):
                continue
            for _ in range(rng.poisson(pace / 5)):
                found.append((day, _one(truth, ladder, track, day, as_of, rng)))
                for _ in range(rng.poisson(truth.never_applied)):
                    never = Event(ladder.stages[0].id, day)
                    found.append((day, Application("", track, ladder.reference.id, (never,))))
    found.sort(key=lambda item: item[0])
    numbered = [
        Application(f"A{number:03d}", a.track, a.channel, a.events, company=f"Company {number:03d}", title=a.track)
        for number, (_, a) in enumerate(found, start=1)
    ]
    return History(ladder, tuple(numbered), "simulated")


def _one(truth: Truth, ladder: Ladder, track: str, day: date, as_of: date, rng: np.random.Generator) -> Application:
    """Send one application and follow it to its end, or to the end of the log."""
    channel, odds = _channel(truth, ladder, rng)
    events = [Event(ladder.sent, day)]
    stages = [stage.id for stage in ladder.stages[ladder.order[ladder.sent] :]]
    moment = float(rng.random())  # the time of day; days are counted from `day`
    for position, (stage, above) in enumerate(pairwise(stages)):
        if stage == ladder.goal:
            events += _choice(truth, ladder, day + timedelta(days=int(moment)), rng)
            break
        step = truth.steps[track][stage]
        chance = step.advance
        if position == 0:
            chance = odds * chance / (1 - chance + odds * chance)
        if rng.random() < chance:
            moment = _answer(truth, day, moment + _wait(step.advance_days, step.spread, truth, rng))
            events.append(Event(above, day + timedelta(days=int(moment))))
        else:
            if rng.random() < step.told_no:
                moment = _answer(truth, day, moment + _wait(step.no_days, step.spread, truth, rng))
                events.append(Event("rejected", day + timedelta(days=int(moment))))
            break
    known = tuple(event for event in events if event.on is not None and event.on <= as_of)
    return Application("", track, channel, known)


def _choice(truth: Truth, ladder: Ladder, day: date, rng: np.random.Generator) -> list[Event]:
    top = ladder.stages[-1].id
    kind = "declined" if rng.random() < truth.declined else top
    return [Event(kind, day + timedelta(days=int(rng.integers(2, 8))))] if top != ladder.goal else []


def _channel(truth: Truth, ladder: Ladder, rng: np.random.Generator) -> tuple[str, float]:
    point = rng.random()
    for channel, (share, odds) in truth.channels.items():
        if point < share:
            return channel, odds
        point -= share
    return ladder.reference.id, 1.0


def _wait(median: float, spread: float, truth: Truth, rng: np.random.Generator) -> float:
    """A log-logistic wait by rejection: drawn again while it exceeds the horizon."""
    shape = spread * math.sqrt(3.0) / math.pi
    while True:
        u = rng.random()
        wait = median * (u / (1.0 - u)) ** shape
        if wait <= truth.horizon_days:
            return wait


def _answer(truth: Truth, day: date, moment: float) -> float:
    """An answer that would fall into the lull comes in the first days after it."""
    if truth.lull and _in_lull(truth, day + timedelta(days=int(moment))):
        return float((truth.lull[1] - day).days + 1) + moment % 3
    return moment


def _in_lull(truth: Truth, day: date) -> bool:
    return truth.lull is not None and truth.lull[0] <= day <= truth.lull[1]
