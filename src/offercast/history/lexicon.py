"""The words that people use for columns, statuses, yes, no and months, in the languages of `words/`.

One file a language; English first, so that where two languages share a word, English decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from offercast.ladder import normalise

LANGUAGES = ("en", "de", "es", "fr", "zh", "pt", "it", "nl")
OPEN = "open"
"""What words for silence stand for in `words/` and in mapping files."""


class _Language(msgspec.Struct, forbid_unknown_fields=True):
    yes: list[str]
    no: list[str]
    nothing: list[str]
    months: list[str]
    columns: dict[str, list[str]]
    statuses: dict[str, list[str]]


@dataclass(frozen=True)
class Lexicon:
    """Normalised words of all languages together: `columns` to roles, `statuses` to stages, exits or "open"."""

    columns: dict[str, str]
    statuses: dict[str, str]
    yes: frozenset[str]
    no: frozenset[str]
    nothing: frozenset[str]
    months: dict[str, int]


@cache
def lexicon() -> Lexicon:
    """Read the words of every language, once.

    >>> lexicon().statuses["absage"], lexicon().columns["投递日期"], lexicon().months["märz"]
    ('rejected', 'date of applied', 3)
    """
    folder = Path(__file__).parent / "words"
    languages = [msgspec.toml.decode((folder / f"{name}.toml").read_bytes(), type=_Language) for name in LANGUAGES]
    columns: dict[str, str] = {}
    statuses: dict[str, str] = {}
    for language in languages:
        for role, names in language.columns.items():
            for name in names:
                columns.setdefault(normalise(name), role)
        for kind, names in language.statuses.items():
            for name in names:
                statuses.setdefault(normalise(name), kind)
    return Lexicon(
        columns,
        statuses,
        yes=_marks(language.yes for language in languages),
        no=_marks(language.no for language in languages),
        nothing=_marks(language.nothing for language in languages),
        months=_months([language.months for language in languages]),
    )


def _marks(lists) -> frozenset[str]:  # noqa: ANN001 - an iterable of lists of words
    return frozenset(word.casefold() for words in lists for word in words)


def _months(languages: list[list[str]]) -> dict[str, int]:
    """Full names, and their first three or four letters where those name one month in all languages."""
    full = {name.casefold(): number for names in languages for number, name in enumerate(names, start=1)}
    short: dict[str, set[int]] = {}
    for name, number in full.items():
        for length in (3, 4):
            short.setdefault(name[:length], set()).add(number)
    return {**{name: numbers.pop() for name, numbers in short.items() if len(numbers) == 1}, **full}
