"""A Gaussian stand-in for the likelihood, and the posterior that would follow from it.

With the likelihood of each step replaced by its second-order expansion at the posterior mode, the parameters are
jointly normal given the between-track scales, and the scales have a density in closed form up to a constant. The
sampler of `quick.py` proposes from this posterior and corrects by the true likelihood, so what is wrong with the
stand-in costs effective draws. Source: Rue, Martino and Chopin, JRSS B 71 (2009) 319-392, section 3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from offercast.inference.coordinates import LEVELS, Coordinates
from offercast.inference.likelihood import Likelihood
from offercast.inference.waits import Floats

Indices = np.ndarray

_ITERATIONS = 50
_CLOSE = 1e-4
_DIFFERENCE = 1e-5
_HALVINGS = 0.5 ** np.arange(8)
_LONGEST_STEP = 5.0
"""In logits or log days: further away the expansion means nothing."""
_OTHER_DAYS, _OTHER_SPREADS = (0.25, 1.0, 4.0, 16.0, 64.0), (0.25, 0.6, 1.5)
_CLEARLY, _BEGINNINGS = 0.1, 4
"""Median waits and shapes tried beside those found, what one must gain in log density, and how often a way begins."""


@dataclass(frozen=True)
class Expansion:
    """The likelihood to second order: of each active step by its own coordinates and the shared ones."""

    at: Floats
    """(coordinate,)"""
    touched: Indices
    """(active step, own + shared): the coordinates of each step"""
    slope: Floats
    """(active step, own + shared)"""
    curvature: Floats
    """(active step, own + shared, own + shared): minus the Hessian, cut to be positive semidefinite"""

    def terms(self, points: Floats) -> tuple[Floats, Floats]:
        """First and second order terms of each active step's log likelihood: two arrays (active step, point)."""
        away = (points - self.at[:, None])[self.touched]
        first = (self.slope[:, None, :] @ away)[:, 0]
        return first, -0.5 * ((self.curvature @ away) * away).sum(axis=1)

    def wider(self, share: float) -> Expansion:
        """The same expansion with a share (0 to 1) of its curvature: it has the same mode and heavier tails."""
        return replace(self, curvature=share * self.curvature)

    @cached_property
    def whole(self) -> tuple[Floats, Floats]:
        """Precision and linear term of the whole stand-in, as those of a normal density."""
        size = self.at.size
        precision, linear = np.zeros((size, size)), np.zeros(size)
        for touched, slope, curvature in zip(self.touched, self.slope, self.curvature, strict=True):
            precision[np.ix_(touched, touched)] += curvature
            linear[touched] += slope + curvature @ self.at[touched]
        return precision, linear


