"""Delimited text (CSV, TSV, a paste from a sheet) as cells with their physical line numbers."""

from __future__ import annotations

import csv
import io
from collections import Counter

from offercast.errors import InputError, Problem
from offercast.history.containers.sheet import Sheet

LARGEST_CELL = 1_000_000
"""Characters. A cell beyond this is a quote that was never closed, or an attack."""

MOST_COLUMNS = 2_000
_DELIMITERS = ",;\t|"
_SNIFFED_LINES = 40
_CONFLICT = ("<<<<<<< ", "=======", ">>>>>>> ", "||||||| ")


def read_delimited(text: str, name: str) -> Sheet:
    """Split text into records.

    Raises:
        InputError: quotes that do not close, a field beyond all bounds, or the marks of an unfinished merge.
    """
    _refuse_conflicts(text, name)
    told, text, first_line = _told_delimiter(text)
    delimiter = told or _delimiter(text)
    csv.field_size_limit(LARGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[tuple[int, list[str]]] = []
    same: dict[str, str] = {}
    start = first_line
    try:
        for record in reader:
            if len(record) > MOST_COLUMNS:
                message = f"this row has {len(record):,} cells: no log is that wide. Is the delimiter right?"
                raise InputError(Problem(name, start, None, message))
            cells = [same.setdefault(cell, cell) for cell in map(str.strip, record)]
            records.append((start, cells))
            start = reader.line_num + first_line
            if len(same) > 100_000:
                same.clear()
    except csv.Error as error:
        raise InputError(Problem(name, start, None, _quote_trouble(str(error)))) from None
    return Sheet(name, records)


def _quote_trouble(error: str) -> str:
    if "field larger" in error:
        return f"a cell has more than {LARGEST_CELL:,} characters. Is a quote missing at its end?"
    return f"{error}. A quoted cell that starts near here does not end properly: check its quotes."


def _refuse_conflicts(text: str, name: str) -> None:
    if "<<<<<<< " not in text and ">>>>>>> " not in text:
        return
    problems = [
        Problem(name, line, None, "the mark of an unfinished merge. Keep one of the two sides and delete the marks.")
        for line, content in enumerate(text.splitlines(), start=1)
        if content.startswith((_CONFLICT[0], _CONFLICT[2])) or content == _CONFLICT[1]
    ]
    if problems:
        raise InputError(problems)


def _told_delimiter(text: str) -> tuple[str | None, str, int]:
    """Excel may say the delimiter in a first line of its own: `sep=;`."""
    head, _, rest = text.partition("\n")
    told = head.strip().removeprefix("sep=")
    if head.casefold().startswith("sep=") and len(told) == 1:
        return told, rest, 2
    return None, text, 1


def _delimiter(text: str) -> str:
    r"""The mark that splits the most of the first lines into one and the same number of cells, at least two.

    >>> _delimiter("My jobs, 2025;;\nCompany;Status;Date\nA, B & Co;Applied;3.1.2025")
    ';'
    """
    head = "\n".join(text.split("\n", _SNIFFED_LINES)[:_SNIFFED_LINES])

    def quality(mark: str) -> tuple[float, int]:
        reader = csv.reader(io.StringIO(head, newline=""), delimiter=mark)
        try:
            widths = Counter(len(record) for record in reader if any(cell.strip() for cell in record))
        except csv.Error:
            return 0.0, 0
        width, times = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        if width < 2:
            width, times = max(((w, n) for w, n in widths.items() if w > 1), default=(1, 0))
        return times / max(widths.total(), 1), width

    best = max(_DELIMITERS, key=quality)
    return best if quality(best)[1] > 1 else ","
