"""The canonical log: one row per event, the form that keeps everything."""

from __future__ import annotations

from datetime import date

from offercast.errors import InputError, Problem, did_you_mean
from offercast.history.dates import YEAR_FIRST, NotADateError, parse_window
from offercast.history.mapping import Mapping
from offercast.history.records import NO_TRACK, Application, Event, Reading
from offercast.history.table import Row, Table
from offercast.history.vocabulary import status_meaning
from offercast.ladder import REOPENED, Ladder, normalise

COLUMNS = ("application_id", "date", "event", "track", "channel", "company", "title", "came_from", "note")
REQUIRED = COLUMNS[:3]

_AT_LEAST = ">="
_SHARED = COLUMNS[3:]


def is_canonical(table: Table) -> bool:
    """Whether the file has the columns that every canonical log has.

    Raises:
        InputError: it has events and their days, and nothing says which application they belong to.
    """
    if {"date", "event"} <= set(table.headers) and "application_id" not in table.headers:
        message = "an event log needs a column application_id: which application each event belongs to."
        raise InputError(Problem(table.source, table.header_line, None, message))
    return set(REQUIRED) <= set(table.headers)


def read_canonical(table: Table, ladder: Ladder, mapping: Mapping) -> tuple[tuple[Application, ...], Reading]:
    """Read a canonical log, with what a mapping says about words, channels, tracks and the order of dates.

    Raises:
        InputError: every problem of the file at once.
    """
    problems: list[Problem] = []
    grouped: dict[str, list[tuple[Row, Event]]] = {}
    for row in table.rows:
        identifier = row["application_id"]
        if not identifier:
            message = "every event needs the id of its application. Any text will do."
            problems.append(Problem(table.source, row.line, "application_id", message))
            continue
        try:
            events = _events(row, ladder, mapping)
        except _CellError as error:
            problems.append(Problem(table.source, row.line, error.column, str(error)))
            continue
        grouped.setdefault(identifier, []).extend((row, event) for event in events)
    applications = [_application(table, ladder, mapping, i, rows, problems) for i, rows in grouped.items()]
    if problems:
        raise InputError(problems)
    columns = tuple((header, header if header in COLUMNS else "ignore") for header in table.headers)
    return tuple(applications), Reading("canonical", columns)


class _CellError(ValueError):
    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


def _events(row: Row, ladder: Ladder, mapping: Mapping) -> tuple[Event, ...]:
    """The events of one row: one, or none where it only remarks on silence ("ghosted")."""
    text = row["event"]
    at_least = text.startswith(_AT_LEAST)
    meaning = mapping.statuses.get(text)
    if meaning is None:
        meaning = status_meaning(text.removeprefix(_AT_LEAST), ladder)
    if meaning == ():
        return ()
    if meaning is None or (at_least and not ladder.is_stage(meaning[0])):
        known = [*ladder.stage_ids, *ladder.exits_by_id, REOPENED]
        found = f'"{text}" is no stage and no exit.' if text else "the event is missing."
        raise _CellError("event", f"{found} {did_you_mean(text, known)}")
    if not row["date"]:
        return tuple(Event(kind, at_least=at_least) for kind in meaning)
    try:
        on, until = parse_window(row["date"], mapping.date_order or YEAR_FIRST)
    except NotADateError as error:
        raise _CellError("date", str(error)) from None
    return tuple(Event(kind, on, until, at_least) for kind in meaning)


def _application(
    table: Table,
    ladder: Ladder,
    mapping: Mapping,
    identifier: str,
    rows: list[tuple[Row, Event]],
    problems: list[Problem],
) -> Application:
    shared = dict.fromkeys(_SHARED, "")
    for row, _ in rows:
        for column in _SHARED:
            text = " ".join(row.cells.get(column, "").split()) if column == "track" else row.cells.get(column, "")
            if column == "track":
                text = mapping.tracks.get(text, text)
            if column == "channel" and text:
                known = mapping.channels.get(text) or ladder.channel_words.get(normalise(text))
                if known is None:
                    near = did_you_mean(text, list(ladder.channels_by_id))
                    problems.append(Problem(table.source, row.line, column, f'"{text}" is no channel. {near}'))
                text = known or text
            if column in ("track", "channel") and shared[column] and text and text != shared[column]:
                message = (
                    f'"{text}" here, "{shared[column]}" before: application "{identifier}" can have only one '
                    f"{column}. If these are two applications, give each its own id."
                )
                problems.append(Problem(table.source, row.line, column, message))
            shared[column] = shared[column] or text
    problems += _contradictions(table, ladder, identifier, rows, shared["channel"])
    return Application(
        id=identifier,
        track=shared["track"] or NO_TRACK,
        channel=shared["channel"] or ladder.reference.id,
        events=_by_day(rows, ladder) or (Event(ladder.sent),),
        company=shared["company"],
        title=shared["title"],
        came_from=shared["came_from"],
        note=shared["note"],
    )


def _by_day(rows: list[tuple[Row, Event]], ladder: Ladder) -> tuple[Event, ...]:
    """Sort by day, events of one day by the ladder; an undated one stays after the one before it in the file."""
    keyed, last = [], date.min
    for _, event in rows:
        last = event.on or last
        keyed.append(
            (last, ladder.order.get(event.kind, -1 if ladder.is_stage(event.kind) else len(ladder.order)), event)
        )
    return tuple(event for _, _, event in sorted(keyed, key=lambda item: item[:2]))


def _contradictions(
    table: Table, ladder: Ladder, identifier: str, rows: list[tuple[Row, Event]], channel: str
) -> list[Problem]:
    """An `applied` given twice, a stage before a lower one, an exit before any stage, a foreign lead-in."""
    problems: list[Problem] = []
    lead_in = {stage.id for c in ladder.channels for stage in c.lead_in}
    own = {stage.id for stage in ladder.channels_by_id[channel].lead_in} if channel in ladder.channels_by_id else set()
    first_seen: dict[str, Row] = {}
    for row, event in rows:
        if event.kind == ladder.sent:
            before = first_seen.setdefault(event.kind, row)
            if before is not row:
                message = (
                    f'"{identifier}" was applied for on line {before.line} already. '
                    "Give a second application an id of its own."
                )
                problems.append(Problem(table.source, row.line, "application_id", message))
        if event.kind in lead_in - own:
            message = f'"{event.kind}" is a lead-in stage of another channel. Set the channel of "{identifier}".'
            problems.append(Problem(table.source, row.line, "event", message))
    rank = {**ladder.order, **dict.fromkeys(lead_in, -1)}
    highest: tuple[Row, Event] | None = None
    for row, event in sorted(rows, key=lambda item: rank.get(item[1].kind, len(rank))):
        is_exit = event.kind in ladder.exits_by_id
        if event.kind == REOPENED or not event.latest:
            continue
        if highest and highest[1].on and event.latest < highest[1].on and not _second_chance(ladder, event, rows):
            message = (
                f'"{event.kind}" on {event.latest} is before "{highest[1].kind}" on {highest[1].on} '
                f"(line {highest[0].line}). Correct one of the two dates."
            )
            problems.append(Problem(table.source, row.line, "date", message))
        elif not is_exit:
            highest = (row, event)
    return problems


def _second_chance(ladder: Ladder, event: Event, rows: list[tuple[Row, Event]]) -> bool:
    """An exit may stand before a later stage, but not before the day of sending."""
    sent = [other.on for _, other in rows if other.kind == ladder.sent and other.on]
    return event.kind in ladder.exits_by_id and all(event.latest and day <= event.latest for day in sent)
