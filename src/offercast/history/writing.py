"""Writing a History as the canonical event log."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from offercast.files import refuse_to_overwrite, write_atomically
from offercast.history.canonical import AT_LEAST, COLUMNS, harmless
from offercast.history.records import Event, History


def write_history(history: History, path: str | Path, *, force: bool = False) -> None:
    """Write the canonical log, readable by its owner only.

    Raises:
        OutputError: the file exists and `force` is not given, or it cannot be written.
    """
    target = Path(path)
    refuse_to_overwrite(target, force=force)
    write_atomically(target, canonical_text(history).encode(), private=True)


def canonical_text(history: History) -> str:
    """The canonical log as text. A cell that a spreadsheet would run as a formula gets a leading apostrophe."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for a in history.applications:
        shared = [a.track, a.channel, a.company, a.title, a.came_from, a.note]
        for event in a.events:
            row = [a.id, _day(event), (AT_LEAST if event.at_least else "") + event.kind, *shared]
            writer.writerow([harmless(cell) for cell in row])
    return stream.getvalue()


def _day(event: Event) -> str:
    if event.on is None:
        return ""
    return f"{event.on}/{event.until}" if event.until else str(event.on)
