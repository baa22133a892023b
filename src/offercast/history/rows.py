"""Logs with one row per application: a date or a yes per stage (wide), one status (snapshot), or both."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

from offercast.errors import InputError, Problem, Question
from offercast.history.dates import NotADateError, parse_day
from offercast.history.guess import Completed
from offercast.history.interpret import OUT_OF_ORDER, Interpreter, Window, in_ladder_order
from offercast.history.mapping import IGNORE, PLAIN_ROLES, Mapping
from offercast.history.records import Application, Event, Reading
from offercast.history.table import Row, Table
from offercast.ladder import REOPENED, Ladder

MOST_TITLES = 8
"""So many different titles or fewer look like role tracks."""

NO_OUTCOMES = (
    "no column tells what became of the applications: their outcomes are unknown, not silent, "
    "and say nothing about rates (offercast import, then offercast log, to add them)"
)

_STAGE_AND_DAY = re.compile(r"([^()→>;|\n]+?)\s*\((\d{4}-\d{2}-\d{2})\)|(\d{4}-\d{2}-\d{2})\s*[:–-]\s*([^→>;|\n]+)")


class _Reader:
    """Reads the rows of one table; collects every problem before it raises."""

    def __init__(self, cells: Interpreter) -> None:
        self.cells, self.ladder, self.mapping = cells, cells.ladder, cells.mapping
        self.empty = self.bare = self.disagreeing = self.unsent = 0
        self.seen_on: date | None = None
        self.dated = [(h, k) for h, k in self.mapping.compound("date of")]
        self.flagged = [(h, k) for h, k in self.mapping.compound("flag of")]
        self.counted = [(h, k) for h, k in self.mapping.compound("days to")]
        self.expects_days = any(kind == self.ladder.sent for _, kind in self.dated)

    def application(self, row: Row, number: int) -> Application | None:
        """Read one row; None where it says nothing at all about an application."""
        meaning, has_status = self._status(row)
        dates, reached = self._dates(row)
        self._note_seen(row)
        self._unsend(meaning, dates, reached)
        flagged, channel = self._flags(row)
        self._add_history(row, dates)
        note = self.cells.plain(row, "note")
        for kind, window in self.cells.note_days(note).items():
            dates.setdefault(kind, window)
        kinds = {*dates, *reached, *flagged, *meaning}
        if not kinds and not has_status and not self._bare(row, kinds):
            return None
        if not any(self.ladder.is_stage(kind) for kind in kinds):
            kinds.add(self.ladder.sent)
        self._add_status_date(row, meaning, dates)
        self._add_first_answer(row, kinds, dates)
        self._add_day_counts(row, kinds, dates)
        self._tidy(dates)
        events = self._events(row, kinds, dates)
        identifier = self.cells.plain(row, "id") or f"row {number}"
        title = self.cells.plain(row, "title")
        return Application(
            id=identifier,
            track=self.cells.track(row, identifier, title),
            channel=channel or self.cells.channel(self.cells.plain(row, "channel")),
            events=events,
            company=self.cells.plain(row, "company"),
            title=title,
            came_from=self.cells.plain(row, "came from"),
            note=note,
        )

    def _note_seen(self, row: Row) -> None:
        header = self.mapping.header("seen on")
        day = self.cells.day(row, header) if header else None
        if day:
            self.seen_on = max(day[0], self.seen_on or day[0])

    def _unsend(self, meaning: tuple[str, ...], dates: dict[str, Window], reached: set[str]) -> None:
        """A job whose status says that it was never applied for: the day beside it is that of the list."""
        order = self.ladder.order
        below = [kind for kind in meaning if kind in order and order[kind] < order[self.ladder.sent]]
        if len(below) == len(meaning) == 1 and not (set(dates) | reached) - {self.ladder.sent, *below}:
            self.unsent += self.ladder.sent in dates
            day = dates.pop(self.ladder.sent, None)
            reached.discard(self.ladder.sent)
            if day:
                dates.setdefault(below[0], day)

    def _bare(self, row: Row, kinds: set[str]) -> bool:
        """A row without a day and a status: whether it counts, and (added to `kinds`) as what."""
        names_a_job = self.cells.plain(row, "company") or self.cells.plain(row, "title")
        if not names_a_job or not self.expects_days or self.mapping.bare_rows == "ignore":
            self.empty += 1
            return False
        first = self.ladder.stages[0].id
        unsent = self.mapping.bare_rows == "never_applied" and first != self.ladder.sent
        if self.mapping.bare_rows == "never_applied" and not unsent:
            self.empty += 1  # a ladder without a stage before sending has no place for it
            return False
        self.bare += unsent
        kinds.add(first if unsent else self.ladder.sent)
        return True

    def _status(self, row: Row) -> tuple[tuple[str, ...], bool]:
        """The stages and exits of the status columns, and whether any of them says something.

        "Reopened" as a status is an open application: what it was reopened from, the row does not say.
        """
        kinds: list[str] = []
        said = False
        for role in ("status", "outcome"):
            text = self.cells.plain(row, role)
            if not text:
                continue
            meaning = self.cells.status(row, text)
            said = said or meaning is None or bool(meaning.kinds) or meaning.sure or role == "status"
            kinds += [kind for kind in (meaning.kinds if meaning else ()) if kind not in (*kinds, REOPENED)]
        return tuple(kinds), said

    def _dates(self, row: Row) -> tuple[dict[str, Window], set[str]]:
        """The earliest day given for each stage or exit, and those that have a yes in place of a day."""
        found: dict[str, Window] = {}
        reached = set()
        for header, kind in self.dated:
            if not row[header]:
                continue
            came, day = self.cells.day_or_flag(row, header)
            if day and (kind not in found or day[0] < found[kind][0]):
                found[kind] = day
            elif came and not day:
                reached.add(kind)
        return found, reached

    def _flags(self, row: Row) -> tuple[set[str], str | None]:
        kinds, channel = set(), None
        for header, target in self.flagged:
            said = self.cells.flag(row[header])
            if said is None:
                self.cells.unclear_flag(row, header)
            elif said == "yes" and target in self.ladder.channels_by_id:
                channel = target
            elif said == "yes":
                kinds.add(target)
        return kinds, channel

    def _add_history(self, row: Row, dates: dict[str, Window]) -> None:
        """Stages with their days in one cell: "Applied (2026-08-03) → Interview (2026-08-12)"."""
        header = self.mapping.header("history")
        for named, day, early_day, late_name in _STAGE_AND_DAY.findall(row[header]) if header else ():
            word = (named or late_name).strip()
            meaning = self.cells.status(row, word)
            try:
                on = parse_day(day or early_day)
            except NotADateError as error:
                self.cells.problem(row, header, str(error))
                continue
            for kind in meaning.kinds if meaning else ():
                if kind != REOPENED:
                    dates.setdefault(kind, (on, None))

    def _add_status_date(self, row: Row, meaning: tuple[str, ...], dates: dict[str, Window]) -> None:
        header = self.mapping.header("status date")
        day = self.cells.day(row, header) if header else None
        if day and meaning and meaning[-1] not in dates:
            dates[meaning[-1]] = day

    def _add_first_answer(self, row: Row, kinds: set[str], dates: dict[str, Window]) -> None:
        """The first answer is the first stage after sending if any stage came, else the no itself."""
        header = self.mapping.header("first answer")
        day = self.cells.day(row, header) if header else None
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

    def _add_day_counts(self, row: Row, kinds: set[str], dates: dict[str, Window]) -> None:
        """Days counted from sending; where the dates themselves are there, they win."""
        sent = dates.get(self.ladder.sent)
        for header, kind in self.counted:
            text = row[header].removesuffix(".0")
            if not text or self.cells.flag(text) == "unknown":
                continue
            if not text.lstrip("-").isdecimal() or len(text) > 6:
                self.cells.problem(
                    row, header, f'"{row[header]}" is not a whole number of days. Write one, or nothing.'
                )
                continue
            kinds.add(kind)
            if not sent or int(text) < 0:
                continue
            counted = sent[0] + timedelta(days=int(text))
            self.disagreeing += kind in dates and abs((dates[kind][0] - counted).days) > 1
            dates.setdefault(kind, (counted, None))

    def _tidy(self, dates: dict[str, Window]) -> None:
        """An answer dated on a day of housekeeping came at some time up to that day."""
        sent = dates.get(self.ladder.sent)
        for kind, (on, _) in list(dates.items()):
            if on in self.mapping.housekeeping and kind != self.ladder.sent:
                if sent and sent[0] < on:
                    dates[kind] = (sent[0], on)
                else:
                    del dates[kind]

    def _events(self, row: Row, kinds: set[str], dates: dict[str, Window]) -> tuple[Event, ...]:
        def contradiction(kind: str, latest: date, last: Event) -> None:
            message = (
                f'"{kind}" on {latest} is before "{last.kind}" on {last.on}. Correct one of the two '
                'dates, or say out_of_order = "undated" in a mapping file (--map) to keep the row without it.'
            )
            self.cells.problem(row, kind, message, Question("out_of_order", "", OUT_OF_ORDER, ("undated",)))

        refuse = contradiction if self.mapping.out_of_order == "error" else None
        events, dropped = in_ladder_order(self.ladder, kinds, dates, refuse)
        self.cells.undated += dropped
        return events

    def notes(self) -> list[str]:
        """What was noticed about the rows, in words."""
        notes = []
        if self.bare:
            first = self.ladder.stages[0].label.lower()
            notes.append(
                f"rows that name a job, and neither a day nor a status: {self.bare}, counted as {first} (bare_rows)"
            )
        if self.unsent:
            notes.append(f"jobs with a day, and a status that says never applied: {self.unsent} (the status counts)")
        if self.empty:
            notes.append(f"rows that say nothing about an application, left out: {self.empty}")
        if self.disagreeing:
            notes.append(f"counts of days that disagree with their dates: {self.disagreeing} (the dates count)")
        title, table = self.mapping.header("title"), self.cells.table
        kinds = (
            set(table.column(title)) if title and not self.mapping.header("track") and not self.cells.rules else set()
        )
        if 2 <= len(kinds) <= MOST_TITLES:
            notes.append(f'all one track; to compare the {len(kinds)} kinds of "{title}", add --column "{title}=track"')
        copies = sum(n - 1 for n in Counter(tuple(row.cells) for row in table.rows).values())
        if copies and not self.mapping.header("id"):
            notes.append(f"rows that are exact copies of another: {copies} (if imported twice, take them out)")
        return notes


def read_rows(table: Table, ladder: Ladder, completed: Completed) -> tuple[tuple[Application, ...], Reading]:
    """Read every row of a table by a complete mapping.

    Raises:
        InputError: every problem of every row at once.
    """
    cells = Interpreter(table, ladder, completed)
    mapping = cells.mapping
    reader = _Reader(cells)
    read: list[tuple[Row, Application]] = []
    for number, row in enumerate(table.rows, start=1):
        application = reader.application(row, number)
        if application:
            read.append((row, application))
    cells.settle(mapping.header("status") or "status")
    cells.problems += _duplicate_ids(table, mapping, read)
    later = [kind for _, kind in mapping.compound("date of") if kind != ladder.sent]
    reading = cells.reading("wide" if later else "snapshot", seen_on=reader.seen_on, notes=reader.notes())
    applications = tuple(application for _, application in read)
    silent = _tells_no_outcome(mapping, ladder)
    if silent:
        applications = _unknown_outcomes(applications, ladder)
    if len(applications) == reader.bare and table.rows:
        message = (
            f"none of its {len(table.rows):,} rows says that an application was sent. "
            "Name the columns in a mapping file (--map)."
        )
        raise InputError(Problem(table.source, table.header_line, None, message))
    notes = (*reading.notes, NO_OUTCOMES) if silent else reading.notes
    return applications, replace(reading, notes=notes)


def _tells_no_outcome(mapping: Mapping, ladder: Ladder) -> bool:
    """Whether the file only says when applications were sent (or put on a list)."""
    before = ladder.stages[: ladder.order[ladder.sent] + 1]
    telling = {*(f"date of {stage.id}" for stage in before), "status date", "seen on", *PLAIN_ROLES, IGNORE}
    return all(role in telling for role in mapping.columns.values())


def _unknown_outcomes(applications: tuple[Application, ...], ladder: Ladder) -> tuple[Application, ...]:
    """Each sent application as "at least sent": its outcome is unknown, which is not the same as silent."""
    return tuple(
        replace(a, events=tuple(replace(event, at_least=event.kind == ladder.sent) for event in a.events))
        for a in applications
    )


def _duplicate_ids(table: Table, mapping: Mapping, read: list[tuple[Row, Application]]) -> list[Problem]:
    header = mapping.header("id")
    if header is None:
        return []
    first: dict[str, int] = {}
    problems = []
    for row, application in read:
        if application.id in first:
            message = (
                f'the id "{application.id}" was used on line {first[application.id]}. Give each application its own.'
            )
            problems.append(Problem(table.source, row.line, header, message))
        first.setdefault(application.id, row.line)
    return problems
