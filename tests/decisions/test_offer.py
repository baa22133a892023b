"""Take it or wait: McCall's equation, dynamic programming, simulated searches, and what is refused."""

from datetime import date

import numpy as np
import pytest
from scipy import optimize

from forecast.problems import EMPLOYERS, flying
from offercast.decisions import Worth, weigh_offer
from offercast.decisions.offer import Coming, Search
from offercast.errors import CommandError
from offercast.evidence import InFlight
from offercast.forecast import Plan
from offercast.forecast.streams import make_flights
from offercast.inference import Posterior
from offercast.report.offer import offer_text

AS_OF = date(2026, 1, 1)


def lively() -> tuple[Posterior, Plan]:
    """One track in which offers come: 8 in 100 applications."""
    return Posterior.from_chances({"A": dict.fromkeys(EMPLOYERS, 0.6)}), Plan.per_week({"A": 5})


def integral(worth: Worth, least: float) -> tuple[float, float]:
    """Chance and mean of the values above `least`, by a fine sum over the lognormal law."""
    z = (np.arange(400_000) + 0.5) / 400_000
    from scipy.special import ndtri

    values = worth.usual * worth.stay_years * np.exp(worth.spread * ndtri(z))
    above = values >= least
    return float(above.mean()), float(values[above].mean()) if above.any() else 0.0


@pytest.mark.parametrize("least", [0.0, 80.0, 130.0, 260.0])
def test_the_mean_of_what_is_accepted(least: float) -> None:
    worth = Worth(usual=50.0, spread=0.4, stay_years=2.0)
    assert worth.gain(least) == pytest.approx(integral(worth, least), rel=2e-4)
    sure = Worth(usual=50.0, spread=0.0)
    assert (sure.gain(99.0), sure.gain(101.0)) == ((1.0, 100.0), (0.0, 0.0))


@pytest.mark.parametrize("cost", [0.1, 0.5, 1.0])
def test_in_the_stationary_limit_it_is_the_reservation_wage_of_mccall(cost: float) -> None:
    """The cost of waiting for one more offer is the mean gain over the reservation value: to 1e-3, and better."""
    worth = Worth(usual=100.0, spread=0.3, per_week=7 * cost, stay_years=1.0)
    rate = 0.02

    def gap(r: float) -> float:
        share, mean = integral(worth, r)
        return rate * share * (mean - r) - cost

    found = Search(Coming(np.full((1, 6_000), rate)), worth, np.ones(1))
    assert found.value == pytest.approx(optimize.brentq(gap, 1.0, 500.0), rel=1e-3)


def test_known_rates_are_dynamic_programming() -> None:
    """One draw with rates that change: the best rule found by trying every threshold on every day."""
    rng = np.random.default_rng(1)
    rates = rng.uniform(0, 0.08, (1, 60))
    worth = Worth(usual=100.0, spread=0.25, per_week=2.0, stay_years=1.0, nothing=30.0)
    value = 30.0
    tried = np.linspace(20, 200, 4_000)
    gains = np.array([worth.gain(float(least)) for least in tried])
    for day in range(59, -1, -1):
        hazard = rates[0, day] * gains[:, 0]
        ends = -np.expm1(-hazard)
        value = float(np.max(ends * gains[:, 1] + (1 - ends) * value - 2 / 7 * ends / hazard))
    assert Search(Coming(rates), worth, np.ones(1)).value == pytest.approx(value, rel=1e-4)


