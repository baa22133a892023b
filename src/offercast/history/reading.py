"""The one door for logs: `read_history` finds out what a file is and reads it."""

from __future__ import annotations

from pathlib import Path

from offercast.history.canonical import is_canonical, read_canonical
from offercast.history.mapping import complete_mapping, read_mapping
from offercast.history.records import History
from offercast.history.rows import read_rows
from offercast.history.table import read_table
from offercast.ladder import Ladder


def read_history(path: str | Path, *, mapping: str | Path | None = None, ladder: Ladder | None = None) -> History:
    """Read a log of applications: the canonical event log, or one row per application.

    Args:
        path: a CSV file (comma, semicolon, tab or bar; UTF-8) with one header line.
        mapping: a TOML file that says what columns and statuses mean, where the guess is wrong.
        ladder: the stages, exits and channels; those of the Blueprint where None.

    Returns:
        The History; `history.reading` says how each column was taken.

    Raises:
        InputError: the file or the mapping cannot be read; every problem found is in it.

    >>> import offercast
    >>> read_history(offercast.example()).tracks
    ('Developer Advocate', 'Sales Engineer', 'Software Engineer')
    """
    if ladder is None:
        from offercast.modelfile import load_model

        ladder = load_model().ladder
    table = read_table(Path(path))
    if is_canonical(table) and mapping is None:
        applications, reading = read_canonical(table, ladder)
    else:
        given = read_mapping(Path(mapping), ladder) if mapping else None
        applications, reading = read_rows(table, ladder, complete_mapping(table, ladder, given))
    return History(ladder, applications, str(path), reading)
