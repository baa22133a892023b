"""The harness itself, on models whose posterior is known: right ones pass, wrong ones are caught, failures are kept."""

import warnings

import numpy as np
import pytest
from scipy import stats

from offercast.trust import Calibration, Design, SimulateSearch, calibrate, uniformity
from offercast.trust.reweighting import FitByReweighting
from offercast.trust.sbc import LIMIT, Replication, rank, replicate


def normal(rng):
    """A normal mean with a standard normal prior and two observations of it."""
    mean = rng.normal()
    data = mean + rng.normal(size=2)
    return {"mean": mean, "log likelihood": stats.norm(mean).logpdf(data).sum()}, data


def quantities(mean, data):
    return {"mean": mean, "log likelihood": stats.norm(mean[:, None]).logpdf(data).sum(axis=1)}


def right(data, rng):
    return quantities(rng.normal(data.sum() / 3, 3**-0.5, 400), data)


def too_narrow(data, rng):
    return quantities(rng.normal(data.sum() / 3, 0.8 * 3**-0.5, 400), data)


def shifted(data, rng):
    return quantities(rng.normal(data.sum() / 3 + 0.15, 3**-0.5, 400), data)


def blind(data, rng):
    """The prior in place of the posterior: the ranks of the mean are uniform all the same."""
    return quantities(rng.normal(size=400), data)


def nothing(_data, _rng):
    return {}


def test_the_right_posterior_passes() -> None:
    done = calibrate(normal, right, replications=400, seed=1)
    assert done.passed
    assert done.quantities == ("mean", "log likelihood")
    assert len(done.ranks("mean")) == 400


@pytest.mark.parametrize("wrong", [too_narrow, shifted])
def test_a_wrong_posterior_is_caught(wrong) -> None:
    done = calibrate(normal, wrong, replications=600, seed=1)
    assert not done.passed
    assert done.worst[1] < LIMIT


def test_a_posterior_that_ignores_the_data_is_caught_by_the_likelihood_alone() -> None:
    """Modrak et al., section 2: no parameter can tell the prior from the posterior."""
    done = calibrate(normal, blind, replications=300, seed=1)
    assert done.p_values["mean"] > LIMIT
    assert done.p_values["log likelihood"] < LIMIT
    assert not done.passed


def test_ties_are_broken_at_random() -> None:
    """A coin and draws of a coin: without random ties no rank would be uniform."""

    def simulate(rng):
        return {"coin": float(rng.integers(2)), "one": 1.0}, None

    def fit(_data, rng):
        return {"coin": rng.integers(2, size=199), "one": np.ones(199)}

    done = calibrate(simulate, fit, replications=500, seed=3)
    assert done.passed
    assert rank(2.0, [1.0, 1.0, 3.0], np.random.default_rng(1)) == 2
    assert {rank(1.0, [1.0, 1.0], np.random.default_rng(seed)) for seed in range(20)} == {0, 1, 2}


def test_a_fit_that_fails_is_reported_and_none_is_dropped() -> None:
    def sometimes(data, rng):
        if data[0] > 2:
            raise ArithmeticError("too large")
        return right(data, rng)

    done = calibrate(normal, sometimes, replications=100, seed=1)
    assert len(done.replications) == 100
    assert 0 < len(done.failures) < 50
    assert done.failures[0].failure == "ArithmeticError: too large"
    assert len(done.ranks("mean")) == 100 - len(done.failures)
    assert min(done.p_values.values()) > LIMIT
    assert not done.passed
    assert not calibrate(normal, nothing, replications=3, seed=1).passed


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_number_that_is_none_is_a_failure(value) -> None:
    def simulate(_rng):
        return {"x": value}, 199

    def fit(size, _rng):
        return {"x": np.zeros(size)}

    assert "not a number" in replicate(0, simulate=simulate, fit=fit, seed=1).failure


def test_too_few_draws_are_a_failure() -> None:
    def simulate(_rng):
        return {"x": 0.0}, 198

    def fit(size, _rng):
        return {"x": np.zeros(size)}

    assert "199 draws are needed; the fit gave 198" in replicate(0, simulate=simulate, fit=fit, seed=1).failure


def test_a_warning_of_a_fit_is_kept_as_a_remark() -> None:
    def doubtful(data, rng):
        warnings.warn("R-hat 1.2", stacklevel=1)
        return right(data, rng)

    done = calibrate(normal, doubtful, replications=5, seed=1)
    assert [one.remarks for one in done.remarked] == [("R-hat 1.2",)] * 5
    assert not done.failures


def test_the_answer_does_not_depend_on_the_workers() -> None:
    alone = calibrate(normal, right, replications=10, seed=4)
    assert calibrate(normal, right, replications=5, seed=4).replications == alone.replications[:5]
    assert calibrate(normal, right, replications=10, seed=5) != alone
    simulate, fit = SimulateSearch(designs=(Design("small", (1, 1, 1)),)), FitByReweighting()
    two = calibrate(simulate, fit, replications=4, seed=4, workers=2)
    assert two == calibrate(simulate, fit, replications=4, seed=4)
    assert not two.failures


def test_p_values_of_uniform_ranks_are_uniform_and_rarely_below_the_limit() -> None:
    """1,000 sets of 300 uniform ranks: the doubled smaller p-value errs on the safe side, and not by much."""
    rng = np.random.default_rng(5)
    found = np.array([uniformity(rng.integers(0, 200, 300)) for _ in range(1000)])
    assert np.mean(found < 0.05) == pytest.approx(0.04, abs=0.02)
    assert (found < LIMIT).sum() <= 3


def test_progress_and_wrong_calls() -> None:
    seen = []
    calibrate(normal, right, replications=3, seed=1, progress=lambda done, todo: seen.append((done, todo)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(ValueError, match="at least 1"):
        calibrate(normal, right, replications=0, seed=1)


def test_a_calibration_by_hand() -> None:
    """Ranks that pile up at one end fail, by their own count."""
    piled = Calibration(tuple(Replication(i, {"x": 0}) for i in range(40)))
    assert piled.worst[0] == "x"
    assert not piled.passed
