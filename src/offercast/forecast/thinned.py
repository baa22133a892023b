"""What the event engine needs: who will reach the first stage that interacts, and the laws from there on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from offercast.errors import CommandError
from offercast.evidence.evidence import InFlight
from offercast.forecast.limits import Limits
from offercast.forecast.plan import Plan
from offercast.forecast.streams import Waits, make_streams, possible_waits
from offercast.inference.posterior import Posterior
from offercast.inference.waits import FAMILIES, Floats, cdf, silent_parts


@dataclass(frozen=True)
class Climb:
    """The waits of successive steps, ready to be drawn from. Lists by step, each (draw,)."""

    log_median: list[Floats]
    shape: list[Floats]
    over_by_horizon: list[tuple[Floats, Floats]]
    """The untruncated cdf at the horizon, and its complement"""
    family: str

    @classmethod
    def of(cls, waits: Waits) -> Climb:
        """Keep for each step what does not change from application to application."""
        over = FAMILIES[waits.family].both((np.log(waits.horizon) - waits.log_median) / waits.shape)
        columns = ([np.ascontiguousarray(c) for c in a.T] for a in (waits.log_median, waits.shape, *over))
        log_median, shape, below, above = columns
        return cls(log_median, shape, list(zip(below, above, strict=True)), waits.family)

    def days(self, draw: np.ndarray, rng: np.random.Generator) -> Floats:
        """The days of all the steps together, for an application of each of these draws."""
        total = np.zeros(draw.size)
        for log_median, shape, (below, above) in zip(self.log_median, self.shape, self.over_by_horizon, strict=True):
            share = rng.random(draw.size)
            place = FAMILIES[self.family].position(share * below[draw], (1.0 - share) + share * above[draw])
            total += np.exp(log_median[draw] + shape[draw] * place)
        return total


@dataclass(frozen=True)
class Feeder:
    """One stream of applications to come, thinned to those that reach the first stage that interacts."""

    lane: int
    entry: int
    """The inside step that it enters at; the number of inside steps where it arrives as an offer"""
    reach: Floats
    """Chance that an application reaches it, (draw,)"""
    climb: Climb
    """The steps below it"""
    by_day: Floats
    """Expected applications sent before the start of each day, (days + 1,)"""


@dataclass(frozen=True)
class Waiting:
    """Equal applications in flight, with what their silence so far says."""

    lane: int
    count: int
    inside: bool
    """Whether its step is one of those that interact"""
    entry: int
    """The inside step that it waits at (inside), or that it will enter at (below)"""
    waited: Floats
    """Days, (point,)"""
    fates: Floats
    """Chances of moving on, being told no, and never hearing, given the silence: (draw, 3, point), sum 1"""
    reach: Floats
    """Chance of the steps after its own and below the first that interacts, (draw,)"""
    waits: Waits
    """Its own step, alone"""
    climb: Climb
    """The steps after it and below the first that interacts"""
    no_waits: Waits
    """The wait for a no at its own step"""


@dataclass(frozen=True)
class Inside:
    """The steps that interact, by lane (a track and channel), draw and step, flat.

    The index is (lane * draws + draw) * steps + step.

    `log_median` and `shape` have, last, the kind of answer: 0 a no, 1 an advance.
    """

    steps: int
    draws: int
    chance: Floats
    logit: Floats
    told: Floats
    log_median: Floats
    shape: Floats
    over_by_horizon: tuple[Floats, Floats]
    """The untruncated cdf at the horizon, and its complement"""
    family: str
    accept: Floats | None
    """Chance that an offer is accepted at once, (lane * draws + draw)"""
    capped_from: int
    """The inside step from which processes are counted; `steps` where none are"""
    pause_from: int

    def wait(self, share: Floats, law: np.ndarray) -> Floats:
        """The waits at level `share` of these laws, in days: `quantile`, with what does not change kept."""
        below, above = (part[law] for part in self.over_by_horizon)
        position = FAMILIES[self.family].position(share * below, (1.0 - share) + share * above)
        return np.exp(self.log_median[law] + self.shape[law] * position)


@dataclass(frozen=True)
class Thinned:
    """A problem, thinned down to the first stage that interacts."""

    inside: Inside
    feeders: list[Feeder]
    waiting: list[Waiting]
    sources: tuple[tuple[str, str], ...]


def thin(posterior: Posterior, plan: Plan, limits: Limits, days: int) -> Thinned:
    """Take a problem apart at the first stage that interacts.

    Raises:
        CommandError: the plan or the limits name what does not exist.
    """
    ladder = posterior.ladder
    first = limits.first_stage(ladder)
    inside = [ladder.step_index[s.id] for s in ladder.stages[ladder.order[first] : ladder.order[ladder.goal]]]
    lanes: dict[tuple[int, int], int] = {}
    feeders, sources = [], [("in flight", "")]
    for pace in plan.paces:
        (stream,) = make_streams(posterior, replace(plan, paces=(pace,)), days)
        steps = list(ladder.steps_to_goal(stream.channel, pace.start))
        below, entry = _split(steps, inside)
        k, c = posterior.track_index(pace.track), posterior.channel_index(stream.channel)
        lane = lanes.setdefault((k, c), len(lanes))
        reach = np.prod(_advance(posterior, k, c)[:, below], axis=1)
        waits = replace(
            stream.waits,
            log_median=stream.waits.log_median[:, : len(below)],
            shape=stream.waits.shape[:, : len(below)],
        )
        feeders.append(
            Feeder(lane, entry, reach, Climb.of(waits), np.concatenate([[0.0], np.cumsum(stream.sent_by_day)]))
        )
        sources.append((stream.track, stream.channel))
    waiting = []
    for row in posterior.evidence.in_flight:
        lane = lanes.setdefault((row.track, row.channel), len(lanes))
        waiting += _waiting(posterior, row, inside, lane)
    return Thinned(_inside(posterior, limits, inside, list(lanes)), feeders, waiting, tuple(sources))


def _split(steps: list[int], inside: list[int]) -> tuple[list[int], int]:
    """The steps of a path below the first that interacts, and the inside step where it arrives."""
    below = [step for step in steps if step not in inside]
    above = [step for step in steps if step in inside]
    return below, inside.index(above[0]) if above else len(inside)


def _advance(posterior: Posterior, track: int, channel: int) -> Floats:
    return posterior.advance[:, :, track, channel].reshape(-1, len(posterior.ladder.steps))


def _laws(posterior: Posterior, kind: str, track: int, steps: list[int]) -> Waits:
    assumed = posterior.model.assumptions
    median = posterior.flat(f"{kind}_log_days")[:, track][:, steps]
    shape = np.exp(posterior.flat(f"{kind}_log_shape")[:, steps])
    return Waits(median, shape, assumed.horizon_days, assumed.delay_family)


def _waiting(posterior: Posterior, row: InFlight, inside: list[int], lane: int) -> list[Waiting]:
    """One row of what is in flight, or nothing where it has waited so long that it counts as never."""
    ladder, horizon = posterior.ladder, posterior.model.assumptions.horizon_days
    waited = possible_waits(row.shortest, row.longest, horizon)
    steps = list(ladder.steps_to_goal(ladder.channels[row.channel].id, ladder.steps[row.step].start))
    own_is_inside = row.step in inside
    below, entry = _split(steps, inside)
    path = steps[:1] if own_is_inside else below
    waits, no_waits = (_laws(posterior, kind, row.track, steps[:1]) for kind in ("advance", "no"))
    p = _advance(posterior, row.track, row.channel)
    w = posterior.told_no[:, :, row.track, row.step].reshape(-1, 1)
    told_by = cdf(waited, no_waits.log_median, no_waits.shape, horizon, family=waits.family)
    coming, silent = silent_parts(p[:, steps[:1]], w, waits.cdf(waited, 0), told_by)
    told = (1.0 - p[:, steps[:1]]) * w * (1.0 - told_by)
    parts = np.stack([coming, told, silent - told], axis=1)
    if not coming.max() > 0:
        return []
    whole = parts.sum(axis=(1, 2), keepdims=True)
    fates = np.divide(parts, whole, out=np.zeros_like(parts), where=whole > 0)
    fates[:, 2, 0] += whole[:, 0, 0] == 0  # a silence that a draw takes to be impossible is one for ever
    reach = np.prod(p[:, path[1:]], axis=1)
    climb = Climb.of(_laws(posterior, "advance", row.track, path[1:]))
    return [Waiting(lane, row.count, own_is_inside, entry, waited, fates, reach, waits, climb, no_waits)]


def _inside(posterior: Posterior, limits: Limits, steps: list[int], lanes: list[tuple[int, int]]) -> Inside:
    """The numbers of the steps that interact, flat, for every lane."""
    ladder = posterior.ladder
    size = posterior.flat("advance_logit").shape[0]
    shape = (len(lanes), size, len(steps))
    chance, told = np.empty(shape), np.empty(shape)
    median, scale = np.empty((*shape, 2)), np.empty((*shape, 2))
    for lane, (k, c) in enumerate(lanes):
        chance[lane] = _advance(posterior, k, c)[:, steps]
        told[lane] = posterior.told_no[:, :, k].reshape(size, -1)[:, steps]
        for answer, kind in enumerate(("no", "advance")):
            law = _laws(posterior, kind, k, steps)
            median[lane, ..., answer], scale[lane, ..., answer] = law.log_median, law.shape
    with np.errstate(divide="ignore"):
        logit = np.log(chance) - np.log1p(-chance)
    position = {step: i for i, step in enumerate(steps)}
    capped = position[ladder.step_index[limits.from_stage]] if limits.counts_processes else len(steps)
    pause = position[ladder.step_index[limits.pause_from]] if limits.pause_from else len(steps)
    assumed = posterior.model.assumptions
    below, above = FAMILIES[assumed.delay_family].both((np.log(assumed.horizon_days) - median.ravel()) / scale.ravel())
    return Inside(
        len(steps), size, chance.ravel(), logit.ravel(), told.ravel(), median.ravel(), scale.ravel(),
        (below, above), assumed.delay_family, _acceptance(posterior, limits, lanes, size), capped, pause,
    )  # fmt: skip


def _acceptance(posterior: Posterior, limits: Limits, lanes: list[tuple[int, int]], size: int) -> Floats | None:
    if limits.accept is None:
        return None
    if limits.accept != "own":
        return np.full(len(lanes) * size, float(limits.accept))
    ladder = posterior.ladder
    if ladder.goal not in ladder.step_index:
        raise CommandError(f'the ladder ends at "{ladder.goal}": give the chance of accepting as a number.')
    step = ladder.step_index[ladder.goal]
    return np.concatenate([_advance(posterior, k, c)[:, step] for k, c in lanes])
