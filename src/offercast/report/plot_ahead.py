"""Pictures of what lies ahead: the chance of an offer by date, tracks compared, and how long applications wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from offercast.decisions.compare import Comparison
from offercast.decisions.waiting import Silence
from offercast.errors import CommandError
from offercast.forecast.exact import exact_curve
from offercast.forecast.limits import NO_LIMITS
from offercast.forecast.outlook import Outlook
from offercast.inference.posterior import Posterior
from offercast.inference.summary import interval
from offercast.inference.waits import Floats
from offercast.ladder import Ladder
from offercast.report.decisions import short
from offercast.report.figures import (
    HATCH,
    NAME,
    PALE,
    SENT,
    SOFT,
    WAIT,
    axes_of,
    beside,
    dated,
    finished,
    percents,
    picture,
)
from offercast.report.plot_log import blueprint
from offercast.report.text import in_a_hundred
from offercast.report.words import day, percent, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BAND = 0.8
"""The band around a forecast holds so much of the rates that fit the log, as on the page."""
SHOWN = 20
"""Waiting applications that are drawn; the others are counted."""


@picture
def plot_outlook(outlook: Outlook, posterior: Posterior | None = None, *, ax: Axes | None = None) -> Figure:
    """The chance of an offer by date, with today's even chance marked.

    Args:
        outlook: from `forecast_offer`.
        posterior: what it was made from: adds the band that holds 8 in 10 of the rates that fit the log.
        ax: where to draw; a new figure where None.

    Returns:
        The figure. Horizontal: the day; vertical: the share of the simulated searches that have an offer by it.

    Raises:
        CommandError: Matplotlib is not installed; or a band is asked for and the plan has limits on what happens at
            once, for which the exact curve is not known.

    >>> from offercast.forecast import Plan, forecast_offer
    >>> by_hand = Posterior.from_chances({"A": {"applied->response": 0.2}})
    >>> figure = plot_outlook(forecast_offer(by_hand, Plan.per_week({"A": 5.0}), horizon_weeks=8, searches=1000))
    >>> figure.axes[0].get_title("left")
    'Chance of an offer by date'
    """
    axes = axes_of(ax)
    weeks = range(outlook.horizon_weeks + 1)
    dates: Any = [outlook.as_of + timedelta(weeks=week) for week in weeks]
    chances = [outlook.chance_by(7.0 * week) for week in weeks]
    if posterior is not None:
        columns = _exact(outlook, posterior)
        spread = [interval(columns[7 * week], BAND) for week in weeks]
        low, high = [point.low for point in spread], [point.high for point in spread]
        axes.fill_between(dates, low, high, color=PALE, linewidth=0, label="8 in 10 of the rates that fit the log")
        axes.legend(loc="upper left", frameon=False, fontsize=9)
    axes.plot(dates, chances, color=SENT, linewidth=2.2)
    goal = "an offer" if outlook.goal == "offer" else outlook.goal
    said = f"{percent(chances[-1])} by {day(dates[-1])}"
    even: Any = outlook.date_quantile(0.5)
    if even is not None:
        axes.plot([even, even], [0, 0.5], color=WAIT, linestyle=":", linewidth=1.4)
        axes.plot(even, 0.5, "o", color=WAIT, markersize=5)
        left = even > dates[len(dates) // 2]
        axes.annotate(
            f"even chance: {day(even)} ",
            (even, 0.06),
            (-7 if left else 7, 0),
            textcoords="offset points",
            ha="right" if left else "left",
            fontsize=9,
        )
        said = f"Even chance by {day(even)}; {said}"
    axes.set(
        title=f"Chance of {goal} by date", ylabel=f"chance of {goal} by then", xlim=(dates[0], dates[-1]), ylim=(0, 1)
    )
    axes.set_xlabel(f"day, from {day(outlook.as_of)} on")
    axes.yaxis.set_major_formatter(percents())
    dated(axes)
    return finished(axes, f"Chance of {goal} by date. {said}.")


@picture
def plot_comparison(comparison: Comparison, *, ax: Axes | None = None) -> Figure:
    """Tracks by offers per 100 applications through one channel, likeliest best first, with their intervals.

    Args:
        comparison: from `compare`.
        ax: where to draw; a new figure where None.

    Returns:
        The figure. Horizontal: offers per 100 applications; beside each track its chance of being the best.

    Raises:
        CommandError: Matplotlib is not installed.

    >>> from offercast.decisions import compare
    >>> by_hand = Posterior.from_chances({"A": {"applied->response": 0.2}, "B": {"applied->response": 0.1}})
    >>> plot_comparison(compare(by_hand)).axes[0].get_label()[:38]
    'Offers in 100 applications, by track. '
    """
    whole = comparison.whole
    tracks = sorted(whole.chances, key=lambda track: (-whole.chance_best[track], -whole.chances[track].median))
    axes = axes_of(ax, rows=len(tracks))
    said = []
    for place, track in enumerate(tracks):
        found, best = whole.chances[track], percent(whole.chance_best[track])
        axes.plot([100 * found.low, 100 * found.high], [place, place], color=SENT, linewidth=2.5)
        axes.plot(100 * found.median, place, "o", color=SENT, markersize=6)
        told = f"best: {best}" if len(tracks) > 1 else in_a_hundred(found)
        beside(axes, place, told)
        said.append(f"{track}: {in_a_hundred(found)}" + (f", the best with {best}" if len(tracks) > 1 else ""))
    axes.set_yticks(range(len(tracks)), [short(track, NAME) for track in tracks])
    axes.tick_params(axis="y", length=0)
    axes.set(title="Tracks compared" if len(tracks) > 1 else "Offers in 100", xlim=(0, None))
    axes.set_xlabel(f"offers in 100 applications, all {comparison.channel}, {100 * comparison.level:.0f} % interval")
    axes.set_ylim(len(tracks) - 0.4, -0.6)
    return finished(axes, f"Offers in 100 applications, by track. {'; '.join(said)}.")


@picture
def plot_silence(silence: Silence, *, ladder: Ladder | None = None, ax: Axes | None = None) -> Figure:
    """How long each open application has waited, and until when nine tenths of the answers that still come have come.

    Args:
        silence: from `waiting`; the 20 most hopeful ones are drawn, the others counted.
        ladder: whose labels of stages are used; that of the model "blueprint" where None.
        ax: where to draw; a new figure where None.

    Returns:
        The figure. Horizontal: days since the stage was entered: the bar up to now, the line until an answer may come;
        beside each the chance that it still moves on.

    Raises:
        CommandError: Matplotlib is not installed.

    >>> from offercast.decisions import Open, waiting
    >>> by_hand = Posterior.from_chances({"A": {"applied->response": 0.2}})
    >>> figure = plot_silence(waiting(by_hand, [Open("Acme", "A", "cold", "applied", 9, 9)]))
    >>> figure.axes[0].get_label()[:46]
    'Open applications. Acme, Applied: 9 days, move'
    """
    known = ladder or blueprint()
    rows, more = silence.rows[:SHOWN], silence.rows[SHOWN:]
    axes = axes_of(ax, rows=len(rows))
    names, said = [], []
    for place, row in enumerate(rows):
        which = row.application
        who = which.name or f"{plural(which.count, 'application')}, {which.track}"
        stage = known.stage(which.stage).label if known.is_stage(which.stage) else which.stage
        names.append(f"{short(who, NAME)}, {stage}")
        waited = (which.shortest + which.longest) / 2
        axes.barh(place, waited, height=0.6, color=WAIT, hatch=HATCH, edgecolor="white", linewidth=0.6)
        if row.days_to_most is not None:
            axes.plot([waited, waited + row.days_to_most], [place, place], color=SENT, linewidth=1.8)
            axes.plot(waited + row.days_to_most, place, "|", color=SENT, markersize=9)
        beside(axes, place, percent(row.mean_advances))
        said.append(f"{names[-1]}: {plural(round(waited), 'day')}, moves on with {percent(row.mean_advances)}")
    if not rows:
        axes.text(0.5, 0.5, "nothing is waiting for an answer", transform=axes.transAxes, ha="center", color=SOFT)
        said.append("Nothing is waiting for an answer")
    beside(axes, -1, "still moves on" if rows else "")
    hidden = sum(row.application.count for row in more)
    if hidden:
        said.append(f"and {hidden:,} more")
    rest = f"; {hidden:,} more, less likely, are not shown" if hidden else ""
    axes.set_yticks(range(len(rows)), names)
    axes.tick_params(axis="y", length=0)
    axes.set(
        title=f"Who still has to answer{rest}", xlim=(0, None), ylim=(max(len(rows), 1) - 0.4, -1.4 if rows else -0.6)
    )
    axes.set_xlabel("days: waited so far (bar), 9 in 10 of the answers within (line)")
    return finished(axes, f"Open applications. {'; '.join(said)}.")


def _exact(outlook: Outlook, posterior: Posterior) -> Sequence[Floats]:
    """The exact curve of the outlook's plan: for each day from 0 on, the chance by then in each draw."""
    if outlook.limits != NO_LIMITS:
        raise CommandError("with limits on what happens at once there is no exact curve: draw it without a posterior.")
    curve = exact_curve(
        posterior,
        outlook.plan,
        horizon_weeks=outlook.horizon_weeks,
        goal=outlook.goal,
        market_sd=outlook.market_sd,
    )
    return list(curve.T)
