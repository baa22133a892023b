"""The family of errors. Each is one clear message; the command line turns its class into an exit code.

OffercastError
├── CommandError    2   the call or the command is wrong: an unknown track, a date in the past
├── InputError      3   a file says something it cannot mean; carries every Problem found
├── OutputError     4   something could not be written: disk, permission, a file in the way
└── FitError        5   the model or a resource failed; what there is may still be shown
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

SHOWN = 50
"""How many problems of one file are printed before "and N more"."""

LISTED = 15
"""How many known words a message lists."""


class OffercastError(Exception):
    """Anything this package refuses to do, said in one message."""

    exit_code = 2


class CommandError(OffercastError, ValueError):
    """The call is wrong: an option, an argument, a name that does not exist."""


@dataclass(frozen=True)
class Question:
    """Something that only the owner of a file can say: which entry of a mapping file would settle it.

    `section` and `key` name the entry, `text` asks, `choices` are the answers. Where `key` is empty the answer is
    the key, and `value` what it is set to.
    """

    section: str
    key: str
    text: str
    choices: tuple[str, ...]
    value: str = ""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in one place of a file: where, what was found, and the smallest repair.

    >>> print(Problem("log.csv", 9, "date", '"soon" is not a date. Write YYYY-MM-DD.'))
    log.csv:9: date: "soon" is not a date. Write YYYY-MM-DD.
    """

    file: str
    line: int | None
    column: str | None
    message: str
    question: Question | None = field(default=None, compare=False)

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.column, self.message) if part)


class InputError(OffercastError, ValueError):
    """A file cannot be read as what it should be. `problems` holds them all, in file order.

    `reading` says how it was read as far as that went, where it went far enough.
    """

    exit_code = 3

    def __init__(self, problems: Problem | Iterable[Problem], *, reading: object = None) -> None:
        self.reading: Any = reading
        found = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.problems = tuple(sorted(found, key=lambda p: (p.file, p.line or 0)))
        shown = [str(problem) for problem in self.problems[:SHOWN]]
        if len(self.problems) > SHOWN:
            shown.append(f"and {len(self.problems) - SHOWN:,} more")
        super().__init__("\n".join(shown))

    @property
    def questions(self) -> tuple[Question, ...]:
        """What could be asked instead of refused, each once."""
        return tuple(dict.fromkeys(problem.question for problem in self.problems if problem.question))

    @property
    def can_be_asked(self) -> bool:
        """Whether answers to `questions` would settle every problem."""
        return all(problem.question for problem in self.problems)


class OutputError(OffercastError, OSError):
    """A file could not be written. What stood there before is untouched."""

    exit_code = 4


class FitError(OffercastError, RuntimeError):
    """The model could not be fitted, or a resource failed."""

    exit_code = 5


def did_you_mean(wrong: str, known: Sequence[str]) -> str:
    """Return a sentence that names the nearest known word, or all of them.

    >>> did_you_mean("intervew", ["applied", "interview", "offer"])
    'Did you mean "interview"?'
    >>> did_you_mean("zzz", ["applied", "offer"])
    'Known: applied, offer.'
    """
    import difflib

    lowered = {word.casefold(): word for word in known}
    near = difflib.get_close_matches(wrong.casefold(), list(lowered), n=1, cutoff=0.75)
    if near:
        return f'Did you mean "{lowered[near[0]]}"?'
    shown = ", ".join(known[:LISTED])
    return f"Known: {shown}{', ...' if len(known) > LISTED else '.'}"
