"""Event logs: one row per event. The canonical log is one of them, and keeps everything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from offercast.errors import InputError, Problem, Question, did_you_mean
from offercast.history.canonical import AT_LEAST, COLUMNS, REQUIRED, SHAPE, plain_text
from offercast.history.dates import YEAR_FIRST, NotADateError, parse_window
from offercast.history.guess import KNOWN, Completed
from offercast.history.interpret import OUT_OF_ORDER, Interpreter
from offercast.history.mapping import IGNORE, Mapping
from offercast.history.records import Application, Event, Reading
from offercast.history.table import Row, Table
from offercast.history.vocabulary import Meaning
from offercast.ladder import REOPENED, Ladder

ROLES = dict(
    zip(
        COLUMNS, ("id", "event date", "event", "track", "channel", "company", "title", "came from", "note"), strict=True
    )
)
_SHARED = ("track", "channel", "company", "title", "came from", "note")


def is_canonical(table: Table) -> bool:
    """Whether the file has the columns that every canonical log has.

    Raises:
        InputError: it has events and their days, and nothing says which application they belong to.
    """
    if set(table.headers[:3]) >= {"date", "event"} and "application_id" not in table.headers:
        message = "an event log needs a column application_id: which application each event belongs to."
        raise InputError(Problem(table.source, table.header_line, None, message))
    return set(REQUIRED) <= set(table.headers)


def says_no_other_column(given: Mapping) -> bool:
    """Whether a mapping takes the columns for what they are in a canonical log, as a draft of one does."""
    return all(role == ROLES.get(header, IGNORE) for header, role in given.columns.items())


def canonical_mapping(table: Table, given: Mapping) -> Completed:
    """The roles of the canonical columns, with what a mapping file says about words, tracks and days."""
    import msgspec

    columns = {header: ROLES.get(header, IGNORE) for header in table.headers}
    return Completed(msgspec.structs.replace(given, columns=columns), dict.fromkeys(columns, KNOWN))


@dataclass(frozen=True)
class _Said:
    """One event with the row that says it."""

    row: Row
    event: Event


class _Reader:
    """Groups the rows of an event log into applications; collects every problem before it raises."""

    def __init__(self, cells: Interpreter, *, canonical: bool) -> None:
        self.cells, self.ladder, self.mapping, self.canonical = cells, cells.ladder, cells.mapping, canonical
        self.id_column, self.event_column = self.mapping.header("id"), self.mapping.header("event")
        self.date_column = self.mapping.header("event date")
        self.repeated = self.resent = self.silent = 0
        self.seen_on: date | None = None
        self.lead_in = {stage.id for channel in self.ladder.channels for stage in channel.lead_in}

    def applications(self) -> list[Application]:
        """Every application of the log, in the order of their first rows."""
        grouped: dict[str, list[tuple[Row, tuple[Event, ...]]]] = {}
        for row in self.cells.table.rows:
            identifier = self._identifier(row)
            if identifier is None:
                continue
            grouped.setdefault(identifier, []).append((row, self._events(row)))
        return [a for identifier, rows in grouped.items() for a in self._split(identifier, rows)]

    def _identifier(self, row: Row) -> str | None:
        if self.id_column:
            if not row[self.id_column]:
                message = "every event needs the id of its application. Any text will do."
                self.cells.problem(row, self.id_column, message)
                return None
            return self._text(row, "id")
        named = [self._text(row, role) for role in ("company", "title")]
        if not any(named):
            self.cells.problem(row, None, "nothing says which application this event belongs to. Name its company.")
            return None
        return " · ".join(" ".join(text.split()) for text in named if text)

    def _text(self, row: Row, role: str) -> str:
        cell = self.cells.plain(row, role)
        return plain_text(cell) if self.canonical else cell

    def _events(self, row: Row) -> tuple[Event, ...]:
        """The events of one row: one, or none where it only remarks on silence ("ghosted")."""
        text = self.cells.plain(row, "event")
        at_least = text.startswith(AT_LEAST)
        meaning = self._meaning(row, text, at_least=at_least)
        window = self._window(row)
        if not meaning:
            self._note_seen(window)
            return ()
        on, until = window or (None, None)
        if on in self.mapping.housekeeping and meaning != (self.ladder.sent,):
            on, until = None, on
        return tuple(Event(kind, on, until, at_least) for kind in meaning)

    def _note_seen(self, window: tuple[date, date | None] | None) -> None:
        """A day beside a word for silence: the log was looked at then."""
        if window:
            self.silent += 1
            self.seen_on = max(window[0], self.seen_on or window[0])

    def _meaning(self, row: Row, text: str, *, at_least: bool) -> tuple[str, ...]:
        header = self.event_column
        if not text:
            outcome = self.cells.plain(row, "outcome")
            if not outcome and self.canonical:
                known = [*self.ladder.stage_ids, *self.ladder.exits_by_id, REOPENED]
                self.cells.problem(row, header, f"the event is missing. {did_you_mean(text, known)}")
            return self._outcome(row, outcome)
        found = self.cells.status(row, text.removeprefix(AT_LEAST).strip() if at_least else text)
        if found is None:
            return ()
        if at_least and not (len(found.kinds) == 1 and self.ladder.is_stage(found.kinds[0])):
            self.cells.problem(
                row, header, f'"{text}" is no stage. Write {AT_LEAST} before a stage, such as ">=applied".'
            )
            return ()
        outcome = self.cells.plain(row, "outcome")
        exits = [kind for kind in found.kinds if kind in self.ladder.exits_by_id]
        return self._outcome(row, outcome) if outcome and (exits or not found.kinds) else found.kinds

    def _outcome(self, row: Row, text: str) -> tuple[str, ...]:
        """A closer word for how it ended: it takes the place of a plain "closed"."""
        found = self.cells.status(row, text) if text else Meaning(())
        return found.kinds if found else ()

    def _window(self, row: Row) -> tuple[date, date | None] | None:
        header = self.date_column
        if header is None or not row[header]:
            return None
        if not self.canonical:
            return self.cells.day(row, header)
        try:
            return parse_window(row[header], self.mapping.date_order or YEAR_FIRST)
        except NotADateError as error:
            self.cells.problem(row, header, str(error))
            return None

    def _split(self, identifier: str, rows: list[tuple[Row, tuple[Event, ...]]]) -> Iterator[Application]:
        """One application; or several, where no id tells them apart and a company was applied to again."""
        said = [_Said(row, event) for row, events in rows for event in events]
        first = rows[0][0]
        if self.id_column:
            yield self._application(identifier, [row for row, _ in rows], self._by_day(said), first)
            return
        pieces: list[list[_Said]] = [[]]
        for one in self._by_day(said):
            again = one.event.kind == self.ladder.sent and any(o.event.kind == self.ladder.sent for o in pieces[-1])
            if again and one.event.on and one.event.on != pieces[-1][-1].event.on:
                pieces.append([])
                self.resent += 1
            pieces[-1].append(one)
        for number, piece in enumerate(pieces, start=1):
            name = identifier if number == 1 else f"{identifier} ({number})"
            yield self._application(name, [one.row for one in piece] or [first], piece, first)

    def _application(self, identifier: str, rows: list[Row], said: list[_Said], first: Row) -> Application:
        shared = self._shared(identifier, rows)
        said = self._once(identifier, said)
        said = self._checked(identifier, said, shared["channel"])
        events = tuple(self._bounded(self._by_day(said)))
        return Application(
            id=identifier,
            track=shared["track"] or self.cells.track(first, identifier, shared["title"]),
            channel=shared["channel"] or self.ladder.reference.id,
            events=events or (Event(self.ladder.sent),),
            company=shared["company"],
            title=shared["title"],
            came_from=shared["came from"],
            note=shared["note"],
        )

    def _shared(self, identifier: str, rows: list[Row]) -> dict[str, str]:
        """What the rows of one application say of it as a whole: the first cell that says something."""
        shared = dict.fromkeys(_SHARED, "")
        for row in rows:
            for role in _SHARED:
                text = self._text(row, role)
                if not text:
                    continue
                if role == "track":
                    text = " ".join(text.split())
                    text = self.mapping.tracks.get(text, text)
                if role == "channel":
                    text = self._channel(row, text)
                if self.canonical and role in ("track", "channel") and shared[role] not in ("", text):
                    message = (
                        f'"{text}" here, "{shared[role]}" before: application "{identifier}" can have only one '
                        f"{role}. If these are two applications, give each its own id."
                    )
                    self.cells.problem(row, role, message)
                shared[role] = shared[role] or text
        if self.cells.rules or identifier in self.mapping.track_of:
            shared["track"] = self.cells.track(rows[0], identifier, shared["title"])
        return shared

    def _channel(self, row: Row, text: str) -> str:
        channel = self.cells.channel(text)
        if self.canonical and self.cells.unknown_channels.pop(text, 0):
            near = did_you_mean(text, list(self.ladder.channels_by_id))
            self.cells.problem(row, "channel", f'"{text}" is no channel. {near}')
        return channel

    def _by_day(self, said: list[_Said]) -> list[_Said]:
        """Sort by day, events of one day by the ladder; an undated one stays after the one before it in the file.

        Sorted again until nothing moves, so that the order that is written is the order that is read.
        """
        for _ in range(len(said) + 1):
            order, keyed, last = self.ladder.order, [], date.min
            for one in said:
                kind = one.event.kind
                last = one.event.on or last
                keyed.append((last, order.get(kind, -1 if self.ladder.is_stage(kind) else len(order)), one))
            before, said = said, [one for _, _, one in sorted(keyed, key=lambda item: item[:2])]
            if before == said or all(one.event.on for one in said):
                break
        return said

    def _once(self, identifier: str, said: list[_Said]) -> list[_Said]:
        """Sending happens once: twice is a mistake in our own log, and a repetition in others."""
        kept: list[_Said] = []
        before: _Said | None = None
        for one in said:
            if one.event.kind == self.ladder.sent and before is not None:
                if self.canonical:
                    earlier, later = sorted((before.row.line, one.row.line))
                    message = (
                        f'"{identifier}" was applied for on line {earlier} already. '
                        "Give a second application an id of its own."
                    )
                    self.cells.problems.append(Problem(self.cells.table.source, later, "application_id", message))
                self.repeated += 1
                continue
            before = one if one.event.kind == self.ladder.sent else before
            kept.append(one)
        return kept

    def _checked(self, identifier: str, said: list[_Said], channel: str) -> list[_Said]:
        """Report, or strip of their day, events that contradict the ladder; foreign lead-in stages are refused."""
        known = self.ladder.channels_by_id.get(channel)
        own = {stage.id for stage in known.lead_in} if known else set()
        for one in said:
            if one.event.kind in self.lead_in - own:
                message = (
                    f'"{one.event.kind}" is a lead-in stage of another channel. Set the channel of "{identifier}".'
                )
                self.cells.problem(one.row, self.event_column, message)
        rank = {**self.ladder.order, **dict.fromkeys(self.lead_in, -1)}
        highest: _Said | None = None
        wrong: list[_Said] = []
        for one in sorted(said, key=lambda item: rank.get(item.event.kind, len(rank))):
            event = one.event
            if event.kind == REOPENED or not event.latest:
                continue
            late = highest and highest.event.on and event.latest < highest.event.on
            if late and highest and not self._second_chance(event, said):
                self._contradiction(one, highest)
                wrong.append(one)
            elif event.kind not in self.ladder.exits_by_id and event.on:
                highest = one
        self.cells.undated += len(wrong)
        undated = {id(one) for one in wrong}
        return [_Said(o.row, Event(o.event.kind, at_least=o.event.at_least)) if id(o) in undated else o for o in said]

    def _contradiction(self, one: _Said, highest: _Said) -> None:
        if self.mapping.out_of_order == "undated":
            return
        message = (
            f'"{one.event.kind}" on {one.event.latest} is before "{highest.event.kind}" on {highest.event.on} '
            f'(line {highest.row.line}). Correct one of the two dates, or say out_of_order = "undated" in a mapping '
            "file (--map) to keep it without its date."
        )
        question = Question("out_of_order", "", OUT_OF_ORDER, ("undated",))
        self.cells.problem(one.row, self.date_column, message, None if self.canonical else question)

    def _second_chance(self, event: Event, said: list[_Said]) -> bool:
        """An exit may stand before a later stage, but not before the day of sending."""
        sent = [other.event.on for other in said if other.event.kind == self.ladder.sent and other.event.on]
        return event.kind in self.ladder.exits_by_id and all(event.latest and day <= event.latest for day in sent)

    def _bounded(self, said: list[_Said]) -> Iterator[Event]:
        """Events of a day of housekeeping came between the one before them and that day."""
        last: date | None = None
        for one in said:
            event = one.event
            if event.on is None and event.until is not None:
                started = last is not None and last < event.until
                event = Event(
                    event.kind, last if started else event.until - timedelta(days=1), event.until, event.at_least
                )
            last = event.on or last
            yield event

    def notes(self) -> list[str]:
        """What was noticed about the rows, in words."""
        notes = []
        if self.silent and not self.canonical:
            notes.append(
                f"days beside words for silence: {self.silent} (silence is no event: those applications "
                "are open, or as their other events say)"
            )
        if self.resent:
            notes.append(f"companies applied to again: {self.resent} (each counts as an application of its own)")
        if self.repeated:
            notes.append(f"repeated entries of an application's sending: {self.repeated} (the first one counts)")
        if not self.id_column:
            notes.append("no column tells the applications apart: rows of one company and title are taken as one")
        return notes


def read_events(
    table: Table, ladder: Ladder, completed: Completed, *, canonical: bool
) -> tuple[tuple[Application, ...], Reading]:
    """Read an event log.

    Raises:
        InputError: every problem of the file at once.
    """
    cells = Interpreter(table, ladder, completed, strict=canonical)
    if canonical:
        cells.problems.clear()  # its days are ISO; one that is not is reported where it stands
    reader = _Reader(cells, canonical=canonical)
    applications = reader.applications()
    cells.settle(completed.mapping.header("event") or "event")
    notes = [*reader.notes(), *_unknown_outcomes(applications, ladder)]
    reading = cells.reading(SHAPE if canonical else "event log", seen_on=reader.seen_on, notes=notes)
    return tuple(applications), reading


def _unknown_outcomes(applications: list[Application], ladder: Ladder) -> list[str]:
    """What to know where sendings came from a source without outcomes, and only the answers were added since."""
    unknown = sum(bool(a.events) and all(e.at_least and e.kind == ladder.sent for e in a.events) for a in applications)
    if not unknown:
        return []
    sent = f"{AT_LEAST}{ladder.sent}"
    told = (
        f"not known what became of them, and not counted: {unknown} ({sent}). Once every answer is in the log, write "
    )
    return [f"{told}{ladder.sent} in place of each {sent}: the rest is silence, and without it the rates are too high"]
