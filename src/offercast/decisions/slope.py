"""Does the chance of a step depend on something? A logistic regression with silence in it, on a grid: no sampler.

logit p = base + a + b x, with the waits as fitted. An application that moved on counts as p, one that was told no as
1 - p, an open one as p (1 - F) + (1 - p) (1 - w G) at its silence. Two parameters, so that the posterior is a sum over
a grid, and good to its spacing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offercast.evidence.evidence import OUTCOMES
from offercast.inference.summary import Interval
from offercast.inference.waits import Floats, logistic, silent_parts

MIDDLE_SD = 1.5
"""Prior sd of what is common to all, a, in logits."""
_REACH, _POINTS = 4.5, 81
_ADVANCED, _TOLD_NO = OUTCOMES.index("advanced"), OUTCOMES.index("told no")


@dataclass(frozen=True)
class Slope:
    """The posterior of a and b: points (point,) and weights (point,), and the average base logit."""

    middle: Floats
    slope: Floats
    weight: Floats
    base: float

    @property
    def chance_positive(self) -> float:
        """Posterior chance that the slope lies above 0; half of what lies on 0 itself counts."""
        return float(self.weight[self.slope > 0].sum() + 0.5 * self.weight[self.slope == 0].sum())

    def chance_at(self, x: float) -> Interval:
        """The chance of the step at some x for an application with the average base, with its 90 % interval."""
        values = logistic(self.base + self.middle + self.slope * x)
        order = np.argsort(values)
        below = np.cumsum(self.weight[order])
        places = np.minimum(np.searchsorted(below, [0.05, 0.5, 0.95]), values.size - 1)
        low, median, high = (float(value) for value in values[order][places])
        return Interval(median, low, high)


def regress(
    base: Floats,
    x: Floats,
    outcome: np.ndarray,
    silence: tuple[Floats, Floats, Floats],
    *,
    slope_sd: float,
    count: Floats | None = None,
) -> Slope:
    """The posterior of a and b, with a ~ N(0, 1.5) and b ~ N(0, slope_sd).

    Args:
        base: what is known of each application's logit, (application,).
        x: what its chance may depend on.
        outcome: an index into `OUTCOMES` for each.
        silence: the chance of a no given no yes, and the cdfs of the waits for a yes and a no at its silence.
        slope_sd: prior sd of the slope, in logits per unit of x.
        count: how many applications each row stands for; one where None.

    >>> moved = np.array([0] * 9 + [1] + [0] + [1] * 9)  # 9 of 10 where x is -1, 1 of 10 where it is 1
    >>> nothing = (np.zeros(20),) * 3
    >>> found = regress(np.zeros(20), np.repeat([-1.0, 1.0], 10), moved, nothing, slope_sd=2.0)
    >>> found.chance_positive < 0.01
    True
    """
    a = np.linspace(-_REACH * MIDDLE_SD, _REACH * MIDDLE_SD, _POINTS)
    b = np.linspace(-_REACH * slope_sd, _REACH * slope_sd, _POINTS)
    middle, slope = (grid.ravel() for grid in np.meshgrid(a, b, indexing="ij"))
    log = -0.5 * (middle / MIDDLE_SD) ** 2 - 0.5 * (slope / slope_sd) ** 2
    told_no, yes, no = silence
    for i, times in enumerate(np.ones(base.size) if count is None else count):
        p = logistic(base[i] + middle + slope * x[i])
        if outcome[i] == _ADVANCED:
            likelihood = p
        elif outcome[i] == _TOLD_NO:
            likelihood = 1.0 - p
        else:
            likelihood = np.add(*silent_parts(p, told_no[i], yes[i], no[i]))
        log += times * np.log(np.maximum(likelihood, 1e-300))
    weight = np.exp(log - log.max())
    return Slope(middle, slope, weight / weight.sum(), float(base.mean()))
