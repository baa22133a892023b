"""Zip archives: the data exports that job sites send."""

from __future__ import annotations

import io
import zipfile
from fnmatch import fnmatch

from offercast.errors import InputError, Problem
from offercast.files import LARGEST_TEXT

MOST_MEMBERS = 10_000
_WORKBOOKS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
_LARGEST_RATIO = 200
"""Text shrinks to a tenth or so; what grows two hundredfold when unpacked is a bomb."""


def open_archive(data: bytes, name: str) -> zipfile.ZipFile:
    """Open an archive after looking at what it claims to hold.

    Raises:
        InputError: it is damaged, or would unpack to more than any log has.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise InputError(Problem(name, None, None, "this archive is damaged. Download it again.")) from None
    unpacked = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS or unpacked > 4 * LARGEST_TEXT or unpacked > _LARGEST_RATIO * max(len(data), 50_000):
        message = (
            f"this archive would unpack to {unpacked / 1e6:,.0f} MB in {len(members):,} files: no log is like that."
        )
        raise InputError(Problem(name, None, None, message))
    return archive


def is_workbook(archive: zipfile.ZipFile) -> bool:
    """Whether the archive is a spreadsheet (.xlsx, .xlsb, .ods)."""
    return any(member in _WORKBOOKS for member in archive.namelist())


def logs_in(archive: zipfile.ZipFile, patterns: list[str], name: str) -> list[tuple[str, bytes]]:
    """Return the members that hold applications, by the names that known sources give them, in order.

    Raises:
        InputError: none has such a name, and there is not exactly one table; or one is damaged.
    """
    inside = sorted(m.filename for m in archive.infolist() if not m.is_dir())
    chosen = [member for member in inside if any(fnmatch(member.split("/")[-1], pattern) for pattern in patterns)]
    tables = [member for member in inside if member.endswith((".csv", ".tsv", ".xlsx", ".json"))]
    if not chosen and len(tables) == 1:
        chosen = tables
    if not chosen:
        found = ", ".join(tables[:8]) or "no table at all"
        message = f"no file in this archive has the name of a known export. It holds: {found}. Unpack it and give one."
        raise InputError(Problem(name, None, None, message))
    return [(member, _content(archive, member, name)) for member in chosen]


def _content(archive: zipfile.ZipFile, member: str, name: str) -> bytes:
    """Unpack one member, but never more than it claims to hold."""
    limit = archive.getinfo(member).file_size
    try:
        with archive.open(member) as stream:
            data = stream.read(min(limit, LARGEST_TEXT) + 1)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as error:
        why = "locked by a password" if "password" in str(error) else "damaged"
        raise InputError(
            Problem(f"{name}/{member}", None, None, f"it is {why}. Unpack it and give the file.")
        ) from None
    if len(data) > limit or limit > LARGEST_TEXT:
        raise InputError(Problem(f"{name}/{member}", None, None, "it unpacks to more than it claims: refused."))
    return data
