"""Insights as sentences: each from a typed fact that carries its numbers, at most two of them a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from offercast.decisions.facts import (
    AppliedOnly,
    Doors,
    Drift,
    Fact,
    Inertia,
    Insights,
    Moves,
    OnlyPrior,
    Quiet,
    Solid,
    Stall,
    Streak,
)
from offercast.decisions.levers import Lever
from offercast.inference.posterior import Posterior
from offercast.inference.summary import Interval
from offercast.ladder import Ladder
from offercast.report.log import step_label
from offercast.report.words import day, in_words, lines_of, percent, plural, two_digits

STANDS_OUT = 0.8
"""A step is named as the one that moves the date most where it is with this chance."""

LABELS: dict[str, tuple[str, str]] = {
    "Inertia": ("Not applied for", "jobs that were found and not applied for"),
    "Stall": ("Where it stalls", "a step that stalls"),
    "Solid": ("What is solid", "a step that is solid"),
    "AppliedOnly": ("Answers only when applied to", "a track that answers only when applied to"),
    "Doors": ("Channels that open doors", "a channel that opens more doors than another"),
    "Streak": ("Silences in a row", "a long run without a response"),
    "Quiet": ("Quiet weeks", "quiet weeks"),
    "Drift": ("Drift", "a drift"),
    "Moves": ("What would move the date", "a day with an even chance within two years"),
    "OnlyPrior": ("Still only prior", "steps known from the prior alone"),
}
"""For each kind of fact its heading, and its name where it was looked for and not found."""


def insights_text(found: Insights, posterior: Posterior) -> str:
    """What a log says, a paragraph for each fact; then what was looked for and not found."""
    evidence = posterior.evidence
    lines = [f"WHAT THE NUMBERS SAY, {plural(evidence.sent, 'application')} sent, as of {day(found.as_of)}"]
    shown = ""
    for fact in found.facts:
        label, _ = LABELS[type(fact).__name__]
        if label != shown:
            lines.append(f"{label}:")
            shown = label
        text = " ".join(sentences(fact, posterior))
        lines += lines_of(text)
    if found.not_found:
        lines += lines_of(not_found_sentence(found), first="")
    if found.not_looked_for:
        named = ", ".join(LABELS[kind][1] for kind in found.not_looked_for)
        lines += lines_of(f"Not looked for, since a fit knows no single application: {named}.", first="")
    return "\n".join(lines)


def not_found_sentence(found: Insights) -> str:
    """What was looked for and not found."""
    return f"Looked for, and not to be seen in this log so far: {', '.join(LABELS[k][1] for k in found.not_found)}."


def sentences(fact: Fact, posterior: Posterior) -> list[str]:
    """The sentences of one fact."""
    return _TEMPLATES[type(fact)](fact, posterior)


def _between(value: Interval) -> str:
    """The 90 % interval of a chance in words."""
    low, high = (f"{100 * end:.0f}" for end in (value.low, value.high))
    return f"between {low} and {high} %" if low != high else f"{low} %"


def _days(low: float, high: float) -> str:
    """A range of days by which something comes sooner."""
    first, last = (max(round(n), 0) for n in (low, high))
    if last == 0:
        return "less than a day"
    return f"between {first} and {plural(last, 'day')}" if first != last else plural(last, "day")


def _inertia(fact: Inertia, _: Posterior) -> list[str]:
    told = [f"Of {plural(fact.found, 'job')} that you found, {fact.unsent:,} are not applied for so far."]
    if fact.gain:
        told.append(
            "With all of them sent, the day with an even chance of an offer would come"
            f" {_days(fact.gain.low, fact.gain.high)} sooner."
        )
    return told


def _stall(fact: Stall, posterior: Posterior) -> list[str]:
    step = step_label(posterior.ladder, fact.step)
    return [
        f"{step}: {in_words(fact.chance.median)} get past it, {_between(fact.chance)}.",
        f"In other people's searches it is about {percent(fact.usual)}.",
        f"That yours is lower has a chance of {percent(fact.sure)}; why it is, no log can say.",
    ]


def _solid(fact: Solid, posterior: Posterior) -> list[str]:
    step = step_label(posterior.ladder, fact.step)
    return [
        f"{step}: {percent(fact.chance.median)} get past it, {in_words(fact.chance.median)}.",
        f"It lies {_between(fact.chance)}.",
    ]


def _applied_only(fact: AppliedOnly, _: Posterior) -> list[str]:
    return [
        f"{fact.track}: {_all(fact.begun)} began with an application of yours.",
        f"In the other tracks {_between(fact.elsewhere)} came unasked.",
    ]


def _all(number: int) -> str:
    return f"all {plural(number, 'conversation')}" if number > 1 else "the one conversation"


def _doors(fact: Doors, posterior: Posterior) -> list[str]:
    channels = posterior.ladder.channels_by_id
    brings = "brings an offer" if fact.whole else "gets a response"
    times = f"between {two_digits(fact.times.low)} and {two_digits(fact.times.high)} times as often"
    first = f"{channels[fact.channel].label}: it {brings} {times} as the channel “{channels[fact.reference].label}”."
    if fact.whole:
        return [first, "It begins further up the ladder, which is most of that."]
    return [
        first,
        f"That is what {plural(fact.sent, 'application')} show together with the prior; it need not be the cause.",
    ]


def _streak(fact: Streak, _: Posterior) -> list[str]:
    which = "The run without a response that goes on now" if fact.goes_on else "The longest run without a response"
    told = [f"{which} is {plural(fact.length, 'application')} long."]
    share = f"Of searches with your rates {percent(fact.chance)} have one as long, {in_words(fact.chance)}"
    explained = {
        "enough": "luck is enough to explain it",
        "rare": "luck may explain it, though it seldom does",
        "poor": "luck is a poor explanation, and what else it was the log cannot tell",
    }
    return [*told, f"{share}: {explained[fact.luck]}."]


def _quiet(fact: Quiet, _: Posterior) -> list[str]:
    weeks = round(fact.days / 7)
    told = [
        f"In the last {weeks} weeks {_responses(fact.observed)} came.",
        f"About {two_digits(fact.expected)} were to be expected.",
    ]
    share = f"So few come in {percent(fact.chance)} of such stretches by luck, {in_words(fact.chance)}"
    explained = {
        "enough": "nothing need have changed",
        "rare": "luck may explain it, though it seldom does",
        "poor": "a quiet season, or something else that changed; the log cannot tell which",
    }
    return [*told, f"{share}: {explained[fact.luck]}."]


def _responses(number: int) -> str:
    return "no response" if number == 0 else plural(number, "response")


def _drift(fact: Drift, _: Posterior) -> list[str]:
    verb = "fell" if fact.falling else "rose"
    return [
        f"The chance of a response {verb} over this log, with a chance of {percent(fact.sure)}.",
        f"For the first applications it lay {_between(fact.trend.first)}.",
        f"For the last ones it lies {_between(fact.trend.last)}.",
        "The season, the market and what was sent can all do this; the log cannot tell which.",
    ]


def _moves(fact: Moves, posterior: Posterior) -> list[str]:
    steps = [lever for lever in fact.found.levers if lever.kind == "step"]
    told = _step_sentences(steps, posterior.ladder)
    for lever in fact.found.levers:
        if lever.kind == "pace":
            told.append(f"With a tenth more applications it would come {_days(lever.low, lever.high)} sooner.")
        elif lever.kind == "waits":
            told.append(f"With answers in a tenth less time it would come {_days(lever.low, lever.high)} sooner.")
    return told


def _step_sentences(steps: list[Lever], ladder: Ladder) -> list[str]:
    strongest = max(steps, key=lambda lever: lever.strongest)
    would = "the day with an even chance of an offer would come"
    if strongest.strongest >= STANDS_OUT:
        name = step_label(ladder, strongest.step)
        return [
            f"If a tenth more got past {name}, {would} {_days(strongest.low, strongest.high)} sooner.",
            "No other step moves it as far.",
        ]
    low, high = min(lever.low for lever in steps), max(lever.high for lever in steps)
    return [f"If a tenth more got past any one step, {would} {_days(low, high)} sooner; no step clearly stands out."]


def _only_prior(fact: OnlyPrior, posterior: Posterior) -> list[str]:
    named = ", ".join(step_label(posterior.ladder, step) for step in fact.steps)
    return [
        f"{named}: the log says little on it yet, so that these chances are mostly those of other people's searches."
    ]


_TEMPLATES: dict[type, Callable[[Any, Posterior], list[str]]] = {
    Inertia: _inertia, Stall: _stall, Solid: _solid, AppliedOnly: _applied_only, Doors: _doors,
    Streak: _streak, Quiet: _quiet, Drift: _drift, Moves: _moves, OnlyPrior: _only_prior,
}  # fmt: skip


def insights_json(found: Insights, posterior: Posterior) -> dict[str, Any]:
    """The facts as numbers, each with its kind and its sentences."""
    return {
        "as_of": found.as_of.isoformat(),
        "facts": [_fact_json(fact, posterior) for fact in found.facts],
        "not_found": list(found.not_found),
        "not_looked_for": list(found.not_looked_for),
    }


def _fact_json(fact: Fact, posterior: Posterior) -> dict[str, Any]:
    told = asdict(fact)
    if isinstance(fact, Moves):
        told = told["found"]
    return {"kind": type(fact).__name__, "says": sentences(fact, posterior), **told}
