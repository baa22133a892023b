"""The coverage study and its rivals: each figure by hand or by simulation, on a fit that is no sampler."""

from dataclasses import replace

import numpy as np
import pytest

import offercast
from offercast.trust import Design, crps, draw_rates, simulate_log
from offercast.trust.baselines import complete_pooling, no_pooling, plug_in, settled, with_chances
from offercast.trust.faults import FAULTS, hunt
from offercast.trust.reweighting import FitByReweighting
from offercast.trust.scores import crps_of_law
from offercast.trust.study import (
    ANSWERED,
    METHODS,
    OURS,
    PLUGGED,
    POINT,
    WEEKS,
    Study,
    StudySearch,
    Verdict,
    first_offers,
    no_offer_yet,
    watched,
    watched_names,
)


def baseline(evidence, *, model, engine, seed):
    """In the place of an engine: the closed form."""
    return offercast.fit(evidence, model=model, engine="independent", seed=seed, chains=4, draws=250)


def test_the_score_over_a_law_is_the_mean_score_of_its_outcomes() -> None:
    """Whole outcomes up to 40, cut at 30: the mean of `crps` over the sample, to rounding."""
    rng = np.random.default_rng(1)
    forecast, outcomes = rng.geometric(0.1, 300), rng.geometric(0.05, 200)
    grid = np.arange(30)
    laws = [np.mean(sample[:, None] <= grid, axis=0) for sample in (forecast, outcomes)]
    assert crps_of_law(*laws) == pytest.approx(np.mean([crps(forecast, y, horizon=30) for y in outcomes]))
    assert crps_of_law(laws[1], laws[1]) < crps_of_law(laws[0], laws[1])  # the truth is the best forecast


def test_settled_counts_answers_and_long_silence(example_evidence) -> None:
    advanced, failed = settled(example_evidence)
    counts = example_evidence.counts()
    assert (advanced == counts[..., 0]).all()
    assert (failed >= counts[..., 1]).all()
    assert failed.sum() < counts[..., 1:].sum()  # some silence is too young
    assert (settled(example_evidence, long_silence=np.inf)[1] == counts[..., 1]).all()


def test_rivals_are_what_they_say() -> None:
    """Of 10 and 30 applications 1 and 9 moved on."""
    advanced, failed = np.array([[1.0], [9.0]]), np.array([[9.0], [21.0]])
    rng = np.random.default_rng(1)
    assert no_pooling(advanced, failed, rng=rng, draws=20_000).mean(axis=0)[:, 0] == pytest.approx(
        [2 / 12, 10 / 32], abs=0.004
    )
    pooled = complete_pooling(advanced, failed, rng=rng, draws=20_000)
    assert pooled.mean() == pytest.approx(11 / 42, abs=0.002)
    assert (pooled[:, 0] == pooled[:, 1]).all()
    assert plug_in(advanced, failed).ravel().tolist() == [0.1, 0.3]
    assert plug_in(np.array([[0.0], [9.0]]), np.array([[0.0], [21.0]])).ravel().tolist() == [0.3, 0.3]


def test_a_rival_takes_the_place_of_the_chances_alone(example_evidence) -> None:
    plain = offercast.fit(example_evidence, engine="independent", draws=50)
    chances = np.full((7, 3, len(example_evidence.steps)), 0.25)
    chances[:, 0] = 0.0
    chances[:, 1] = 1.0
    other = with_chances(plain, chances)
    assert other.advance[0, :, :, 0, 1].mean(axis=0) == pytest.approx([0.0, 1.0, 0.25])
    assert (other.draws["no_log_days"][0] == plain.flat("no_log_days")[:7]).all()


def test_no_offer_yet_is_geometric() -> None:
    assert no_offer_yet(np.array([[0.0, 1.0]]), np.array([1, 5])).tolist() == [[1.0, 1.0], [0.0, 0.0]]
    assert no_offer_yet(np.array([[0.1], [0.3]]), np.array([3]))[0, 0] == pytest.approx((0.9**3 + 0.7**3) / 2)


