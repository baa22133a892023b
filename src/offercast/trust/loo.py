"""Leave-one-out: how well a model foretells each step of each application from all the others.

One step of one application is left out at a time. Those that share a cell of the evidence are alike, so each cell is
computed once and counted as often as it occurs. Source: Vehtari, Gelman and Gabry, Statistics and Computing 27 (2017)
1413-1432 (Pareto-smoothed importance sampling, by ArviZ).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from offercast.inference.density import of_kinds
from offercast.inference.likelihood import Likelihood, Predictors
from offercast.inference.posterior import Posterior
from offercast.inference.waits import Floats


@dataclass(frozen=True)
class LeaveOneOut:
    """Expected log predictive density of every cell (cell,), how often it occurs, and the tail of its weights.

    `total` is the sum over all steps of all applications; differences between models of the same evidence are what
    counts. `largest_k` above 0.7 would make a cell's figure doubtful.
    """

    each: Floats
    count: Floats
    k: Floats

    @property
    def total(self) -> float:
        """Sum over all steps of all applications, in nats."""
        return float(np.sum(self.count * self.each))

    @property
    def largest_k(self) -> float:
        """The largest Pareto k-hat of any cell."""
        return float(np.max(self.k))


def cell_log_likelihoods(posterior: Posterior) -> Floats:
    """Log likelihood of one application of each cell, in the order of `evidence.counted`: (cell, draw)."""
    evidence, found = posterior.evidence, []
    for cell, _ in evidence.counted:
        single = replace(evidence, cells={cell[:6]: 1.0}, by_group={cell: 1.0} if evidence.vary_by else {})
        at = of_kinds(posterior, np.array([[*cell[:3], cell[6]]]))
        given = Predictors(
            at.advance_logit.T,
            at.told_no_logit.T,
            at.advance_log_days.T,
            at.no_log_days.T,
            np.log(at.advance_shape).T,
            np.log(at.no_shape).T,
        )
        found.append(Likelihood(single, posterior.model).of_predictors(given)[0])
    return np.array(found)


def leave_one_out(posterior: Posterior) -> LeaveOneOut:
    """Estimate how well the model foretells what is left out, from the draws of a fit to everything.

    Two models are compared by the difference of their totals; `loo_difference` has its standard error.
    """
    from arviz_stats.base import array_stats

    log_likelihood = cell_log_likelihoods(posterior)
    each, tails = [], []
    for values in log_likelihood:
        log_weights, k = array_stats.psislw(values)  # it takes log likelihoods and weighs by their inverse
        each.append(np.logaddexp.reduce(log_weights + values) - np.logaddexp.reduce(log_weights))
        tails.append(float(k))
    count = np.array([count for _, count in posterior.evidence.counted])
    return LeaveOneOut(np.array(each), count, np.array(tails))


def loo_difference(one: LeaveOneOut, other: LeaveOneOut) -> tuple[float, float]:
    """Total of the first less total of the second, with its standard error; both of the same evidence."""
    gap = one.each - other.each
    size = one.count.sum()
    mean = np.sum(one.count * gap) / size
    variance = np.sum(one.count * (gap - mean) ** 2) / size
    return float(np.sum(one.count * gap)), float(np.sqrt(size * variance))
