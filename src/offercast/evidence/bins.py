"""Waiting-time bins: daily to 14 days, then widening to a year.

A wait of d whole days is one that lasted between d - 1/2 and d + 1/2 days (0 days: up to half a day), and
silence up to day d is silence up to d + 1/2. The two agree: an answer that has not come by the end of day d
comes on day d + 1 or later.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

EDGES: tuple[float, ...] = (
    0.0,
    *(day + 0.5 for day in range(15)),
    17.5, 21.5, 28.5, 35.5, 45.5, 60.5, 75.5, 90.5, 120.5, 150.5, 180.5, 240.5, 300.5, 365.5,
    math.inf,
)  # fmt: skip
"""The edges of the bins in days. Waits up to 14 days keep their day; `inf` means "no upper bound"."""

FOREVER = len(EDGES) - 1
"""The index of the last edge: no bound at all."""

LONGEST = EDGES[-2]


@cache
def wait_window(shortest: int, longest: int) -> tuple[int, int]:
    """Return the edge indices of a wait of `shortest` to `longest` whole days, widened to the bins it touches.

    >>> [EDGES[i] for i in wait_window(3, 3)], [EDGES[i] for i in wait_window(23, 23)]
    ([2.5, 3.5], [21.5, 28.5])
    """
    low = bisect_right(EDGES, max(shortest - 0.5, 0.0)) - 1
    high = bisect_left(EDGES, longest + 0.5)
    return min(low, FOREVER - 1), high


def silence(days: int) -> list[tuple[int, float]]:
    """Return the edges that stand for silence up to the end of day `days`, with weights that sum to 1.

    Exact to day 14; between two wider edges the weight is split linearly in the logarithm of time.

    >>> silence(7)
    [(8, 1.0)]
    """
    end = days + 0.5
    if end >= LONGEST:
        return [(FOREVER - 1, 1.0)]
    above = bisect_left(EDGES, end)
    if EDGES[above] == end:
        return [(above, 1.0)]
    below = above - 1
    share = math.log(end / EDGES[below]) / math.log(EDGES[above] / EDGES[below])
    return [(below, 1.0 - share), (above, share)]


@cache
def averaged_silence(fewest: int, most: int) -> Mapping[int, float]:
    """Silence whose start is unknown: the average over every day on which it can have started."""
    weights: dict[int, float] = {}
    for days in range(fewest, most + 1):
        for edge, weight in silence(days):
            weights[edge] = weights.get(edge, 0.0) + weight / (most - fewest + 1)
    return MappingProxyType(weights)
