"""What was read from a log, and how: in one line, in notes, and as the tables of `offercast check`."""

from __future__ import annotations

from collections import Counter

from offercast.evidence.evidence import Evidence
from offercast.history.guess import LIKELY
from offercast.history.records import Column, History, Reading
from offercast.ladder import Ladder
from offercast.report.screen import MOVED, TOLD_NO, WAITS, cells, stacked
from offercast.report.tables import cut, table
from offercast.report.words import count, plural

EXAMPLE_WIDTH = 26
HEADER_WIDTH = 28
MOST_STATUSES = 60


def reading_line(history: History, evidence: Evidence, why: str) -> str:
    """What was read, in one line: whatever had to be guessed is in it."""
    tracks = plural(len(history.tracks), "track")
    span = f"{history.first_date} to {history.last_date}" if history.first_date else "no dates"
    order = history.reading.date_order
    guessed = f" ({order})" if order != "year first" else ""
    sent = plural(evidence.sent, "application")
    unsent = evidence.applications - evidence.sent
    kept = f" and {unsent:,} never sent" if unsent else ""
    return f"read {sent}{kept}, {tracks}, {span}{guessed}, {evidence.open_now:,} open, as of {evidence.as_of} ({why})"


def notes(history: History, evidence: Evidence) -> list[str]:
    """What a careful reader should know about how the log was read."""
    found = list(history.reading.notes)
    if evidence.undated:
        days = evidence.unknown_age_days
        found.append(f"open without any date: {evidence.undated}, taken to be {days} days old (--assume-age)")
    if evidence.second_chances:
        found.append(f"rejections that came back to life: {evidence.second_chances} (counted by where they led)")
    if evidence.offers_in_hand:
        found.append(f"{plural(evidence.offers_in_hand, 'offer')} in hand: a forecast is about the next one")
    if evidence.implied:
        found.append(f"never named in this log: {', '.join(evidence.implied)} (what lies on either side is one step)")
    return found


def check_text(history: History, evidence: Evidence) -> str:
    """How the log was read: columns, statuses, tracks, and what was counted at each step."""
    reading = history.reading
    parts = [f"SHAPE\n  {shape_text(reading)}"]
    if reading.columns:
        rows = [["column", "read as", "how sure", "examples"], *map(_column_row, reading.columns)]
        parts.append("COLUMNS\n" + table(rows, align="llll"))
    if reading.statuses:
        rows = [["status", "means", "rows", "how sure"]]
        rows += [[_short(s.text, HEADER_WIDTH), s.means, str(s.rows), s.sure] for s in reading.statuses[:MOST_STATUSES]]
        parts.append("STATUSES\n" + table(rows, align="llrl"))
    if reading.track_rules:
        rows = [["rule on the title", "track", "rows"], *([rule, to, str(n)] for rule, to, n in reading.track_rules)]
        parts.append("TRACK RULES\n" + table(rows, align="ll"))
    parts.append("COUNTED\n" + _counted_table(history.ladder, evidence))
    tallied = Counter(application.track for application in history.applications)
    parts.append("TRACKS\n" + table([["track", "applications"], *([t, str(tallied[t])] for t in history.tracks)]))
    return "\n\n".join(parts)


def _counted_table(ladder: Ladder, evidence: Evidence) -> str:
    """What was counted at each step, with its parts side by side."""
    reached = {step: totals for step, totals in zip(evidence.steps, evidence.step_totals(), strict=True) if sum(totals)}
    if not reached:
        return "  nothing yet"
    largest = max(map(sum, reached.values()))
    legend = f"{MOVED.times(1)} moved on  {WAITS.times(1)} open  {TOLD_NO.times(1)} told no"

    def draw(width: int) -> list[str]:
        if width < cells(legend):
            return []
        return [legend] + [
            stacked([(MOVED, moved), (WAITS, waits), (TOLD_NO, no)], width, largest)
            for moved, no, waits in reached.values()
        ]

    rows = [["step", "moved on", "told no", "open"]]
    rows += [[step_label(ladder, step), *map(count, totals)] for step, totals in reached.items()]
    return table(rows, draw=draw)


def shape_text(reading: Reading) -> str:
    """What kind of file it is, and whose."""
    known = f", known source: {reading.known_as}" if reading.known_as else ""
    kept = "" if reading.container == "table" else f" in a {reading.container}"
    return f"{reading.shape}{kept}{known}"


def _column_row(column: Column) -> list[str]:
    sure = "" if column.role == "ignore" and column.sure != LIKELY else column.sure
    examples = " | ".join(_short(example, EXAMPLE_WIDTH) for example in column.examples)
    return [_short(column.header, HEADER_WIDTH), column.role, sure, examples]


def _short(text: str, width: int) -> str:
    return cut(" ".join(text.split()), width)


def step_label(ladder: Ladder, step_id: str) -> str:
    """A step by its stages' labels."""
    start, end = step_id.split("->")
    return f"{ladder.stage(start).label} → {ladder.stage(end).label}"
