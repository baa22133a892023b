"""Excel and LibreOffice workbooks, read by calamine: a Sheet for each sheet that has cells."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime, time, timedelta

from offercast.errors import InputError, Problem
from offercast.history.containers.sheet import MOST_CELLS, Sheet

_CELL = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_CHUNK = 1 << 20


def read_workbook(data: bytes, name: str) -> list[Sheet]:
    """Return the sheets of a workbook.

    Raises:
        InputError: it is damaged, locked by a password, or larger than any log.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    _refuse_giants(data, name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [_sheet(book, title, name) for title in book.sheet_names]
    except PasswordError:
        message = "this workbook is locked by a password. Save a copy without one."
        raise InputError(Problem(name, None, None, message)) from None
    except (CalamineError, OSError, ValueError):
        message = "this workbook is damaged. Open it in your spreadsheet program and save it again."
        raise InputError(Problem(name, None, None, message)) from None
    return [sheet for sheet in sheets if sheet.records]


def _sheet(book, title: str, name: str) -> Sheet:  # noqa: ANN001 - a CalamineWorkbook, imported only here
    rows = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
    records = [(line, [_text(value) for value in row]) for line, row in enumerate(rows, start=1)]
    where = name if len(book.sheet_names) == 1 else f"{name}[{title}]"
    return Sheet(where, [r for r in records if any(r[1])], "workbook", title=title)


def _text(value: object) -> str:
    """A cell as the text that a CSV would hold: days as ISO, whole numbers without a point."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value).strip()


def _refuse_giants(data: bytes, name: str) -> None:
    """A cell in the far corner makes a dense grid of the whole sheet: look at the addresses before it is built."""
    if not data.startswith(b"PK"):
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.namelist():
            if member.startswith("xl/worksheets/") and member.endswith(".xml"):
                rows, columns = _extent(archive, member)
                if rows * columns > MOST_CELLS:
                    message = f"a sheet spans {rows:,} rows by {columns:,} columns: too large to be a log."
                    raise InputError(Problem(name, None, None, message))


def _extent(archive: zipfile.ZipFile, member: str) -> tuple[int, int]:
    rows = columns = 0
    tail = b""
    with archive.open(member) as stream:
        while block := stream.read(_CHUNK):
            for letters, digits in _CELL.findall(tail + block):
                rows = max(rows, int(digits))
                columns = max(columns, _column_number(letters))
            tail = block[-32:]
    return rows, columns


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number
