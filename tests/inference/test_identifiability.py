"""Slow or never: the ratios by hand, the ages by SciPy, and what follow-up does to a simulated search."""

import math
from dataclasses import replace

import numpy as np
import pytest

from offercast.evidence.evidence import InFlight
from offercast.inference import Posterior
from offercast.inference.identifiability import needed_to_settle, slow_or_never

FIRST = "applied->response"


def with_width(posterior, model, never: float, slow: float):
    """The example's posterior, with draws of these widths (in prior sds) at the first step."""
    prior = model.step_prior(FIRST)
    noise = np.random.default_rng(1).standard_normal((4, 1000, 1))
    noise = (noise - noise.mean()) / noise.std()
    draws = {name: array.copy() for name, array in posterior.draws.items()}
    draws["told_no_logit"][..., 1] = never * prior.told_no.sd * noise
    draws["no_log_days"][..., 1] = math.log(prior.no_wait.median) + slow * prior.no_wait.sd * noise[::-1]
    return replace(posterior, draws=draws)


@pytest.mark.parametrize(("never", "verdict"), [(0.75, "not yet"), (0.69, "partly"), (0.41, "partly"), (0.39, "yes")])
def test_the_verdict_goes_by_the_width_against_the_priors(example_posterior, model, never, verdict) -> None:
    found = slow_or_never(with_width(example_posterior, model, never, 0.6))
    assert (found.never, found.slow) == pytest.approx((never, 0.6), rel=1e-9)
    assert found.told_apart == verdict
    assert found.step == FIRST


def test_a_silence_is_young_until_four_fifths_of_the_answers_have_come(model) -> None:
    """One track by hand: the 80 % point of the mixture of yes and no, by SciPy's root finder."""
    from scipy import optimize, stats

    by_hand = Posterior.from_chances({"A": {FIRST: 0.3}}, told_no=0.6)
    at = {name: by_hand.flat(name)[0] for name in by_hand.draws}

    def come(days: float) -> float:
        total = 0.0
        for share, kind in ((0.3, "advance"), (0.7 * 0.6, "no")):
            law = stats.fisk(math.exp(-at[f"{kind}_log_shape"][1]), scale=math.exp(at[f"{kind}_log_days"][0, 1]))
            total += share * law.cdf(days) / law.cdf(180)
        return total / (0.3 + 0.7 * 0.6)

    late = optimize.brentq(lambda days: come(days) - 0.8, 1, 180)
    assert 15 < late < 60
    flying = tuple(
        InFlight(0, 0, 1, days, days, count)
        for days, count in ((math.floor(late - 0.51), 5), (math.ceil(late - 0.49), 3), (0, 2))
    )
    evidence = replace(by_hand.evidence, in_flight=flying)
    (age,) = slow_or_never(replace(by_hand, evidence=evidence)).ages
    assert (age.step, age.still_open, age.young) == (FIRST, 10, 7.0)


def test_what_is_needed_grows_as_the_information_does() -> None:
    """In a binomial share the posterior of n cases with a normal prior of as much information as m cases has
    sd ratio sqrt(m / (m + n)): .4 needs n = 5.25 m, whatever n the ratio was measured at.
    """
    for m in (20, 400):
        for n in (m / 4, m, 3 * m):
            assert needed_to_settle(math.sqrt(m / (m + n)), n) == pytest.approx(5.25 * m, rel=0.1)
    assert needed_to_settle(0.97, 10.0) is None
    assert needed_to_settle(0.6, 0.0) is None


def test_weeks_are_said_only_where_those_in_flight_are_enough(example_posterior, model) -> None:
    """Needed 13 more than have settled: twenty young silences are enough, five are not."""
    posterior = with_width(example_posterior, model, 0.45, 0.5)
    cells = {(0, 0, 1, 1, 3, 4): 40.0}
    enough = tuple(InFlight(0, 0, 1, 0, 0, 1) for _ in range(20))
    whole = slow_or_never(replace(posterior, evidence=replace(posterior.evidence, cells=cells, in_flight=enough)))
    assert whole.settled == pytest.approx(40.0, abs=0.5)
    assert whole.needed == 53  # 40 * 5.25 / (1/.45^2 - 1) = 53.3
    assert whole.weeks is not None
    assert 2 <= whole.weeks <= 20
    few = slow_or_never(replace(posterior, evidence=replace(posterior.evidence, cells=cells, in_flight=enough[:5])))
    assert few.weeks is None


def test_nothing_in_flight_is_fine(model) -> None:
    found = slow_or_never(Posterior.from_chances({"A": {}}))
    assert (found.ages, found.needed, found.weeks) == ((), None, None)
