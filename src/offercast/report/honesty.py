"""How far to trust a fit: what each number rests on, whether silence can be told from slowness, what does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from offercast.inference.identifiability import SlowOrNever, slow_or_never
from offercast.inference.posterior import Posterior
from offercast.inference.predictive import Check, predictive_checks
from offercast.inference.sensitivity import Sensitivity, is_sampled, sensitivities
from offercast.inference.summary import support
from offercast.ladder import Ladder
from offercast.report.log import step_label
from offercast.report.tables import table
from offercast.report.text import support_text
from offercast.report.words import count, lines_of, plural, two_digits

_COLUMNS = {
    "advance": "moving on", "told_no": "told no", "advance_wait": "wait for a yes", "no_wait": "wait for a no",
}  # fmt: skip
_INDENT = " " * 7


@dataclass(frozen=True)
class Honesty:
    """Everything that qualifies the numbers of a fit; `slow_or_never` is None where the engine knows no silence."""

    sensitivities: tuple[Sensitivity, ...]
    slow_or_never: SlowOrNever | None
    checks: tuple[Check, ...]


def honesty(posterior: Posterior) -> Honesty:
    """Judge a fit; about a second. Nothing is said of a baseline, or of a log in which nothing was sent."""
    if not is_sampled(posterior):
        return Honesty((), None, ())
    told = slow_or_never(posterior) if posterior.evidence.sent else None
    return Honesty(sensitivities(posterior), told, predictive_checks(posterior))


def fit_trust(posterior: Posterior) -> str:
    """What each number rests on, and the trust line in full: what `offercast fit` ends with."""
    found, ladder, facts = honesty(posterior), posterior.ladder, support(posterior)
    lines = [support_text(facts, ladder)]
    weight = posterior.model.assumptions.prior_weight
    if weight != 1:
        lines.append(
            _wrapped(f"the priors of {posterior.model.name} count {weight:g} times what they say (prior weight)")
        )
    if facts.sent and facts.far_from_prior:
        steps = ", ".join(step_label(ladder, step) for step in facts.far_from_prior)
        lines.append(
            _wrapped(f"far from what is usual for people: {steps}; see with check whether the log is read well")
        )
    if found.slow_or_never:
        lines += [_wrapped(sentence) for sentence in slow_or_never_sentences(found.slow_or_never, ladder)]
    if found.checks:
        lines += [_wrapped(sentence) for sentence in check_sentences(found.checks, ladder)]
    trust = "\n".join(lines)
    return f"{rests_on_text(found.sensitivities, ladder)}\n\n{trust}" if found.sensitivities else trust


def _wrapped(sentence: str) -> str:
    return "\n".join(lines_of(sentence, first=_INDENT, rest=_INDENT + "  "))


def rests_on_text(found: Sequence[Sensitivity], ladder: Ladder) -> str:
    """For each number, whether the log, the prior or both hold it where it is."""
    rows = [["", *_COLUMNS.values()]]
    for step in dict.fromkeys(s.where for s in found if s.kind != "offer"):
        of_step = {s.kind: s.rests_on for s in found if s.where == step and s.kind != "offer"}
        rows.append([step_label(ladder, step), *(of_step.get(kind, "") for kind in _COLUMNS)])
    offers = [[f"{s.where}: offers in 100", s.rests_on, "", "", ""] for s in found if s.kind == "offer"]
    return "WHAT EACH NUMBER RESTS ON\n" + table(rows + offers, align="lllll")


def slow_or_never_sentences(found: SlowOrNever, ladder: Ladder) -> list[str]:
    """Whether silence can be told from slowness, and what would settle it."""
    said = {
        "yes": "silence can be told from slowness: how many never hear is mostly your own data",
        "partly": "silence is only partly told from slowness: how many never hear is partly the prior's",
        "not yet": "silence cannot yet be told from slowness: how many never hear is mostly the prior's",
    }
    sentences = [said[found.told_apart]]
    first = next((age for age in found.ages if age.step == found.step), None)
    if first:
        young = {0: "none", first.still_open: "all"}.get(round(first.young), f"about {round(first.young):,}")
        sentences.append(
            f"of {first.still_open:,} open at {step_label(ladder, found.step)}, {young} have waited less"
            " than 80 % of the answers take"
        )
    if found.told_apart != "yes" and found.needed > found.settled:
        settled = f"{two_digits(found.needed)} applications that were answered or have waited that long would settle it"
        weeks = f"; those in flight get there in about {plural(found.weeks, 'week')}" if found.weeks else ""
        sentences.append(f"about {settled}; there are {found.settled:.0f}{weeks}")
    return sentences


def check_sentences(checks: Sequence[Check], ladder: Ladder) -> list[str]:
    """What of the log does not look like the model; or that nothing stands out."""
    extreme = [check for check in checks if check.extreme]
    if not extreme:
        return [f"the model fits the log: of {plural(len(checks), 'check')} of counts and waits none is far off"]
    return [f"does not fit: {_misfit(check, step_label(ladder, check.step))}" for check in extreme]


def _misfit(check: Check, label: str) -> str:
    if check.measure in {"waits for a yes", "waits for a no"}:
        return f"at {label} the {check.measure} have another shape than the model gives them; distrust waits there"
    verb = "more" if check.observed > check.expected else "fewer"
    what = {
        "moved on": "applications moved on",
        "told no": "were told no",
        "answers in 7 days": "answers came within 7 days",
        "in 14": "answers came within 14 days",
        "in 28": "answers came within 28 days",
    }[check.measure]
    numbers = f"{count(check.observed)}, about {two_digits(check.expected)} expected"
    return f"at {label} {verb} {what} than the model expects ({numbers})"


def honesty_json(posterior: Posterior) -> dict[str, Any]:
    """The same as numbers; empty lists and null where there is nothing to judge."""
    found = honesty(posterior)
    told = found.slow_or_never
    return {
        "prior_weight": posterior.model.assumptions.prior_weight,
        "sensitivity": [
            {
                "number": s.kind,
                "of": s.where,
                "to_prior": s.prior,
                "to_likelihood": s.likelihood,
                "prior_share": s.prior_share,
                "sensitive_to_prior": s.sensitive,
                "sd_over_prior_sd": s.against.width,
                "moved_in_prior_sds": s.against.moved,
                "rests_on": s.rests_on,
            }
            for s in found.sensitivities
        ],
        "slow_or_never": {
            "step": told.step,
            "told_apart": told.told_apart,
            "never_sd_over_prior_sd": told.never,
            "slow_sd_over_prior_sd": told.slow,
            "settled_applications": told.settled,
            "needed_applications": told.needed,
            "weeks_until_in_flight_are_enough": told.weeks,
            "open": [{"step": a.step, "open": a.still_open, "young": a.young} for a in told.ages],
        }
        if told
        else None,
        "predictive_checks": [
            {
                "step": c.step,
                "measure": c.measure,
                "observed": c.observed,
                "expected": c.expected,
                "p": c.p,
                "extreme": c.extreme,
            }
            for c in found.checks
        ],
    }
