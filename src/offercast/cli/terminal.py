"""The terminal: how wide it is, whether it draws and colours. Anything else gets plain text."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from textwrap import wrap

import click

from offercast.report.screen import Screen, cells, painted, shown_on

_NARROWEST = 40
_HEADING = re.compile(r"^[A-Z][A-Z]+( [A-Z]+\b)*", flags=re.MULTILINE)
_FAULT = re.compile(r"SAMPLER NOT HEALTHY|THE TWO METHODS DISAGREE")
BOLD, WARNING = "1", "1;33"


def this_screen() -> Screen:
    """What the standard output is. NO_COLOR and a terminal that is dumb are obeyed."""
    if not sys.stdout.isatty():
        return Screen()
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    draws = "utf" in (sys.stdout.encoding or "").lower()
    width = min(shutil.get_terminal_size().columns, Screen.width)
    return Screen(max(width, _NARROWEST), fits=True, charts=draws, colour=not plain)


def show(*parts: Callable[[], str]) -> None:
    """Print what is told, part by part with an empty line between, for the screen that is there."""
    one = this_screen()
    with shown_on(one):
        text = "\n\n".join(part() for part in parts)
        if one.fits:
            text = "\n".join(_folded(line, one.width) for line in text.split("\n"))
        if one.colour:
            text = _HEADING.sub(lambda found: painted(found[0], BOLD), text)
            text = _FAULT.sub(lambda found: painted(found[0], WARNING), text)
    click.echo(text)


def _folded(line: str, width: int) -> str:
    """A line that is longer than the screen in several, each further one indented."""
    if cells(line) <= width:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return "\n".join(wrap(line, width, subsequent_indent=indent + "  ", break_on_hyphens=False))
