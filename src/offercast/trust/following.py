"""Following a rule for offers through simulated futures: what is taken, when, and what that is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offercast.decisions.offer import Advice, Worth
from offercast.inference.waits import Floats

RULE, TAKE, FIRST, LOOK_ON = (
    "the rule",
    "always take",
    "always wait, for the first offer",
    "always wait, for a good one",
)
RULES = (RULE, TAKE, FIRST, LOOK_ON)


@dataclass(frozen=True)
class Offers:
    """The offers of some futures in the order in which they come: number of the future, day, and value a year."""

    futures: int
    future: np.ndarray
    day: Floats
    value: Floats

    def taken(self, least: tuple[float, ...]) -> np.ndarray:
        """The place of the first offer of each future that is worth the least of its week; -1 for none, (future,).

        >>> offers = Offers(2, np.array([0, 0, 1]), np.array([3.0, 9.0, 9.0]), np.array([50.0, 60.0, 40.0]))
        >>> offers.taken((55.0, 45.0)).tolist(), offers.taken((0.0,)).tolist()
        ([1, -1], [0, 2])
        """
        week = np.minimum(self.day // 7, len(least) - 1).astype(int)
        good = np.flatnonzero(self.value >= np.array(least)[week])[::-1]
        found = np.full(self.futures, -1)
        found[self.future[good]] = good  # the first one of a future is written last
        return found

    def worth(self, taken: np.ndarray, worth: Worth, weeks: int) -> float:
        """The mean worth over futures of what was taken, with each week of searching paid for."""
        none = worth.nothing - worth.per_week * weeks
        got = self.value[taken] * worth.stay_years - worth.per_week / 7 * self.day[taken] if self.value.size else none
        return float(np.mean(np.where(taken >= 0, got, none)))


def draw_offers(
    future: np.ndarray, day: Floats, worth: Worth, *, futures: int, days: int, rng: np.random.Generator
) -> Offers:
    """Give values to the offers that come within so many days."""
    order = np.lexsort((day, future))
    order = order[day[order] <= days]
    value = worth.usual * np.exp(worth.spread * rng.standard_normal(order.size))
    return Offers(futures, future[order], day[order], value)


def worths(advice: Advice, offers: Offers) -> dict[str, float]:
    """What each of `RULES` is worth in these futures."""
    take = advice.value * advice.worth.stay_years
    first, good = (
        offers.worth(offers.taken(least), advice.worth, advice.horizon_weeks) for least in ((0.0,), advice.reservation)
    )
    return {RULE: take if take >= advice.waiting else good, TAKE: take, FIRST: first, LOOK_ON: good}
