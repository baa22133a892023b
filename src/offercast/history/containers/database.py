"""SQLite databases of trackers: the table of stage events that job-ops keeps."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from offercast.errors import InputError, Problem
from offercast.history.containers.sheet import Sheet

EVENTS = "stage_events"
_WANTED = ("application_id", "from_stage", "to_stage", "occurred_at", "outcome")
_ABOUT = {"employer": "company", "company": "company", "company_name": "company", "title": "title"}


def read_database(path: Path, name: str) -> Sheet:
    """Return the stage events, oldest first, with the company and title of their job where a table `jobs` has them.

    Raises:
        InputError: it is no database, is locked, or has no table of stage events.
    """
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            return _events(database, name)
    except sqlite3.Error as error:
        message = f"this database cannot be read: {error}. Close the program that uses it, or give a copy."
        raise InputError(Problem(name, None, None, message)) from None


def _events(database: sqlite3.Connection, name: str) -> Sheet:
    tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    if EVENTS not in tables:
        found = ", ".join(tables[:10]) or "none"
        message = f"this database has no table {EVENTS}. Its tables: {found}. Export the one you mean as CSV."
        raise InputError(Problem(name, None, None, message))
    columns = _columns(database, EVENTS)
    missing = [column for column in _WANTED[:4] if column not in columns]
    if missing:
        message = f"the table {EVENTS} has no column {missing[0]}."
        raise InputError(Problem(name, None, missing[0], message))
    wanted = [column for column in _WANTED if column in columns]
    about = {c: _ABOUT[c] for c in _columns(database, "jobs") if c in _ABOUT} if "jobs" in tables else {}
    chosen = ", ".join([*(f"e.{c}" for c in wanted), *(f"j.{c}" for c in about)])
    joined = " LEFT JOIN jobs j ON j.id = e.application_id" if about and "id" in _columns(database, "jobs") else ""
    chosen = chosen if joined else ", ".join(f"e.{c}" for c in wanted)
    headers = [*wanted, *(about.values() if joined else ())]
    query = f"SELECT {chosen} FROM {EVENTS} e{joined} ORDER BY e.occurred_at, e.rowid"  # noqa: S608 - names from this file
    rows = [
        (number, ["" if cell is None else str(cell).strip() for cell in row])
        for number, row in enumerate(database.execute(query), start=1)
    ]
    return Sheet(name, [(0, headers), *rows], "SQLite events", headed=True)


def _columns(database: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
