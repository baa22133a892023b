"""States proposed from a stand-in's posterior, and how much more likely the true posterior makes them.

Both engines of our own begin here: `quick` corrects the proposals by Metropolis-Hastings, `importance` by weights.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from offercast.inference.laplace import Laplace, find_mode
from offercast.inference.likelihood import Likelihood
from offercast.inference.moves import WholeMove
from offercast.inference.waits import Floats

CHAINS, SUPERCHAINS = 64, 8
"""States proposed together, one for each chain of `quick`; chains of one superchain start at one point."""
MOST_SCALED = 100
"""Scaled coordinates up to which every state is proposed scales of its own."""
WHOLE = 0.9
"""Share of the curvature of the stand-in that is proposed from. With all of it some tails of the posterior would be
heavier than those of the proposal, and chains would stick there."""
NEARLY_NORMAL = 0.3
"""Where the log likelihood strays less than this (sd) from its expansion, all of the curvature is taken."""
AHEAD, FIRST_POINTS = 8, 16
"""Sets of states that are proposed in one go (as many as fit a processor's cache), and sets of the first proposals."""


@dataclass
class State:
    """Where the chains stand; the last axis is the chain."""

    log_scale: Floats
    """(effect, chain)"""
    points: Floats
    """(coordinate, chain)"""
    loglike: Floats
    """(active step, chain)"""
    first: Floats
    second: Floats
    """(active step, chain): the terms of the expansion of the log likelihood"""
    scale_weight: Floats
    """(chain,): log of the stand-in's density of the scales over that of their proposal"""

    def excess(self, share: float) -> Floats:
        """Log likelihood less that of the stand-in with a share of the curvature: (active step, chain)."""
        return self.loglike - self.first - share * self.second


FIELDS = tuple(field.name for field in fields(State))


def picked(states: list[State], chosen: np.ndarray) -> State:
    """Some chains of several states together, by their place in all of them."""
    return State(*(np.concatenate([getattr(one, name) for one in states], axis=-1)[..., chosen] for name in FIELDS))


class Proposals:
    """A stream of states from the stand-in's posterior.

    `curvature` is the share of the stand-in's curvature that is kept: the less, the heavier the tails.
    """

    def __init__(
        self,
        likelihood: Likelihood,
        rng: np.random.Generator,
        *,
        laplace: Laplace | None = None,
        curvature: float | None = None,
    ) -> None:
        self.likelihood, self.rng = likelihood, rng
        self.laplace = find_mode(likelihood) if laplace is None else laplace
        self.coordinates = self.laplace.coordinates
        # where a set of scales is dear (many scaled coordinates) it serves the chains of one superchain
        self.share = 1 if self.coordinates.effect.size <= MOST_SCALED else CHAINS // SUPERCHAINS
        self.curvature = WHOLE if curvature is None else curvature
        self.move = WholeMove(self.laplace.wider(self.curvature), rng)
        self.first = self._first()
        if curvature is None and np.std([state.excess(1.0).sum(axis=0) for state in self.first]) < NEARLY_NORMAL:
            self.curvature, self.move = 1.0, WholeMove(self.laplace, rng)
            self.first = self._first()

    def _first(self) -> list[State]:
        return [state for _ in range(FIRST_POINTS // AHEAD) for state in self.draw()]

    def draw(self) -> list[State]:
        """The next states, some sets at once."""
        log_scale, points, scale_weight = self.move.draw(CHAINS * AHEAD, self.rng, self.share)
        states = []
        for start in range(0, CHAINS * AHEAD, CHAINS):
            mine = slice(start, start + CHAINS)
            here = np.ascontiguousarray(points[:, mine])
            states.append(self.state(log_scale[:, mine], here, scale_weight[mine]))
        return states

    def state(self, log_scale: Floats, points: Floats, scale_weight: Floats) -> State:
        """The state at some points, wherever they come from."""
        terms = self.laplace.expansion.terms(points)
        return State(log_scale, points, self.likelihood.by_step(points), *terms, scale_weight)

    def log_weight(self, state: State) -> Floats:
        """Log of the posterior over the density that is proposed from, up to a constant: (chain,)."""
        return state.excess(self.curvature).sum(axis=0) + state.scale_weight
