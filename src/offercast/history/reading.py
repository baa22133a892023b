"""The one door for logs: `read_history` finds out what a file is and reads it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from offercast.history.canonical import is_canonical, read_canonical
from offercast.history.mapping import Mapping, complete_mapping, read_mapping
from offercast.history.records import Application, History
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
    given = read_mapping(Path(mapping), ladder) if mapping else Mapping()
    if is_canonical(table) and not given.columns:
        applications, reading = read_canonical(table, ladder, given)
    else:
        applications, reading = read_rows(table, ladder, complete_mapping(table, ladder, given))
    applications, joined = _join_spellings(applications)
    return History(ladder, applications, str(path), replace(reading, notes=(*reading.notes, *joined)))


def _join_spellings(applications: tuple[Application, ...]) -> tuple[tuple[Application, ...], list[str]]:
    """Give tracks that differ only in capitals one spelling, the most frequent one, and say so."""
    spellings: dict[str, Counter[str]] = {}
    for application in applications:
        spellings.setdefault(application.track.casefold(), Counter())[application.track] += 1
    chosen = {key: counts.most_common(1)[0][0] for key, counts in spellings.items()}
    joined = [
        f'tracks joined as "{chosen[key]}": {", ".join(counts)}' for key, counts in spellings.items() if len(counts) > 1
    ]
    if not joined:
        return applications, []
    return tuple(replace(a, track=chosen[a.track.casefold()]) for a in applications), joined
