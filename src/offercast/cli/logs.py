"""Reading a log from a path or from the standard input, and asking its owner what only they can say."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from offercast.errors import InputError, Problem, Question

if TYPE_CHECKING:
    from offercast.history.mapping import Mapping
    from offercast.history.records import History
    from offercast.ladder import Ladder

STDIN = "-"
_MOST_CHOICES = 30
_LARGE = 2_000_000
"""Bytes of a log that takes more than two seconds to read."""


def open_log(
    source: Path, mapping: Path | None, ladder: Ladder, *, ask: bool, columns: tuple[str, ...] = ()
) -> History:
    """Read a log; in a terminal, where `ask`, unsure points are asked one by one. `columns` are said as HEADER=ROLE.

    Raises:
        InputError: it cannot be read, and asking would not help or is not possible.
    """
    from offercast.history.reading import read_history

    data = _standard_input() if str(source) == STDIN else None
    name = Path("standard input") if data is not None else source
    given = said_mapping(mapping, columns, ladder)
    _say_large(source, quiet=not ask)
    asked = False
    while True:
        try:
            history = read_history(name, mapping=given, ladder=ladder, data=data)
        except InputError as error:
            if not (ask and error.can_be_asked and error.questions and _in_a_terminal()):
                raise
            given = _answered(name, given, error)
            asked = True
            continue
        if asked:
            _offer_to_keep(source, history)
        return history


def said_mapping(mapping: Path | None, columns: tuple[str, ...], ladder: Ladder) -> Mapping:
    """The mapping of a file, with what was said of single columns."""
    from offercast.history.mapping import Mapping, read_mapping, with_columns

    return with_columns(read_mapping(mapping, ladder) if mapping else Mapping(), columns, ladder)


def _say_large(source: Path, *, quiet: bool) -> None:
    """Say that reading takes a while, where it does."""
    size = source.stat().st_size if source.is_file() else 0
    if size >= _LARGE and not quiet:
        click.echo(f"reading {source.name}, {size / 1e6:,.0f} MB ...", err=True)


def _standard_input() -> bytes:
    from offercast.files import LARGEST_TEXT

    data = sys.stdin.buffer.read(LARGEST_TEXT + 1)
    if len(data) > LARGEST_TEXT:
        raise InputError(Problem("standard input", None, None, "it is over 256 MB: too large to be a log."))
    return data


def _in_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _answered(name: Path, given: Mapping, error: InputError) -> Mapping:
    """Ask every question, and return the mapping with the answers in it."""
    import msgspec

    click.echo(f"{name}: a few things that only you can say (Ctrl-C stops; nothing is written).\n", err=True)
    for question in error.questions:
        answer = _ask(question)
        if answer is None:
            raise error
        entries = getattr(given, question.section)
        if isinstance(entries, dict):
            key, value = (question.key, answer) if question.key else (answer, question.value)
            given = msgspec.structs.replace(given, **{question.section: {**entries, key: value}})
        else:
            given = msgspec.structs.replace(given, **{question.section: answer})
    return given


def _ask(question: Question) -> str | None:
    """One question; None where the answer is a plain no."""
    if len(question.choices) == 1:
        return question.choices[0] if click.confirm(question.text, err=True) else None
    click.echo(question.text, err=True)
    shown = question.choices[:_MOST_CHOICES]
    click.echo("  " + "   ".join(f"{number} {choice}" for number, choice in enumerate(shown, start=1)), err=True)
    while True:
        said = click.prompt("  number or word", err=True).strip()
        if said.isdecimal() and 1 <= int(said) <= len(shown):
            return shown[int(said) - 1]
        if said in question.choices:
            return said
        click.echo("  that is none of them", err=True)


def _offer_to_keep(source: Path, history: History) -> None:
    """Answers are worth keeping: next time they are read from a mapping file."""
    from offercast.files import write_atomically

    target = Path(f"{source.stem}.map.toml")
    if target.exists() or not click.confirm(f"\nKeep your answers in {target}?", default=True, err=True):
        return
    write_atomically(target, draft_of(source, history).encode(), private=True)
    click.echo(f"kept; next time add --map {target}", err=True)


def draft_of(source: Path, history: History) -> str:
    """The mapping file that reads a log as it was read."""
    from offercast.history.draft import draft_mapping

    titles = [application.title for application in history.applications if application.title]
    return draft_mapping(source.name, history.reading, titles=titles)
