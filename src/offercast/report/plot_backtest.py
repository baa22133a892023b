"""The pictures of a backtest: what was said at each look beside what came, and whether ranges held as they should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offercast.errors import CommandError
from offercast.report.figures import NO, PALE, SENT, SOFT, WAIT, axes_of, dated, finished, picture
from offercast.report.words import day, percent, plural
from offercast.trust.backtest import HEARD, OURS, Backtest
from offercast.trust.backtested import held, pit_histogram

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BINS = 10


@picture
def plot_backtest(backtest: Backtest, target: str = HEARD, *, weeks: int = 4, ax: Axes | None = None) -> Figure:
    """What was said at each look (the median, and the range of 8 in 10), and what came within so many weeks.

    Args:
        backtest: from `offercast.trust.backtest.backtest`.
        target: one of its numbers, such as "heard of" or "interview".
        weeks: one of its windows.
        ax: the axes to draw on; those of a new figure where None.

    Returns:
        The figure. Horizontal: the day of the look; vertical: applications.

    Raises:
        CommandError: Matplotlib is not installed, or there is no such number.
    """
    rows = [one for one in backtest.of(OURS, target) if one.weeks == weeks]
    if not rows:
        known = sorted({(one.target, one.weeks) for one in backtest.of(OURS, primary=True)})
        told = ", ".join(f'"{name}" within {n} weeks' for name, n in known)
        raise CommandError(f'nothing was said of "{target}" within {weeks} weeks. There is: {told}.')
    axes = axes_of(ax)
    days: Any = [one.origin for one in rows]
    middle, low, high = ([float(one.said[i] or 0) for one in rows] for i in range(3))
    below = [m - lo for m, lo in zip(middle, low, strict=True)]
    above = [hi - m for m, hi in zip(middle, high, strict=True)]
    axes.errorbar(days, middle, yerr=[below, above], fmt="o", color=SENT, ecolor=PALE, elinewidth=5, label="said")
    axes.plot(days, [one.came or 0 for one in rows], "D", color=WAIT, markersize=5, zorder=5, label="came")
    axes.set(ylabel="applications", title=f"{target.capitalize()} within {plural(weeks, 'week')}, said and come")
    axes.set_ylim(bottom=-0.5)
    axes.locator_params(axis="y", integer=True)
    axes.legend(frameon=False, fontsize=9)
    dated(axes)
    inside = sum((one.said[1] or 0) <= (one.came or 0) <= (one.said[2] or 0) for one in rows)
    return finished(
        axes,
        f"{target} within {plural(weeks, 'week')}: of {plural(len(rows), 'look')} from {day(rows[0].origin)} to"
        f" {day(rows[-1].origin)} the range of 8 in 10 held what came in {inside}.",
    )


@picture
def plot_pit(backtest: Backtest, *targets: str, ax: Axes | None = None) -> Figure:
    """Whether what came lies evenly in what was said: the histogram of the PIT, even for right forecasts.

    High at both ends: ranges are too narrow. High at the right: more came than was said. Source: Czado, Gneiting and
    Held, Biometrics 65 (2009) 1254-1261.

    Args:
        backtest: from `offercast.trust.backtest.backtest`.
        targets: which of its targets; the numbers of those that waited where none is named.
        ax: the axes to draw on; those of a new figure where None.

    Raises:
        CommandError: Matplotlib is not installed, or nothing was scored.
    """
    rows = backtest.of(OURS, *targets, primary=not targets)
    if not rows:
        raise CommandError("nothing was scored: there is no histogram.")
    shares = pit_histogram(rows, _BINS)
    axes = axes_of(ax, high=3.4)
    axes.bar([(i + 0.5) / _BINS for i in range(_BINS)], shares, width=0.92 / _BINS, color=SENT)
    axes.axhline(1.0 / _BINS, color=NO, linestyle="--", linewidth=1.5)
    axes.text(1.0, 1.0 / _BINS, " right", color=SOFT, va="bottom", ha="right", fontsize=9)
    axes.set(xlim=(0, 1), xlabel="where what came lies in what was said", ylabel="share of forecasts")
    kept = held(rows, 0.8) or 0.0
    axes.set_title(f"{plural(len(rows), 'forecast')}; 80 % ranges held {percent(kept)}")
    return finished(axes, f"PIT of {plural(len(rows), 'forecast')}: {', '.join(percent(share) for share in shares)}.")
