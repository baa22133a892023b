"""What every forecast method is given, against formulas written out here: the methods share it, and would agree on a
problem that is wrong.
"""

from dataclasses import replace
from datetime import date

import msgspec
import numpy as np
import pytest
from scipy import stats

from forecast.problems import SURE, flying, last_step, random_posterior, with_chance
from offercast.errors import CommandError
from offercast.evidence import InFlight
from offercast.forecast import Counts, Pace, Plan, exact_curve, forecast_offer, semi_analytic_curve
from offercast.forecast.exact import exact_sent
from offercast.forecast.streams import make_problem
from offercast.inference import Posterior

WAY = {"applied->response": 0.3, "response->phone": 0.6, "phone->interview": 0.5, "interview->second_interview": 0.4}


def climbing(draws: int = 4) -> Posterior:
    return Posterior.from_chances({"A": {**SURE, **WAY}}, draws=draws)


def test_another_goal_ends_the_way_there() -> None:
    posterior = flying(climbing(), InFlight(0, 0, 2, 5, 5, 1), InFlight(0, 0, 4, 5, 5, 1))
    problem = make_problem(posterior, Plan.per_week({"A": 1}), 8, goal="interview")
    (stream,) = problem.streams
    assert stream.offer_chance == pytest.approx(np.full(4, 0.3 * 0.6 * 0.5))
    assert [step for _, step in stream.columns] == [1, 2, 3]
    (flight,) = problem.flights  # the other one is past an interview
    assert [step for _, step in flight.columns] == [2, 3]
    whole = make_problem(posterior, Plan.per_week({"A": 1}), 8)
    assert whole.streams[0].offer_chance == pytest.approx(np.full(4, 0.3 * 0.6 * 0.5 * 0.4))
    assert len(whole.flights) == 2


@pytest.mark.parametrize("goal", ["applied", "never_applied", "nowhere"])
def test_a_goal_must_lie_above_what_is_sent(goal: str) -> None:
    with pytest.raises(CommandError, match="is no stage that an application can reach"):
        make_problem(climbing(), Plan.per_week({"A": 1}), 8, goal=goal)
    with pytest.raises(CommandError, match='Did you mean "interview"'):
        make_problem(climbing(), Plan.per_week({"A": 1}), 8, goal="intervew")


def test_a_market_moves_the_first_step_by_evenly_spread_normal_shocks() -> None:
    draws, sd = 401, 0.7
    posterior = climbing(draws)
    (stream,) = make_problem(posterior, Plan.per_week({"A": 1}), 8, market_sd=sd).streams
    shock = sd * stats.norm.ppf((np.arange(draws) + 0.5) / draws)
    first = 1.0 / (1.0 + np.exp(-(np.log(0.3 / 0.7) + shock)))
    assert np.sort(stream.offer_chance) == pytest.approx(first * 0.6 * 0.5 * 0.4, rel=1e-9)
    still = make_problem(posterior, Plan.per_week({"A": 1}), 8).streams[0].offer_chance
    assert np.ptp(still) == pytest.approx(0.0, abs=1e-15)


def test_a_market_does_not_move_later_steps() -> None:
    posterior = flying(climbing(50), InFlight(0, 0, 2, 3, 3, 1))
    (flight,) = make_problem(posterior, Plan(()), 8, market_sd=1.0).flights
    assert np.ptp(flight.offer_chance) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("family", ["log-logistic", "lognormal"])
def test_the_chance_of_what_waits_is_bayes_rule(family: str) -> None:
    """P (1 - F) / (p (1 - F) + (1 - p) (1 - w G)), with F and G cut at the horizon, by SciPy's laws."""
    posterior = flying(climbing(), InFlight(0, 0, 1, 20, 20, 1))
    assumed = msgspec.structs.replace(posterior.model.assumptions, delay_family=family)
    posterior = replace(posterior, model=replace(posterior.model, assumptions=assumed))
    (flight,) = make_problem(posterior, Plan(()), 8).flights

    def share(kind: str) -> float:
        median = np.exp(posterior.flat(f"{kind}_log_days")[0, 0, 1])
        shape = np.exp(posterior.flat(f"{kind}_log_shape")[0, 1])
        law = stats.lognorm(shape, scale=median) if family == "lognormal" else stats.fisk(1 / shape, scale=median)
        return law.cdf(20.5) / law.cdf(assumed.horizon_days)

    (waited,) = flight.waited
    assert waited == 20.5
    coming, silent = 0.3 * (1 - share("advance")), 0.7 * (1 - 0.5 * share("no"))
    expected = coming / (coming + silent) * 0.6 * 0.5 * 0.4
    assert flight.offer_chance[:, 0] == pytest.approx(np.full(4, expected), rel=1e-9)


