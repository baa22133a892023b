"""Proper scores, with a horizon as censoring: what lies beyond it is one outcome, never dropped."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from offercast.inference.waits import Floats


def crps(forecast: ArrayLike, observed: float, horizon: float = np.inf) -> float:
    """Continuous ranked probability score of a sample forecast; smaller is better, in the forecast's unit.

    CRPS = E|X - y| - E|X - X'| / 2, with forecast and observation both cut at the horizon, which is the
    threshold-weighted CRPS with weight 1 below it, and proper. Infinite times are allowed if the horizon is finite.
    Source: Gneiting and Raftery, JASA 102 (2007) 359-378; Gneiting and Ranjan, JBES 29 (2011) 411-422.

    >>> crps([1.0, 3.0], 2.0)
    0.5
    """
    x = np.sort(np.minimum(np.asarray(forecast, dtype=float), horizon))
    y = min(observed, horizon)
    n = x.size
    spread = 2.0 * np.sum((2 * np.arange(1, n + 1) - n - 1) * x) / (n * n)
    return float(np.mean(np.abs(x - y)) - spread / 2.0)


def crps_of_law(forecast: ArrayLike, truth: ArrayLike, width: float = 1.0) -> float:
    """Mean CRPS of a forecast over outcomes that follow a known law, without the noise of drawing them.

    The sum of (F - G)^2 + G (1 - G) times the width of a cell, for the forecast's and the true distribution functions
    F and G on the cells of one grid. What lies beyond the last cell is one outcome: the grid's end is the horizon.
    With G that of a sample it is the mean of `crps` over that sample. Source: as for `crps`.

    Args:
        forecast: F, (cells,), each in 0 to 1; in a cell the function keeps the value of its left end.
        truth: G, (cells,).
        width: of a cell, in the outcome's unit.

    >>> crps_of_law([0.0, 0.5, 0.5], [0.0, 0.0, 1.0])  # 1 or 3, and it was 2: see `crps`
    0.5
    """
    f, g = np.asarray(forecast, dtype=float), np.asarray(truth, dtype=float)
    return float(np.sum((f - g) ** 2 + g * (1.0 - g)) * width)


def brier(chance: ArrayLike, happened: ArrayLike) -> float:
    """Mean squared difference between chances (0 to 1) and what happened (0 or 1); 0 is perfect.

    Source: Brier, Monthly Weather Review 78 (1950) 1-3.

    >>> brier([0.5, 1.0], [1, 1])
    0.125
    """
    return float(np.mean((np.asarray(chance, dtype=float) - np.asarray(happened, dtype=float)) ** 2))


def coverage(draws: Floats, truth: ArrayLike, level: float) -> Floats:
    """Whether equal-tailed intervals of draws (draw, quantity) hold the truth (quantity,): booleans.

    >>> coverage(np.linspace(0, 1, 101)[:, None], [0.5], 0.9).tolist()
    [True]
    """
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return (low <= np.asarray(truth)) & (np.asarray(truth) <= high)
