"""What a text is shown on: how wide it is, whether it can draw and colour. A pipe is plain, and 100 characters wide."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import pairwise

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_EIGHTHS = " ▏▎▍▌▋▊▉"
_HEIGHTS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Screen:
    """Characters of a line of prose; whether tables have to fit as well; whether small charts are drawn beside the
    numbers; whether parts are told by colour.
    """

    width: int = 100
    fits: bool = False
    charts: bool = False
    colour: bool = False


_PLAIN = Screen()
_shown: ContextVar[Screen] = ContextVar("screen", default=_PLAIN)


def screen() -> Screen:
    """The one in use."""
    return _shown.get()


@contextmanager
def shown_on(one: Screen) -> Generator[None]:
    """Whatever is told inside is told for this screen."""
    token = _shown.set(one)
    try:
        yield
    finally:
        _shown.reset(token)


@dataclass(frozen=True)
class Part:
    """A kind of mark in a chart: its character says what it is, its colour only repeats it."""

    mark: str
    style: str

    def times(self, number: int) -> str:
        """So many of them."""
        return painted(self.mark * number, self.style)


MOVED, WAITS, TOLD_NO = Part("█", "34"), Part("▒", "33"), Part("░", "90")


def painted(text: str, style: str) -> str:
    """A text in a style (ANSI's numbers), where the screen has colour."""
    return f"\x1b[{style}m{text}\x1b[0m" if screen().colour and text else text


def cells(text: str) -> int:
    """How many columns of a terminal a text takes: styles take none, wide characters two.

    >>> cells("Acme"), cells("株式会社")
    (4, 8)
    """
    plain = _STYLE.sub("", text)
    if plain.isascii():
        return len(plain)
    return sum(
        0
        if unicodedata.combining(c) or unicodedata.category(c) == "Cf"
        else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in plain
    )


def bar(share: float, width: int) -> str:
    """A share as a bar, to an eighth of a character.

    >>> bar(0.5, 5), bar(0.0, 5)
    ('██▌', '')
    """
    eighths = round(8 * width * min(max(share, 0.0), 1.0))
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


def span(low: float, middle: float, high: float, width: int) -> str:
    """An interval on a line from 0 to 1, with its middle.

    >>> span(0.2, 0.4, 0.8, 10)
    '··━━●━━━━·'
    """
    first, at, last = (min(int(width * share), width - 1) for share in (low, middle, high))
    marks = ["━" if first <= i <= last else "·" for i in range(width)]
    marks[at] = "●"
    return "".join(marks)


def stacked(parts: Sequence[tuple[Part, float]], width: int, whole: float) -> str:
    """Counts side by side, `whole` being as long as the chart is wide; what is there is never too small to be seen.

    >>> stacked([(MOVED, 4), (WAITS, 3), (TOLD_NO, 1)], 8, 8.0)
    '████▒▒▒░'
    """
    ends = [0.0]
    for _, count in parts:
        ends.append(ends[-1] + width * count / whole)
    return "".join(
        part.times(max(round(end) - round(start), int(count > 0)))
        for (part, count), (start, end) in zip(parts, pairwise(ends), strict=True)
    )


def heights(shares: Sequence[float]) -> str:
    """Shares as heights, one character each.

    >>> heights([0.0, 0.3, 0.6, 1.0])
    '▁▃▅█'
    """
    return "".join(_HEIGHTS[min(int(8 * share), 7)] for share in shares)
