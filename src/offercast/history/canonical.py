"""The form of the canonical log: its columns, and how its cells are kept harmless for spreadsheets."""

from __future__ import annotations

import re

COLUMNS = ("application_id", "date", "event", "track", "channel", "company", "title", "came_from", "note")
"""In the order in which they are written; the first three must be there."""

REQUIRED = COLUMNS[:3]
SHAPE = "canonical"
AT_LEAST = ">="
"""Before a stage: this far at least, and nobody knows what came after."""

_FORMULA = re.compile(r"'*[\s\x00-\x1f]*[=+\-@\t\r＝＋－＠]")
"""What a spreadsheet may run, also behind blanks or full-width; an apostrophe of our own before it counts, so that
reading takes away exactly what writing added."""


def harmless(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula gets an apostrophe in front.

    >>> harmless("=1+1"), harmless("O'Neil")
    ("'=1+1", "O'Neil")
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def plain_text(cell: str) -> str:
    """The cell as it was before it was made harmless.

    >>> plain_text("'=1+1"), plain_text("O'Neil")
    ('=1+1', "O'Neil")
    """
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell
