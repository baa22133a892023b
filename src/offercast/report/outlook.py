"""A forecast as plain text: when, after how many applications, from where, and how exact that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from offercast.forecast.check import Checked
from offercast.forecast.counts import FIXED, NEGATIVE_BINOMIAL
from offercast.forecast.limits import Limits
from offercast.forecast.outlook import IN_FLIGHT, Outlook
from offercast.forecast.plan import Pace, Plan
from offercast.report.screen import bar, heights, screen
from offercast.report.tables import table
from offercast.report.words import (
    count,
    day,
    in_words,
    lines_of,
    percent,
    percent_within,
    plural,
    signed,
    two_digits,
)

_LEAST_SHARE = 0.0005
_COMMON_LUCK = "  (the same luck in both: the difference is known better than either chance)"
_EXACT_DAYS, _ROUGH_DAYS = 1.5, 10.0
"""An error of more than the first, in days: the date is "about"; of more than the second, only its month is said."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a forecast besides the usual: days to say the chance for, and the end of a contract."""

    dates: tuple[date, ...]
    contract_ends: date | None = None

    @property
    def days(self) -> tuple[date, ...]:
        """Every day whose chance is said, in order."""
        return tuple(sorted({*self.dates, *([self.contract_ends] if self.contract_ends else [])}))


def default_dates(as_of: date, horizon_weeks: int) -> tuple[date, ...]:
    """Three dates to say the chance for: a month, a quarter and a half year away, inside the horizon."""
    weeks = [w for w in (4, 13, 26) if w < horizon_weeks] or [horizon_weeks]
    return tuple(as_of + timedelta(weeks=w) for w in weeks)


def forecast_text(outlook: Outlook, asked: Asked, *, goal_label: str = "") -> str:
    """When the first offer comes, after how many applications, and where it comes from.

    `goal_label` names the stage asked for, where it is not the offer.
    """
    horizon = plural(outlook.horizon_weeks, "week")
    what = f'"{goal_label}"' if goal_label else "the first offer"
    title = f'WHEN "{goal_label.upper()}" IS FIRST REACHED' if goal_label else "WHEN THE FIRST OFFER COMES"
    lines = [title, *plan_lines(outlook.plan)]
    if outlook.market_sd:
        lines.append(
            f"  supposed: a market that shifts all first replies together (sd {outlook.market_sd:g} in log-odds)"
        )
    lines += _limit_lines(outlook.limits)
    if outlook.in_flight:
        lines.append(f"  and {plural(outlook.in_flight, 'application')} in flight, with the silence so far")
    lines += _curve_lines(outlook)
    told = [*map(outlook.chance_by, asked.days), outlook.chance_none]
    rows = _chances(outlook, asked, horizon)
    lines.append(table(rows, align="lrl", draw=lambda width: [bar(chance, width) for chance in told]))
    lines += _when_lines(outlook, horizon)
    if asked.contract_ends:
        lines += _contract_lines(outlook, asked.contract_ends, horizon)
    if outlook.plan.is_empty:
        lines.append("  Nothing new is sent in this plan.")
    else:
        lines.append(f"APPLICATIONS SENT FROM NOW ON, by the day of {what}")
        lines += _sent_lines(outlook, horizon)
    shares = named_sources(outlook)
    if shares:
        reached = f"that reach {what}" if goal_label else "with an offer"
        lines.append(f"WHERE FROM, of the searches {reached} within {horizon}")
        rows = [[source, percent(share)] for source, share in shares]
        lines.append(table(rows, draw=lambda width: [bar(share, width) for _, share in shares]))
    return "\n".join([*lines, _exactness(outlook, asked)])


def _limit_lines(limits: Limits) -> list[str]:
    """What cannot be done all at once, as it was supposed."""
    lines = []
    if limits.at_once is not None:
        full = "a further one waits its turn" if limits.when_full == "wait" else "a further one is lost"
        patience = plural(round(limits.patience_days), "silent day")
        lines.append(
            f"  supposed: at most {limits.at_once} at once from {limits.from_stage} on; {full};"
            f" after {patience} a place is free"
        )
    if limits.pause_from is not None:
        lines.append(f"  nothing is sent while one is at {limits.pause_from} or beyond")
    if limits.learning:
        lines.append(f"  supposed: each interview makes the next ones better (by {limits.learning:g} in log-odds)")
    if limits.accept is not None:
        chance = "with your own chance" if limits.accept == "own" else f"with the chance {limits.accept:g}"
        held = f", else held for {plural(round(limits.hold_days), 'day')}" if limits.hold_days else ""
        lines.append(f"  supposed: an offer is accepted at once {chance}{held}; the first accepted one counts")
    return lines


