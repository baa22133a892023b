"""The picture of what a model file expects, as SVG text: the same bytes for the same numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offercast.inference.prior import PriorPictures
from offercast.modelfile import ModelFile
from offercast.report.figures import COLOURS, styled, svg
from offercast.report.log import step_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def prior_svg(model: ModelFile, drawn: PriorPictures) -> str:
    """The prior predictive picture of a model file: chances of each step, applications to an offer, waits.

    Raises:
        CommandError: Matplotlib is not installed.
    """
    with styled():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(13, 4.2), layout="constrained")
        chances, offers, waits = figure.subplots(1, 3)
        _chances(chances, model, drawn)
        _offers(offers, drawn)
        _waits(waits, drawn)
        figure.suptitle(f"What the priors of {model.name} expect before any log", x=0.01, ha="left")
        return svg(figure)


def _chances(axes: Axes, model: ModelFile, drawn: PriorPictures) -> None:
    for curve, colour in zip(drawn.chances, COLOURS * 5, strict=False):
        axes.plot(curve.x, curve.y, color=colour, label=step_label(model.ladder, curve.label))
    axes.set(title="Chance of each step, between people", xlabel="chance to move on", xlim=(0, 1), ylim=(0, None))
    axes.set_yticks([])
    axes.legend(frameon=False, fontsize=9)


def _offers(axes: Axes, drawn: PriorPictures) -> None:
    axes.plot(drawn.offers.x, drawn.offers.y, color=COLOURS[0], marker="o", markersize=3)
    axes.set(
        title="Applications to a first offer",
        xlabel="cold applications sent, the successful one included",
        ylabel="chance of an offer among them",
        xscale="log",
        ylim=(0, 1),
    )
    axes.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
    axes.axhline(0.5, color="#c9c3b4", linewidth=0.8)
    axes.axhline(0.8, color="#c9c3b4", linewidth=0.8)


def _waits(axes: Axes, drawn: PriorPictures) -> None:
    for i, curve in enumerate(drawn.waits):
        kind = "a yes" if i % 2 == 0 else "a no"
        axes.plot(
            curve.x,
            curve.y,
            color=COLOURS[i // 2 % len(COLOURS)],
            linestyle="-" if i % 2 == 0 else "--",
            linewidth=1.2,
            label=kind if i < 2 else None,
        )
    axes.set(
        title="How long answers take",
        xlabel="days",
        ylabel="share of the answers that have come",
        xscale="log",
        ylim=(0, 1),
    )
    axes.set_xticks([1, 3, 7, 14, 30, 90], ["1", "3", "7", "14", "30", "90"])
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=9)
