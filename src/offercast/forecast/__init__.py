"""WHAT MAY COME: a plan, the Monte Carlo engine, the event engine, the exact curve, and the Outlook they give."""

from offercast.forecast.engine import forecast_offer
from offercast.forecast.events import forecast_events
from offercast.forecast.exact import exact_curve
from offercast.forecast.limits import Limits
from offercast.forecast.outlook import Outlook
from offercast.forecast.plan import Pace, Pause, Plan

__all__ = ["Limits", "Outlook", "Pace", "Pause", "Plan", "exact_curve", "forecast_events", "forecast_offer"]
