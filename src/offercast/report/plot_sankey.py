"""A picture of where applications went: stages as bars from left to right, flows as ribbons between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import fill
from typing import TYPE_CHECKING

from offercast.evidence.flows import BEGUN, IN_HAND, UNKNOWN, WAITING, Flow
from offercast.ladder import Ladder
from offercast.report.decisions import short
from offercast.report.figures import HATCH, NAME, NO, SENT, SOFT, WAIT, axes_of, finished, picture
from offercast.report.sankey import end_label, start_label
from offercast.report.words import day

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BAR = 0.06
"""The width of a stage, in columns."""
WORDS = 13
"""Characters of a line of a name."""
GAP = 0.1
"""Free height between two bars, as a share of the largest one."""

Place = tuple[str, str]
"""A stage, exit or other end; and the channel, where applications began."""


@dataclass(frozen=True)
class _Bar:
    """One place: its column, how far down its top is, and its height."""

    column: int
    top: float
    size: int


@picture
def plot_sankey(found: Iterable[Flow], ladder: Ladder, *, as_of: date, ax: Axes | None = None) -> Figure:
    """Where the applications went, from how they began to what became of them. Those that wait flow to "Waiting".

    Args:
        found: from `flows`; whole counts of applications.
        ladder: whose labels are used.
        as_of: the day of the flows.
        ax: where to draw; a new figure where None.

    Returns:
        The figure. Heights are numbers of applications; what enters a stage is what leaves it.

    Raises:
        CommandError: Matplotlib is not installed.

    >>> from offercast.modelfile import load_model
    >>> two = [Flow("", "applied", 5, "cold"), Flow("applied", "response", 2), Flow("applied", "waiting", 3)]
    >>> plot_sankey(two, load_model().ladder, as_of=date(2026, 3, 9)).axes[0].get_label()
    'Flows of applications as of 9 March 2026. Applied to Response: 2; Applied to Waiting: 3.'
    """
    every = tuple(found)
    begun = [flow for flow in every if flow.start == BEGUN]
    shown = [flow for flow in every if flow.start != BEGUN or len(begun) > 1] or begun
    bars = _bars(shown, ladder)
    axes = axes_of(ax, high=4.6)
    leaving = _stacked(shown, [bars[_start(flow)].top for flow in shown], [_start(flow) for flow in shown])
    arriving = sorted(shown, key=lambda flow: _arrival(flow, ladder))
    ends: list[Place] = [(flow.end, "") for flow in arriving]
    entering = _stacked(arriving, [bars[end].top for end in ends], ends)
    for flow in shown:
        start, end = (bars[place].column for place in (_start(flow), (flow.end, "")))
        _ribbon(axes, (start, -leaving[flow]), (end, -entering[flow]), flow, _colour(flow.end, ladder))
    columns = max((bar.column for bar in bars.values()), default=0)
    for (name, channel), bar in bars.items():
        axes.bar(bar.column, bar.size, BAR, bottom=-bar.top - bar.size, color=_colour(name, ladder))
        label = start_label(Flow(BEGUN, "", 0, channel), ladder) if name == BEGUN else end_label(name, ladder)
        _write(axes, bar, short(label, NAME), _side(name, ladder))
    if not bars:
        axes.text(0.5, 0.5, "nothing sent yet", transform=axes.transAxes, ha="center", color=SOFT)
    room = 1.6 if any(name == BEGUN for name, _ in bars) else 0.3
    axes.set(title=f"Where the applications went, {day(as_of)}\n\n", xlim=(-room, columns + 1.3))
    axes.set_axis_off()
    said = "; ".join(f"{start_label(f, ladder)} to {end_label(f.end, ladder)}: {f.count:,}" for f in shown)
    return finished(axes, f"Flows of applications as of {day(as_of)}. {said or 'None yet'}.")


def _side(name: str, ladder: Ladder) -> str:
    """Where the name of a place stands: before the bar of a channel, above that of a stage, behind all others."""
    if name == BEGUN:
        return "left"
    return "top" if ladder.is_stage(name) else "right"


def _write(axes: Axes, bar: _Bar, text: str, side: str) -> None:
    """Write a name and its number beside a bar; in several lines above it, where there is little room."""
    across = {"left": -BAR / 2, "top": 0.0, "right": BAR / 2}[side]
    told = f"{fill(text, WORDS)}\n{bar.size:,}" if side == "top" else f"{text} {bar.size:,}"
    middle = -bar.top - (0 if side == "top" else bar.size / 2)
    axes.annotate(
        told,
        (bar.column + across, middle),
        {"left": (-4, 0), "top": (0, 3), "right": (4, 0)}[side],
        textcoords="offset points",
        ha={"left": "right", "top": "center", "right": "left"}[side],
        va="bottom" if side == "top" else "center",
        fontsize=8,
        annotation_clip=False,
    )


def _start(flow: Flow) -> Place:
    return flow.start, flow.channel


def _bars(shown: Sequence[Flow], ladder: Ladder) -> dict[Place, _Bar]:
    """Where each place stands: stages in columns at the top, what became of applications in the last column."""
    enters: defaultdict[Place, int] = defaultdict(int)
    leaves: defaultdict[Place, int] = defaultdict(int)
    depth: dict[Place, int] = {}
    for _ in shown:  # the longest way to each place: as many rounds as there are flows are enough
        for flow in shown:
            depth.setdefault(_start(flow), 0)
            depth[flow.end, ""] = max(depth.get((flow.end, ""), 0), depth[_start(flow)] + 1)
    for flow in shown:
        leaves[_start(flow)] += flow.count
        enters[flow.end, ""] += flow.count
    last = max(depth.values(), default=0)
    size = {place: max(enters[place], leaves[place]) for place in depth}
    gap = GAP * max(size.values(), default=0)
    bottom: defaultdict[int, float] = defaultdict(float)
    ahead = {place: place[0] == BEGUN or ladder.is_stage(place[0]) for place in depth}
    columns = {place: at if ahead[place] else last for place, at in depth.items()}
    bars = {}
    for place in sorted(depth, key=lambda p: (columns[p], _rank(p, ladder))):
        column = columns[place]
        bars[place] = _Bar(column, bottom[column], size[place])
        bottom[column] += size[place] + gap
    return bars


def _stacked(found: Sequence[Flow], tops: Sequence[float], places: Sequence[Place]) -> dict[Flow, float]:
    """How far down the upper edge of each flow is at its place, where those of one place lie below each other."""
    used: defaultdict[Place, int] = defaultdict(int)
    edges = {}
    for flow, top, place in zip(found, tops, places, strict=True):
        edges[flow] = top + used[place]
        used[place] += flow.count
    return edges


def _arrival(flow: Flow, ladder: Ladder) -> tuple[bool, int]:
    """The order in which flows enter a place, the upper one first: from the right to the left, then channels."""
    rank = _rank(_start(flow), ladder)
    return (True, rank) if flow.start == BEGUN else (False, -rank)


def _rank(place: Place, ladder: Ladder) -> int:
    """Stages above exits, and those that wait at the bottom."""
    order = [*ladder.stage_ids, IN_HAND, *reversed(ladder.exits_by_id), UNKNOWN, WAITING]
    return order.index(place[0]) if place[0] in order else list(ladder.channels_by_id).index(place[1])


def _ribbon(axes: Axes, start: tuple[float, float], end: tuple[float, float], flow: Flow, colour: str) -> None:
    """Draw a flow between two places, each given by its column and the height of the ribbon's upper edge."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    (left, high), (right, low) = (start[0] + BAR / 2, start[1]), (end[0] - BAR / 2, end[1])
    bend = (left + right) / 2
    there = [(left, high), (bend, high), (bend, low), (right, low)]
    back = [(x, y - flow.count) for x, y in reversed(there)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    hatch = HATCH if flow.end == WAITING else None
    outline = Path([*there, *back, there[0]], codes)
    axes.add_patch(PathPatch(outline, facecolor=colour, hatch=hatch, alpha=0.5, linewidth=0))


def _colour(name: str, ladder: Ladder) -> str:
    """Of a place: its own as on the page; stages and an offer in hand are ahead, all other ends are grey."""
    if name == BEGUN:
        return SOFT
    return WAIT if name == WAITING else SENT if ladder.is_stage(name) or name == IN_HAND else NO
