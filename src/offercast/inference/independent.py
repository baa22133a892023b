"""The closed form: Beta-Binomial per track and step on answered applications only, no pooling.

A baseline and an oracle, not a forecast to live by: it leaves silence out, so where much is still open its
rates are too high. Waits are drawn from the model file's priors, and everyone is told no in the end.
"""

from __future__ import annotations

import numpy as np

from offercast.evidence.evidence import Evidence
from offercast.inference.layout import EFFECTS, Layout
from offercast.inference.waits import Floats
from offercast.modelfile import ModelFile

_EVERYONE_ANSWERS = 30.0
"""The logit of a chance that is 1 to thirteen digits."""


def answered_counts(evidence: Evidence) -> tuple[Floats, Floats]:
    """How many advanced and how many were told no, each (track, step)."""
    counts = evidence.counts()
    return counts[..., 0], counts[..., 1]


def sample_independent(
    evidence: Evidence,
    model: ModelFile,
    *,
    rng: np.random.Generator,
    chains: int = 4,
    draws: int = 1000,
    prior: tuple[float, float] = (1.0, 1.0),
) -> dict[str, Floats]:
    """Draw from Beta(a + advanced, b + told no) for each track and step, exactly and independently.

    Source: Gelman et al., Bayesian Data Analysis, 3rd ed., section 2.4.
    """
    advanced, told_no = answered_counts(evidence)
    shape = (chains, draws, *advanced.shape)
    chance = rng.beta(prior[0] + advanced, prior[1] + told_no, size=shape)
    layout = Layout(evidence.tracks, model)
    vector = np.concatenate(
        [
            rng.normal(block.mean.ravel(), block.sd.ravel(), size=(chains, draws, block.mean.size))
            * (0.0 if block.scaled_by or block.name == "g" else 1.0)
            for block in layout.blocks
        ],
        axis=-1,
    )
    tiny = np.finfo(float).tiny
    logit = np.log(np.maximum(chance, tiny)) - np.log(np.maximum(1.0 - chance, tiny))
    return layout.read(vector) | {
        "advance_logit": logit,
        "told_no_logit": np.full(shape, _EVERYONE_ANSWERS),
        "scale": np.zeros((chains, draws, len(EFFECTS))),
    }
