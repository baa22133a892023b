"""Sheet: the cells of a file as they stand, before anyone says which line is the header."""

from __future__ import annotations

from dataclasses import dataclass

MOST_CELLS = 20_000_000
"""Cells of one sheet. A log of a million events with nine columns has nine million."""


@dataclass(frozen=True)
class Sheet:
    """Records of text cells, each with the physical line (or row, or entry) on which it starts.

    `name` says where the cells are from: the file, and in it the member or the sheet. `shape` is what kind of
    file it was. `headed` says that the first record certainly is the header.
    """

    name: str
    records: list[tuple[int, list[str]]]
    shape: str = "table"
    headed: bool = False
    notes: tuple[str, ...] = ()
    title: str = ""
