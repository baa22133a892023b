"""What would move the date most: the elasticity of the even-chance day to each step, to the pace and to the waits."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from offercast.forecast.exact import exact_curve
from offercast.forecast.few import few_draws
from offercast.forecast.plan import Pace, Plan
from offercast.inference.posterior import Posterior
from offercast.inference.waits import Floats, logistic
from offercast.ladder import Ladder

TENTH = 1.1
LOOKS, ENOUGH = (26, 52, 104), 2
"""The day is looked for within so many weeks, and again for each lever within twice as long as it took."""
DRAWS = 32
_RANGE = (0.1, 0.9)
_CERTAIN = 700.0

Kind = Literal["step", "pace", "waits"]


@dataclass(frozen=True)
class Lever:
    """What a tenth more of one thing does to the day with an even chance of an offer.

    `kind` is "step" (a tenth more get past it, as far as there is room), "pace" (a tenth more applications) or "waits"
    (every wait a tenth shorter); `step` is the step's id, else empty. `sooner` is the change of the day, `low` and
    `high` its 80 % range over what the log leaves open of the rates, all in days. `elasticity` is the change of the
    logarithm of the days until then per change of the logarithm of the thing. `strongest` is the chance, over the same,
    that no other lever of its kind moves the day further.
    """

    kind: Kind
    step: str
    sooner: float
    low: float
    high: float
    elasticity: float
    strongest: float = 1.0


@dataclass(frozen=True)
class Levers:
    """The even-chance day under the plan, in days from the last day of the log, and every lever, strongest first."""

    days: float
    levers: tuple[Lever, ...]


def levers(posterior: Posterior, plan: Plan | None = None) -> Levers | None:
    """Find what moves the even-chance day most, with everything in flight counted in.

    Args:
        posterior: from `fit`, or loaded.
        plan: what will be sent; the seeker's own recent pace where None.

    Returns:
        None where the chance is not even within two years.
    """
    now = _Now.of(posterior, plan)
    if now is None:
        return None
    few, chosen = now.posterior, now.plan
    steps = employers_steps(few)
    changed: list[tuple[Kind, str, Posterior, Plan]] = [
        *(("step", few.ladder.steps[s].id, with_more(few, s), chosen) for s in steps),
        ("pace", "", few, more_sent(chosen, TENTH, few.ladder)),
        ("waits", "", _sooner(few), chosen),
    ]
    gains = [now.gain(belief, one) for *_, belief, one in changed]
    best = np.max([each for _, each in gains[: len(steps)]], axis=0, initial=-np.inf)
    found = []
    for (kind, step, *_), (gain, each) in zip(changed, gains, strict=True):
        known = np.isfinite(each)
        strongest = float(np.mean(each[known] >= best[known])) if kind == "step" and known.any() else 1.0
        elasticity = math.log(max(now.days - gain.sooner, 1e-9) / now.days) / math.log(TENTH)
        found.append(Lever(kind, step, gain.sooner, gain.low, gain.high, elasticity, strongest))
    return Levers(now.days, tuple(sorted(found, key=lambda one: -one.sooner)))


@dataclass(frozen=True)
class Sooner:
    """The even-chance day as planned, and how much sooner it is otherwise, with its 80 % range: all in days."""

    days: float
    sooner: float
    low: float
    high: float


def sooner_with_more(posterior: Posterior, plan: Plan | None = None, *, factor: float) -> Sooner | None:
    """How much sooner the even chance comes with so many times as many applications of the seeker's own.

    Returns:
        None where the chance is not even within two years.
    """
    now = _Now.of(posterior, plan)
    return now.gain(now.posterior, more_sent(now.plan, factor, posterior.ladder))[0] if now else None


def more_sent(plan: Plan, factor: float, ladder: Ladder) -> Plan:
    """The plan with so many times as many applications of those that begin with the seeker: calls do not multiply."""

    def times(pace: Pace) -> Pace:
        start = pace.start or ladder.path(pace.channel or ladder.reference.id)[0]
        if ladder.order.get(start, 0) > ladder.order[ladder.sent]:
            return pace
        return pace.times(factor)

    return replace(plan, paces=tuple(times(pace) for pace in plan.paces))


@dataclass(frozen=True)
class _Now:
    """The even-chance day of a plan as it is: on average, by draw, and the weeks within which to look for changes."""

    posterior: Posterior
    """The few draws that are looked at."""
    plan: Plan
    days: float
    each: Floats
    weeks: int

    @classmethod
    def of(cls, posterior: Posterior, plan: Plan | None) -> _Now | None:
        """None where the chance is not even within the longest look."""
        plan = plan or Plan.own_pace(posterior.evidence)
        posterior = few_draws(posterior, plan, DRAWS)
        for horizon in LOOKS:
            curve = exact_curve(posterior, plan, horizon_weeks=horizon, draws=DRAWS)
            days = _half_day(curve.mean(axis=0))
            if days is not None:
                break
        if not days:
            return None
        weeks = min(math.ceil(ENOUGH * days / 7), LOOKS[-1])
        if weeks > horizon:
            curve = exact_curve(posterior, plan, horizon_weeks=weeks, draws=DRAWS)
        return cls(posterior, plan, days, _half_days(curve[:, : 7 * weeks + 1]), weeks)

    def gain(self, posterior: Posterior, plan: Plan) -> tuple[Sooner, Floats]:
        """How much sooner the day comes with other chances or another plan, and the same by draw."""
        curve = exact_curve(posterior, plan, horizon_weeks=self.weeks, draws=DRAWS)
        each = self.each - _half_days(curve)
        return Sooner(self.days, self.days - (_half_day(curve.mean(axis=0)) or 0.0), *_range(each)), each


def _range(each: Floats) -> tuple[float, float]:
    """The 80 % range over the draws in which both days are known."""
    known = each[np.isfinite(each)]
    low, high = np.quantile(known, _RANGE) if known.size else (0.0, 0.0)
    return float(low), float(high)


def employers_steps(posterior: Posterior) -> list[int]:
    """The steps on the way to the offer that an employer decides."""
    ladder = posterior.ladder
    return [s for s in ladder.steps_to_goal(ladder.reference.id) if ladder.steps[s].decided_by == "employer"]


def _half_days(curve: Floats) -> Floats:
    """The same day of each draw; nan where it lies beyond the curve."""
    return np.array([np.nan if (day := _half_day(one)) is None else day for one in curve])


def _half_day(curve: Floats) -> float | None:
    """The day at which a chance by day reaches a half, between days by straight lines; None where it does not."""
    place = int(np.argmax(curve >= 0.5))
    if curve[place] < 0.5:
        return None
    return place - float((curve[place] - 0.5) / (curve[place] - curve[place - 1])) if place else 0.0


def with_more(posterior: Posterior, step: int, factor: float = TENTH) -> Posterior:
    """The same with the chance of a step so many times as high, for every track and channel: up to certainty.

    The logit is that of the reference channel; other channels keep their odds ratio to it.
    """
    logit = posterior.draws["advance_logit"].copy()
    chance = factor * logistic(logit[..., step])
    with np.errstate(divide="ignore", invalid="ignore"):
        logit[..., step] = np.where(chance < 1.0, np.log(chance) - np.log1p(-chance), _CERTAIN)
    return replace(posterior, draws={**posterior.draws, "advance_logit": logit})


def _sooner(posterior: Posterior) -> Posterior:
    """The same with every wait for a yes a tenth shorter; waits for a no change nothing to come."""
    return replace(
        posterior, draws={**posterior.draws, "advance_log_days": posterior.draws["advance_log_days"] - math.log(TENTH)}
    )
