"""Evidence from several pieces of one log, added up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from offercast.errors import CommandError
from offercast.evidence.evidence import Evidence, InFlight


def combine(parts: Iterable[Evidence]) -> Evidence:
    """Add pieces of evidence, each of some applications of one log: the same as counting them together.

    The pieces must have been gathered with the same `tracks`, `inertia` and `implied`, as of the same day, and the
    log's last day must not lie after it (an undated event is known only once the whole log is).

    Raises:
        CommandError: the pieces differ in their tracks, channels, steps, day, assumed age or inertia.
    """
    first, *rest = parts
    if rest and first.vary_by:
        raise CommandError("evidence by groups cannot be added: gather it in one piece.")
    cells = defaultdict(float, first.cells)
    flying = Counter({_key(row): row.count for row in first.in_flight})
    sums = Counter({name: getattr(first, name) for name in _SUMS})
    for part in rest:
        for name in ("tracks", "channels", "steps", "as_of", "unknown_age_days", "inertia", "vary_by"):
            if getattr(part, name) != getattr(first, name):
                raise CommandError(f"evidence that differs in its {name} cannot be added.")
        for cell, count in part.cells.items():
            cells[cell] += count
        flying.update({_key(row): row.count for row in part.in_flight})
        sums.update({name: getattr(part, name) for name in _SUMS})
    rhythm = Counter({row[:4]: row[4] for row in first.rhythm})
    for part in rest:
        rhythm.update({row[:4]: row[4] for row in part.rhythm})
    named = sorted({stage for part in (first, *rest) for stage in part.named})
    return replace(
        first,
        rhythm=tuple((*where, count) for where, count in sorted(rhythm.items())),
        rhythm_weeks=max(part.rhythm_weeks for part in (first, *rest)),
        named=tuple(named),
        cells=dict(cells),
        in_flight=tuple(InFlight(*key, count) for key, count in sorted(flying.items())),
        **sums,
    )


_SUMS = ("applications", "sent", "offers_in_hand", "undated", "second_chances")


def _key(row: InFlight) -> tuple[int, int, int, int, int]:
    return (row.track, row.channel, row.step, row.shortest, row.longest)
