"""offercast: honest numbers for a job hunt, from your own log of applications.

The public door. Importing it costs nothing; each name is fetched when it is first used.

>>> import offercast as oc
>>> history = oc.read_history(oc.example())
>>> evidence = oc.gather(history, as_of=history.last_date)
>>> evidence.sent, evidence.open_now
(105, 75)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from offercast.decisions.backwards import work_backwards
    from offercast.decisions.compare import Comparison, compare
    from offercast.decisions.offer import Worth, weigh_offer
    from offercast.decisions.waiting import open_applications, waiting
    from offercast.errors import CommandError, FitError, InputError, OffercastError, OutputError
    from offercast.evidence.evidence import Evidence, gather
    from offercast.evidence.wholesale import gather_file
    from offercast.examples import example
    from offercast.forecast.counts import Counts
    from offercast.forecast.engine import forecast_offer
    from offercast.forecast.events import forecast_events
    from offercast.forecast.exact import exact_curve, semi_analytic_curve
    from offercast.forecast.limits import Limits
    from offercast.forecast.outlook import Outlook
    from offercast.forecast.plan import Pace, Plan
    from offercast.history.reading import read_history
    from offercast.history.records import Application, Event, History
    from offercast.history.writing import write_history
    from offercast.inference.fit import fit
    from offercast.inference.posterior import Posterior
    from offercast.inference.storage import load_posterior
    from offercast.ladder import Ladder
    from offercast.modelfile import ModelFile, load_model

_HOMES = {
    "Application": "history.records",
    "CommandError": "errors",
    "Comparison": "decisions.compare",
    "Counts": "forecast.counts",
    "Event": "history.records",
    "Evidence": "evidence.evidence",
    "FitError": "errors",
    "History": "history.records",
    "InputError": "errors",
    "Ladder": "ladder",
    "Limits": "forecast.limits",
    "ModelFile": "modelfile",
    "OffercastError": "errors",
    "Outlook": "forecast.outlook",
    "OutputError": "errors",
    "Pace": "forecast.plan",
    "Plan": "forecast.plan",
    "Posterior": "inference.posterior",
    "Worth": "decisions.offer",
    "compare": "decisions.compare",
    "exact_curve": "forecast.exact",
    "example": "examples",
    "fit": "inference.fit",
    "forecast_events": "forecast.events",
    "forecast_offer": "forecast.engine",
    "gather": "evidence.evidence",
    "gather_file": "evidence.wholesale",
    "load_model": "modelfile",
    "load_posterior": "inference.storage",
    "open_applications": "decisions.waiting",
    "read_history": "history.reading",
    "semi_analytic_curve": "forecast.exact",
    "waiting": "decisions.waiting",
    "weigh_offer": "decisions.offer",
    "work_backwards": "decisions.backwards",
    "write_history": "history.writing",
}

__version__ = "0.1.0"
__all__ = [
    "Application", "CommandError", "Comparison", "Counts", "Event", "Evidence", "FitError", "History", "InputError",
    "Ladder", "Limits", "ModelFile", "OffercastError", "Outlook", "OutputError", "Pace", "Plan", "Posterior",
    "Worth", "compare", "exact_curve", "example", "fit", "forecast_events", "forecast_offer", "gather",
    "gather_file", "load_model", "load_posterior", "open_applications", "read_history", "semi_analytic_curve",
    "waiting", "weigh_offer", "work_backwards", "write_history",
]  # fmt: skip


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever stands behind the door
    """Fetch a public name from its module on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'offercast' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(f"offercast.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
