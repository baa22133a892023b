"""Cells into days, stages, channels and tracks, by a complete mapping; every problem is kept, none stops the rest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from offercast.errors import InputError, Problem, Question, did_you_mean
from offercast.history.dates import (
    AMBIGUOUS,
    DAY_FIRST,
    EXCEL_DAY,
    MONTH_FIRST,
    ORDERS,
    YEAR_FIRST,
    NotADateError,
    date_order,
    parse_several,
)
from offercast.history.guess import LIKELY, MAPPED, SURE, Completed
from offercast.history.lexicon import OPEN, lexicon
from offercast.history.mapping import SINGLE_ROLES, Mapping
from offercast.history.records import NO_TRACK, UNLABELLED, Column, Event, Reading, Status
from offercast.history.table import Row, Table
from offercast.history.vocabulary import Meaning, has_two_meanings, near_status, read_status, status_meaning
from offercast.ladder import REOPENED, Ladder, normalise

OUT_OF_ORDER = "Some days contradict the order of the stages. Keep those rows without that day?"
UNREADABLE = "Some cells should be a day and cannot be read as one. Keep those rows without it?"

Window = tuple[date, date | None]
_EXAMPLES = 3


@dataclass
class Interpreter:
    """Reads cells of one table; shared by the readers of rows and of events.

    `strict` is for the canonical log: its words mean one thing each, and nothing in it is guessed.
    """

    table: Table
    ladder: Ladder
    completed: Completed
    strict: bool = False
    problems: list[Problem] = field(default_factory=list)
    unknown_channels: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    ruled: Counter[str] = field(default_factory=Counter)
    undated: int = 0
    unreadable: int = 0
    counted_days: int = 0

    def __post_init__(self) -> None:
        self.mapping: Mapping = self.completed.mapping
        places = {header: place for place, header in enumerate(self.table.headers)}
        self.places = {role: places[header] for header, role in self.mapping.columns.items() if role in SINGLE_ROLES}
        self.meanings: dict[str, Meaning | None] = {}
        self.asked: dict[str, list[int]] = {}
        self.unclear_flags: dict[str, list[tuple[int, str]]] = {}
        self.rules = [(re.compile(rule, re.IGNORECASE), track) for rule, track in self.mapping.track_rules.items()]
        self.said_flags = {text.casefold(): said for text, said in self.mapping.flags.items()}
        self.borrowed: list[str] = []
        place = self.places.get("track")
        self.has_tracks = place is not None and any(row.cells[place] for row in self.table.rows)
        self.orders = self._orders()

    def plain(self, row: Row, role: str) -> str:
        """The cell of the column that has a single role, empty where none has."""
        place = self.places.get(role)
        return "" if place is None else row.cells[place]

    def problem(self, row: Row | None, column: str | None, message: str, question: Question | None = None) -> None:
        """Keep a problem, and go on."""
        line = row.line if row else None
        self.problems.append(Problem(self.table.source, line, column, message, question))

    # Days

    def date_headers(self) -> list[str]:
        """The columns that hold days."""
        named = [header for header, _ in self.mapping.compound("date of")]
        single = [self.mapping.header(role) for role in ("status date", "first answer", "seen on", "event date")]
        return [*named, *(header for header in single if header)]

    def _orders(self) -> dict[str, str]:
        """The order of day and month in each column: as told, as its cells show, or as its neighbours do."""
        told, found = {}, {}
        for header in self.date_headers():
            said = self.mapping.date_orders.get(header) or self.mapping.date_order
            told[header] = said is not None
            found[header] = said or date_order(self.table.column(header))
        settled = {order for order in found.values() if order in ORDERS}
        for header in [header for header, order in found.items() if order == AMBIGUOUS]:
            shown = {date_order([cell]) for cell in self.table.column(header)}
            if shown >= set(ORDERS):
                self._ask_order(header, "some dates are day first and others month first")
            elif len(settled) == 1:
                found[header] = next(iter(settled))
                self.borrowed.append(header)
            else:
                self._ask_order(header, None)
        return found

    def _ask_order(self, header: str, trouble: str | None) -> None:
        """Point at a date that could be either, once a column."""
        row = next((r for r in self.table.rows if date_order([r[header]]) == AMBIGUOUS), None)
        example = f'"{row[header]}" ' if row else ""
        said = trouble or f"{example}can be read day first or month first, and no other date settles it"
        message = (
            f'{said}. Write the days as YYYY-MM-DD, or put date_order = "{DAY_FIRST}" or "{MONTH_FIRST}" into a '
            "mapping file (--map)."
        )
        question = Question(
            "date_orders", header, f'In the column "{header}", is {example}day first or month first?', ORDERS
        )
        self.problem(None if trouble else row, header, message, None if trouble else question)

    @property
    def date_order(self) -> str:
        """What to say of the whole file: the orders in use, other than the plain one."""
        used = sorted({order for order in self.orders.values() if order in ORDERS})
        return " and ".join(used) if used else YEAR_FIRST

    def day(self, row: Row, header: str) -> Window | None:
        """The day in a cell; None where it is empty, says that nothing is known, or cannot be read."""
        text = row[header]
        if not text or text.casefold() in lexicon().nothing:
            return None
        order = self.orders[header]
        if order == AMBIGUOUS:
            return None  # asked about already
        self.counted_days += EXCEL_DAY.fullmatch(text) is not None
        try:
            return parse_several(text, order)
        except NotADateError as error:
            self._unreadable(row, header, str(error))
            return None

    def _unreadable(self, row: Row, header: str, message: str) -> None:
        if self.mapping.unreadable_dates == "undated":
            self.unreadable += 1
            return
        self.problem(row, header, message, Question("unreadable_dates", "", UNREADABLE, ("undated",)))

    def flag(self, text: str) -> str | None:
        """What a cell says that is no day: "yes", "no", "unknown"; None where that is not known."""
        word = text.casefold()
        if word in self.said_flags:
            return self.said_flags[word]
        if not word or word in lexicon().no:
            return "no"
        if word in lexicon().nothing:
            return "unknown"
        return "yes" if word in lexicon().yes else None

    def day_or_flag(self, row: Row, header: str) -> tuple[bool, Window | None]:
        """Whether a column named after a stage says that it came, and when: a day, or only yes."""
        text = row[header]
        said = self.flag(text) if not any(mark.isdigit() for mark in text) else None
        if said is not None:
            return said == "yes", None
        if not any(mark.isdigit() for mark in text):
            self.unclear_flag(row, header)
            return False, None
        found = self.day(row, header)
        return found is not None or self.mapping.unreadable_dates == "undated", found

    def unclear_flag(self, row: Row, header: str) -> None:
        """A cell that should say yes or no: asked about once for each text."""
        self.unclear_flags.setdefault(row[header], []).append((row.line, header))

    # Statuses

    def status(self, row: Row, text: str) -> Meaning | None:
        """What a status text means; unknown ones are asked about once, however many rows have them."""
        if text not in self.meanings:
            self.meanings[text] = self._meaning(text)
        meaning = self.meanings[text]
        if meaning is None:
            self.asked.setdefault(text, []).append(row.line)
        self.statuses[text] += 1
        return meaning

    def _meaning(self, text: str) -> Meaning | None:
        said = self.mapping.meaning(text)
        if said is not None:
            return Meaning(said)
        if self.strict:
            exact = status_meaning(text, self.ladder)
            return None if exact is None else Meaning(exact)
        return read_status(text, self.ladder)

    def settle(self, header: str) -> None:
        """Add one problem, with its question, for each text that is not known."""
        ids = (*self.ladder.stage_ids, *self.ladder.exits_by_id, OPEN)
        for text, lines in self.asked.items():
            rows = f" ({len(lines):,} rows)" if len(lines) > 1 else ""
            if self.strict:
                known = [*self.ladder.stage_ids, *self.ladder.exits_by_id, REOPENED]
                message = f'"{text}"{rows} is no stage and no exit. {did_you_mean(text, known)}'
                self.problems.append(Problem(self.table.source, lines[0], header, message))
                continue
            if has_two_meanings(text):
                said = f'"{text}"{rows} can mean your no to an offer, or theirs to you.'
                near, meaning = "", '"rejected", "withdrawn" or "declined"'
            else:
                said = f'"{text}"{rows} is no stage, exit or word for silence that I know.'
                near = near_status(text, self.ladder)
                meaning = '"rejected" (or any stage, exit or "open")'
            message = (
                f'{said}{near} Say what it means in a mapping file (--map), under [statuses]: "{text}" = {meaning}.'
            )
            question = Question("statuses", text, f'What does the status "{text}"{rows} mean?', ids)
            self.problems.append(Problem(self.table.source, lines[0], header, message, question))
        for text, places in self.unclear_flags.items():
            line, column = places[0]
            rows = f" ({len(places):,} cells)" if len(places) > 1 else ""
            message = (
                f'"{text}"{rows} is no day, and neither yes nor no. Say which in a mapping file (--map), under '
                f'[flags]: "{text}" = "yes", "no" or "unknown".'
            )
            question = Question(
                "flags", text, f'In "{column}", is "{text}"{rows} a yes or a no?', ("yes", "no", "unknown")
            )
            self.problems.append(Problem(self.table.source, line, column, message, question))

    # Tracks and channels

    def track(self, row: Row, identifier: str, title: str) -> str:
        """The track: by hand, by the rules on titles, or by the column."""
        if identifier in self.mapping.track_of:
            return self.mapping.track_of[identifier]
        for rule, track in self.rules:
            if rule.search(title):
                self.ruled[rule.pattern] += 1
                return track
        header = self.mapping.header("track")
        if header is None or not self.has_tracks:
            return UNLABELLED if self.rules else NO_TRACK
        text = " ".join(row[header].split())
        return self.mapping.tracks.get(text, text) or UNLABELLED

    def channel(self, text: str) -> str:
        """The channel; a text that none is known for counts as the reference, and is reported."""
        if not text:
            return self.ladder.reference.id
        found = self.mapping.channels.get(text) or self.ladder.channel_words.get(normalise(text))
        if found is None:
            self.unknown_channels[text] += 1
        return found or self.ladder.reference.id

    def note_days(self, note: str) -> dict[str, Window]:
        """Days that stand in a note after the name of a stage: "Applied 2026-05-02"."""
        found: dict[str, Window] = {}
        for kind in self.mapping.note_dates:
            words = [word for word, owner in self.ladder.words.items() if owner == kind]
            pattern = rf"\b(?:{'|'.join(map(re.escape, words))})\W{{1,3}}(?:on )?(\d{{4}}-\d{{2}}-\d{{2}})"
            match = re.search(pattern, note, re.IGNORECASE)
            if match:
                try:
                    found[kind] = parse_several(match[1])
                except NotADateError:
                    continue
        return found

    # What to say of it all

    def reading(self, shape: str, *, seen_on: date | None, notes: list[str]) -> Reading:
        """How the table was read; the notes of the reader come after those on the cells.

        Raises:
            InputError: problems were found; the reading, as far as it went, goes with them.
        """
        reading = Reading(
            shape=shape,
            container=self.table.shape,
            columns=self.columns(),
            statuses=() if self.strict else self.status_rows(),
            date_order=self.date_order,
            seen_on=seen_on,
            notes=(*self.notes(), *notes),
            track_rules=self.track_rule_rows(),
        )
        if self.problems:
            raise InputError(self.problems, reading=reading)
        return reading

    def columns(self) -> tuple[Column, ...]:
        """Every column with its role, how sure that is, and examples."""
        return tuple(
            Column(header, role, self.completed.sure.get(header, SURE), _examples(self.table.column(header)))
            for header, role in self.mapping.columns.items()
        )

    def status_rows(self) -> tuple[Status, ...]:
        """Every status text with its meaning, the most frequent first."""
        return tuple(
            Status(text, self._means(text), count, self._how(text)) for text, count in self.statuses.most_common()
        )

    def _means(self, text: str) -> str:
        meaning = self.meanings.get(text)
        return " + ".join(meaning.kinds) or OPEN if meaning else "?"

    def _how(self, text: str) -> str:
        if text in self.mapping.statuses:
            return MAPPED
        meaning = self.meanings.get(text)
        return SURE if meaning and meaning.sure else LIKELY

    def track_rule_rows(self) -> tuple[tuple[str, str, int], ...]:
        """Each rule, its track, and how many titles it decided."""
        return tuple((rule.pattern, track, self.ruled[rule.pattern]) for rule, track in self.rules)

    def notes(self) -> list[str]:
        """What was noticed in the cells, in words."""
        notes = []
        if self.borrowed:
            named = ", ".join(f'"{header}"' for header in self.borrowed)
            notes.append(f"taken to be {self.orders[self.borrowed[0]]}, as the other columns are: {named}")
        if self.unknown_channels:
            named = ", ".join(f'"{text}"' for text, _ in self.unknown_channels.most_common(3))
            cold = self.ladder.reference.label.lower()
            notes.append(
                f"channels that I do not know: {named} (rows: {self.unknown_channels.total()}, counted as {cold})"
            )
        if self.counted_days:
            notes.append(f"days that a spreadsheet wrote as a number, read as days: {self.counted_days}")
        if self.unreadable:
            notes.append(f"cells that should be a day and are none: {self.unreadable} (those rows are kept without it)")
        if self.undated:
            notes.append(
                f"dates that contradict the order of the stages: {self.undated} (those rows are kept without them)"
            )
        guessed = [text for text in self.statuses if text not in self.mapping.statuses and self._how(text) == LIKELY]
        notes += [f'"{text}" is read as {self._means(text)} (rows: {self.statuses[text]})' for text in guessed]
        unused = [text for text in self._own_statuses() if text not in self.statuses]
        if unused:
            notes.append("statuses of the mapping that no row has: " + ", ".join(f'"{text}"' for text in unused))
        offers = [text for text in self.statuses if self._turned_down(text)]
        if offers:
            notes.append("counted as an offer that you turned down: " + ", ".join(f'"{text}"' for text in offers))
        return notes

    def _own_statuses(self) -> list[str]:
        """Those of the mapping file, without those of a known source."""
        known = self.completed.source.reads.statuses if self.completed.source else {}
        return [text for text in self.mapping.statuses if text not in known]

    def _turned_down(self, text: str) -> bool:
        exits, meaning = self.ladder.exits_by_id, self.meanings.get(text)
        return any(kind in exits and exits[kind].means == "turned_down" for kind in (meaning.kinds if meaning else ()))


def _examples(cells: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(cells[:200]))[:_EXAMPLES]


def in_ladder_order(
    ladder: Ladder, kinds: set[str], dates: dict[str, Window], contradiction: Callable[[str, date, Event], None] | None
) -> tuple[tuple[Event, ...], int]:
    """Stages by the ladder's order, then the exits; a day that contradicts it is reported or dropped.

    Returns the events, and how many days were dropped.
    """
    position = ladder.order
    exits = list(ladder.exits_by_id)

    def place(kind: str) -> tuple[int, date, int]:
        on = dates.get(kind, (date.max, None))[0]
        return (position[kind], date.min, 0) if kind in position else (len(position), on, exits.index(kind))

    lead_in = [stage for stage in ladder.stage_ids if stage in kinds and stage not in position]
    ordered = lead_in + sorted(kinds - set(lead_in), key=place)
    events: list[Event] = []
    last: Event | None = None
    dropped = 0
    for kind in ordered:
        on, until = dates.get(kind, (None, None))
        latest = until or on
        if latest and last and last.on and latest < last.on:
            if contradiction:
                contradiction(kind, latest, last)
            dropped += 1
            on = until = None
        if (
            on and until and last and last.on and on < last.on
        ):  # an interval begins at the earliest with the stage before
            on, until = last.on, (until if until > last.on else None)
        event = Event(kind, on, until)
        events.append(event)
        last = event if on else last
    return tuple(events), dropped
