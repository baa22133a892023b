"""A mapping file as it would have to be written by hand: every column and status, with CHECK on what is unsure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from offercast.errors import Question
from offercast.history.guess import LIKELY
from offercast.history.mapping import IGNORE, OPEN, TO_ANSWER
from offercast.history.records import Reading
from offercast.ladder import normalise

MOST_STATUSES = 200
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_RANKS = frozenset((
    "senior", "junior", "lead", "principal", "staff", "intern", "internship", "graduate", "trainee",
    "associate", "head", "chief", "i", "ii", "iii", "iv", "sr", "jr", "remote", "hybrid", "the", "of", "and",
    "for", "in", "to", "a", "mid", "level", "entry", "m", "f", "d", "x", "w", "h",
))  # fmt: skip
_FEWEST_TITLES = 3
_MOST_RULES = 5


def draft_mapping(source: str, reading: Reading, questions: Sequence[Question] = (), titles: Sequence[str] = ()) -> str:
    """Return a mapping file that reads the log as it was read, for its owner to correct.

    Args:
        source: the name of the log.
        reading: how it was read, as far as that went.
        questions: what could not be told; each becomes a line with a question mark in place of its answer.
        titles: job titles, from which rules for tracks are proposed as comments.
    """
    asked = {question.section: [] for question in questions}
    for question in questions:
        asked[question.section].append(question)
    lines = [
        f"# How {source} is read. Correct what is wrong, then pass this file with --map.",
        "# CHECK marks what was guessed, and what only you can say.",
        "",
        *_switches(reading, asked),
        *_columns(reading, asked),
        *_statuses(reading, asked),
        *_flags(asked),
        *_track_rules(reading, titles),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _switches(reading: Reading, asked: dict[str, list[Question]]) -> Iterator[str]:
    if reading.date_order in ("day first", "month first"):
        yield f'date_order = "{reading.date_order}"'
    for name, meaning in (
        ("out_of_order", "keeps rows whose days contradict each other, without that day"),
        ("unreadable_dates", "keeps rows whose day cannot be read, without it"),
    ):
        if name in asked:
            yield f'# {name} = "undated"   # CHECK: {meaning}; or mend the file'
    yield ""
    if "date_orders" in asked:
        yield "[date_orders]"
        yield from (f'{_key(q.key)} = "{TO_ANSWER}"   # CHECK: {" or ".join(q.choices)}' for q in asked["date_orders"])
        yield ""


def _columns(reading: Reading, asked: dict[str, list[Question]]) -> Iterator[str]:
    yield "[columns]"
    for column in reading.columns:
        examples = " | ".join(" ".join(example.split())[:30] for example in column.examples)
        unsure = column.sure == LIKELY and (column.role != IGNORE or column.examples)
        remark = f"   # {'CHECK: ' if unsure else ''}{examples}" if examples else ""
        yield f'{_key(column.header)} = "{column.role}"{remark}'
    if asked.get("columns"):
        yield '# CHECK: no column says when you applied: give one of them the role "date of applied"'
    yield ""


def _statuses(reading: Reading, asked: dict[str, list[Question]]) -> Iterator[str]:
    open_questions = {question.key for question in asked.get("statuses", ())}
    if not reading.statuses:
        return
    yield f'[statuses]   # a stage, an exit, a list of both, or "{OPEN}" for silence'
    for status in sorted(reading.statuses[:MOST_STATUSES], key=lambda s: s.text not in open_questions):
        if status.text in open_questions:
            yield f'{_key(status.text)} = "{TO_ANSWER}"   # CHECK: rows: {status.rows}'
            continue
        kinds = status.means.split(" + ")
        said = json.dumps(kinds[0] if len(kinds) == 1 else kinds)
        yield f"{_key(status.text)} = {said}   # {'CHECK: ' if status.sure == LIKELY else ''}rows: {status.rows}"
    yield ""


def _flags(asked: dict[str, list[Question]]) -> Iterator[str]:
    if "flags" in asked:
        yield "[flags]   # yes, no or unknown"
        yield from (f'{_key(question.key)} = "{TO_ANSWER}"   # CHECK' for question in asked["flags"])
        yield ""


def _track_rules(reading: Reading, titles: Sequence[str]) -> Iterator[str]:
    if reading.track_rules:
        yield "[track_rules]   # regular expression, searched in the title = track; the first that fits decides"
        yield from (f"{_key(rule)} = {json.dumps(track, ensure_ascii=False)}" for rule, track, _ in reading.track_rules)
        return
    if any(column.role == "track" for column in reading.columns):
        return
    proposed = propose_tracks(titles)
    if proposed:
        yield "# Tracks by title; take away the marks to use them, and say what you call your tracks."
        yield "# [track_rules]"
        yield from (f'# {_key(rule)} = "{rule.title()}"   # titles: {count}' for rule, count in proposed)


def propose_tracks(titles: Sequence[str]) -> list[tuple[str, int]]:
    """Pairs of words that many titles share, each title counted once, with how many titles have them.

    >>> propose_tracks(["Senior Data Analyst", "Data Analyst (m/f)", "Data analyst II", "Sales Engineer"])
    [('data analyst', 3)]
    """
    left = [
        [word for word in normalise(title).split() if word not in _RANKS and not word.isdigit()] for title in titles
    ]
    found: list[tuple[str, int]] = []
    while len(found) < _MOST_RULES:
        pairs = Counter(pair for words in left for pair in set(pairwise(words)))
        if not pairs:
            break
        pair, count = min(pairs.items(), key=lambda item: (-item[1], item[0]))
        if count < max(_FEWEST_TITLES, 0.05 * len(titles)):
            break
        found.append((" ".join(pair), count))
        left = [words for words in left if pair not in pairwise(words)]
    return found


def _key(text: str) -> str:
    return text if _PLAIN_KEY.fullmatch(text) else json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
