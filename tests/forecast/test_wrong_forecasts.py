"""The classic mistakes of such forecasts: how large each is on one search, against the exact answer, and that ours has none.

The search: two tracks, 11 applications a week, 12 in flight, 120 draws that spread as after some 150 applications.
Wrong answers are computed exactly, too, wherever the mistake has a formula; so the sizes below carry no noise.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from forecast.problems import EMPLOYERS
from offercast.evidence import InFlight
from offercast.forecast import Outlook, Pace, Plan, exact_curve, forecast_offer
from offercast.inference import Posterior
from offercast.inference.waits import logistic, remaining

WEEKS, DRAWS, SEARCHES = 52, 120, 100_000
PLAN = Plan((Pace("A", 8.0), Pace("B", 3.0)))
WAITING = ((1, (4, 9, 15, 22, 35, 50, 70, 100)), (2, (5, 16)), (3, (8,)), (4, (6,)))
"""By step, the days that each application in flight has waited."""


def search() -> Posterior:
    chances = {
        "A": dict(zip(EMPLOYERS, (0.16, 0.5, 0.55, 0.5, 0.35), strict=True)),
        "B": dict(zip(EMPLOYERS, (0.30, 0.6, 0.55, 0.55, 0.45), strict=True)),
    }
    posterior, rng = Posterior.from_chances(chances, draws=DRAWS), np.random.default_rng(5)
    logit = posterior.draws["advance_logit"]
    logit += rng.normal(0, 0.35, logit.shape) + rng.normal(0, 0.35, (*logit.shape[:3], 1))
    posterior.draws["advance_log_days"] += rng.normal(0, 0.25, logit.shape)
    rows = [InFlight(i % 2, 0, step, days, days, 1) for step, silent in WAITING for i, days in enumerate(silent)]
    return flying(posterior, *rows)


def flying(posterior: Posterior, *rows: InFlight) -> Posterior:
    return replace(posterior, evidence=replace(posterior.evidence, in_flight=rows))


def curve_of(posterior: Posterior, plan: Plan = PLAN) -> np.ndarray:
    """Chance of an offer by each day, (draw, day)."""
    return exact_curve(posterior, plan, horizon_weeks=WEEKS, draws=DRAWS)


def quantile(curve: np.ndarray, share: float) -> float:
    """The day on which the chance reaches a share."""
    return float(np.interp(share, curve, np.arange(curve.size)))


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    return search()


@pytest.fixture(scope="module")
def truth(posterior: Posterior) -> np.ndarray:
    return curve_of(posterior).mean(axis=0)


@pytest.fixture(scope="module")
def ours(posterior: Posterior) -> Outlook:
    return forecast_offer(posterior, PLAN, horizon_weeks=WEEKS, searches=SEARCHES)


def summary(curve: np.ndarray) -> tuple[float, float, float, float]:
    """Days at 10, 50 and 90 %, and the chance of none within 180 days in percent."""
    return (*(quantile(curve, share) for share in (0.1, 0.5, 0.9)), 100 * (1 - float(curve[180])))


def test_ours_is_the_exact_answer(truth: np.ndarray, ours: Outlook) -> None:
    """What all the wrong ones below are held against: an offer at 22, 69 and 189 days; 11.0 % have none by day 180."""
    assert summary(truth) == pytest.approx((22.2, 68.9, 189.4, 11.0), abs=0.15)
    for day in (14, 30, 60, 90, 180, 300):
        p = truth[day]
        assert ours.chance_by(day) == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / SEARCHES) + 2e-4)
    for share, error in ((0.1, 0.4), (0.5, 0.8), (0.9, 3.0)):
        assert ours.days_quantile(share) == pytest.approx(quantile(truth, share), abs=error)


def test_plugging_in_posterior_means(posterior: Posterior, truth: np.ndarray, ours: Outlook) -> None:
    """The bad draws are what makes a search long: nine in ten by 152 days instead of 189; 5.4 % have none by day 180."""
    chance = logistic(posterior.draws["advance_logit"]).mean(axis=1, keepdims=True)
    days = posterior.draws["advance_log_days"]
    means = {
        "advance_logit": np.broadcast_to(np.log(chance) - np.log1p(-chance), days.shape),
        "advance_log_days": np.broadcast_to(days.mean(axis=1, keepdims=True), days.shape),
    }
    wrong = summary(curve_of(replace(posterior, draws=posterior.draws | means)).mean(axis=0))
    assert wrong == pytest.approx((23.2, 71.9, 151.9, 5.4), abs=0.15)
    assert 100 * (1 - ours.chance_by(180)) > 1.9 * wrong[3]


def test_a_fresh_draw_for_every_application(posterior: Posterior, truth: np.ndarray, ours: Outlook) -> None:
    """What is shared averages out: nine in ten by 125 days instead of 189; 2.0 % have none by day 180 instead of 11.0.

    Such offers are a Poisson stream with the mean of the rates, and each in flight brings one with its mean chance.
    """
    none = np.exp(np.log1p(-curve_of(flying(posterior))).mean(axis=0))
    for row in posterior.evidence.in_flight:
        none *= 1 - curve_of(flying(posterior, row), Plan(())).mean(axis=0)
    wrong = summary(1 - none)
    assert wrong == pytest.approx((22.0, 63.2, 124.9, 2.0), abs=0.15)
    assert 100 * (1 - ours.chance_by(180)) > 5 * wrong[3]


def test_forgetting_what_is_in_flight(posterior: Posterior, truth: np.ndarray, ours: Outlook) -> None:
    """One in ten has an offer by day 44 instead of 22; the median is 15 days late."""
    wrong = summary(curve_of(flying(posterior)).mean(axis=0))
    assert wrong == pytest.approx((43.5, 84.2, 207.5, 13.4), abs=0.15)
    assert ours.days_quantile(0.1) < 0.6 * wrong[0]


def test_ignoring_the_silence_so_far(posterior: Posterior, truth: np.ndarray, ours: Outlook) -> None:
    """Taking a hundred silent days for none: the median is 12 days early."""
    fresh = [replace(row, shortest=0, longest=0) for row in posterior.evidence.in_flight]
    wrong = summary(curve_of(flying(posterior, *fresh)).mean(axis=0))
    assert wrong == pytest.approx((19.1, 57.4, 174.8, 9.5), abs=0.15)
    assert ours.days_quantile(0.5) > wrong[1] + 10


def test_thinking_that_everyone_answers_in_the_end(posterior: Posterior, truth: np.ndarray, ours: Outlook) -> None:
    """No share that never answers: silence becomes hope. The median is 3 days early; one old application tells more.

    Fifty days after applying, its chance of an offer is given as 0.49 % where it is 0.11 %.
    """
    told = {"told_no_logit": np.full_like(posterior.draws["told_no_logit"], 700.0)}
    hopeful = replace(posterior, draws=posterior.draws | told)
    wrong = summary(curve_of(hopeful).mean(axis=0))
    assert wrong == pytest.approx((20.8, 65.6, 184.9, 10.5), abs=0.15)
    assert ours.days_quantile(0.5) > wrong[1] + 2
    old = InFlight(0, 0, 1, 50, 50, 1)
    chances = [float(curve_of(flying(p, old), Plan(())).mean(axis=0)[-1]) for p in (posterior, hopeful)]
    assert 100 * np.array(chances) == pytest.approx([0.115, 0.487], abs=0.01)
    lone = forecast_offer(flying(posterior, old), Plan(()), horizon_weeks=WEEKS, searches=SEARCHES)
    assert 100 * (1 - lone.chance_none) == pytest.approx(0.115, abs=0.045)


def test_dropping_the_searches_without_an_offer(posterior: Posterior, truth: np.ndarray) -> None:
    """Of those with an offer within 13 weeks half have it by day 49; of all, by day 69. A horizon is censoring."""
    short = forecast_offer(posterior, PLAN, horizon_weeks=13, searches=SEARCHES)
    found = short.days[np.isfinite(short.days)]
    assert short.chance_none == pytest.approx(1 - truth[91], abs=0.006)
    assert np.median(found) == pytest.approx(quantile(truth, truth[91] / 2), abs=0.8)
    assert np.median(found) == pytest.approx(49.3, abs=1.0)
    assert short.days_quantile(0.5) == pytest.approx(quantile(truth, 0.5), abs=1.0)
    assert short.days_quantile(0.9) == np.inf


def test_interpolating_between_a_day_and_infinity(ours: Outlook) -> None:
    """At the share that just has an offer, `np.quantile` says infinite or not a number where the answer is a day."""
    ten = replace(ours, days=np.array([10.0, 20.0, 30.0, 40.0, 50.0, 60.0, np.inf, np.inf, np.inf, np.inf]))
    with np.errstate(invalid="ignore"):
        assert np.isinf(np.quantile(ten.days, 0.6))  # between the sixth and the seventh
        assert np.isnan(np.quantile(ten.days, 0.95))  # infinity less infinity
    assert ten.days_quantile(0.6) == 60.0
    assert ten.days_quantile(0.95) == np.inf
    assert ten.date_quantile(0.95) is None


def test_taking_the_first_of_a_week_by_its_index() -> None:
    """Fourteen a week on random days, one in ten brings an offer at once; the first *in the list* is not the first.

    Its day is then any of the seven: 5.3 days on average, where the first one comes after 4.5.
    """
    rate, week = 0.1 * 2, 7 * 0.1 * 2
    chances = dict.fromkeys(EMPLOYERS, 1.0) | {"applied->response": 0.1}
    posterior = Posterior.from_chances({"A": chances}, draws=1)
    posterior.draws["advance_log_days"][:] = np.log(1e-4)
    posterior.draws["advance_log_shape"][:] = np.log(0.01)
    outlook = forecast_offer(
        posterior, Plan((Pace("A", 14.0),), weekdays=(1 / 7,) * 7), horizon_weeks=20, searches=SEARCHES
    )
    exact = np.exp(-rate) / (1 - np.exp(-rate))
    assert np.floor(outlook.days).mean() == pytest.approx(exact, abs=0.07)
    assert exact == pytest.approx(4.52, abs=0.01)
    by_formula = 7 * np.exp(-week) / (1 - np.exp(-week)) + 3
    assert by_formula == pytest.approx(5.29, abs=0.01)
    rng = np.random.default_rng(1)
    days = [_by_index(rng) for _ in range(20_000)]
    assert np.mean(days) == pytest.approx(by_formula, abs=0.12)


def _by_index(rng: np.random.Generator) -> int:
    """The loop that one would write: weeks, a number of applications in each, and stop at the first success."""
    week = 0
    while True:
        for _ in range(rng.poisson(14)):
            day, offer = int(rng.integers(7)), rng.random() < 0.1
            if offer:
                return 7 * week + day
        week += 1


@pytest.mark.parametrize(("waited", "levels", "infinite"), [(45.0, 444, 0.001), (50.0, 18, 0.029), (60.0, 1, 1.0)])
def test_the_tail_of_a_lognormal_wait_by_one_minus_u(waited: float, levels: int, infinite: float) -> None:
    """A wait of a week that has lasted fifty days has 18 possible ends left of 999, and 3 % never end; at sixty none do.

    `ndtri(1 - u S)` has only the bits that 1 - u S has left; `-ndtri(u S)` has all of them.
    """
    share, m, b = np.linspace(0.001, 0.999, 999), np.log(7.0), 0.25
    left = ndtr(-(np.log(waited) - m) / b)
    with np.errstate(over="ignore"):
        wrong = np.exp(m + b * ndtri(1 - (1 - share) * left)) - waited
    right = np.exp(m - b * ndtri((1 - share) * left)) - waited
    ours = remaining(share, waited, m, b, 1e6, family="lognormal")
    assert ours == pytest.approx(right, rel=1e-6)
    assert float(np.median(ours)) == pytest.approx(1.1, abs=0.12)
    assert np.unique(ours).size == 999
    assert np.unique(wrong).size == pytest.approx(levels, abs=2)
    assert np.isinf(wrong).mean() == pytest.approx(infinite, abs=0.0005)
