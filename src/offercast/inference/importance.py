"""The importance engine: weighted draws from a stand-in's posterior, for many seekers at a tenth of the cost.

The stand-in and its proposals are those of the quick engine, without its chains: each proposal is weighed by how much
more likely the true posterior makes it, and draws are taken by systematic resampling. Pareto k-hat says whether the
weights can be relied upon; where they cannot, or too few draws are effective, `fit` goes on with the quick engine.
Sources: Vehtari, Simpson, Gelman, Yao and Gabry, JMLR 25 (2024) 72 (k-hat up to 0.7); Douc, Cappé and Moulines, ISPA
2005 (systematic resampling).
"""

from __future__ import annotations

import math

import numpy as np

from offercast.evidence.evidence import Evidence
from offercast.inference.convergence import pareto_k
from offercast.inference.likelihood import Likelihood
from offercast.inference.proposals import CHAINS, FIRST_POINTS, Proposals, State, picked
from offercast.inference.quick import named_sample
from offercast.inference.sample import Sample
from offercast.inference.waits import Floats
from offercast.modelfile import ModelFile

DRAWS = 1024
"""Draws taken; some are the same proposal more than once."""
WANTED_ESS = 400
"""Effective draws, by the weights, that satisfy."""
MANY, WIDE = 8 * FIRST_POINTS, 0.5
"""Sets of proposals of a second look, where the first does not satisfy, and the share of the curvature that they keep.
There is no third look: to stop as soon as k-hat, itself noisy, is low would be to stop where tails are missed."""
LARGEST_K = 0.7
SAMPLER = "importance resampling"


def effective(log_weights: Floats) -> float:
    """Effective sample size of weighted draws (Kish).

    >>> effective(np.zeros(10))
    10.0
    """
    weights = np.exp(log_weights - np.max(log_weights))
    return float(weights.sum() ** 2 / np.sum(weights * weights))


def systematic(log_weights: Floats, size: int, rng: np.random.Generator) -> np.ndarray:
    """Places of `size` draws, each taken as often as its weight says, rounded up or down.

    >>> systematic(np.log([0.5, 0.25, 0.25]), 4, np.random.default_rng(1)).tolist()
    [0, 0, 1, 2]
    """
    chance = np.exp(log_weights - np.max(log_weights))
    points = (np.arange(size) + rng.random()) / size
    return np.searchsorted(np.cumsum(chance) / chance.sum(), points, side="right").clip(max=chance.size - 1)


def importance_sample(evidence: Evidence, model: ModelFile, *, seed: int, draws: int = DRAWS) -> Sample:
    """Draws of the posterior (one chain), with the log weights of all proposals.

    Where the evidence tells nothing the draws come from the prior, and there are no weights.
    """
    rng = np.random.default_rng(seed)
    likelihood = Likelihood(evidence, model)
    if not evidence.cells:
        nothing = np.empty((0, 1, draws))
        return named_sample(likelihood, nothing, nothing, rng, sampler=SAMPLER)
    proposals = Proposals(likelihood, rng)
    enough = math.ceil(draws / CHAINS)  # as many proposals as draws, and no fewer than usual
    states, log_weights = _weighed(proposals, max(enough, FIRST_POINTS))
    if not reliable(log_weights):
        proposals = Proposals(likelihood, rng, laplace=proposals.laplace, curvature=WIDE)
        states, log_weights = _weighed(proposals, max(enough, MANY))
    chosen = picked(states, systematic(log_weights, draws, rng))
    return named_sample(
        likelihood, chosen.points[:, None], chosen.log_scale[:, None], rng, sampler=SAMPLER, log_weights=log_weights
    )


def _weighed(proposals: Proposals, sets: int) -> tuple[list[State], Floats]:
    """So many sets of proposals, and the log weights of all their states together."""
    states = list(proposals.first)
    while len(states) < sets:
        states += proposals.draw()
    return states, np.concatenate([proposals.log_weight(state) for state in states])


def reliable(log_weights: Floats) -> bool:
    """Whether weights can be relied upon: enough effective draws, and no heavy tail."""
    return effective(log_weights) >= WANTED_ESS and pareto_k(log_weights) <= LARGEST_K
