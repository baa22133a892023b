"""How many applications a week holds: the law of a week's number around the plan's pace."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from offercast.errors import CommandError
from offercast.inference.waits import Floats

POISSON, FIXED, NEGATIVE_BINOMIAL, RHYTHM = "poisson", "fixed", "negative-binomial", "rhythm"
LAWS = (POISSON, FIXED, NEGATIVE_BINOMIAL, RHYTHM)

_REST = 1e-13
"""The law of a week is cut where less than this is left."""
_SHORT, _LONGEST = 64, 1 << 22
LEAST_DISPERSION = 0.001


@dataclass(frozen=True)
class Counts:
    """The law of a week's number of applications. Weeks are independent of each other.

    `poisson`: Poisson around the pace. `fixed`: the pace itself; a fraction of an application is carried on, so that
    2.5 a week is 2, 3, 2, 3 ... `negative-binomial`: Poisson around a pace that varies from week to week by a gamma
    factor of mean 1 and shape `dispersion`, apart for each track; the variance is m + m^2 / dispersion. `rhythm`: each
    week is one of `weeks` (week, pace), drawn anew, all tracks of a week together.

    Raises:
        CommandError: an unknown law; a dispersion that is not a positive number; a rhythm without weeks.

    >>> Counts("negative-binomial", dispersion=2.0).law
    'negative-binomial'
    """

    law: str = POISSON
    dispersion: float | None = None
    weeks: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        if self.law not in LAWS:
            raise CommandError(f'"{self.law}" is no law of weekly counts: give one of {", ".join(LAWS)}.')
        if (self.law == NEGATIVE_BINOMIAL) != (self.dispersion is not None):
            raise CommandError("a dispersion belongs to negative-binomial counts, and only to them.")
        if self.dispersion is not None and not LEAST_DISPERSION <= self.dispersion < math.inf:
            raise CommandError(
                f"a dispersion of {self.dispersion}: give a positive number, of at least {LEAST_DISPERSION}."
            )
        if (self.law == RHYTHM) != bool(self.weeks):
            raise CommandError("past weeks belong to the counts of a rhythm, and only to them.")
        if any(n < 0 for week in self.weeks for n in week):
            raise CommandError("a past week holds fewer than 0 applications.")


POISSON_COUNTS = Counts()


def whole_counts(per_week: Floats) -> np.ndarray:
    """Whole numbers that follow a pace: what a week cannot send of a fraction is carried on to the next.

    >>> whole_counts(np.array([2.5, 2.5, 2.5, 0.0])).tolist()
    [2, 3, 2, 0]
    """
    sent = np.floor(np.concatenate([[0.0], np.cumsum(per_week)]) + 1e-9)
    return np.diff(sent).astype(np.int64)


def negative_binomial_law(mean: float, dispersion: float) -> Floats:
    """The cdf of a negative binomial week at 0, 1, 2 ..., up to where almost nothing is left.

    Source: Johnson, Kemp and Kotz, Univariate Discrete Distributions, 3rd ed. (2005), section 5.1: by recursion.

    >>> negative_binomial_law(1.0, 1.0)[:3].round(3).tolist()
    [0.5, 0.75, 0.875]
    """
    if mean == 0.0:
        return np.ones(1)
    spread = math.sqrt(mean + mean * mean / dispersion)
    length = min(_SHORT + int(mean + 10.0 * spread), _LONGEST)
    while True:  # in logs: the mass at 0 is far below the smallest number where the mean is large
        number = np.arange(1.0, length)
        steps = np.log((number - 1.0 + dispersion) / number) - math.log1p(dispersion / mean)
        masses = np.exp(np.cumsum(np.append(-dispersion * math.log1p(mean / dispersion), steps)))
        if masses[-1] * (1.0 + mean / dispersion) < _REST or length == _LONGEST:
            break
        length = min(4 * length, _LONGEST)
    law = np.minimum(np.cumsum(masses), 1.0)
    law = law[: int(np.searchsorted(law, 1.0 - _REST)) + 1]
    law[-1] = 1.0
    return law