@pytest.mark.parametrize("count", [2, 4, 5, 9])
def test_applications_that_are_alike_count_one_by_one(count: int) -> None:
    one = InFlight(0, 0, 2, 3, 3, 1)
    together = exact_curve(flying(climbing(), replace(one, count=count)), Plan(()), horizon_weeks=20)
    apart = exact_curve(flying(climbing(), *[one] * count), Plan(()), horizon_weeks=20)
    single = exact_curve(flying(climbing(), one), Plan(()), horizon_weeks=20)
    assert together == pytest.approx(apart, rel=1e-9, abs=1e-12)
    assert together[:, -1] == pytest.approx(1 - (1 - single[:, -1]) ** count, rel=1e-9)


@pytest.mark.parametrize("goal", [None, "interview"])
def test_the_semi_analytic_curve_knows_the_goal(goal: str | None) -> None:
    posterior = random_posterior(np.random.default_rng(8))
    plan = Plan.per_week(dict.fromkeys(posterior.tracks, 2.0))
    exact, other = (f(posterior, plan, horizon_weeks=20, goal=goal) for f in (exact_curve, semi_analytic_curve))
    assert other.mean(axis=0) == pytest.approx(exact.mean(axis=0), abs=0.01)


def test_an_outlook_says_what_was_asked() -> None:
    posterior, plan = climbing(), Plan.per_week({"A": 3})
    one = forecast_offer(posterior, plan, searches=1, goal="phone")
    assert (one.goal, one.days.size) == ("phone", 1)
    assert forecast_offer(posterior, plan, searches=50).goal == "offer"
    default, named = (forecast_offer(posterior, plan, searches=500, **how) for how in ({}, {"seed": 1}))
    assert np.array_equal(default.days, named.days)


def test_the_number_sent_has_room_for_its_law() -> None:
    """Its sum is the chance of an offer by the horizon, nothing in flight or much, few sent or many."""
    for pace, flights in ((0.2, ()), (40.0, ()), (40.0, (InFlight(0, 0, 2, 3, 3, 6),))):
        posterior = flying(with_chance(0.01), *flights)
        plan = Plan((Pace("A", pace),), counts=Counts("poisson"))
        law = exact_sent(posterior, plan, horizon_weeks=10)
        assert law.sum() == pytest.approx(exact_curve(posterior, plan, horizon_weeks=10)[:, -1].mean(), rel=1e-6)
        assert law.min() > -1e-12


def test_nothing_in_flight_and_nothing_sent_brings_nothing() -> None:
    assert exact_curve(climbing(), Plan(()), horizon_weeks=4).max() == 0.0
    assert forecast_offer(climbing(), Plan(()), searches=100, horizon_weeks=4).chance_none == 1.0
    assert date(2026, 1, 1) == climbing().evidence.as_of


@pytest.mark.parametrize("longest", [1, 60])
def test_a_wait_of_unknown_start_goes_on_from_any_of_its_days(longest: int) -> None:
    """Simulated and computed: the last of the days that stand for the start counts as much as its chance says."""
    posterior = flying(last_step(0.6), InFlight(0, 0, 5, 0, longest, 1))
    posterior.draws["advance_log_days"][:], posterior.draws["advance_log_shape"][:] = np.log(12.0), np.log(0.4)
    searches = 200_000
    outlook = forecast_offer(posterior, Plan(()), horizon_weeks=8, searches=searches)
    curve = exact_curve(posterior, Plan(()), horizon_weeks=8).mean(axis=0)
    for day in (1, 2, 4, 8, 16):
        error = 4 * np.sqrt(curve[day] * (1 - curve[day]) / searches) + 2e-5
        assert outlook.chance_by(day) == pytest.approx(curve[day], abs=error)
