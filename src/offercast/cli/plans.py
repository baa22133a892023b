"""The options that describe a plan, read into a Plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from offercast.errors import CommandError
from offercast.history.dates import NotADateError, parse_window

if TYPE_CHECKING:
    from offercast.forecast.plan import Plan
    from offercast.inference.posterior import Posterior


def read_plan(posterior: Posterior, per_week: tuple[str, ...], pauses: tuple[str, ...]) -> Plan:
    """Build the plan from `--per-week` (N, TRACK=N or TRACK:CHANNEL=N) and `--pause` (FIRST/LAST).

    Raises:
        CommandError: a number, a track, a channel or a day that cannot be.
    """
    from offercast.forecast.plan import Plan

    own = Plan.own_pace(posterior.evidence)
    windows = tuple(_pause(text) for text in pauses)
    if not per_week:
        return Plan(own.paces, pauses=windows, origin=own.origin)
    named = [text for text in per_week if "=" in text]
    totals = [text for text in per_week if "=" not in text]
    if totals and (named or len(totals) > 1):
        raise CommandError('--per-week: give one total such as "8", or a number for each track such as "TRACK=5".')
    if totals:
        total = _number(totals[0], totals[0])
        scale = total / own.total_per_week
        paces = tuple(replace(p, per_week=p.per_week * scale) for p in own.paces)
        return Plan(
            paces,
            pauses=windows,
            origin="in your usual mix" if posterior.evidence.recent else "spread evenly",
        )
    paces = tuple(_pace(posterior, text) for text in named)
    streams = [(pace.track, pace.channel or posterior.ladder.reference.id) for pace in paces]
    twice = next((stream for stream in streams if streams.count(stream) > 1), None)
    if twice:
        raise CommandError(f'--per-week: "{twice[0]}" through {twice[1]} is given twice. Give it one number.')
    return Plan(paces, pauses=windows)


def _pace(posterior: Posterior, text: str):  # noqa: ANN202 - Pace, whose import is heavy
    from offercast.forecast.plan import Pace

    name, _, number = text.rpartition("=")
    track, channel = name.strip(), None
    if track not in posterior.tracks and ":" in track:
        track, _, channel = (part.strip() for part in track.rpartition(":"))
        posterior.channel_index(channel)
    posterior.track_index(track)
    return Pace(track, _number(number, text), channel)


def _number(text: str, whole: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise CommandError(f'--per-week {whole}: "{text}" is not a number. Write TRACK=5.') from None
    if not 0 <= number <= 10_000:
        raise CommandError(f"--per-week {whole}: give a number from 0 to 10,000.")
    return number


def _pause(text: str):  # noqa: ANN202 - Pause, whose import is heavy
    from offercast.forecast.plan import Pause

    try:
        first, last = parse_window(text)
    except NotADateError as error:
        raise CommandError(f"--pause {text}: {error} Two days are joined by a slash: FIRST/LAST.") from None
    return Pause(first, last or first)


def check_dates(dates: tuple[date, ...], as_of: date, horizon_weeks: int) -> None:
    """Raise CommandError for a day that is not after `as_of`, or beyond the horizon."""
    for day in dates:
        if day <= as_of:
            raise CommandError(f"--by {day}: give a day after {as_of}, the last day that the log knows.")
        if (day - as_of).days > 7 * horizon_weeks:
            raise CommandError(f"--by {day}: it lies beyond the horizon of {horizon_weeks} weeks. Add --weeks.")
