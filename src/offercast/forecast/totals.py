"""The law of a sum of waits: by FFT on a grid, or by stratified draws.

By FFT: the mass between two points of a grid is shared by them so that its mean is kept; the sum is the product of the
transforms. Sharing widens each law by a sixth of a squared cell (a correction like Sheppard's), which is taken out
again, so that the error falls faster than the square of the grid. The masses are tilted by a falling exponential, which
makes what wraps around negligible without padding. Source: Gruebel and Hermesmeier, Computation of Compound
Distributions I: Aliasing Errors and Exponential Tilting, ASTIN Bulletin 29 (1999).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from offercast.forecast.streams import Flight, Waits
from offercast.inference.waits import Floats, remaining

Spectrum = NDArray[np.complex128]

PER_DAY = 2
"""Grid points a day."""
_FINE = 16
_TILT = 18.0
"""What wraps around is exp(-18) of what it was; rounding errors grow by as much."""


class Grid:
    """Days 0 ... `days` in cells of 1 / `per_day` (a power of 2), and the transforms of masses on them."""

    def __init__(self, days: int, per_day: int = PER_DAY) -> None:
        self.days, self.per_day = days, per_day
        self.cells = days * per_day
        self.size = per_day * _smooth_size(days + 3)
        self.tilt = _TILT / self.size
        self._fall = np.exp(-self.tilt * np.arange(self.size))
        turned = np.arange(self.size // 2 + 1) * (2j * math.pi / self.size)
        self._s = self.tilt + turned
        self._whole = np.exp(per_day * self._s) / -np.expm1(-self._s)
        self._rise = np.exp(self.tilt * per_day * np.arange(days))

    def transform(self, masses: Floats) -> Spectrum:
        """The tilted transform of masses in the first cells, (draw, cell)."""
        kept = masses[:, : self.size]
        return np.fft.rfft(kept * self._fall[: kept.shape[1]], self.size)

    def masses(self, waits: Waits, step: int, waited: float = 0.0) -> Floats:
        """The law of a wait, given that it has lasted `waited` days, as masses on the points: (draw, point).

        What lies between two points is shared by them so that its mean is kept.
        """
        last = max(min(self.cells + 2, math.ceil((waits.horizon - waited) * self.per_day)), 1)
        law = waits.cdf(waited + np.arange(2 * last + 1) / (2 * self.per_day), step)
        mean = (law[:, :-2:2] + 4.0 * law[:, 1::2] + law[:, 2::2]) / 6.0
        early = waits.cdf(waited + (np.arange(_FINE) + 0.5) / (_FINE * self.per_day), step)
        mean[:, 0] = early.mean(axis=1)  # where an answer comes within hours, all of its law lies in the first cell
        whole = np.concatenate([law[:, :1], mean, law[:, -1:]], axis=1)
        return np.diff(whole, axis=1) / np.maximum(1.0 - law[:, :1], 1e-300)

    def of_wait(self, waits: Waits, step: int, waited: float = 0.0) -> Spectrum:
        """The transform of `masses`."""
        return self.transform(self.masses(waits, step, waited))

    def law_of_sum(self, product: Spectrum, parts: int) -> Floats:
        """What has come by each whole day after so many waits, from their transforms' product: (draw, days + 1).

        What wraps around only adds, a little, so no day is left with more than a later one.
        """
        sums = product * (self._centred(parts) * self._whole)
        law = np.fft.irfft(self._by_day(sums), self.size // self.per_day)[:, : self.days] * self._rise
        law = np.minimum.accumulate(law[:, ::-1], axis=1)[:, ::-1]
        return np.concatenate([np.zeros((law.shape[0], 1)), np.maximum(law, 0.0)], axis=1)

    def _centred(self, parts: int) -> Spectrum:
        """Moves a cumulated sum to the points of the grid, and takes the widths of its parts out again.

        A few taps, none more than one point early: a smoother filter would ring, and the tilt would blow that up. They
        are half a cell late on average, and have the variance 1/12 - parts / 6, where each part was widened by 1/6.
        """
        outer = -(1.0 + parts) / 24.0
        taps = (outer, 0.5 - outer, 0.5 - outer, outer)
        return sum((tap * np.exp(-self._s * i) for i, tap in enumerate(taps, -1)), np.zeros(self._s.size, complex))

    def _by_day(self, spectrum: Spectrum) -> Spectrum:
        """The transform of every `per_day`-th value: the spectrum folded."""
        size, step = self.size, self.size // self.per_day
        total = spectrum[:, : step // 2 + 1].copy()
        for part in range(1, self.per_day):
            if part < self.per_day // 2:
                total += spectrum[:, part * step : part * step + step // 2 + 1]
            else:  # the upper half of a real sequence's transform mirrors the lower one
                last = size - part * step
                total += np.conjugate(spectrum[:, last - step // 2 : last + 1][:, ::-1])
        return total / self.per_day

    def back(self, product: Spectrum) -> Floats:
        """Masses from their tilted transform, (draw, size)."""
        return np.fft.irfft(product, self.size) / self._fall


def _smooth_size(least: int) -> int:
    """The smallest even number of factors 2, 3 and 5 that is at least so large."""
    best = 1 << (least - 1).bit_length()
    for fives in (1, 5, 25, 125, 625):
        for threes in (1, 3, 9, 27, 81, 243, 729):
            odd = fives * threes
            doubled = odd << max((-(-least // odd) - 1).bit_length(), 1)
            best = min(best, doubled)
    return best


def single_wait(waits: Waits, days: int, waited: float = 0.0) -> Floats:
    """The cdf at whole days of the first wait alone, given that it has lasted `waited` days: (draw, days + 1)."""
    law = waits.cdf(waited + np.arange(days + 1.0), 0)
    return (law - law[:, :1]) / np.maximum(1.0 - law[:, :1], 1e-300)


def total_by_transform(waits: Waits, days: int, *, per_day: int = PER_DAY) -> Floats:
    """Chance that all the waits together take at most so many whole days, by draw: (draw, days + 1)."""
    if waits.steps == 1:
        return single_wait(waits, days)
    grid = Grid(days, per_day)
    product = np.prod([grid.of_wait(waits, step) for step in range(waits.steps)], axis=0)
    return grid.law_of_sum(product, waits.steps)


def total_by_strata(waits: Waits, days: int, *, strata: int, rng: np.random.Generator) -> Floats:
    """The same from `strata` draws of each wait, one from each stratum of its law (a Latin hypercube)."""
    draws = waits.log_median.shape[0]
    total = np.zeros((draws, strata))
    for step in range(waits.steps):
        levels = _latin(rng, draws, strata)
        one = Waits(waits.log_median[:, step, None], waits.shape[:, step, None], waits.horizon, waits.family)
        total += one.quantile(levels)
    return _shares_by_day(total, days)


def rest_by_strata(flight: Flight, point: int, days: int, *, strata: int, rng: np.random.Generator) -> Floats:
    """The same for one in flight: what remains of the wait under way, and the waits after it."""
    waits = flight.waits
    draws = waits.log_median.shape[0]
    total = remaining(
        _latin(rng, draws, strata), flight.waited[point], waits.log_median[:, :1], waits.shape[:, :1], waits.horizon,
        family=waits.family,
    )  # fmt: skip
    for step in range(1, waits.steps):
        one = Waits(waits.log_median[:, step, None], waits.shape[:, step, None], waits.horizon, waits.family)
        total += one.quantile(_latin(rng, draws, strata))
    return _shares_by_day(total, days)


def _latin(rng: np.random.Generator, draws: int, strata: int) -> Floats:
    """One uniform number in each stratum, in random order for every draw: (draw, stratum)."""
    order = np.argsort(rng.random((draws, strata), dtype=np.float32), axis=1)
    return (order + rng.random((draws, strata))) / strata


def _shares_by_day(total: Floats, days: int) -> Floats:
    """The share of each row that is at most 0, 1, 2 ... days: (draw, days + 1)."""
    draws, strata = total.shape
    day = np.minimum(np.ceil(total), days + 1).astype(np.int64)
    place = (np.arange(draws)[:, None] * (days + 2) + day).ravel()
    counts = np.bincount(place, minlength=draws * (days + 2)).reshape(draws, days + 2)
    return np.cumsum(counts[:, : days + 1], axis=1) / strata
