"""What both forecast methods need of a posterior and a plan: streams of applications, and what is in flight."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from offercast.forecast.plan import Plan
from offercast.inference.posterior import Posterior
from offercast.inference.waits import Floats, cdf, quantile, remaining, silent_parts

MOST_POINTS = 8
"""Where the start of a wait is unknown, its possible lengths are stood for by at most this many."""


@dataclass(frozen=True)
class Waits:
    """The laws of the waits of successive steps: log medians and shapes, each (draw, step), and their family."""

    log_median: Floats
    shape: Floats
    horizon: float
    family: str

    def of(self, draws: np.ndarray) -> Waits:
        """The same for some draws."""
        return replace(self, log_median=self.log_median[draws], shape=self.shape[draws])

    def after_first(self) -> Waits:
        """The same without the first step."""
        return replace(self, log_median=self.log_median[:, 1:], shape=self.shape[:, 1:])

    def cdf(self, days: Floats, step: int) -> Floats:
        """Chance that the wait of one step is at most `days` (point,): (draw, point)."""
        median, shape = self.log_median[:, step, None], self.shape[:, step, None]
        return cdf(days, median, shape, self.horizon, family=self.family)

    def quantile(self, share: Floats) -> Floats:
        """The wait of each step at level `share` (draw, step), in days."""
        return quantile(share, self.log_median, self.shape, self.horizon, family=self.family)

    def rest_of_first(self, share: Floats, waited: Floats) -> Floats:
        """What remains of the first step's wait at level `share`, after `waited` days, both (draw,)."""
        median, shape = self.log_median[:, 0], self.shape[:, 0]
        return remaining(share, waited, median, shape, self.horizon, family=self.family)


@dataclass(frozen=True)
class Stream:
    """Applications of one track and channel to come: the chance of an offer by draw, and their calendar."""

    track: str
    channel: str
    offer_chance: Floats
    """(draw,)"""
    waits: Waits
    sent_by_day: Floats
    """Expected applications leaving on each day after `as_of`, (days,)."""


@dataclass(frozen=True)
class Flight:
    """Equal applications that are waiting: the chance of an offer from each, given the silence so far.

    Several `points` stand for a wait of unknown length, each equally likely before the silence is seen; seeing it
    makes the short ones likelier, which is why the chances of the points are taken over their common mean.
    """

    track: str
    count: int
    waited: Floats
    """Days, (point,)"""
    offer_chance: Floats
    """(draw, point); the mean over points is the chance of an offer"""
    waits: Waits
    """From the step that it waits at up to the offer."""


def check_plan(posterior: Posterior, plan: Plan) -> None:
    """Raise CommandError where the plan names a track or a channel that does not exist."""
    for pace in plan.paces:
        posterior.track_index(pace.track)
        if pace.channel is not None:
            posterior.channel_index(pace.channel)


def make_streams(posterior: Posterior, plan: Plan, days: int) -> list[Stream]:
    """The streams of a plan, those that bring most first."""
    check_plan(posterior, plan)
    streams = []
    for pace in plan.paces:
        channel = pace.channel or posterior.ladder.reference.id
        k = posterior.track_index(pace.track)
        sent = plan.sent_by_day(pace, as_of=posterior.evidence.as_of, days=days)
        chance = posterior.offer_chance(channel, pace.start).reshape(-1, len(posterior.tracks))[:, k]
        steps = list(posterior.ladder.steps_to_goal(channel, pace.start))
        streams.append(Stream(pace.track, channel, chance, _waits(posterior, k, steps), sent))
    return sorted(streams, key=lambda s: -float(s.offer_chance.mean() * s.sent_by_day.sum()))


def make_flights(posterior: Posterior) -> list[Flight]:
    """What is in flight and has waited less than the horizon: later than that counts as never."""
    horizon = posterior.model.assumptions.horizon_days
    evidence, ladder = posterior.evidence, posterior.ladder
    flights = []
    for row in evidence.in_flight:
        span = row.longest - row.shortest + 1  # days on which the wait can have started, each at its middle
        points = min(span, MOST_POINTS)
        waited = np.minimum(row.shortest + (np.arange(points) + 0.5) * span / points, horizon)
        channel = ladder.channels[row.channel].id
        steps = list(ladder.steps_to_goal(channel, ladder.steps[row.step].start))
        waits = _waits(posterior, row.track, steps)
        p = posterior.advance.reshape(-1, *posterior.advance.shape[2:])[:, row.track, row.channel][:, steps]
        w = posterior.told_no.reshape(-1, *posterior.told_no.shape[2:])[:, row.track, row.step]
        no_median = posterior.flat("no_log_days")[:, row.track, row.step]
        no_shape = np.exp(posterior.flat("no_log_shape")[:, row.step])
        gone = waits.cdf(waited, 0)
        told = cdf(waited, no_median[:, None], no_shape[:, None], horizon, family=waits.family)
        coming, silent = silent_parts(p[:, :1], w[:, None], gone, told)
        alive = coming / (coming + silent).mean(axis=1, keepdims=True)
        chance = alive * np.prod(p[:, 1:], axis=1, keepdims=True)
        if chance.max() > 0:
            flights.append(Flight(evidence.tracks[row.track], row.count, waited, chance, waits))
    return flights


def _waits(posterior: Posterior, track: int, steps: list[int]) -> Waits:
    median = posterior.flat("advance_log_days")[:, track][:, steps]
    shape = np.exp(posterior.flat("advance_log_shape")[:, steps])
    assumed = posterior.model.assumptions
    return Waits(median, shape, assumed.horizon_days, assumed.delay_family)
