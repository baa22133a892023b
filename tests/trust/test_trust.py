"""Scores and simulated searches: each against a closed form or a count by hand."""

from datetime import date

import numpy as np
import pytest
from scipy import stats

from offercast.evidence import gather
from offercast.trust import StepTruth, Truth, brier, coverage, crps, simulate_history

START = date(2025, 1, 6)


def test_crps_of_a_normal_sample_is_its_closed_form() -> None:
    """Gneiting and Raftery (2007), eq. 21: sigma (z (2 Phi(z) - 1) + 2 phi(z) - 1/sqrt(pi))."""
    sample = np.random.default_rng(1).normal(3, 2, 200_000)
    z = (4.5 - 3) / 2
    exact = 2 * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))
    assert crps(sample, 4.5) == pytest.approx(exact, rel=0.01)


def test_crps_takes_infinite_times_below_a_horizon() -> None:
    assert crps([10.0, np.inf], np.inf, horizon=100.0) == pytest.approx(45.0 - 22.5)
    assert crps([np.inf, np.inf], 500.0, horizon=100.0) == 0.0


def test_crps_rewards_the_truth() -> None:
    rng = np.random.default_rng(2)
    truth = rng.exponential(30, 400)
    right, wrong = rng.exponential(30, 2000), rng.exponential(15, 2000)
    assert np.mean([crps(right, y, 90) for y in truth]) < np.mean([crps(wrong, y, 90) for y in truth])


def test_brier_and_coverage() -> None:
    assert brier([0.2, 0.9], [0, 1]) == pytest.approx((0.04 + 0.01) / 2)
    draws = np.linspace(0, 1, 1001)[:, None] * np.array([1.0, 2.0])
    assert coverage(draws, [0.04, 1.0], 0.9).tolist() == [False, True]


def truth(**changes) -> Truth:
    step = StepTruth(0.3, 0.6, 5.0, 10.0, 0.8)
    starts = ("applied", "response", "phone", "interview", "second_interview")
    return Truth(**{"steps": {"A": dict.fromkeys(starts, step)}, "per_week": {"A": 200}, **changes})


def simulate(ladder, made: Truth, days: int = 60, after: int = 400, seed: int = 1):
    as_of = date.fromordinal(START.toordinal() + days + after)
    return simulate_history(made, ladder, start=START, days=days, as_of=as_of, rng=np.random.default_rng(seed)), as_of


def test_simulated_shares_and_waits_are_the_truth(ladder) -> None:
    history, as_of = simulate(ladder, truth())
    counts = gather(history, as_of=as_of).counts()[0, 1]
    assert counts[0] / counts.sum() == pytest.approx(0.3, abs=0.03)
    assert counts[1] / counts[1:].sum() == pytest.approx(0.6, abs=0.04)
    waits = [
        (a.events[1].on - a.events[0].on).days
        for a in history.applications
        if len(a.events) > 1 and a.events[1].kind == "response"
    ]
    assert np.median(waits) == pytest.approx(5, abs=1)


def test_the_log_of_a_day_knows_nothing_later(ladder) -> None:
    history, as_of = simulate(ladder, truth(), days=60, after=-20)
    assert history.last_date <= as_of


def test_nothing_happens_in_the_lull(ladder) -> None:
    lull = (date(2025, 1, 20), date(2025, 2, 2))
    history, _ = simulate(ladder, truth(lull=lull))
    assert not [d for a in history.applications for d in a.days if lull[0] <= d <= lull[1]]


def test_channels_multiply_the_odds_of_the_first_step(ladder) -> None:
    history, as_of = simulate(ladder, truth(channels={"referral": (0.5, 4.0)}))
    table = gather(history, as_of=as_of).table
    first = table[(table["step"] == 1) & (table["channel"] == 1)]
    share = first["count"][first["outcome"] == 0].sum() / first["count"].sum()
    odds = 4 * 0.3 / 0.7
    assert share == pytest.approx(odds / (1 + odds), abs=0.04)


def test_never_applied_and_declined_are_logged(ladder) -> None:
    history, as_of = simulate(ladder, truth(never_applied=0.5, declined=1.0))
    evidence = gather(history, as_of=as_of)
    assert evidence.applications - evidence.sent == pytest.approx(0.5 * evidence.sent, rel=0.15)
    kinds = [event.kind for a in history.applications for event in a.events]
    assert kinds.count("declined") == kinds.count("offer") > 0


def test_the_example_is_what_its_recipe_makes() -> None:
    """The shipped log comes out of benchmarks/make_example.py with the seed written there."""
    import subprocess
    import sys
    from pathlib import Path

    import offercast

    recipe = Path(__file__).parents[2] / "benchmarks" / "make_example.py"
    done = subprocess.run([sys.executable, str(recipe)], capture_output=True, text=True, check=True)
    assert done.stdout == offercast.example().read_text()
