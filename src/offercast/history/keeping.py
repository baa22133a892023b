"""Keeping a canonical log: one row more, and that row taken back. The CSV stays the truth; nothing else is kept."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from offercast.errors import CommandError, InputError, OutputError, Problem, did_you_mean
from offercast.files import read_bytes, write_atomically
from offercast.history.canonical import COLUMNS, REQUIRED, SHAPE, harmless, plain_text
from offercast.history.reading import read_history
from offercast.ladder import REOPENED, Ladder, normalise

NEW = "new"
"""What stands for the id of an application that has none yet."""
ATTRIBUTES = COLUMNS[3:]
PATIENCE = 5.0
"""Seconds to wait for another writer of the same log."""
_DELIMITERS = (",", ";", "\t")
_BLANK = b"\xef\xbb\xbf \r\n\t"
"""What an empty file may hold: a byte order mark and white space."""


@dataclass(frozen=True)
class Added:
    """The row that was added: its application, what happened, and when."""

    id: str
    kind: str
    on: date


@dataclass(frozen=True)
class _Log:
    """A canonical log as it lies on disk: its bytes, and its rows under their headers, harmless cells made plain."""

    data: bytes
    headers: tuple[str, ...]
    delimiter: str
    rows: tuple[dict[str, str], ...]
    began: dict[str, date] = field(default_factory=dict)
    """The first day of each application that has one."""

    @property
    def line_end(self) -> str:
        """How its lines end."""
        return "\r\n" if b"\r\n" in self.data else "\n"

    def of(self, identifier: str) -> list[dict[str, str]]:
        """The rows of one application."""
        return [row for row in self.rows if row["application_id"] == identifier]

    @property
    def ids(self) -> list[str]:
        """Every id once, in the order of the first rows."""
        return list(dict.fromkeys(row["application_id"] for row in self.rows))

    def with_row(self, cells: list[str]) -> bytes:
        """The file with one row more. Nothing that was there is touched."""
        stream = io.StringIO()
        writer = csv.writer(stream, delimiter=self.delimiter, lineterminator=self.line_end)
        if not self.data:
            writer.writerow(self.headers)
        elif not self.data.endswith((b"\n", b"\r")):
            stream.write(self.line_end)
        writer.writerow([harmless(cell) for cell in cells])
        return self.data + stream.getvalue().encode()


def add_event(
    path: str | Path,
    identifier: str,
    event: str,
    *,
    on: date,
    today: date,
    ladder: Ladder,
    attributes: Mapping[str, str] | None = None,
    memory: Path | None = None,
) -> Added:
    """Add one row to a canonical log.

    The file is read again as a whole with the new row in it, written beside itself and moved into place; its
    permissions, line endings, byte order mark and the order of its columns stay. Two writers wait for each other.

    Args:
        path: the log. One that is missing or empty is begun where the application is a new one.
        identifier: the id of an application of the log, or "new" for one more, which then gets the next free number.
        event: a stage, an exit or "reopened", by its id, label or an alias.
        on: the day on which it happened.
        today: the user's own day, after which nothing can have happened.
        ladder: the stages, exits and channels.
        attributes: track, channel, company, title, came_from, note; what an application has already is written again.
        memory: a file in which is kept what `undo` has to know.

    Returns:
        What was added.

    Raises:
        InputError: the file is no canonical log; `offercast import` makes one of it.
        CommandError: an unknown application or event, an impossible day, an attribute without a column, or a row that
            contradicts the log.
        OutputError: the file cannot be written, or changed meanwhile.

    >>> import tempfile
    >>> from offercast.modelfile import load_model
    >>> told = {"ladder": load_model().ladder, "today": date(2026, 6, 1)}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     log, kept = Path(folder) / "log.csv", Path(folder) / "last.undo"
    ...     first = add_event(log, "new", "applied", on=date(2026, 3, 2), **told)
    ...     second = add_event(log, first.id, "phone", on=date(2026, 3, 9), memory=kept, **told)
    ...     (second.id, second.kind, undo(log, memory=kept))
    ('1', 'phone', '1,2026-03-09,phone,,,,,,')
    """
    target = Path(path)
    given = {name: " ".join(text.split()) for name, text in (attributes or {}).items() if text.strip()}
    kind = _kind(event, ladder)
    if on > today:
        raise CommandError(f"{on} has not come yet: today is {today}. Log it when it has happened.")
    with alone(target):
        log = _read(target, ladder, begin=identifier == NEW)
        chosen = _next_id(log) if identifier == NEW else _known_id(log, identifier)
        _check_day(log, chosen, on)
        cells = _cells(log, chosen, kind, on, given, ladder)
        after = log.with_row(cells)
        _check(target, after, len(log.rows) + 1, ladder)
        _replace(target, log.data, after)
        if memory is not None:
            _remember(memory, len(log.data), after)
    return Added(chosen, kind, on)


def undo(path: str | Path, *, memory: Path) -> str:
    """Take back the row that was added last, and return it.

    Raises:
        CommandError: nothing was added, or the file has changed since.
        InputError, OutputError: the file cannot be read or written.
    """
    target = Path(path)
    with alone(target):
        data = read_bytes(target)
        try:
            kept = json.loads(memory.read_text("utf-8"))
            before, after = int(kept["before"]), str(kept["after"])
        except (OSError, ValueError, KeyError, TypeError):
            raise CommandError(f"{path}: nothing was added with this command that could be taken back.") from None
        if _digest(data) != after:
            raise CommandError(f"{path}: it has changed since the last row was added. Take the row out by hand.")
        _replace(target, data, data[:before])
        memory.unlink(missing_ok=True)
    return data[before:].decode().strip().splitlines()[-1]


def known_ids(path: Path) -> dict[str, str]:
    """The ids of a log with their companies, the newest first, for completion; none where it cannot be read."""
    try:
        log = _parsed(read_bytes(path))
    except (InputError, OSError):
        return {}
    return {} if log is None else {row["application_id"]: row.get("company", "") for row in reversed(log.rows)}


def _read(path: Path, ladder: Ladder, *, begin: bool) -> _Log:
    """The log, which must be a canonical one without problems; an empty one where it may be begun."""
    if begin and not (path.exists() and read_bytes(path).strip(_BLANK)):
        return _Log(b"", COLUMNS, ",", ())
    data = read_bytes(path)
    log = _parsed(data)
    history = read_history(path, ladder=ladder, data=data) if log else None
    if log is None or history is None or history.reading.shape != SHAPE:
        message = (
            "this is no canonical log, which has one row per event under the columns application_id, date and event. "
            f"Make one of it: offercast import {path} -o log.csv."
        )
        raise InputError(Problem(str(path), None, None, message))
    return replace(log, began={a.id: min(a.days) for a in history.applications if any(a.days)})


def _parsed(data: bytes) -> _Log | None:
    """The rows of a file whose first line names the columns of a canonical log; None of any other."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    for delimiter in _DELIMITERS:
        headers, *records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)) or [[]]
        names = tuple(" ".join(name.split()) for name in headers)
        if set(REQUIRED) <= set(names):
            cells = ([plain_text(cell.strip()) for cell in record] for record in records if any(record))
            rows = tuple(dict(zip(names, record, strict=False)) for record in cells)
            return _Log(data, names, delimiter, rows)
    return None


