"""What each column of a file is: guessed from its name and cells, shown, and overridable in a TOML file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import msgspec

from offercast.errors import InputError, Problem, did_you_mean
from offercast.files import read_text
from offercast.history.dates import ORDERS, looks_like_date
from offercast.history.table import Table
from offercast.history.vocabulary import NO, YES, find_word, status_meaning
from offercast.ladder import Ladder, normalise

PLAIN_ROLES = ("id", "company", "title", "track", "channel", "came from", "note")
SINGLE_ROLES = (*PLAIN_ROLES, "status", "status date", "first answer")
"""Roles that one column at most may have."""

COMPOUND_ROLES = ("date of", "days to", "flag of")
"""Roles that are followed by a stage, an exit or (for a flag) a channel."""

IGNORE = "ignore"

_NAMES = {
    "id": ["application id", "id", "no", "nr", "number"],
    "company": ["company", "company name", "employer", "organisation", "organization", "school", "university"],
    "title": ["job title", "title", "position", "role", "specific role"],
    "track": [
        "track", "role track", "role type", "job type", "job category", "discipline", "category", "archetype", "type",
    ],
    "channel": ["channel", "source", "application site", "via", "via what", "found via", "platform", "job board"],
    "came from": ["came from"],
    "note": ["note", "notes", "comment", "comments"],
}  # fmt: skip
_STATUS_NAMES = (
    "status", "application status", "current status", "response", "stage", "state", "outcome", "result",
)  # fmt: skip
_ANSWER_WORDS = {"response", "reply", "answer", "heard"}
_UPDATE_WORDS = {"outcome", "status", "update", "updated", "decision", "activity"}
_DATE_WORDS = {"date", "dates", "day", "on", "when"}
_SENT_WORDS = {"application", "apply", "applying"}


@dataclass(frozen=True)
class Mapping:
    """What each column is, what each status, channel and track word means, and what to do with contradictions.

    `columns` maps a header to a role: one of `SINGLE_ROLES`, "date of STAGE", "days to STAGE" (counted from
    the day of applying), "flag of STAGE" (or of a channel), or "ignore". `out_of_order` says what becomes of
    a date that contradicts the ladder's order: "error" stops, "undated" keeps the row without that date.
    """

    columns: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    tracks: dict[str, str] = field(default_factory=dict)
    date_order: str | None = None
    out_of_order: Literal["error", "undated"] = "error"

    def header(self, role: str) -> str | None:
        """The column that has a single role, or None."""
        return next((header for header, taken in self.columns.items() if taken == role), None)

    def compound(self, kind: str) -> Iterator[tuple[str, str]]:
        """Each (header, id) whose role is `kind` followed by that id."""
        for header, role in self.columns.items():
            if role.startswith(f"{kind} "):
                yield header, role.removeprefix(f"{kind} ")


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """The mapping file."""

    columns: dict[str, str] = {}
    statuses: dict[str, list[str] | str] = {}
    channels: dict[str, str] = {}
    tracks: dict[str, str] = {}
    date_order: str | None = None
    out_of_order: Literal["error", "undated"] = "error"


def read_mapping(path: Path, ladder: Ladder) -> Mapping:
    """Read a mapping file.

    Raises:
        InputError: it is not TOML, or names a role, stage, exit or channel that does not exist.
    """
    try:
        file = msgspec.toml.decode(read_text(path), type=_File)
    except msgspec.DecodeError as error:
        raise InputError(Problem(str(path), None, None, f"{error}.")) from None
    statuses = {text: tuple([ids] if isinstance(ids, str) else ids) for text, ids in file.statuses.items()}
    statuses = {text: tuple(i for i in ids if i != "open") for text, ids in statuses.items()}
    mapping = Mapping(file.columns, statuses, file.channels, file.tracks, file.date_order, file.out_of_order)
    problems = [Problem(str(path), None, place, message) for place, message in _mistakes(mapping, ladder)]
    if problems:
        raise InputError(problems)
    return mapping


def _mistakes(mapping: Mapping, ladder: Ladder) -> Iterator[tuple[str, str]]:
    """Yield each (place, message) of a name that does not exist."""
    ids = [*ladder.stage_ids, *ladder.exits_by_id]
    channels = list(ladder.channels_by_id)
    for header, role in mapping.columns.items():
        message = _wrong_role(role, ids, channels)
        if message:
            yield f"columns.{header}", message
    for text, meaning in mapping.statuses.items():
        for word in meaning:
            if word not in ids:
                yield f"statuses.{text}", f'"{word}" is not on the ladder. {did_you_mean(word, ids)}'
    for text, channel in mapping.channels.items():
        if channel not in channels:
            yield f"channels.{text}", f'"{channel}" is no channel. {did_you_mean(channel, channels)}'
    if mapping.date_order not in (None, *ORDERS):
        yield "date_order", f'write "{ORDERS[0]}" or "{ORDERS[1]}".'


def _wrong_role(role: str, ids: list[str], channels: list[str]) -> str | None:
    """What is wrong with a role, or None."""
    if role in (*SINGLE_ROLES, IGNORE):
        return None
    kind = next((kind for kind in COMPOUND_ROLES if role.startswith(f"{kind} ")), None)
    if kind is None:
        roles = [*SINGLE_ROLES, IGNORE, *(f"{kind} STAGE" for kind in COMPOUND_ROLES)]
        return f'"{role}" is no role. {did_you_mean(role, roles)}'
    target, known = role.removeprefix(f"{kind} "), [*ids, *channels] if kind == "flag of" else ids
    return None if target in known else f'"{target}" is not on the ladder. {did_you_mean(target, known)}'


def complete_mapping(table: Table, ladder: Ladder, given: Mapping | None = None) -> Mapping:
    """Return `given` with every column that it does not name filled in by guessing.

    Raises:
        InputError: the mapping names a column that the file lacks, or no column says what happened.
    """
    given = given or Mapping()
    for header in given.columns:
        if header not in table.headers:
            message = f"the mapping names it, and the file has no such column. {did_you_mean(header, table.headers)}"
            raise InputError(Problem(table.source, table.header_line, header, message))
    taken = set(given.columns.values())
    guessed = {
        header: role
        for header, role in _guess_columns(table, ladder).items()
        if header not in given.columns and (role not in taken or not _is_single(role))
    }
    columns = {h: given.columns.get(h, guessed.get(h, IGNORE)) for h in table.headers}
    if not any(role == "status" or role.startswith("date of") for role in columns.values()):
        message = (
            "no column says when an application was sent or what became of it. "
            'Name one in a mapping file, such as "My column" = "date of applied" under [columns].'
        )
        raise InputError(Problem(table.source, table.header_line, None, message))
    return replace(given, columns=columns)


def _is_single(role: str) -> bool:
    return role in SINGLE_ROLES


def _guess_columns(table: Table, ladder: Ladder) -> dict[str, str]:
    """Guess a role for each column, the surest first; a single role goes to one column."""
    guess: dict[str, str] = {}
    cells = {header: table.column(header) for header in table.headers}
    status = _guess_status(cells, ladder)
    if status:
        guess[status] = "status"
    for header in table.headers:
        if header not in guess and (_mostly(cells[header], looks_like_date) or _meant_as_dates(header, cells[header])):
            guess[header] = _date_role(header, ladder) or IGNORE
    plain_date = next((h for h in table.headers if normalise(h) == "date" and guess.get(h) == IGNORE), None)
    if plain_date and f"date of {ladder.sent}" not in guess.values():
        guess[plain_date] = f"date of {ladder.sent}"
    for role, names in _NAMES.items():
        wanted = [h for name in names for h in table.headers if normalise(h) == name and h not in guess]
        if wanted:
            guess[wanted[0]] = role
    for header in table.headers:
        if header not in guess and cells[header] and _mostly(cells[header], _is_flag, share=1.0):
            target = _flag_target(header, ladder)
            guess[header] = f"flag of {target}" if target else IGNORE
    return _first_of_each(guess)


def _guess_status(cells: dict[str, list[str]], ladder: Ladder) -> str | None:
    """The column with a status-like name whose cells are mostly words of the ladder."""

    def known_share(header: str) -> float:
        values = cells[header]
        return sum(status_meaning(v, ladder) is not None for v in values) / max(len(values), 1)

    empty = not any(cells.values())  # a file without rows: its headers are all there is

    named = [h for name in _STATUS_NAMES for h in cells if normalise(h) == name]
    words = [h for h in named if empty or not all(_is_flag(v) or _is_number(v) for v in cells[h])]
    return max(words, key=known_share, default=None)


def _date_role(header: str, ladder: Ladder) -> str | None:
    """The role of a column of dates, from the words in its name."""
    name = normalise(header)
    words = set(name.split())
    if name in ladder.words:
        return f"date of {ladder.words[name]}"
    if words & _ANSWER_WORDS:
        return "first answer"
    found = find_word(header, ladder)
    if found:
        return f"date of {found}"
    if words & _UPDATE_WORDS:
        return "status date"
    return f"date of {ladder.sent}" if words & _SENT_WORDS else None


def _flag_target(header: str, ladder: Ladder) -> str | None:
    """What a yes in this column means: a stage above sending, an exit, or a channel."""
    found = find_word(header, ladder)
    below = {stage.id for stage in ladder.stages[: ladder.order[ladder.sent] + 1]}
    return found if found and found not in below else ladder.channel_words.get(normalise(header))


def _first_of_each(guess: dict[str, str]) -> dict[str, str]:
    seen: set[str] = set()
    kept = {}
    for header, role in guess.items():
        kept[header] = IGNORE if role in seen and _is_single(role) else role
        seen.add(role)
    return kept


def _meant_as_dates(header: str, values: list[str]) -> bool:
    """Whether a column's name says "date": then a cell that is none is a mistake to report, not a reason to skip it."""
    named = bool(set(normalise(header).split()) & _DATE_WORDS)
    return named and (not values or any(any(mark.isdigit() for mark in cell) for cell in values))


def _mostly(values: list[str], test, *, share: float = 0.6) -> bool:  # noqa: ANN001 - any predicate on text
    return bool(values) and sum(map(test, values)) >= share * len(values)


def _is_flag(text: str) -> bool:
    return text.casefold() in YES | NO


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()
