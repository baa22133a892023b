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
    from offercast.decisions.compare import Comparison, compare
    from offercast.errors import CommandError, FitError, InputError, OffercastError, OutputError
    from offercast.evidence.evidence import Evidence, gather
    from offercast.evidence.wholesale import gather_file
    from offercast.examples import example
    from offercast.forecast.engine import forecast_offer
    from offercast.forecast.exact import exact_curve
    from offercast.forecast.outlook import Outlook
    from offercast.forecast.plan import Plan
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
    "Event": "history.records",
    "Evidence": "evidence.evidence",
    "FitError": "errors",
    "History": "history.records",
    "InputError": "errors",
    "Ladder": "ladder",
    "ModelFile": "modelfile",
    "OffercastError": "errors",
    "Outlook": "forecast.outlook",
    "OutputError": "errors",
    "Plan": "forecast.plan",
    "Posterior": "inference.posterior",
    "compare": "decisions.compare",
    "exact_curve": "forecast.exact",
    "example": "examples",
    "fit": "inference.fit",
    "forecast_offer": "forecast.engine",
    "gather": "evidence.evidence",
    "gather_file": "evidence.wholesale",
    "load_model": "modelfile",
    "load_posterior": "inference.storage",
    "read_history": "history.reading",
    "write_history": "history.writing",
}

__version__ = "0.1.0"
__all__ = [
    "Application", "CommandError", "Comparison", "Event", "Evidence", "FitError", "History", "InputError", "Ladder",
    "ModelFile", "OffercastError", "Outlook", "OutputError", "Plan", "Posterior", "compare", "exact_curve", "example",
    "fit", "forecast_offer", "gather", "gather_file", "load_model", "load_posterior", "read_history", "write_history",
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