def _kind(event: str, ladder: Ladder) -> str:
    known = [*ladder.stage_ids, *ladder.exits_by_id, REOPENED]
    found = REOPENED if normalise(event) == REOPENED else ladder.words.get(normalise(event))
    if found is None:
        raise CommandError(f'"{event}" is no stage and no exit. {did_you_mean(event, known)}')
    return found


def _next_id(log: _Log) -> str:
    return str(max((int(name) for name in log.ids if name.isascii() and name.isdigit()), default=0) + 1)


def _known_id(log: _Log, identifier: str) -> str:
    if identifier not in log.ids:
        near = did_you_mean(identifier, [*reversed(log.ids), NEW])
        raise CommandError(f'there is no application "{identifier}" in this log. {near} For one more, write "{NEW}".')
    return identifier


def _check_day(log: _Log, identifier: str, on: date) -> None:
    first = log.began.get(identifier)
    if first and on < first:
        raise CommandError(f'{on} is before the first event of application "{identifier}", {first}.')


def _cells(log: _Log, identifier: str, kind: str, on: date, given: Mapping[str, str], ladder: Ladder) -> list[str]:
    """The new row in the order of the file's columns."""
    for name in given:
        if name not in log.headers:
            raise CommandError(f'this log has no column "{name}". Add it to its first line, or leave it away.')
    told: dict[str, str] = {}
    for row in log.of(identifier):
        told |= {name: row[name] for name in ATTRIBUTES if name != "note" and row.get(name)}
    told |= given
    if "channel" in given:
        told["channel"] = _channel(given["channel"], ladder)
    told |= {"application_id": identifier, "date": str(on), "event": kind}
    return [told.get(name, "") for name in log.headers]


