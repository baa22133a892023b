"""Pictures of what a log tells: the funnel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offercast.evidence.evidence import Evidence
from offercast.ladder import Ladder
from offercast.report.figures import HATCH, NO, PALE, SENT, SOFT, WAIT, axes_of, finished, picture
from offercast.report.words import count, day

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = (("moved on", SENT, "", "white"), ("waiting", WAIT, HATCH, "black"), ("told no", NO, "", "black"),
         ("ended without an answer", PALE, "", "black"))  # fmt: skip
"""What can have become of those at a stage, with its colour, its hatching and the colour of its number."""
_ROOM_FOR_A_NUMBER = 0.035


@picture
def plot_funnel(evidence: Evidence, *, ladder: Ladder | None = None, ax: Axes | None = None) -> Figure:
    """Of each stage: how many moved on, wait, were told no, or ended without an answer. Those that wait are no noes.

    Args:
        evidence: from `gather`.
        ladder: whose labels are used; that of the model "blueprint" where None.
        ax: where to draw; a new figure where None.

    Returns:
        The figure. Horizontal: numbers of applications, all tracks and channels together.

    Raises:
        CommandError: Matplotlib is not installed, or the evidence is of another ladder.

    >>> import offercast
    >>> history = offercast.read_history(offercast.example())
    >>> figure = plot_funnel(offercast.gather(history, as_of=history.last_date))
    >>> figure.axes[0].get_label()[:63]
    'Applications by stage as of 2 April 2026. Applied: 16 moved on;'
    """
    known = ladder or blueprint()
    rows = funnel_rows(evidence, known)
    axes = axes_of(ax, rows=len(rows))
    most = max((sum(parts) for _, parts in rows), default=0.0) or 1.0
    said = []
    for place, (label, parts) in enumerate(rows):
        left = 0.0
        for (kind, colour, hatch, ink), value in zip(KINDS, parts, strict=True):
            axes.barh(place, value, left=left, height=0.72, color=colour, hatch=hatch, edgecolor="white", linewidth=0.6)
            if value > _ROOM_FOR_A_NUMBER * most:
                box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8} if hatch else None
                axes.text(
                    left + value / 2, place, count(value), color=ink, fontsize=9, bbox=box, ha="center", va="center"
                )
            left += value
            if value:
                said.append(f"{label}: {count(value)} {kind}")
    if not said:
        axes.text(0.5, 0.5, "nothing sent yet", transform=axes.transAxes, ha="center", color=SOFT)
    from matplotlib.patches import Patch

    shown = [i for i in range(len(KINDS)) if i < 3 or any(parts[i] for _, parts in rows)]
    keys = [Patch(facecolor=KINDS[i][1], hatch=KINDS[i][2], edgecolor="white", label=KINDS[i][0]) for i in shown]
    axes.legend(handles=keys, loc="lower right", frameon=False, fontsize=9)
    axes.set_yticks(range(len(rows)), [label for label, _ in rows])
    axes.tick_params(axis="y", length=0)
    axes.set(title=f"Where the applications are, {day(evidence.as_of)}", xlabel="applications", xlim=(0, 1.02 * most))
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.locator_params(axis="x", integer=True)
    return finished(axes, f"Applications by stage as of {day(evidence.as_of)}. {'; '.join(said) or 'None yet'}.")


def funnel_rows(evidence: Evidence, ladder: Ladder) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Each stage up to the offer with its numbers, in the order of `KINDS`."""
    ladder = ladder.without(evidence.implied)
    if evidence.steps != tuple(step.id for step in ladder.steps):
        from offercast.errors import CommandError

        raise CommandError("this evidence was gathered on another ladder: give its own, ladder=history.ladder.")
    totals, waiting = evidence.step_totals(), [0] * len(ladder.steps)
    for row in evidence.in_flight:
        waiting[row.step] += row.count
    rows = []
    for s in ladder.steps_to_goal(ladder.reference.id):
        moved, no, silent = totals[s]
        ended = max(round(silent - waiting[s], 6), 0.0)
        rows.append((ladder.stage(ladder.steps[s].start).label, (moved, float(waiting[s]), no, ended)))
    return rows


def blueprint() -> Ladder:
    """The ladder of the model "blueprint"."""
    from offercast.modelfile import load_model

    return load_model().ladder
