"""Tables of plain text that fit the screen, with a small chart beside the numbers where the screen draws."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from offercast.report.screen import cells, screen

Rows = list[list[str]]
Draw = Callable[[int], Sequence[str]]
"""From the characters that there are, a chart for each of the last rows of a table; none where they do not do."""

_GAP = 2
_LEAST_CHART, _MOST_CHART, _LEAST_NAME = 8, 30, 12


def table(rows: Rows, *, indent: int = 2, align: str = "l", draw: Draw | None = None) -> str:
    """Rows of cells in columns, each flush left or right by its letter in `align`; right where there is none.

    On a screen that it has to fit, the first row's cells take several lines, then the widest column of words is cut,
    then the columns move together. `draw` adds a chart to each of the last rows where the screen draws and has room.

    >>> print(table([["a", "10"], ["bc", "7"]]))
      a   10
      bc   7
    """
    width = screen().width - indent
    if screen().fits:
        rows = _fitted(rows, width, align)
    widths = _widths(rows)
    gap = 1 if screen().fits and _across(widths) > width else _GAP
    if draw is not None and screen().charts:
        room = min(width - _across(widths) - _GAP, _MOST_CHART)
        charts = draw(room) if room >= _LEAST_CHART else ()
        if charts:
            blank = [""] * (len(rows) - len(charts))
            rows = [[*row, chart] for row, chart in zip(rows, [*blank, *charts], strict=True)]
            widths, align = _widths(rows), align.ljust(len(widths), "r") + "l"
    lines = []
    for row in rows:
        sides = align.ljust(len(row), "r")
        padding = [" " * (w - cells(c)) for c, w in zip(row, widths, strict=True)]
        told = [c + pad if a == "l" else pad + c for c, pad, a in zip(row, padding, sides, strict=True)]
        lines.append((" " * indent + (" " * gap).join(told)).rstrip())
    return "\n".join(lines)


def _widths(rows: Rows) -> list[int]:
    return [max(map(cells, column)) for column in zip(*rows, strict=True)]


def _across(widths: list[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _fitted(rows: Rows, width: int, align: str) -> Rows:
    """The same rows, no wider than that if it can be: the head on several lines, then words cut short."""
    widths = _widths(rows)
    if _across(widths) <= width or len(rows) == 1:
        return rows
    body = _widths(rows[1:])
    folded = rows
    for lines in range(2, 5):
        heads = [_head(cell, least, lines) for cell, least in zip(rows[0], body, strict=True)]
        folded = [*([head[i] for head in heads] for i in range(lines)), *rows[1:]]
        if _across(_widths(folded)) <= width:
            break
    folded = folded[next(i for i, row in enumerate(folded) if any(row)) :]
    widths = _widths(folded)
    wordy = max((i for i, side in enumerate(align) if side == "l"), key=lambda i: widths[i], default=0)
    most = max(widths[wordy] - max(_across(widths) - width, 0), _LEAST_NAME)
    return [[*row[:wordy], cut(row[wordy], most), *row[wordy + 1 :]] for row in folded]


def _head(text: str, least: int, lines: int) -> list[str]:
    """A heading on so many lines at most, as narrow as that allows, the last line at the bottom."""
    for width in range(max(least, 1), cells(text) + 1):
        found = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
        if len(found) <= lines and all(cells(line) <= width for line in found):
            break
    else:
        found = [text]
    return [""] * (lines - len(found)) + found


def cut(text: str, most: int) -> str:
    """A text cut to so many columns of a terminal.

    >>> cut("Developer Advocate", 12)
    'Developer A…'
    """
    if cells(text) <= most:
        return text
    while cells(text) > most - 1:
        text = text[:-1]
    return text + "…"
