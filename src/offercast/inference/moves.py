"""The proposals of the quick engine, drawn from a stand-in's posterior (see `laplace.py`)."""

from __future__ import annotations

import numpy as np

from offercast.inference.coordinates import LEVELS
from offercast.inference.laplace import Laplace, solve_lower, solve_upper
from offercast.inference.layout import EFFECTS
from offercast.inference.waits import Floats

DEGREES = 20
"""Of freedom of the scales' proposal, a t law a little wider than their marginal density."""
TUNING_DRAWS = 512
_EACH = EFFECTS.index("advance_step")
_BLOCKS = (0, 1, 2, 2, 3, 3)
"""Of the levels of a step: its two chances, and the two numbers of each of its two waits."""
_SPREAD = 0.7
"""Sd of the logarithm of the length of a step of the walks."""


class WholeMove:
    """Draws everything from the stand-in's posterior."""

    def __init__(self, laplace: Laplace, rng: np.random.Generator) -> None:
        self.laplace = laplace
        self.scaled = laplace.coordinates.effect.size
        self.centre, self.factor = laplace.scale_mean, np.diag(laplace.scale_sd)
        if self.scaled:
            self.centre = laplace.log_scale
            self.factor = np.linalg.cholesky(np.linalg.inv(laplace.scale_curvature(laplace.log_scale)))
            self._fit_scales(rng)

    def _fit_scales(self, rng: np.random.Generator) -> None:
        """Give the proposal the mean and the covariance of the stand-in's marginal density, by importance sampling."""
        drawn, log_proposal = self._draw_scales(TUNING_DRAWS, rng)
        log_weight = self.laplace.scaled_factors(drawn)[2] - log_proposal
        weight = np.exp(log_weight - log_weight.max())
        weight /= weight.sum()
        self.centre = weight @ drawn
        away = drawn - self.centre
        self.factor = np.linalg.cholesky(away.T @ (away * weight[:, None]))

    def _draw_scales(self, size: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Log scales (size, effect), and the log density of their proposal, up to a constant (size,)."""
        normal = rng.standard_normal((size, self.centre.size))
        divisor = rng.chisquare(DEGREES, size) / DEGREES
        square = np.sum(normal * normal, axis=1) / divisor
        drawn = self.centre + (normal / np.sqrt(divisor)[:, None]) @ self.factor.T
        return drawn, self._log_proposal(square)

    def _log_proposal(self, square: Floats) -> Floats:
        """Log of the t density, up to a constant, at a squared distance from the centre in units of the factor."""
        return -0.5 * (DEGREES + self.centre.size) * np.log1p(square / DEGREES)

    def log_scales(self, log_scale: Floats) -> Floats:
        """Log of the stand-in's density of scales (effect, n) over that of their proposal, up to a constant: (n,)."""
        away = np.linalg.solve(self.factor, log_scale - self.centre[:, None])
        return self.laplace.scaled_factors(log_scale.T)[2] - self._log_proposal(np.sum(away * away, axis=0))

    def draw(self, size: int, rng: np.random.Generator, share: int = 1) -> tuple[Floats, Floats, Floats]:
        """Log scales (effect, size), points (coordinate, size), and the scales' own log weights (size,).

        Each set of scales serves `share` points.
        """
        laplace, fixed = self.laplace, self.laplace.coordinates.fixed
        base, slope = laplace.fixed_given_scaled
        points = np.empty((laplace.coordinates.places.size, size))
        points[:fixed] = base[:, None] + laplace.fixed_factor.T @ rng.standard_normal((fixed, size))
        log_scale, log_proposal = self._draw_scales(-(-size // share), rng)
        weight = np.zeros(len(log_scale))
        if self.scaled:
            factor, half, log_density = laplace.scaled_factors(log_scale)
            weight = log_density - log_proposal
            noise = half[:, None] + rng.standard_normal((len(factor), share, self.scaled))
            scaled = solve_upper(np.repeat(factor, share, axis=0), noise.reshape(-1, self.scaled))
            points[fixed:] = scaled[:size].T
            points[:fixed] -= slope @ points[fixed:]
        return np.repeat(log_scale, share, axis=0)[:size].T.copy(), points, np.repeat(weight, share)[:size]


class StepMove:
    """Draws the parameters of every single step from the stand-in's posterior, given all others and the scales."""

    def __init__(self, laplace: Laplace) -> None:
        self.laplace = laplace
        own, shared = laplace.coordinates.own, laplace.coordinates.shared
        precision, linear = laplace.joint
        levels = len(LEVELS)
        self.by_shared = precision[own[:, :, None], shared[None, None, :]]
        alone = precision[own[:, :, None], own[:, None, :]]
        factor = np.linalg.inv(np.linalg.cholesky(alone[:, :levels, :levels]))
        self.factor = factor.transpose(0, 2, 1)
        self.covariance = self.factor @ factor
        cross = alone[:, :levels, levels:]
        self.follow = self.covariance @ cross
        left = alone[:, levels:, levels:] - cross.transpose(0, 2, 1) @ self.follow
        values, self.axes = np.linalg.eigh(left)
        self.values = np.maximum(values, 0.0)[:, :, None]
        self.linear = linear[own][:, :, None]

    def draw(self, log_scale: Floats, points: Floats, rng: np.random.Generator) -> Floats:
        """New points (coordinate, chain): the own coordinates of all steps are new, the shared ones as they were."""
        coordinates, levels, chains = self.laplace.coordinates, len(LEVELS), points.shape[1]
        linear = self.linear - self.by_shared @ points[coordinates.shared]
        new = self.covariance @ linear[:, :levels] + self.factor @ rng.standard_normal((len(linear), levels, chains))
        if linear.shape[1] > levels:
            of_contrasts = linear[:, levels:] - self.follow.transpose(0, 2, 1) @ linear[:, :levels]
            weight = self.values + np.exp(-2.0 * log_scale[_EACH])
            turned = self.axes.transpose(0, 2, 1) @ of_contrasts / weight
            turned += rng.standard_normal(weight.shape) / np.sqrt(weight)
            contrasts = self.axes @ turned
            new = np.concatenate([new - self.follow @ contrasts, contrasts], axis=1)
        points = points.copy()
        points[coordinates.own.ravel()] = new.reshape(-1, chains)
        return points


class SharedMove:
    """Draws what all steps have in common from the stand-in's posterior, given the steps' own and the scales."""

    def __init__(self, laplace: Laplace) -> None:
        self.coordinates = laplace.coordinates
        precision, linear = laplace.joint
        shared, own = self.coordinates.shared, self.coordinates.own.ravel()
        self.alone, self.by_own = precision[np.ix_(shared, shared)], precision[np.ix_(shared, own)]
        self.linear = linear[shared]
        self.scaled = np.flatnonzero(shared >= self.coordinates.fixed)
        self.effect = self.coordinates.effect[shared[self.scaled] - self.coordinates.fixed]

    def draw(self, log_scale: Floats, points: Floats, rng: np.random.Generator) -> Floats:
        """New points (coordinate, chain): the shared coordinates are new, those of the steps as they were."""
        chains, size = points.shape[1], len(self.alone)
        precision = np.broadcast_to(self.alone, (chains, size, size)).copy()
        precision[:, self.scaled, self.scaled] += np.exp(-2.0 * log_scale[self.effect].T)
        factor = np.linalg.cholesky(precision)
        linear = self.linear[:, None] - self.by_own @ points[self.coordinates.own.ravel()]
        noise = solve_lower(factor, linear.T) + rng.standard_normal((chains, size))
        points = points.copy()
        points[self.coordinates.shared] = solve_upper(factor, noise).T
        return points


class FreeMove:
    """Moves some of the own coordinates of every single step without heed to the stand-in.

    In each step and chain it is chance what is moved: a chance, both numbers of a wait, the contrasts, or all of them
    together; and how: anew from the prior, or by a step of a random walk, short or long. The stand-in gives but the
    length of the steps. So where the posterior has more mass than the stand-in knows of, along ridges and in tails,
    chains go in, and out again. Source of the middle length: Roberts, Gelman and Gilks, Annals of Applied Probability 7
    (1997) 110-120.
    """

    def __init__(self, laplace: Laplace) -> None:
        self.coordinates = laplace.coordinates
        own, fixed = self.coordinates.own, self.coordinates.fixed
        precision = laplace.joint[0].copy()
        scaled = np.arange(fixed, len(precision))
        precision[scaled, scaled] += np.exp(-2.0 * laplace.log_scale[self.coordinates.effect])
        alone = precision[own[:, :, None], own[:, None, :]]
        contrasts = own.shape[1] - len(LEVELS)
        self.block = np.array([*_BLOCKS, *[max(_BLOCKS) + 1] * contrasts])
        self.factors = [self._factor(alone * (self.block[:, None] == self.block), np.bincount(self.block)[self.block])]
        self.factors.append(self._factor(alone, np.full(own.shape[1], own.shape[1])))
        self.mean, self.sd = (of[own[:, : len(LEVELS)], None] for of in (self.coordinates.mean, self.coordinates.sd))

    @staticmethod
    def _factor(precision: Floats, size: np.ndarray) -> Floats:
        """Turns noise into steps: (active step, own, own)."""
        return 2.38 / np.sqrt(size)[:, None] * np.linalg.inv(np.linalg.cholesky(precision)).transpose(0, 2, 1)

    def draw(self, log_scale: Floats, points: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """New points (coordinate, chain), and what the priors add to the log ratio (active step, chain)."""
        own, levels, each = self.coordinates.own, len(LEVELS), (len(self.coordinates.own), 1, points.shape[1])
        here = points[own]
        choice = rng.integers(2 * (self.block[-1] + 1), size=each)
        together = choice > self.block[-1]  # half of the moves are steps of all coordinates together
        chosen = (choice == self.block[:, None]) & ~together
        anew = chosen & (rng.random(each) < 0.5) & (np.arange(own.shape[1]) < levels)[:, None]
        noise = rng.standard_normal(here.shape)
        steps = [factor @ noise for factor in self.factors]
        length = np.exp(_SPREAD * rng.standard_normal(each))
        new = here + length * np.where(together, steps[1], np.where(chosen & ~anew, steps[0], 0.0))
        drawn = self.mean + self.sd * noise[:, :levels]
        new[:, :levels] = np.where(anew[:, :levels], drawn, new[:, :levels])
        by_prior = np.where(anew.any(axis=1), 0.0, self._log_prior(log_scale, new) - self._log_prior(log_scale, here))
        points = points.copy()
        points[own.ravel()] = new.reshape(-1, points.shape[1])
        return points, by_prior

    def _log_prior(self, log_scale: Floats, own: Floats) -> Floats:
        """Log prior density of own coordinates (active step, own, chain), up to a constant: (active step, chain)."""
        standard = (own[:, : len(LEVELS)] - self.mean) / self.sd
        scaled = own[:, len(LEVELS) :] * np.exp(-log_scale[_EACH])
        return -0.5 * (np.sum(standard * standard, axis=1) + np.sum(scaled * scaled, axis=1))


class StretchMove:
    """A step of one scale, with all that it multiplies stretched along: the way through a neck or a wide mouth.

    What is multiplied keeps its place in units of the scale, so only the likelihood and the scale's own prior decide
    (a Metropolis step in the non-centred coordinates). Source: Papaspiliopoulos, Roberts and Sköld, Statistical Science
    22 (2007) 59-73.
    """

    def __init__(self, laplace: Laplace) -> None:
        self.coordinates = laplace.coordinates
        self.mean, self.sd = laplace.scale_mean[:, None], laplace.scale_sd[:, None]
        self.effects = np.unique(self.coordinates.effect)

    def draw(self, log_scale: Floats, points: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """New log scales (effect, chain) and points (coordinate, chain); each chain changes one of its scales."""
        chains = points.shape[1]
        chosen = self.effects[rng.integers(self.effects.size, size=chains)]
        step = self.sd[chosen, 0] * np.exp(_SPREAD * rng.standard_normal(chains)) * rng.standard_normal(chains)
        log_scale, points = log_scale.copy(), points.copy()
        log_scale[chosen, np.arange(chains)] += step
        points[self.coordinates.fixed :] *= np.where(self.coordinates.effect[:, None] == chosen, np.exp(step), 1.0)
        return log_scale, points

    def log_prior(self, log_scale: Floats) -> Floats:
        """Log prior density of the scales, up to a constant: (chain,)."""
        return -0.5 * np.sum(((log_scale - self.mean) / self.sd) ** 2, axis=0)
