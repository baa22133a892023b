"""The law of a wait: log-logistic (or lognormal), truncated to (0, H].

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
    return 1.0 / (1.0 + np.exp(np.clip(np.negative(x), -_FAR, _FAR)))


class LogLogistic:
    """The law of log t is logistic: needs only exp and log, and has closed-form quantiles."""

    per_sd = SHAPE_PER_SD
    """The shape of a law whose log has the sd 1."""

    @staticmethod
    def both(position: Floats) -> tuple[Floats, Floats]:
        """The cdf and its complement at (log t - m) / b, both accurate in both tails."""
        odds = np.exp(np.minimum(np.maximum(-position, -_FAR), _FAR))
        below = 1.0 / (1.0 + odds)
        return below, odds * below

    @staticmethod
    def density(_position: Floats, below: Floats, above: Floats) -> Floats:
        """The derivative of the cdf by the position."""
        return below * above

    @staticmethod
    def position(below: Floats, above: Floats) -> Floats:
        """Where the cdf is `below` and its complement `above`."""
        with np.errstate(divide="ignore"):
            return np.log(below / above)

    @staticmethod
    def log_above(position: Floats) -> Floats:
        """The log of the cdf's complement at (log t - m) / b, exact however far out."""
        return -np.logaddexp(0.0, position)

    @staticmethod
    def position_of_log_above(log_above: Floats) -> Floats:
        """Where the log of the cdf's complement is `log_above`."""
        with np.errstate(divide="ignore"):
            return np.log(-np.expm1(log_above)) - log_above


class LogNormal:
    """The law of log t is normal."""

    per_sd = 1.0

    @staticmethod
    def both(position: Floats) -> tuple[Floats, Floats]:
        """The cdf and its complement at (log t - m) / b, both accurate in both tails."""
        from scipy.special import ndtr

        bounded = np.clip(position, -_FAR_NORMAL, _FAR_NORMAL)
        return ndtr(bounded), ndtr(-bounded)

    @staticmethod
    def density(position: Floats, _below: Floats, _above: Floats) -> Floats:
        """The derivative of the cdf by the position."""
        bounded = np.clip(position, -_FAR_NORMAL, _FAR_NORMAL)
        return np.exp(-0.5 * bounded * bounded) / math.sqrt(2.0 * math.pi)

    @staticmethod
    def position(below: Floats, above: Floats) -> Floats:
        """Where the cdf is `below` and its complement `above`."""
        from scipy.special import ndtri

        return np.where(below < above, ndtri(below), -ndtri(above))

    @staticmethod
    def log_above(position: Floats) -> Floats:
        """The log of the cdf's complement at (log t - m) / b, exact however far out."""
        from scipy.special import log_ndtr

        return log_ndtr(-position)

    @staticmethod
    def position_of_log_above(log_above: Floats) -> Floats:
        """Where the log of the cdf's complement is `log_above`."""
        from scipy.special import ndtri_exp

        return -ndtri_exp(log_above)


_FAR, _FAR_NORMAL = 700.0, 37.0
"""Positions are taken no further out than this: the mass there is still above the smallest number."""

LOG_LOGISTIC, LOGNORMAL = "log-logistic", "lognormal"
FAMILIES = {LOG_LOGISTIC: LogLogistic, LOGNORMAL: LogNormal}
"""The laws of a wait that a model file can name as its delay family."""


def _position(days: ArrayLike, log_median: ArrayLike, shape: ArrayLike) -> Floats:
    with np.errstate(divide="ignore"):
        return (np.log(np.asarray(days, dtype=float)) - log_median) / shape


def cdf(
    days: ArrayLike, log_median: ArrayLike, shape: ArrayLike, horizon: float, *, family: str = LOG_LOGISTIC
) -> Floats:
    """Chance that the wait is at most `days`, for waits that end within the horizon.

    All arguments broadcast; `log_median` is in log days and is that of the untruncated law, as is the `shape`: the
    scale of the logistic law of log t, or the sd of the normal one.

    >>> float(cdf(180.0, 2.0, 0.5, 180.0))
    1.0
    """
    law, capped = FAMILIES[family], np.minimum(np.asarray(days, dtype=float), horizon)
    below, _ = law.both(_position(capped, log_median, shape))
    whole, _ = law.both(_position(horizon, log_median, shape))
    return np.where(capped > 0.0, below / whole, 0.0)


def quantile(
    share: ArrayLike, log_median: ArrayLike, shape: ArrayLike, horizon: float, *, family: str = LOG_LOGISTIC
) -> Floats:
    """The wait in days below which `share` (0 to 1) of the waits lie: the inverse of `cdf`.

    >>> round(float(quantile(cdf(9.0, 2.0, 0.5, 180.0), 2.0, 0.5, 180.0)), 9)
    9.0
    """
    law, level = FAMILIES[family], np.asarray(share, dtype=float)
    below, above = law.both(_position(horizon, log_median, shape))
    return np.exp(log_median + np.asarray(shape) * law.position(level * below, (1.0 - level) + level * above))


def remaining(
    share: ArrayLike,
    waited: ArrayLike,
    log_median: ArrayLike,
    shape: ArrayLike,
    horizon: float,
    *,
    family: str = LOG_LOGISTIC,
) -> Floats:
    """The days still to wait, at level `share`, of a wait that has lasted `waited` days and ends in time.

    Taken from the chance to last longer, in logs: after a silence so long that the cdf has rounded to 1, one less the
    cdf knows nothing.

    >>> round(float(remaining(0.5, 100.0, 2.0, 0.02, 180.0)), 2)  # the cdf at 100 days is 1 - 3e-57
    1.4
    """
    law, silence = FAMILIES[family], np.minimum(np.asarray(waited, dtype=float), horizon)
    now = law.log_above(_position(silence, log_median, shape))
    end = law.log_above(_position(horizon, log_median, shape))
    with np.errstate(divide="ignore"):
        left = np.maximum(now + np.log1p(np.asarray(share, dtype=float) * np.expm1(end - now)), end)
    total = np.exp(log_median + np.asarray(shape) * law.position_of_log_above(left))
    return np.maximum(total - silence, 0.0)


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
