"""The one door for logs: `read_history` finds out what a file is and reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from offercast.errors import InputError, Problem
from offercast.history.canonical import COLUMNS
from offercast.history.containers import Sheet, open_sheets
from offercast.history.events import canonical_mapping, is_canonical, read_events, says_no_other_column
from offercast.history.mapping import Mapping, read_mapping
from offercast.history.notice import noticed
from offercast.history.records import Application, History, Reading
from offercast.history.spelling import one_spelling
from offercast.history.table import SHEET, Table, join_tables, to_table
from offercast.ladder import Ladder, normalise


def read_history(
    path: str | Path,
    *,
    mapping: str | Path | Mapping | None = None,
    ladder: Ladder | None = None,
    data: bytes | None = None,
) -> History:
    """Read a log of applications, whatever its shape.

    Args:
        path: a CSV, TSV, Markdown, JSON, Excel or SQLite file, or the zip of a data export. What it is, is found
            out from its content.
        mapping: what columns and words mean, where the guess is wrong: a TOML file, or a `Mapping`.
        ladder: the stages, exits and channels; those of the Blueprint where None.
        data: the content, where it is not on disk; `path` is then only the name for messages.

    Returns:
        The History; `history.reading` says how each column and each status was taken.

    Raises:
        InputError: the file or the mapping cannot be read; every problem found is in it, with the questions that
            only the owner of the log can answer.

    >>> import offercast
    >>> read_history(offercast.example()).tracks
    ('Developer Advocate', 'Sales Engineer', 'Software Engineer')
    """
    if ladder is None:
        from offercast.modelfile import load_model

        ladder = load_model().ladder
    given = mapping if isinstance(mapping, Mapping) else read_mapping(Path(mapping), ladder) if mapping else Mapping()
    table = _table(open_sheets(Path(path), data=data, encoding=given.encoding), given, ladder)
    applications, reading = read_table(table, given, ladder)
    applications, joined = _join_spellings(applications)
    notes = (*table.notes, *reading.notes, *joined, *noticed(applications, ladder))
    return History(ladder, applications, str(path), replace(reading, notes=notes))


def read_table(table: Table, given: Mapping, ladder: Ladder) -> tuple[tuple[Application, ...], Reading]:
    """Read one table: the canonical log, another event log, or one row per application.

    Raises:
        InputError: see `read_history`.
    """
    if says_no_other_column(given) and is_canonical(table):
        return read_events(table, ladder, canonical_mapping(table, given), canonical=True)
    from offercast.history.guess import complete_mapping
    from offercast.history.sources import detect

    source = detect(table.headers)
    completed = complete_mapping(table, ladder, given, source)
    if completed.mapping.header("track") is None and SHEET in table.headers:
        columns = {**completed.mapping.columns, SHEET: "track"}
        completed = replace(completed, mapping=msgspec.structs.replace(completed.mapping, columns=columns))
    if completed.mapping.header("event"):
        applications, reading = read_events(table, ladder, completed, canonical=False)
    else:
        from offercast.history.rows import read_rows

        applications, reading = read_rows(table, ladder, completed)
    return applications, replace(reading, known_as=source.name if source else "")


def _table(sheets: Sequence[Sheet], given: Mapping, ladder: Ladder) -> Table:
    """The table of a file: its only sheet, those that belong together, or the one that looks most like a log."""
    chosen = _wanted(sheets, given)
    tables, problems = [], []
    for sheet in chosen:
        try:
            tables.append(to_table(sheet, lambda cell: _is_name(cell, ladder)))
        except InputError as error:
            if len(chosen) == 1:
                raise
            problems += error.problems
    named = [(sum(_is_name(header, ladder) for header in table.headers), table) for table in tables if table.rows]
    if not named:
        if problems:
            raise InputError(problems)
        return tables[0]
    _, best = max(named, key=lambda item: (item[0], len(item[1].rows)))
    alike = [table for table in tables if table.headers == best.headers]
    joined = join_tables(alike)
    other = [table for table in tables if table.headers != best.headers]
    if other:
        left = ", ".join(_short(table.source) for table in other[:5])
        joined = replace(joined, notes=(*joined.notes, f"not read: {left} (other columns than {_short(best.source)})"))
    return joined


def _wanted(sheets: Sequence[Sheet], given: Mapping) -> Sequence[Sheet]:
    if not sheets:
        raise InputError(Problem("", None, None, "this file holds no table."))
    if given.sheet is None:
        return sheets
    names = [given.sheet] if isinstance(given.sheet, str) else given.sheet
    chosen = [sheet for sheet in sheets if sheet.title in names]
    if not chosen:
        there = ", ".join(f'"{sheet.title}"' for sheet in sheets)
        message = f'there is no sheet "{names[0] if names else ""}". There is: {there}.'
        raise InputError(Problem(sheets[0].name, None, "sheet", message))
    return chosen


def _short(source: str) -> str:
    return source.rpartition("[")[2].rstrip("]") if source.endswith("]") else source.rpartition("/")[2]


def _is_name(cell: str, ladder: Ladder) -> bool:
    """Whether a cell is a name that columns of such logs have."""
    if cell in COLUMNS or len(cell) > 60:
        return cell in COLUMNS
    from offercast.history.lexicon import lexicon

    words = normalise(cell)
    return words in lexicon().columns or words in ladder.words or words in ("date", "datum", "fecha", "日期")


def _join_spellings(applications: tuple[Application, ...]) -> tuple[tuple[Application, ...], list[str]]:
    """Give tracks that differ only in spelling one name, and say so."""
    chosen = one_spelling(Counter(application.track for application in applications))
    spellings: dict[str, list[str]] = {}
    for track, name in chosen.items():
        spellings.setdefault(name, []).append(track)
    joined = [f'tracks joined as "{name}": {", ".join(all_)}' for name, all_ in spellings.items() if len(all_) > 1]
    if not joined:
        return applications, []
    return tuple(replace(a, track=chosen[a.track]) for a in applications), joined
