"""WHAT MAY COME: a plan, the Monte Carlo engine, the event engine, the exact curve, and the Outlook they give."""

from offercast.forecast.calendar import Lull, Pause
from offercast.forecast.counts import Counts
from offercast.forecast.engine import forecast_offer
from offercast.forecast.events import forecast_events
from offercast.forecast.exact import exact_curve, exact_sent, exact_sources, semi_analytic_curve
from offercast.forecast.limits import Limits
from offercast.forecast.outlook import Outlook
from offercast.forecast.plan import Pace, Plan

__all__ = [
    "Counts",
    "Limits",
    "Lull",
    "Outlook",
    "Pace",
    "Pause",
    "Plan",
    "exact_curve",
    "exact_sent",
    "exact_sources",
    "forecast_events",
    "forecast_offer",
    "semi_analytic_curve",
]
