"""Bytes as text: the encodings that spreadsheets and trackers write, named aloud where it is not UTF-8."""

from __future__ import annotations

import codecs

from offercast.errors import InputError, Problem

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LEGACY = [
    "cp1252", "gb18030", "big5", "cp932", "euc_kr", "cp1250", "cp1251", "cp1253", "cp1254", "mac_roman",
]  # fmt: skip
_DAMAGE = 0.2
"""Up to this share of broken characters among the non-ASCII ones, a file is damaged UTF-8, not another encoding."""


def decode(data: bytes, name: str, encoding: str | None = None) -> tuple[str, tuple[str, ...]]:
    """Return the text, and what has to be said about how it was decoded.

    Raises:
        InputError: it is no text, or not in the encoding that was asked for.
    """
    if encoding:
        return _as_told(data, name, encoding), ()
    marked = next((codec for mark, codec in _MARKS if data.startswith(mark)), None) or _unmarked_utf16(data)
    try:
        text = data.decode(marked or "utf-8")
    except UnicodeDecodeError:
        if marked not in (None, "utf-8-sig"):
            text = data.decode(marked or "utf-8", errors="replace")
            return _no_nulls(text, name), (_damaged(text),)
        text, notes = _not_utf8(data, name)
        return _no_nulls(text, name), notes
    return _no_nulls(text, name), ()


def _as_told(data: bytes, name: str, encoding: str) -> str:
    try:
        return _no_nulls(data.decode(encoding).removeprefix("\ufeff"), name)
    except LookupError:
        message = f'"{encoding}" is no encoding. Write one such as "utf-8", "cp1252", "utf-16" or "gb18030".'
        raise InputError(Problem(name, None, "encoding", message)) from None
    except UnicodeError:
        message = f"this file is not {encoding}. Leave the encoding out of the mapping file, or name another."
        raise InputError(Problem(name, None, "encoding", message)) from None


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of plain text is zero."""
    head = data[:2000]
    if head.count(0) * 3 < len(head) or len(head) < 4:
        return None
    return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"


def _no_nulls(text: str, name: str) -> str:
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        message = "this is no text file. Save the sheet as CSV (UTF-8) or .xlsx and give that."
        raise InputError(Problem(name, line, None, message))
    return text


def _not_utf8(data: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Damaged UTF-8 where most of its special characters are whole, else the likeliest legacy encoding."""
    repaired = data.decode("utf-8-sig", errors="replace")
    broken = repaired.count("\ufffd")
    special = sum(ord(mark) > 127 for mark in repaired)
    if broken <= max(1, _DAMAGE * special) and special > broken:
        return repaired, (_damaged(repaired),)
    from charset_normalizer import from_bytes

    found = from_bytes(data, cp_isolation=_LEGACY).best()
    if found is None:
        line = data.count(b"\n", 0, _first_bad(data)) + 1
        message = 'these bytes are text in no encoding that I know. Save the file as "CSV UTF-8" and try again.'
        raise InputError(Problem(name, line, None, message))
    encoding = "cp1252" if _western(data, found.encoding) else found.encoding
    text = data.decode(encoding, errors="replace")
    return text, (f'not UTF-8: read as {encoding} (if names look wrong, put encoding = "..." in a mapping file)',)


def _western(data: bytes, encoding: str) -> bool:
    """Windows' western and central European code pages agree on these bytes: say the better known one."""
    return encoding in ("cp1250", "cp1254") and data.decode("cp1252", errors="replace") == data.decode(
        encoding, errors="replace"
    )


def _first_bad(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _damaged(text: str) -> str:
    lines = sorted({text.count("\n", 0, at) + 1 for at, mark in enumerate(text) if mark == "\ufffd"})[:5]
    named = ", ".join(map(str, lines))
    return f"characters that are cut or damaged: {text.count(chr(0xFFFD))} (line {named}), shown as \ufffd"
