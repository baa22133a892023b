"""What has come by each day, of applications sent or in flight: the two ways in which the exact curve knows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from offercast.forecast.streams import Flight, Problem, Stream, Waits
from offercast.forecast.totals import PER_DAY, Grid, Spectrum, rest_by_strata, single_wait, total_by_strata
from offercast.inference.waits import Floats


def _delayed(law: Floats, sent: Floats, days: int) -> Floats:
    """How many of what is sent (day,) have come by the end of each day, one with the law (draw, days + 1)."""
    last = np.flatnonzero(sent)
    if not last.size:
        return np.zeros_like(law)
    if last[-1] < 7:
        total = np.zeros_like(law)
        for day in last:
            total[:, day:] += sent[day] * law[:, : days + 1 - day]
        return total
    size = 2 * (days + 1)
    product = np.fft.rfft(law, size) * np.fft.rfft(sent, size)
    return np.maximum(np.fft.irfft(product, size)[:, : days + 1], 0.0)


@dataclass
class Strata:
    """Sums of waits from stratified draws of each."""

    problem: Problem
    strata: int
    rng: np.random.Generator

    def __post_init__(self) -> None:
        self._known: dict[int, Floats] = {}

    def landed(self, stream: Stream, picked: np.ndarray, sent: Floats) -> Floats:
        """Offers expected by the end of each day from what is sent, (draw, days + 1)."""
        if stream.place not in self._known:
            waits = stream.waits.of(picked)
            self._known[stream.place] = total_by_strata(waits, self.problem.days, strata=self.strata, rng=self.rng)
        return stream.offer_chance[picked, None] * _delayed(self._known[stream.place], sent, self.problem.days)

    def landed_flight(self, flight: Flight, picked: np.ndarray) -> Floats:
        """Chance that one application of a flight has brought its offer by each day, (draw, days + 1)."""
        of_picked = replace(flight, offer_chance=flight.offer_chance[picked], waits=flight.waits.of(picked))
        strata = max(self.strata // 2, 1)
        return (
            sum(
                (
                    of_picked.offer_chance[:, p, None]
                    * rest_by_strata(of_picked, p, self.problem.days, strata=strata, rng=self.rng)
                    for p in range(flight.waited.size)
                ),
                np.zeros((picked.size, self.problem.days + 1)),
            )
            / flight.waited.size
        )


class ByTransform:
    """Sums of waits by FFT; with a lull, stage by stage."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.grid = Grid(problem.days, _points_a_day(problem))
        self._laws: dict[int, Floats] = {}
        self._spectra: dict[tuple[int, int], Spectrum] = {}
        self._products: dict[tuple[tuple[int, int], ...], Spectrum] = {}

    def landed(self, stream: Stream, picked: np.ndarray, sent: Floats) -> Floats:
        """Offers expected by the end of each day from what is sent, (draw, days + 1)."""
        chance = stream.offer_chance[picked, None]
        waits = stream.waits.of(picked)
        if self.problem.moving is None:
            if stream.place not in self._laws:
                self._laws[stream.place] = self.law(waits, stream.columns)
            return chance * _delayed(self._laws[stream.place], sent, self.problem.days)
        entered = np.zeros((1, self.grid.size))
        entered[0, : sent.size * self.grid.per_day : self.grid.per_day] = sent
        spectra = [self._spectrum(waits, stream.columns, i) for i in range(waits.steps)]
        return chance * self._through(entered, spectra, 0)

    def landed_flight(self, flight: Flight, picked: np.ndarray) -> Floats:
        """Chance that one application of a flight has brought its offer by each day, (draw, days + 1)."""
        waits = flight.waits.of(picked)
        total = np.zeros((picked.size, self.problem.days + 1))
        for point, waited in enumerate(flight.waited):
            law = self.law(waits, flight.columns, float(waited))
            total += flight.offer_chance[picked, point, None] * law / flight.waited.size
        return total

    def _spectrum(self, waits: Waits, columns: tuple[tuple[int, int], ...], step: int) -> Spectrum:
        """The transform of one wait, kept by its track and step."""
        if columns[step] not in self._spectra:
            self._spectra[columns[step]] = self.grid.of_wait(waits, step)
        return self._spectra[columns[step]]

    def law(self, waits: Waits, columns: tuple[tuple[int, int], ...], waited: float | None = None) -> Floats:
        """The cdf of the sum of the waits, the first of which has lasted `waited` days already, where it is given."""
        if waits.steps == 1:
            return single_wait(waits, self.problem.days, waited or 0.0)
        first = self._spectrum(waits, columns, 0) if waited is None else self.grid.of_wait(waits, 0, waited)
        if self.problem.moving is not None:  # only what is in flight gets here: it enters its later stages in the lull
            entered = [self._spectrum(waits, columns, i) for i in range(1, waits.steps)]
            return self._through(self.grid.back(first), entered, 1)
        if columns[1:] not in self._products:
            later = (self._spectrum(waits, columns, i) for i in range(1, waits.steps))
            self._products[columns[1:]] = reduce(np.multiply, later)
        return self.grid.law_of_sum(first * self._products[columns[1:]], waits.steps)

    def _through(self, entered: Floats, spectra: list[Spectrum], done: int) -> Floats:
        """Follow what enters a stage at each point through the stages after it, each entry thinned by the lull.

        `done` waits lie behind; the first entries of applications to come (0) stand at the starts of days.
        """
        product: Spectrum = np.empty(0, dtype=complex)
        for number, spectrum in enumerate(spectra, done):
            product = self.grid.transform(entered * self._moving(at_day_starts=number == 0)) * spectrum
            if number + 1 < done + len(spectra):
                entered = self.grid.back(product)
        return self.grid.law_of_sum(product, done + len(spectra))

    def _moving(self, *, at_day_starts: bool) -> Floats:
        """The lull's factor at each point; between two days that of both, for what was shared between points."""
        moving = self.problem.moving
        if moving is None:
            return np.ones(self.grid.size)
        day = np.minimum(np.arange(self.grid.size) // self.grid.per_day, moving.size - 1)
        factor = moving[day]
        if not at_day_starts:
            between = np.arange(self.grid.per_day, self.grid.size, self.grid.per_day)
            factor[between] = (factor[between] + factor[between - 1]) / 2
        return factor


def _points_a_day(problem: Problem) -> int:
    """The grid's points a day: more where some waits are of hours, or all but of one length. Some draws tell."""
    some = slice(None, None, max(problem.draws // _TOLD_BY, 1))

    def is_narrow(waits: Waits) -> bool:
        width = waits.shape[some] * np.exp(np.minimum(waits.log_median[some], _LONG))
        return bool(np.mean(width < _NARROW_DAYS) > _FEW_DRAWS)

    narrow = any(is_narrow(item.waits) for item in (*problem.streams, *problem.flights))
    return _FINER if narrow else PER_DAY


_LONG, _NARROW_DAYS, _FEW_DRAWS, _TOLD_BY, _FINER = 10.0, 0.3, 0.01, 200, 16
"""A law whose width (shape times median) is less than so many days, in more than a few draws, needs more points."""
