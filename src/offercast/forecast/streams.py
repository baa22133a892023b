"""What every forecast method needs of a posterior and a plan: streams of applications, and what is in flight."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from statistics import NormalDist

import numpy as np

from offercast.errors import CommandError, did_you_mean
from offercast.forecast.calendar import moving_factor
from offercast.forecast.counts import Counts
from offercast.forecast.plan import Pace, Plan
from offercast.inference.posterior import Posterior
from offercast.inference.waits import Floats, cdf, logistic, quantile, remaining, silent_parts

MOST_POINTS = 8
"""Where the start of a wait is unknown, its possible lengths are stood for by at most this many."""
LONGEST_WEEKS = 520
_MARKET_SEED = 20_261


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

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return self.log_median.shape[1]

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
    weekly: Floats
    """Applications of each week, (week,): their mean, or the number itself where it is fixed. Pauses left out."""
    shares: Floats
    """The share of a week's applications that leaves on each of its days, (week, 7); 0 on days of a pause."""
    columns: tuple[tuple[int, int], ...]
    """(track, step) of each of the waits."""
    place: int
    """The index of its pace in the plan."""


@dataclass(frozen=True)
class Flight:
    """Equal applications that are waiting: the chance of an offer from each, given the silence so far.

    Several `points` stand for a wait of unknown length, each equally likely before the silence is seen; seeing it
    makes the short ones likelier, which is why the chances of the points are taken over their common mean.
    """

    track: str
    channel: str
    count: int
    waited: Floats
    """Days, (point,)"""
    offer_chance: Floats
    """(draw, point); the mean over points is the chance of an offer"""
    waits: Waits
    """From the step that it waits at up to the offer."""
    columns: tuple[tuple[int, int], ...]
    """(track, step) of each of the waits."""


@dataclass(frozen=True)
class Problem:
    """One question to forecast: streams and flights up to a goal, and what holds for all of them.

    `moving` is what a chance to move on is multiplied by, by the day of entering a stage (None: nothing).
    """

    streams: tuple[Stream, ...]
    flights: tuple[Flight, ...]
    counts: Counts
    moving: Floats | None
    weeks: int
    as_of: date
    draws: int

    @property
    def days(self) -> int:
        """The days up to the horizon."""
        return 7 * self.weeks

    @cached_property
    def expected_by_day(self) -> Floats:
        """Applications expected to have left before each day, all streams together: (days + 1,)."""
        total = np.sum([stream.sent_by_day for stream in self.streams], axis=0) if self.streams else np.zeros(self.days)
        return np.concatenate([[0.0], np.cumsum(total)])


def make_problem(
    posterior: Posterior, plan: Plan, horizon_weeks: int, *, goal: str | None = None, market_sd: float = 0.0
) -> Problem:
    """Read a posterior and a plan into the problem that every forecast method answers.

    Args:
        posterior: the beliefs.
        plan: what will be sent.
        horizon_weeks: how far to look, 1 to 520.
        goal: the stage whose first arrival is asked for; the offer where None.
        market_sd: standard deviation, in log-odds, of a shock to the first step that all applications of a search
            share: a market that is better or worse than the log's. 0: none.

    Raises:
        CommandError: the plan names an unknown track or channel; an unknown goal; a number out of range.
    """
    if not 1 <= horizon_weeks <= LONGEST_WEEKS:
        raise CommandError(f"a horizon of {horizon_weeks} weeks: give 1 to {LONGEST_WEEKS}.")
    if not 0 <= market_sd <= 5:
        raise CommandError(f"a market shock of {market_sd}: give its standard deviation in log-odds, 0 to 5.")
    _check_goal(posterior, goal)
    as_of, size = posterior.evidence.as_of, posterior.flat("advance_logit").shape[0]
    shock = market_sd * _market(size) if market_sd else None
    return Problem(
        streams=tuple(make_streams(posterior, plan, 7 * horizon_weeks, goal=goal, shock=shock)),
        flights=tuple(make_flights(posterior, goal=goal, shock=shock)),
        counts=plan.counts,
        moving=moving_factor(plan.lulls, as_of=as_of, days=7 * horizon_weeks),
        weeks=horizon_weeks,
        as_of=as_of,
        draws=size,
    )


def _check_goal(posterior: Posterior, goal: str | None) -> None:
    ladder = posterior.ladder
    above = [stage.id for stage in ladder.stages if ladder.order[stage.id] > ladder.order[ladder.sent]]
    if goal is not None and goal not in above:
        raise CommandError(f'"{goal}" is no stage that an application can reach. {did_you_mean(goal, above)}')


def _market(size: int) -> Floats:
    """One standard normal shock for each draw: evenly spread quantiles in random order, (draw,)."""
    levels = [NormalDist().inv_cdf((i + 0.5) / size) for i in range(size)]
    return np.random.default_rng(_MARKET_SEED).permutation(np.array(levels))


def check_plan(posterior: Posterior, plan: Plan) -> None:
    """Raise CommandError where the plan names a track or a channel that does not exist."""
    for pace in plan.paces:
        posterior.track_index(pace.track)
        if pace.channel is not None:
            posterior.channel_index(pace.channel)


