"""The canonical log: one row per event, the form that keeps everything."""

from __future__ import annotations

from datetime import date

from offercast.errors import InputError, Problem, did_you_mean
from offercast.history.dates import NotADateError, parse_window
from offercast.history.records import NO_TRACK, Application, Event, Reading
from offercast.history.table import Row, Table
from offercast.history.vocabulary import status_meaning
from offercast.ladder import REOPENED, Ladder, normalise

COLUMNS = ("application_id", "date", "event", "track", "channel", "company", "title", "came_from", "note")
REQUIRED = COLUMNS[:3]

_AT_LEAST = ">="
_SHARED = COLUMNS[3:]


def is_canonical(table: Table) -> bool:
    """Whether the file has the three columns that every canonical log has."""
    return set(REQUIRED) <= set(table.headers)


def read_canonical(table: Table, ladder: Ladder) -> tuple[tuple[Application, ...], Reading]:
    """Read a canonical log.

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
            event = _event(row, ladder)
        except _CellError as error:
            problems.append(Problem(table.source, row.line, error.column, str(error)))
            continue
        grouped.setdefault(identifier, []).append((row, event))
    applications = [_application(table, ladder, i, rows, problems) for i, rows in grouped.items()]
    if problems:
        raise InputError(problems)
    columns = tuple((header, header if header in COLUMNS else "ignore") for header in table.headers)
    return tuple(applications), Reading("canonical", columns)


class _CellError(ValueError):
    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


def _event(row: Row, ladder: Ladder) -> Event:
    text = row["event"]
    at_least = text.startswith(_AT_LEAST)
    meaning = status_meaning(text.removeprefix(_AT_LEAST), ladder)
    if not meaning or (at_least and not ladder.is_stage(meaning[0])):
        known = [*ladder.stage_ids, *ladder.exits_by_id, REOPENED]
        found = f'"{text}" is no stage and no exit.' if text else "the event is missing."
        raise _CellError("event", f"{found} {did_you_mean(text, known)}")
    if not row["date"]:
        return Event(meaning[0], at_least=at_least)
    try:
        on, until = parse_window(row["date"])
    except NotADateError as error:
        raise _CellError("date", str(error)) from None
    return Event(meaning[0], on, until, at_least)


def _application(
    table: Table, ladder: Ladder, identifier: str, rows: list[tuple[Row, Event]], problems: list[Problem]
) -> Application:
    shared = dict.fromkeys(_SHARED, "")
    for row, _ in rows:
        for column in _SHARED:
            text = row.cells.get(column, "")
            if column == "channel" and text:
                known = ladder.channel_words.get(normalise(text))
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
        events=tuple(event for _, event in _by_day(rows)),
        company=shared["company"],
        title=shared["title"],
        came_from=shared["came_from"],
        note=shared["note"],
    )


def _by_day(rows: list[tuple[Row, Event]]) -> list[tuple[Row, Event]]:
    """Sort by day; an undated event stays after the one that stands before it in the file."""
    keyed, last = [], date.min
    for row, event in rows:
        last = event.on or last
        keyed.append((last, row, event))
    return [(row, event) for _, row, event in sorted(keyed, key=lambda item: item[0])]


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
        if highest and highest[1].on and event.latest < highest[1].on and not _second_chance(is_exit, event, rows):
            message = (
                f'"{event.kind}" on {event.latest} is before "{highest[1].kind}" on {highest[1].on} '
                f"(line {highest[0].line}). Correct one of the two dates."
            )
            problems.append(Problem(table.source, row.line, "date", message))
        elif not is_exit:
            highest = (row, event)
    return problems


def _second_chance(is_exit: bool, event: Event, rows: list[tuple[Row, Event]]) -> bool:  # noqa: FBT001
    """An exit may stand before a later stage only where something came before the exit, too."""
    before = [other for _, other in rows if other.on and event.latest and other.on <= event.latest]
    return is_exit and any(other is not event for other in before)