@dataclass(frozen=True)
class Laplace:
    """The stand-in's posterior: normal given the scales, with the scales' own density up to a constant."""

    coordinates: Coordinates
    expansion: Expansion
    scale_mean: Floats
    scale_sd: Floats
    """(effect,): the normal priors of the logarithms of the scales"""
    log_scale: Floats
    """(effect,): the mode of the stand-in's marginal density of the log scales"""

    def wider(self, share: float) -> Laplace:
        """The same with a share of the likelihood's curvature; see `Expansion.wider`."""
        return replace(self, expansion=self.expansion.wider(share))

    @cached_property
    def joint(self) -> tuple[Floats, Floats]:
        """Precision and linear term with the fixed priors, without those that depend on a scale."""
        precision, linear = (part.copy() for part in self.expansion.whole)
        fixed, weight = self.coordinates.fixed, self.coordinates.sd**-2.0
        precision[np.arange(fixed), np.arange(fixed)] += weight
        linear[:fixed] += weight * self.coordinates.mean
        return precision, linear

    @cached_property
    def fixed_factor(self) -> Floats:
        """Inverse of the lower Cholesky factor of the fixed coordinates' precision, given the others."""
        n = self.coordinates.fixed
        return np.linalg.inv(np.linalg.cholesky(self.joint[0][:n, :n]))

    @cached_property
    def fixed_given_scaled(self) -> tuple[Floats, Floats]:
        """The mean of the fixed coordinates is the first minus the second times the others."""
        n = self.coordinates.fixed
        precision, linear = self.joint
        covariance = self.fixed_factor.T @ self.fixed_factor
        return covariance @ linear[:n], covariance @ precision[:n, n:]

    @cached_property
    def scaled_alone(self) -> tuple[Floats, Floats]:
        """Precision and linear term of the scaled coordinates, the fixed ones integrated out, without their priors."""
        n = self.coordinates.fixed
        precision, linear = self.joint
        base, slope = self.fixed_given_scaled
        alone = precision[n:, n:] - precision[n:, :n] @ slope
        return (alone + alone.T) / 2, linear[n:] - precision[n:, :n] @ base

    def scaled_factors(self, log_scale: Floats) -> tuple[Floats, Floats, Floats]:
        """The scaled coordinates given log scales (set, effect), and how likely those scales are.

        Returns:
            The Cholesky factor L of their precision (set, scaled, scaled); half = L^-1 b, with b the linear term, so
            that their mean is L^-T half (set, scaled); the stand-in's log density of the scales, up to one constant
            (set,).
        """
        precision, linear = self.scaled_alone
        effect = self.coordinates.effect
        whole = np.broadcast_to(precision, (len(log_scale), *precision.shape)).copy()
        each = np.arange(effect.size)
        whole[:, each, each] += np.exp(-2.0 * log_scale[:, effect])
        factor = np.linalg.cholesky(whole)
        half = solve_lower(factor, np.broadcast_to(linear, log_scale.shape[:1] + linear.shape))
        standard = (log_scale - self.scale_mean) / self.scale_sd
        log_density = (
            0.5 * np.sum(half * half, axis=1)
            - np.sum(np.log(factor[:, each, each]), axis=1)
            - np.sum(log_scale[:, effect], axis=1)
            - 0.5 * np.sum(standard * standard, axis=1)
        )
        return factor, half, log_density

    def scale_slope(self, log_scale: Floats) -> Floats:
        """The derivative of the log density of the scales: (set, effect)."""
        factor, half, _ = self.scaled_factors(log_scale)
        second = solve_upper(factor, half) ** 2 + np.sum(np.linalg.inv(factor) ** 2, axis=1)
        effect = self.coordinates.effect
        slope = -(log_scale - self.scale_mean) / self.scale_sd**2
        for i in range(log_scale.shape[1]):
            mine = effect == i
            slope[:, i] += np.exp(-2.0 * log_scale[:, i]) * second[:, mine].sum(axis=1) - mine.sum()
        return slope

    def scale_curvature(self, log_scale: Floats) -> Floats:
        """Minus the Hessian of the log density of the scales, cut to be positive: (effect, effect)."""
        size = log_scale.size
        away = np.eye(size) * 1e-4
        slopes = self.scale_slope(np.concatenate([log_scale + away, log_scale - away]))
        hessian = (slopes[size:] - slopes[:size]) / 2e-4
        values, vectors = np.linalg.eigh((hessian + hessian.T) / 2)
        return (vectors * np.maximum(values, 0.2 * self.scale_sd.min() ** -2)) @ vectors.T


def solve_lower(factor: Floats, right: Floats) -> Floats:
    """Solve L x = b for many small lower triangular L (set, n, n) at once; b and x are (set, n)."""
    x = np.empty(right.shape)
    for i in range(right.shape[1]):
        x[:, i] = (right[:, i] - np.einsum("sj,sj->s", factor[:, i, :i], x[:, :i])) / factor[:, i, i]
    return x


def solve_upper(factor: Floats, right: Floats) -> Floats:
    """Solve L^T x = b for many small lower triangular L (set, n, n) at once; b and x are (set, n)."""
    x = np.empty(right.shape)
    for i in reversed(range(right.shape[1])):
        x[:, i] = (right[:, i] - np.einsum("sj,sj->s", factor[:, i + 1 :, i], x[:, i + 1 :])) / factor[:, i, i]
    return x


def expand(likelihood: Likelihood, coordinates: Coordinates, at: Floats, *, central: bool = True) -> Expansion:
    """Expand the log likelihood of each active step by differences of its gradient, central or (cheaper) forward."""
    size, steps = at.size, len(coordinates.own)
    away = _DIFFERENCE * np.eye(size)
    points = [at[:, None], at[:, None] + away] + ([at[:, None] - away] if central else [])
    rows = likelihood.with_gradient(np.concatenate(points, axis=1))[1]
    touched = np.concatenate(
        [coordinates.own, np.broadcast_to(coordinates.shared, (steps, coordinates.shared.size))], axis=1
    )
    slopes, curvatures = [], []
    for step, mine in enumerate(touched):
        of_step = likelihood.row_step == step
        gradient = likelihood.design[of_step][:, mine].T @ rows[of_step]
        after, before = gradient[:, 1 + mine], gradient[:, 1 + size + mine] if central else gradient[:, :1]
        hessian = (after - before) / (_DIFFERENCE * (1 + central))
        slopes.append(gradient[:, 0])
        curvatures.append(_positive(-(hessian + hessian.T) / 2))
    return Expansion(at, touched, np.array(slopes), np.array(curvatures))


