"""What comes after a simulated log: every offer of a search that goes on at a pace, in the true world."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from offercast.inference.waits import Floats
from offercast.ladder import Ladder
from offercast.trust.rates import Rates
from offercast.trust.worlds import Log


def offers_to_come(
    truth: Rates,
    log: Log,
    ladder: Ladder,
    paces: Sequence[float],
    *,
    days: int,
    futures: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, Floats]:
    """Every offer to come: the number of its future, and its day counted from the last day of the log, each (offer,).

    What is in flight ends as it does in this world, in every future alike. Applications to come leave on working days,
    a Poisson number a day; their offers may come after the last of `days`.

    Args:
        truth: the world.
        log: what was sent until now.
        ladder: of the world.
        paces: applications a week and track, through the reference channel.
        days: how long applications are sent for.
        futures: how many.
        rng: the only source of chance.
    """
    coming = np.array(log.coming, dtype=float)
    found = [(np.repeat(np.arange(futures), coming.size), np.tile(coming, futures))]
    working = np.array([(log.as_of.weekday() + 1 + day) % 7 < 5 for day in range(days)])
    steps = list(ladder.steps_to_goal(ladder.reference.id))
    for track, (pace, chance) in enumerate(zip(paces, truth.offer_chance(ladder)[0], strict=True)):
        bearing = rng.binomial(rng.poisson(pace / 5 * working, size=(futures, days)), chance)
        future, day = np.nonzero(bearing)
        future, day = np.repeat(future, bearing[future, day]), np.repeat(day, bearing[future, day])
        on = day + 1.0
        for step in steps:
            wait = _waits(truth.yes_days[0, track, step], truth.yes_shape[0, step], truth.horizon, on.size, rng)
            on += np.ceil(wait - 0.5)
        found.append((future, on))
    future, on = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return future, on


def _waits(median: float, shape: float, horizon: float, size: int, rng: np.random.Generator) -> Floats:
    """Log-logistic waits, each drawn again while it exceeds the horizon."""
    wait = np.full(size, np.inf)
    while (again := np.flatnonzero(wait > horizon)).size:
        u = rng.random(again.size)
        wait[again] = median * (u / (1.0 - u)) ** shape
    return wait
