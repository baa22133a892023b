"""What the words in a status cell mean on a ladder: stages, exits, or "still open"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from offercast.errors import did_you_mean
from offercast.history.lexicon import OPEN, lexicon
from offercast.ladder import REOPENED, Ladder, normalise

_NUMBERED = re.compile(r"\s*(\d{1,2})\s*(?:[-–—:.].*)?", re.DOTALL)
_NEVER = re.compile(r"\b(did not|didn t|never|not yet|not|need to|didnt) (apply|applied)\b")
_NEGATION = re.compile(
    r"\b(no|not|nope|never|none|without|before|didn|won|kein|keine|nicht|ohne|sin|sans|pas|non|não|niet)\b"
)
_GHOST = re.compile(r"\bghost(?:ed|ing|s)?\b")
_SPLIT = re.compile(
    r"[()\[\]/+,;:&|→>–—-]+|\b(?:after|at|post|following|during|then|and|nach|beim|après|tras|después de|depois)\b",
    re.IGNORECASE,
)
_QUALIFIERS = frozenset((
    "scheduled", "booked", "completed", "complete", "done", "invited", "invitation", "invite", "upcoming",
    "stage", "round", "requested", "received", "process", "phase", "status", "finished", "arranged", "geplant",
    "erledigt", "programada", "hecha", "planifié", "fait",
))  # fmt: skip
_TWO_MEANINGS = frozenset((
    "declined", "turned down", "decline", "not interested", "refused", "passed", "pass", "dropped",
    "cancelled interview",
))  # fmt: skip
"""Words that may mean either side's no, or a yes: which one has to be asked."""

_LEAST_LIKENESS = 0.85
_SHORTEST_TYPO = 6


@dataclass(frozen=True)
class Meaning:
    """The stage and exit ids that a text stands for, none for open; `sure` is False where that is a guess."""

    kinds: tuple[str, ...]
    sure: bool = True


def has_two_meanings(text: str) -> bool:
    """Whether a status can mean your no as well as theirs.

    >>> has_two_meanings("Declined"), has_two_meanings("Not Interested (App)"), has_two_meanings("Rejected")
    (True, True, False)
    """
    return normalise(text) in _TWO_MEANINGS or any(normalise(part) in _TWO_MEANINGS for part in _SPLIT.split(text))


def status_meaning(text: str, ladder: Ladder) -> tuple[str, ...] | None:
    """Return the stage and exit ids that a status surely stands for; () for open, None for unknown.

    A number before a dash is the position of a stage on the ladder, and wins over the words.

    >>> from offercast.modelfile import load_model
    >>> ladder = load_model().ladder
    >>> status_meaning("4 - Interview", ladder), status_meaning("Ghosted", ladder)
    (('interview',), ())
    """
    numbered = _NUMBERED.fullmatch(text)
    if numbered and int(numbered[1]) < len(ladder.stages):
        return (ladder.stages[int(numbered[1])].id,)
    return _plain(normalise(text), ladder)


def read_status(text: str, ladder: Ladder) -> Meaning | None:
    """Return what a status cell of a sheet means, guesses included; None where it has to be asked.

    >>> from offercast.modelfile import load_model
    >>> ladder = load_model().ladder
    >>> read_status("Rejected (Interview)", ladder)
    Meaning(kinds=('interview', 'rejected'), sure=True)
    >>> read_status("reeejected", ladder), read_status("N/A", ladder), read_status("Declined", ladder)
    (Meaning(kinds=('rejected',), sure=False), Meaning(kinds=(), sure=False), None)
    """
    exact = status_meaning(text, ladder)
    if has_two_meanings(text):
        return Meaning(exact) if exact and normalise(text) not in _TWO_MEANINGS else None
    if exact is not None:
        return Meaning(exact)
    if text.casefold() in lexicon().nothing:
        return Meaning((), sure=False)
    words = normalise(text)
    if _GHOST.search(words):
        return Meaning(())
    if _NEGATION.search(words):
        return None
    return _composite(text, ladder) or _mistyped(words, ladder)


def _plain(words: str, ladder: Ladder) -> tuple[str, ...] | None:
    """Look up normalised words: the ladder's own first, then those of the languages."""
    if words in ladder.words:
        return (ladder.words[words],)
    if words == REOPENED:
        return (REOPENED,)
    kind = lexicon().statuses.get(words)
    if kind == OPEN or words in ("ghosted", "ghosting"):
        return ()
    if kind is not None and (ladder.is_stage(kind) or kind in ladder.exits_by_id):
        return (kind,)
    first = ladder.stages[0].id
    if first != ladder.sent and _NEVER.search(words):
        return (first,)
    return None


def _composite(text: str, ladder: Ladder) -> Meaning | None:
    """A stage and an exit in one cell, or a word with a remark: "Rejected-Interview", "Interview scheduled"."""
    parts = [normalise(part) for part in _SPLIT.split(text)]
    found = [_plain_or_qualified(part, ladder) for part in parts if part]
    if not found or any(meaning is None for meaning in found):
        return None
    kinds = {kind for meaning in found if meaning for kind in meaning}
    exits = [kind for kind in kinds if kind in ladder.exits_by_id]
    stages = [kind for kind in kinds if ladder.is_stage(kind)]
    if len(exits) > 1 or REOPENED in kinds:
        return None
    if exits and ladder.goal in stages and ladder.exits_by_id[exits[0]].means == "no":
        return None  # an offer and a no: whose no it was has to be asked
    order = ladder.order
    return Meaning((*sorted(stages, key=lambda stage: order.get(stage, -1)), *exits))


def _plain_or_qualified(words: str, ladder: Ladder) -> tuple[str, ...] | None:
    meaning = _plain(words, ladder)
    bare = " ".join(word for word in words.split() if word not in _QUALIFIERS)
    return meaning if meaning is not None or not bare else _plain(bare, ladder)


def _mistyped(words: str, ladder: Ladder) -> Meaning | None:
    """One known word with a slip of the finger in it, beginning with the same letter: a guess, and marked as one."""
    if len(words) < _SHORTEST_TYPO or " " in words:  # phrases differ by words, not by letters: "interview cancelled"
        return None
    known = {word: _plain(word, ladder) for word in (*ladder.words, *lexicon().statuses) if " " not in word}
    likeness = {
        word: SequenceMatcher(None, _squeezed(words), _squeezed(word)).ratio()
        for word, meaning in known.items()
        if meaning is not None and word[:1] == words[:1] and abs(len(word) - len(words)) <= 3
    }
    near = {known[word] for word, ratio in likeness.items() if ratio >= _LEAST_LIKENESS}
    return Meaning(near.pop() or (), sure=False) if len(near) == 1 else None


def _squeezed(words: str) -> str:
    """Letters without their repetitions: "reeejected" is "rejected"."""
    return re.sub(r"(.)\1+", r"\1", words)


def near_status(text: str, ladder: Ladder) -> str:
    """A sentence that names the nearest known word; nothing where the text denies something or has no near one."""
    found = did_you_mean(normalise(text), sorted(ladder.words))
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
