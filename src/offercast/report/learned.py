"""A learned model file in words: from whom, what changed, and whether it carries over."""

from __future__ import annotations

from typing import Any

from offercast.cohort.learn import LEAST, Learned
from offercast.cohort.transport import Transport
from offercast.report.models import changed_rows
from offercast.report.tables import table
from offercast.report.words import lines_of, plural


def learned_text(made: Learned, carried: Transport | None) -> str:
    """What was learned, beside the file that it started from."""
    names = made.start.model.name, made.model.name
    rows = changed_rows((made.start.model, made.model))
    parts = [f"LEARNED FROM {plural(made.used, 'seeker').upper()}"]
    parts += [f"  {line}" for line in _left_out(made)]
    parts.append(table([["middle, and 8 people in 10", *names], *rows], align="lrr"))
    note = (
        f"What fewer than {LEAST} seekers tell about stays as it was. In the file each prior says from how many"
        " seekers it comes, and within what bounds its middle and its spread are known."
    )
    parts += lines_of(note, first="  ", rest="  ")
    said = "Not looked at." if carried is None else carried_sentence(carried)
    parts += ["", "DOES IT CARRY OVER", *lines_of(said, first="  ", rest="  ")]
    return "\n".join(parts)


def _left_out(made: Learned) -> list[str]:
    found = []
    if made.merged:
        found.append(
            f"left out: {plural(made.merged, 'log')} that never name some stage, and so tell of no single step"
        )
    if made.failed:
        found.append(f"left out: {plural(made.failed, 'log')} that could not be read, or tell nothing")
    return found


def carried_sentence(carried: Transport) -> str:
    """Whether what one half teaches forecasts the other half better, in words."""
    start = carried.learned.start.model.name
    many = f"{plural(carried.forecasts, 'forecast')} for {plural(carried.seekers, 'seeker')}"
    skill, gain = carried.skill, carried.gain
    numbers = (
        f"The error (CRPS) is {_points(skill.median)} ({_points(skill.low)} to {_points(skill.high)}) smaller, and a"
        f" forecast gains {gain.median:+.3f} nats ({gain.low:+.3f} to {gain.high:+.3f})."
    )
    inside = (
        f"80 % ranges held {100 * carried.inside[1]:.0f} % of what came ({100 * carried.inside[0]:.0f} % by {start})."
    )
    if carried.better:
        verdict = f"Yes: learned from one half, it forecasts the other half better than {start} ({many})."
    else:
        verdict = (
            f"Not shown: learned from one half, it does not clearly forecast the other half better than {start}"
            f" ({many}). Use it where you trust that the next seekers are like these; else stay with {start}."
        )
    return f"{verdict} {numbers} {inside}"


def _points(share: float) -> str:
    return f"{100 * share:.1f} %"


def learned_json(made: Learned, carried: Transport | None) -> dict[str, Any]:
    """Means and sds between people with 90 % intervals, on the scales on which they are normal; and the check."""
    body: dict[str, Any] = {
        "name": made.model.name,
        "sha256": made.model.digest,
        "started_from": made.start.model.name,
        "seekers": made.used,
        "left_out_never_named": made.merged,
        "left_out_unreadable": made.failed,
        "rounds": made.rounds,
        "last_step_sd": made.moved,
        "least_seekers": LEAST,
        "quantities": [
            {
                "kind": quantity.kind,
                "name": quantity.name,
                "when": quantity.when or None,
                "seekers": int(made.seekers[i]),
                "before": {"mean": float(made.start.mean[i]), "sd": float(made.start.sd[i])},
                "mean": vars(made.mean_of(quantity)),
                "sd": vars(made.sd_of(quantity)),
            }
            for i, quantity in enumerate(made.start.quantities)
            if made.known[i]
        ],
        "carries_over": None,
    }
    if carried is not None:
        body["carries_over"] = {
            "better": carried.better,
            "seekers": carried.seekers,
            "forecasts": carried.forecasts,
            "crps_skill": vars(carried.skill),
            "log_score_gain_nats": vars(carried.gain),
            "inside_80_before": carried.inside[0],
            "inside_80_now": carried.inside[1],
        }
    return body
