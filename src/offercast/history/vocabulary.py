"""What the words in a status cell mean on a ladder: stages, exits, or "still open"."""

from __future__ import annotations

import re

from offercast.errors import did_you_mean
from offercast.ladder import REOPENED, Ladder, normalise

OPEN_WORDS = frozenset(
    normalise(word)
    for word in (
        "open", "ghosted", "no response", "no reply", "no answer", "no response to application",
        "waiting", "pending", "in progress", "awaiting response", "not heard back", "silent",
    )
)  # fmt: skip
"""Words for silence. "Ghosted" is somebody's conclusion: the application stays open, its date means nothing."""

TWO_MEANINGS = frozenset({"declined", "turned down", "decline"})
"""Words that in a sheet may mean either side's no: which one has to be asked."""

YES = frozenset({"yes", "y", "true", "1", "x", "✓", "✔"})
NO = frozenset({"no", "n", "false", "0", ""})

_NUMBERED = re.compile(r"\s*(\d{1,2})\s*(?:[-–:.].*)?")
_NEVER = re.compile(r"\b(did not|didn t|never|not yet|not|need to) (apply|applied)\b")


def status_meaning(text: str, ladder: Ladder) -> tuple[str, ...] | None:
    """Return the stage and exit ids that a status text stands for; () for open, None for unknown.

    A number before a dash is the position of a stage on the ladder, and wins over the words.

    >>> from offercast.modelfile import load_model
    >>> ladder = load_model().ladder
    >>> status_meaning("4 - Interview", ladder), status_meaning("Ghosted", ladder)
    (('interview',), ())
    """
    numbered = _NUMBERED.fullmatch(text)
    if numbered and int(numbered[1]) < len(ladder.stages):
        return (ladder.stages[int(numbered[1])].id,)
    words = normalise(text)
    if words in ladder.words:
        return (ladder.words[words],)
    if words == REOPENED:
        return (REOPENED,)
    if words in OPEN_WORDS:
        return ()
    first = ladder.stages[0].id
    if first != ladder.sent and _NEVER.search(words):
        return (first,)
    return None


_NEGATION = re.compile(r"\b(no|not|nope|never|none|without)\b")


def near_status(text: str, ladder: Ladder) -> str:
    """A sentence that names the nearest known word; nothing where the text denies something or has no near one."""
    known = sorted({*ladder.words, *OPEN_WORDS})
    found = did_you_mean(normalise(text), known)
    return f" {found}" if found.startswith("Did") and not _NEGATION.search(normalise(text)) else ""


def find_word(header: str, ladder: Ladder) -> str | None:
    """Return the id whose longest word or phrase stands in a column's name, or None.

    >>> from offercast.modelfile import load_model
    >>> find_word("Date of second interview", load_model().ladder)
    'second_interview'
    """
    text = f" {normalise(header)} "
    inside = [word for word in ladder.words if f" {word} " in text]
    return ladder.words[max(inside, key=len)] if inside else None
