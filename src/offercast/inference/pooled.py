"""Partial pooling in closed form: the hierarchical Beta-Binomial of one step over tracks, on answered applications.

No sampler: two-dimensional quadrature over the two parameters that the tracks have in common. It leaves silence out,
as the independent baseline does, so it is an oracle where every answer is known, and a baseline elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offercast.errors import CommandError, did_you_mean
from offercast.evidence.evidence import Evidence
from offercast.inference.independent import answered_counts
from offercast.inference.waits import Floats

_GRID = 240
_FIRST_LOOK = 60
_LARGEST_LOG_SIZE = 16.0
_ROOM = 12.0
"""Of log density below the mode: what the grid leaves out is e^-12 of it at its edges."""


@dataclass(frozen=True)
class PooledRates:
    """Posterior means of the Beta law between tracks, and of each track's own rate.

    `alpha` and `beta` are the means of its two parameters (infinite where the tracks are as alike as chance makes
    them: no amount of likeness is then ruled out), `rates` and `rate_sds` (track,) mean and sd of each track's
    chance to advance, `common` the mean of alpha / (alpha + beta).
    """

    tracks: tuple[str, ...]
    alpha: float
    beta: float
    common: float
    rates: Floats
    rate_sds: Floats


def pooled_rates(evidence: Evidence, step: str) -> PooledRates:
    """Estimate one step's rate for every track, each shrunk towards what the tracks have in common.

    Of the n answered applications of a track y advanced: y ~ Binomial(n, p), p ~ Beta(alpha, beta), with the prior
    p(alpha, beta) proportional to (alpha + beta)^(-5/2). Source: Gelman et al., Bayesian Data Analysis, 3rd ed.,
    section 5.3.

    Args:
        evidence: from `gather`.
        step: the id of a step, such as "applied->response".

    Raises:
        CommandError: no such step, or no answered application at it in at least two tracks.
    """
    from scipy.special import betaln

    if step not in evidence.steps:
        raise CommandError(f'there is no step "{step}". {did_you_mean(step, evidence.steps)}')
    advanced, told_no = (counts[:, evidence.steps.index(step)] for counts in answered_counts(evidence))
    if np.count_nonzero(advanced + told_no) < 2:
        raise CommandError(f'"{step}" was answered in fewer than two tracks: there is nothing to pool.')

    def log_density(logit: Floats, log_size: Floats) -> tuple[Floats, Floats, Floats]:
        """Log posterior on a grid of logit(alpha / (alpha + beta)) and log(alpha + beta), and the grid's values."""
        size = np.exp(log_size)[None, :]
        alpha = size / (1.0 + np.exp(-logit))[:, None]
        beta = size - alpha
        value = np.log(alpha) + np.log(beta) - 2.5 * np.log(size)  # the prior, times the Jacobian alpha * beta
        for y, n in zip(advanced, told_no, strict=True):
            value = value + betaln(alpha + y, beta + n) - betaln(alpha, beta)
        return value, alpha, beta

    rough = (np.linspace(-12.0, 12.0, 4 * _FIRST_LOOK), np.linspace(-6.0, _LARGEST_LOG_SIZE, _FIRST_LOOK))
    value = log_density(*rough)[0]
    near = value > value.max() - _ROOM
    edges = [
        (grid[near.any(axis=1 - axis)].min(), grid[near.any(axis=1 - axis)].max()) for axis, grid in enumerate(rough)
    ]
    steps = [grid[1] - grid[0] for grid in rough]
    fine = [np.linspace(low - gap, high + gap, _GRID) for (low, high), gap in zip(edges, steps, strict=True)]
    value, alpha, beta = log_density(*fine)
    weight = np.exp(value - value.max())
    weight /= weight.sum()

    bounded = edges[1][1] < _LARGEST_LOG_SIZE

    def mean(quantity: Floats) -> float:
        return float(np.sum(weight * quantity))

    rates, squares = [], []
    for y, n in zip(advanced, told_no, strict=True):
        total = alpha + beta + y + n
        rates.append(mean((alpha + y) / total))
        squares.append(mean((alpha + y) * (alpha + y + 1.0) / (total * (total + 1.0))))
    found = np.array(rates)
    return PooledRates(
        tracks=evidence.tracks,
        alpha=mean(alpha) if bounded else float("inf"),
        beta=mean(beta) if bounded else float("inf"),
        common=mean(alpha / (alpha + beta)),
        rates=found,
        rate_sds=np.sqrt(np.array(squares) - found**2),
    )
