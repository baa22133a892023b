"""A trial of ways to spend the hours: the same simulated searches for all of them, and what each search shows by when.

A search is a truth drawn from the posterior. The applications of each kind leave by a unit Poisson process in the mean
number sent so far, and each has its fate from the start: two ways that send as much by a day have sent the same
applications (common random numbers). What a searcher believes comes from weighing draws that are not among the truths
with the likelihood of all that has come in, a silence by its length. Sources: Law and Kelton, Simulation Modeling and
Analysis (2000), section 11.2; Gordon, Salmond and Smith, IEE Proceedings F 140 (1993), for weighing draws.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np

from offercast.forecast.exact import log_none
from offercast.forecast.few import evenly
from offercast.forecast.landing import ByTransform
from offercast.forecast.plan import Pace, Plan
from offercast.forecast.streams import Stream, Waits, make_problem
from offercast.inference.posterior import Posterior
from offercast.inference.waits import Floats, logistic

MOST_TIMES = 13
"""The mix is looked at every week, or every so many weeks that it is done at most so many times."""
_FEWEST_APART = 200
"""With fewer draws than this the truths are taken from those that the beliefs weigh."""


@dataclass(frozen=True)
class Way:
    """One kind of application as a trial sees it: hours each, and the most hours a week that it has room for."""

    hours: float
    room: float


class Setting:
    """What all ways to spend the hours share: the kinds, the draws, and what an hour a week brings from a day on.

    Args:
        posterior: the beliefs at the start.
        kinds: (track, channel) of each way.
        ways: their hours.
        hours: a week.
        by: the day.
        draws: how many draws the beliefs weigh, at most.
    """

    def __init__(
        self,
        posterior: Posterior,
        kinds: Sequence[tuple[str, str]],
        ways: Sequence[Way],
        *,
        hours: float,
        by: date,
        draws: int,
    ) -> None:
        self.posterior, self.hours = posterior, hours
        self.costs = np.array([way.hours for way in ways], dtype=float)
        self.room = np.array([way.room for way in ways], dtype=float)
        self.days = (by - posterior.evidence.as_of).days
        weeks = -(-self.days // 7)
        self.every = -(-weeks // MOST_TIMES)
        self.starts = np.arange(0, self.days, 7 * self.every)
        plan = Plan(tuple(Pace(track, 1.0, channel) for track, channel in kinds))
        self.problem = make_problem(posterior, plan, weeks)
        streams = sorted(self.problem.streams, key=lambda stream: stream.place)
        self.streams: list[Stream] = streams
        total = self.problem.draws
        half = total // 2 if total >= _FEWEST_APART else total
        self.believed = evenly(half, draws)
        self.others = np.arange(half if total >= _FEWEST_APART else 0, total)
        self.calendar = np.array([stream.sent_by_day[: self.days] for stream in streams])

    def most_of(self, way: int) -> int:
        """So many applications of a way are enough for a search: six standard deviations above all hours on it."""
        mean = float(self.room[way] / self.costs[way] * self.calendar[way].sum())
        return int(mean + 6.0 * math.sqrt(mean) + 10.0)

    @property
    def fates(self) -> int:
        """How many steps of applications have to be drawn for one search."""
        return sum(self.most_of(way) * stream.waits.steps for way, stream in enumerate(self.streams))

    @cached_property
    def worth(self) -> Floats:
        """Offers by the day that an hour a week of each way brings from each start on, by draw: (start, draw, way)."""
        return self.worth_of(self.believed)

    def worth_of(self, picked: np.ndarray) -> Floats:
        """The same for any draws."""
        laws, first = ByTransform(self.problem), np.eye(1, self.problem.days)[0]
        found = np.zeros((self.starts.size, picked.size, len(self.streams)))
        known: dict[tuple[tuple[int, int], ...], Floats] = {}
        for j, stream in enumerate(self.streams):
            if stream.columns not in known:  # the waits of a track are those of all its channels
                sure = replace(stream, offer_chance=np.ones(self.problem.draws))
                known[stream.columns] = laws.landed(sure, picked, first)[:, self.days : 0 : -1]
            in_time = np.maximum(known[stream.columns], 0.0)  # of what is sent on day 0, 1, ... of the trial
            later = np.cumsum((in_time * self.calendar[j])[:, ::-1], axis=1)[:, ::-1]
            found[:, :, j] = later[:, self.starts].T * stream.offer_chance[picked] / self.costs[j]
        return found

    @cached_property
    def silent_flights(self) -> Floats:
        """`in_flight` of the draws that are believed."""
        return self.in_flight(self.believed)

    def in_flight(self, picked: np.ndarray) -> Floats:
        """The log chance that what is in flight at the start has brought no offer by the end of each day."""
        flights = self.problem.flights
        if not flights:
            return np.zeros((picked.size, self.problem.days + 1))
        empty = make_problem(self.posterior, Plan(()), self.problem.weeks)
        return log_none(empty, picked)[-1]


class Luck:
    """The searches: truths, when applications leave, and the fate of each. (search, application, step) by way."""

    def __init__(self, setting: Setting, searches: int, rng: np.random.Generator) -> None:
        self.setting, self.searches = setting, searches
        others = setting.others
        self.truth = others[np.arange(searches) * others.size // searches]  # each as often as the others
        self.leaves, self.enters, self.lasts, self.ends, self.comes = [], [], [], [], []
        for j, stream in enumerate(setting.streams):
            number = setting.most_of(j)
            self.leaves.append(np.cumsum(rng.exponential(size=(searches, number)), axis=1))
            self._fates(stream, number, rng)
        unique, where = np.unique(self.truth, return_inverse=True)
        silent = np.exp(setting.in_flight(unique))[where][:, : setting.days + 1]
        self._silent = silent[:, -1]
        drawn = rng.random((searches, 1))
        worth = setting.worth_of(unique)
        self.worth = worth[:, where]
        self._apart = [float(leaves.max()) + 1.0 for leaves in self.leaves]
        self._rows = [
            (leaves + np.arange(searches)[:, None] * apart).ravel()
            for leaves, apart in zip(self.leaves, self._apart, strict=True)
        ]
        self.flies = np.where(drawn < silent[:, -1:], np.inf, (silent > drawn).sum(axis=1, keepdims=True))[:, 0]

    def left(self, way: int, mean: Floats) -> np.ndarray:
        """How many applications of a way have left where so many are expected to have: (search, any)."""
        size, apart = self.leaves[way].shape, self._apart[way]
        shifted = np.minimum(mean, apart - 0.5) + np.arange(size[0])[:, None] * apart
        return np.searchsorted(self._rows[way], shifted) - np.arange(size[0])[:, None] * size[1]

    def chance(self, expected: Floats) -> Floats:
        """Of an offer by the day given each truth, where so many were expected of what was to be sent: (search,)."""
        return 1.0 - self._silent * np.exp(-expected)

    def worth_between(self, number: int) -> Floats:
        """Offers by the day that an hour a week of each way brings in the time after one look, by search and way."""
        last = number + 1 == self.worth.shape[0]
        return self.worth[number] - (0.0 if last else self.worth[number + 1])

    def _fates(self, stream: Stream, number: int, rng: np.random.Generator) -> None:
        """Whether and when each application of a way passes each step: days from its sending."""
        posterior, (track, _) = self.setting.posterior, stream.columns[0]
        steps = [step for _, step in stream.columns]
        shape = (self.searches, number, len(steps))
        p = posterior.step_chances(stream.channel).reshape(-1, len(posterior.tracks), len(steps))[self.truth, track]
        w = logistic(posterior.flat("told_no_logit")[self.truth, track][:, steps])
        on = rng.random(shape) < p[:, None]
        told = rng.random(shape) < w[:, None]
        share = rng.random(shape)
        waits = stream.waits.of(self.truth)
        no = no_waits(posterior, stream).of(self.truth)
        lasts = np.empty(shape)
        for s in range(len(steps)):
            yes_days = _quantile(waits, share[:, :, s], s)
            lasts[:, :, s] = np.where(on[:, :, s], yes_days, _quantile(no, share[:, :, s], s))
        passed = np.cumprod(on, axis=2).astype(bool)
        enters = np.concatenate([np.zeros((*shape[:2], 1)), np.cumsum(lasts, axis=2)[:, :, :-1]], axis=2)
        enters[:, :, 1:][~passed[:, :, :-1]] = np.inf
        self.enters.append(enters)
        self.lasts.append(np.where(on | told, lasts, np.inf))
        self.ends.append(np.where(on, 0, 1).astype(np.int8))
        self.comes.append(np.where(passed[:, :, -1], enters[:, :, -1] + lasts[:, :, -1], np.inf))


def no_waits(posterior: Posterior, stream: Stream) -> Waits:
    """The laws of the noes at the steps of a stream."""
    track, steps = stream.columns[0][0], [step for _, step in stream.columns]
    shape = np.exp(posterior.flat("no_log_shape")[:, steps])
    return replace(stream.waits, log_median=posterior.flat("no_log_days")[:, track][:, steps], shape=shape)


def _quantile(waits: Waits, share: Floats, step: int) -> Floats:
    one = replace(waits, log_median=waits.log_median[:, step, None], shape=waits.shape[:, step, None])
    return one.quantile(share)
