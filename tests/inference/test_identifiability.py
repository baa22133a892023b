"""Slow or never: the ratios by hand, the ages by SciPy, and what follow-up does to a simulated search."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

import offercast
from offercast.evidence.bins import FOREVER, averaged_silence, wait_window
from offercast.evidence.evidence import InFlight
from offercast.inference import Posterior
from offercast.inference.identifiability import needed_to_settle, slow_or_never
from offercast.inference.waits import quantile

FIRST = "applied->response"


def with_width(posterior, model, never: float, slow: float):
    """The example's posterior, with draws of these widths (in prior sds) at the first step."""
    prior = model.step_prior(FIRST)
    draws = {name: array.copy() for name, array in posterior.draws.items()}
    noise = np.random.default_rng(1).standard_normal((*draws["scale"].shape[:2], 1))
    noise = (noise - noise.mean()) / noise.std()
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


def test_what_is_needed_is_what_a_binomial_share_needs(monkeypatch) -> None:
    """With waits known exactly: the posterior of the logit given so many cases, by quadrature, is .4 prior sds wide."""
    monkeypatch.setattr("offercast.inference.identifiability.KEPT", 1.0)
    for prior_sd, share, advance in ((0.8, 0.5, 0.1), (0.8, 0.25, 0.3), (1.2, 0.6, 0.05)):
        cases = needed_to_settle(prior_sd, share, advance) * (1 - advance)
        x = np.linspace(-8, 8, 20_001)
        w = 1 / (1 + np.exp(-x))
        centre = math.log(share / (1 - share))
        log = -0.5 * ((x - centre) / prior_sd) ** 2 + cases * (share * np.log(w) + (1 - share) * np.log1p(-w))
        weight = np.exp(log - log.max()) / np.exp(log - log.max()).sum()
        sd = math.sqrt(weight @ x**2 - (weight @ x) ** 2)
        assert sd / prior_sd == pytest.approx(0.4, abs=0.02)


def test_weeks_are_said_only_where_those_in_flight_are_enough(example_posterior, model) -> None:
    """Forty have settled and a few more are needed: thirty young silences are enough, one is not."""
    posterior = with_width(example_posterior, model, 0.45, 0.5)
    cells = {(0, 0, 1, 1, 3, 4): 40.0}
    enough = tuple(InFlight(0, 0, 1, 0, 0, 1) for _ in range(30))
    whole = slow_or_never(replace(posterior, evidence=replace(posterior.evidence, cells=cells, in_flight=enough)))
    assert whole.settled == pytest.approx(40.0, abs=0.5)
    assert 41 < whole.needed <= 70
    assert whole.weeks is not None
    assert 2 <= whole.weeks <= 20
    few = slow_or_never(replace(posterior, evidence=replace(posterior.evidence, cells=cells, in_flight=enough[:1])))
    assert few.weeks is None


def test_nothing_in_flight_is_fine() -> None:
    found = slow_or_never(Posterior.from_chances({"A": {}}))
    assert (found.ages, found.weeks, found.settled) == ((), None, 0.0)


def search(n: int, followed: int, seed: int):
    """One track; 8 % move on, half of the others are told no; each followed for up to so many days."""
    rng = np.random.default_rng(seed)
    cells, flying = Counter(), Counter()
    for _ in range(n):
        days = int(rng.integers(0, followed + 1))
        yes = rng.random() < 0.08
        answered = yes or rng.random() < 0.5
        wait = int(np.floor(quantile(rng.random(), np.log(8.0 if yes else 14.0), 0.6, 180.0) + 0.5))
        if answered and wait <= days:
            cells[0, 0, 1, int(not yes), *wait_window(wait, wait)] += 1
            continue
        flying[days] += 1
        for edge, weight in averaged_silence(days, days).items():
            cells[0, 0, 1, 2, edge, FOREVER] += weight
    flown = tuple(InFlight(0, 0, 1, days, days, count) for days, count in sorted(flying.items()))
    return replace(Posterior.from_chances({"A": {}}).evidence, cells=dict(cells), sent=n, in_flight=flown)


def test_follow_up_tells_slow_from_never() -> None:
    """150 applications: ten days of follow-up tell nothing, three months do; and the guide is right to a third."""
    young, old = (slow_or_never(offercast.fit(search(150, days, 1), seed=1)) for days in (10, 90))
    assert (young.told_apart, old.told_apart) == ("not yet", "yes")
    few = slow_or_never(offercast.fit(search(60, 180, 1), seed=1))
    information = (1 / few.never**2 - 1) / few.settled
    assert (1 / 0.4**2 - 1) / information == pytest.approx(few.needed, rel=0.35)
