"""Model files in people's words: what each prior says, why, and what all of them mean together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from offercast.inference.prior import PriorPredictive
from offercast.ladder import Ladder
from offercast.modelfile import ChancePrior, ChannelPrior, ModelFile, ScalePrior, StepPrior, WaitPrior
from offercast.priors import Z80, Kind, Said, prior_range
from offercast.report.log import step_label
from offercast.report.tables import table
from offercast.report.words import lines_of, plural, rounded_count, two_digits

BEYOND = "over 100,000"

KINDS: dict[Kind, str] = {
    "advance": "the chance to move on",
    "told_no": "the chance to be told no otherwise",
    "advance_wait": "the wait for a yes",
    "no_wait": "the wait for a no",
}
"""What a prior of a step is about."""


def list_text(models: Sequence[ModelFile]) -> str:
    """The model files that ship, with the question that each answers."""
    rows = [["file", "question"], *([model.name, model.question] for model in models)]
    return "MODEL FILES\n" + table(rows, align="ll") + "\n  your own: a path to a .toml file, with --model"


def show_text(model: ModelFile) -> str:
    """Every prior of a model file, with its reason and its source."""
    assumed = model.assumptions
    head = [
        f"MODEL {model.name}: {model.question}",
        f"  An answer later than {assumed.horizon_days:g} days counts as never. Waits are {assumed.delay_family}.",
        f"  Weight of the priors: {assumed.prior_weight:g}. In brackets: the range that holds 8 people in 10.",
    ]
    steps = [model.step_prior(step.id) for step in model.ladder.steps]
    parts = ["\n".join(head), "PRIORS OF EACH STEP, before your log speaks"]
    parts += [
        _step_text(prior, step_label(model.ladder, step.id))
        for prior, step in zip(steps, model.ladder.steps, strict=True)
    ]
    channels = [_channel_text(model.channel_prior(channel.id), channel.label) for channel in model.ladder.channels[1:]]
    reference = model.ladder.reference.label.lower()
    parts.append("\n".join([f"CHANNELS, against a {reference}: the odds of moving on are multiplied by", *channels]))
    scales = [_scale_text(prior) for prior in model.priors.scales]
    parts.append("\n".join(["DIFFERENCES BETWEEN TRACKS of one person, as a factor for 2 tracks in 3", *scales]))
    return "\n\n".join(parts)


def said_text(kind: Kind, said: Said, *, people: str = "") -> str:
    """One prior in words.

    >>> from offercast.priors import chance_between
    >>> said_text("advance", chance_between(0.2, 0.1, 0.35))
    'of 100 that get here, about 20 move on (10 to 35)'
    """
    if kind in {"advance_wait", "no_wait"}:
        answer = "yeses" if kind == "advance_wait" else "noes"
        days = two_digits(said.median)
        span = f"{people}{two_digits(said.low)} to {two_digits(said.high)}"
        return f"half of the {answer} have come after {days} days ({span})"
    middle, low, high = (of_100(share) for share in (said.median, said.low, said.high))
    who, what = ("that get here", "move on") if kind == "advance" else ("that do not move on", "are told no")
    return f"of 100 {who}, about {middle} {what} ({people}{low} to {high})"


def of_100(share: float) -> str:
    """So many of a hundred: whole from one on, else with two digits.

    >>> of_100(0.0788), of_100(0.0031)
    ('8', '0.31')
    """
    return f"{100 * share:.0f}" if share >= 0.01 else two_digits(100 * share)


def _step_text(prior: StepPrior, label: str) -> str:
    lines = [label + (" (no prior of its own: that of any other step)" if prior.step == "*" else "")]
    for kind in KINDS:
        said = getattr(prior, kind)
        lines += [f"  {said_text(kind, prior_range(said))}", *_why(said)]
    return "\n".join(lines)


def _why(prior: ChancePrior | WaitPrior | ChannelPrior | ScalePrior) -> list[str]:
    """The reason and the source of a prior, wrapped."""
    cases = f", n = {prior.n:,}" if prior.n else ""
    words = f"{prior.reason} [{prior.source}, {prior.year}{cases}]"
    return lines_of(words, first="      ", rest="      ")


def _channel_text(prior: ChannelPrior, label: str) -> str:
    first, later = _factor(prior.first, prior.first_sd), _factor(prior.later, prior.later_sd)
    return "\n".join([f"  {label}: {first} at its first step, {later} later", *_why(prior)])


_EFFECTS = {
    "advance": "the odds of moving on, at every step",
    "advance_step": "the odds of moving on, at a single step",
    "told_no": "the odds of being told no otherwise",
    "delay": "how long answers take",
}


def _scale_text(prior: ScalePrior) -> str:
    return "\n".join([f"  {_EFFECTS[prior.effect]}: {_scale_factor(prior)}", *_why(prior)])


def _scale_factor(prior: ScalePrior) -> str:
    """What two tracks in three differ by, in the middle of people, and for 8 people in 10."""
    middle, low, high = (two_digits(math.exp(prior.median * math.exp(z * prior.log_sd))) for z in (0.0, -Z80, Z80))
    return f"{middle} ({low} to {high})"


def _factor(mean: float, sd: float) -> str:
    """What odds are multiplied by, and the range for 8 people in 10."""
    middle, low, high = (two_digits(math.exp(mean + z * sd)) for z in (0.0, -Z80, Z80))
    return f"{middle} ({low} to {high})"


def check_text(model: ModelFile, found: PriorPredictive) -> str:
    """What the priors mean together, before any log."""
    rows = [["of 100 applications", "average", "8 people in 10"]]
    for reach in found.reach:
        label = model.ladder.stage(reach.stage).label
        low, high = of_100(reach.people.low), of_100(reach.people.high)
        rows.append([f"reach {label}", of_100(reach.mean), f"{low} to {high}"])
    return (
        f"WHAT THE PRIORS MEAN TOGETHER: {model.name}\n"
        f"  for somebody with {plural(found.tracks, 'track')}, before any log; cold applications\n"
        + table(rows)
        + f"\n  applications to a first offer: {needed_text(found)}"
    )


def needed_text(found: PriorPredictive) -> str:
    """How many applications a first offer takes."""
    even, most = (rounded_count(found.needed[at], BEYOND) for at in (0.5, 0.8))
    return f"{even} for an even chance, {most} for 8 in 10"


def edit_text(
    ladder: Ladder, step: str, kind: Kind, before: Said, now: Said, effect: tuple[PriorPredictive, PriorPredictive]
) -> str:
    """What an edit changed, and what that does to the applications that a first offer takes."""
    rows = [
        ["before", said_text(kind, before, people="8 people in 10: "), f"first offer: {needed_text(effect[0])}"],
        ["now", said_text(kind, now, people="8 people in 10: "), f"first offer: {needed_text(effect[1])}"],
    ]
    lines = [f"{step_label(ladder, step)}: {KINDS[kind]}"]
    for name, said, needed in rows:
        lines += [f"  {name:<7} {said}", f"          {needed}"]
    return "\n".join(lines)


def list_json(models: Sequence[ModelFile]) -> dict[str, Any]:
    """The model files that ship."""
    return {"models": [{"name": m.name, "question": m.question, "sha256": m.digest} for m in models]}


def show_json(model: ModelFile) -> dict[str, Any]:
    """A model file's numbers as the file has them, weighed, and 80 % ranges of each step's chances and waits."""
    return {
        "name": model.name,
        "question": model.question,
        "sha256": model.digest,
        "assumptions": msgspec.to_builtins(model.assumptions),
        "priors": msgspec.to_builtins(model.priors),
        "ranges": [
            {
                "step": step.id,
                **{kind: _range_json(prior_range(getattr(model.step_prior(step.id), kind))) for kind in KINDS},
            }
            for step in model.ladder.steps
        ],
    }


def check_json(model: ModelFile, found: PriorPredictive) -> dict[str, Any]:
    """What the priors mean together."""
    return {
        "name": model.name,
        "sha256": model.digest,
        "tracks": found.tracks,
        "reach": [
            {
                "stage": r.stage,
                "mean_share": r.mean,
                "median_share": r.people.median,
                "low_share": r.people.low,
                "high_share": r.people.high,
            }
            for r in found.reach
        ],
        "applications_to_first_offer": {str(at): n for at, n in found.needed.items()},
    }


def edit_json(
    step: str, kind: Kind, before: Said, now: Said, effect: tuple[PriorPredictive, PriorPredictive]
) -> dict[str, Any]:
    """What an edit changed."""
    return {
        "step": step,
        "prior": kind,
        "before": _range_json(before),
        "now": _range_json(now),
        "applications_to_first_offer_before": {str(at): n for at, n in effect[0].needed.items()},
        "applications_to_first_offer_now": {str(at): n for at, n in effect[1].needed.items()},
    }


def _range_json(said: Said) -> dict[str, float]:
    return {"median": said.median, "low": said.low, "high": said.high}


def compare_text(models: tuple[ModelFile, ModelFile], effect: tuple[PriorPredictive, ...]) -> str:
    """What is different between two model files, and what it means for a whole search."""
    rows = changed_rows(models)
    names = [model.name for model in models]
    if not rows:
        return f"{names[0]} and {names[1]} have the same priors."
    parts = [table([["middle, and 8 people in 10", *names], *rows], align="lrr")]
    parts.append("APPLICATIONS TO A FIRST OFFER, before any log")
    parts += [f"  {name}: {needed_text(found)}" for name, found in zip(names, effect, strict=True)]
    return "\n".join([f"PRIORS OF {names[0]} AND {names[1]}", *parts])


def changed_rows(models: tuple[ModelFile, ModelFile]) -> list[list[str]]:
    """A row for each prior that differs: what it is about, and what both say."""
    first, rows = models[0], []
    for step in first.ladder.steps:
        for kind, words in KINDS.items():
            both = [getattr(model.step_prior(step.id), kind) for model in models]
            said = [_range_words(kind, prior_range(prior)) for prior in both]
            if said[0] != said[1]:
                rows.append([f"{step_label(first.ladder, step.id)}: {words}", *said])
    for channel in first.ladder.channels[1:]:
        both = [model.channel_prior(channel.id) for model in models]
        for when, of in (
            ("at its first step", lambda p: (p.first, p.first_sd)),
            ("later", lambda p: (p.later, p.later_sd)),
        ):
            said = ["times " + _factor(*of(prior)) for prior in both]
            if said[0] != said[1]:
                rows.append([f"{channel.label}: odds {when}", *said])
    for scale in first.priors.scales:
        said = ["times " + _scale_factor(model.scale_prior(scale.effect)) for model in models]
        if said[0] != said[1]:
            rows.append([f"between tracks: {_EFFECTS[scale.effect]}", *said])
    return rows


def _range_words(kind: Kind, said: Said) -> str:
    if kind in {"advance_wait", "no_wait"}:
        return f"{two_digits(said.median)} ({two_digits(said.low)} to {two_digits(said.high)}) days"
    return f"{of_100(said.median)} ({of_100(said.low)} to {of_100(said.high)}) in 100"


def compare_json(models: tuple[ModelFile, ModelFile], effect: tuple[PriorPredictive, ...]) -> dict[str, Any]:
    """Both files' ranges, and the applications to a first offer."""
    return {
        "models": [
            {
                "name": model.name,
                "sha256": model.digest,
                "ranges": show_json(model)["ranges"],
                "applications_to_first_offer": {str(at): n for at, n in found.needed.items()},
            }
            for model, found in zip(models, effect, strict=True)
        ]
    }
