"""A mix that learns, told plainly: whether following the answers gains anything over the best mix of today."""

from __future__ import annotations

from offercast.decisions.learning import Learning, WayToSpend
from offercast.report.tables import table
from offercast.report.words import lines_of, percent, plural, points, two_digits

_NAMES = {
    "kept": "the best mix of today, kept",
    "anew": "solved anew with what has come in",
    "thompson": "all on one kind, drawn as likely as it is best",
    "even first": "evenly for a quarter of the time, then anew",
    "even": "the same hours for all",
    "knowing": "whoever knew the rates",
}
_MANY = 0.05


def learning_text(found: Learning) -> str:
    """Each way to spend the hours with its chance and its gain; what that says; and how far the simulation goes."""
    every = "every week" if found.every_weeks == 1 else f"every {found.every_weeks} weeks"
    rows = [["", "chance", "points more than kept", "applications sent"]]
    rows += [_row(way) for way in found.ways]
    if found.nothing_to_choose:
        return "A MIX THAT LEARNS\n  All mixes come to the same here, so that there is nothing to learn for."
    lines = [f"A MIX THAT LEARNS, looked at {every}, in {found.searches:,} simulated searches", table(rows)]
    for sentence in _sentences(found):
        lines += lines_of(sentence)
    return "\n".join(lines)


def _row(way: WayToSpend) -> list[str]:
    gain = "" if way.name == "kept" else f"{points(way.gain)} (± {points(way.margin, sign=False)})"
    return [_NAMES.get(way.name, way.name), percent(way.chance), gain, two_digits(way.applications)]


def _sentences(found: Learning) -> list[str]:
    best, knowing = found.best_learner, found.way("knowing")
    told = {
        "gains": (
            f"A mix that also learns: {percent(best.chance)}, {points(best.gain, sign=False)} points more than keeping "
            "the best mix of today."
        ),
        "next to nothing": (
            "A mix that also learns gains next to nothing here: what the answers teach comes too late, or changes too "
            "little. Keeping the mix is as good; look again when the log has grown."
        ),
        "cannot tell": "Whether a mix that also learns gains anything cannot be told from so many searches.",
    }
    sentences = [
        told[found.verdict],
        f"Whoever knew the rates would gain {points(knowing.gain, sign=False)} points; no mix can do better.",
    ]
    if found.flattened > _MANY:
        sentences.append(
            f"In {percent(found.flattened)} of the searches {plural(found.draws, 'draw')} of the rates were too few "
            "to believe all that came in; learning may do a little better than shown."
        )
    return sentences
