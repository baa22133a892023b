"""Convergence of many chains: rank-normalised (nested) R-hat, bulk and tail effective sample size, Pareto k-hat.

The same figures as ArviZ's, without its import (which costs more than a whole fit), for all quantities at once; a
test compares the two. Sources: Vehtari et al., Bayesian Analysis 16 (2021) 667-718; Margossian et al., Bayesian
Analysis 20 (2025), "Nested R-hat"; Vehtari et al., JMLR 25 (2024) 72, for k-hat.
"""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

import numpy as np

from offercast.inference.waits import Floats

TAILS = (0.05, 0.95)
"""The quantiles whose effective sample size is that of the tails."""


@cache
def _scores(size: int) -> Floats:
    """Normal scores of the average ranks 1, 1.5, 2 ... of so many values."""
    inverse = NormalDist().inv_cdf
    return np.array([inverse((rank / 2 - 3 / 8) / (size + 1 / 4)) for rank in range(2, 2 * size + 1)])


def normal_scores(values: Floats) -> tuple[Floats, Floats]:
    """Values (quantity, draw) as normal scores of their ranks among all draws (ties share a rank); and sorted.

    >>> normal_scores(np.array([[3.0, 1.0, 2.0]]))[0].round(2).tolist()
    [[0.87, -0.87, 0.0]]
    """
    rows, size = values.shape
    order = np.argsort(values, axis=1) + size * np.arange(rows)[:, None]
    ordered = values.ravel()[order]
    ranked = np.broadcast_to(_scores(size)[::2], values.shape)
    tied = np.zeros(values.shape, dtype=bool)  # with the next one; never the last of a row, so that no run leaves it
    np.equal(ordered[:, 1:], ordered[:, :-1], out=tied[:, :-1])
    same = np.flatnonzero(tied)
    if same.size:
        ranked = ranked.copy()
        starts = np.flatnonzero(np.diff(same, prepend=-2) > 1)
        lengths = np.diff(starts, append=same.size) + 1
        first = same[starts]
        members = np.repeat(first - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
        ranked.ravel()[members] = np.repeat(_scores(size)[2 * (first % size) + lengths - 1], lengths)
    scores = np.empty_like(values)
    scores.ravel()[order] = ranked
    return scores, ordered


def split(draws: Floats) -> Floats:
    """Cut every chain in two halves: (quantity, chain, draw) becomes (quantity, 2 chain, draw // 2)."""
    quantities, chains, size = draws.shape
    half = size // 2
    halves = np.stack([draws[:, :, :half], draws[:, :, size - half :]], axis=2)
    return halves.reshape(quantities, 2 * chains, half)


def ess(chains: Floats) -> Floats:
    """Effective sample size of the mean of each quantity (quantity, chain, draw), chains already split.

    Geyer's initial monotone sequence, as in Vehtari et al. (2021), appendix A.
    """
    quantities, count, size = chains.shape
    centred = chains - chains.mean(axis=2, keepdims=True)
    length = 1 << (2 * size - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, length)) ** 2
    autocovariance = np.fft.irfft(power.mean(axis=1), length)[:, :size] / size
    within = autocovariance[:, 0] * size / (size - 1)
    total = within * (size - 1) / size
    if count > 1:
        total = total + chains.mean(axis=2).var(axis=1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        rho = 1.0 - (within[:, None] - autocovariance) / total[:, None]
    rho[:, 0] = 1.0
    pairs = rho[:, : size - size % 2].reshape(quantities, -1, 2).sum(axis=2)
    kept = np.logical_and.accumulate(pairs > 0.0, axis=1)
    kept[:, max((size - 3) // 2, 1) :] = False
    monotone = np.minimum.accumulate(np.where(kept, pairs, np.inf), axis=1)
    time = -1.0 + 2.0 * np.where(kept, monotone, 0.0).sum(axis=1)
    number = kept.sum(axis=1)
    after = np.take_along_axis(rho, np.minimum(2 * number, size - 1)[:, None], axis=1)[:, 0]
    time += np.maximum(after, 0.0)
    draws = count * size
    return draws / np.maximum(time, 1.0 / np.log10(draws))


def r_hat(chains: Floats, superchains: int) -> Floats:
    """(Nested) R-hat of each quantity (quantity, chain, draw): chains of one superchain started at one point.

    With as many superchains as chains it is the ordinary R-hat.
    """
    quantities, count, size = chains.shape
    means, within = chains.mean(axis=2), chains.var(axis=2, ddof=1)
    grouped = means.reshape(quantities, superchains, -1)
    between = grouped.mean(axis=2).var(axis=1, ddof=1)
    if superchains == count:
        return np.sqrt((size - 1) / size + between / within.mean(axis=1))
    inside = within.reshape(grouped.shape).mean(axis=2) + grouped.var(axis=2, ddof=1)
    return np.sqrt(1.0 + between / inside.mean(axis=1))


def worst(draws: Floats, superchains: int | None = None, *, together: bool = False) -> tuple[float, float, float]:
    """The largest R-hat, and the smallest bulk and tail effective sample sizes, of draws (quantity, chain, draw).

    Without superchains every half of a chain stands for itself. R-hat is the larger of that of the ranks and that of
    the ranks of the distances from the median. `together`: the chains of a superchain were proposed some numbers in
    common, so that their draws are alike; the sample sizes are then judged by the superchains' means.
    """
    quantities, count, _ = draws.shape
    pieces = split(draws)
    flat = pieces.reshape(quantities, -1)
    ranked, ordered = normal_scores(flat)
    far, _ = normal_scores(np.abs(flat - _quantile(ordered, 0.5)))
    groups = superchains or 2 * count
    hats = [r_hat(scores.reshape(pieces.shape), groups) for scores in (ranked, far)]
    measures = [ranked, *((flat <= _quantile(ordered, tail)).astype(float) for tail in TAILS)]
    sizes = [ess(values.reshape(pieces.shape)) for values in measures]
    if together and superchains:
        grouped = [of_superchains(values.reshape(pieces.shape), superchains) for values in measures]
        sizes = [np.minimum(*pair) for pair in zip(sizes, grouped, strict=True)]
    bulk, *tails = (float(np.min(size)) for size in sizes)
    return float(np.max(hats)), bulk, min(tails)


def of_superchains(chains: Floats, superchains: int) -> Floats:
    """Effective sample size of each quantity's mean (quantity, chain, draw) where chains of a superchain are alike.

    The variance of the superchains' means, against that of single draws, says how alike they are.
    """
    quantities, count, size = chains.shape
    halves = chains.reshape(quantities, superchains, count // (2 * superchains), 2, size)
    means = halves.mean(axis=2).reshape(quantities, 2 * superchains, size)
    with np.errstate(divide="ignore", invalid="ignore"):
        alike = chains.var(axis=(1, 2)) / means.var(axis=(1, 2))
    return ess(means) * alike


def _quantile(ordered: Floats, share: float) -> Floats:
    """The quantile of sorted values (quantity, draw), by linear interpolation: (quantity, 1)."""
    place = share * (ordered.shape[1] - 1)
    below = int(place)
    above = min(below + 1, ordered.shape[1] - 1)
    low, high = ordered[:, below, None], ordered[:, above, None]
    return low + (place - below) * (high - low)


def pareto_k(log_weights: Floats) -> float:
    """How heavy the tail of importance weights is: below 0.7 they can be relied upon (Zhang and Stephens' fit).

    Source of the estimator: Zhang and Stephens, Technometrics 51 (2009) 316-325, with the weak prior of JMLR 25
    (2024) 72, appendix G.

    >>> rng = np.random.default_rng(1)
    >>> 0.3 < pareto_k(0.5 * rng.standard_exponential(20_000)) < 0.7
    True
    """
    ordered = np.sort(log_weights - np.max(log_weights))
    number = min(len(ordered) // 5, int(3 * np.sqrt(len(ordered))))
    cut = np.exp(ordered[-number - 1])
    excess = np.exp(ordered[-number:]) - cut
    if number < 5 or excess[-1] <= 0.0:
        return float("-inf")
    grid = 30 + int(np.sqrt(number))
    index = np.arange(1, grid + 1)
    theta = 1.0 / excess[-1] + (1.0 - np.sqrt(grid / (index - 0.5))) / (3.0 * max(excess[number // 4], 1e-300))
    shape = np.log1p(-theta[:, None] * excess).mean(axis=1)
    profile = number * (np.log(-theta / shape) - shape - 1.0)
    weight = np.exp(profile - np.logaddexp.reduce(profile))
    k = float(np.log1p(-np.sum(weight * theta) * excess).mean())
    return (number * k + 10 * 0.5) / (number + 10)
