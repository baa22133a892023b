"""A cohort as a coach reads it: whom to call and why, and totals that tell nobody's own; as text, JSON and a page."""

from __future__ import annotations

from typing import Any

from offercast.cohort.triage import STALE_DAYS, Called, Triage
from offercast.inference.summary import Interval
from offercast.report.page import one_file
from offercast.report.tables import table
from offercast.report.words import count, day, lines_of, percent, percent_interval, plural

HEADS = {
    "failed": "The log cannot be read",
    "offer": "An offer came",
    "stale": f"Nothing logged for more than {STALE_DAYS} days",
    "stopped": "Nothing sent for four weeks",
    "slipped": "The forecast has slipped",
    "stalls": "A step is passed less often than is usual",
}
"""What each reason to call means, in the order of the table."""
COLUMNS = ("seeker", "sent", "waiting", "offer in 13 weeks", "weeks to an offer", "why")
HORIZON = 52


def cohort_text(found: Triage, *, only_totals: bool = False) -> str:
    """The coach's table, reason by reason, and the totals."""
    parts = [] if only_totals else [_reason_text(found, reason) for reason in HEADS if _of(found, reason)]
    if not (parts or only_totals):
        parts = ["NOBODY TO CALL\n  No log is stale, no forecast has slipped, and no step clearly stalls."]
    return "\n\n".join([*parts, _totals_text(found)])


def _of(found: Triage, reason: str) -> list[Called]:
    return [one for one in found.called if one.reasons[0] == reason]


def _reason_text(found: Triage, reason: str) -> str:
    rows = [list(COLUMNS), *(cells(one, found.back_days) for one in _of(found, reason))]
    left = found.left_off.get(reason, 0)
    tail = f"\n  and {left:,} more" if left else ""
    return f"{HEADS[reason].upper()}\n{table(rows, align='lrrrrl')}{tail}"


def cells(one: Called, back_days: int) -> list[str]:
    """A seeker's row of the coach's table; `back_days` before, an earlier forecast was made."""
    row = one.row
    if row["status"] != "ok":
        return [row["seeker"], "", "", "", "", row["message"]]
    return [
        row["seeker"],
        f"{row['sent']:,}",
        f"{row['waiting_now']:,}",
        percent(row["chance_13_weeks"]),
        weeks(row["weeks_low"], row["weeks_high"]),
        "; ".join(_why(reason, row, back_days) for reason in one.reasons),
    ]


def weeks(low: int | None, high: int | None) -> str:
    """A range of weeks; a search may not end within a year.

    >>> weeks(4, 17), weeks(9, None), weeks(None, None)
    ('4 to 17', '9 to over 52', 'over 52')
    """
    if low is None:
        return f"over {HORIZON}"
    return f"{low} to {f'over {HORIZON}' if high is None else high}"


def _why(reason: str, row: dict[str, Any], back_days: int) -> str:
    if reason == "offer":
        return plural(row["offers"], "offer")
    if reason == "stale":
        return f"nothing logged for {row['stale_days']} days"
    if reason == "stopped":
        return "nothing sent for four weeks"
    if reason == "slipped":
        return f"down {100 * row['slip']:.0f} points in {back_days} days"
    chance = Interval(row["stall_chance"], row["stall_low"], row["stall_high"])
    return f"{step_words(row['stall'])} {percent_interval(chance)}, usual {percent(row['stall_usual'])}"


def step_words(step: str) -> str:
    """A step's id in words.

    >>> step_words("interview->second_interview")
    'interview → second interview'
    """
    return step.replace("->", " → ").replace("_", " ")


def _totals_text(found: Triage) -> str:
    totals = found.totals
    rows = [[HEADS[reason], _few(number, totals.least)] for reason, number in totals.reasons.items()]
    head = f"ALL TOGETHER, {facts(found)}"
    parts = [head, table([["", "seekers"], *rows], align="lr")]
    if totals.chance:
        parts.append(f"  {spread_sentence(found)}")
    if totals.steps:
        parts.append(table([["step", "seekers", "moved on", "told no", "waiting"], *step_rows(found)], align="l"))
    note = (
        f"Numbers of fewer than {totals.least} seekers are not told. Seekers can count under several reasons."
        " What waits has not failed: no rate is to be read off these counts."
    )
    return "\n".join([*parts, *lines_of(note, first="  ", rest="  ")])


def facts(found: Triage) -> str:
    """The line under the headline."""
    totals = found.totals
    many = f"fewer than {totals.least} seekers"
    if totals.seekers is not None:
        many = f"{totals.seekers:,} seekers, {totals.sent:,} applications"
    return f"{many}, as of {day(found.as_of)}, by the model {found.model}"


def spread_sentence(found: Triage) -> str:
    """How the chances of an offer are spread over seekers."""
    assert found.totals.chance is not None
    tenth, _, middle, _, ninth = found.totals.chance
    return (
        f"Chance of an offer within 13 weeks: {percent(middle)} in the middle;"
        f" 8 seekers in 10 have {percent(tenth)} to {percent(ninth)}."
    )


def step_rows(found: Triage) -> list[list[str]]:
    """What became of applications, step by step."""
    return [
        [
            step_words(one.step),
            *("under " + str(found.totals.least) if n is None else f"{n:,}" for n in [one.seekers]),
            *("" if n is None else count(n) for n in (one.moved, one.told_no, one.waiting)),
        ]
        for one in found.totals.steps
    ]


def _few(number: int | None, least: int) -> str:
    return f"under {least}" if number is None else f"{number:,}"


def cohort_json(found: Triage, *, only_totals: bool = False) -> dict[str, Any]:
    """The coach's table and the totals; a total of too few seekers is null."""
    totals = found.totals
    body: dict[str, Any] = {
        "as_of": str(found.as_of),
        "model": found.model,
        "named": found.named,
        "back_days": found.back_days,
        "least_seekers": totals.least,
        "seekers": totals.seekers,
        "sent": totals.sent,
        "reasons": totals.reasons,
        "chance_13_weeks_quantiles": list(totals.chance) if totals.chance else None,
        "steps": [
            {"step": s.step, "seekers": s.seekers, "moved_on": s.moved, "told_no": s.told_no, "waiting": s.waiting}
            for s in totals.steps
        ],
    }
    if not only_totals:
        kept = ("steps", "moved", "told_no", "waiting")
        body["called"] = [
            {"reasons": list(one.reasons)}
            | {
                name: str(value) if name == "as_of" and value else value
                for name, value in one.row.items()
                if name not in kept and not name.startswith("is_") and name != "first"
            }
            for one in found.called
        ]
        body["left_off"] = found.left_off
    return body


def cohort_page(found: Triage, *, version: str) -> str:
    """The coach's page: one file, nothing loaded from elsewhere, everything escaped."""
    totals = found.totals
    reasons = [
        {
            "id": reason,
            "head": HEADS[reason],
            "rows": [cells(one, found.back_days) for one in _of(found, reason)],
            "left": found.left_off.get(reason, 0),
        }
        for reason in HEADS
        if _of(found, reason)
    ]
    return one_file(
        "cohort.html",
        version=version,
        as_of=day(found.as_of),
        facts=facts(found),
        columns=COLUMNS,
        reasons=reasons,
        counts=[[HEADS[reason], _few(number, totals.least)] for reason, number in totals.reasons.items()],
        spread=spread_sentence(found) if totals.chance else "",
        steps=step_rows(found),
        least=totals.least,
        back_days=found.back_days,
    )
