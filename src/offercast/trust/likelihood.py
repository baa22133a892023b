"""The log likelihood of evidence under given rates, written from the equations alone (models/cards/blueprint.md).

It shares no code with the engines, so that it checks them; and as a test quantity that depends on the data it finds
mistakes that no parameter shows. Source: Modrak et al., Bayesian Analysis 20 (2025) 461-488 (arXiv:2211.02383).
"""

from __future__ import annotations

import numpy as np

from offercast.evidence.bins import EDGES
from offercast.evidence.evidence import Evidence
from offercast.inference.waits import Floats
from offercast.trust.rates import Rates

_LEAST = 1e-300
_ADVANCED, _TOLD_NO, _OPEN = 0, 1, 2


def log_likelihood(rates: Rates, evidence: Evidence) -> Floats:
    """The logarithm of the probability of what a log tells, one number a draw, (n,).

    Each application at each step counts as

        advanced  p [F(u) - F(l)]      told no  (1-p) w [G(u) - G(l)]      open  p (1-F(e)) + (1-p)(1 - w G(e))

    with (l, u] its wait and e its silence in days. An answer after the horizon is silence up to it.

    Args:
        rates: n draws, of the tracks, channels and steps of the evidence.
        evidence: the counts, without groups of applications that vary (`vary_by`).

    Raises:
        ValueError: the evidence has groups, whose effects rates do not hold.

    >>> from datetime import date
    >>> import numpy as np, offercast
    >>> from offercast.trust.rates import rates_of
    >>> by_hand = offercast.Posterior.from_chances({"A": {"applied->response": 0.25}}, told_no=0.5, draws=1)
    >>> answered = {(0, 0, 1, 0, 0, 26): 1.0, (0, 0, 1, 1, 0, 26): 1.0}  # one yes and one no, within 180 days
    >>> evidence = offercast.Evidence(("A",), ("cold",), ("a", "b"), date(2026, 1, 1), answered)
    >>> bool(np.isclose(log_likelihood(rates_of(by_hand), evidence)[0], np.log(0.25 * 0.75 * 0.5)))
    True
    """
    if evidence.groups:
        raise ValueError("rates hold no effects of groups; gather the evidence without them.")
    rows, horizon = evidence.table, rates.horizon
    if not rows.size:
        return np.zeros(rates.size)
    track, step = rows["track"].astype(int), rows["step"].astype(int)
    edges = np.array(EDGES)
    low = np.minimum(edges[rows["low"]], horizon)
    high = np.minimum(edges[rows["high"]], horizon)
    outcome = np.where(low >= horizon, _OPEN, rows["outcome"])
    p = rates.advance[:, track, rows["channel"].astype(int), step]
    w = rates.told_no[:, track, step]
    yes = rates.yes_days[:, track, step], rates.yes_shape[:, step]
    no = rates.no_days[:, track, step], rates.no_shape[:, step]
    silent = p * _mass(low, horizon, *yes, horizon) + (1 - p) * (1 - w * _mass(0.0, low, *no, horizon))
    chance = np.select(
        [outcome == _ADVANCED, outcome == _TOLD_NO],
        [p * _mass(low, high, *yes, horizon), (1 - p) * w * _mass(low, high, *no, horizon)],
        silent,
    )
    return np.log(np.maximum(chance, _LEAST)) @ rows["count"]


def _mass(low: Floats | float, high: Floats | float, median: Floats, shape: Floats, horizon: float) -> Floats:
    """Chance that a log-logistic wait, known to end within the horizon, ends in (low, high] days."""
    a, b = _odds(low, median, shape), _odds(high, median, shape)
    # S(b) - S(a) for odds a < b, without cancellation in either tail
    part = np.where(np.isinf(b), 1.0 / (1.0 + a), (b - a) / ((1.0 + a) * (1.0 + np.where(np.isinf(b), 1.0, b))))
    whole = _odds(horizon, median, shape)
    return np.maximum(part, 0.0) * (1.0 + whole) / whole


def _odds(days: Floats | float, median: Floats, shape: Floats) -> Floats:
    """The odds that an untruncated log-logistic wait has ended by a day: (days / median) to the power 1 / shape."""
    with np.errstate(over="ignore", divide="ignore"):
        return np.exp(np.clip((np.log(days) - np.log(median)) / shape, -np.inf, 300.0))
