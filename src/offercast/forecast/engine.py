"""The Monte Carlo engine: thin first, simulate only what will bring an offer.

An application's fate is one number, so of the applications to come only those that will bring an offer are
simulated: they form a Poisson stream of their own (rate times chance), and one that leaves after the best
offer so far ends the search. Source: Kingman, Poisson Processes (1993), sections 5.1 and 5.2.

Clock: real-valued days; 0 is the end of the day `as_of`. Applications leave at the start of a day (the day
after `as_of` starts at 0), by the plan's weekday profile. An offer at 3.4 comes on the fourth day after. (Evidence
takes a day at its middle: applications to come have half a day's start on that.)
"""

from __future__ import annotations

import numpy as np

from offercast.errors import CommandError
from offercast.forecast.outlook import IN_FLIGHT, NONE, Outlook
from offercast.forecast.plan import Plan
from offercast.forecast.streams import Flight, Stream, Waits, make_flights, make_streams
from offercast.inference.posterior import Posterior
from offercast.inference.waits import Floats

CHUNK = 20_000
SEARCHES = 100_000
LONGEST_WEEKS = 520


def forecast_offer(
    posterior: Posterior,
    plan: Plan | None = None,
    *,
    horizon_weeks: int = 52,
    searches: int = SEARCHES,
    seed: int = 1,
) -> Outlook:
    """Simulate many searches and return when the first offer comes, after how many applications, from where.

    Every draw of the posterior is used equally often, one draw for a whole search; what is in flight counts
    with the silence it has already waited. The same seed gives the same answer.

    Args:
        posterior: from `fit`, or loaded.
        plan: what will be sent; the seeker's own recent pace where None.
        horizon_weeks: how far to look, 1 to 520 weeks. A search without an offer by then is kept as such.
        searches: how many searches to simulate.
        seed: of the random numbers.

    Raises:
        CommandError: the plan names an unknown track or channel; a number is out of range.
    """
    chosen = plan or Plan.own_pace(posterior.evidence)
    if not 1 <= horizon_weeks <= LONGEST_WEEKS:
        raise CommandError(f"a horizon of {horizon_weeks} weeks: give 1 to {LONGEST_WEEKS}.")
    if searches < 1:
        raise CommandError(f"{searches} searches: give at least 1.")
    days = 7 * horizon_weeks
    streams, flights = make_streams(posterior, chosen, days), make_flights(posterior)
    size = posterior.flat("advance_logit").shape[0]
    draw = np.arange(searches) * size // searches
    seeds = np.random.SeedSequence(seed).spawn(-(-searches // CHUNK))
    parts = [
        _chunk(streams, flights, draw[i * CHUNK : (i + 1) * CHUNK], days, np.random.default_rng(chunk_seed))
        for i, chunk_seed in enumerate(seeds)
    ]
    time, sent, source = (np.concatenate([part[i] for part in parts]) for i in range(3))
    ess = posterior.health.ess_bulk
    return Outlook(
        days=time,
        sent=sent,
        source=source,
        sources=(IN_FLIGHT, *((stream.track, stream.channel) for stream in streams)),
        draw=draw,
        effective_draws=min(float(size), ess) if ess else float(size),
        plan=chosen,
        as_of=posterior.evidence.as_of,
        horizon_weeks=horizon_weeks,
        in_flight=sum(flight.count for flight in flights),
        seed=seed,
    )


def _chunk(
    streams: list[Stream], flights: list[Flight], draw: np.ndarray, days: int, rng: np.random.Generator
) -> tuple[Floats, np.ndarray, np.ndarray]:
    """Simulate one search per entry of `draw`: day of the first offer, applications sent by then, source."""
    best, source = np.full(draw.size, np.inf), np.full(draw.size, NONE)
    _from_flights(flights, draw, best, source, rng)
    best[best > days] = np.inf
    source[np.isinf(best)] = NONE
    bearing = [_from_stream(s, i + 1, draw, best, source, rng) for i, s in enumerate(streams)]
    late = best > days
    best[late], source[late] = np.inf, NONE
    until = np.minimum(best, days)
    sent = np.zeros(draw.size)
    for stream, (search, day) in zip(streams, bearing, strict=True):
        sent += np.bincount(search[day < until[search]], minlength=draw.size)
        by_day = np.concatenate([[0.0], np.cumsum(stream.sent_by_day)])
        fruitless = by_day[np.ceil(until).astype(int)] * (1.0 - stream.offer_chance[draw])
        sent += rng.poisson(fruitless)
    return best, sent.astype(np.int64), source


def _from_stream(
    stream: Stream, name: int, draw: np.ndarray, best: Floats, source: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Add the offers of applications to come; return each one that was sent in time: its search, its day.

    Offer-bearing applications are apart by exponential gaps in cumulative-mean time (the expected number
    sent so far), with the mean 1 / chance.
    """
    expected = np.cumsum(stream.sent_by_day)
    at = np.zeros(draw.size)
    active = np.arange(draw.size)
    searches, days = [], []
    while active.size:
        with np.errstate(divide="ignore"):
            at[active] += rng.standard_exponential(active.size) / stream.offer_chance[draw[active]]
        day = np.searchsorted(expected, at[active])
        going = (day < expected.size) & (day < best[active])
        active, day = active[going], day[going]
        searches.append(active)
        days.append(day)
        time = day + _climb(stream.waits.of(draw[active]), rng)
        _keep_first(active, time, name, best, source)
    return np.concatenate([*searches, np.empty(0, int)]), np.concatenate([*days, np.empty(0, int)])


def _climb(waits: Waits, rng: np.random.Generator) -> Floats:
    """The days from entering the first of these steps to the offer, one for each row."""
    share = rng.random(waits.log_median.shape)
    return waits.quantile(share).sum(axis=1)


def _from_flights(
    flights: list[Flight], draw: np.ndarray, best: Floats, source: np.ndarray, rng: np.random.Generator
) -> None:
    """Add the offers of what is in flight, found by skipping along the summed hazards -log(1 - chance).

    Each application owns a stretch of that line; a Poisson point in it is an offer. After a point the next
    gap starts at the end of that application's stretch, so that none can bring two.
    """
    if not flights:
        return
    used, place = np.unique(draw, return_inverse=True)
    chance = np.stack([flight.offer_chance[used].mean(axis=1) for flight in flights], axis=1)
    hazard = -np.log1p(-np.minimum(chance, 1.0 - 1e-12))
    count = np.array([flight.count for flight in flights])
    ends = np.cumsum(hazard * count, axis=1)
    starts = ends - hazard * count
    offset = np.arange(used.size) * (float(ends[:, -1].max()) + 1.0)
    line = (ends + offset[:, None]).ravel()
    at = np.zeros(draw.size)
    active = np.arange(draw.size)
    while active.size:
        at[active] += rng.standard_exponential(active.size)
        row = place[active]
        going = at[active] < ends[row, -1]
        active, row = active[going], row[going]
        which = np.searchsorted(line, at[active] + offset[row], side="right") - row * len(flights)
        which = np.minimum(which, len(flights) - 1)
        copy = np.floor((at[active] - starts[row, which]) / hazard[row, which])
        at[active] = starts[row, which] + (copy + 1.0) * hazard[row, which]
        for index in np.unique(which):
            chosen = active[which == index]
            time = _finish(flights[index], draw[chosen], rng)
            _keep_first(chosen, time, 0, best, source)


def _finish(flight: Flight, draw: np.ndarray, rng: np.random.Generator) -> Floats:
    """Days until the offer of an application that waits and will bring one."""
    weight = np.cumsum(flight.offer_chance[draw], axis=1)
    point = (rng.random(draw.size)[:, None] * weight[:, -1:] > weight).sum(axis=1)
    waits = flight.waits.of(draw)
    first = waits.rest_of_first(rng.random(draw.size), flight.waited[point])
    return first + _climb(waits.after_first(), rng)


def _keep_first(search: np.ndarray, time: Floats, name: int, best: Floats, source: np.ndarray) -> None:
    sooner = time < best[search]
    best[search[sooner]] = time[sooner]
    source[search[sooner]] = name
