"""The versions of a file in git: a snapshot that was committed again and again is an event log.

A status that differs from the one before came true after the commit before it and not after the commit that has
it: its day is known as that interval. Days that the sheet itself gives are kept.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from offercast.errors import InputError, OffercastError, Problem
from offercast.history.mapping import Mapping
from offercast.history.reading import read_history
from offercast.history.records import Application, Event, History
from offercast.ladder import Ladder

MOST_VERSIONS = 5_000
_SECONDS = 120
_SETTINGS = ("core.fsmonitor=false", "core.quotePath=false", "log.showSignature=false")
"""What a repository's own settings could otherwise make git start: a file monitor, a signature program."""

_QUIET = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
"""Nothing is fetched, asked or written."""


@dataclass(frozen=True)
class Version:
    """What one commit has in the file: its day (in the author's own time zone), its short name, the content."""

    day: date
    commit: str
    data: bytes


def versions(path: Path) -> Iterator[Version]:
    """Yield every committed version of a file, oldest first, renames followed.

    Raises:
        InputError: git is not there, or the file is in no repository.
    """
    listed = _git(path, "log", "--follow", "--format=%x00%h %ad", "--date=short", "--name-only", "--", path.name)
    commits = [entry.split("\n") for entry in listed.decode("utf-8", errors="replace").split("\0") if entry.strip()]
    if not commits:
        raise InputError(Problem(str(path), None, None, "git knows no version of this file. Commit it first."))
    root = Path(_git(path, "rev-parse", "--show-toplevel").decode().strip())
    for head, *names in reversed(commits[:MOST_VERSIONS]):
        commit, _, day = head.partition(" ")
        name = next((name for name in names if name.strip()), "")
        try:
            data = _git(path, "-C", str(root), "cat-file", "blob", f"{commit}:{name}")
        except OffercastError:
            continue  # the commit that removed the file
        yield Version(date.fromisoformat(day.strip()), commit, data)


def _git(path: Path, *arguments: str) -> bytes:
    """Run git on the folder of the file, without hooks, pagers, prompts or any program of the repository's own."""
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    command = ["git", "--no-pager", *settings, *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - no shell, fixed program, arguments of our own
            command,
            cwd=path.resolve().parent,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
            env={**os.environ, **_QUIET},
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        message = "git is not installed, or the folder of this file is not there."
        raise InputError(Problem(str(path), None, None, message)) from None
    except subprocess.TimeoutExpired:
        raise InputError(Problem(str(path), None, None, f"git took more than {_SECONDS} seconds.")) from None
    if done.returncode:
        said = done.stderr.decode("utf-8", errors="replace").strip().splitlines()
        message = (
            f"git cannot tell its history: {said[-1] if said else 'it failed'}. Give the path of a committed file."
        )
        raise InputError(Problem(str(path), None, None, message))
    return done.stdout


def read_git_history(path: Path, *, mapping: Mapping | None = None, ladder: Ladder) -> tuple[History, tuple[str, ...]]:
    """Read every version of a snapshot and put the changes between them in order.

    Returns:
        The history, and what has to be said about it: versions that could not be read, rows that went away.

    Raises:
        InputError: no version can be read; the problems are those of the last one.
    """
    states: dict[str, Application] = {}
    notes: list[str] = []
    unreadable, read, previous = 0, 0, None
    last: History | None = None
    trouble: InputError | None = None
    day: date | None = None
    for version in versions(path):
        try:
            history = read_history(path, mapping=mapping, ladder=ladder, data=version.data)
        except InputError as error:
            unreadable, trouble = unreadable + 1, error
            continue
        last, day = history, version.day
        for key, application in _keyed(history.applications):
            states[key] = _step(states.get(key), application, previous, version.day, ladder)
        gone = set(states) - {key for key, _ in _keyed(history.applications)}
        read, previous = read + 1, version.day
    if last is None:
        raise trouble or InputError(Problem(str(path), None, None, "no version of this file can be read."))
    notes.append(f"versions in git: {read}, the last of {day}")
    if unreadable:
        notes.append(f"versions that cannot be read, left out: {unreadable}")
    if gone:
        notes.append(f"rows that are no longer in the file, kept as they were last: {len(gone)}")
    applications = tuple(replace(a, id=_own_id(a.id, key)) for key, a in states.items())
    return History(ladder, applications, str(path), replace(last.reading, seen_on=day)), tuple(notes)


def _keyed(applications: tuple[Application, ...]) -> Iterator[tuple[str, Application]]:
    """Each application with what stays the same from version to version: its id, else company, title and its count."""
    seen: dict[str, int] = {}
    for application in applications:
        if not application.id.startswith("row "):
            yield f"id {application.id}", application
            continue
        name = f"{application.company.casefold()} · {application.title.casefold()}"
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name} ({seen[name]})"), application


def _own_id(identifier: str, key: str) -> str:
    """Row numbers shift from version to version: the key is the better name."""
    return key if identifier.startswith("row ") else identifier


def _step(
    before: Application | None, now: Application, previous: date | None, day: date, ladder: Ladder
) -> Application:
    """The application with the events that are new in this version dated between the two commits."""
    known = {event.kind: event for event in before.events} if before else {}
    events: list[Event] = list(before.events) if before else []
    for event in now.events:
        if event.kind in known:
            if event.on and not event.until and known[event.kind].on != event.on:  # the sheet says the day itself
                events[[e.kind for e in events].index(event.kind)] = event
            continue
        events.append(event if event.on else _between(event, previous if before else None, day))
    return replace(now, events=tuple(_consistent(events, ladder)))


def _between(event: Event, previous: date | None, day: date) -> Event:
    """New since the version before: some day from then on. What the first version has, may have come at any time."""
    if previous is None:
        return event
    return replace(event, on=previous, until=day if day > previous else None)


def _consistent(events: list[Event], ladder: Ladder) -> Iterator[Event]:
    """Events by day; one whose interval starts before the event that it followed starts with that event."""
    order = ladder.order
    last: date | None = None
    for event in sorted(events, key=lambda e: (order.get(e.kind, len(order)), e.latest or date.max)):
        moved = event
        if event.on and event.until and last and event.on < last <= event.until:
            moved = replace(event, on=last, until=event.until if event.until > last else None)
        last = moved.on or last
        yield moved
