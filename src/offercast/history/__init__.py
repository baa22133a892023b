"""WHAT HAPPENED: applications, their events, and any log people already keep, read into a History."""

from offercast.history.reading import read_history
from offercast.history.records import Application, Event, History, Reading
from offercast.history.writing import write_history

__all__ = ["Application", "Event", "History", "Reading", "read_history", "write_history"]
