"""Files whose columns are known: one TOML file for each source, found by its set of headers, in any order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from offercast.history.mapping import Mapping


class Source(msgspec.Struct, forbid_unknown_fields=True):
    """A known file: its name, the headers that give it away, and how it is read.

    `basis` says what is known of the format: a real file was seen, the code that writes it was read, or there
    was only somebody's description. `members` are the names that the file has in an archive.
    """

    name: str
    about: str
    basis: Literal["file seen", "code read", "description only"]
    headers: list[str]
    reads: Mapping
    members: list[str] = []


@cache
def sources() -> tuple[Source, ...]:
    """Every known source, in alphabetical order of its file."""
    folder = Path(__file__).parent
    return tuple(msgspec.toml.decode(path.read_bytes(), type=Source) for path in sorted(folder.glob("*.toml")))


def detect(headers: Sequence[str]) -> Source | None:
    """The source all of whose headers are there; the one with the most where several are.

    >>> found = detect(["status", "Job Title", "company name", "Job URL", "applied_date", "Status Date"])
    >>> found.name if found else None
    'Simplify'
    """
    present = {key(header) for header in headers}
    fitting = [source for source in sources() if {key(header) for header in source.headers} <= present]
    return max(fitting, key=lambda source: len(source.headers), default=None)


def members() -> list[str]:
    """The file names that known exports have in an archive, as patterns."""
    return [pattern for source in sources() for pattern in source.members]


def key(header: str) -> str:
    """A header without case, spaces and marks: "Applied Date", "appliedDate" and "applied_date" are one.

    >>> key("Applied Date") == key("appliedDate") == key("applied_date")
    True
    """
    return "".join(re.findall(r"[^\W_]+|#", header)).casefold()
