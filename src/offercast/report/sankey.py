"""Where applications went as a block of text that SankeyMATIC (sankeymatic.com) draws, and others like it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from offercast.evidence.flows import BEGUN, IN_HAND, UNKNOWN, WAITING, Flow
from offercast.ladder import Ladder, normalise
from offercast.report.figures import NO, SENT, WAIT
from offercast.report.words import day

_ENDS = {WAITING: "Waiting", IN_HAND: "Offer in hand", UNKNOWN: "Not known further"}
_UNSAFE = str.maketrans({"[": "(", "]": ")", "#": "", "\n": " ", "\r": " "})
"""What has a meaning of its own in such a block."""


def sankey_text(found: Iterable[Flow], ladder: Ladder, *, as_of: date) -> str:
    r"""One line for each flow, "Applied [16] Response", then the colours of the ends: text for sankeymatic.com/build.

    Where applications began in several ways, each way is a flow of its own. Open applications flow to "Waiting".

    Args:
        found: from `flows`; whole counts of applications.
        ladder: whose labels are used.
        as_of: the day of the flows, told in a comment.

    >>> from offercast.modelfile import load_model
    >>> two = [Flow("applied", "response", 16), Flow("applied", "waiting", 67)]
    >>> print(sankey_text(two, load_model().ladder, as_of=date(2026, 3, 9)).split("\n\n")[0])
    // Applications as of 9 March 2026
    Applied [16] Response
    Applied [67] Waiting
    """
    shown = named_flows(found, ladder)
    lines = [f"{start} [{count}] {end}" for start, count, end in shown]
    names = {name for start, _, end in shown for name in (start, end)}
    colours = [(ladder.stage(s.id).label, SENT) for s in ladder.stages if s.id != ladder.goal]
    colours += [(end_label(WAITING, ladder), WAIT), *((e.label, NO) for e in ladder.exits)]
    coloured = [f":{_plain(name)} {colour}" for name, colour in colours if _plain(name) in names]
    return "\n".join([f"// Applications as of {day(as_of)}", *lines, "", *coloured]) + "\n"


def named_flows(found: Iterable[Flow], ladder: Ladder) -> list[tuple[str, int, str]]:
    """Flows by their labels, as (from, count, to); how they began is left out where all began one way."""
    flows = tuple(found)
    begun = [flow for flow in flows if flow.start == BEGUN]
    kept = [flow for flow in flows if flow.start != BEGUN or len(begun) > 1]
    return [(start_label(flow, ladder), flow.count, end_label(flow.end, ladder)) for flow in kept]


def start_label(flow: Flow, ladder: Ladder) -> str:
    """Where a flow begins: a stage, or the channel."""
    if flow.start != BEGUN:
        return end_label(flow.start, ladder)
    return _plain(f"via {ladder.channels_by_id[flow.channel].label}")


def end_label(end: str, ladder: Ladder) -> str:
    """Where a flow ends, in words; another word where the ladder uses ours for a stage or an exit of its own."""
    if ladder.is_stage(end):
        return _plain(ladder.stage(end).label)
    if end in ladder.exits_by_id:
        return _plain(ladder.exits_by_id[end].label)
    label = _ENDS[end]
    return f"{label} (so far)" if normalise(label) in ladder.words else label


def _plain(label: str) -> str:
    return " ".join(label.translate(_UNSAFE).split()).lstrip(":/'") or "-"
