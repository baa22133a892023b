"""Outlook: when the first offer comes, after how many applications, from where, and how exact that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from offercast.errors import CommandError
from offercast.forecast.limits import NO_LIMITS, Limits
from offercast.forecast.plan import Plan
from offercast.inference.waits import Floats

IN_FLIGHT = ("in flight", "")
"""The source of an offer that comes from an application already sent."""
NONE = -1


@dataclass(frozen=True)
class Change:
    """A difference of two chances with the standard errors of its simulation and of the finite posterior draws.

    `apart` is the simulation's standard error had the two been simulated with luck of their own.
    """

    difference: float
    simulation_error: float
    draws_error: float
    apart: float

    @property
    def margin(self) -> float:
        """The 95 % error of the difference, simulation and posterior draws together."""
        return 1.96 * float(np.hypot(self.simulation_error, self.draws_error))


@dataclass(frozen=True)
class Outlook:
    """Simulated searches. `days` is infinite where no offer came by the horizon: such a search is kept.

    An offer stands for the arrival at `goal`, whatever stage that is.

    `days` (search,) counts from the end of `as_of`; `sent` (search,) is the number of new applications that
    have left by the day of the first offer (by the horizon where none came), the successful one included;
    `source` (search,) indexes `sources` (0: in flight), -1 for none; `draw` (search,) the posterior draw.
    """

    days: Floats
    sent: np.ndarray
    source: np.ndarray
    sources: tuple[tuple[str, str], ...]
    draw: np.ndarray
    effective_draws: float
    plan: Plan
    as_of: date
    horizon_weeks: int
    in_flight: int
    seed: int
    goal: str = "offer"
    market_sd: float = 0.0
    limits: Limits = NO_LIMITS

    def chance_by(self, day: date | float) -> float:
        """Chance of an offer by the end of a day, or by a number of days after `as_of` (at most the horizon)."""
        return float(np.mean(self.days <= self._days_to(day)))

    def chance_error(self, day: date | float) -> tuple[float, float]:
        """Standard errors of `chance_by`: of the simulated searches, and of the finite posterior draws."""
        return self._errors(self.days <= self._days_to(day))

    def _errors(self, values: np.ndarray) -> tuple[float, float]:
        """Standard errors of the mean of one value a search: of the searches, and of the finite posterior draws."""
        per_search = float(np.var(values.astype(float)))
        simulation = float(np.sqrt(per_search / values.size))
        _, first, per_draw = np.unique(self.draw, return_index=True, return_counts=True)
        means = np.add.reduceat(values.astype(float), first) / per_draw
        searches = per_draw.mean()
        between = float(np.var(means))  # with one search per draw the two parts cannot be told apart: an upper bound
        if searches > 1:
            between = max((between - per_search / searches) / (1 - 1 / searches), 0.0)
        return simulation, float(np.sqrt(between / self.effective_draws))

    def margin(self, day: date | float) -> float:
        """The 95 % error of `chance_by`, simulation and posterior draws together."""
        simulation, draws = self.chance_error(day)
        return 1.96 * float(np.hypot(simulation, draws))

    def change(self, base: Outlook, day: date | float) -> Change:
        """What this plan changes against another, in the chance of an offer by a day.

        Both were simulated with the same seed, so that the searches share their luck (common random numbers) and the
        difference is known better than either chance.

        Raises:
            CommandError: the two have other seeds, or other numbers of searches.
        """
        if (self.seed, self.days.size) != (base.seed, base.days.size):
            raise CommandError("two forecasts are compared search by search: give both the same seed and number.")
        came = self.days <= self._days_to(day)
        before = base.days <= base._days_to(day)
        moved = came.astype(float) - before
        apart = float(np.sqrt((np.var(came) + np.var(before)) / came.size))
        return Change(float(moved.mean()), *self._errors(moved), apart)

    @property
    def chance_none(self) -> float:
        """Chance of no offer by the horizon."""
        return float(np.mean(np.isinf(self.days)))

    def days_quantile(self, share: float) -> float:
        """Days until the first offer, at a quantile; infinite where it lies beyond the horizon."""
        return float(np.quantile(self.days, share, method="inverted_cdf"))

    def days_error(self, share: float) -> float:
        """The 95 % error of `days_quantile`, in days: half the span of the quantiles that the chance cannot tell apart.

        Infinite where that span reaches beyond the horizon.
        """
        middle = self.days_quantile(share)
        if np.isinf(middle):
            return float("inf")
        margin = self.margin(middle)
        low, high = (self.days_quantile(min(max(share + d, 0.0), 1.0)) for d in (-margin, margin))
        return (high - low) / 2

    def further_days(self, day: date | float, share: float) -> float:
        """Days that pass after a day until the first offer, at a quantile, in searches that have none by then.

        Infinite where it lies beyond the horizon; nan where every search has one by then.
        """
        passed = self._days_to(day)
        later = self.days[self.days > passed]
        return float(np.quantile(later, share, method="inverted_cdf")) - passed if later.size else float("nan")

    def date_quantile(self, share: float) -> date | None:
        """The day of the first offer, at a quantile; None where it lies beyond the horizon."""
        days = self.days_quantile(share)
        return None if np.isinf(days) else self.date_of(days)

    def date_of(self, days: float) -> date:
        """The calendar day on which a moment, in days from the end of `as_of`, falls."""
        return self.as_of + timedelta(days=max(int(np.ceil(days)), 1))

    def weeks_quantile(self, share: float) -> int | None:
        """Whole weeks from `as_of` until the first offer (a started week counts); None beyond the horizon."""
        days = self.days_quantile(share)
        return None if np.isinf(days) else max(int(np.ceil(days / 7)), 1)

    def sent_quantile(self, share: float) -> int | None:
        """New applications sent by the first offer, at a quantile; None where no offer comes by the horizon."""
        needed = np.where(np.isinf(self.days), np.inf, self.sent)
        value = float(np.quantile(needed, share, method="inverted_cdf"))
        return None if np.isinf(value) else int(value)

    @property
    def restricted_mean_days(self) -> float:
        """Mean of the days to the first offer, counted up to the horizon only (the full mean may be infinite)."""
        return float(np.minimum(self.days, 7 * self.horizon_weeks).mean())

    def source_shares(self) -> dict[tuple[str, str], float]:
        """Of the searches with an offer by the horizon, the share of each source of the first one."""
        found = self.source[self.source != NONE]
        if not found.size:
            return dict.fromkeys(self.sources, 0.0)
        counts = np.bincount(found, minlength=len(self.sources))
        shares: dict[tuple[str, str], float] = {}
        for source, count in zip(self.sources, counts, strict=True):
            shares[source] = shares.get(source, 0.0) + float(count / found.size)
        return shares

    def _days_to(self, day: date | float) -> float:
        return float((day - self.as_of).days) if isinstance(day, date) else float(day)
