"""The law of a wait: log-logistic, truncated to (0, H].

With location m (log days), scale b and horizon H, F(t) = S(y(t)) / S(y(H)), y(t) = (log t - m) / b and S the
logistic function. Needs only exp and log, and has closed-form quantiles and remaining waits.
Source: Collett, Modelling Survival Data in Medical Research, 3rd ed., section 6.1.2, for the untruncated law.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SHAPE_PER_SD = math.sqrt(3.0) / math.pi
"""The logistic law of log t has the sd b * pi / sqrt(3): multiply a sd in log days by this to get b."""


def logistic(x: ArrayLike) -> Floats:
    """1 / (1 + exp(-x)), without overflow at either end.

    >>> float(logistic(0.0))
    0.5
    """
    return np.exp(-np.logaddexp(0.0, -np.asarray(x, dtype=float)))


def _position(days: ArrayLike, log_median: ArrayLike, shape: ArrayLike) -> Floats:
    with np.errstate(divide="ignore"):
        return (np.log(np.asarray(days, dtype=float)) - log_median) / shape


def cdf(days: ArrayLike, log_median: ArrayLike, shape: ArrayLike, horizon: float) -> Floats:
    """Chance that the wait is at most `days`, for waits that end within the horizon.

    All arguments broadcast; `log_median` is in log days and is that of the untruncated law.

    >>> float(cdf(180.0, 2.0, 0.5, 180.0))
    1.0
    """
    capped = np.minimum(np.asarray(days, dtype=float), horizon)
    return logistic(_position(capped, log_median, shape)) / logistic(_position(horizon, log_median, shape))


def quantile(share: ArrayLike, log_median: ArrayLike, shape: ArrayLike, horizon: float) -> Floats:
    """The wait in days below which `share` (0 to 1) of the waits lie: the inverse of `cdf`.

    >>> round(float(quantile(cdf(9.0, 2.0, 0.5, 180.0), 2.0, 0.5, 180.0)), 9)
    9.0
    """
    mass = np.asarray(share, dtype=float) * logistic(_position(horizon, log_median, shape))
    with np.errstate(divide="ignore"):
        return np.exp(log_median + shape * (np.log(mass) - np.log1p(-mass)))


def remaining(share: ArrayLike, waited: ArrayLike, log_median: ArrayLike, shape: ArrayLike, horizon: float) -> Floats:
    """The days still to wait, at level `share`, of a wait that has lasted `waited` days and ends in time."""
    gone = cdf(waited, log_median, shape, horizon)
    total = quantile(gone + np.asarray(share) * (1.0 - gone), log_median, shape, horizon)
    return np.maximum(total - np.asarray(waited, dtype=float), 0.0)


def silent_parts(
    advance: ArrayLike, told_no: ArrayLike, advance_cdf: ArrayLike, no_cdf: ArrayLike
) -> tuple[Floats, Floats]:
    """Probabilities that an application is silent so far and will advance, or is silent so far and will not.

    `advance` is the chance to advance before anything is known, `told_no` that of a no given no advance, and the
    two cdfs are taken at the silence so far. The first over the sum of both is the chance that it still advances
    (Bayes' rule; a mixture cure model). Source: Maller and Zhou, Survival Analysis with Long-Term Survivors (1996),
    section 1.3, with a second answer added.

    >>> coming, silent = silent_parts(0.2, 0.5, 0.0, 0.0)
    >>> round(float(coming / (coming + silent)), 6)
    0.2
    """
    coming = np.asarray(advance) * (1.0 - np.asarray(advance_cdf))
    silent = (1.0 - np.asarray(advance)) * (1.0 - np.asarray(told_no) * np.asarray(no_cdf))
    return coming, silent
