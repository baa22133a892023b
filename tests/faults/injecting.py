"""Faults at the K-th call of the system, and the commands that they are tried on.

Run as a script: injecting.py FOLDER FAULT K ARGUMENT... is the command line with one fault in it.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import offercast
from offercast.cli.main import main

KILL = "KILL"
CALLS = {"open": os, "mkdir": os, "fdopen": os, "fsync": os, "chmod": os, "replace": os, "utime": os}
"""What writes a file, by the module that has it; `fdopen` stands for the first write to what it opens."""
LOG = "application_id,date,event,track,channel,company,title,came_from,note\n" + "".join(
    f"{i},2025-03-{1 + i % 28:02},applied,Dev,,Firm {i},,,\n" for i in range(1, 41)
)


@dataclass(frozen=True)
class Job:
    """A command, the file that it writes (none: it only keeps its fit), and how it is told to do so."""

    name: str
    target: str | None
    arguments: tuple[str, ...]

    def words(self, folder: Path) -> list[str]:
        """The arguments with the names of the files in a folder."""
        return [word.replace("@", f"{folder}/") for word in self.arguments]


JOBS = [
    Job("log", "log.csv", ("log", "@log.csv", "17", "rejected", "--date", "2025-06-01")),
    Job("import", "out.csv", ("import", "@log.csv", "-q", "-o", "@out.csv", "--force")),
    Job("fit", "fit.npz", ("fit", "@log.csv", "-q", "--as-of", "2025-06-01", "--engine", "independent", "-o", "@fit.npz", "--force")),
    Job("report", "page.html", ("report", "@full.npz", "-q", "-o", "@page.html", "--force")),
    Job("keep", None, ("compare", "@log.csv", "-q", "--as-of", "2025-06-01", "--engine", "independent")),
]  # fmt: skip


def prepare(folder: Path, job: Job, posterior: offercast.Posterior) -> bytes | None:
    """Fill a folder, and return what stands in the target before."""
    folder.mkdir()
    (folder / "log.csv").write_text(LOG)
    if job.name == "report":
        posterior.save(folder / "full.npz")
    if job.target is None:
        return None
    if job.target != "log.csv":
        (folder / job.target).write_bytes(b"old")
    return (folder / job.target).read_bytes()


class _Full(io.FileIO):
    """A file on which no write succeeds."""

    fault: Callable[[], None]

    def write(self, _data: object, /) -> int:
        self.fault()
        raise AssertionError


@contextmanager
def fault_at(folder: Path, fault: str, number: int) -> Iterator[list[str]]:
    """Let the call of this number (from 1) fail, of those that touch the folder; yield the list of calls made."""
    made: list[str] = []
    known = str(folder)

    def strike() -> None:
        if fault == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        code = getattr(errno, fault)
        raise OSError(code, os.strerror(code))

    def wrapped(name: str, real: Callable) -> Callable:
        def call(*given: Any, **named: Any) -> Any:
            ours = name != "read" if isinstance(given[0], int) else known in os.fsdecode(given[0])
            if ours:
                made.append(name)
            if ours and len(made) == number:
                if name == "fdopen":
                    stream = _Full(*given, **named)
                    stream.fault = strike
                    return stream
                strike()
            return real(*given, **named)

        return call

    patches = [mock.patch.object(module, name, wrapped(name, getattr(module, name))) for name, module in CALLS.items()]
    patches += [mock.patch.object(io, "open", wrapped("read", io.open))]
    for patch in patches:
        patch.start()
    try:
        yield made
    finally:
        for patch in patches:
            patch.stop()


if __name__ == "__main__":
    place, kind, when, *words = sys.argv[1:]
    sys.argv = ["offercast", *words]
    with fault_at(Path(place), kind, int(when)):
        main()