def _chances(outlook: Outlook, asked: Asked, horizon: str) -> list[list[str]]:
    """A row for each day: the chance, in percent as exact as its error allows, and in words."""
    rows = []
    for d in asked.days:
        chance = outlook.chance_by(d)
        label = f"by {day(d)}" + (", the end of your contract" if d == asked.contract_ends else "")
        rows.append([label, percent_within(chance, outlook.margin(d)), in_words(chance)])
    end = outlook.as_of + timedelta(weeks=outlook.horizon_weeks)
    none = outlook.chance_none
    rows.append([f"none by {day(end)} ({horizon})", percent_within(none, outlook.margin(end)), in_words(none)])
    return rows


def _curve_lines(outlook: Outlook) -> list[str]:
    """The chance by each week as a line of heights, where the screen draws."""
    if not screen().charts:
        return []
    most = screen().width - 30
    every = math.ceil(outlook.horizon_weeks / most)
    weeks = range(every, outlook.horizon_weeks + 1, every)
    drawn = heights([outlook.chance_by(7.0 * week) for week in weeks])
    return [f"  the chance by week  {drawn}"]


def _exactness(outlook: Outlook, asked: Asked) -> str:
    end = outlook.as_of + timedelta(weeks=outlook.horizon_weeks)
    points = max(0.1, *(100 * outlook.margin(d) for d in (*asked.days, end)))
    unit = "percentage point" if f"{points:.1g}" == "1" else "percentage points"
    return f"  (these chances are exact to about {points:.1g} {unit})"


def plan_lines(plan: Plan) -> list[str]:
    """The plan in words, wrapped: paces, the law of the weeks, pauses, lulls, the budget."""
    if plan.is_empty:
        return ["  plan: nothing new is sent"]
    paces = [pace for pace in sorted(plan.paces, key=lambda p: -sum(p.each_week)) if any(pace.each_week)]
    total = plan.total_per_week
    noun = "application" if total == 1 else "applications"
    about = "" if all(len(pace.each_week) == 1 for pace in paces) else "on average "
    lines = [f"  plan: {about}{two_digits(total)} {noun} a week, {plan.origin}"]
    if len(paces) > 1 or paces[0].channel or about:
        named = ", ".join(_pace_words(pace) for pace in paces)
        lines += lines_of(named, first="    ", rest="    ")
    if plan.counts.law == FIXED:
        lines.append("  exactly so many every week")
    if plan.counts.law == NEGATIVE_BINOMIAL:
        lines.append(f"  with weeks that vary more than by chance (dispersion {plan.counts.dispersion:g})")
    if plan.budget is not None:
        unit = "applications" if all(pace.cost == 1 for pace in plan.paces) else "to spend on applications"
        lines.append(f"  until the budget ends: {count(plan.budget)} {unit}")
    lines += [f"  nothing is sent from {pause.first} to {pause.last}" for pause in plan.pauses if not pause.name]
    for name in dict.fromkeys(pause.name for pause in plan.pauses if pause.name):
        days = sum((p.last - p.first).days + 1 for p in plan.pauses if p.name == name)
        lines.append(f"  nothing is sent on {plural(days, 'day')}: {name}")
    lines += [
        f"  supposed: what enters a stage from {lull.first} to {lull.last} moves on {lull.factor:g} times as often"
        for lull in plan.lulls
    ]
    return lines


def _pace_words(pace: Pace) -> str:
    who = f"{pace.track}{f' ({pace.channel})' if pace.channel else ''}"
    *early, last = (two_digits(n) for n in pace.each_week)
    return f"{who} {', '.join(early)}, then {last}" if early else f"{who} {last}"


def _when_lines(outlook: Outlook, horizon: str) -> list[str]:
    """The median and the 80 % range, with the horizon where they lie beyond it."""
    weeks = outlook.weeks_quantile(0.5)
    low, high = outlook.weeks_quantile(0.1), outlook.weeks_quantile(0.9)
    if weeks is None:
        middle = (
            f"  even chance: later than {horizon} at this pace (try another with --per-week, or look on with --weeks)"
        )
    else:
        middle = f"  even chance: within {plural(weeks, 'week')}, {median_date(outlook)}"
    if low is None:
        return [middle, f"  9 in 10 searches like this take longer than {horizon}"]
    if high is None:
        return [
            middle,
            f"  1 in 10 searches like this: within {plural(low, 'week')}; 1 in 10 or more: later than {horizon}",
        ]
    return [middle, f"  8 in 10 searches like this: from {plural(low, 'week')} to {plural(high, 'week')}"]


