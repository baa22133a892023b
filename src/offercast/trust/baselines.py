"""Simple rivals of the silence model, as fair as simple ones can be: what a careful person would count.

All of them know how many applications moved on and how many did not; they differ in how much tracks lend each other
and in whether they admit uncertainty. An application that has been silent for long counts as a no: leaving all silence
out would make a rival of straw.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from offercast.evidence.bins import EDGES
from offercast.evidence.evidence import Evidence
from offercast.inference.posterior import Posterior
from offercast.inference.waits import Floats

LONG_SILENCE = 45.0
"""Days of silence after which a careful person gives an application up."""


def settled(evidence: Evidence, *, long_silence: float = LONG_SILENCE) -> tuple[Floats, Floats]:
    """How many moved on, and how many were told no or have been silent for long, each (track, step).

    Args:
        evidence: the counts.
        long_silence: days; infinite to count answered applications only.
    """
    rows = evidence.table
    advanced = np.zeros((len(evidence.tracks), len(evidence.steps)))
    failed = advanced.copy()
    silent = (rows["outcome"] == 2) & (np.array(EDGES)[rows["low"]] >= long_silence)
    for counts, of in ((advanced, rows["outcome"] == 0), (failed, (rows["outcome"] == 1) | silent)):
        np.add.at(counts, (rows["track"][of], rows["step"][of]), rows["count"][of])
    return advanced, failed


def no_pooling(advanced: Floats, failed: Floats, *, rng: np.random.Generator, draws: int) -> Floats:
    """Each track for itself: draws of Beta(1 + advanced, 1 + failed), (draws, track, step)."""
    return rng.beta(1.0 + advanced, 1.0 + failed, size=(draws, *advanced.shape))


def complete_pooling(advanced: Floats, failed: Floats, *, rng: np.random.Generator, draws: int) -> Floats:
    """One rate for all tracks: draws of Beta(1 + advanced, 1 + failed) on the sums, (draws, track, step)."""
    drawn = rng.beta(1.0 + advanced.sum(axis=0), 1.0 + failed.sum(axis=0), size=(draws, advanced.shape[1]))
    return np.repeat(drawn[:, None], advanced.shape[0], axis=1)


def plug_in(advanced: Floats, failed: Floats) -> Floats:
    """The share that moved on, taken for the truth: (1, track, step).

    Where a track has no case at a step, the share over all tracks; where there is none at all, one half.

    >>> plug_in(np.array([[0.0, 0.0, 1.0]]), np.array([[4.0, 0.0, 0.0]])).tolist()
    [[[0.0, 0.5, 1.0]]]
    """

    def share(yes: Floats, no: Floats, otherwise: Floats) -> Floats:
        cases = yes + no
        return np.where(cases > 0, yes / np.maximum(cases, 1.0), otherwise)

    half = np.full(advanced.shape[1], 0.5)
    over_all = share(advanced.sum(axis=0), failed.sum(axis=0), half)
    return share(advanced, failed, np.broadcast_to(over_all, advanced.shape))[None]


def posterior_mean(advanced: Floats, failed: Floats) -> Floats:
    """The mean of Beta(1 + advanced, 1 + failed), taken for the truth: never 0 or 1, (1, track, step).

    >>> posterior_mean(np.array([[0.0, 1.0]]), np.array([[2.0, 1.0]])).tolist()
    [[[0.25, 0.5]]]
    """
    return ((1.0 + advanced) / (2.0 + advanced + failed))[None]


def with_chances(posterior: Posterior, chances: Floats) -> Posterior:
    """A baseline's posterior with other chances to advance: (draws, track, step), in place of its own."""
    size = chances.shape[0]
    sized = {name: np.resize(posterior.flat(name), (size, *a.shape[2:]))[None] for name, a in posterior.draws.items()}
    with np.errstate(divide="ignore"):
        logit = np.clip(np.log(chances) - np.log1p(-chances), -700.0, 700.0)
    return replace(posterior, draws=sized | {"advance_logit": logit[None]})
