"""A few draws that stand for many: evenly spread over what they let expect, so that averages over them move little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from offercast.forecast.plan import Plan
from offercast.inference.posterior import Posterior


def evenly(size: int, draws: int) -> np.ndarray:
    """The places of at most so many draws of `size`, spread evenly from the first to the last.

    >>> evenly(9, 3).tolist()
    [0, 4, 8]
    """
    return np.unique(np.linspace(0, size - 1, min(draws, size)).round().astype(int))


def few_draws(posterior: Posterior, plan: Plan, draws: int) -> Posterior:
    """The posterior with so many of its draws, in one chain: one from the middle of each part of them.

    They are sorted by the offers a week that the plan brings in the long run, and cut into equal parts: systematic
    sampling from an ordered list. What depends on the draws mostly through that is then known better than from as
    many draws at random. Source: Cochran, Sampling Techniques, 3rd ed. (1977), section 8.6.

    >>> few_draws(Posterior.from_chances({"A": {}}, draws=40), Plan.per_week({"A": 1}), 10).advance.shape[:2]
    (1, 10)
    """
    expected = np.zeros(posterior.flat("advance_logit").shape[0])
    for pace in plan.paces:
        chance = posterior.offer_chance(pace.channel, pace.start)
        expected += np.mean(pace.each_week) * chance[..., posterior.track_index(pace.track)].ravel()
    size = min(draws, expected.size)
    order = np.argsort(expected, kind="stable")
    picked = order[((np.arange(size) + 0.5) * expected.size / size).astype(int)]
    return replace(
        posterior, draws={name: a.reshape(1, -1, *a.shape[2:])[:, picked] for name, a in posterior.draws.items()}
    )
