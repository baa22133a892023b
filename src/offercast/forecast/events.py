"""The event engine: for what lets applications interact, and only for that.

Below the first stage that interacts, applications are independent, and only those that reach it are simulated (they
form a Poisson stream of their own, as in `engine`). From there on all searches of a block step through their own
events in time order, at the same time. Source for the thinning: Kingman, Poisson Processes (1993), sections 5.1 and
5.2; for stepping to the next event: Law, Simulation Modeling and Analysis (5th ed.), section 1.3.

Clock: that of `engine`. Real-valued days from the end of `as_of`; applications leave at the start of a day.
"""

from __future__ import annotations

import numpy as np

from offercast.errors import CommandError
from offercast.forecast.counts import POISSON
from offercast.forecast.engine import SEARCHES
from offercast.forecast.floor import Arrivals, Entries, Floor
from offercast.forecast.limits import Limits
from offercast.forecast.outlook import Outlook
from offercast.forecast.plan import Plan
from offercast.forecast.streams import LONGEST_WEEKS
from offercast.forecast.thinned import Feeder, Thinned, Waiting, thin
from offercast.inference.posterior import Posterior
from offercast.inference.waits import Floats, remaining

BLOCK = 20_000
"""Searches that step together, and share a generator: the same numbers, whoever computes which block."""
FIRST_WAVE_DAYS = 35
"""Applications are drawn for five weeks first, then for twice as long each time, while a search goes on."""
MOST_AT_A_TIME = 40
"""But never for longer than some so many arrivals for each search: they are kept in memory until they are due."""


