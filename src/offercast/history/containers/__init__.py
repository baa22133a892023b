"""Files as sheets of text cells: what a file is, is found out from its first bytes, never from its name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from offercast.errors import InputError, Problem
from offercast.files import read_bytes
from offercast.history.containers.sheet import Sheet

__all__ = ["Sheet", "open_sheets"]

_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_SQLITE = b"SQLite format 3\0"
_FOREIGN = {b"%PDF": "a PDF", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"\x1f\x8b": "compressed by gzip"}


def open_sheets(path: Path, *, data: bytes | None = None, encoding: str | None = None) -> list[Sheet]:
    """Return every sheet that a file holds; `data` stands for its content where it is not on disk.

    Raises:
        InputError: it is missing, empty, damaged, too large, or nothing that holds a table.
    """
    name = str(path)
    if data is None:
        data = read_bytes(path)
        if data.startswith(_SQLITE):
            from offercast.history.containers.database import read_database

            return [read_database(path, name)]
    return _sheets(data, name, encoding)


def _sheets(data: bytes, name: str, encoding: str | None) -> list[Sheet]:
    for magic, what in _FOREIGN.items():
        if data.startswith(magic):
            message = f"this is {what}, no table. Save the log as CSV (UTF-8) or .xlsx and give that."
            raise InputError(Problem(name, None, None, message))
    if data.startswith(b"PK"):
        return _unpacked(data, name, encoding)
    if data.startswith(_OLD_OFFICE):
        from offercast.history.containers.workbook import read_workbook

        return read_workbook(data, name)
    if data.startswith(_SQLITE):
        message = "a database cannot be read from a pipe or an archive. Give the path of the file."
        raise InputError(Problem(name, None, None, message))
    from offercast.history.containers.decoding import decode

    text, notes = decode(data, name, encoding)
    if not text.strip():
        message = "this file is empty. The first line must name the columns."
        raise InputError(Problem(name, 1, None, message))
    return [replace(sheet, notes=(*notes, *sheet.notes)) for sheet in _from_text(text, name)]


def _unpacked(data: bytes, name: str, encoding: str | None) -> list[Sheet]:
    from offercast.history.containers.archive import is_workbook, logs_in, open_archive
    from offercast.history.containers.workbook import read_workbook
    from offercast.history.sources import members

    archive = open_archive(data, name)
    if is_workbook(archive):
        return read_workbook(data, name)
    logs = logs_in(archive, members(), name)
    return [sheet for member, content in logs for sheet in _sheets(content, f"{name}/{member}", encoding)]


def _from_text(text: str, name: str) -> list[Sheet]:
    start = text.lstrip()[:1]
    if start in "[{" and _is_json(text):
        from offercast.history.containers.jsonlists import read_json

        return [read_json(text, name)]
    if "|" in text and "--" in text:
        from offercast.history.containers.markdown import has_table, read_markdown

        if has_table(text):
            return read_markdown(text, name)
    from offercast.history.containers.delimited import read_delimited

    return [read_delimited(text, name)]


def _is_json(text: str) -> bool:
    """A bracket at the start is JSON where what follows can be: a quote, a bracket, or the end of the list."""
    after = text.lstrip()[1:].lstrip()[:1]
    return after in ('"', "{", "[", "]", "}")
