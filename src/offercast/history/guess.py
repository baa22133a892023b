"""A role for each column that nobody named: from its name and its cells, with how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from offercast.errors import InputError, Problem, Question, did_you_mean
from offercast.history.containers.jsonlists import ENTRY
from offercast.history.dates import EXCEL_DAY, looks_like_date
from offercast.history.lexicon import lexicon
from offercast.history.mapping import IGNORE, PLAIN_ROLES, SINGLE_ROLES, Mapping
from offercast.history.records import Column, Reading
from offercast.history.sources import Source, key
from offercast.history.table import Table
from offercast.history.vocabulary import find_word, read_status, status_meaning
from offercast.ladder import Ladder, normalise

SURE, LIKELY, MAPPED, KNOWN = "sure", "likely", "as mapped", "known source"
"""How a column came by its role: by a sure guess, a likely one, the mapping file, or a known source."""

_ANSWER_WORDS = {"response", "reply", "answer", "heard"}
_UPDATE_WORDS = {"outcome", "status", "update", "updated", "decision", "activity"}
_DATE_WORDS = {"date", "dates", "day", "on", "when", "datum", "fecha", "data", "am", "日期", "时间"}
_PLAIN_DATES = ("date", "datum", "fecha", "data", "日期", "时间", "day", "time", "timestamp")
_SENT_WORDS = {"application", "apply", "applying"}
_NOT_A_TRACK = {
    "full time", "part time", "fulltime", "parttime", "contract", "permanent", "temporary", "freelance", "remote",
    "hybrid", "onsite", "on site", "in office", "ft", "pt", "vollzeit", "teilzeit", "internship", "wfh",
}  # fmt: skip
REPEATED = 0.1
"""Where more ids than this share come again, a file holds events, not applications."""

MOST_TRACKS = 20
"""So many different cells or fewer can be role tracks."""


@dataclass(frozen=True)
class Completed:
    """A mapping in which every column has a role, and how sure each of them is."""

    mapping: Mapping
    sure: dict[str, str]
    source: Source | None = None


def complete_mapping(table: Table, ladder: Ladder, given: Mapping, source: Source | None = None) -> Completed:
    """Return `given` with every column that it does not name filled in: by a known source, else by guessing.

    Raises:
        InputError: the mapping names a column that the file lacks, or no column says what happened.
    """
    for header in given.columns:
        if header not in table.headers:
            message = f"the mapping names it, and the file has no such column. {did_you_mean(header, table.headers)}"
            raise InputError(Problem(table.source, table.header_line, header, message))
    columns, sure = dict(given.columns), dict.fromkeys(given.columns, MAPPED)
    if source:
        _fill(columns, sure, _known_columns(table, source), KNOWN, only=table.headers)
    for header, (role, how) in _guess_columns(table, ladder, set(columns)).items():
        _fill(columns, sure, {header: role}, how, only=table.headers)
    ordered = {header: columns.get(header, IGNORE) for header in table.headers}
    if not any(_tells(role) for role in ordered.values()):
        raise InputError(_nothing_tells(table), reading=_so_far(table, ordered, sure))
    merged = _with_source(given, source) if source else given
    return Completed(msgspec.structs.replace(merged, columns=ordered), sure, source)


def _so_far(table: Table, columns: dict[str, str], sure: dict[str, str]) -> Reading:
    found = [
        Column(h, role, sure.get(h, SURE), tuple(dict.fromkeys(table.column(h)))[:3]) for h, role in columns.items()
    ]
    return Reading("unknown", tuple(found), container=table.shape)


def _fill(columns: dict[str, str], sure: dict[str, str], found: dict[str, str], how: str, *, only) -> None:  # noqa: ANN001
    """Give roles to columns that have none; a single role is given once."""
    for header, role in found.items():
        taken = role in SINGLE_ROLES and role in columns.values()
        if header in only and header not in columns and not taken:
            columns[header], sure[header] = role, how


def _tells(role: str) -> bool:
    return role in ("status", "event", "history", "outcome") or role.startswith(("date of", "flag of"))


def _nothing_tells(table: Table) -> Problem:
    example = next((h for h in table.headers if "date" in normalise(h)), table.headers[0] if table.headers else "Sent")
    message = (
        "no column says when an application was sent or what became of it. "
        f'Name one in a mapping file (--map), such as "{example}" = "date of applied" under [columns].'
    )
    question = Question("columns", "", "Which column says when you applied?", tuple(table.headers), "date of applied")
    return Problem(table.source, table.header_line, None, message, question)


def _known_columns(table: Table, source: Source) -> dict[str, str]:
    roles = {key(header): role for header, role in source.reads.columns.items()}
    named = {key(header) for header in source.headers}
    return {
        header: roles.get(key(header), IGNORE)
        for header in table.headers
        if key(header) in roles or key(header) in named
    }


def _with_source(given: Mapping, source: Source) -> Mapping:
    """The source's words under those of the mapping file."""
    reads, own = source.reads, msgspec.structs.asdict(given)
    for name in ("statuses", "flags", "channels", "tracks"):
        own[name] = {**getattr(reads, name), **own[name]}
    for name in ("date_order", "note_dates"):
        own[name] = own[name] or getattr(reads, name)
    return Mapping(**own)


