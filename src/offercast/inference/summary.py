"""What a Posterior says, as plain numbers: rates, waits, offers per application, and what stands behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offercast.evidence.evidence import Evidence
from offercast.inference.posterior import Posterior
from offercast.inference.waits import Floats, quantile

LEVEL = 0.9
"""The credible level of every interval that is printed."""

MOSTLY_PRIOR, HARDLY_MOVED = 0.8, 0.5
"""A rate is called mostly prior if its posterior sd (in logits) is more than 0.8 of its prior sd, and its mean has
moved by less than half a prior sd."""

FAR_FROM_PRIOR = 2.0
"""Prior sds: a mean that has moved further than this is unusual among people, or the log was not read as meant."""

NEEDED_AT = (0.5, 0.8)


@dataclass(frozen=True)
class Interval:
    """A median with an equal-tailed credible interval."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class StepRate:
    """One step of one track: what was counted, and the chance to move on, cold, within the horizon."""

    track: str
    step: str
    advanced: float
    told_no: float
    still_open: float
    chance: Interval


@dataclass(frozen=True)
class StepWait:
    """How long the answers to a step take, over all tracks: medians in days of a yes and of a no."""

    step: str
    advance_days: Interval
    no_days: Interval


@dataclass(frozen=True)
class TrackYield:
    """Offers per application of a track, and how many applications bring the first offer.

    `needed` maps a chance to the number of applications, the successful one included, that brings at least
    one offer with that chance: a statement about new cold applications alone, whatever is in flight.
    """

    track: str
    offers_per_application: Interval
    needed: dict[float, int | None]


@dataclass(frozen=True)
class Support:
    """What stands behind a fit: the trust line's facts.

    By employer's step: `prior_share` is the posterior sd over the prior sd (0 to 1), `moved` how far the mean has
    moved, in prior sds.
    """

    sent: int
    open_now: int
    undated: int
    prior_share: dict[str, float]
    moved: dict[str, float]
    verdict: str
    faults: tuple[str, ...]
    engine: str
    handed_over: bool = False

    @property
    def mostly_prior(self) -> tuple[str, ...]:
        """The steps whose rate still rests mostly on the prior."""
        return tuple(
            step for step, width in self.prior_share.items() if AgainstPrior(width, self.moved[step]).mostly_prior
        )

    @property
    def far_from_prior(self) -> tuple[str, ...]:
        """The steps whose rate lies far from what the prior expects of people: prior and log contradict each other."""
        return tuple(step for step, moved in self.moved.items() if moved > FAR_FROM_PRIOR)


def interval(draws: Floats, level: float = LEVEL) -> Interval:
    """Median and equal-tailed interval of draws along the first axis (a scalar quantity)."""
    low, median, high = np.quantile(draws, [(1 - level) / 2, 0.5, (1 + level) / 2])
    return Interval(float(median), float(low), float(high))


def step_rates(posterior: Posterior, *, level: float = LEVEL) -> tuple[StepRate, ...]:
    """The chance of each step of the ladder for each track, beside what was counted.

    Steps of the seeker's own are included where the log tells anything about them.
    """
    counts = posterior.evidence.counts()
    found = []
    for s in shown_steps(posterior):
        for k, track in enumerate(posterior.tracks):
            advanced, told_no, still_open = (float(n) for n in counts[k, s])
            chance = interval(posterior.advance[:, :, k, 0, s].ravel(), level)
            name = posterior.ladder.steps[s].id
            found.append(StepRate(track, name, advanced, told_no, still_open, chance))
    return tuple(found)


def shown_steps(posterior: Posterior) -> tuple[int, ...]:
    """The steps that an employer decides on the way of the reference channel, and every other one in the log."""
    counted = posterior.evidence.counts().sum(axis=(0, 2))
    way = set(posterior.ladder.steps_to_goal(posterior.ladder.reference.id))
    return tuple(s for s in range(len(posterior.ladder.steps)) if s in way or counted[s] > 0)


def step_waits(posterior: Posterior, *, level: float = LEVEL) -> tuple[StepWait, ...]:
    """The median wait for an employer's yes and no at each shown step, averaged over tracks on the log scale."""
    assumed, found = posterior.model.assumptions, []
    for s in shown_steps(posterior):
        if posterior.ladder.steps[s].decided_by == "seeker":
            continue
        both = []
        for kind in ("advance", "no"):
            median = posterior.flat(f"{kind}_log_days")[:, :, s].mean(axis=1)
            shape = np.exp(posterior.flat(f"{kind}_log_shape")[:, s])
            half = quantile(0.5, median, shape, assumed.horizon_days, family=assumed.delay_family)
            both.append(interval(half, level))
        found.append(StepWait(posterior.ladder.steps[s].id, *both))
    return tuple(found)


