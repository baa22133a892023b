"""An offer in hand: take it, or wait for a better one? Optimal stopping on the forecast of the offers to come.

Each later offer has a value of its own, and every week without a job costs something. Whoever waits takes the first
offer that is worth more than going on: the reservation value R(t). It solves R(t) = the mean, over the rates that are
still likely after a search so long without an acceptable offer, of what going on is worth under R itself; a search that
drags on is a sign of low rates, and lowers R. Where nothing changes with time it is McCall's equation: the cost of one
more offer is the mean gain over R. Sources: McCall, Economics of Information and Job Search, Quarterly Journal of
Economics 84 (1970); DeGroot, Optimal Statistical Decisions (1970), chapter 13.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date
from statistics import NormalDist

import numpy as np

from offercast.errors import CommandError
from offercast.forecast.exact import log_none, picked_draws
from offercast.forecast.landing import ByTransform
from offercast.forecast.plan import Plan
from offercast.forecast.streams import LONGEST_WEEKS, Problem, make_problem
from offercast.inference.posterior import Posterior
from offercast.inference.sample import Progress, unseen
from offercast.inference.waits import Floats

DRAWS = 800
SPREAD = 0.15
"""Log-sd of the values of offers where nothing is said: two in three lie within 15 % of the usual one."""
STAY_YEARS = 2.0
UNLIKELY, MOST_SINGLE = 0.03, 20
"""What is in flight with at most this chance of an offer counts as a part of the stream; so many are kept apart."""
_NEAR_ONE = 1.0 - 1e-12
CLOSE_CALL = 0.02
"""Two choices whose worth differs by less than this share are called even."""
LATER_WEEKS = 12
_TOLERANCE, _MOST_ROUNDS = 1e-9, 500
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Worth:
    """What offers are worth, in one unit (money, or anything else), and what waiting costs.

    `usual` is the median of later offers, a year; `spread` the sd of their logs; `per_week` what a week without this
    job costs; `stay_years` how long a job is counted; `nothing` what a search that ends without an offer is worth in
    all.

    Raises:
        CommandError: a number is out of range.
    """

    usual: float
    spread: float = SPREAD
    per_week: float = 0.0
    stay_years: float = STAY_YEARS
    nothing: float = 0.0

    def __post_init__(self) -> None:
        for name, value, low in (
            ("usual", self.usual, 0.0),
            ("stay_years", self.stay_years, 0.0),
            ("spread", self.spread, -1.0),
            ("per_week", self.per_week, -1.0),
        ):
            if not (math.isfinite(value) and value > low and (low == 0.0 or value >= 0)):
                raise CommandError(f"{name.replace('_', ' ')} = {value}: give a number {_LEAST[low]}.")
        if not math.isfinite(self.nothing):
            raise CommandError(f"nothing = {self.nothing}: give a number.")

    def gain(self, least: float) -> tuple[float, float]:
        """Chance that an offer's whole worth is at least `least`, and its mean worth then (0 where it never is)."""
        median = self.usual * self.stay_years
        if least <= 0.0:
            return 1.0, median * math.exp(self.spread**2 / 2)
        if self.spread == 0.0:
            return (1.0, median) if median >= least else (0.0, 0.0)
        z = (math.log(median) - math.log(least)) / self.spread
        share = _NORMAL.cdf(z)
        mean = median * math.exp(self.spread**2 / 2) * _NORMAL.cdf(z + self.spread)
        return share, mean / share if share > 0 else 0.0


_LEAST = {0.0: "above 0", -1.0: "of at least 0"}


@dataclass(frozen=True)
class Advice:
    """Take it, or wait.

    All worths count the whole stay, in the unit of the values, from the day of the answer on. `verdict` is "take",
    "wait" or "even". `reservation` is the least value a year worth taking, by week from the day of the answer on.
    Of searches that say no and follow the rule: `better_soon` have taken a better one within twelve weeks, `none_soon`
    have no acceptable offer by then, `better` take a better one in the end, `worse` a worse one, `nothing` end without
    any by the horizon. `better_missed` is the chance that one who takes it would have been offered a better one by the
    horizon. `before` is the chance that a better one comes before the answer is due.
    """

    value: float
    worth: Worth
    answer_by: date
    horizon_weeks: int
    verdict: str
    taking: float
    waiting: float
    reservation: tuple[float, ...]
    before: float
    better_soon: float
    none_soon: float
    better: float
    worse: float
    nothing: float
    better_missed: float


