"""Spending hours: the best mix, by its conditions, by trying others, and by simulation."""

from datetime import date

import numpy as np
import pytest

from forecast.problems import EMPLOYERS, random_problem
from offercast.decisions import Kind, spend_hours
from offercast.decisions.effort import WELL_SOLVED
from offercast.errors import CommandError
from offercast.forecast import Pace, Plan, forecast_offer
from offercast.inference import Posterior
from offercast.report.decisions import effort_text

BY = date(2026, 6, 1)


@pytest.mark.parametrize("seed", range(8))
def test_no_other_mix_is_better(seed: int) -> None:
    """The conditions of a best mix hold, and a thousand random mixes in the same hours give less."""
    posterior, _ = random_problem(seed)
    rng = np.random.default_rng(seed)
    kinds = [
        Kind(t, c, float(rng.uniform(0.3, 4)), None if rng.random() < 0.5 else float(rng.uniform(0, 3)))
        for t in posterior.tracks
        for c in ("cold", "referral")
    ]
    effort = spend_hours(posterior, kinds, hours=6.0, by=BY)
    assert effort.residual < WELL_SOLVED
    assert sum(effort.spent) <= 6.0 + 1e-9
    assert all(
        n <= k.most_per_week + 1e-9 for n, k in zip(effort.per_week, kinds, strict=True) if k.most_per_week is not None
    )
    assert effort.chance >= max(*effort.alone, effort.evenly, effort.in_flight) - 1e-9
    hours = np.array([kind.hours for kind in kinds])
    most = np.array([np.inf if k.most_per_week is None else k.most_per_week for k in kinds])
    for _ in range(12):
        mix = np.minimum(rng.dirichlet(np.full(len(kinds), 0.5)) * 6.0 / hours, most)
        fixed = [Kind(k.track, k.channel, k.hours, float(n)) for k, n in zip(kinds, mix, strict=True)]
        other = spend_hours(posterior, fixed, hours=float(mix @ hours) + 1e-6, by=BY)
        assert other.chance <= effort.chance + 1e-6


def test_the_chance_is_that_of_the_forecast() -> None:
    posterior, _ = random_problem(3)
    kinds = [Kind(t, "cold", 1.0) for t in posterior.tracks]
    effort = spend_hours(posterior, kinds, hours=5.0, by=BY)
    plan = Plan(tuple(Pace(k.track, n, k.channel) for k, n in zip(kinds, effort.per_week, strict=True)))
    n = 100_000
    simulated = forecast_offer(posterior, plan, horizon_weeks=22, searches=n).chance_by(BY)
    assert simulated == pytest.approx(effort.chance, abs=4 * np.sqrt(0.25 / n))


def test_known_rates_take_one_kind_and_unknown_ones_two() -> None:
    """With one draw the best per hour takes all; where it is open which is better, the hours are shared."""
    steps = dict.fromkeys(EMPLOYERS, 0.6)
    sure = Posterior.from_chances({"A": steps, "B": {**steps, "applied->response": 0.5}}, draws=1)
    kinds = [Kind("A", "cold", 1.0), Kind("B", "cold", 1.0)]
    one = spend_hours(sure, kinds, hours=4.0, by=BY)
    assert one.per_week == pytest.approx((4.0, 0.0), abs=1e-4)
    cheap = spend_hours(sure, [Kind("A", "cold", 1.3), Kind("B", "cold", 1.0)], hours=4.0, by=BY)
    assert cheap.per_week == pytest.approx((0.0, 4.0), abs=1e-4)
    unsure = Posterior.from_chances({"A": steps, "B": steps}, draws=2)
    unsure.draws["advance_logit"][0, 0, 0, 1] -= 6
    unsure.draws["advance_logit"][0, 1, 1, 1] -= 6
    both = spend_hours(unsure, kinds, hours=4.0, by=BY)
    assert both.per_week == pytest.approx((2.0, 2.0), abs=0.01)
    assert both.chance > max(both.alone) + 0.05


def test_hours_that_nothing_has_room_for_are_left_over() -> None:
    posterior, _ = random_problem(3)
    effort = spend_hours(posterior, [Kind("T0", "cold", 0.5, 3.0)], hours=10.0, by=BY)
    assert effort.per_week == (3.0,)
    assert effort.unused == pytest.approx(8.5)
    told = effort_text(effort)
    assert "8.5 hours a week are left over" in told
    assert "10 HOURS A WEEK, for an offer by 1 June 2026" in told


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hours": 0.0}, "0 hours a week"),
        ({"hours": 200.0}, "up to 168"),
        ({"kinds": []}, "nothing to spend"),
        ({"kinds": [Kind("A", "cold", 0.0)]}, "0 hours is not possible"),
        ({"kinds": [Kind("A", "cold", 1.0, -1.0)]}, "at most -1"),
        ({"kinds": [Kind("A", "cold", 1.0), Kind("A", "cold", 2.0)]}, "given twice"),
        ({"kinds": [Kind("Z", "cold", 1.0)]}, 'no track "Z"'),
        ({"kinds": [Kind("A", "pigeon", 1.0)]}, 'no channel "pigeon"'),
        ({"by": date(2026, 1, 1)}, "has passed"),
        ({"by": date(2050, 1, 1)}, "ten years"),
    ],
)
def test_what_cannot_be_spent_is_refused(change: dict, message: str) -> None:
    asked = {"kinds": [Kind("A", "cold", 1.0)], "hours": 5.0, "by": BY} | change
    with pytest.raises(CommandError, match=message):
        spend_hours(Posterior.from_chances({"A": {}}), asked.pop("kinds"), **asked)
