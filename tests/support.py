"""Helpers that several test files share."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from types import ModuleType
from unittest import mock

from offercast.cli.main import main
from offercast.history.records import Application, Event, History
from offercast.ladder import Ladder

ROOT = Path(__file__).parents[1]


def script(path: str) -> ModuleType:
    """A script of the repository as a module."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def day(text: str) -> date:
    """A day of 2025, from month-day."""
    return date.fromisoformat(f"2025-{text}")


def event(kind: str, on: str | None = None, until: str | None = None, *, at_least: bool = False) -> Event:
    return Event(kind, day(on) if on else None, day(until) if until else None, at_least)


def history_of(ladder: Ladder, *events: Event, track: str = "A", channel: str = "cold", n: int = 1) -> History:
    """A history of `n` equal applications."""
    applications = [Application(f"x{i}", track, channel, tuple(events)) for i in range(n)]
    return History(ladder, tuple(applications))


def command(
    *arguments: str, cwd: Path | None = None, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line as typed, in this process: what is imported and compiled already serves every call."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
    with (
        contextlib.chdir(cwd or Path.cwd()),
        mock.patch.dict(os.environ, environment),
        mock.patch.multiple(sys, argv=["offercast", *arguments], stdin=io.TextIOWrapper(io.BytesIO(stdin), "utf-8")),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as left:
            code = left.code
    said = []
    for stream in (out, err):
        stream.flush()
        said.append(stream.buffer.getvalue().decode())
    return subprocess.CompletedProcess(arguments, code, *said)


def assert_documented(kind: str, body: dict) -> None:
    """Every key of a JSON document stands in its section of the page."""
    section = (ROOT / "docs" / "json.md").read_text().split(f"## offercast/{kind}/1")[1].split("## offercast")[0]
    for key in body:
        assert f"`{key}`" in section, f"{kind}: {key} is not documented"
