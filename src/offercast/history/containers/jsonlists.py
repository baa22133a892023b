"""JSON: a list of applications, each perhaps with a list of its events; or one such object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from offercast.errors import InputError, Problem
from offercast.history.containers.sheet import Sheet

ENTRY = "entry"
"""The column that says which entry of the file an event is from."""

_GAP = re.compile(r"[\s,]*")


def read_json(text: str, name: str) -> Sheet:
    """Return one record for each entry, or for each of its events where entries hold lists of events.

    Raises:
        InputError: it is not JSON, or holds no list of objects.
    """
    entries = list(_entries(text, name))
    if not entries:
        message = "this JSON holds no list of applications. It should look like [{...}, {...}]."
        raise InputError(Problem(name, 1, None, message))
    nested = _event_list(entries)
    records = list(_flat(entries) if nested is None else _unfolded(entries, nested))
    headers = list(dict.fromkeys(key for _, cells in records for key in cells))
    rows = [(line, [cells.get(header, "") for header in headers]) for line, cells in records]
    shape = "JSON list" if nested is None else "JSON event lists"
    return Sheet(name, [(1, headers), *rows], shape, headed=True)


def _entries(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each object of the first list of objects, with the line on which it starts."""
    decoder = json.JSONDecoder()
    at = len(text) - len(text.lstrip())
    if text[at : at + 1] == "{":
        start = _inner_list(text, at, decoder)
        if start is None:
            yield from _lines_of_objects(text, name, decoder)
            return
        at = start
    line, seen = 1, 0
    at = _skip(text, at + 1)
    while at < len(text) and text[at] != "]":
        line, seen = line + text.count("\n", seen, at), at
        value, at = _value(text, at, name, line, decoder)
        if isinstance(value, dict):
            yield line, value
        at = _skip(text, at)
    if at >= len(text):
        message = "this JSON ends in the middle of its list. Export it again, or close the list with ]."
        raise InputError(Problem(name, text.count("\n") + 1, None, message))


def _value(text: str, at: int, name: str, line: int, decoder: json.JSONDecoder) -> tuple[Any, int]:
    try:
        return decoder.raw_decode(text, at)
    except json.JSONDecodeError as error:
        message = f"this is not JSON: {error.msg[0].lower()}{error.msg[1:]}. Mend it there, or export it again."
        raise InputError(Problem(name, error.lineno, None, message)) from None
    except RecursionError:
        raise InputError(Problem(name, line, None, "this JSON is nested too deeply to be a log.")) from None


def _skip(text: str, at: int) -> int:
    found = _GAP.match(text, at)
    return found.end() if found else at


def _inner_list(text: str, at: int, decoder: json.JSONDecoder) -> int | None:
    """Where the list starts that is a value of the outermost object; None where the file has one object a line."""
    try:
        whole, _ = decoder.raw_decode(text, at)
    except (json.JSONDecodeError, RecursionError):
        return None
    for key, value in whole.items():
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            found = re.search(re.escape(json.dumps(key, ensure_ascii=False)) + r"\s*:\s*\[", text)
            if found and not _looks_like_events(value, whole):
                return found.end() - 1
    return None


def _looks_like_events(value: list[dict[str, Any]], whole: dict[str, Any]) -> bool:
    """A single application with its events, rather than a file of applications."""
    plain = sum(isinstance(other, str | int | float) for other in whole.values())
    return plain >= 2 and len(value[0]) <= 4


def _lines_of_objects(text: str, name: str, decoder: json.JSONDecoder) -> Iterator[tuple[int, dict[str, Any]]]:
    at, line, seen = _skip(text, 0), 1, 0
    while at < len(text):
        line, seen = line + text.count("\n", seen, at), at
        value, at = _value(text, at, name, line, decoder)
        if isinstance(value, dict):
            yield line, value
        at = _skip(text, at)


def _event_list(entries: list[tuple[int, dict[str, Any]]]) -> str | None:
    """The key whose values are lists of objects: the events of an entry."""
    for _, entry in entries:
        for key, value in entry.items():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                return key
    return None


def _flat(entries: list[tuple[int, dict[str, Any]]]) -> Iterator[tuple[int, dict[str, str]]]:
    for line, entry in entries:
        yield line, dict(_cells(entry))


def _unfolded(entries: list[tuple[int, dict[str, Any]]], nested: str) -> Iterator[tuple[int, dict[str, str]]]:
    """A record for each event, with the entry's own cells beside it; an entry without events keeps one record."""
    for number, (line, entry) in enumerate(entries, start=1):
        shared = {ENTRY: str(number), **dict(_cells({k: v for k, v in entry.items() if k != nested}))}
        events = entry.get(nested)
        rows = [row for row in events if isinstance(row, dict)] if isinstance(events, list) else []
        for row in rows or [{}]:
            own = {(key if key not in shared else f"event {key}"): cell for key, cell in _cells(row)}
            yield line, {**shared, **own}


def _cells(entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Text cells of an object; what is nested becomes `outer.inner`, lists are joined."""
    for key, value in entry.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", cell) for inner, cell in _cells(value))
        elif isinstance(value, list):
            yield key, "; ".join(str(item) for item in value if not isinstance(item, dict | list))
        else:
            yield key, _text(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip()
