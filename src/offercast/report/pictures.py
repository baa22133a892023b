"""Pictures as SVG text, the same bytes for the same numbers. Drawn with Matplotlib, which is an extra: `[plots]`."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from offercast.errors import CommandError
from offercast.inference.prior import PriorPictures
from offercast.modelfile import ModelFile
from offercast.report.log import step_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = ("#1f4e79", "#c8702b", "#3f7f5f", "#8c4a6e", "#6f6a5e", "#2a93a8", "#a8882a")
_STYLE = {
    "svg.hashsalt": "offercast",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8a8577",
    "axes.titlelocation": "left",
    "figure.facecolor": "#fbfaf7",
    "axes.facecolor": "#fbfaf7",
    "savefig.facecolor": "#fbfaf7",
}


def prior_svg(model: ModelFile, drawn: PriorPictures) -> str:
    """The prior predictive picture of a model file: chances of each step, applications to an offer, waits.

    Raises:
        CommandError: Matplotlib is not installed.
    """
    plt = _matplotlib()
    with plt.rc_context({**plt.rcParamsDefault, **_STYLE}):
        figure, (chances, offers, waits) = plt.subplots(1, 3, figsize=(13, 4.2), layout="constrained")
        try:
            _chances(chances, model, drawn)
            _offers(offers, drawn)
            _waits(waits, drawn)
            figure.suptitle(f"What the priors of {model.name} expect before any log", x=0.01, ha="left")
            stream = io.StringIO()
            figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
        finally:
            plt.close(figure)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def _chances(axes: Axes, model: ModelFile, drawn: PriorPictures) -> None:
    for curve, colour in zip(drawn.chances, _COLOURS * 5, strict=False):
        axes.plot(curve.x, curve.y, color=colour, label=step_label(model.ladder, curve.label))
    axes.set(title="Chance of each step, between people", xlabel="chance to move on", xlim=(0, 1), ylim=(0, None))
    axes.set_yticks([])
    axes.legend(frameon=False, fontsize=9)


def _offers(axes: Axes, drawn: PriorPictures) -> None:
    axes.plot(drawn.offers.x, drawn.offers.y, color=_COLOURS[0], marker="o", markersize=3)
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
            color=_COLOURS[i // 2 % len(_COLOURS)],
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


def _matplotlib() -> Any:  # noqa: ANN401 - a module
    """Pyplot of Matplotlib, with a back end that needs no screen, or a message that says how to get it."""
    try:
        import matplotlib as mpl
    except ImportError:
        raise CommandError(
            'pictures are drawn with Matplotlib, which is not installed. Add it: pip install "offercast[plots]".'
        ) from None
    mpl.use("svg")
    import matplotlib.pyplot as plt

    return plt
