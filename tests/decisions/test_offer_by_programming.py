"""The rule for an offer in hand against dynamic programming, written here apart from it: known rates, one application in
flight whose fate the seeker sees, and rates that every offer seen tells something about.
"""

from datetime import date, timedelta
from math import log

import numpy as np
import pytest

from forecast.problems import EMPLOYERS, flying, last_step
from offercast.decisions import Worth, weigh_offer
from offercast.decisions.offer import Coming, Search
from offercast.evidence import InFlight
from offercast.forecast import Plan
from offercast.forecast.streams import make_flights
from offercast.inference import Posterior

AS_OF = date(2026, 1, 1)


def mean_of_better(worth: Worth, least: float | np.ndarray) -> np.ndarray:
    """E max(X, least), X the whole worth of an offer, by 10,001 equal shares of its lognormal law."""
    from scipy.special import ndtri

    share = (np.arange(10_001) + 0.5) / 10_001
    values = worth.usual * worth.stay_years * np.exp(worth.spread * ndtri(share))
    totals = np.concatenate([[0.0], np.cumsum(values)])
    below = np.searchsorted(values, least)
    return (below * np.asarray(least) + totals[-1] - totals[below]) / values.size


def stream_alone(worth: Worth, hazard: np.ndarray) -> float:
    """Backward induction over slices of days, in each of which at most one offer comes, at known hazards, (day,).

    What slices leave out falls as their length (0.5 % with four where an offer comes every few days), so that of two
    lengths the limit is known (Richardson).
    """

    def by_slices(slices: int) -> float:
        value = worth.nothing
        for rate in hazard[::-1]:
            p = -np.expm1(-rate / slices)
            for _ in range(slices):
                value = (1 - p) * value + p * float(mean_of_better(worth, value)) - worth.per_week / 7 / slices
        return value

    return 2 * by_slices(4) - by_slices(2)


def working_days(weeks: int) -> np.ndarray:
    return np.array([(AS_OF + timedelta(days=day)).weekday() < 5 for day in range(1, 7 * weeks + 1)])


@pytest.mark.parametrize(
    ("q", "pace", "weeks", "worth"),
    [
        (0.03, 5.0, 30, Worth(100.0, spread=0.25, per_week=1.0)),
        (0.01, 10.0, 52, Worth(60_000.0, spread=0.15, per_week=1_150.0)),
        (0.3, 3.0, 16, Worth(100.0, spread=0.5, per_week=3.0, stay_years=1.0, nothing=20.0)),
    ],
)
def test_immediate_answers_at_known_rates_are_dynamic_programming(
    q: float, pace: float, weeks: int, worth: Worth
) -> None:
    """Every application is answered on its day, at one known chance: within 0.05 %, where 1 % is asked for."""
    advice = weigh_offer(
        last_step(q, draws=1), Plan.per_week({"A": pace}), value=50.0, worth=worth, answer_by=AS_OF, horizon_weeks=weeks
    )
    best = stream_alone(worth, pace / 5 * q * working_days(weeks))
    assert advice.waiting == pytest.approx(best, rel=5e-4)


def test_one_application_in_flight_is_dynamic_programming() -> None:
    """One waits at the last step, a few more are sent: whoever sees its fate can do hardly better than the rule."""
    posterior = Posterior.from_chances(
        {"A": {**dict.fromkeys(EMPLOYERS, 1.0), "applied->response": 0.02, "second_interview->offer": 0.6}}, draws=1
    )
    posterior.draws["advance_log_days"][..., 1:5] = log(1e-4)  # up to the last step all is known within the minute
    posterior.draws["advance_log_shape"][..., 1:5] = log(0.01)
    step = posterior.evidence.steps.index("second_interview->offer")
    median, shape, horizon = 12.0, 0.5, posterior.model.assumptions.horizon_days
    posterior.draws["advance_log_days"][..., step] = log(median)
    posterior.draws["advance_log_shape"][..., step] = log(shape)
    waits = flying(posterior, InFlight(0, 0, step, 0, 0, 1))
    worth, weeks, pace = Worth(100.0, spread=0.3, per_week=2.0, stay_years=1.0), 20, 5.0
    advice = weigh_offer(
        waits, Plan.per_week({"A": pace}), value=50.0, worth=worth, answer_by=AS_OF, horizon_weeks=weeks
    )
    (flight,) = make_flights(waits)
    chance = float(flight.offer_chance.mean())

    def cdf(days: float) -> float:
        """Of the wait, cut at the horizon."""
        return 1 / (1 + (days / median) ** (-1 / shape)) if days > 0 else 0.0

    lands = np.diff([cdf(min(day, horizon)) / cdf(horizon) for day in (0.0, *(np.arange(7 * weeks) + 0.5))])
    sent = pace / 5 * 0.02 * 0.6 * working_days(weeks)
    stream = np.convolve(sent, lands)[: 7 * weeks]
    done = alone = worth.nothing
    left = 1 - chance * np.cumsum(lands)
    for day in range(7 * weeks - 1, -1, -1):
        p, here = -np.expm1(-stream[day]), chance * lands[day] / (left[day] + chance * lands[day])
        cost = worth.per_week / 7
        over = (1 - p) * done + p * float(mean_of_better(worth, done)) - cost
        seen = (1 - p) * alone + p * float(mean_of_better(worth, alone)) - cost
        alone = here * float(mean_of_better(worth, over)) + (1 - here) * seen
        done = over
    assert advice.waiting == pytest.approx(alone, rel=0.01)
    assert advice.waiting > done * 1.05  # the one in flight matters


@pytest.mark.parametrize(
    ("rates", "least", "most"), [((0.01, 0.02), 0.995, 1.002), ((0.01, 0.03), 0.99, 1.002), ((0.004, 0.05), 0.88, 0.93)]
)
def test_what_is_lost_by_learning_from_silence_alone(rates: tuple[float, float], least: float, most: float) -> None:
    """Two markets. The best rule counts every offer seen, also those that were turned down (backward induction over the
    day and that count); ours knows only that none was taken. That is little, unless the markets are many times apart.
    """
    worth, days = Worth(100.0, spread=0.3, per_week=1.4, stay_years=1.0), 200
    each, counts = np.array(rates), np.arange(40)
    value = np.full(counts.size, worth.nothing)
    for day in range(days - 1, -1, -1):
        odds = each[:, None] ** counts * np.exp(-each[:, None] * day)
        p = -np.expm1(-each) @ (odds / odds.sum(axis=0))
        after = np.append(value[1:], value[-1])
        value = (1 - p) * value + p * mean_of_better(worth, after) - worth.per_week / 7
    ours = Search(Coming(np.repeat(each[:, None], days, axis=1)), worth, np.ones(2)).value
    assert least <= ours / value[0] <= most