def median_date(outlook: Outlook) -> str:
    """The date of an even chance, as exact as its error allows: a day, about a day, or a month."""
    on, error = outlook.date_quantile(0.5), outlook.days_error(0.5)
    if on is None:
        return "beyond the horizon"
    if error <= _EXACT_DAYS:
        return f"by {day(on)}"
    return f"by about {day(on)}" if error <= _ROUGH_DAYS else f"around {on:%B %Y}"


def _contract_lines(outlook: Outlook, ends: date, horizon: str) -> list[str]:
    """What comes after the end of a contract where there is no offer by then."""
    further = outlook.further_days(ends, 0.5)
    if math.isnan(further):
        return []
    if math.isinf(further):
        return [f"  if there is none when the contract ends: an even chance lies beyond {horizon}"]
    weeks = max(round(further / 7), 1)
    return [f"  if there is none when the contract ends: even chance within {plural(weeks, 'week')} after it"]


def _sent_lines(outlook: Outlook, horizon: str) -> list[str]:
    """The number of new applications by the first offer, with the horizon where there is none."""
    low, middle, high = (outlook.sent_quantile(share) for share in (0.1, 0.5, 0.9))
    if low is None:
        return [f"  more than fit into {horizon} at this pace"]
    told = f"even chance: {two_digits(middle)}" if middle is not None else f"even chance: more than fit into {horizon}"
    if high is None:
        lines = [f"  {told}; 1 in 10 searches: {two_digits(low)} or fewer"]
    else:
        lines = [f"  {told}; 8 in 10 searches: {two_digits(low)} to {two_digits(high)}"]
    if outlook.in_flight:
        lines.append("  (what is in flight may bring the offer before many more are needed)")
    return lines


def named_sources(outlook: Outlook) -> list[tuple[str, float]]:
    """Where the first offer comes from in words, with its share, the largest first; the smallest are left out."""
    shares = sorted(outlook.source_shares().items(), key=lambda item: -item[1])
    return [(_source(source), share) for source, share in shares if share > _LEAST_SHARE]


def _source(source: tuple[str, str]) -> str:
    track, channel = source
    return "what is in flight already" if source == IN_FLIGHT else f"{track}, {channel}"


def change_text(outlook: Outlook, base: Outlook, asked: Sequence[date], changes: str) -> str:
    """What another plan changes, in points and in weeks, each as exact as the two forecasts together allow."""
    rows = [["", "this plan", "with the change", "difference in points"]]
    for d in asked:
        moved = outlook.change(base, d)
        points = "under 1" if abs(100 * moved.difference) < 0.5 else signed(100 * moved.difference)
        margin = two_digits(max(100 * moved.margin, 0.1))
        rows.append(
            [f"by {day(d)}", percent(base.chance_by(d)), percent(outlook.chance_by(d)), f"{points} (± {margin})"]
        )
    before, after = base.weeks_quantile(0.5), outlook.weeks_quantile(0.5)
    horizon = plural(base.horizon_weeks, "week")
    told = [f"within {plural(weeks, 'week')}" if weeks else f"later than {horizon}" for weeks in (before, after)]
    return "\n".join(
        [
            f"WHAT IF: {changes}",
            table(rows),
            f"  even chance: {told[0]} without the change, {told[1]} with it",
            "  (the same luck in both: the difference is known better than either chance)",
        ]
    )


def check_text(found: Sequence[Checked]) -> str:
    """The same chances by the second method, and how much of each is what is not known of the rates."""
    rows = [["", "simulated", "computed", "8 in 10 sets of rates that fit the log"]]
    rows += [
        [f"by {day(c.day)}", percent(c.simulated), percent(c.exact), f"{percent(c.low)} to {percent(c.high)}"]
        for c in found
    ]
    agree = "the two methods agree" if all(c.agrees for c in found) else "THE TWO METHODS DISAGREE: please report it"
    return f"CHECKED BY A SECOND METHOD, without simulation\n{table(rows)}\n  {agree}"
