"""Working backwards from a date: the pace that gives a chance of an offer by then, and the chain behind it.

With Poisson counts the chance of no offer by t is, given the rates, exp(-m Lambda(t)) times what is in flight, where m
multiplies the plan; averaged over draws it falls with m, so the pace that is needed is the root of a monotone function
of the exact curve, free of simulation noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from offercast.errors import CommandError
from offercast.forecast.counts import POISSON, Counts
from offercast.forecast.exact import log_none, picked_draws
from offercast.forecast.few import few_draws
from offercast.forecast.plan import Plan
from offercast.forecast.streams import LONGEST_WEEKS, Problem, make_problem
from offercast.forecast.totals import total_by_transform
from offercast.inference.posterior import Posterior
from offercast.inference.sample import Progress, unseen
from offercast.inference.summary import Interval, interval
from offercast.inference.waits import Floats

DRAWS = 800
MOST_PER_WEEK = 40.0
"""No pace above this is proposed unless it is asked for."""
STILL_OF_USE = 0.1
"""An application is of use while the offer that it may bring has this chance to come in time."""
RANGE = (0.1, 0.9)
_NUMBERS = 20_000


@dataclass(frozen=True)
class Link:
    """One link of the chain: how many applications reach a stage, on average, and in 8 of 10 searches."""

    stage: str
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Backwards:
    """What it takes to have an offer by a day with a chance.

    `per_week` is the pace of the whole plan that gives it (0 where what is in flight is enough), `by_track` that of
    each track alone; None where even `most_per_week` does not. Then `best` is the chance at that pace, and `reached_on`
    the first day with the chance asked for (None: beyond ten years). `in_flight` is the chance of what is in flight
    alone, `usual` that of the plan as it is. `chain` counts what is sent until the day, and how far that gets;
    `last_days` is, by track, the last day on which a new application is still of use (None: none is), and
    `referral_worth` how many cold applications bring as many offers as one through a referral, by track.
    """

    by: date
    chance: float
    plan: Plan
    per_week: float | None
    by_track: dict[str, float | None]
    most_per_week: float
    in_flight: float
    usual: float
    best: float
    reached_on: date | None
    chain: tuple[Link, ...]
    last_days: dict[str, date | None]
    referral_worth: dict[str, Interval]


def work_backwards(
    posterior: Posterior,
    plan: Plan | None = None,
    *,
    by: date,
    chance: float,
    most_per_week: float = MOST_PER_WEEK,
    seed: int = 1,
    progress: Progress = unseen,
) -> Backwards:
    """Find the pace that brings an offer by a day with a chance, keeping the plan's mix, pauses and lulls.

    Args:
        posterior: from `fit`, or loaded.
        plan: the mix; the seeker's own recent one where None. Its weekly counts are taken as Poisson.
        by: the day.
        chance: of at least one offer by its end, between 0 and 1.
        most_per_week: the highest pace to propose.
        seed: of the ranges in the chain.
        progress: called with what is being done and the share done.

    Raises:
        CommandError: a day that has passed or lies ten years away; a chance outside 0 to 1; a pace that cannot be; a
            plan that sends nothing.
    """
    as_of = posterior.evidence.as_of
    mix = replace(plan or Plan.own_pace(posterior.evidence), counts=Counts(POISSON), budget=None)
    _check(mix, by, as_of, chance, most_per_week)
    days = (by - as_of).days
    usual = mix.total_per_week
    few = few_draws(posterior, mix, DRAWS)
    problem = make_problem(few, mix, -(-days // 7))
    picked = np.arange(problem.draws)
    logs = log_none(problem, picked, progress)
    flights = logs.pop(-1, np.zeros((picked.size, problem.days + 1)))[:, days]
    streams = {place: log[:, days] for place, log in logs.items()}
    total = np.sum([np.zeros(picked.size), *streams.values()], axis=0)

    def needed(log: Floats, pace: float) -> float | None:
        """The pace, in applications a week, at which a stream that is sent at `pace` reaches the chance."""
        return _root(log / pace, flights, chance, most_per_week) if pace else None

    by_track = {}
    for track in dict.fromkeys(pace.track for pace in mix.paces):
        of_track = [place for place, stream in enumerate(problem.streams) if stream.track == track]
        pace = sum(float(np.mean(p.each_week)) for p in mix.paces if p.track == track)
        by_track[track] = needed(np.sum([streams[place] for place in of_track], axis=0), pace)
    per_week = needed(total, usual)
    scale = (most_per_week if per_week is None else per_week) / usual
    best = 1.0 - float(np.mean(np.exp(total * scale + flights)))
    return Backwards(
        by=by,
        chance=chance,
        plan=mix,
        per_week=per_week,
        by_track=by_track,
        most_per_week=most_per_week,
        in_flight=1.0 - float(np.mean(np.exp(flights))),
        usual=1.0 - float(np.mean(np.exp(total + flights))),
        best=best,
        reached_on=by if per_week is not None else _reached_on(few, scaled(mix, scale), chance),
        chain=_chain(few, problem, picked, scale, days, seed),
        last_days=_last_days(problem, picked, by, days),
        referral_worth=_referral_worth(posterior, tuple(by_track)),
    )


def scaled(plan: Plan, factor: float) -> Plan:
    """The plan with every pace so many times as high."""
    return replace(plan, paces=tuple(pace.times(factor) for pace in plan.paces))


def _check(mix: Plan, by: date, as_of: date, chance: float, most: float) -> None:
    if not 0.0 < chance < 1.0:
        raise CommandError(f"a chance of {chance:g}: give a number between 0 and 1, such as 0.8. Nothing is certain.")
    check_day(by, as_of)
    if not 0.0 < most <= 10_000:
        raise CommandError(f"at most {most:g} applications a week: give a number above 0, up to 10,000.")
    if mix.is_empty:
        raise CommandError("the plan sends nothing, so that no pace of it brings an offer: give --per-week.")


def check_day(by: date, as_of: date) -> None:
    """Raise CommandError for a day that has passed, or lies ten years away."""
    if by <= as_of:
        raise CommandError(f"{by} has passed: give a day after {as_of}, the last day that the log knows.")
    if (by - as_of).days > 7 * LONGEST_WEEKS:
        raise CommandError(f"{by} lies more than ten years away: give an earlier day.")


def _root(log: Floats, flights: Floats, chance: float, most: float) -> float | None:
    """The smallest m with 1 - mean exp(m log + flights) >= chance, by bisection; None above `most`."""

    def reached(m: float) -> bool:
        return 1.0 - float(np.mean(np.exp(m * log + flights))) >= chance

    if reached(0.0):
        return 0.0
    if not reached(most):
        return None
    low, high = 0.0, most
    while high - low > 1e-9 * most:
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def _reached_on(posterior: Posterior, plan: Plan, chance: float) -> date | None:
    """The first day by whose end the plan has the chance; None beyond ten years."""
    for weeks in (52, 156, LONGEST_WEEKS):
        problem = make_problem(posterior, plan, weeks)
        logs = log_none(problem, picked_draws(problem, DRAWS // 4))
        curve = 1.0 - np.exp(np.sum(list(logs.values()), axis=0)).mean(axis=0)
        if curve[-1] >= chance:
            return posterior.evidence.as_of + timedelta(days=int(np.argmax(curve >= chance)))
    return None


def _chain(
    posterior: Posterior, problem: Problem, picked: np.ndarray, scale: float, days: int, seed: int
) -> tuple[Link, ...]:
    """What is sent until the day, and how many of those get how far, sooner or later: Poisson numbers by draw."""
    rng, ladder = np.random.default_rng(seed), posterior.ladder
    counts: dict[str, Floats] = {}
    order = [stage.id for stage in ladder.stages if ladder.order[stage.id] >= ladder.order[ladder.sent]]
    for stream in problem.streams:
        sent = np.full(picked.size, scale * stream.sent_by_day[:days].sum())
        chances = posterior.step_chances(stream.channel, _start(posterior, stream.columns))
        of_track = chances.reshape(-1, *chances.shape[2:])[picked, stream.columns[0][0]]
        arrived = sent
        for number, (_, step) in enumerate(stream.columns):
            start, end = ladder.steps[step].start, ladder.steps[step].end
            if number == 0:
                counts[start] = counts.get(start, 0.0) + sent
            arrived = arrived * of_track[:, number]
            counts[end] = counts.get(end, 0.0) + arrived
    links = []
    for stage in order:
        if stage in counts:
            drawn = rng.poisson(np.tile(counts[stage], -(-_NUMBERS // picked.size)))
            low, high = (float(q) for q in np.quantile(drawn, RANGE, method="inverted_cdf"))
            links.append(Link(stage, float(counts[stage].mean()), low, high))
    return tuple(links)


def _start(posterior: Posterior, columns: tuple[tuple[int, int], ...]) -> str:
    return posterior.ladder.steps[columns[0][1]].start


def _last_days(problem: Problem, picked: np.ndarray, by: date, days: int) -> dict[str, date | None]:
    """By track, the last day on which an application can still bring its offer in time with a fair chance."""
    found: dict[str, date | None] = {}
    for stream in problem.streams:
        law = total_by_transform(stream.waits.of(picked), days)
        weight = stream.offer_chance[picked]
        in_time = (law * weight[:, None]).sum(axis=0) / max(float(weight.sum()), 1e-300)
        enough = np.flatnonzero(in_time >= STILL_OF_USE)
        last = by - timedelta(days=int(enough[0]) - 1) if enough.size and enough[0] <= days else None
        found[stream.track] = max(filter(None, (found.get(stream.track), last)), default=None)
    return found


def _referral_worth(posterior: Posterior, tracks: tuple[str, ...]) -> dict[str, Interval]:
    """How many cold applications bring as many offers as one through a referral."""
    ladder = posterior.ladder
    if "referral" not in ladder.channels_by_id or ladder.reference.id == "referral":
        return {}
    ratio = (posterior.offer_chance("referral") / posterior.offer_chance()).reshape(-1, len(posterior.tracks))
    return {track: interval(ratio[:, posterior.track_index(track)]) for track in tracks}


def whole_pace(per_week: float) -> float:
    """A pace to tell: rounded up to two digits, so that the chance is not missed for the rounding.

    >>> whole_pace(6.31), whole_pace(14.2), whole_pace(0.0)
    (6.4, 15.0, 0.0)
    """
    if per_week <= 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(per_week)) - 1)
    return round(math.ceil(per_week / step - 1e-9) * step, 10)
