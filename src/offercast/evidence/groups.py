"""Groups of applications whose first step may have a chance of its own: months, seasons, companies, titles.

Off by default. The model takes the groups into account only where evidence was gathered with `vary_by`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from offercast.history.records import Application
from offercast.ladder import normalise

Grouping = Literal["month", "season", "company", "title"]
GROUPINGS: tuple[Grouping, ...] = ("month", "season", "company", "title")
NAMED: tuple[Grouping, ...] = ("company", "title")
"""Groupings by a name: an application without one stands for a company, or a title, of its own."""
SEASONS = ("winter", "spring", "summer", "autumn")
"""December to February, March to May, June to August, September to November."""


def group_of(application: Application, started: date | None, vary_by: Grouping) -> str | None:
    """The name of an application's group; None where the log does not say.

    >>> group_of(Application("1", "A", "cold", (), company="Acme Inc."), date(2026, 3, 7), "month")
    '2026-03'
    """
    if vary_by == "month":
        return f"{started:%Y-%m}" if started else None
    if vary_by == "season":
        return SEASONS[started.month % 12 // 3] if started else None
    if vary_by == "company":
        return normalise(application.company) or None
    return f"{application.track}: {title}" if (title := normalise(application.title)) else None


def ordered_groups(found: Iterable[str], vary_by: Grouping) -> tuple[str, ...]:
    """The groups in order: months without a gap from first to last, seasons from winter on, others by name.

    >>> ordered_groups({"2025-11", "2026-01"}, "month")
    ('2025-11', '2025-12', '2026-01')
    """
    names = sorted(set(found))
    if vary_by == "season":
        return tuple(season for season in SEASONS if season in names)
    if vary_by != "month" or not names:
        return tuple(names)
    first, last = (12 * int(name[:4]) + int(name[5:]) - 1 for name in (names[0], names[-1]))
    return tuple(f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(first, last + 1))