def _channel(text: str, ladder: Ladder) -> str:
    found = ladder.channel_words.get(normalise(text))
    if found is None:
        raise CommandError(f'"{text}" is no channel. {did_you_mean(text, list(ladder.channels_by_id))}')
    return found


def _check(path: Path, after: bytes, rows: int, ladder: Ladder) -> None:
    """Read the log as it would be."""
    try:
        read_history(path, ladder=ladder, data=after)
    except InputError as error:
        told = " ".join(problem.message for problem in error.problems)
        raise CommandError(f"nothing was added, since the log would contradict itself: {told}") from None
    log = _parsed(after)
    if log is None or len(log.rows) != rows:
        raise CommandError("nothing was added: the end of the file cannot take a row (a quote is open?).")


@contextmanager
def alone(path: Path) -> Generator[None]:
    """Hold the log: whoever wants it meanwhile waits. The lock is a file beside it."""
    target = path.resolve()
    lock = target.with_name(f".{target.name}.lock")
    until = time.monotonic() + PATIENCE
    while (handle := _held(path, lock)) is None:
        if time.monotonic() > until:
            raise OutputError(f"{path}: another command is writing to it. Try again when it has ended.")
        time.sleep(0.02)
    try:
        yield
    finally:
        if os.name == "nt":  # where nothing open can be deleted
            os.close(handle)
        with suppress(OSError):  # an empty file that stays is in nobody's way
            lock.unlink()
        if os.name != "nt":
            os.close(handle)


def _held(path: Path, lock: Path) -> int | None:
    """The lock, open and ours; None while another process has it. The system lets go of what a killed one held."""
    try:
        handle = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise OutputError(f"{path}: it cannot be written: {error.strerror}.") from None
    try:
        _seize(handle)
        if os.path.samestat(os.fstat(handle), os.stat(lock)):  # noqa: PTH116 - one that was deleted meanwhile is no lock
            return handle
    except (BlockingIOError, PermissionError, FileNotFoundError):
        pass
    except OSError as error:
        os.close(handle)
        raise OutputError(f"{path}: it cannot be written: {error.strerror}.") from None
    os.close(handle)
    return None


def _seize(handle: int) -> None:
    """Lock an open file, or raise at once where another process has it."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _replace(path: Path, before: bytes, after: bytes) -> None:
    """Move the new content into place, unless somebody has changed the old one since it was read."""
    there = path.exists()
    now = read_bytes(path) if there else b""
    if now.strip(_BLANK) and now != before:
        raise OutputError(f"{path}: it was changed meanwhile, and nothing was written. Try again.")
    write_atomically(path, after, mode=path.stat().st_mode & 0o777 if there else 0o600)


def _remember(memory: Path, before: int, after: bytes) -> None:
    """Keep what taking the row back needs. Where that is not possible, the row stands all the same."""
    try:
        memory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(memory, json.dumps({"before": before, "after": _digest(after)}).encode(), private=True)
    except OSError:
        with suppress(OSError):
            memory.unlink()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
