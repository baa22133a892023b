"""What moves the date: exact identities, and the pace against a simulation."""

import pytest

from offercast.decisions.levers import levers, more_sent, sooner_with_more
from offercast.forecast import Pace, Plan, forecast_offer
from offercast.inference import Posterior
from offercast.ladder import Ladder

STEPS = (
    "applied->response",
    "response->phone",
    "phone->interview",
    "interview->second_interview",
    "second_interview->offer",
)


def test_with_nothing_in_flight_a_tenth_more_at_any_step_is_a_tenth_more_applications() -> None:
    """Offers of a Poisson plan are a thinned process: only the product of pace and chances counts."""
    sure = Posterior.from_chances({"A": dict.fromkeys(STEPS, 0.5)})
    found = levers(sure, Plan.per_week({"A": 20.0}))
    assert found is not None
    by_kind = {lever.step or lever.kind: lever for lever in found.levers}
    assert set(by_kind) == {*STEPS, "pace", "waits"}
    for step in STEPS:
        assert by_kind[step].sooner == pytest.approx(by_kind["pace"].sooner, abs=1e-6)
        assert by_kind[step].low == pytest.approx(by_kind[step].high)
    assert all(lever.sooner > 0 and lever.elasticity < 0 for lever in found.levers)


def test_a_certain_step_has_no_room() -> None:
    nearly = Posterior.from_chances({"A": {**dict.fromkeys(STEPS, 0.5), STEPS[1]: 1.0}})
    found = levers(nearly, Plan.per_week({"A": 20.0}))
    assert found is not None
    (certain,) = (lever for lever in found.levers if lever.step == STEPS[1])
    assert certain.sooner == pytest.approx(0.0, abs=1e-6)
    assert found.levers[-1] == certain


def test_waits_a_tenth_shorter_bring_the_day_at_most_a_tenth_nearer() -> None:
    sure = Posterior.from_chances({"A": dict.fromkeys(STEPS, 0.8)})
    found = levers(sure, Plan.per_week({"A": 200.0}))  # so many that only the waits take time
    assert found is not None
    (waits,) = (lever for lever in found.levers if lever.kind == "waits")
    assert 0 < waits.sooner < found.days * (1 - 1 / 1.1)
    assert found.levers[0] == waits


def test_the_pace_agrees_with_a_simulation(example_posterior: Posterior) -> None:
    plan = Plan.own_pace(example_posterior.evidence)
    found = sooner_with_more(example_posterior, plan, factor=3.0)
    assert found is not None
    faster = more_sent(plan, 3.0, example_posterior.ladder)
    now, then = (forecast_offer(example_posterior, p, searches=40_000, seed=2) for p in (plan, faster))
    medians = [outlook.days_quantile(0.5) for outlook in (now, then)]
    assert found.days == pytest.approx(medians[0], rel=0.04)  # a few of the draws against all of them
    assert found.sooner == pytest.approx(medians[0] - medians[1], rel=0.1)


def test_calls_do_not_multiply(ladder: Ladder) -> None:
    plan = Plan((Pace("A", 2.0), Pace("A", 1.0, "recruiter"), Pace("A", (1.0, 3.0), "referral")))
    assert [pace.each_week for pace in more_sent(plan, 2.0, ladder).paces] == [(4.0,), (1.0,), (2.0, 6.0)]


def test_no_even_chance_within_two_years_has_no_levers() -> None:
    hopeless = Posterior.from_chances({"A": dict.fromkeys(STEPS, 0.01)})
    assert levers(hopeless, Plan.per_week({"A": 1.0})) is None
    assert sooner_with_more(hopeless, Plan.per_week({"A": 1.0}), factor=2.0) is None
