"""The options that describe a plan, read into a Plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import wraps
from typing import TYPE_CHECKING

import click

from offercast.errors import CommandError, did_you_mean
from offercast.history.dates import NotADateError, parse_window

if TYPE_CHECKING:
    from offercast.forecast.calendar import Lull, Pause
    from offercast.forecast.counts import Counts
    from offercast.forecast.plan import Pace, Plan
    from offercast.inference.posterior import Posterior

MOST_A_WEEK = 10_000
RHYTHM, _UNEVEN = "rhythm", "negative-binomial"
COUNT_LAWS = ("poisson", "fixed", RHYTHM, f"{_UNEVEN}:R")


@dataclass(frozen=True)
class PlanOptions:
    """What was asked for of a plan, as typed."""

    per_week: tuple[str, ...] = ()
    counts: str | None = None
    weekdays: str | None = None
    pauses: tuple[str, ...] = ()
    holidays: str | None = None
    lulls: tuple[str, ...] = ()
    budget: float | None = None
    costs: tuple[str, ...] = ()


def plan_options[**P, R](function: Callable[P, R]) -> Callable[..., R]:
    """Add the options of a plan, and hand them on as `options`."""
    options = (
        click.option(
            "--per-week",
            multiple=True,
            metavar="[TRACK[:CHANNEL]=]N[,N...]",
            help="Applications a week: one total, or a number for each track; several numbers are weeks one after "
            "the other, of which the last goes on. Default: your own pace of the last eight weeks.",
        ),
        click.option(
            "--counts",
            metavar="LAW",
            help=f"How weeks vary around the pace: {', '.join(COUNT_LAWS)} (R: smaller is more uneven), or the rhythm "
            "of your own weeks. Default: poisson.",
        ),
        click.option(
            "--weekdays",
            metavar="MON,TUE,...,SUN",
            help="How a week's applications spread over its days, seven numbers such as 3,3,2,1,1,0,0. Default: evenly "
            "from Monday to Friday.",
        ),
        click.option(
            "--pause",
            "pauses",
            multiple=True,
            metavar="FIRST/LAST",
            help="Days without sending, such as 2026-12-20/2027-01-05.",
        ),
        click.option(
            "--holidays",
            metavar="COUNTRY[-REGION]",
            help="Send nothing on public holidays, such as DE, US-CA or GB.",
        ),
        click.option(
            "--lull",
            "lulls",
            multiple=True,
            metavar="FIRST/LAST=FACTOR",
            help="Suppose a quiet season: what enters a stage on these days moves on so many times as often, such as "
            "2026-12-15/2027-01-08=0.5. An assumption of yours: nothing of it is measured.",
        ),
        click.option(
            "--budget",
            type=click.FloatRange(min=0),
            metavar="N",
            help="Stop sending after so many applications (or, with --cost, once they have cost so much). The pace is "
            "then kept exactly.",
        ),
        click.option(
            "--cost",
            "costs",
            multiple=True,
            metavar="TRACK[:CHANNEL]=N",
            help="What one application of a track takes from the budget. Default: 1.",
        ),
    )
    names = tuple(PlanOptions.__dataclass_fields__)

    @wraps(function)
    def gathered(*args: object, **given: object) -> R:
        typed = {name: given.pop(name) for name in names}
        return function(*args, **given, options=PlanOptions(**typed))  # ty: ignore[invalid-argument-type]

    for option in reversed(options):
        gathered = option(gathered)
    return gathered


def read_plan(posterior: Posterior, options: PlanOptions, *, weeks: int) -> Plan:
    """Build the plan that was asked for, over so many weeks.

    Raises:
        CommandError: a number, a track, a channel, a country or a day that cannot be.
    """
    from offercast.forecast.plan import Plan

    if options.counts == RHYTHM:
        if options.per_week:
            raise CommandError("--counts rhythm repeats your own weeks: leave out --per-week, or use --what-if.")
        plan = Plan.own_rhythm(posterior.evidence)
    else:
        plan = _paced(posterior, options.per_week)
        plan = replace(plan, counts=_counts(options))
    holidays = _holidays(options.holidays, posterior.evidence.as_of, weeks) if options.holidays else ()
    return replace(
        plan,
        weekdays=_weekdays(options.weekdays) if options.weekdays else plan.weekdays,
        paces=_with_costs(posterior, plan.paces, options),
        pauses=(*(_pause(text) for text in options.pauses), *holidays),
        lulls=tuple(_lull(text) for text in options.lulls),
        budget=options.budget,
    )


def change_plan(posterior: Posterior, plan: Plan, changes: tuple[str, ...]) -> Plan:
    """The plan after each change, such as `devrel=+3`, `devrel:referral=-1` or `devrel=8`."""
    for text in changes:
        name, found, number = text.rpartition("=")
        if not found:
            raise CommandError(f'--what-if {text}: write TRACK=+N, TRACK=-N or TRACK=N, such as "{text}=+3".')
        track, channel = _track_and_channel(posterior, name)
        amount = _number("--what-if", number, text, least=-MOST_A_WEEK)
        plan = plan.changed(
            track, channel or posterior.ladder.reference.id, amount, added=number.strip().startswith(("+", "-", "−"))
        )
    return plan


def check_dates(option: str, dates: tuple[date, ...], as_of: date, horizon_weeks: int) -> None:
    """Raise CommandError for a day that is not after `as_of`, or beyond the horizon."""
    for day in dates:
        if day <= as_of:
            raise CommandError(f"{option} {day}: give a day after {as_of}, the last day that the log knows.")
        if (day - as_of).days > 7 * horizon_weeks:
            raise CommandError(f"{option} {day}: it lies beyond the horizon of {horizon_weeks} weeks. Add --weeks.")


def _paced(posterior: Posterior, per_week: tuple[str, ...]) -> Plan:
    """The plan's paces: one total in the usual mix, a number for each track, or the seeker's own."""
    from offercast.forecast.plan import Plan

    own = Plan.own_pace(posterior.evidence)
    if not per_week:
        return own
    named = [text for text in per_week if "=" in text]
    totals = [text for text in per_week if "=" not in text]
    if totals and (named or len(totals) > 1):
        raise CommandError('--per-week: give one total such as "8", or a number for each track such as "TRACK=5".')
    if totals:
        each = _numbers("--per-week", totals[0], totals[0])
        usual = [sum(pace.each_week) / own.total_per_week for pace in own.paces]
        paces = [replace(p, per_week=_one_or_many(n * u for n in each)) for p, u in zip(own.paces, usual, strict=True)]
        return Plan(tuple(paces), origin="in your usual mix" if posterior.evidence.recent else "spread evenly")
    paces = [_pace(posterior, text) for text in named]
    streams = [(pace.track, pace.channel or posterior.ladder.reference.id) for pace in paces]
    twice = next((stream for stream in streams if streams.count(stream) > 1), None)
    if twice:
        raise CommandError(f'--per-week: "{twice[0]}" through {twice[1]} is given twice. Give it one number.')
    return Plan(tuple(paces))


def _pace(posterior: Posterior, text: str) -> Pace:
    from offercast.forecast.plan import Pace

    name, _, numbers = text.rpartition("=")
    track, channel = _track_and_channel(posterior, name)
    return Pace(track, _one_or_many(_numbers("--per-week", numbers, text)), channel)


def _track_and_channel(posterior: Posterior, name: str) -> tuple[str, str | None]:
    """TRACK or TRACK:CHANNEL; a track whose own name holds a colon is taken first."""
    track, channel = name.strip(), None
    if track not in posterior.tracks and ":" in track:
        track, _, channel = (part.strip() for part in track.rpartition(":"))
        posterior.channel_index(channel)
    posterior.track_index(track)
    return track, channel


def _one_or_many(numbers: Iterable[float]) -> float | tuple[float, ...]:
    each = tuple(numbers)
    return each[0] if len(each) == 1 else each


def _numbers(option: str, text: str, whole: str) -> tuple[float, ...]:
    return tuple(_number(option, part, whole) for part in text.split(","))


def _number(option: str, text: str, whole: str, *, least: float = 0.0) -> float:
    try:
        number = float(text.strip().replace("−", "-"))
    except ValueError:
        raise CommandError(f'{option} {whole}: "{text}" is not a number. Write TRACK=5.') from None
    if not least <= number <= MOST_A_WEEK:
        raise CommandError(f"{option} {whole}: give a number from {least:,.0f} to {MOST_A_WEEK:,}.")
    return number


def _counts(options: PlanOptions) -> Counts:
    """The law of the weekly counts; fixed where a budget is to be spent and nothing else is said."""
    from offercast.forecast.counts import FIXED, POISSON, Counts

    if options.counts is None:
        return Counts(POISSON if options.budget is None else FIXED)
    law, _, dispersion = options.counts.partition(":")
    if law == _UNEVEN:
        if not dispersion:
            raise CommandError(f"--counts {_UNEVEN} needs a dispersion, such as {_UNEVEN}:2 (smaller is more uneven).")
        return Counts(law, dispersion=_number("--counts", dispersion, options.counts))
    if law not in (POISSON, FIXED) or dispersion:
        raise CommandError(f'--counts "{options.counts}": give one of {", ".join(COUNT_LAWS)}.')
    return Counts(law)


def _weekdays(text: str) -> tuple[float, ...]:
    """The share of each weekday, Monday first, from seven numbers of any size."""
    parts = _numbers("--weekdays", text, text)
    if len(parts) != 7 or sum(parts) == 0:
        raise CommandError(f"--weekdays {text}: give seven numbers, Monday first, such as 3,3,2,1,1,0,0.")
    return tuple(part / sum(parts) for part in parts)


def _with_costs(posterior: Posterior, paces: tuple[Pace, ...], options: PlanOptions) -> tuple[Pace, ...]:
    """The paces with what one application of each costs."""
    if options.costs and options.budget is None:
        raise CommandError("--cost says what is taken from a budget: give --budget, too.")
    for text in options.costs:
        name, _, number = text.rpartition("=")
        track, channel = _track_and_channel(posterior, name)
        cost = _number("--cost", number, text)
        if not any(_is(pace, track, channel) for pace in paces):
            raise CommandError(f"--cost {text}: the plan sends nothing of the kind.")
        paces = tuple(replace(pace, cost=cost) if _is(pace, track, channel) else pace for pace in paces)
    return paces


def _is(pace: Pace, track: str, channel: str | None) -> bool:
    return pace.track == track and channel in (None, pace.channel)


def _pause(text: str) -> Pause:
    from offercast.forecast.calendar import Pause

    return Pause(*_window("--pause", text, text))


def _lull(text: str) -> Lull:
    from offercast.forecast.calendar import Lull

    days, found, factor = text.rpartition("=")
    if not found:
        raise CommandError(f"--lull {text}: write FIRST/LAST=FACTOR, such as 2026-12-15/2027-01-08=0.5.")
    return Lull(*_window("--lull", days, text), _number("--lull", factor, text))


def _window(option: str, days: str, whole: str) -> tuple[date, date]:
    try:
        first, last = parse_window(days)
    except NotADateError as error:
        raise CommandError(f"{option} {whole}: {error} Two days are joined by a slash: FIRST/LAST.") from None
    return first, last or first


def _holidays(place: str, as_of: date, weeks: int) -> tuple[Pause, ...]:
    """The public holidays of a country, or of a region of it, up to the horizon."""
    import holidays

    from offercast.forecast.calendar import Pause

    country, _, region = place.upper().partition("-")
    last = as_of + timedelta(weeks=weeks)
    known = holidays.list_supported_countries()
    if country not in known:
        raise CommandError(f'--holidays {place}: "{country}" is no country known. {did_you_mean(country, list(known))}')
    if region and region not in known[country]:
        raise CommandError(f'--holidays {place}: "{region}" is no region known. {did_you_mean(region, known[country])}')
    years = range(as_of.year, last.year + 1)
    days = sorted(holidays.country_holidays(country, subdiv=region or None, years=years))
    name = f"public holidays of {country}{f'-{region}' if region else ''}"
    return tuple(Pause(day, day, name) for day in days if as_of < day <= last)
