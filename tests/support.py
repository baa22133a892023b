"""Helpers that several test files share."""

from __future__ import annotations

from datetime import date

from offercast.history.records import Application, Event, History
from offercast.ladder import Ladder


def day(text: str) -> date:
    """A day of 2025, from month-day."""
    return date.fromisoformat(f"2025-{text}")


def event(kind: str, on: str | None = None, until: str | None = None, *, at_least: bool = False) -> Event:
    return Event(kind, day(on) if on else None, day(until) if until else None, at_least)


def history_of(ladder: Ladder, *events: Event, track: str = "A", channel: str = "cold", n: int = 1) -> History:
    """A history of `n` equal applications."""
    applications = [Application(f"x{i}", track, channel, tuple(events)) for i in range(n)]
    return History(ladder, tuple(applications))
