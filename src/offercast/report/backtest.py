"""A backtest as plain text and as JSON: what was said, what came, how often the ranges held, and how rivals fared."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from offercast.ladder import Ladder
from offercast.report.tables import table
from offercast.report.words import day, lines_of, percent, plural, two_digits
from offercast.trust.backtest import HEARD, NEXT, OFFER, OURS, Backtest, Outcome
from offercast.trust.backtested import LEVELS, crps, held, skill

SHOWN, WINDOW = 8, 4


def backtest_text(found: Backtest, ladder: Ladder) -> str:
    """What would have been said at past days, and what came."""
    days = found.origins
    title = f"LOOKING BACK, {plural(len(days), 'time')} from {day(days[0])} to {day(days[-1])}"
    lines = [title, *lines_of("Each time only what the log then held was seen.")]
    numbers = found.of(OURS, primary=True)
    targets = list(dict.fromkeys(one.target for one in numbers))
    weeks = _window(numbers)
    if weeks:
        lines.append(f"WHAT WAS SAID, AND WHAT CAME within {plural(weeks, 'week')}, of those that waited")
        rows = _said(found, targets, weeks)
        head = ["", "sent", *(label(target, ladder) for target in targets)]
        lines.append(table([head, *rows[-SHOWN:]]))
        if len(rows) > SHOWN:
            lines.append(f"  and {plural(len(rows) - SHOWN, 'look')} before (--json has them all)")
        lines.append("HOW OFTEN THE RANGES HELD")
        lines.append(_held(found, targets, ladder))
        lines.append("AGAINST SIMPLER FORECASTS of these numbers: the mean error (CRPS)")
        lines.append(_rivals(found))
    lines += lines_of("One search tells little: its windows overlap, and what happened in it happened once.")
    return "\n".join(lines)


def _window(numbers: list[Outcome]) -> int | None:
    windows = sorted({one.weeks for one in numbers})
    return min(windows, key=lambda weeks: abs(weeks - WINDOW)) if windows else None


def label(target: str, ladder: Ladder) -> str:
    """A target in the words of the ladder."""
    named = {HEARD: "heard of", NEXT: "days to the next", OFFER: "days to an offer"}
    return named.get(target) or ladder.stage(target).label


def _said(found: Backtest, targets: list[str], weeks: int) -> list[list[str]]:
    """A row for each look: the median and the range of 8 in 10, and what came."""
    rows = []
    for origin in found.origins:
        by_target = {one.target: one for one in found.of(OURS, *targets) if (one.origin, one.weeks) == (origin, weeks)}
        if by_target:
            sent = str(next(iter(by_target.values())).sent)
            rows.append([day(origin), sent, *(_cell(by_target.get(target)) for target in targets)])
    return rows


def _cell(one: Outcome | None) -> str:
    if one is None:
        return ""
    middle, low, high = one.said
    return f"{middle} ({low}-{high}), came {one.came}"


def _held(found: Backtest, targets: list[str], ladder: Ladder) -> str:
    rows = [["", "forecasts", *(f"{percent(level)} ranges" for level in LEVELS)]]
    for target in [*targets, NEXT, OFFER]:
        outcomes = found.of(OURS, target)
        shares = [held(outcomes, level) for level in LEVELS]
        rows.append([label(target, ladder), str(len(outcomes)), *(percent(s) if s is not None else "" for s in shares)])
    return table(rows)


def _rivals(found: Backtest) -> str:
    rows = [["", "mean error", "ours is smaller by"]]
    for method in dict.fromkeys(one.method for one in found.outcomes):
        error, gain = crps(found.of(method, primary=True)), skill(found, method)
        better = "" if method == OURS or gain is None else f"{100 * gain:.0f} %"
        rows.append([method, "" if error is None else two_digits(error), better])
    return table(rows)


def backtest_json(found: Backtest) -> dict[str, Any]:
    """Every outcome, and the summaries that the text shows."""
    methods = list(dict.fromkeys(one.method for one in found.outcomes))
    rows = []
    for one in found.outcomes:
        row = asdict(one)
        middle, low, high = row.pop("said")
        rows.append({**row, "origin": str(one.origin), "said": {"median": middle, "low": low, "high": high}})
    return {
        "origins": [str(origin) for origin in found.origins],
        "held": {str(level): held(found.of(OURS, primary=True), level) for level in LEVELS},
        "mean_crps": {method: crps(found.of(method, primary=True)) for method in methods},
        "skill_over": {method: skill(found, method) for method in methods if method != OURS},
        "outcomes": rows,
    }
