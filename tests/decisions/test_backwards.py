"""Working backwards: the pace that is found gives the chance that was asked for, by the other methods, too."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from forecast.problems import flying, last_step, random_problem
from offercast.decisions import work_backwards
from offercast.decisions.backwards import scaled
from offercast.errors import CommandError
from offercast.evidence import InFlight
from offercast.forecast import Lull, Pace, Plan, forecast_offer
from offercast.forecast.streams import make_problem
from offercast.forecast.totals import total_by_transform
from offercast.inference import Posterior
from offercast.report.decisions import backwards_text

AS_OF = date(2026, 1, 1)


@pytest.mark.parametrize("seed", range(6))
def test_the_pace_gives_the_chance(seed: int) -> None:
    """By simulation, with what is in flight, pauses and channels as they are; and of each track alone."""
    posterior, plan = random_problem(seed)
    by = AS_OF + timedelta(days=120)
    start = forecast_offer(posterior, plan, horizon_weeks=18, searches=2_000).chance_by(by)
    chance = round(0.5 + 0.4 * start, 2)
    found = work_backwards(posterior, plan, by=by, chance=chance, most_per_week=400)
    n = 100_000
    if found.per_week is None:
        assert found.best < chance
        return
    if found.per_week == 0:
        assert found.in_flight >= chance
        return
    paced = scaled(plan, found.per_week / plan.total_per_week)
    simulated = forecast_offer(posterior, paced, horizon_weeks=18, searches=n, seed=seed).chance_by(by)
    assert simulated == pytest.approx(chance, abs=4 * np.sqrt(0.25 / n))
    assert found.best == pytest.approx(chance, abs=1e-6)
    assert found.usual == pytest.approx(start, abs=0.05)
    (track, pace), *_ = found.by_track.items()
    if pace is not None:
        of_track = Plan(tuple(p for p in plan.paces if p.track == track), pauses=plan.pauses)
        alone = scaled(of_track, pace / of_track.total_per_week)
        simulated = forecast_offer(posterior, alone, horizon_weeks=18, searches=n, seed=seed).chance_by(by)
        assert simulated == pytest.approx(chance, abs=4 * np.sqrt(0.25 / n))


def test_one_instant_step_has_a_closed_form() -> None:
    """1 - exp(-q m weeks) = chance; the chain is what that sends, and an application is of use to the last day."""
    plan = Plan((Pace("A", 7.0, start="second_interview"),), weekdays=(1 / 7,) * 7)
    by = AS_OF + timedelta(days=70)
    found = work_backwards(last_step(0.02), plan, by=by, chance=0.8)
    assert found.per_week == pytest.approx(-np.log(0.2) / 0.02 / 10, rel=1e-6)
    assert [link.stage for link in found.chain] == ["second_interview", "offer"]
    sent, offers = found.chain
    assert sent.mean == pytest.approx(10 * found.per_week)
    assert offers.mean == pytest.approx(-np.log(0.2))
    assert sent.low < sent.mean < sent.high
    assert (offers.low, offers.high) == (0, 3)
    assert found.last_days == {"A": by}


def test_what_is_in_flight_can_be_enough() -> None:
    posterior = last_step(0.9)
    row = InFlight(0, 0, posterior.evidence.steps.index("second_interview->offer"), 0, 0, 3)
    posterior.draws["advance_log_days"][:] = np.log(5.0)
    waits = flying(posterior, row)
    found = work_backwards(waits, Plan.per_week({"A": 1}), by=AS_OF + timedelta(days=60), chance=0.9)
    assert found.per_week == 0
    assert found.in_flight > 0.9
    assert "nothing new would have to be sent" in backwards_text(found, waits.ladder)


def test_what_no_pace_reaches_is_said_with_the_day_that_it_does() -> None:
    posterior = Posterior.from_chances({"A": {}}, draws=4)
    by = AS_OF + timedelta(days=20)
    found = work_backwards(posterior, Plan.per_week({"A": 5}), by=by, chance=0.9)
    assert found.per_week is None
    assert found.best < 0.9
    assert found.reached_on is not None
    assert found.reached_on > by
    weeks = -(-(found.reached_on - AS_OF).days // 7)
    later = forecast_offer(posterior, Plan.per_week({"A": 40}), horizon_weeks=weeks, searches=100_000)
    assert later.chance_by(found.reached_on) == pytest.approx(0.9, abs=0.01)
    told = backwards_text(found, posterior.ladder)
    assert "not reachable with 40 applications a week either" in told
    dead = Posterior.from_chances({"A": {"applied->response": 1e-9}})
    assert work_backwards(dead, Plan.per_week({"A": 5}), by=by, chance=0.5).reached_on is None


def test_the_last_day_leaves_one_in_ten() -> None:
    """An application sent on that day brings its offer in time in a tenth of the cases, one day later in fewer."""
    posterior, _ = random_problem(3)
    posterior = flying(posterior)
    by = AS_OF + timedelta(days=200)
    last = work_backwards(posterior, Plan.per_week({"T0": 1}), by=by, chance=0.5).last_days["T0"]
    assert last is not None
    (stream,) = make_problem(posterior, Plan.per_week({"T0": 1}), 30).streams
    law = total_by_transform(stream.waits, 200)
    for day, enough in ((last, True), (last + timedelta(days=1), False)):
        in_time = law[:, (by - day).days + 1]
        assert (float(np.average(in_time, weights=stream.offer_chance)) >= 0.1) is enough


def test_a_referral_is_worth_the_ratio_of_the_chances(example_posterior) -> None:
    found = work_backwards(example_posterior, by=date(2026, 10, 1), chance=0.8)
    k = example_posterior.track_index("Sales Engineer")
    ratio = (example_posterior.offer_chance("referral") / example_posterior.offer_chance())[..., k]
    assert found.referral_worth["Sales Engineer"].median == pytest.approx(float(np.median(ratio)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"by": AS_OF}, "has passed"),
        ({"by": date(2046, 1, 1)}, "more than ten years"),
        ({"chance": 1.0}, "Nothing is certain"),
        ({"chance": 0.0}, "between 0 and 1"),
        ({"most_per_week": 0.0}, "above 0"),
        ({"plan": Plan(())}, "sends nothing"),
    ],
)
def test_what_cannot_be_asked_is_refused(change: dict, message: str) -> None:
    asked = {"plan": Plan.per_week({"A": 1}), "by": date(2026, 6, 1), "chance": 0.5} | change
    with pytest.raises(CommandError, match=message):
        work_backwards(last_step(0.1), **asked)


def test_a_lull_and_a_pause_cost_pace() -> None:
    posterior, plan = random_problem(1)
    by = AS_OF + timedelta(days=150)
    plain = work_backwards(posterior, plan, by=by, chance=0.6, most_per_week=10_000)
    quiet = replace(plan, lulls=(Lull(date(2026, 1, 10), date(2026, 3, 1), 0.3),))
    dear = work_backwards(posterior, quiet, by=by, chance=0.6, most_per_week=10_000)
    assert plain.per_week is not None
    assert dear.per_week is not None
    assert dear.per_week > plain.per_week