def test_futures_agree_with_the_exact_curve(model) -> None:
    """A second method: the plain simulation of the truth against the curve by FFT, without anything in flight."""
    rates = draw_rates(model, tracks=1, rng=np.random.default_rng(1))
    chances = {s.id: float(rates.advance[0, 0, 0, i]) for i, s in enumerate(model.ladder.steps)}
    chances["interview->second_interview"] = chances["second_interview->offer"] = 0.6
    made = offercast.Posterior.from_chances({"track A": chances}, draws=1)
    from offercast.trust.rates import rates_of

    truth, empty = rates_of(made), Design("empty", (0,))
    log = simulate_log(truth, empty, model.ladder, rng=np.random.default_rng(1))
    days = first_offers(truth, log, model.ladder, per_week=4, futures=4000, rng=np.random.default_rng(2))
    dated = replace(made, evidence=replace(made.evidence, as_of=log.as_of))
    curve = offercast.exact_curve(dated, offercast.Plan.per_week({"track A": 4}), horizon_weeks=WEEKS, draws=1)[0]
    for day in (60, 120, 240, 360):
        assert np.mean(days <= day) == pytest.approx(curve[day], abs=0.025)


def test_one_search_is_judged_by_every_method(model) -> None:
    study = StudySearch(3, model, fitter=baseline, design=Design("small", (5, 10, 20)), futures=50, draws=100)
    one, again = study(0), study(0)
    assert one.held.shape == (3, len(watched_names(study.design, model.ladder))) == (3, 18)
    assert np.isfinite(one.applications).all()
    assert np.isfinite(one.days).all()
    assert (one.days == again.days).all()
    assert np.isfinite(one.surprise[METHODS.index(OURS)])
    assert one.surprise[METHODS.index(POINT)] == np.inf  # a point forecast takes every other number for impossible
    # the fit is the closed form here, and so is one of the rivals
    assert one.applications[0] == pytest.approx(one.applications[METHODS.index(ANSWERED)], rel=0.2)


def test_the_watched_quantities_are_in_the_order_of_their_names(model) -> None:
    by_hand = offercast.Posterior.from_chances({"A": {"response->phone": 0.3}, "B": {}}, draws=1)
    from offercast.trust.rates import rates_of

    values = watched(rates_of(by_hand), model.ladder)[0]
    names = watched_names(Design("two", (1, 1)), model.ladder)
    assert values[names.index("response->phone, track A")] == pytest.approx(0.3)
    assert values[0] == pytest.approx(np.prod(values[2:7]))


def test_gains_and_shares_by_hand() -> None:
    """Two searches: ours 1 and 3, the rival 2 and 6; one search in two calls the truth impossible."""
    other = METHODS.index(PLUGGED)

    def verdict(ours: float, theirs: float, surprise: float) -> Verdict:
        scores = np.ones(len(METHODS))
        scores[0], scores[other] = ours, theirs
        surprised = np.ones(len(METHODS))
        surprised[other] = surprise
        return Verdict(np.array([[True], [True], [False]]), scores, 2 * scores, surprised)

    study = Study((verdict(1, 2, 1.0), verdict(3, 6, np.inf)))
    gain, error = study.gain("applications", PLUGGED)
    assert gain == pytest.approx(0.5)
    assert error == pytest.approx(0.0, abs=1e-12)
    assert study.crps("days")[OURS] == 4
    assert study.impossible(PLUGGED) == 0.5
    assert study.surprise(PLUGGED) == np.inf
    assert [study.coverage(level)[0] for level in (0.5, 0.8, 0.9)] == [1, 1, 0]


def test_a_hunt_stops_where_the_fault_is_found(model) -> None:
    fault = next(fault for fault in FAULTS if fault.name == "scale fixed")
    small = replace(fault.design, sent=(1, 1, 1))
    done = hunt(fault, FitByReweighting(model), seed=1, looks=(10, 20, 30), design=small)
    assert done.found
    assert done.replications <= 20
    assert done.quantity.startswith("scale")
    assert done.failures == 0


def test_there_are_twelve_faults() -> None:
    assert len({fault.name for fault in FAULTS}) == 12
