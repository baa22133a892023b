"""The convergence figures are ArviZ's."""

import numpy as np
import pytest
from arviz_stats.base import array_stats
from scipy import stats

from offercast.inference.convergence import ess, normal_scores, pareto_k, split, worst


def chains(shape=(64, 64), memory=0.5, seed=1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    for t in range(1, shape[1]):
        x[:, t] += memory * x[:, t - 1]
    return x


CASES = {
    "many short": chains(),
    "few long": chains((4, 1000), 0.8),
    "with ties": np.round(chains(seed=2), 1),
    "apart": chains(seed=3) + 0.5 * (np.arange(64) < 8)[:, None],
    "antithetic": chains((4, 502), -0.6),
    "odd halves": chains((6, 34), 0.9),
}


@pytest.mark.parametrize("name", CASES)
def test_they_are_those_of_arviz(name: str) -> None:
    x = CASES[name]
    axes = {"chain_axis": 0, "draw_axis": 1}
    hat, bulk, tail = worst(x[None])
    assert hat == pytest.approx(float(array_stats.rhat(x, **axes)), rel=1e-12)
    assert bulk == pytest.approx(float(array_stats.ess(x, method="bulk", **axes)), rel=1e-9)
    assert tail == pytest.approx(float(array_stats.ess(x, method="tail", prob=(0.05, 0.95), **axes)), rel=1e-9)


def test_the_nested_r_hat_is_that_of_arviz() -> None:
    groups = np.repeat(np.arange(8), 8)
    for name in ("many short", "apart"):
        x = CASES[name]
        theirs = array_stats.rhat_nested(x, superchain_ids=groups, chain_axis=0, draw_axis=1)
        assert worst(x[None], 8)[0] == pytest.approx(float(theirs), rel=1e-12)


def test_the_worst_of_several_is_found() -> None:
    x = np.stack([CASES["many short"], CASES["apart"]])
    assert worst(x, 8)[0] == worst(x[1:], 8)[0] > worst(x[:1], 8)[0]


def test_ranks_of_ties_are_shared() -> None:
    """In the middle, at both ends of a row, of a whole row, and of none."""
    values = np.array([[1.0, 2.0, 2.0, 5.0], [3.0, 1.0, 1.0, 3.0], [2.0] * 4, [2.0] * 4, [4.0, 1.0, 3.0, 2.0]])
    expected = stats.norm.ppf((stats.rankdata(values, axis=1) - 3 / 8) / 4.25)
    scores, ordered = normal_scores(values)
    assert scores == pytest.approx(expected)
    assert (ordered == np.sort(values, axis=1)).all()


def test_independent_draws_count_in_full() -> None:
    x = np.random.default_rng(5).standard_normal((1, 8, 1000))
    assert ess(split(x))[0] == pytest.approx(8000, rel=0.1)


@pytest.mark.parametrize("k", [0.2, 0.5, 0.9])
def test_the_tail_of_pareto_weights_is_found(k: float) -> None:
    log_weights = k * np.random.default_rng(2).standard_exponential(100_000)
    assert pareto_k(log_weights) == pytest.approx(k, abs=0.1)
    assert pareto_k(log_weights) == pytest.approx(float(array_stats.psislw(-log_weights)[1]), abs=0.01)


def test_equal_weights_have_no_tail() -> None:
    assert pareto_k(np.zeros(1000)) == float("-inf")


def test_chains_that_share_their_numbers_count_once() -> None:
    """Eight equal chains in each of eight superchains hold an eighth of the draws that they seem to."""
    own = np.random.default_rng(4).standard_normal((1, 8, 64))
    shared = np.repeat(own, 8, axis=1)
    claimed, true = worst(shared, 8)[1], worst(shared, 8, together=True)[1]
    assert claimed > 3000
    assert true == pytest.approx(512, rel=0.35)
    apart = np.random.default_rng(5).standard_normal((1, 64, 64))
    assert worst(apart, 8, together=True)[1] == pytest.approx(4096, rel=0.35)
