"""What backtests show: whether ranges held, and how forecasts fared beside rivals, over one search or several people.

Forecasts of one person share a search, and their windows overlap. With several people each counts once, and what is
said of all of them has an interval from drawing people with replacement (cluster bootstrap). Source: Efron and
Tibshirani, An Introduction to the Bootstrap (1993), chapter 8; Field and Welsh, JRSS B 69 (2007) 369-390.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from offercast.inference.summary import Interval
from offercast.trust.backtest import OURS, Backtest, Outcome

LEVELS = (0.5, 0.8, 0.9)
BOOTSTRAP, SEED = 2000, 20261128
_ENDS = (0.05, 0.95)


@dataclass(frozen=True)
class Strata:
    """Origins at which more than `above` and at most `most` applications had been sent."""

    label: str
    above: int = 0
    most: int = 10**9

    def of(self, outcomes: Iterable[Outcome]) -> list[Outcome]:
        """Those of these origins."""
        return [one for one in outcomes if self.above < one.sent <= self.most]


ALL = Strata("all origins")
STRATA = (ALL, Strata("at most 40 sent", most=40), Strata("41 to 120", 40, 120), Strata("more than 120", 120))


def held(outcomes: Iterable[Outcome], level: float) -> float | None:
    """The share of outcomes that the central range of this level held; None where there are none.

    Numbers are few, so that a range of whole numbers holds more than it says: the share is that of the non-randomised
    PIT, which is `level` on average for right forecasts.
    """
    inside = [one.inside(level) for one in outcomes]
    return float(np.mean(inside)) if inside else None


def crps(outcomes: Iterable[Outcome]) -> float | None:
    """The mean CRPS; None where there is nothing to score."""
    scores = [one.crps for one in outcomes]
    return float(np.mean(scores)) if scores else None


def skill(backtest: Backtest, rival: str, strata: Strata = ALL, *, targets: tuple[str, ...] = ()) -> float | None:
    """By how much the mean CRPS is smaller than a rival's, as a share of the rival's; None where that is nothing.

    Of the primary targets, or of those that are named.
    """
    ours, theirs = (crps(strata.of(backtest.of(method, *targets, primary=not targets))) for method in (OURS, rival))
    return None if not theirs or ours is None else 1.0 - ours / theirs


def over_people(
    backtests: Mapping[str, Backtest], measure: Callable[[Backtest], float | None], *, draws: int = BOOTSTRAP
) -> Interval | None:
    """The mean of a measure over people, with its 90 % cluster-bootstrap interval; None where nobody has one."""
    found = np.array([value for one in backtests.values() if (value := measure(one)) is not None])
    if not found.size:
        return None
    rng = np.random.default_rng(SEED)
    means = found[rng.integers(found.size, size=(draws, found.size))].mean(axis=1)
    low, high = np.quantile(means, _ENDS)
    return Interval(float(found.mean()), float(low), float(high))


def pit_histogram(outcomes: Iterable[Outcome], bins: int = 10) -> list[float]:
    """The share of each outcome's PIT in equal parts of 0 to 1, on average: even for right forecasts, (bins,).

    Source: Czado, Gneiting and Held, Biometrics 65 (2009) 1254-1261, the non-randomised PIT.
    """
    edges = np.linspace(0.0, 1.0, bins + 1)
    total, number = np.zeros(bins), 0
    for one in outcomes:
        width = one.up_to - one.below
        if width > 0:
            total += np.diff(np.clip((edges - one.below) / width, 0.0, 1.0))
        else:
            total[min(int(one.below * bins), bins - 1)] += 1.0
        number += 1
    return (total / max(number, 1)).tolist()
