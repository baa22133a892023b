"""An offer in hand, told plainly: what taking and waiting are worth, and what becomes of those who say no."""

from __future__ import annotations

from offercast.decisions.offer import LATER_WEEKS, Advice
from offercast.forecast.plan import Plan
from offercast.report.outlook import plan_lines
from offercast.report.tables import table
from offercast.report.words import day, lines_of, percent, plural, two_digits

_SHOWN_WEEKS = (0, 4, 12, 26)
_VERDICTS = {
    "take": "On these numbers, taking it is worth more than waiting",
    "wait": "On these numbers, waiting is worth more than taking it",
    "even": "On these numbers the two are even: decide by what no number holds",
}


def offer_text(advice: Advice, plan: Plan) -> str:
    """Take it or wait: the worths, the reservation value, and of 100 searches that say no, what becomes of them."""
    worth = advice.worth
    share = (advice.waiting - advice.taking) / advice.taking
    gap = f": by about {percent(abs(share))} of it" if advice.verdict != "even" else ""
    supposed = (
        f"supposed: later offers around {_money(worth.usual)} a year, two in three within {percent(worth.spread)}; "
        f"a week without this job costs {_money(worth.per_week)}; a job counts for {_years(worth.stay_years)}; you "
        f"would look on for {plural(advice.horizon_weeks, 'week')}, and take the first offer that is worth more than "
        "going on"
    )
    lines = [
        f"THE OFFER IN HAND, {_money(advice.value)} a year, answer by {day(advice.answer_by)}",
        f"  {_VERDICTS[advice.verdict]}{gap}.",
        *lines_of(supposed),
        *plan_lines(plan),
        "WORTH TAKING, a year, in a search that has said no",
    ]
    weeks = [week for week in _SHOWN_WEEKS if week < len(advice.reservation)]
    lines.append(
        table(
            [
                ["from the day of the answer" if week == 0 else f"after {plural(week, 'week')}", _least(advice, week)]
                for week in weeks
            ]
        )
    )
    lines.append("OF 100 SEARCHES LIKE THIS THAT SAY NO")
    rows = [
        [f"have taken a better one within {LATER_WEEKS} weeks", _of_100(advice.better_soon)],
        [f"have taken nothing yet after {LATER_WEEKS} weeks", _of_100(advice.none_soon)],
        ["take a better one in the end", _of_100(advice.better)],
        ["take one that is worth less", _of_100(advice.worse)],
        [f"have none after {plural(advice.horizon_weeks, 'week')}", _of_100(advice.nothing)],
    ]
    lines.append(table(rows))
    lines.append(
        f"  Of 100 that take it, {_of_100(advice.better_missed)} would have been offered a better one in that time."
    )
    if advice.before > 0:
        lines.append(f"  A better one comes before the answer is due: {percent(advice.before)}.")
    return "\n".join(lines)


def _least(advice: Advice, week: int) -> str:
    least = advice.reservation[week]
    return f"{_money(least)} or more" if least > 0 else "any offer"


def _of_100(share: float) -> str:
    return "under 1" if share < 0.005 else f"{100 * share:.0f}"


def _years(years: float) -> str:
    return "1 year" if years == 1 else f"{two_digits(years)} years"


def _money(value: float) -> str:
    """A value in its own unit, with three digits: no forecast pays for more."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 100 else f"{rounded:g}"