def test_unknown_rates_are_learned_from_the_silence_and_the_fates_are_simulated_ones() -> None:
    """A good and a bad market: the rule is worth what following it brings, its fates are as often as said, and no fixed
    threshold, nor taking the first offer, does better.
    """
    rates = np.repeat([[0.004], [0.05]], 200, axis=1)
    worth = Worth(usual=100.0, spread=0.3, per_week=1.4, stay_years=1.0)
    search = Search(Coming(rates), worth, np.array([1.0, 1.0]))
    assert (np.diff(search.reservation) < 0).all()
    n = 400_000
    rng = np.random.default_rng(2)
    market = rng.integers(0, 2, n)

    def follow(thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The worth of each search, cost paid, and the value that it took (nan: none)."""
        taken, cost = np.full(n, np.nan), np.zeros(n)
        for day in range(200):
            still = np.flatnonzero(np.isnan(taken))
            gap = rng.exponential(1 / rates[market[still], day])
            offered = np.flatnonzero(gap < 1)
            values = 100 * np.exp(0.3 * rng.standard_normal(offered.size))
            good = values >= thresholds[day + 1]
            # an offer that is not taken leaves the rest of its day to another one: rare, and left out on both sides
            taken[still[offered[good]]] = values[good]
            spent = np.ones(still.size)
            spent[offered[good]] = gap[offered[good]]
            cost[still] += 0.2 * spent
        return np.where(np.isnan(taken), 0.0, taken) - cost, taken

    worths, taken = follow(search.reservation)
    error = 4 * worths.std() / np.sqrt(n)
    assert worths.mean() == pytest.approx(search.value, abs=error + 0.3)
    fates = search.fates(110.0)
    ended = ~np.isnan(taken)
    assert fates["better"] == pytest.approx(np.mean(ended & (taken > 110)), abs=0.006)
    assert fates["worse"] == pytest.approx(np.mean(ended & (taken <= 110)), abs=0.006)
    assert fates["nothing"] == pytest.approx(np.mean(~ended), abs=0.006)
    assert fates["better"] + fates["worse"] + fates["nothing"] == pytest.approx(1.0)
    for fixed in (0.0, 60.0, 90.0, 120.0):
        assert follow(np.full(201, fixed))[0].mean() < search.value + error


def test_a_better_offer_is_taken_and_a_poor_one_is_not() -> None:
    posterior, plan = lively()
    asked = {"worth": Worth(usual=100.0, per_week=0.5), "answer_by": date(2026, 1, 15), "horizon_weeks": 40}
    verdicts = [weigh_offer(posterior, plan, value=value, **asked).verdict for value in (20.0, 60.0, 200.0)]
    assert verdicts[0] == "wait"
    assert verdicts[2] == "take"
    threshold = weigh_offer(posterior, plan, value=60.0, **asked).waiting / 2.0
    assert weigh_offer(posterior, plan, value=threshold, **asked).verdict == "even"


def test_costs_and_silence_speak_for_taking_and_more_applications_for_waiting() -> None:
    posterior, plan = lively()
    asked = {"value": 80.0, "answer_by": date(2026, 1, 15), "horizon_weeks": 40}
    cheap, dear = (weigh_offer(posterior, plan, worth=Worth(100.0, per_week=c), **asked).waiting for c in (0.0, 2.0))
    assert dear < cheap
    idle = weigh_offer(posterior, Plan(()), worth=Worth(100.0), **asked)
    assert (idle.waiting, idle.nothing, idle.better_missed, idle.before) == (0.0, 1.0, 0.0, 0.0)


def test_before_the_answer_is_due_a_better_one_can_come() -> None:
    posterior, plan = lively()
    now, later = (
        weigh_offer(posterior, plan, value=80.0, worth=Worth(100.0), answer_by=day) for day in (AS_OF, date(2026, 3, 1))
    )
    assert now.before == 0.0
    assert 0.05 < later.before < 1.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": 0.0}, "a value of 0"),
        ({"value": float("nan")}, "a value of nan"),
        ({"answer_by": date(2025, 12, 31)}, "was due on 2025-12-31"),
        ({"horizon_weeks": 0}, "a horizon of 0 weeks"),
        ({"horizon_weeks": 600}, "a horizon of 600 weeks"),
    ],
)
def test_what_cannot_be_weighed_is_refused(change: dict, message: str) -> None:
    posterior, plan = lively()
    asked = {"value": 50.0, "worth": Worth(50.0), "answer_by": date(2026, 1, 9)} | change
    with pytest.raises(CommandError, match=message):
        weigh_offer(posterior, plan, **asked)


@pytest.mark.parametrize(
    "wrong", [{"usual": 0.0}, {"spread": -0.1}, {"per_week": -1.0}, {"stay_years": 0.0}, {"nothing": float("inf")}]
)
def test_impossible_worths_are_refused(wrong: dict) -> None:
    with pytest.raises(CommandError, match="give a number"):
        Worth(**({"usual": 1.0} | wrong))


def test_it_is_told_without_cheering() -> None:
    posterior, plan = lively()
    worth = Worth(60_000.0, per_week=1_000.0)
    advice = weigh_offer(posterior, plan, value=61_000.0, worth=worth, answer_by=date(2026, 1, 20))
    told = offer_text(advice, plan)
    assert "THE OFFER IN HAND, 61,000 a year, answer by 20 January 2026" in told
    assert "OF 100 SEARCHES LIKE THIS THAT SAY NO" in told
    assert "supposed: later offers around 60,000 a year" in told
    assert "!" not in told
    assert max(map(len, told.splitlines())) <= 110


def test_where_a_better_one_is_all_but_sure_before_the_answer_is_due_it_is_still_weighed() -> None:
    """The chance of none before it is below the smallest number in every draw."""
    posterior, _ = lively()
    advice = weigh_offer(
        posterior,
        Plan.per_week({"A": 1_000.0}),
        value=1.0,
        worth=Worth(usual=100.0),
        answer_by=date(2026, 7, 20),
    )
    assert advice.verdict == "wait"
    assert (advice.before, advice.better_missed) == pytest.approx((1.0, 1.0))
    assert np.isfinite(advice.waiting)


def test_one_application_in_flight_brings_one_offer_or_none() -> None:
    """One at the last step, nothing new sent: a better one is missed by half of its chance to come, and no more."""
    posterior = Posterior.from_chances({"A": {**dict.fromkeys(EMPLOYERS, 1.0), "second_interview->offer": 0.7}})
    step = posterior.evidence.steps.index("second_interview->offer")
    waits = flying(posterior, InFlight(0, 0, step, 0, 0, 1))
    (flight,) = make_flights(waits)
    worth = Worth(100.0, per_week=1.0)
    advice = weigh_offer(waits, Plan(()), value=100.0, worth=worth, answer_by=AS_OF, horizon_weeks=52)
    chance = float(flight.offer_chance.mean())
    assert advice.better_missed == pytest.approx(0.5 * chance, abs=0.002)
    assert advice.better + advice.worse + advice.nothing == pytest.approx(1.0)
    assert advice.better + advice.worse <= chance + 1e-9
    held = weigh_offer(waits, Plan(()), value=100.0, worth=worth, answer_by=date(2026, 1, 20), horizon_weeks=52)
    together = 1 - (1 - held.before) * (1 - held.better_missed)
    assert together == pytest.approx(0.5 * chance, abs=0.002)