def weigh_offer(
    posterior: Posterior,
    plan: Plan | None = None,
    *,
    value: float,
    worth: Worth,
    answer_by: date,
    horizon_weeks: int = 52,
    progress: Progress = unseen,
) -> Advice:
    """Weigh an offer against going on with the search as planned.

    Args:
        posterior: from `fit`, or loaded.
        plan: what would be sent when waiting; the seeker's own recent pace where None.
        value: of the offer in hand, a year.
        worth: of later offers and of time.
        answer_by: the day on which the answer is due. A better offer that comes before it can still be taken.
        horizon_weeks: how far to look beyond that day.
        progress: called with what is being done and the share done.

    Raises:
        CommandError: a value that is no positive number; a day before the log's last one; an unknown track.
    """
    as_of = posterior.evidence.as_of
    if not (math.isfinite(value) and value > 0):
        raise CommandError(f"a value of {value}: give a number above 0.")
    if answer_by < as_of:
        raise CommandError(f"the answer was due on {answer_by}, before {as_of}, the last day that the log knows.")
    held = (answer_by - as_of).days
    weeks = horizon_weeks + -(-held // 7)
    if not horizon_weeks >= 1 or weeks > LONGEST_WEEKS:
        raise CommandError(f"a horizon of {horizon_weeks} weeks: give 1 to {LONGEST_WEEKS - -(-held // 7)}.")
    chosen = plan or Plan.own_pace(posterior.evidence)
    problem = make_problem(posterior, chosen, weeks)
    coming = _coming(problem, held + 7 * horizon_weeks, progress)
    in_hand = value * worth.stay_years
    better, _ = worth.gain(in_hand * (1 + 1e-12))
    log_before = -coming.hazard(np.full(held, better)).sum(axis=1)
    still = np.exp(log_before - log_before.max())  # up to a factor: where a better one is all but sure, none is tiny
    later = coming.after(held, better)
    log_later = -later.hazard(np.full(7 * horizon_weeks, better)).sum(axis=1)
    search = Search(later, worth, still)
    waiting = search.value
    return Advice(
        value=value,
        worth=worth,
        answer_by=answer_by,
        horizon_weeks=horizon_weeks,
        verdict=_verdict(in_hand, waiting),
        taking=in_hand,
        waiting=waiting,
        reservation=tuple(float(r) / worth.stay_years for r in search.reservation[::7]),
        before=1.0 - float(np.exp(log_before).mean()),
        **search.fates(in_hand),
        better_missed=1.0 - float(np.average(np.exp(log_later), weights=still)),
    )


def _verdict(taking: float, waiting: float) -> str:
    if abs(waiting - taking) <= CLOSE_CALL * taking:
        return "even"
    return "take" if taking > waiting else "wait"


@dataclass(frozen=True)
class Coming:
    """The offers to come by draw and day: a Poisson stream, and single applications that bring one or none.

    `rates` are offers expected, (draw, day). Each of `single` is a number of equal applications with the chance that
    one brings its offer on each day, (draw, day), and what of its chance has been used up before the first day,
    (draw,): an offer that was not taken does not come again.
    """

    rates: Floats
    single: tuple[tuple[int, Floats, Floats], ...] = ()

    def hazard(self, share: Floats) -> Floats:
        """The hazard of an offer that is taken, where the `share` (day,) of them is: (draw, day)."""
        days = share.size
        total = self.rates[:, :days] * share
        for count, comes, used in self.single:
            taken = comes[:, :days] * share
            left = 1.0 - used[:, None] - np.cumsum(taken, axis=1) + taken
            total = total - count * np.log1p(-np.minimum(taken / np.maximum(left, 1e-300), _NEAR_ONE))
        return total

    def after(self, days: int, share: float) -> Coming:
        """What is still to come after so many days in which this share was looked for and did not come."""
        single = tuple(
            (count, comes[:, days:], used + share * comes[:, :days].sum(axis=1)) for count, comes, used in self.single
        )
        return Coming(self.rates[:, days:], single)


def _coming(problem: Problem, days: int, progress: Progress) -> Coming:
    """The offers to come up to a day: what is in flight with a fair chance one by one, all else as a Poisson stream."""
    picked = picked_draws(problem, DRAWS)
    ranked = sorted(problem.flights, key=lambda f: -float(f.offer_chance.mean()))
    likely = [f for f in ranked[:MOST_SINGLE] if float(f.offer_chance.mean()) > UNLIKELY]
    rest = replace(problem, flights=tuple(f for f in problem.flights if not any(f is one for one in likely)))
    total = np.sum(list(log_none(rest, picked, progress).values()), axis=0)
    laws = ByTransform(problem)
    single = tuple(
        (f.count, np.maximum(np.diff(laws.landed_flight(f, picked), axis=1), 0.0)[:, :days], np.zeros(picked.size))
        for f in likely
    )
    return Coming(np.maximum(-np.diff(total, axis=1), 0.0)[:, :days], single)


class Search:
    """A search that goes on after a no: its reservation values and what it is worth.

    `weights` say how likely each draw is at the start, (draw,).
    """

    def __init__(self, coming: Coming, worth: Worth, weights: Floats) -> None:
        self.coming, self.worth, self.weights = coming, worth, weights / weights.sum()
        self.cost = worth.per_week / 7
        self.reservation = np.full(coming.rates.shape[1] + 1, worth.nothing)
        for _ in range(_MOST_ROUNDS):
            found = self._improved()
            moved = float(np.abs(found - self.reservation).max())
            self.reservation = found
            if moved <= _TOLERANCE * max(worth.usual * worth.stay_years, 1.0):
                break

    @property
    def value(self) -> float:
        """What going on is worth at the start."""
        return float(self.reservation[0])

    def _accepted(self) -> tuple[Floats, Floats]:
        """By day: the chance that an offer is accepted, and its mean worth then, (day,)."""
        pairs = np.array([self.worth.gain(float(r)) for r in self.reservation[1:]]).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    def _improved(self) -> Floats:
        """What going on is worth at the start of each day under the present rule, over the draws still likely then."""
        share, mean = self._accepted()
        hazard = self.coming.hazard(share)
        ends = -np.expm1(-hazard)
        paid = np.divide(ends, hazard, out=np.ones_like(ends), where=hazard > 0)  # the share of a day still searched
        value = np.empty((hazard.shape[0], hazard.shape[1] + 1))
        value[:, -1] = self.worth.nothing
        for day in range(hazard.shape[1] - 1, -1, -1):
            went_on = (1.0 - ends[:, day]) * value[:, day + 1]
            value[:, day] = went_on + ends[:, day] * mean[day] - self.cost * paid[:, day]
        still = self.weights[:, None] * self._still(ends)
        return (value * still).sum(axis=0) / np.maximum(still.sum(axis=0), 1e-300)

    def _still(self, ends: Floats) -> Floats:
        """The chance to be searching still at the start of each day, and at the end: (draw, day + 1)."""
        return np.concatenate([np.ones((ends.shape[0], 1)), np.cumprod(1.0 - ends, axis=1)], axis=1)

    def fates(self, in_hand: float) -> dict[str, float]:
        """What becomes of those who said no to an offer of that worth and follow the rule."""
        share, _ = self._accepted()
        better = np.array([self.worth.gain(max(float(r), in_hand))[0] for r in self.reservation[1:]])
        ends = -np.expm1(-self.coming.hazard(share))
        still = self._still(ends)
        of_better = np.divide(better, share, out=np.zeros_like(share), where=share > 0)
        taken = (still[:, :-1] * ends * of_better).T @ self.weights
        any_taken = (still[:, :-1] * ends).T @ self.weights
        soon = min(7 * LATER_WEEKS, taken.size)
        return {
            "better_soon": float(taken[:soon].sum()),
            "none_soon": float(still[:, soon] @ self.weights),
            "better": float(taken.sum()),
            "worse": float(any_taken.sum() - taken.sum()),
            "nothing": float(still[:, -1] @ self.weights),
        }
