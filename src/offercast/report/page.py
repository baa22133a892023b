"""The page: one self-contained file that a seeker keeps open. No network, no server; everything is escaped.

Pictures are inline SVG, the sliders run the exact formula on carried draws (`forecast.sliders`). Nothing but the styles
and the scripts of this file may run in it: a content security policy names their digests.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from typing import Any

from offercast.decisions.compare import Comparison
from offercast.decisions.facts import Insights
from offercast.decisions.knowing import MoreToKnow
from offercast.decisions.waiting import Silence
from offercast.forecast.outlook import Outlook
from offercast.forecast.sliders import Carried
from offercast.inference.posterior import Posterior
from offercast.inference.summary import StepRate, step_rates
from offercast.report.decisions import any_moves_sentence, waiting_cells
from offercast.report.honesty import fit_trust
from offercast.report.insights import LABELS, not_found_sentence, sentences
from offercast.report.log import step_label
from offercast.report.outlook import median_date, named_sources
from offercast.report.text import compared_rows, compared_sentences, counted, merged_sentence, needed_rows
from offercast.report.words import count, day, in_words, percent, percent_interval, plural

LEFT, WIDE, TOP, HIGH = 46.0, 582.0, 12.0, 254.0
"""The frame of the curve inside its 640 by 300 box; page.js has the same numbers."""
BAR_LEFT, BAR_WIDE = 150.0, 480.0
SHOWN = 20
"""Open applications shown at once; the others are folded."""
WEEKS = (4, 13, 26)
STYLE, SCRIPTS = "page.css", ("whatif.js", "page.js")
MOST_MORE, MOST_PAUSE = 100, 12
"""The sliders' ends: per cent more past a step, and weeks of pause."""


@dataclass(frozen=True)
class Told:
    """Everything that the page tells, as the commands computed it; `more` is what would decide the best track."""

    posterior: Posterior
    outlook: Outlook
    carried: Carried
    comparison: Comparison
    more: MoreToKnow
    silence: Silence
    insights: Insights
    version: str


