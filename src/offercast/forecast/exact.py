"""The exact curve: the chance of an offer by each day, without simulation. The second method, to check the first.

Given one posterior draw, applications are independent marks. Offers of a Poisson plan are a thinned and displaced
Poisson process, so P(T > t) = exp(-Lambda(t)); with any other law of a week's number, whose probability generating
function is Phi, it is the product over weeks of Phi(1 - H), where H is the chance that one application of the week has
brought its offer by t. Each application in flight adds a factor 1 - chance * R(t), where R is the law of what remains
of its wait and of the steps after it. The sums of waits come by FFT (`exact_curve`) or from a few stratified draws of
each wait (`semi_analytic_curve`): conditional Monte Carlo, for many draws.
Sources: Kingman, Poisson Processes (1993), section 5.1; Asmussen and Glynn, Stochastic Simulation (2007), section V.4.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from offercast.errors import CommandError
from offercast.forecast.counts import NEGATIVE_BINOMIAL, POISSON, RHYTHM
from offercast.forecast.few import evenly
from offercast.forecast.landing import ByTransform, Strata
from offercast.forecast.outlook import IN_FLIGHT
from offercast.forecast.plan import Plan
from offercast.forecast.streams import Problem, Stream, make_problem
from offercast.inference.posterior import Posterior
from offercast.inference.sample import Progress, unseen
from offercast.inference.waits import Floats

DRAWS = 200
STRATA = 64
_AT_ONCE = 100
_NEAR_ONE = 1.0 - 1e-12
_FEW = 4
"""So many factors of so many applications each are multiplied before a log is taken: 1e-12 ** 16 is no underflow."""


def exact_curve(
    posterior: Posterior,
    plan: Plan | None = None,
    *,
    horizon_weeks: int = 52,
    draws: int = DRAWS,
    goal: str | None = None,
    market_sd: float = 0.0,
) -> Floats:
    """Chance of an offer by the end of each day after `as_of`, for evenly chosen draws: (draw, days + 1).

    Averaged over draws it is the forecast; its spread over draws is the credible band. Exact to about 1e-5, from the
    grid of the FFT.

    Args:
        posterior: from `fit`, or loaded.
        plan: what will be sent; the seeker's own recent pace where None.
        horizon_weeks: how far to look, 1 to 520 weeks.
        draws: how many draws of the posterior to take.
        goal: the stage whose first arrival is asked for; the offer where None.
        market_sd: standard deviation, in log-odds, of a shock to the first step that a whole search shares.

    Raises:
        CommandError: the plan names an unknown track or channel; a number is out of range.
    """
    problem = _problem(posterior, plan, horizon_weeks, goal, market_sd)
    return 1.0 - np.exp(_total(log_none(problem, picked_draws(problem, draws))))


def semi_analytic_curve(
    posterior: Posterior,
    plan: Plan | None = None,
    *,
    horizon_weeks: int = 52,
    draws: int = 4000,
    goal: str | None = None,
    market_sd: float = 0.0,
    strata: int = STRATA,
    seed: int = 1,
) -> Floats:
    """The same curve with each sum of waits known from `strata` stratified draws, for large posteriors.

    The average over a few thousand draws is within 0.05 percentage points of the exact one from the second week on.
    See `exact_curve` for the arguments; a plan with a lull is refused.
    """
    problem = _problem(posterior, plan, horizon_weeks, goal, market_sd)
    if problem.moving is not None:
        raise CommandError("with a lull the waits depend on the day: use exact_curve.")
    picked = picked_draws(problem, draws)
    parts = []
    for number, at in enumerate(range(0, picked.size, _AT_ONCE)):
        laws = Strata(problem, strata, np.random.default_rng([seed, number]))
        parts.append(_total(_log_none(problem, picked[at : at + _AT_ONCE], laws)))
    return 1.0 - np.exp(np.concatenate(parts))


def exact_sources(
    posterior: Posterior,
    plan: Plan | None = None,
    *,
    horizon_weeks: int = 52,
    draws: int = DRAWS,
    goal: str | None = None,
    market_sd: float = 0.0,
) -> dict[tuple[str, str], float]:
    """Of the searches with an offer by the horizon, the share of each source of the first one.

    Within a day each source has the share of its hazard of that day. See `exact_curve` for the arguments; a rhythm is
    refused: its tracks share their weeks.
    """
    problem = _problem(posterior, plan, horizon_weeks, goal, market_sd)
    if problem.counts.law == RHYTHM:
        raise CommandError("the tracks of a rhythm share their weeks: simulate its sources.")
    logs = log_none(problem, picked_draws(problem, draws))
    total = _total(logs)
    came = -np.diff(np.exp(total), axis=1)
    hazard = -np.diff(total, axis=1)
    shares: dict[tuple[str, str], float] = {}
    for place, log in logs.items():
        part = np.divide(-np.diff(log, axis=1), hazard, out=np.zeros_like(hazard), where=hazard > 0)
        stream = None if place < 0 else problem.streams[place]
        name = (stream.track, stream.channel) if stream else IN_FLIGHT
        shares[name] = shares.get(name, 0.0) + float((part * came).sum())
    whole = sum(shares.values())  # not that of all that came: rounding makes a hazard now and then negative
    return {name: share / whole if whole > 0 else 0.0 for name, share in shares.items()}


def exact_sent(
    posterior: Posterior,
    plan: Plan | None = None,
    *,
    horizon_weeks: int = 52,
    draws: int = DRAWS,
    goal: str | None = None,
    market_sd: float = 0.0,
) -> Floats:
    """Chance that so many new applications have left by the first offer, and that it comes in time: (number,).

    Entry n is P(N = n and T within the horizon); the sum is the chance of an offer by the horizon. Those that have left
    without an offer are Poisson and independent of the offers, so with A(t) sent on average before t and Lambda as in
    `exact_curve`, P(N = n, t-1 < T <= t) = Pois(n; A - Lambda(t-1)) S(t-1) - Pois(n; A - Lambda(t)) S(t).

    See `exact_curve` for the arguments.

    Raises:
        CommandError: the counts are not Poisson.
    """
    problem = _problem(posterior, plan, horizon_weeks, goal, market_sd)
    if problem.counts.law != POISSON:
        raise CommandError("the exact number sent is known for Poisson counts only: simulate the others.")
    picked = picked_draws(problem, draws)
    logs = log_none(problem, picked)
    total = _total(logs)
    expected = -(total - logs.get(-1, 0.0))
    sent = problem.expected_by_day
    most = int(sent[-1] + 10 * np.sqrt(sent[-1]) + 20)
    law = np.zeros(most + 1)
    for draw in range(picked.size):
        before = _poisson(sent[1:] - expected[draw, :-1], most) * np.exp(total[draw, :-1])[:, None]
        after = _poisson(sent[1:] - expected[draw, 1:], most) * np.exp(total[draw, 1:])[:, None]
        law += (before - after).sum(axis=0)
    return law / picked.size


def _total(logs: dict[int, Floats]) -> Floats:
    """The log chance of no offer from any source."""
    return np.sum(list(logs.values()), axis=0)


def _poisson(mean: Floats, most: int) -> Floats:
    """Poisson masses at 0 ... `most`, a row for each mean."""
    number = np.arange(most + 1)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, most + 1)))])
    kept = np.maximum(mean, 1e-300)[:, None]
    return np.exp(number * np.log(kept) - kept - log_factorial)


def _problem(
    posterior: Posterior, plan: Plan | None, horizon_weeks: int, goal: str | None, market_sd: float
) -> Problem:
    chosen = plan or Plan.own_pace(posterior.evidence)
    return make_problem(posterior, chosen, horizon_weeks, goal=goal, market_sd=market_sd)


def picked_draws(problem: Problem, draws: int) -> np.ndarray:
    """Evenly chosen draws."""
    if draws < 1:
        raise CommandError(f"{draws} draws: give at least 1.")
    return evenly(problem.draws, draws)


def log_none(problem: Problem, picked: np.ndarray, progress: Progress = unseen) -> dict[int, Floats]:
    """Log chance of no offer by each day and draw, by source: the index of a stream, or -1 for what is in flight.

    The sources of a rhythm, which share their weeks, stand together under the first stream.
    """
    parts = []
    for at in range(0, picked.size, _AT_ONCE):
        progress("computing the chances by day", at / picked.size)
        parts.append(_log_none(problem, picked[at : at + _AT_ONCE], ByTransform(problem)))
    return {place: np.concatenate([part[place] for part in parts]) for place in parts[0]}


def _log_none(problem: Problem, picked: np.ndarray, laws: ByTransform | Strata) -> dict[int, Floats]:
    logs: dict[int, Floats] = {}
    if problem.flights:
        logs[-1] = _log_none_in_flight(problem, picked, laws)
    if problem.counts.law == RHYTHM and problem.streams:
        logs[0] = _log_none_of_rhythm(problem, picked, laws)
        return logs
    for place, stream in enumerate(problem.streams):
        if problem.counts.law == POISSON:
            logs[place] = -laws.landed(stream, picked, stream.sent_by_day)
        else:
            logs[place] = _log_none_by_week(problem, stream, picked, laws)
    if not logs:
        logs[-1] = np.zeros((picked.size, problem.days + 1))
    return logs


def _log_none_in_flight(problem: Problem, picked: np.ndarray, laws: ByTransform | Strata) -> Floats:
    """The log of a product of as many factors as there are applications, the log taken of a few at a time."""
    log, product = np.zeros((picked.size, problem.days + 1)), np.ones((picked.size, problem.days + 1))
    for number, flight in enumerate(problem.flights, 1):
        silent = 1.0 - np.minimum(laws.landed_flight(flight, picked), _NEAR_ONE)
        if flight.count > _FEW:
            log += flight.count * np.log(silent)
        else:
            product *= silent if flight.count == 1 else silent**flight.count
        if number % _FEW == 0:
            log += np.log(product)
            product[:] = 1.0
    return log + np.log(product)


def _log_none_by_week(problem: Problem, stream: Stream, picked: np.ndarray, laws: ByTransform | Strata) -> Floats:
    """The sum over weeks of the log of the generating function of its number at 1 - H."""

    def log_pgf(landed: list[Floats], week: int) -> Floats:
        count = stream.weekly[week]
        if problem.counts.law == NEGATIVE_BINOMIAL:
            r = problem.counts.dispersion or 1.0
            return -r * np.log1p(count * landed[0] / r)
        return count * np.log1p(-np.minimum(landed[0], _NEAR_ONE))

    return _over_weeks(problem, [stream], picked, laws, log_pgf)


def _log_none_of_rhythm(problem: Problem, picked: np.ndarray, laws: ByTransform | Strata) -> Floats:
    """The same where each week is one of the past ones, for all streams together."""
    rows = np.array(problem.counts.weeks, dtype=float)[:, [stream.place for stream in problem.streams]]
    rows, times = np.unique(rows, axis=0, return_counts=True)

    def log_pgf(landed: list[Floats], _week: int) -> Floats:
        silent = [np.log1p(-np.minimum(h, _NEAR_ONE)) for h in landed]
        total = sum(
            n * np.exp(sum(count * s for count, s in zip(row, silent, strict=True)))
            for row, n in zip(rows, times, strict=True)
        )
        return np.log(total / times.sum())

    return _over_weeks(problem, list(problem.streams), picked, laws, log_pgf)


def _over_weeks(
    problem: Problem,
    streams: list[Stream],
    picked: np.ndarray,
    laws: ByTransform | Strata,
    log_pgf: Callable[[list[Floats], int], Floats],
) -> Floats:
    """The sum over weeks of `log_pgf` of what one application of each stream has brought: (draw, days + 1).

    Weeks that are alike are computed once and moved; none are alike where a lull makes every day its own.
    """
    total = np.zeros((picked.size, problem.days + 1))
    known: dict[tuple[bytes, ...], Floats] = {}
    for week in range(problem.weeks):
        first, share = 7 * week, streams[0].shares[week]
        if problem.moving is not None:
            sent = np.zeros(problem.days)
            sent[first : first + 7] = share
            total += log_pgf([laws.landed(stream, picked, sent) for stream in streams], week)
            continue
        key = (share.tobytes(), *(stream.weekly[week].tobytes() for stream in streams))
        if key not in known:
            known[key] = log_pgf([laws.landed(stream, picked, share) for stream in streams], week)
        total[:, first:] += known[key][:, : problem.days + 1 - first]
    return total
