"""A forecast checked by the second method: the same chances without simulation, and their spread over the draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from offercast.forecast.exact import exact_curve, semi_analytic_curve
from offercast.forecast.outlook import Outlook
from offercast.inference.posterior import Posterior

FEW = 400
"""Up to so many draws the curve is exact for each; above, the sums of waits come from stratified draws."""
_GRID_ERROR = 5e-4
_BAND = (0.1, 0.9)


@dataclass(frozen=True)
class Checked:
    """One day's chance by both methods.

    `low` and `high` bound the chance in 8 of 10 draws of the posterior: what luck alone leaves open once the rates are
    known lies in the chance itself, what is not known of the rates in this band. `z` is the difference over its
    standard error.
    """

    day: date
    simulated: float
    exact: float
    low: float
    high: float
    z: float

    @property
    def agrees(self) -> bool:
        """Whether the two differ by no more than luck explains (one day in 16,000 would not)."""
        return abs(self.z) < 4.0


def check_outlook(outlook: Outlook, posterior: Posterior, days: Sequence[date]) -> list[Checked]:
    """Compute the chance by each of some days without simulation, and compare.

    Args:
        outlook: from `forecast_offer`.
        posterior: what it was made from.
        days: the days to compare.
    """
    size = posterior.flat("advance_logit").shape[0]
    few = size <= FEW or bool(outlook.plan.lulls)
    curve = (exact_curve if few else semi_analytic_curve)(
        posterior,
        outlook.plan,
        horizon_weeks=outlook.horizon_weeks,
        draws=min(size, FEW) if few else size,
        goal=outlook.goal,
        market_sd=outlook.market_sd,
    )
    found = []
    for day in days:
        column = curve[:, (day - outlook.as_of).days]
        exact, simulated = float(column.mean()), outlook.chance_by(day)
        luck = exact * (1 - exact) / outlook.days.size
        subset = 0.0 if curve.shape[0] == size else float(np.var(column)) / curve.shape[0]
        error = np.sqrt(luck + subset + _GRID_ERROR**2)
        low, high = (float(q) for q in np.quantile(column, _BAND))
        found.append(Checked(day, simulated, exact, low, high, (simulated - exact) / float(error)))
    return found
