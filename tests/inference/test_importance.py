"""The importance engine against the quick one, against the prior, and against the truth in simulated worlds."""

import importlib

import numpy as np
import pytest

import offercast
from inference.worlds import hard_logs
from offercast.evidence import gather
from offercast.inference.importance import DRAWS, LARGEST_K, WANTED_ESS, effective, systematic
from offercast.trust import FitSearch, SimulateSearch, calibrate
from offercast.trust.worlds import DESIGNS, draw_rates, simulate_log


@pytest.fixture(scope="module")
def logs(model):
    """Twelve simulated logs of some forty applications each."""
    found = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        rates = draw_rates(model, tracks=3, rng=rng)
        log = simulate_log(rates, DESIGNS[seed % len(DESIGNS)], model.ladder, rng=rng)
        found.append(gather(log.history, as_of=log.as_of))
    return found


def test_it_gives_the_posterior_of_the_quick_engine(logs, model) -> None:
    """Means and sds within what so few effective draws allow, over some hundred quantities of each log."""
    for seed, evidence in enumerate(logs):
        mine = offercast.fit(evidence, model=model, engine="importance", seed=seed)
        theirs = offercast.fit(evidence, model=model, seed=seed + 100)
        for name in ("advance_logit", "told_no_logit", "advance_log_days", "channel_logit", "scale"):
            a, b = (np.log(p.flat(name)) if name == "scale" else p.flat(name) for p in (mine, theirs))
            sd = np.where(b.std(axis=0) > 0, b.std(axis=0), 1.0)
            assert np.abs((a.mean(axis=0) - b.mean(axis=0)) / sd).max() < 0.35, name
            assert np.sqrt(np.mean(((a.mean(axis=0) - b.mean(axis=0)) / sd) ** 2)) < 0.1, name
            assert np.mean(a.std(axis=0)) == pytest.approx(np.mean(b.std(axis=0)), rel=0.06), name


def test_it_says_how_far_its_weights_can_be_relied_upon(logs, model) -> None:
    found = [offercast.fit(evidence, model=model, engine="importance") for evidence in logs]
    assert sum(one.engine == "importance" for one in found) >= 10
    for one in found:
        assert one.health.verdict == "good"
        if one.engine == "importance":
            assert one.health.ess_bulk >= WANTED_ESS
            assert one.health.pareto_k <= LARGEST_K
            assert one.advance.shape[:2] == (1, DRAWS)


def test_where_weights_will_not_do_the_quick_engine_goes_on(logs, model, monkeypatch) -> None:
    monkeypatch.setattr(importlib.import_module("offercast.inference.importance"), "LARGEST_K", -1.0)
    one = offercast.fit(logs[0], model=model, engine="importance", seed=3)
    other = offercast.fit(logs[0], model=model, seed=3)
    assert one.engine == "quick"
    assert np.array_equal(one.draws["advance_logit"], other.draws["advance_logit"])


def test_hard_logs_are_answered(model) -> None:
    for name, evidence in hard_logs(model.ladder).items():
        one = offercast.fit(evidence, model=model, engine="importance")
        assert np.isfinite(one.flat("advance_logit")).all(), name
        assert one.health.verdict == "good", name


def test_an_empty_log_gives_the_prior(model) -> None:
    empty = gather(offercast.History(model.ladder, ()), as_of=offercast.read_history(offercast.example()).last_date)
    one = offercast.fit(empty, model=model, engine="importance", draws=4000)
    step = model.ladder.step_index["applied"]
    prior = model.step_prior("applied->response").advance
    drawn = one.flat("advance_logit")[:, 0, step]
    assert drawn.mean() == pytest.approx(np.log(prior.median / (1 - prior.median)), abs=0.05)
    assert one.health.ess_bulk == 4000


@pytest.mark.parametrize("chains", [2, 64])
def test_it_has_one_chain(logs, model, chains) -> None:
    with pytest.raises(offercast.CommandError, match="1 chain"):
        offercast.fit(logs[0], model=model, engine="importance", chains=chains)


def test_each_draw_is_taken_as_often_as_its_weight_says() -> None:
    rng = np.random.default_rng(1)
    weights = rng.dirichlet(np.full(50, 0.3))
    for _ in range(20):
        times = np.bincount(systematic(np.log(weights), 400, rng), minlength=50)
        assert times.sum() == 400
        assert np.abs(times - 400 * weights).max() < 1.0
    assert effective(np.log(np.array([0.5, 0.5, 1e-12]))) == pytest.approx(2.0)


def test_the_truth_has_uniform_ranks() -> None:
    """Simulation-based calibration (`benchmarks/trust.py --engine importance` runs a thousand logs)."""
    done = calibrate(SimulateSearch(), FitSearch(engine="importance"), replications=100, seed=11)
    assert done.passed, done.worst
