"""The silence model and the quick engine, held up to simulated logs whose truth is known."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

import offercast
from offercast.trust import Design, FitSearch, SimulateSearch, calibrate
from offercast.trust.faults import FAULTS, hunt
from offercast.trust.rates import rates_of
from offercast.trust.sbc import replicate


def test_a_fit_gives_draws_of_every_quantity_of_the_truth(model) -> None:
    """With the closed form in the place of an engine."""
    simulate, fit = SimulateSearch(model), FitSearch(model, engine="independent")
    truth, case = simulate(np.random.default_rng(1))
    drawn = fit(case, np.random.default_rng(2))
    assert list(drawn) == list(truth)
    assert {values.shape for values in drawn.values()} == {(199,)}
    one = replicate(0, simulate=simulate, fit=fit, seed=1)
    assert set(one.ranks) == set(truth), one.failure


def test_a_poor_fit_warns_and_counts(model) -> None:
    def poor(evidence, *, model, engine, seed):
        made = offercast.fit(evidence, model=model, engine="independent", seed=seed)
        return replace(made, health=replace(made.health, r_hat=1.5))

    one = replicate(0, simulate=SimulateSearch(model), fit=FitSearch(model, fitter=poor), seed=1)
    assert "R-hat 1.500" in one.remarks[0]
    assert one.ranks


def test_draws_are_thinned_over_all_chains(model) -> None:
    """Of 4 chains with 100 draws each, 8 are kept: two of each chain."""
    made = offercast.Posterior.from_chances({"A": {}}, draws=400)
    numbered = {**made.draws, "scale": np.repeat(np.arange(400.0).reshape(4, 100, 1), 4, axis=2)}
    shaped = {name: a.reshape(4, 100, *a.shape[2:]) for name, a in numbered.items()}
    kept = rates_of(replace(made, draws=shaped), draws=8).scale[:, 0]
    assert kept.tolist() == [0, 50, 100, 150, 200, 250, 300, 350]
    with pytest.raises(ValueError, match="401 draws are wanted"):
        rates_of(made, draws=401)


def test_faults_leave_the_truth_alone(model) -> None:
    """Every fault plants, fits and ranks; the quantities' evidence stays the true one."""
    for fault in FAULTS:
        simulate, fit = fault.plant(FitSearch(model, engine="independent"), design=Design("d", (3, 3, 3), reopened=1.0))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            one = replicate(0, simulate=simulate, fit=fit, seed=1)
        assert one.ranks, f"{fault.name}: {one.failure}"


@pytest.mark.slow
def test_the_quick_engine_is_calibrated() -> None:
    """A hundred simulated logs of five designs: no fit fails, and the ranks of every quantity are uniform."""
    done = calibrate(SimulateSearch(), FitSearch(), replications=100, seed=1, workers=2)
    assert not done.failures, done.failures[0].failure
    assert done.passed, done.worst
    assert len(done.remarked) <= 5


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pending counted as failed", "tracks swapped", "missing Jacobian"])
def test_planted_faults_are_found_with_the_quick_engine(name: str) -> None:
    fault = next(fault for fault in FAULTS if fault.name == name)
    done = hunt(fault, FitSearch(), seed=1, looks=(25, 50, 100), workers=2)
    assert done.found, done
    assert done.failures == 0
