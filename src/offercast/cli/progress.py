"""Progress on the standard error stream: a bar in a terminal, a line for each phase elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

import click


@contextmanager
def progress(*, quiet: bool) -> Generator[Callable[[str, float], None]]:
    """Yield a function that takes what is being done and the share done (0 to 1)."""
    if quiet:
        yield lambda _what, _share: None
    elif sys.stderr.isatty():
        yield from _bar()
    else:
        yield _lines()


def _lines() -> Callable[[str, float], None]:
    said: set[str] = set()

    def report(what: str, _share: float) -> None:
        if what not in said:
            said.add(what)
            click.echo(f"{what} ...", err=True)

    return report


def _bar() -> Generator[Callable[[str, float], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def report(what: str, share: float) -> None:
            bar.update(task, description=what, total=1.0 if share > 0 else None, completed=share)

        yield report
