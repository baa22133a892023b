"""Decisions as plain text: what a silence still leaves, and what a date takes."""

from __future__ import annotations

from offercast.decisions.backwards import Backwards, whole_pace
from offercast.decisions.effort import Effort
from offercast.decisions.waiting import Silence, Waiting
from offercast.inference.summary import Interval
from offercast.ladder import Ladder
from offercast.report.screen import bar
from offercast.report.tables import cut, table
from offercast.report.words import day, in_words, lines_of, percent, plural, two_digits

SHOWN = 15
HARDLY_ANY = 0.05
_NAME_WIDTH = 28


def waiting_text(silence: Silence, ladder: Ladder, *, everything: bool = False) -> str:
    """Every open application with its chances, most hopeful first; a list to write to; what all of them leave."""
    if not silence.count:
        return "WHO STILL HAS TO ANSWER\n  Nothing is waiting for an answer."
    shown = silence.rows if everything else silence.rows[:SHOWN]
    named = any(row.application.name for row in silence.rows)
    rows = [["", "waits at", "for days", "moves on", "ever answers", "9 in 10 answers within"]]
    rows += [waiting_cells(row, ladder, named=named, most=_NAME_WIDTH) for row in shown]
    lines = [
        f"WHO STILL HAS TO ANSWER, {plural(silence.count, 'open application')}",
        table(rows, align="ll", draw=lambda width: ["moves on", *(bar(row.mean_advances, width) for row in shown)]),
    ]
    left = silence.count - sum(row.application.count for row in shown)
    if left:
        lines.append(f"  and {left:,} more, each less likely (--all shows them)")
    lines.append(f"  {any_moves_sentence(silence)}")
    ask = [row for row in silence.rows if row.follow_up]
    if ask and named:
        names = list(dict.fromkeys(short(row.application.name).replace(" ", "\N{NO-BREAK SPACE}") for row in ask))
        more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
        lines.append("WORTH A LINE: silent for longer than half of the answers take, while one is still likely enough")
        lines += lines_of(", ".join(names[:SHOWN]) + more)
        lines.append("  (whom to ask; whether asking helps, no log can tell)")
    return "\n".join(lines)


def any_moves_sentence(silence: Silence) -> str:
    """The chance that at least one of all that wait still moves on."""
    return f"At least one of them moves on: {percent(silence.any_moves_on)}, {in_words(silence.any_moves_on)}."


def waiting_cells(row: Waiting, ladder: Ladder, *, named: bool, most: int = 1000) -> list[str]:
    """One open application: its name, at most so long, stage, silent days, chances, and until when answers come."""
    which = row.application
    name = short(which.name, most) if named else f"{plural(which.count, 'application')}, {which.track}, {which.channel}"
    days = str(which.shortest) if which.shortest == which.longest else f"{which.shortest}-{which.longest}"
    soon = "none expected" if row.days_to_most is None else plural(row.days_to_most, "day")
    return [
        name,
        ladder.stage(which.stage).label,
        days,
        chance_to_bet_on(row.mean_advances, row.advances),
        percent(row.mean_answers),
        soon,
    ]


def chance_to_bet_on(mean: float, interval: Interval) -> str:
    """The chance to bet on, with its 90 % interval in whole percent."""
    low, high = (f"{100 * end:.0f}" for end in (interval.low, interval.high))
    return f"{percent(mean)} ({low}-{high})"


def short(name: str, most: int = _NAME_WIDTH) -> str:
    """The name on one line of plain characters, cut where it is long."""
    name = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    return cut(name, most)


def backwards_text(found: Backwards, ladder: Ladder) -> str:
    """What it takes to have an offer by a day, and the chain behind it."""
    lines = [f"TO HAVE AN OFFER BY {day(found.by).upper()}, with a chance of {percent(found.chance)}"]
    usual = found.plan.total_per_week
    lines.append(f"  what is in flight alone: {percent(found.in_flight)}, {in_words(found.in_flight)}")
    lines.append(f"  with {_pace(usual)}, {found.plan.origin}: {percent(found.usual)}, {in_words(found.usual)}")
    if found.per_week is None:
        lines.append(f"  not reachable with {_pace(found.most_per_week)} either (the most considered: --most).")
        lines.append(f"  At that pace the chance is {percent(found.best)}: an offer takes its weeks from sending on.")
        later = f"by {day(found.reached_on)}" if found.reached_on else "not within ten years"
        lines.append(f"  The chance of {percent(found.chance)} is reached {later} with it.")
    elif found.per_week == 0:
        lines.append("  What is in flight is enough; nothing new would have to be sent.")
    else:
        lines.append(f"  it takes {_pace(whole_pace(found.per_week))} in this mix")
    alone = [
        f"{track} {two_digits(whole_pace(pace))}" if pace is not None else f"{track} not reachable"
        for track, pace in found.by_track.items()
    ]
    if found.per_week and len(alone) > 1:
        text = "or of one track alone, a week: " + ", ".join(alone)
        lines += lines_of(text, rest="    ")
    if found.per_week != 0:
        lines.append("HOW FAR THAT MANY GET, sooner or later: on average, and in 8 of 10 searches")
        rows = [
            [
                ladder.stage(link.stage).label,
                two_digits(link.mean),
                f"{two_digits(link.low)} to {two_digits(link.high)}",
            ]
            for link in found.chain
        ]
        lines.append(table(rows))
    lines += _last_day_lines(found) + _referral_lines(found)
    return "\n".join(lines)


def _pace(per_week: float) -> str:
    return f"{two_digits(per_week)} {'application' if per_week == 1 else 'applications'} a week"


def _last_day_lines(found: Backwards) -> list[str]:
    """Until when a new application is of use for the day."""
    lines = ["LAST DAY ON WHICH A NEW APPLICATION IS OF USE (1 in 10 of the offers sent then still comes in time)"]
    rows = [[track, day(last) if last else "it is past"] for track, last in found.last_days.items()]
    return [*lines, table(rows)] if rows else []


def _referral_lines(found: Backwards) -> list[str]:
    if not found.referral_worth:
        return []
    rows = [
        [track, two_digits(worth.median), f"{two_digits(worth.low)} to {two_digits(worth.high)}"]
        for track, worth in found.referral_worth.items()
    ]
    return ["WHAT ONE REFERRAL IS WORTH, in cold applications (with its 90 % interval)", table(rows)]


def effort_text(effort: Effort) -> str:
    """The best mix of kinds, what it gives, and what the obvious mixes give."""
    lines = [
        f"{two_digits(effort.hours)} HOURS A WEEK, for an offer by {day(effort.by)}",
        f"  the best mix found: {percent(effort.chance)}, {in_words(effort.chance)}",
    ]
    rows = [["", "applications a week", "hours", "hours each", "all hours on it"]]
    rows += [
        [
            f"{kind.track}, {kind.channel}",
            two_digits(number) if number else "none",
            two_digits(spent) if spent else "",
            two_digits(kind.hours),
            percent(alone),
        ]
        for kind, number, spent, alone in zip(effort.kinds, effort.per_week, effort.spent, effort.alone, strict=True)
    ]
    lines.append(table(rows))
    lines.append(
        f"  the same hours for all: {percent(effort.evenly)}; what is in flight alone: {percent(effort.in_flight)}"
    )
    if effort.unused > HARDLY_ANY:
        lines.append(
            f"  {two_digits(effort.unused)} hours a week are left over: nothing more can be had of these kinds"
        )
    if sum(number > 0 for number in effort.per_week) > 1:
        lines.append("  Spread where one kind can be had only so often, or where it is open which is better.")
    return "\n".join(lines)