def track_yields(posterior: Posterior, *, level: float = LEVEL) -> tuple[TrackYield, ...]:
    """Offers per cold application of each track, and the applications that the first offer takes."""
    chance = posterior.offer_chance().reshape(-1, len(posterior.tracks))
    return tuple(
        TrackYield(
            track,
            interval(chance[:, k], level),
            {at: applications_needed(chance[:, k], at) for at in NEEDED_AT},
        )
        for k, track in enumerate(posterior.tracks)
    )


MOST_APPLICATIONS = 100_000


def applications_needed(offer_chance: Floats, chance: float) -> int | None:
    """The fewest applications that bring at least one offer with this chance; None beyond 100,000.

    P(an offer among n) = mean over draws of 1 - (1 - q)^n; the successful application is counted. Solved by
    bisection, since the mean rises with n.

    >>> applications_needed(np.array([0.01]), 0.5)
    69
    """
    log_none = np.log1p(-np.minimum(offer_chance, 1.0 - 1e-15))

    def reached(n: int) -> bool:
        return float(np.mean(-np.expm1(n * log_none))) >= chance

    if not reached(MOST_APPLICATIONS):
        return None
    low, high = 0, MOST_APPLICATIONS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


DRAWN = {
    "advance": "advance_logit", "told_no": "told_no_logit",
    "advance_wait": "advance_log_days", "no_wait": "no_log_days",
}  # fmt: skip
"""The draws that each of a step's four priors is about, by the prior's name in a model file."""


@dataclass(frozen=True)
class AgainstPrior:
    """A number beside its prior: `width` is the posterior sd over the prior sd, at most 1; `moved` how far the mean
    has moved, in prior sds.
    """

    width: float
    moved: float

    @property
    def mostly_prior(self) -> bool:
        """Whether the log has hardly spoken on it yet."""
        return self.width > MOSTLY_PRIOR and self.moved < HARDLY_MOVED


def step_average(posterior: Posterior, step: int, kind: str) -> Floats:
    """One of a step's numbers averaged over tracks, in logits or log days: what its prior is about. (draw)"""
    return posterior.flat(DRAWN[kind])[:, :, step].mean(axis=1)


def against_prior(posterior: Posterior, step: int, kind: str) -> AgainstPrior:
    """Hold one of a step's numbers ("advance", "told_no", "advance_wait" or "no_wait") against its prior."""
    average = step_average(posterior, step, kind)
    prior = getattr(posterior.model.step_prior(posterior.ladder.steps[step].id), kind)
    centre = np.log(prior.median) - (np.log1p(-prior.median) if DRAWN[kind].endswith("logit") else 0.0)
    return AgainstPrior(min(float(np.std(average)) / prior.sd, 1.0), abs(float(np.mean(average) - centre)) / prior.sd)


def support(posterior: Posterior) -> Support:
    """What stands behind the numbers of a fit."""
    evidence = posterior.evidence
    way = posterior.ladder.steps_to_goal(posterior.ladder.reference.id)
    against = {posterior.ladder.steps[s].id: against_prior(posterior, s, "advance") for s in way}
    return Support(
        sent=evidence.sent,
        open_now=evidence.open_now,
        undated=evidence.undated,
        prior_share={step: found.width for step, found in against.items()},
        moved={step: found.moved for step, found in against.items()},
        verdict=posterior.health.verdict,
        faults=posterior.health.faults,
        engine=posterior.engine,
        handed_over=posterior.handed_over,
    )


@dataclass(frozen=True)
class FirstNumber:
    """What counting alone can say about a step: two extremes, between which the share that moves on mostly lies.

    `lowest`: every open application stays silent for ever; `highest`: the open ones turn out like the
    answered ones. Both with their Beta(1, 1) posterior; the interval runs from the 5 % point of the first
    to the 95 % point of the second.
    """

    step: str
    advanced: float
    told_no: float
    still_open: float
    lowest: float
    highest: float


def first_numbers(
    evidence: Evidence, steps: tuple[int, ...], *, draws: int = 20_000, seed: int = 1
) -> tuple[FirstNumber, ...]:
    """The closed-form bounds of each step's chance, all tracks together. Needs no sampler and no model."""
    rng = np.random.default_rng(seed)
    counts = evidence.counts().sum(axis=0)
    found = []
    for s in steps:
        advanced, told_no, still_open = (float(n) for n in counts[s])
        pessimist = rng.beta(1 + advanced, 1 + told_no + still_open, draws)
        optimist = rng.beta(1 + advanced, 1 + told_no, draws)
        low, high = float(np.quantile(pessimist, 0.05)), float(np.quantile(optimist, 0.95))
        found.append(FirstNumber(evidence.steps[s], advanced, told_no, still_open, low, high))
    return tuple(found)