def page(told: Told) -> str:
    """The whole page as HTML."""
    carried = json.dumps(told.carried.as_json(), allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    return one_file("page.html", SCRIPTS, **_view(told), carried=carried)


def one_file(template: str, scripts: Sequence[str] = (), **view: object) -> str:
    """A template filled in, with the styles and the scripts that alone may run in it."""
    from jinja2 import Environment, StrictUndefined

    def read(name: str) -> str:
        return files("offercast.report").joinpath("templates", name).read_text("utf-8")

    style, script = read(STYLE), "".join(map(read, scripts))
    made = Environment(autoescape=True, undefined=StrictUndefined, finalize=_unbroken)
    own = {"style": style, "style_hash": _digest(style), "script": script, "script_hash": _digest(script)}
    return made.from_string(read(template)).render(**view, **own)


def _unbroken(value: object) -> object:
    """A number and its percent sign stay on one line; what is already HTML is left alone."""
    return value.replace(" %", "\N{NO-BREAK SPACE}%") if type(value) is str else value


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _view(told: Told) -> dict[str, Any]:
    """What the template shows, as plain strings and positions."""
    posterior, outlook, evidence = told.posterior, told.outlook, told.posterior.evidence
    sent = f"{plural(evidence.sent, 'application')} sent, {evidence.open_now:,} of them open"
    found = told.insights
    return {
        "version": told.version,
        "as_of": day(evidence.as_of),
        "facts": f"{sent}, as of {day(evidence.as_of)}.",
        "headline": _headline(outlook),
        "plan": outlook.plan.origin,
        "curve": _curve(told.carried),
        "dates": _dates(outlook),
        "sliders": _sliders(told.carried, posterior),
        "carried_draws": told.carried.draws,
        "funnel": _funnel(posterior),
        "forest": _forest(posterior),
        "horizon": f"{posterior.model.assumptions.horizon_days:.0f}",
        "implied": merged_sentence(posterior.ladder),
        "needed": needed_rows(posterior),
        "sources": [
            {"label": label, "width": round(300 * share), "told": percent(share)}
            for label, share in named_sources(outlook)
        ],
        "compared": compared_rows(told.comparison) if len(posterior.tracks) > 1 else [],
        "comparison": compared_sentences(told.comparison, posterior.ladder, told.more),
        "silence": _silence(told.silence, posterior),
        "insights": [
            {"label": LABELS[type(fact).__name__][0], "text": " ".join(sentences(fact, posterior))}
            for fact in found.facts
        ],
        "not_found": not_found_sentence(found) if found.not_found else "",
        "trust": _trust(posterior),
    }


def _trust(posterior: Posterior) -> list[str]:
    """The trust line's sentences; a line that is indented further goes on with the one before."""
    found: list[str] = []
    for line in fit_trust(posterior).split("TRUST  ")[-1].splitlines():
        goes_on = found and line.startswith(" " * 9)
        text = line.strip()
        found = [*found[:-1], f"{found[-1]} {text}"] if goes_on else [*found, text]
    return [f"{text[0].upper()}{text[1:]}." for text in found if text]


def _headline(outlook: Outlook) -> str:
    median = outlook.weeks_quantile(0.5)
    horizon = plural(outlook.horizon_weeks, "week")
    if median is None:
        chance = outlook.chance_by(7.0 * outlook.horizon_weeks)
        return f"The chance of an offer within {horizon} is {percent(chance)}, {in_words(chance)}."
    return (
        f"The chance of an offer is even within {plural(median, 'week')}, {median_date(outlook)}."
        f" None within {horizon}: {percent(outlook.chance_none)}, {in_words(outlook.chance_none)}."
    )


def _dates(outlook: Outlook) -> list[dict[str, Any]]:
    weeks = [*(week for week in WEEKS if week < outlook.horizon_weeks), outlook.horizon_weeks]
    return [
        {
            "week": week,
            "day": day(outlook.as_of + timedelta(weeks=week)),
            "chance": percent(outlook.chance_by(7.0 * week)),
        }
        for week in weeks
    ]


def _curve(carried: Carried) -> dict[str, Any]:
    """The line, its band and the ticks, in the coordinates of the picture."""

    def points(chances: Sequence[float]) -> list[str]:
        return [
            f"{LEFT + WIDE * (k + 1) / carried.weeks:.1f},{TOP + HIGH * (1 - p):.1f}" for k, p in enumerate(chances)
        ]

    mean, low, high = carried.summary()
    start = f"M{LEFT:.1f},{TOP + HIGH:.1f} L"
    quarter = max(round(carried.weeks / 4), 1)
    return {
        "title": f"Chance of an offer by week, up to {percent(mean[-1])} within {carried.weeks} weeks.",
        "line": start + " L".join(points(mean)),
        "band": start + " L".join([*points(low), *reversed(points(high))]) + " Z",
        "rows": [
            {
                "y": f"{TOP + HIGH * (1 - p):.0f}",
                "below": f"{TOP + HIGH * (1 - p) + 4:.0f}",
                "label": f"{100 * p:.0f} %",
            }
            for p in (0, 0.25, 0.5, 0.75, 1)
        ],
        "columns": [
            {
                "x": f"{LEFT + WIDE * week / carried.weeks:.0f}",
                "anchor": "end" if week > carried.weeks - quarter / 2 else "middle",
                "label": "today" if week == 0 else f"{week} weeks",
            }
            for week in range(0, carried.weeks + 1, quarter)
        ],
    }


def _sliders(carried: Carried, posterior: Posterior) -> list[dict[str, Any]]:
    """One slider for each stream, for a pause, and for each step that an employer decides."""
    ladder = posterior.ladder

    def slider(kind: str, index: int, label: str, value: str, most: float, step: str) -> dict[str, Any]:
        told = {"label": label, "value": value, "most": most, "step": step, "index": index}
        return {"id": f"{kind}{index}", "data": f"data-{kind}", **told}

    found = []
    for index, stream in enumerate(carried.streams):
        channel = ladder.channels_by_id[carried.channels[stream.channel]].label
        label = f"{carried.tracks[stream.track]}, {channel}, a week"
        most = max(10, round(3 * stream.per_week + 5))
        found.append(slider("stream", index, label, f"{stream.per_week:.4g}", most, "any"))
    most = min(MOST_PAUSE, carried.weeks - 1)
    found.append(slider("pause", 1, "Weeks without sending, from now", "0", most, "1"))
    for index, step in enumerate(carried.steps):
        if ladder.steps[ladder.step_index[step.split("->")[0]]].decided_by == "employer":
            found.append(slider("step", index, f"Past {step_label(ladder, step)}", "0", MOST_MORE, "5"))
    return found


def _funnel(posterior: Posterior) -> dict[str, Any]:
    """Of each stage: who moved on, waits, or was told no."""
    ladder, totals = posterior.ladder, posterior.evidence.step_totals()
    rows = []
    largest = max((sum(totals[s]) for s in ladder.steps_to_goal(ladder.reference.id)), default=0.0) or 1.0
    for number, s in enumerate(ladder.steps_to_goal(ladder.reference.id)):
        moved, no, waits = totals[s]
        parts, x = [], BAR_LEFT
        for kind, value in (("went", moved), ("waits", waits), ("told", no)):
            width = BAR_WIDE * value / largest
            if width > 0:
                parts.append({"kind": kind, "x": f"{x:.1f}", "width": f"{width:.1f}"})
            x += width
        label = ladder.stage(ladder.steps[s].start).label
        told = {"moved": count(moved), "open": count(waits), "no": count(no)}
        rows.append({"label": label, "y": 4 + 26 * number, "parts": parts, **told})
    return {"rows": rows, "height": 8 + 26 * len(rows)}


def _forest(posterior: Posterior) -> dict[str, Any]:
    """Each step's chance by track, beside what is usual."""

    def x(chance: float) -> str:
        return f"{200 + 420 * chance:.1f}"

    by_step: dict[str, list[StepRate]] = {}
    for rate in step_rates(posterior):
        by_step.setdefault(rate.step, []).append(rate)
    steps, y = [], 0
    for step, rates in by_step.items():
        rows = [
            {
                "track": rate.track if len(rate.track) <= 24 else rate.track[:23] + "…",
                "track_name": rate.track,
                "y": y + 30 + 20 * i,
                "low": x(rate.chance.low),
                "high": x(rate.chance.high),
                "median": x(rate.chance.median),
                "told": percent_interval(rate.chance),
                "counted": counted(rate),
            }
            for i, rate in enumerate(rates)
        ]
        end = y + 22 + 20 * len(rates)
        usual = x(posterior.model.step_prior(step).advance.median)
        steps.append({"label": step_label(posterior.ladder, step), "y": y, "rows": rows, "usual": usual, "end": end})
        y = end + 8
    ticks = [{"x": x(p), "label": f"{100 * p:.0f} %"} for p in (0, 0.25, 0.5, 0.75, 1)]
    return {"steps": steps, "ticks": ticks, "height": y + 24}


def _silence(silence: Silence, posterior: Posterior) -> dict[str, Any]:
    named = any(row.application.name for row in silence.rows)
    rows = [waiting_cells(row, posterior.ladder, named=named) for row in silence.rows]
    line = "Nothing is waiting for an answer."
    if silence.count:
        line = f"{plural(silence.count, 'open application')}. {any_moves_sentence(silence)}"
    return {
        "line": line,
        "rows": rows[:SHOWN],
        "rest": rows[SHOWN:],
        "rest_line": f"{len(rows) - SHOWN:,} more, each less likely",
    }