def forecast_events(
    posterior: Posterior,
    plan: Plan | None = None,
    limits: Limits | None = None,
    *,
    horizon_weeks: int = 52,
    searches: int = SEARCHES,
    seed: int = 1,
) -> Outlook:
    """Simulate searches in which applications get in each other's way, as `limits` says.

    Where no limit binds it is `forecast_offer`. Every draw of the posterior is used equally often, one draw for a
    whole search. The same seed gives the same answer.

    Args:
        posterior: from `fit`, or loaded.
        plan: what will be sent; the seeker's own recent pace where None.
        limits: what interacts; nothing where None.
        horizon_weeks: how far to look, 1 to 520 weeks. A search without an offer by then is kept as such.
        searches: how many searches to simulate.
        seed: of the random numbers.

    Returns:
        An Outlook of the first offer; of the first *accepted* one where `limits.accept` is given. `sent` counts what
        has really left, so that pauses lower it.

    Raises:
        CommandError: the plan or the limits name what does not exist; a number is out of range; the plan has other
            weekly counts than Poisson, or a lull.
    """
    chosen, bounds = plan or Plan.own_pace(posterior.evidence), limits or Limits()
    if not 1 <= horizon_weeks <= LONGEST_WEEKS:
        raise CommandError(f"a horizon of {horizon_weeks} weeks: give 1 to {LONGEST_WEEKS}.")
    if searches < 1:
        raise CommandError(f"{searches} searches: give at least 1.")
    if chosen.counts.law != POISSON or chosen.lulls:
        raise CommandError("limits need Poisson weeks and no lull: leave out --counts, --budget and --lull.")
    days = 7 * horizon_weeks
    problem = thin(posterior, chosen, bounds, days)
    draw = np.arange(searches) * problem.inside.draws // searches
    seeds = np.random.SeedSequence(seed).spawn(-(-searches // BLOCK))
    parts = [
        _block(problem, bounds, draw[i * BLOCK : (i + 1) * BLOCK], days, np.random.Generator(np.random.SFC64(own)))
        for i, own in enumerate(seeds)
    ]
    time, sent, source = (np.concatenate([part[i] for part in parts]) for i in range(3))
    size, ess = float(problem.inside.draws), posterior.health.ess_bulk
    return Outlook(
        days=time,
        sent=sent,
        source=source,
        sources=problem.sources,
        draw=draw,
        effective_draws=min(size, ess) if ess else size,
        plan=chosen,
        as_of=posterior.evidence.as_of,
        horizon_weeks=horizon_weeks,
        in_flight=sum(waiting.count for waiting in problem.waiting),
        seed=seed,
        limits=bounds,
    )


def _block(
    problem: Thinned, limits: Limits, draw: np.ndarray, days: int, rng: np.random.Generator
) -> tuple[Floats, np.ndarray, np.ndarray]:
    """Simulate one search per entry of `draw`: day of the offer, applications sent by then, source."""
    floor = Floor(problem.inside, limits, len(problem.sources), draw, rng)
    active = np.arange(draw.size)
    sent = np.zeros(draw.size)
    coming = _from_waiting(problem.waiting, floor)
    daily = sum(feeder.reach.mean() * feeder.by_day[-1] for feeder in problem.feeders) / days
    longest = max(int(MOST_AT_A_TIME / max(daily, 1e-9)), 7)
    start, length = 0, FIRST_WAVE_DAYS
    while start < days and active.size:
        end = min(start + min(length, longest), days)
        fresh = [_from_feeder(f, i + 1, floor, active, start, end) for i, f in enumerate(problem.feeders)]
        arrivals = Arrivals.joined([coming, *fresh])
        left = floor.run(active, arrivals, float(end))
        sent += _left_in_time(fresh, floor)
        active = active[np.isinf(floor.best[active])]
        coming = arrivals.pick(left & np.isinf(floor.best[arrivals.search]))
        start, length = end, 2 * length
    until = np.minimum(floor.best, days)
    for feeder in problem.feeders:
        fruitless = floor.sent_until(feeder.by_day, until) * (1.0 - feeder.reach[draw])
        sent += rng.poisson(np.maximum(fruitless, 0.0))
    return floor.best, sent.astype(np.int64), floor.source


def _from_feeder(feeder: Feeder, source: int, floor: Floor, active: np.ndarray, start: int, end: int) -> Arrivals:
    """The applications of one stream that leave from day `start` to before day `end` and will arrive.

    A Poisson number with the mean of their cumulative-mean time, each at a uniform place in it.
    """
    low, high = feeder.by_day[start], feeder.by_day[end]
    search = np.repeat(active, floor.rng.poisson(feeder.reach[floor.draw[active]] * (high - low)))
    place = low + floor.rng.random(search.size) * (high - low)
    day = np.minimum(np.searchsorted(feeder.by_day[1:], place, side="right"), end - 1)
    time = day + feeder.climb.days(floor.draw[search], floor.rng)
    return _arrivals(search, time, floor.who_is(feeder.lane, source), feeder.entry, day)


def _from_waiting(rows: list[Waiting], floor: Floor) -> Arrivals:
    """What is in flight: those below the first stage that interacts arrive; those inside are put in."""
    parts = [Arrivals.none()]
    everyone = np.arange(floor.draw.size)
    for row in rows:
        if row.inside:
            for _ in range(row.count):
                _begin(row, floor, everyone)
            continue
        moving = row.fates[:, 0].sum(axis=1) * row.reach
        chance = np.minimum(moving, 1.0)[floor.draw]
        if row.count == 1:
            search = np.flatnonzero(floor.rng.random(chance.size) < chance)
        else:
            search = np.repeat(everyone, floor.rng.binomial(row.count, chance))
        draw = floor.draw[search]
        point = _choose(row.fates[draw, 0], floor.rng)
        first = row.waits.of(draw).rest_of_first(floor.rng.random(draw.size), row.waited[point])
        time = first + row.climb.days(draw, floor.rng)
        parts.append(_arrivals(search, time, floor.who_is(row.lane, 0), row.entry, np.full(search.size, -1)))
    return Arrivals.joined(parts)


def _begin(row: Waiting, floor: Floor, everyone: np.ndarray) -> None:
    """Put one application that waits inside into every search, its fate drawn given its silence."""
    fates = row.fates[floor.draw]
    fate, point = np.divmod(_choose(fates.reshape(everyone.size, -1), floor.rng), row.waited.size)
    wait = np.full(everyone.size, np.inf)
    for kind, laws in ((0, row.waits), (1, row.no_waits)):
        some = np.flatnonzero(fate == kind)
        law = laws.of(floor.draw[some])
        wait[some] = remaining(
            floor.rng.random(some.size),
            row.waited[point[some]],
            law.log_median[:, 0],
            law.shape[:, 0],
            law.horizon,
            family=law.family,
        )
    left = np.maximum(floor.limits.patience_days - row.waited[point], 0.0)
    who = np.full(everyone.size, floor.who_is(row.lane, 0))
    new = Entries(everyone, who, np.full(everyone.size, row.entry), np.zeros(everyone.size))
    floor.begin(new, fate == 0, wait, left)


def _left_in_time(lots: list[Arrivals], floor: Floor) -> Floats:
    """How many of these left before the end of their search, and not in a pause: (search,)."""
    total = np.zeros(floor.best.size)
    for lot in lots:
        counts = lot.sent < floor.best[lot.search]
        if floor.pausing:
            counts &= ~floor.paused(lot.search, lot.sent)
        total += np.bincount(lot.search[counts], minlength=total.size)
    return total


def _arrivals(search: np.ndarray, time: Floats, who: int, entry: int, day: np.ndarray) -> Arrivals:
    whose, where = np.full(search.size, who, np.int32), np.full(search.size, entry, np.int8)
    return Arrivals(search, time, whose, where, day.astype(np.int16))


def _choose(weights: Floats, rng: np.random.Generator) -> np.ndarray:
    """One column for each row, in proportion to its weights."""
    if weights.shape[1] == 1:
        return np.zeros(len(weights), int)
    sums = np.cumsum(weights, axis=1)
    return np.minimum((rng.random(len(sums))[:, None] * sums[:, -1:] > sums).sum(axis=1), weights.shape[1] - 1)
