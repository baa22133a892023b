"""WHAT HAPPENED: applications, their events, and any log people already keep, read into a History."""

import importlib

from offercast.history.records import Application, Event, History, Reading

__all__ = ["Application", "Event", "History", "Reading", "read_history", "write_history"]

_LATER = {"read_history": "reading", "write_history": "writing"}
"""What is imported when it is first asked for: most of the reader is not needed for a canonical log."""


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
