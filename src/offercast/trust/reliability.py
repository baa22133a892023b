"""Are stated chances right? Claims that came true or not, held against their chances: a reliability diagram in numbers.

Claims of one world share its rates, so they are no independent throws. A bin therefore takes one claim of each world,
at random: given the chances, the number that come true is then a sum of independent throws, and the band is binomial.
The two scores use all claims, with the worlds as the independent units. Sources: Bröcker and Smith, Weather and
Forecasting 22 (2007) 651-661 (bands of a reliability diagram); Spiegelhalter, Statistics in Medicine 5 (1986) 421-433.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offercast.inference.waits import Floats

EDGES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
"""Of the bins of stated chances; each holds its lower edge, the last one both."""
LUCK = 0.01
"""The chance that any bin of a table of right chances lies outside its band."""
MOST = 3.29
"""Standard errors beyond which a score is no luck: 1 in 1,000."""
_SEED = 20261124


@dataclass(frozen=True)
class Bin:
    """Claims of chances between `low` and `high`, one of each world: how many, their mean chance, the share that came
    true, and the band that this share should lie in.
    """

    low: float
    high: float
    count: int
    claimed: float
    came: float
    least: float
    most: float

    @property
    def inside(self) -> bool:
        """Whether the share that came true lies in its band."""
        return self.least <= self.came <= self.most


@dataclass(frozen=True)
class Claims:
    """Chances that were stated, whether what they were of came true, and the number of the world, each (claim,)."""

    chance: Floats
    true: np.ndarray
    world: np.ndarray

    def bins(self, edges: tuple[float, ...] = EDGES) -> tuple[Bin, ...]:
        """The reliability diagram, lowest chances first; bins without a claim are left out.

        >>> claims = Claims(np.full(100, 0.75), np.arange(100) < 75, np.arange(100))
        >>> [(one.count, one.came, one.inside) for one in claims.bins()]
        [(100, 0.75, True)]
        """
        from scipy.stats import binom

        place = np.clip(np.searchsorted(edges, self.chance, side="right") - 1, 0, len(edges) - 2)
        order = np.random.default_rng(_SEED).permutation(self.chance.size)
        _, first = np.unique(np.stack([place, self.world])[:, order], axis=1, return_index=True)
        picked = order[first]
        used = np.unique(place)
        tail = LUCK / used.size / 2
        found = []
        for b in used:
            of = picked[place[picked] == b]
            n, claimed = of.size, float(self.chance[of].mean())
            least, most = (float(binom.ppf(q, n, claimed)) / n for q in (tail, 1.0 - tail))
            came = float(self.true[of].mean())
            found.append(Bin(edges[b], edges[b + 1], n, claimed, came, max(least, 0.0), most))
        return tuple(found)

    @property
    def too_high(self) -> float:
        """By how many standard errors the chances are too high on average; 0 where nothing can be told."""
        return self._score(np.ones_like(self.chance))

    @property
    def too_sure(self) -> float:
        """By how many standard errors the chances lie too far from one half; 0 where nothing can be told."""
        return self._score(2.0 * self.chance - 1.0)

    def _score(self, weight: Floats) -> float:
        """The weighted surplus of the chances over what came true, summed by world, over its own standard error."""
        surplus = np.bincount(self.world, weight * (self.chance - self.true))
        error = float(np.sqrt(np.sum(surplus**2)))
        return float(surplus.sum()) / error if error > 1e-9 * self.chance.size else 0.0

    @property
    def calibrated(self) -> bool:
        """Whether every bin lies in its band and neither score is beyond luck."""
        return all(one.inside for one in self.bins()) and max(abs(self.too_high), abs(self.too_sure)) <= MOST
