"""A delimited file as text cells with their physical line numbers; nothing is interpreted here."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from offercast.errors import InputError, Problem
from offercast.files import read_text

_DELIMITERS = ",;\t|"
_LARGEST_CELL = 1_000_000


@dataclass(frozen=True)
class Row:
    """One record: the physical line on which it starts, and its cells by header, stripped."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, header: str) -> str:
        return self.cells[header]


@dataclass(frozen=True)
class Table:
    """Headers and rows of a file. Ids, tracks and companies stay text for ever: "007", "NA" and "1e5" survive."""

    source: str
    header_line: int
    headers: tuple[str, ...]
    rows: tuple[Row, ...]

    def column(self, header: str) -> list[str]:
        """The non-empty cells of a column."""
        return [row[header] for row in self.rows if row[header]]


def read_table(path: Path) -> Table:
    """Read a delimited file with one header line.

    Raises:
        InputError: it is missing, empty, not UTF-8, or has rows of another width than its header.
    """
    text = read_text(path)
    name = str(path)
    if not text.strip():
        message = "this file is empty. The first line must name the columns."
        raise InputError(Problem(name, 1, None, message))
    records = _records(text, name)
    header_line, first = records[0]
    headers = _unique_headers([cell.strip() for cell in first], name, header_line)
    problems, rows = [], []
    for line, record in records[1:]:
        cells = [cell.strip() for cell in record]
        if not any(cells):
            continue
        extra = cells[len(headers) :]
        if any(extra):
            message = (
                f"this row has {len(cells)} cells and the header {len(headers)}. "
                "Put a cell that contains the delimiter in double quotes."
            )
            problems.append(Problem(name, line, None, message))
            continue
        if len(cells) < len(headers) and _ragged(cells, headers):
            message = f"this row has {len(cells)} cells and the header {len(headers)}. Add the missing ones, empty."
            problems.append(Problem(name, line, None, message))
            continue
        cells += [""] * (len(headers) - len(cells))
        rows.append(Row(line, dict(zip(headers, cells, strict=False))))
    if problems:
        raise InputError(problems)
    return Table(name, header_line, headers, tuple(rows))


def _ragged(cells: list[str], headers: tuple[str, ...]) -> bool:
    """A row short by one trailing empty cell is a habit of spreadsheets; half a row is an accident."""
    return len(cells) * 2 < len(headers)


def _records(text: str, name: str) -> list[tuple[int, list[str]]]:
    """Split the text into records with the line on which each starts, leading blank lines dropped."""
    csv.field_size_limit(_LARGEST_CELL)
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for record in reader:
            if records or any(cell.strip() for cell in record):
                records.append((start, record))
            start = reader.line_num + 1
    except csv.Error as error:
        message = f"{error}. A quoted cell that starts near here does not end properly: check its quotes."
        raise InputError(Problem(name, start, None, message)) from None
    return records


def _delimiter(text: str) -> str:
    """The delimiter that the first non-empty line has most often, quoted parts left out."""
    line = next(line for line in text.splitlines() if line.strip())
    bare = "".join(line.split('"')[::2])
    counts = Counter({mark: bare.count(mark) for mark in _DELIMITERS})
    mark, times = counts.most_common(1)[0]
    return mark if times else ","


def _unique_headers(headers: list[str], name: str, line: int) -> tuple[str, ...]:
    while headers and not headers[-1]:
        headers.pop()
    named = [header or f"column {position}" for position, header in enumerate(headers, start=1)]
    twice = [header for header, times in Counter(named).items() if times > 1]
    if twice:
        raise InputError(
            Problem(name, line, header, "two columns have this name. Rename one of them.") for header in twice
        )
    return tuple(named)
