"""The exact curve: the chance of an offer by each day, without simulation. The second method, to check the first.

Offers of a Poisson plan are a thinned and displaced Poisson process, so for one posterior draw
P(T > t) = exp(-Lambda(t)) times, for each application in flight, 1 - chance * R(t), where R is the law of
what remains of its wait and of the steps after it. Sojourns are convolved by FFT on a fine grid.
Source: Kingman, Poisson Processes (1993), section 5.1.
"""

from __future__ import annotations

import numpy as np

from offercast.forecast.plan import Plan
from offercast.forecast.streams import Flight, Stream, Waits, make_flights, make_streams
from offercast.inference.posterior import Posterior
from offercast.inference.waits import Floats

PER_DAY = 4
"""Grid points a day: the error of the curve falls with the square of the grid (2e-5 at 4)."""


def exact_curve(posterior: Posterior, plan: Plan | None = None, *, horizon_weeks: int = 52, draws: int = 200) -> Floats:
    """Chance of an offer by the end of each day after `as_of`, for evenly chosen draws: (draw, days + 1).

    Averaged over draws it is the forecast; its spread over draws is the credible band.
    """
    chosen = plan or Plan.own_pace(posterior.evidence)
    days = 7 * horizon_weeks
    size = posterior.flat("advance_logit").shape[0]
    picked = np.unique(np.linspace(0, size - 1, min(draws, size)).round().astype(int))
    log_none = np.zeros((picked.size, days + 1))
    for stream in make_streams(posterior, chosen, days):
        log_none -= _expected_offers(stream, picked, days)
    for flight in make_flights(posterior):
        with np.errstate(divide="ignore"):
            log_none += flight.count * np.log1p(-np.minimum(_flight_law(flight, picked, days), 1.0))
    return 1.0 - np.exp(log_none)


def _expected_offers(stream: Stream, picked: np.ndarray, days: int) -> Floats:
    """Lambda: expected offers by the end of each day, (draw, days + 1)."""
    law = _sum_law([_masses(stream.waits.of(picked), step, days) for step in range(_steps(stream.waits))], days)
    size = 2 * (days + 1)
    sent = np.concatenate([stream.sent_by_day, [0.0]])
    spread = np.fft.irfft(np.fft.rfft(law, size) * np.fft.rfft(sent, size), size)[:, : days + 1]
    return stream.offer_chance[picked, None] * np.maximum(spread, 0.0)


def _flight_law(flight: Flight, picked: np.ndarray, days: int) -> Floats:
    """Chance that one application of a flight has brought its offer by each day, (draw, days + 1)."""
    waits = flight.waits.of(picked)
    later = [_masses(waits, step, days) for step in range(1, _steps(waits))]
    total = np.zeros((picked.size, days + 1))
    for point, waited in enumerate(flight.waited):
        law = _sum_law([_masses(waits, 0, days, float(waited)), *later], days)
        total += flight.offer_chance[picked, point, None] * law / flight.waited.size
    return total


def _steps(waits: Waits) -> int:
    return waits.log_median.shape[1]


def _masses(waits: Waits, step: int, days: int, waited: float = 0.0) -> Floats:
    """The chance that a wait ends in each cell of the grid, given that it lasted `waited` days: (draw, cell)."""
    grid = waited + np.arange(days * PER_DAY + 1) / PER_DAY
    law = waits.cdf(grid, step)
    left = np.maximum(1.0 - law[:, :1], 1e-300)
    return np.diff(law, axis=1) / left


def _sum_law(parts: list[Floats], days: int) -> Floats:
    """The cdf of a sum of waits at whole days 0 ... days: (draw, days + 1).

    Each mass stands at the middle of its cell; the sum of n of them stands half a cell times n further on,
    and is spread evenly over one cell.
    """
    cells = parts[0].shape[1]
    size = 1 << (len(parts) * cells - 1).bit_length()
    product = np.ones((parts[0].shape[0], size // 2 + 1), dtype=complex)
    for part in parts:
        product *= np.fft.rfft(part, size)
    total = np.cumsum(np.fft.irfft(product, size)[:, :cells], axis=1)
    edges = (np.arange(cells + 1) + (len(parts) - 1) / 2) / PER_DAY  # where each cumulated mass is complete
    at = np.arange(days + 1)
    cumulated = np.concatenate([np.zeros((total.shape[0], 1)), total], axis=1)
    place = np.clip((at - edges[0]) * PER_DAY, 0, cells)
    below = np.minimum(place.astype(int), cells - 1)
    share = place - below
    return cumulated[:, below] * (1 - share) + cumulated[:, below + 1] * share
