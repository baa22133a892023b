"""Logs with one row per application: a date per stage (wide), one status (snapshot), or both."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from offercast.errors import InputError, Problem
from offercast.history.dates import AMBIGUOUS, ORDERS, NotADateError, date_order, parse_window
from offercast.history.mapping import IGNORE, PLAIN_ROLES, Mapping
from offercast.history.records import NO_TRACK, Application, Event, Reading
from offercast.history.table import Row, Table
from offercast.history.vocabulary import NO, TWO_MEANINGS, YES, near_status, status_meaning
from offercast.ladder import Ladder, normalise

UNLABELLED = "unlabelled"
"""The track of a row whose track cell is empty."""

MOST_TITLES = 8
"""So many different titles or fewer look like role tracks."""

NO_OUTCOMES = (
    "no column tells what became of the applications: their outcomes are unknown, not silent, "
    "and say nothing about rates"
)


@dataclass
class _Reader:
    """Reads the rows of one table; collects every problem before it raises."""

    table: Table
    ladder: Ladder
    mapping: Mapping
    problems: list[Problem] = field(default_factory=list)
    unknown_channels: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    unknown_statuses: dict[str, list[int]] = field(default_factory=dict)
    undated: int = 0

    def __post_init__(self) -> None:
        cells = [cell for header in self._date_headers() for cell in self.table.column(header)]
        self.order = self.mapping.date_order or date_order(cells)
        if self.order == AMBIGUOUS:
            self._refuse_ambiguous()

    def _date_headers(self) -> list[str]:
        named = [header for header, _ in self.mapping.compound("date of")]
        single = [self.mapping.header(role) for role in ("status date", "first answer")]
        return [*named, *(header for header in single if header)]

    def _refuse_ambiguous(self) -> None:
        """Point at a date that could be either, once: the whole file needs one answer."""
        cells = [cell for header in self._date_headers() for cell in self.table.column(header)]
        both = {date_order([cell]) for cell in cells} >= set(ORDERS)
        for row in () if both else self.table.rows:
            for header in self._date_headers():
                if row[header] and date_order([row[header]]) == AMBIGUOUS:
                    message = (
                        f'"{row[header]}" can be read day first or month first, and no other date settles it. '
                        'Add date_order = "day first" or "month first" to a mapping file and pass it with --map.'
                    )
                    raise InputError(Problem(self.table.source, row.line, header, message))
        message = (
            "some dates are day first and others month first. Write them all as YYYY-MM-DD, or say "
            'date_order = "day first" or "month first" in a mapping file.'
        )
        raise InputError(Problem(self.table.source, None, None, message))

    def _problem(self, row: Row, column: str, message: str) -> None:
        self.problems.append(Problem(self.table.source, row.line, column, message))

    def _day(self, row: Row, header: str) -> tuple[date, date | None] | None:
        if not row[header]:
            return None
        try:
            return parse_window(row[header], self.order)
        except NotADateError as error:
            self._problem(row, header, str(error))
            return None

    def application(self, row: Row, number: int) -> Application | None:
        """Read one row; None where it says nothing at all about an application."""
        meaning = self._status(row)
        dates = self._dates(row)
        flagged, channel_flags = self._flags(row)
        kinds = {*dates, *flagged, *meaning}
        if not kinds and not self._status_header_says_open(row):
            return None
        if not any(self.ladder.is_stage(kind) for kind in kinds):
            kinds.add(self.ladder.sent)
        self._add_status_date(row, meaning, dates)
        self._add_first_answer(row, kinds, dates)
        self._add_day_counts(row, kinds, dates)
        events = self._in_order(row, kinds, dates)
        plain = {role: self._plain(row, role) for role in ("id", "company", "title", "came from", "note")}
        return Application(
            id=plain["id"] or f"row {number}",
            track=self._track(row),
            channel=channel_flags or self._channel(row),
            events=events,
            company=plain["company"],
            title=plain["title"],
            came_from=plain["came from"],
            note=plain["note"],
        )

    def _plain(self, row: Row, role: str) -> str:
        header = self.mapping.header(role)
        return row[header] if header else ""

    def _track(self, row: Row) -> str:
        header = self.mapping.header("track")
        if header is None:
            return NO_TRACK
        text = " ".join(row[header].split())
        return self.mapping.tracks.get(text, text) or UNLABELLED

    def _channel(self, row: Row) -> str:
        text = self._plain(row, "channel")
        words = self.ladder.channel_words
        found = self.mapping.channels.get(text) or words.get(normalise(text))
        if found is None and text:
            self.unknown_channels[text] += 1
        return found or self.ladder.reference.id

    def _status(self, row: Row) -> tuple[str, ...]:
        text = self._plain(row, "status")
        if not text:
            return ()
        self.statuses[text] += 1
        meaning = self.meaning(text)
        if meaning is None:
            self.unknown_statuses.setdefault(text, []).append(row.line)
        return meaning or ()

    def meaning(self, text: str) -> tuple[str, ...] | None:
        """What a status text means: as the mapping says, else by its words; None where that has to be asked."""
        if text in self.mapping.statuses:
            return self.mapping.statuses[text]
        return None if normalise(text) in TWO_MEANINGS else status_meaning(text, self.ladder)

    def ask_about_statuses(self) -> None:
        """One problem for each status text that is not known, however many rows have it."""
        for text, lines in self.unknown_statuses.items():
            rows = f" ({len(lines)} rows)" if len(lines) > 1 else ""
            if normalise(text) in TWO_MEANINGS:
                said = f'"{text}"{rows} can mean your no to an offer, or theirs to you.'
                near, meaning = "", '"rejected" or "declined"'
            else:
                said = f'"{text}"{rows} is no stage, exit or word for silence that I know.'
                near = near_status(text, self.ladder)
                meaning = '"rejected" (or any stage, exit or "open")'
            message = f'{said}{near} Say what it means in a mapping file, under [statuses]: "{text}" = {meaning}.'
            header = self.mapping.header("status") or "status"
            self.problems.append(Problem(self.table.source, lines[0], header, message))

    def _status_header_says_open(self, row: Row) -> bool:
        return bool(self._plain(row, "status"))

    def _dates(self, row: Row) -> dict[str, tuple[date, date | None]]:
        """The earliest day given for each stage or exit (two columns may stand for one stage)."""
        found: dict[str, tuple[date, date | None]] = {}
        for header, kind in self.mapping.compound("date of"):
            day = self._day(row, header)
            if day and (kind not in found or day[0] < found[kind][0]):
                found[kind] = day
        return found

    def _flags(self, row: Row) -> tuple[set[str], str | None]:
        kinds, channel = set(), None
        for header, target in self.mapping.compound("flag of"):
            text = row[header].casefold()
            if text in YES and target in self.ladder.channels_by_id:
                channel = target
            elif text in YES:
                kinds.add(target)
            elif text not in NO:
                self._problem(row, header, f'"{row[header]}" is neither yes nor no. Write yes, no, or nothing.')
        return kinds, channel

    def _add_status_date(self, row: Row, meaning: tuple[str, ...], dates: dict) -> None:
        header = self.mapping.header("status date")
        day = self._day(row, header) if header else None
        if day and meaning and meaning[-1] not in dates:
            dates[meaning[-1]] = day

    def _add_first_answer(self, row: Row, kinds: set[str], dates: dict) -> None:
        """The first answer is the first stage after sending if any stage came, else the no itself."""
        header = self.mapping.header("first answer")
        day = self._day(row, header) if header else None
        if not day:
            return
        order = self.ladder.order
        first = self.ladder.stages[order[self.ladder.sent] + 1].id
        if any(order.get(kind, -1) >= order[first] for kind in kinds):
            kinds.add(first)
            dates.setdefault(first, day)
            return
        for kind in kinds:
            if kind in self.ladder.exits_by_id:
                dates.setdefault(kind, day)

    def _add_day_counts(self, row: Row, kinds: set[str], dates: dict) -> None:
        sent = dates.get(self.ladder.sent)
        for header, kind in self.mapping.compound("days to"):
            if not row[header]:
                continue
            if not row[header].lstrip("-").isdigit():
                self._problem(row, header, f'"{row[header]}" is not a whole number of days.')
                continue
            kinds.add(kind)
            if sent and int(row[header]) >= 0:
                dates.setdefault(kind, (sent[0] + timedelta(days=int(row[header])), None))

    def _in_order(self, row: Row, kinds: set[str], dates: dict) -> tuple[Event, ...]:
        """Stages by the ladder's order, then the exit; a date that contradicts it is refused or dropped."""
        position = self.ladder.order
        exits = list(self.ladder.exits_by_id)

        def place(kind: str) -> tuple[int, date, int]:
            on = dates.get(kind, (date.max, None))[0]
            return (position[kind], date.min, 0) if kind in position else (len(position), on, exits.index(kind))

        lead_in = [kind for kind in kinds if self.ladder.is_stage(kind) and kind not in position]
        ordered = lead_in + sorted(kinds - set(lead_in), key=place)
        events: list[Event] = []
        last: Event | None = None
        for kind in ordered:
            on, until = dates.get(kind, (None, None))
            latest = until or on
            if latest and last and last.on and latest < last.on:
                if self.mapping.out_of_order == "error":
                    message = (
                        f'"{kind}" on {latest} is before "{last.kind}" on {last.on}. Correct one of the two '
                        'dates, or say out_of_order = "undated" in a mapping file to keep the row without it.'
                    )
                    self._problem(row, kind, message)
                self.undated += 1
                on = until = None
            event = Event(kind, on, until)
            events.append(event)
            last = event if on else last
        return tuple(events)

    def notes(self) -> tuple[str, ...]:
        """What was noticed while reading, in words."""
        notes = []
        if self.unknown_channels:
            total = self.unknown_channels.total()
            named = ", ".join(f'"{text}"' for text, _ in self.unknown_channels.most_common(3))
            cold = self.ladder.reference.label.lower()
            notes.append(f"channels that I do not know: {named} (rows: {total}, counted as {cold})")
        if self.undated:
            notes.append(
                f"dates that contradict the order of the stages: {self.undated} (those rows are kept without them)"
            )
        title = self.mapping.header("title")
        kinds = set(self.table.column(title)) if title and not self.mapping.header("track") else set()
        if 2 <= len(kinds) <= MOST_TITLES:
            notes.append(f'all one track; to compare the {len(kinds)} kinds of "{title}", map that column to "track"')
        unused = [text for text in self.mapping.statuses if text not in self.statuses]
        if unused:
            notes.append("statuses of the mapping that no row has: " + ", ".join(f'"{text}"' for text in unused))
        offers = [text for text in self.statuses if self._turned_down(text)]
        if offers:
            named = ", ".join(f'"{text}"' for text in offers)
            notes.append(f"counted as an offer that you turned down: {named}")
        return tuple(notes)

    def _turned_down(self, text: str) -> bool:
        exits = self.ladder.exits_by_id
        return any(kind in exits and exits[kind].means == "turned_down" for kind in self.meaning(text) or ())


