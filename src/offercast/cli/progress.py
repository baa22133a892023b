"""Progress on the standard error stream: a bar with the time left in a terminal, a line for each phase elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

import click

from offercast.inference.sample import Progress, unseen

PATIENCE = 1.0
"""Seconds before anything is shown: what is over sooner needs no bar."""


@contextmanager
def progress(*, quiet: bool, patience: float = PATIENCE) -> Generator[Progress]:
    """Yield a function that takes what is being done and the share done (0 to 1)."""
    if quiet:
        yield unseen
        return
    started = time.monotonic()
    with ExitStack() as stack:
        shown: Progress | None = None

        def report(what: str, share: float) -> None:
            nonlocal shown
            if shown is None and time.monotonic() - started >= patience:
                shown = stack.enter_context(_bar()) if sys.stderr.isatty() else _lines()
            if shown is not None:
                shown(what, share)

        yield report


def _lines() -> Progress:
    said: set[str] = set()

    def report(what: str, _share: float) -> None:
        if what not in said:
            said.add(what)
            click.echo(f"{what} ...", err=True)

    return report


@contextmanager
def _bar() -> Generator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def report(what: str, share: float) -> None:
            bar.update(task, description=what, total=1.0 if share > 0 else None, completed=share)

        yield report
