"""Headers and rows of a sheet: the header line is found, nothing else is interpreted here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from offercast.errors import InputError, Problem
from offercast.history.containers import Sheet

SEARCHED = 30
"""Lines in which the header is looked for: title rows may stand above it."""

SHEET = "sheet"
"""The column added to rows that come from several sheets of one workbook."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the physical line on which it starts, and its cells in the order of the headers."""

    line: int
    cells: Sequence[str]
    at: dict[str, int]

    def __getitem__(self, header: str) -> str:
        return self.cells[self.at[header]]

    def get(self, header: str) -> str:
        """The cell of a column, empty where there is no such column."""
        place = self.at.get(header)
        return "" if place is None else self.cells[place]


@dataclass(frozen=True)
class Table:
    """Headers and rows of a file. Ids, tracks and companies stay text for ever: "007", "NA" and "1e5" survive."""

    source: str
    header_line: int
    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    shape: str = "table"
    notes: tuple[str, ...] = field(default=())

    def column(self, header: str) -> list[str]:
        """The non-empty cells of a column."""
        at = self.headers.index(header)
        return [row.cells[at] for row in self.rows if row.cells[at]]


def to_table(sheet: Sheet, known: Callable[[str], bool]) -> Table:
    """Find the header of a sheet and line its rows up under it.

    Args:
        sheet: the cells.
        known: whether a cell is a name that columns of such logs have.

    Raises:
        InputError: rows of another width than the header; every one of them.
    """
    filled = [(line, cells) for line, cells in sheet.records if any(cells)]
    if not filled:
        message = "this file is empty. The first line must name the columns."
        raise InputError(Problem(sheet.name, 1, None, message))
    at = 0 if sheet.headed else _header_at([cells for _, cells in filled[:SEARCHED]], known)
    header_line, first = filled[at]
    headers = _unique_headers(first)
    notes = list(sheet.notes)
    if at:
        notes.append(f"lines above the header: {at} (the columns are named on line {header_line})")
    rows, repeated, problems = [], 0, []
    index = {header: place for place, header in enumerate(headers)}
    for line, cells in filled[at + 1 :]:
        if cells == first:
            repeated += 1
            continue
        problem = _wrong_width(cells, headers)
        if problem:
            problems.append(Problem(sheet.name, line, None, problem))
            continue
        rows.append(Row(line, [*cells[: len(headers)], *[""] * (len(headers) - len(cells))], index))
    if problems:
        raise InputError(problems)
    if repeated:
        notes.append(f"header lines repeated further down and skipped: {repeated}")
    return Table(sheet.name, header_line, headers, tuple(rows), sheet.shape, tuple(notes))


def _header_at(records: list[list[str]], known: Callable[[str], bool]) -> int:
    """The first line with the most known names of columns; the first line of all where none has two."""
    scores = [sum(known(cell) for cell in cells if cell) for cells in records]
    best = max(scores)
    if best >= 2 or (best == 1 and scores[0] == 1):
        return scores.index(best)
    return 0


def _wrong_width(cells: list[str], headers: tuple[str, ...]) -> str | None:
    """A row short by a few trailing empty cells is a habit of spreadsheets; half a row is an accident."""
    if any(cells[len(headers) :]):
        return (
            f"this row has {len(cells)} cells and the header {len(headers)}. "
            "Put a cell that contains the delimiter in double quotes."
        )
    if len(cells) * 2 < len(headers):
        return f"this row has {len(cells)} cells and the header {len(headers)}. Add the missing ones, empty."
    return None


def _unique_headers(cells: list[str]) -> tuple[str, ...]:
    """The names of the columns; one without a name is "column 3", a name that comes again is "Date (2)"."""
    named = [" ".join(cell.split()) for cell in cells]
    while named and not named[-1]:
        named.pop()
    seen: Counter[str] = Counter()
    unique = []
    for place, name in enumerate(named, start=1):
        header = name or f"column {place}"
        seen[header] += 1
        while seen[header] > 1 and f"{header} ({seen[header]})" in named:
            seen[header] += 1
        unique.append(header if seen[header] == 1 else f"{header} ({seen[header]})")
    return tuple(unique)


def join_tables(tables: Sequence[Table]) -> Table:
    """Put tables with the same headers under each other, with a column that names the sheet of each row."""
    first, *rest = tables
    if not rest:
        return first
    titled = first.shape == "workbook" and SHEET not in first.headers
    headers = (*first.headers, SHEET) if titled else first.headers
    index = {header: place for place, header in enumerate(headers)}
    rows = []
    for table in tables:
        name = table.source.rpartition("[")[2].rstrip("]")
        for row in table.rows:
            cells = [row[header] for header in first.headers]
            rows.append(Row(row.line, [*cells, name] if titled else cells, index))
    notes = tuple(dict.fromkeys(note for table in tables for note in table.notes))
    return Table(first.source, first.header_line, headers, tuple(rows), first.shape, notes)