def read_rows(table: Table, ladder: Ladder, mapping: Mapping) -> tuple[tuple[Application, ...], Reading]:
    """Read every row of a table by a complete mapping.

    Raises:
        InputError: every problem of every row at once.
    """
    reader = _Reader(table, ladder, mapping)
    read: list[tuple[Row, Application]] = []
    for number, row in enumerate(table.rows, start=1):
        application = reader.application(row, number)
        if application:
            read.append((row, application))
    reader.ask_about_statuses()
    reader.problems += _duplicate_ids(table, mapping, read)
    if reader.problems:
        raise InputError(reader.problems)
    applications = tuple(application for _, application in read)
    if _tells_no_outcome(mapping, ladder):
        applications = _unknown_outcomes(applications)
    if not applications and table.rows:
        message = (
            f"none of its {len(table.rows)} rows says that an application was sent. Name the columns in a mapping file."
        )
        raise InputError(Problem(table.source, table.header_line, None, message))
    later = [kind for _, kind in mapping.compound("date of") if kind != ladder.sent]
    statuses = tuple(
        (text, " + ".join(reader.meaning(text) or ()) or "open", count) for text, count in reader.statuses.most_common()
    )
    reading = Reading(
        shape="wide" if later else "snapshot",
        columns=tuple(mapping.columns.items()),
        statuses=statuses,
        date_order=reader.order,
        notes=(*reader.notes(), *([NO_OUTCOMES] if _tells_no_outcome(mapping, ladder) else [])),
    )
    return applications, reading


def _tells_no_outcome(mapping: Mapping, ladder: Ladder) -> bool:
    """Whether the file only says when applications were sent."""
    telling = {f"date of {ladder.sent}", "status date", *PLAIN_ROLES, IGNORE}
    return all(role in telling for role in mapping.columns.values())


def _unknown_outcomes(applications: tuple[Application, ...]) -> tuple[Application, ...]:
    """Each application as "at least sent": its outcome is unknown, which is not the same as silent."""
    return tuple(replace(a, events=tuple(replace(event, at_least=True) for event in a.events)) for a in applications)


def _duplicate_ids(table: Table, mapping: Mapping, read: list[tuple[Row, Application]]) -> list[Problem]:
    header = mapping.header("id")
    if header is None:
        return []
    first: dict[str, int] = {}
    problems = []
    for row, application in read:
        line = first.setdefault(application.id, row.line)
        if line != row.line:
            message = f'the id "{application.id}" was used on line {line}. Give each application its own.'
            problems.append(Problem(table.source, row.line, header, message))
    return problems
