"""Simulation-based calibration of anyone's model: are the ranks of the truth among its posterior draws uniform?

Draw a truth from the prior, data from the truth, and a posterior from the data. If all three belong to one model,
then the rank of each true quantity among L posterior draws is uniform on 0 ... L, whatever the quantity is, also where
it depends on the data. Sources: Talts et al., arXiv:1804.06788; Modrak et al., Bayesian Analysis 20 (2025) 461-488
(arXiv:2211.02383), for quantities of the data; Säilynoja et al., Statistics and Computing 32 (2022) 32.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from offercast.trust.parallel import in_order

DRAWS = 199
"""Posterior draws kept of a fit, L: 200 ranks."""

BINS = 20
LIMIT = 0.01 / 60
"""The smallest p that is no sign of a fault: 1 % shared between up to 60 quantities."""

Truth = Mapping[str, float]
Draws = Mapping[str, ArrayLike]
Simulate = Callable[[np.random.Generator], tuple[Truth, Any]]
"""Draws a truth and data: returns the true quantities by name, and the data that `Fit` takes."""
Fit = Callable[[Any, np.random.Generator], Draws]
"""Returns draws of the same quantities: for each name at least L numbers, in the sampler's order."""


@dataclass(frozen=True)
class Replication:
    """What one simulated data set gave: the rank of each quantity, what the fit warned of, or how it failed."""

    number: int
    ranks: Mapping[str, int]
    remarks: tuple[str, ...] = ()
    failure: str = ""


@dataclass(frozen=True)
class Calibration:
    """The ranks of many simulated data sets, and what they say of the model and its sampler."""

    replications: tuple[Replication, ...]
    draws: int = DRAWS
    limit: float = LIMIT

    @property
    def failures(self) -> tuple[Replication, ...]:
        """The data sets whose fit failed. None is dropped: with a failure the run as a whole has failed."""
        return tuple(one for one in self.replications if one.failure)

    @property
    def remarked(self) -> tuple[Replication, ...]:
        """The data sets whose fit warned of something; their ranks count like any others."""
        return tuple(one for one in self.replications if one.remarks)

    @property
    def quantities(self) -> tuple[str, ...]:
        """The names of the quantities, in the order in which the fits give them."""
        return tuple(next((one.ranks for one in self.replications if not one.failure), {}))

    def ranks(self, quantity: str) -> NDArray[np.int64]:
        """The ranks of one quantity, from 0 to `draws`."""
        return np.array([one.ranks[quantity] for one in self.replications if not one.failure])

    @property
    def p_values(self) -> dict[str, float]:
        """The p-value of each quantity; see `uniformity`."""
        return {name: uniformity(self.ranks(name), self.draws) for name in self.quantities}

    @property
    def worst(self) -> tuple[str, float]:
        """The quantity with the smallest p-value, and that p-value."""
        p_values = self.p_values
        name = min(p_values, key=p_values.__getitem__)
        return name, p_values[name]

    @property
    def passed(self) -> bool:
        """Whether no fit failed and no quantity's p-value is below the limit."""
        return bool(self.quantities) and not self.failures and self.worst[1] >= self.limit


def uniformity(ranks: ArrayLike, draws: int = DRAWS) -> float:
    """The p-value of ranks that should be uniform on 0 ... `draws`: twice the smaller of two, at most 1.

    One test is chi-square on 20 bins of equal width (fewer below 100 ranks, so that five are expected in each), which
    sees any shape; the other is that of Kolmogorov and Smirnov on (rank + u) / (draws + 1) with u uniform, which sees
    shifts sooner. Doubling the smaller one keeps the error rate (Bonferroni). The u come from a fixed seed: the same
    ranks give the same answer.

    >>> uniformity(np.arange(200).repeat(5))
    1.0
    >>> uniformity(np.arange(100).repeat(10)) < 1e-6
    True
    """
    from scipy import stats

    found = np.asarray(ranks)
    at = (found + np.random.default_rng(0).random(found.shape)) / (draws + 1)
    bins = max(2, min(BINS, found.size // 5))
    shape = stats.chisquare(np.histogram(at, bins=bins, range=(0.0, 1.0))[0]).pvalue
    shift = stats.kstest(at, "uniform").pvalue
    return float(min(1.0, 2.0 * min(shape, shift)))


def rank(truth: float, draws: ArrayLike, rng: np.random.Generator) -> int:
    """How many draws lie below the truth; draws equal to it are put on either side at random.

    >>> rank(2.5, [1.0, 2.0, 3.0], np.random.default_rng(1))
    2
    """
    values = np.asarray(draws, dtype=float)
    if not np.isfinite(truth) or np.isnan(values).any():
        raise ValueError("a quantity is not a number.")
    return int(np.sum(values < truth) + rng.integers(0, np.sum(values == truth) + 1))


def calibrate(
    simulate: Simulate,
    fit: Fit,
    *,
    replications: int,
    seed: int,
    draws: int = DRAWS,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Calibration:
    """Run simulation-based calibration of a model and the sampler that fits it.

    Replication r takes its random numbers from SeedSequence(seed, spawn_key=(r,)), apart for the simulation, the fit
    and the ties, so that the answer does not depend on the number of workers.

    Args:
        simulate: draws a truth from the prior and data from it.
        fit: returns posterior draws; more than `draws` of them are thinned evenly. What it raises is kept as a
            failure, what it warns of (`warnings.warn`) as a remark.
        replications: how many data sets; 1,000 tell a shift of a tenth of a posterior sd.
        seed: of everything.
        draws: L, the draws that a truth is ranked among; they should be nearly independent.
        workers: processes, with one thread each. With more than one, `simulate` and `fit` must be picklable.
        progress: called with the replications done and those to do.

    >>> def simulate(rng):
    ...     mean = rng.normal()
    ...     return {"mean": mean}, mean + rng.normal()
    >>> def fit(data, rng):  # the posterior of a normal mean is known
    ...     return {"mean": rng.normal(data / 2, 0.5**0.5, 400)}
    >>> calibrate(simulate, fit, replications=100, seed=1).passed
    True
    """
    if replications < 1 or draws < 1 or workers < 1:
        raise ValueError("replications, draws and workers must be at least 1.")
    one = partial(replicate, simulate=simulate, fit=fit, seed=seed, draws=draws)
    found = []
    for done in in_order(one, replications, workers=workers):
        found.append(done)
        if progress:
            progress(len(found), replications)
    return Calibration(tuple(found), draws)


def replicate(number: int, *, simulate: Simulate, fit: Fit, seed: int, draws: int = DRAWS) -> Replication:
    """Simulate, fit and rank one data set."""
    streams = np.random.SeedSequence(seed, spawn_key=(number,)).spawn(3)
    for_simulation, for_fit, for_ties = (np.random.default_rng(stream) for stream in streams)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            truth, data = simulate(for_simulation)
            drawn = fit(data, for_fit)
            ranks = {name: rank(value, _thin(drawn[name], draws), for_ties) for name, value in truth.items()}
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported, and the run has failed
            return Replication(number, {}, failure=f"{type(error).__name__}: {error}")
    return Replication(number, ranks, tuple(str(warning.message) for warning in caught))


def _thin(drawn: ArrayLike, draws: int) -> NDArray[np.float64]:
    values = np.asarray(drawn, dtype=float).ravel()
    if values.size < draws:
        raise ValueError(f"{draws} draws are needed; the fit gave {values.size}.")
    return values[(np.arange(draws) * values.size) // draws]
