"""Pictures of a fit: how likely each step is, how answers come in, how many applications an offer takes."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

from offercast.inference.curves import answer_curve, chances_among
from offercast.inference.posterior import Posterior
from offercast.inference.predictive import EXTREME, predictive_checks
from offercast.inference.summary import NEEDED_AT, step_rates, track_yields
from offercast.report.decisions import short
from offercast.report.figures import (
    COLOURS,
    DASHES,
    LINE,
    NAME,
    NO,
    PALE,
    SENT,
    SOFT,
    WAIT,
    axes_of,
    beside,
    finished,
    percents,
    picture,
)
from offercast.report.log import step_label
from offercast.report.text import counted
from offercast.report.words import percent, percent_interval, rounded_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@picture
def plot_rates(posterior: Posterior, *, ax: Axes | None = None) -> Figure:
    """The chance of each step by track, with its 90 % interval, what was counted, and what is usual (a bar).

    Args:
        posterior: from `fit`, or loaded.
        ax: where to draw; a new figure where None.

    Returns:
        The figure. Horizontal: the chance to move on within the horizon, for a cold application.

    Raises:
        CommandError: Matplotlib is not installed.

    >>> by_hand = Posterior.from_chances({"A": {"applied->response": 0.2}})
    >>> plot_rates(by_hand).axes[0].get_title("left")
    'How likely each step is'
    """
    rates = step_rates(posterior)
    ladder, horizon = posterior.ladder, posterior.model.assumptions.horizon_days
    axes = axes_of(ax, rows=len(rates) + len({rate.step for rate in rates}))
    ticks: list[tuple[float, str]] = []
    place, last, said = 0.0, "", []
    for rate in rates:
        if rate.step != last:
            place, last = place + (0.6 if last else 0.0), rate.step
            axes.text(0, place, step_label(ladder, rate.step), color=SOFT, fontsize=9, va="center")
            usual = posterior.model.step_prior(rate.step).advance.median
            end = place + len(posterior.tracks) + 0.3
            axes.plot([usual, usual], [place + 0.6, end], color=WAIT, linewidth=2)
            place += 1
        axes.plot([rate.chance.low, rate.chance.high], [place, place], color=SENT, linewidth=2.5)
        axes.plot(rate.chance.median, place, "o", color=SENT, markersize=5)
        told = f"{percent_interval(rate.chance)}   {counted(rate)}"
        beside(axes, place, told)
        ticks.append((place, short(rate.track, NAME)))
        said.append(f"{step_label(ladder, rate.step)}, {rate.track}: {percent_interval(rate.chance)}")
        place += 1
    axes.set_yticks([at for at, _ in ticks], [name for _, name in ticks])
    axes.tick_params(axis="y", length=0)
    axes.set(title="How likely each step is", xlim=(0, 1))
    axes.set_xlabel(f"chance to move on within {horizon:.0f} days; upright bars: what is usual")
    axes.set_ylim(place - 0.4, -0.6)
    axes.xaxis.set_major_formatter(percents())
    return finished(axes, f"Chance of each step with its 90 % interval. {'; '.join(said)}.")


@picture
def plot_waits(posterior: Posterior, step: str | None = None, *, ax: Axes | None = None) -> Figure:
    """How the answers to a step come in, day by day, and the plateau of those that never hear anything.

    Args:
        posterior: from `fit`, or loaded.
        step: the id of a step that an employer decides; the first one after sending where None.
        ax: where to draw; a new figure where None.

    Returns:
        The figure. Horizontal: days since the stage was entered; vertical: share of the applications, averaged over
        tracks, with the 90 % interval as a band.

    Raises:
        CommandError: Matplotlib is not installed, or no employer decides such a step.

    >>> by_hand = Posterior.from_chances({"A": {"applied->response": 0.2}})
    >>> plot_waits(by_hand).axes[0].get_title("left")
    'Answers to Applied → Response'
    """
    ladder = posterior.ladder
    chosen = step or ladder.steps[ladder.step_index[ladder.sent]].id
    curve = answer_curve(posterior, chosen)
    axes = axes_of(ax)
    told = [point.median for point in curve.answered]
    moved = [point.median for point in curve.moved_on]
    axes.fill_between(
        curve.days, [p.low for p in curve.answered], [p.high for p in curve.answered], color=NO, alpha=0.5, linewidth=0
    )
    axes.fill_between(
        curve.days, [p.low for p in curve.moved_on], [p.high for p in curve.moved_on], color=PALE, linewidth=0
    )
    axes.plot(curve.days, told, color=SOFT, linestyle="--", linewidth=1.8, label="answered, yes or no")
    axes.plot(curve.days, moved, color=SENT, linewidth=2.2, label="moved on")
    axes.axhline(told[-1], color=WAIT, linewidth=1.2, linestyle=":")
    middle: Any = {"ha": "right", "va": "center", "color": SOFT}
    axes.text(
        0.98 * curve.days[-1], (1 + curve.answered[-1].high) / 2, f"never answered: {percent(curve.never)}", **middle
    )
    axes.set(
        title=f"Answers to {step_label(ladder, chosen)}",
        xlabel=f"days since {ladder.stage(chosen.split('->')[0]).label}",
        ylabel="share of applications",
        xlim=(0, curve.days[-1]),
        ylim=(0, 1),
    )
    axes.yaxis.set_major_formatter(percents())
    axes.legend(loc="upper left", frameon=False, fontsize=9)
    alt = f"Answers to {step_label(ladder, chosen)} by day. Sooner or later {percent(moved[-1])} move on"
    return finished(axes, f"{alt}, {percent(told[-1])} are answered, and {percent(curve.never)} never hear anything.")


@picture
def plot_needed(posterior: Posterior, *, most: int = 1000, ax: Axes | None = None) -> Figure:
    """The chance of at least one offer among so many cold applications, by track.

    Args:
        posterior: from `fit`, or loaded.
        most: the largest number of applications shown, at least 10.
        ax: where to draw; a new figure where None.

    Returns:
        The figure. Horizontal: applications, the successful one included (log scale); vertical: the chance, averaged
        over what the log leaves possible.

    Raises:
        CommandError: Matplotlib is not installed, or `most` is below 10.

    >>> by_hand = Posterior.from_chances({"A": {"applied->response": 0.2}})
    >>> plot_needed(by_hand).axes[0].get_title("left")
    'How many applications to a first offer'
    """
    if most < 10:
        from offercast.errors import CommandError

        raise CommandError(f"most = {most}: show at least 10 applications.")
    numbers = sorted({max(round(most ** (i / 80)), 1) for i in range(81)})
    yields = {found.track: found.needed for found in track_yields(posterior)}
    axes = axes_of(ax, high=4.0 + max(len(yields) - 8, 0) * 0.12)
    said = []
    looks = zip(cycle(COLOURS), cycle(DASHES), strict=False)
    for (track, chances), (colour, dash) in zip(chances_among(posterior, numbers).items(), looks, strict=False):
        even, sure = (rounded_count(n, "over 100,000") for n in yields[track].values())
        axes.plot(numbers, chances, color=colour, linestyle=dash, linewidth=1.8, label=f"{short(track, NAME)}: {even}")
        said.append(f"{track}: {even} for an even chance, {sure} for 8 in 10")
    for chance in NEEDED_AT:
        axes.axhline(chance, color=LINE, linewidth=0.8, zorder=0)
    axes.set(
        title="How many applications to a first offer",
        xlabel="cold applications sent, the successful one included",
        ylabel="chance of an offer among them",
        xscale="log",
        xlim=(1, most),
        ylim=(0, 1),
    )
    axes.set_xticks(at := [n for n in (1, 3, 10, 30, 100, 300, 1000, 10_000) if n <= most], [f"{n:,}" for n in at])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(percents())
    axes.legend(title="for an even chance", loc="upper left", frameon=False, fontsize=9, title_fontsize=9)
    return finished(axes, f"Applications to a first offer. {'; '.join(said)}.")


@picture
def plot_checks(posterior: Posterior, *, seed: int = 1, ax: Axes | None = None) -> Figure:
    """Does the model fit the log? The p-value of each posterior predictive check, beside the limit of "far off".

    Args:
        posterior: from `fit`, or loaded.
        seed: of the replicated logs.
        ax: where to draw; a new figure where None.

    Returns:
        The figure. Horizontal: the p-value on a log scale. Points left of the dotted line do not fit; of logs that do
        fit, at most about 1 in 20 shows any.

    Raises:
        CommandError: Matplotlib is not installed.

    >>> by_hand = Posterior.from_chances({"A": {"applied->response": 0.2}})
    >>> alt = plot_checks(by_hand).axes[0].get_label()
    >>> alt
    'No check could be made: the fit has no draws to replicate, or the log has too few answers.'
    """
    checks = predictive_checks(posterior, seed=seed)
    axes = axes_of(ax, rows=len(checks))
    if not checks:
        said = "No check could be made: the fit has no draws to replicate, or the log has too few answers."
        axes.text(0.5, 0.5, said.replace(": ", ":\n"), transform=axes.transAxes, ha="center", va="center", color=SOFT)
        axes.set_axis_off()
        return finished(axes, said)
    least = min(0.5 * EXTREME / len(checks), 0.5 * min(max(check.p, 1e-4) for check in checks))
    for place, check in enumerate(checks):
        colour, marker = (WAIT, "D") if check.extreme else (SENT, "o")
        axes.plot([least, max(check.p, 1e-4)], [place, place], color=LINE, linewidth=0.8, zorder=0)
        axes.plot(max(check.p, 1e-4), place, marker, color=colour, markersize=6)
    labels = [f"{step_label(posterior.ladder, check.step)}: {_whole(check.measure)}" for check in checks]
    axes.set_yticks(range(len(checks)), labels, fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.axvline(EXTREME / len(checks), color=SOFT, linestyle=":", linewidth=1.2)
    axes.set(title="Does the model fit the log?", xlabel="p-value; far off: left of the dotted line", xscale="log")
    axes.set(xlim=(least, 1.2), ylim=(len(checks) - 0.4, -0.6))
    axes.set_xticks(at := [n for n in (0.0001, 0.001, 0.01, 0.1, 1.0) if n >= least], [f"{n:g}" for n in at])
    axes.minorticks_off()
    off = [label for label, check in zip(labels, checks, strict=True) if check.extreme]
    return finished(axes, f"{len(checks)} checks of the fit against the log; far off: {', '.join(off) or 'none'}.")


def _whole(measure: str) -> str:
    """What was compared, in words that need no line above them."""
    return f"answers {measure} days" if measure.startswith("in ") else measure
