"""The picture of a simulation-based calibration, drawn by ArviZ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offercast.errors import CommandError, did_you_mean
from offercast.report.figures import SENT, SOFT, WAIT, finished, matplotlib, picture
from offercast.trust.sbc import Calibration

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@picture
def plot_calibration(calibration: Calibration, quantity: str | None = None) -> Figure:
    """Are the ranks of a quantity as uniform as they should be? The difference of their ecdf from that of chance.

    ArviZ draws it (`arviz_plots.plot_ecdf_pit`, method "pot_c") and marks the stretches that speak against calibration,
    if there are any. The p-value is ours (`offercast.trust.uniformity`). Source of the curve: Sailynoja, Buerkner and
    Vehtari, Graphical test for discrete uniformity, Statistics and Computing 32 (2022).

    Args:
        calibration: from `offercast.trust.calibrate`.
        quantity: which of its quantities; the one with the smallest p-value where None.

    Returns:
        The figure. Horizontal: the rank as a share; vertical: the difference of the two distribution functions.

    Raises:
        CommandError: Matplotlib is not installed, there is no such quantity, or every fit failed.

    >>> from offercast.trust.sbc import Replication
    >>> even = Calibration(tuple(Replication(i, {"rate": (37 * i) % 100}) for i in range(100)), draws=99)
    >>> plot_calibration(even).axes[0].get_title("left")
    'Calibration of rate'
    """
    if not calibration.quantities:
        raise CommandError("no fit of this calibration gave ranks: there is nothing to draw.")
    name = quantity or calibration.worst[0]
    if name not in calibration.quantities:
        raise CommandError(f'there is no quantity "{name}". {did_you_mean(name, calibration.quantities)}')
    shares = (calibration.ranks(name) + 0.5) / (calibration.draws + 1)
    figure = _drawn(shares)
    p_value = calibration.p_values[name]
    axes = figure.axes[0]
    axes.set_title("")
    axes.set_title(f"Calibration of {name}", loc="left")
    axes.set(xlabel="rank of the truth among the draws, as a share", ylabel="more (or fewer) below than by chance")
    told = f"{shares.size:,} simulated logs, p = {p_value:.2g}"
    axes.text(0.99, 0.97, told, transform=axes.transAxes, ha="right", va="top", color=SOFT, fontsize=9)
    return finished(axes, f"Calibration of {name}: {told}.")


def _drawn(shares: Any) -> Figure:  # noqa: ANN401 - an array, which this floor does not name
    """The figure of ArviZ, taken away from Pyplot, which would keep it for ever."""
    matplotlib().use("agg", force=False)
    import arviz_base
    import arviz_plots
    import matplotlib.pyplot as plt

    data = arviz_base.from_dict({"prior_sbc": {"rank": shares}}, sample_dims=["sample"])
    drawn = arviz_plots.plot_ecdf_pit(
        data,
        method="pot_c",
        sample_dims=["sample"],
        backend="matplotlib",
        visuals={"ecdf_lines": {"color": SENT}, "suspicious_points": {"color": WAIT}, "p_value_text": False},
        figure_kwargs={"figsize": (7.5, 4.0)},
    )
    figure = drawn.viz["figure"].item()
    plt.close(figure)
    return figure
