"""The law of one wait at all the places where the evidence needs it, for many points at once.

Exponentials and logarithms are most of what a likelihood costs, so both are taken as seldom as the numbers allow: the
odds of a log-logistic law are a product of a part by site and a part by step and edge, and the chances of several
intervals with one count are multiplied before one logarithm is taken. Where a product could leave the range of the
numbers, the plain way is gone instead; both ways give the same to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from offercast.inference.tabulate import Cause, Indices
from offercast.inference.waits import FAMILIES, LOG_LOGISTIC, Floats

TINY, _SMALL = 1e-300, 1e-270
"""Stand for a chance that is smaller than any number: of an interval, and of an end by the horizon. The second must be
much the larger: were both one, answers that can hardly come by the horizon would look certain where they came."""
_MODERATE, _HUGE = 100.0, 500.0
"""Exponents up to which odds are multiplied from parts, and the exponent of the odds against a wait of 0 days: so
large that it makes no difference to any chance."""
_TOGETHER = 8
"""Chances that are multiplied before their logarithm is taken."""
_SAFE = 1e-290
"""No factor (each at most 1) of a product above this has lost a digit."""


@dataclass(frozen=True)
class Edges:
    """The places of a cause as pairs of a site and of an edge; several tracks share the edges of a step."""

    of_place: Indices
    """(place,)"""
    log_days: Floats
    """(edge, 1)"""
    step: Indices
    """(edge,)"""
    at_once: np.ndarray
    """(edge, 1): whether it is a wait of 0 days"""
    site_step: Indices
    """(site,)"""

    @classmethod
    def of(cls, cause: Cause) -> Edges:
        """The distinct edges of each step."""
        pairs = np.stack([cause.step, cause.log_days[:, 0]], axis=1)
        edges, of_place = np.unique(pairs, axis=0, return_inverse=True)
        at_once = edges[:, 1:] < -_HUGE
        log_days = np.where(at_once, 0.0, edges[:, 1:])
        return cls(of_place.reshape(-1), log_days, edges[:, 0].astype(int), at_once, cause.step[cause.horizon])


@dataclass(frozen=True)
class Bundles:
    """Adds up counts times logarithms of chances, by step, with one logarithm for several chances of one count."""

    places: Indices
    """(factor * bundle,): which chance each factor is; the place behind the last one stands for 1"""
    adder: Floats
    """(step, bundle)"""
    alone: Floats
    """(step, chance): the same without bundles"""

    @classmethod
    def of(cls, step: Indices, count: Floats, steps: int) -> Bundles:
        """Bundles of chances that have their step and their count in common."""
        alone = np.zeros((steps, count.size))
        alone[step, np.arange(count.size)] = count
        bundles, adders = [], []
        for which in np.unique(np.stack([step, count], axis=1), axis=0):
            mine = np.flatnonzero((step == which[0]) & (count == which[1]))
            for start in range(0, mine.size, _TOGETHER):
                bundle = np.full(_TOGETHER, count.size)
                bundle[: len(mine[start : start + _TOGETHER])] = mine[start : start + _TOGETHER]
                bundles.append(bundle)
                adders.append(np.where(np.arange(steps) == which[0], which[1], 0.0))
        shape = (-1, _TOGETHER)
        return cls(np.array(bundles, dtype=int).reshape(shape).T.ravel(), np.array(adders).reshape(-1, steps).T, alone)

    def total(self, chance: Floats) -> Floats:
        """Of chances (chance, point), the sum of counts times logarithms: (step, point)."""
        points = chance.shape[1]
        padded = np.concatenate([chance, np.ones((1, points))])
        factors = padded.take(self.places, axis=0).reshape(_TOGETHER, -1, points)
        product = np.multiply.reduce(factors, axis=0)
        if product.min(initial=1.0) > _SAFE:
            return self.adder @ np.log(product)
        return self.alone @ np.log(chance)


class Law:
    """One truncated law of waiting at all its places, for many points."""

    def __init__(self, cause: Cause, edges: Edges, log_days: Floats, log_shape: Floats, family: str) -> None:
        self.cause, self.edges, self.family = cause, edges, FAMILIES[family]
        self.log_days, self.by_step = log_days, np.exp(-log_shape)
        odds = self._odds() if family == LOG_LOGISTIC else None
        if odds is None:
            self.below, self.above = self.family.both(self.position)
        else:
            self.below = 1.0 / (1.0 + odds)
            self.above = np.multiply(odds, self.below, out=odds)
        self.whole = np.maximum(self.below.take(cause.horizon, axis=0), _SMALL)

    def _odds(self) -> Floats | None:
        """Odds against an end before each place, from a part by site and one by edge; None where one is extreme."""
        edges = self.edges
        by_site = self.log_days * self.by_step.take(edges.site_step, axis=0)
        by_edge = edges.log_days * self.by_step.take(edges.step, axis=0)
        if not (_within(by_site) and _within(by_edge)):
            return None
        by_edge = np.exp(np.where(edges.at_once, _HUGE, -by_edge))
        odds = by_edge.take(edges.of_place, axis=0)
        odds *= np.exp(by_site).take(self.cause.site, axis=0)
        return odds

    @cached_property
    def rate(self) -> Floats:
        """One over the shape: (place, point)."""
        return self.by_step[self.cause.step]

    @cached_property
    def position(self) -> Floats:
        """(log t - m) / b: (place, point)."""
        return (self.cause.log_days - self.log_days[self.cause.site]) * self.rate

    @cached_property
    def between(self) -> Floats:
        """The untruncated mass between both ends of each interval: S(u) - S(l) without cancellation."""
        low, high = self.cause.low, self.cause.high
        found = self.below.take(high, axis=0)
        found *= self.above.take(low, axis=0)
        less = self.below.take(low, axis=0)
        less *= self.above.take(high, axis=0)
        found -= less
        return np.maximum(found, TINY, out=found)

    @cached_property
    def still(self) -> Floats:
        """The chance that a wait lasts longer than each silence, given that it ends by the horizon."""
        here, site = self.cause.silent, self.cause.site[self.cause.silent]
        share = self.above.take(self.cause.horizon, axis=0) / self.whole
        less = share.take(site, axis=0)
        less *= self.below.take(here, axis=0)
        return np.subtract(self.above.take(here, axis=0), less, out=less)

    def slope(self, by_still: Floats) -> Floats:
        """The derivative of the log likelihood by the position of each place.

        `by_still`: the derivative by the chance that a wait lasts longer, for each silence.
        """
        cause, density = self.cause, self.family.density(self.position, self.below, self.above)
        found = np.zeros_like(self.position)
        per = cause.count[:, None] / self.between
        np.add.at(found, cause.high, density[cause.high] * per)
        np.add.at(found, cause.low, -density[cause.low] * per)
        end = density[cause.horizon] / self.whole
        found[cause.horizon] -= cause.ended[:, None] * end
        here, site = cause.silent, cause.site[cause.silent]
        np.add.at(found, here, -density[here] / self.whole[site] * by_still)
        np.add.at(found, cause.horizon[site], self.below[here] * (end / self.whole)[site] * by_still)
        return found


def _within(exponents: Floats) -> bool:
    return bool(exponents.max(initial=0.0) < _MODERATE and exponents.min(initial=0.0) > -_MODERATE)