def _positive(matrix: Floats) -> Floats:
    """The nearest positive semidefinite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, 0.0)) @ vectors.T


def find_mode(likelihood: Likelihood) -> Laplace:
    """Find the scales' marginal mode and, given it, the mode of everything else, by Newton steps in turn.

    A joint mode would fall into the neck at scales of zero; the marginal mode of the scales does not. Where all answers
    of a step came at once, fast waits and widely spread ones are modes apart, and the way from the prior may end at the
    lesser: other waits are then tried at every step, and a better one is where the way begins anew.
    """
    coordinates = likelihood.coordinates
    at = np.concatenate([coordinates.mean, np.zeros(coordinates.effect.size)])
    laplace = _climb(likelihood, at, likelihood.layout.scales[0])
    for _ in range(_BEGINNINGS - 1):
        elsewhere = _other_waits(likelihood, laplace.expansion.at)
        if elsewhere is None:
            break
        laplace = _climb(likelihood, elsewhere, laplace.log_scale)
    return laplace


def _climb(likelihood: Likelihood, at: Floats, log_scale: Floats) -> Laplace:
    """The mode that Newton steps from here lead to."""
    coordinates = likelihood.coordinates
    scale_mean, scale_sd = likelihood.layout.scales
    for _ in range(_ITERATIONS):
        expansion = expand(likelihood, coordinates, at, central=False)
        laplace = Laplace(coordinates, expansion, scale_mean, scale_sd, log_scale)
        next_scale = _best_scale(laplace) if coordinates.effect.size else log_scale
        goal = _centre(laplace, next_scale)
        next_at = _line_search(likelihood, coordinates, at, goal, next_scale)
        moved = max(np.abs(next_at - at).max(), np.abs(next_scale - log_scale).max())
        at, log_scale = next_at, next_scale
        if moved < _CLOSE:
            break
    return Laplace(coordinates, expand(likelihood, coordinates, at), scale_mean, scale_sd, log_scale)


def _other_waits(likelihood: Likelihood, at: Floats) -> Floats | None:
    """The point with another wait at each step where one is clearly better, all else equal; None if there is none."""
    coordinates = likelihood.coordinates
    grid = np.array([(np.log(days), np.log(spread)) for days in _OTHER_DAYS for spread in _OTHER_SPREADS]).T
    levels = coordinates.own[:, : len(LEVELS)]
    points = np.repeat(at[:, None], 2 * grid.shape[1] + 1, axis=1)
    for wait, some in ((2, slice(1, 1 + grid.shape[1])), (4, slice(1 + grid.shape[1], None))):
        points[levels[:, wait : wait + 2], some] = grid
    standard = (points[levels] - coordinates.mean[levels, None]) / coordinates.sd[levels, None]
    value = likelihood.by_step(points) - 0.5 * np.sum(standard**2, axis=1)
    best = np.argmax(value, axis=1)
    better = np.flatnonzero(np.max(value, axis=1) > value[:, 0] + _CLEARLY)
    if not better.size:
        return None
    found = at.copy()
    found[levels[better]] = points[levels[better], best[better][:, None]]
    return found


def _centre(laplace: Laplace, log_scale: Floats) -> Floats:
    """The mode of the stand-in's posterior given the scales."""
    base, slope = laplace.fixed_given_scaled
    if not laplace.coordinates.effect.size:
        return base
    factor, half, _ = laplace.scaled_factors(log_scale[None])
    scaled = solve_upper(factor, half)[0]
    return np.concatenate([base - slope @ scaled, scaled])


def _best_scale(laplace: Laplace) -> Floats:
    """A few damped Newton steps towards the mode of the log density of the scales."""
    log_scale = laplace.log_scale
    for _ in range(3):
        step = np.linalg.solve(laplace.scale_curvature(log_scale), laplace.scale_slope(log_scale[None])[0])
        log_scale = log_scale + np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-3:
            break
    return log_scale


def _line_search(
    likelihood: Likelihood, coordinates: Coordinates, at: Floats, goal: Floats, log_scale: Floats
) -> Floats:
    """The best of some points on the way to `goal`, by the true posterior given the scales."""
    step = goal - at
    step *= min(1.0, _LONGEST_STEP / np.abs(step).max())
    points = at[:, None] + step[:, None] * _HALVINGS
    fixed = coordinates.fixed
    standard = (points[:fixed] - coordinates.mean[:, None]) / coordinates.sd[:, None]
    scaled = points[fixed:] * np.exp(-log_scale[coordinates.effect])[:, None]
    value = likelihood.by_step(points).sum(axis=0)
    value -= 0.5 * (np.sum(standard**2, axis=0) + np.sum(scaled**2, axis=0))
    return points[:, int(np.nanargmax(value))]
