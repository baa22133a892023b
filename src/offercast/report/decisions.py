"""Decisions as plain text: what a silence still leaves."""

from __future__ import annotations

from textwrap import wrap

from offercast.decisions.waiting import Silence, Waiting
from offercast.inference.summary import Interval
from offercast.ladder import Ladder
from offercast.report.words import in_words, percent, plural, table

SHOWN = 15
WIDTH = 100
_NAME_WIDTH = 28


def waiting_text(silence: Silence, ladder: Ladder, *, everything: bool = False) -> str:
    """Every open application with its chances, most hopeful first; a list to write to; what all of them leave."""
    if not silence.count:
        return "WHO STILL HAS TO ANSWER\n  Nothing is waiting for an answer."
    shown = silence.rows if everything else silence.rows[:SHOWN]
    named = any(row.application.name for row in silence.rows)
    rows = [["", "waits at", "for days", "moves on", "ever answers", "9 in 10 answers within"]]
    rows += [_row(row, ladder, named=named) for row in shown]
    lines = [f"WHO STILL HAS TO ANSWER, {plural(silence.count, 'open application')}", table(rows, align="ll")]
    left = silence.count - sum(row.application.count for row in shown)
    if left:
        lines.append(f"  and {left:,} more, each less likely (--all shows them)")
    lines.append(f"  At least one of them moves on: {percent(silence.any_moves_on)}, {in_words(silence.any_moves_on)}.")
    ask = [row for row in silence.rows if row.follow_up]
    if ask and named:
        names = list(dict.fromkeys(row.application.name for row in ask))
        more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
        lines.append("WORTH A LINE: silent for longer than half of the answers take, while one is still likely enough")
        lines += wrap(", ".join(names[:SHOWN]) + more, WIDTH, initial_indent="  ", subsequent_indent="  ")
        lines.append("  (whom to ask; whether asking helps, no log can tell)")
    return "\n".join(lines)


def _row(row: Waiting, ladder: Ladder, *, named: bool) -> list[str]:
    which = row.application
    name = _short(which.name) if named else f"{plural(which.count, 'application')}, {which.track}, {which.channel}"
    days = str(which.shortest) if which.shortest == which.longest else f"{which.shortest}-{which.longest}"
    soon = "none expected" if row.days_to_most is None else plural(row.days_to_most, "day")
    return [
        name,
        ladder.stage(which.stage).label,
        days,
        _chance(row.mean_advances, row.advances),
        percent(row.answers.median),
        soon,
    ]


def _chance(mean: float, interval: Interval) -> str:
    """The chance to bet on, with its 90 % interval in whole percent."""
    low, high = (f"{100 * end:.0f}" for end in (interval.low, interval.high))
    return f"{percent(mean)} ({low}-{high})"


def _short(name: str) -> str:
    return name if len(name) <= _NAME_WIDTH else name[: _NAME_WIDTH - 1] + "…"