@dataclass
class _Guesser:
    table: Table
    ladder: Ladder
    done: set[str]
    roles: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cells = {header: self.table.column(header) for header in self.table.headers}
        self.named = {header: lexicon().columns.get(normalise(header)) for header in self.table.headers}

    def free(self) -> list[str]:
        """The columns that nothing is known of yet."""
        return [h for h in self.table.headers if h not in self.roles and h not in self.done]

    def take(self, header: str, role: str, how: str) -> None:
        self.roles[header] = (role, how)

    def has(self, role: str) -> bool:
        return any(taken == role for taken, _ in self.roles.values())

    def status(self) -> None:
        """The column with a status-like name whose cells are mostly words of the ladder; else any such column."""
        rank = list(lexicon().columns)
        named = sorted((h for h in self.free() if self.named[h] == "status"), key=lambda h: rank.index(normalise(h)))
        words = [h for h in named if not self.cells[h] or not all(_is_flag(v) or _is_number(v) for v in self.cells[h])]
        best = max(words, key=self._known_share, default=None)
        if best is None:
            fitting = [h for h in self.free() if len(self.cells[h]) >= 3 and self._known_share(h) >= 0.9]
            fitting = [h for h in fitting if not all(_is_flag(v) or _is_number(v) for v in self.cells[h])]
            best = fitting[0] if len(fitting) == 1 else None
            if best is not None:
                self.take(best, "status", LIKELY)
            return
        self.take(best, "status", SURE if self._known_share(best) >= 0.9 or not self.cells[best] else LIKELY)

    def _known_share(self, header: str) -> float:
        values = self.cells[header]
        known = {value: read_status(value, self.ladder) is not None for value in set(values[:2000])}
        return sum(known[value] for value in values[:2000]) / max(len(values[:2000]), 1)

    def dates(self) -> None:
        for header in self.free():
            values = self.cells[header]
            if _mostly(values, looks_like_date) or self._meant_as_dates(header):
                role = self._date_role(header)
                sure = SURE if _mostly(values, looks_like_date, share=0.9) or not values else LIKELY
                self.take(header, role or IGNORE, sure if role else LIKELY)
            elif self._stage_of(header) and any(map(looks_like_date, values)):
                self.take(header, f"date of {self._stage_of(header)}", LIKELY)
        self._only_date()

    def _only_date(self) -> None:
        """A column called "date", or the only one with days, is the day of applying where no other is."""
        sent = f"date of {self.ladder.sent}"
        if self.has(sent) or any(self.named[h] == sent for h in self.done):
            return
        nameless = [
            h for h, (role, _) in self.roles.items()
            if role == IGNORE and self.named[h] != IGNORE and _mostly(self.cells[h], looks_like_date)
        ]  # fmt: skip
        plain = [h for h in nameless if normalise(h) in _PLAIN_DATES]
        chosen = plain[:1] or (nameless if len(nameless) == 1 else [])
        empty = [h for h in self.table.headers if normalise(h) in _PLAIN_DATES and not self.table.rows]
        for header in chosen or empty[:1]:
            self.take(header, sent, LIKELY)

    def _date_role(self, header: str) -> str | None:
        """The role of a column of dates, from the words in its name."""
        name = normalise(header)
        words = set(name.split())
        if name in self.ladder.words:
            return f"date of {self.ladder.words[name]}"
        known = self.named[header]
        if known and (known.startswith("date of") or known in ("status date", "first answer", "seen on", IGNORE)):
            target = known.removeprefix("date of ")
            return known if target == known or self._on_ladder(target) else None
        if words & _ANSWER_WORDS:
            return "first answer"
        found = find_word(header, self.ladder)
        if found:
            return f"date of {found}"
        if words & _UPDATE_WORDS:
            return "status date"
        return f"date of {self.ladder.sent}" if words & _SENT_WORDS else None

    def _on_ladder(self, target: str) -> bool:
        return self.ladder.is_stage(target) or target in self.ladder.exits_by_id

    def _meant_as_dates(self, header: str) -> bool:
        """Whether a column's name says "date": then a cell that is none is a mistake to report, not one to skip."""
        known = self.named[header] or ""
        named = bool(set(normalise(header).split()) & _DATE_WORDS) or known.startswith("date of")
        values = self.cells[header]
        digits = any(any(mark.isdigit() for mark in cell) for cell in values)
        return (named and (not values or digits) and not all(map(_is_flag, values))) or (named and not values)

    def _stage_of(self, header: str) -> str | None:
        """The stage above sending, or the exit, that a column's name means."""
        found = find_word(header, self.ladder)
        if found is None:
            meaning = status_meaning(header, self.ladder)
            found = meaning[0] if meaning and len(meaning) == 1 and not header.strip().isdigit() else None
        below = {stage.id for stage in self.ladder.stages[: self.ladder.order[self.ladder.sent] + 1]}
        return found if found and found not in below else None

    def plain(self) -> None:
        rank = list(lexicon().columns)
        named = sorted((h for h in self.free() if self.named[h] in PLAIN_ROLES), key=lambda h: rank.index(normalise(h)))
        for header in named:
            role = self.named[header] or IGNORE
            if not self.has(role) and (role != "track" or self._can_be_track(header)):
                self.take(header, role, SURE)
        first = self.table.headers[0] if self.table.headers else None
        numbered = first in self.free() and not self.has("id") and (first == "#" or first.startswith("column "))
        if numbered and self._all_different(first):
            self.take(first, "id", LIKELY)

    def channels(self) -> None:
        """A column without a known name in which every cell names a channel, and not all the same one."""
        words = self.ladder.channel_words
        for header in self.free():
            told = {words.get(normalise(cell)) for cell in self.cells[header]}
            if len(told) > 1 and None not in told and not self.has("channel"):
                self.take(header, "channel", LIKELY)

    def _all_different(self, header: str) -> bool:
        cells = [row[header] for row in self.table.rows if sum(map(bool, row.cells)) > 1]
        return bool(cells) and len(set(cells)) == len(cells) and all(cells)

    def _can_be_track(self, header: str) -> bool:
        kinds = {normalise(cell) for cell in self.cells[header]}
        return not kinds or (
            len(kinds) <= max(MOST_TRACKS, 0.2 * len(self.cells[header])) and not kinds <= _NOT_A_TRACK
        )

    def flags(self) -> None:
        for header in self.free():
            cells = self.cells[header]
            stage = self._stage_of(header)
            if _mostly(cells, _is_flag, share=0.7 if stage else 1.0):
                target = stage or self.ladder.channel_words.get(normalise(header))
                if target:
                    self.take(header, f"flag of {target}", SURE if find_word(header, self.ladder) else LIKELY)

    def events(self) -> None:
        """A file in which the same id comes again and again, each time with a status and a day, is an event log."""
        if ENTRY in self.free():
            self.take(ENTRY, "id", SURE)
            for header, (role, _) in list(self.roles.items()):
                if role == "id" and header != ENTRY:
                    self.take(header, IGNORE, SURE)
        by_role = {role: header for header, (role, _) in self.roles.items()}
        identifier, status = by_role.get("id"), by_role.get("status")
        days = [h for h, (role, _) in self.roles.items() if role.startswith("date of") or role == "status date"]
        if identifier is None or status is None or len(days) != 1:
            return
        cells = [cell for cell in self.cells[identifier] if cell]
        if identifier == ENTRY or len(cells) - len(set(cells)) > REPEATED * len(cells):
            sure = SURE if identifier == ENTRY else LIKELY
            self.take(status, "event", sure)
            self.take(days[0], "event date", sure)


def _guess_columns(table: Table, ladder: Ladder, done: set[str]) -> dict[str, tuple[str, str]]:
    """Guess a role for each column, the surest first."""
    guesser = _Guesser(table, ladder, done)
    guesser.status()
    guesser.dates()
    guesser.plain()
    guesser.flags()
    guesser.channels()
    guesser.events()
    return guesser.roles


def _mostly(values: list[str], test: Callable[[str], bool], *, share: float = 0.6) -> bool:
    return bool(values) and sum(map(test, values)) >= share * len(values)


def _is_flag(text: str) -> bool:
    return text.casefold() in lexicon().yes | lexicon().no | lexicon().nothing


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit() and not EXCEL_DAY.fullmatch(text)
