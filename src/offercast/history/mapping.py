"""What each column and word of a file means: said in a TOML file, guessed for the rest (`guess`), always shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from offercast.errors import CommandError, InputError, Problem, did_you_mean
from offercast.files import read_text
from offercast.history.dates import ORDERS
from offercast.ladder import Ladder

PLAIN_ROLES = ("id", "company", "title", "track", "channel", "came from", "note")
SINGLE_ROLES = (
    *PLAIN_ROLES,
    "status",
    "outcome",
    "status date",
    "first answer",
    "seen on",
    "history",
    "event",
    "event date",
)
"""Roles that one column at most may have."""

COMPOUND_ROLES = ("date of", "days to", "flag of")
"""Roles that are followed by a stage, an exit or (for a flag) a channel."""

IGNORE = "ignore"
OPEN = "open"
TO_ANSWER = "?"
"""What a draft of a mapping file has where somebody has to say what is meant."""


class Mapping(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What the columns and words of a file mean, and what to do with contradictions.

    columns: header -> one of `SINGLE_ROLES`, "date of STAGE", "days to STAGE" (counted from the day of applying),
        "flag of STAGE" (or of a channel), or "ignore". "seen on" is the day on which the file was last looked at.
    statuses: status text -> stage and exit ids, or "open".
    flags: text in a column of days or of yes and no -> "yes", "no" or "unknown".
    channels, tracks: text -> channel id, track.
    track_rules: regular expression, searched in the title -> track; the first that fits decides.
    track_of: id of an application -> track, by hand.
    date_order: "day first" or "month first", where 3/4/2025 can be either; `date_orders` says it by column.
    out_of_order: what becomes of a date that contradicts the ladder's order: "error" stops, "undated" keeps the row.
    unreadable_dates: the same for a cell that should be a day and is none.
    bare_rows: what a row is that names a job and neither a day nor a status.
    housekeeping: days on which the log was tidied up: answers dated then came at some time before.
    note_dates: stages whose day stands in the note: "Applied 2026-05-02".
    encoding, sheet: of the file; the sheets of a workbook that count.
    """

    columns: dict[str, str] = {}
    statuses: dict[str, list[str] | str] = {}
    flags: dict[str, Literal["yes", "no", "unknown", "?"]] = {}
    channels: dict[str, str] = {}
    tracks: dict[str, str] = {}
    track_rules: dict[str, str] = {}
    track_of: dict[str, str] = {}
    date_order: str | None = None
    date_orders: dict[str, str] = {}
    out_of_order: Literal["error", "undated"] = "error"
    unreadable_dates: Literal["error", "undated"] = "error"
    bare_rows: Literal["never_applied", "applied", "ignore"] = "never_applied"
    housekeeping: list[date] = []
    note_dates: list[str] = []
    encoding: str | None = None
    sheet: list[str] | str | None = None

    def header(self, role: str) -> str | None:
        """The column that has a single role, or None."""
        return next((header for header, taken in self.columns.items() if taken == role), None)

    def compound(self, kind: str) -> Iterator[tuple[str, str]]:
        """Each (header, id) whose role is `kind` followed by that id."""
        for header, role in self.columns.items():
            if role.startswith(f"{kind} "):
                yield header, role.removeprefix(f"{kind} ")

    def meaning(self, status: str) -> tuple[str, ...] | None:
        """The stage and exit ids that this mapping gives a status text; None where it does not name it."""
        said = self.statuses.get(status)
        if said is None:
            return None
        return tuple(word for word in ([said] if isinstance(said, str) else said) if word != OPEN)


def read_mapping(path: Path, ladder: Ladder) -> Mapping:
    """Read a mapping file.

    Raises:
        InputError: it is not TOML, or names a role, stage, exit or channel that does not exist.
    """
    try:
        mapping = msgspec.toml.decode(read_text(path), type=Mapping)
    except msgspec.DecodeError as error:
        raise InputError(Problem(str(path), None, None, f"{str(error).rstrip('.')}.")) from None
    problems = [Problem(str(path), None, place, message) for place, message in mistakes(mapping, ladder)]
    if problems:
        raise InputError(problems)
    return mapping