def make_streams(
    posterior: Posterior, plan: Plan, days: int, *, goal: str | None = None, shock: Floats | None = None
) -> list[Stream]:
    """The streams of a plan up to a goal (the offer where None), those that bring most first."""
    check_plan(posterior, plan)
    weeks = -(-days // 7)
    weekly = plan.weekly(weeks)
    shares = plan.shares(as_of=posterior.evidence.as_of, weeks=weeks)
    streams = []
    for place, pace in enumerate(plan.paces):
        channel = pace.channel or posterior.ladder.reference.id
        steps = posterior.ladder.steps_to_goal(channel, pace.start, goal)
        if steps:
            streams.append(
                Stream(
                    track=pace.track,
                    channel=channel,
                    offer_chance=_pace_chance(posterior, pace, channel, goal, shock),
                    waits=_waits(posterior, posterior.track_index(pace.track), list(steps)),
                    sent_by_day=(weekly[place][:, None] * shares).ravel()[:days],
                    weekly=weekly[place],
                    shares=shares,
                    columns=tuple((posterior.track_index(pace.track), step) for step in steps),
                    place=place,
                )
            )
    return sorted(streams, key=lambda s: -float(s.offer_chance.mean() * s.sent_by_day.sum()))


def _pace_chance(posterior: Posterior, pace: Pace, channel: str, goal: str | None, shock: Floats | None) -> Floats:
    """Chance that an application of this pace reaches the goal, (draw,)."""
    k = posterior.track_index(pace.track)
    chances = posterior.step_chances(channel, pace.start, goal)
    of_steps = chances.reshape(-1, *chances.shape[2:])[:, k]
    first = posterior.ladder.steps_to_goal(channel, pace.start, goal)[0]
    return np.prod(_shocked(of_steps, shock, posterior, first), axis=1)


def _shocked(chances: Floats, shock: Floats | None, posterior: Posterior, first: int) -> Floats:
    """The chances of successive steps (draw, step) from the step `first` on, with the market's shock on a first reply.

    Only the step out of the stage where applications are sent is the market's: later ones are left as they are.
    """
    if shock is None or posterior.ladder.steps[first].start != posterior.ladder.sent:
        return chances
    moved = chances.copy()
    with np.errstate(divide="ignore"):
        moved[:, 0] = logistic(np.log(chances[:, 0]) - np.log1p(-chances[:, 0]) + shock)
    return moved


def possible_waits(shortest: int, longest: int, horizon: float) -> Floats:
    """Days that stand for a wait of so many whole ones, (point,): the day on which it started at its middle."""
    span = longest - shortest + 1
    points = min(span, MOST_POINTS)
    return np.minimum(shortest + (np.arange(points) + 0.5) * span / points, horizon)


def make_flights(posterior: Posterior, *, goal: str | None = None, shock: Floats | None = None) -> list[Flight]:
    """What is in flight below a goal (the offer where None) and has waited less than the horizon: later is never."""
    horizon = posterior.model.assumptions.horizon_days
    evidence, ladder = posterior.evidence, posterior.ladder
    flights = []
    for row in evidence.in_flight:
        waited = possible_waits(row.shortest, row.longest, horizon)
        channel = ladder.channels[row.channel].id
        steps = list(ladder.steps_to_goal(channel, ladder.steps[row.step].start, goal))
        if not steps:
            continue
        waits = _waits(posterior, row.track, steps)
        p = posterior.advance.reshape(-1, *posterior.advance.shape[2:])[:, row.track, row.channel][:, steps]
        p = _shocked(p, shock, posterior, steps[0])
        w = posterior.told_no.reshape(-1, *posterior.told_no.shape[2:])[:, row.track, row.step]
        no_median = posterior.flat("no_log_days")[:, row.track, row.step]
        no_shape = np.exp(posterior.flat("no_log_shape")[:, row.step])
        gone = waits.cdf(waited, 0)
        told = cdf(waited, no_median[:, None], no_shape[:, None], horizon, family=waits.family)
        coming, silent = silent_parts(p[:, :1], w[:, None], gone, told)
        whole = (coming + silent).mean(axis=1, keepdims=True)
        alive = np.divide(coming, whole, out=np.zeros_like(coming), where=whole > 0)  # impossible to a draw: for ever
        chance = alive * np.prod(p[:, 1:], axis=1, keepdims=True)
        if chance.max() > 0:
            columns = tuple((row.track, step) for step in steps)
            flights.append(Flight(evidence.tracks[row.track], channel, row.count, waited, chance, waits, columns))
    return flights


def _waits(posterior: Posterior, track: int, steps: list[int]) -> Waits:
    median = posterior.flat("advance_log_days")[:, track][:, steps]
    shape = np.exp(posterior.flat("advance_log_shape")[:, steps])
    assumed = posterior.model.assumptions
    return Waits(median, shape, assumed.horizon_days, assumed.delay_family)