def with_columns(mapping: Mapping, said: Iterable[str], ladder: Ladder) -> Mapping:
    """A mapping with what was said of some columns in its place, each as HEADER=ROLE.

    >>> from offercast.modelfile import load_model
    >>> with_columns(Mapping(), ["Team=track"], load_model().ladder).columns
    {'Team': 'track'}

    Raises:
        CommandError: no role is said, or one that does not exist.
    """
    columns = dict(mapping.columns)
    for text in said:
        header, equals, role = (part.strip() for part in text.rpartition("="))
        if not (equals and header and role):
            raise CommandError(f'--column "{text}": write HEADER=ROLE, such as "Team=track".')
        for other in [h for h, taken in columns.items() if taken == role and role in SINGLE_ROLES]:
            columns[other] = IGNORE
        columns[header] = role
    changed = msgspec.structs.replace(mapping, columns=columns)
    for place, message in mistakes(changed, ladder):
        raise CommandError(f"--column {place.removeprefix('columns.')}: {message}")
    return changed


def mistakes(mapping: Mapping, ladder: Ladder) -> Iterator[tuple[str, str]]:
    """Yield each (place, message) of a name that does not exist, of a question without an answer."""
    ids = [*ladder.stage_ids, *ladder.exits_by_id]
    channels = list(ladder.channels_by_id)
    yield from _wrong_columns(mapping, ids, channels)
    yield from _wrong_words(mapping, ids, channels)
    yield from _wrong_settings(mapping, ids)


def _wrong_words(mapping: Mapping, ids: list[str], channels: list[str]) -> Iterator[tuple[str, str]]:
    for text in mapping.statuses:
        for word in mapping.meaning(text) or ():
            if word == TO_ANSWER:
                yield f"statuses.{text}", f'still "{TO_ANSWER}": say what it means, a stage, an exit or "open".'
            elif word not in ids:
                yield f"statuses.{text}", f'"{word}" is not on the ladder. {did_you_mean(word, [*ids, OPEN])}'
    for text, said in mapping.flags.items():
        if said == TO_ANSWER:
            yield f"flags.{text}", f'still "{TO_ANSWER}": write "yes", "no" or "unknown".'
    for text, channel in mapping.channels.items():
        if channel not in channels:
            yield f"channels.{text}", f'"{channel}" is no channel. {did_you_mean(channel, channels)}'


def _wrong_settings(mapping: Mapping, ids: list[str]) -> Iterator[tuple[str, str]]:
    for place, order in [("date_order", mapping.date_order), *mapping.date_orders.items()]:
        if order not in (None, *ORDERS):
            yield place, f'write "{ORDERS[0]}" or "{ORDERS[1]}".'
    for rule in mapping.track_rules:
        try:
            re.compile(rule)
        except re.error as error:
            yield f"track_rules.{rule}", f"this is no regular expression: {error}."
    for stage in mapping.note_dates:
        if stage not in ids:
            yield "note_dates", f'"{stage}" is not on the ladder. {did_you_mean(stage, ids)}'


def _wrong_columns(mapping: Mapping, ids: list[str], channels: list[str]) -> Iterator[tuple[str, str]]:
    first: dict[str, str] = {}
    for header, role in mapping.columns.items():
        message = _wrong_role(role, ids, channels)
        if message:
            yield f"columns.{header}", message
        elif role in SINGLE_ROLES and first.setdefault(role, header) != header:
            yield (
                f"columns.{header}",
                f'"{first[role]}" is the {role} already. Give one of them another role or "ignore".',
            )


def _wrong_role(role: str, ids: list[str], channels: list[str]) -> str | None:
    """What is wrong with a role, or None."""
    if role == TO_ANSWER:
        return f'still "{TO_ANSWER}": say what this column is, or "ignore".'
    if role in (*SINGLE_ROLES, IGNORE):
        return None
    kind = next((kind for kind in COMPOUND_ROLES if role.startswith(f"{kind} ")), None)
    if kind is None:
        roles = [*SINGLE_ROLES, IGNORE, *(f"{kind} STAGE" for kind in COMPOUND_ROLES)]
        return f'"{role}" is no role. {did_you_mean(role, roles)}'
    target, known = role.removeprefix(f"{kind} "), [*ids, *channels] if kind == "flag of" else ids
    return None if target in known else f'"{target}" is not on the ladder. {did_you_mean(target, known)}'
