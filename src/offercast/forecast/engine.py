"""The Monte Carlo engine: thin first, simulate only what will bring an offer.

Of the applications to come only those that will bring an offer are simulated (`sends`); one that leaves after the best
offer so far ends the search. What is in flight is found by skipping (`arrivals`). Every random number has an address
(`keyed`), so the answer does not depend on chunks or workers, and two plans that share a stream share its luck.

Clock: real-valued days; 0 is the end of the day `as_of`. Applications leave at the start of a day (the day
after `as_of` starts at 0), by the plan's weekday profile. An offer at 3.4 comes on the fourth day after. (Evidence
takes a day at its middle: applications to come have half a day's start on that.)
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from offercast.errors import CommandError
from offercast.forecast.arrivals import Block, Flights, Ints, LawTable, climb
from offercast.forecast.counts import POISSON
from offercast.forecast.keyed import Keyed, search_words
from offercast.forecast.outlook import IN_FLIGHT, NONE, Outlook
from offercast.forecast.plan import Plan
from offercast.forecast.sends import Sent, Source, gathered
from offercast.forecast.streams import Problem, make_problem
from offercast.inference.posterior import Posterior
from offercast.inference.waits import Floats

SEARCHES = 100_000
CHUNK = 50_000
"""Searches simulated at once: what they need stays in the processor's cache."""
_SAME_COUNTS = 1_000
"""Searches whose numbers of fruitless applications come from one generator; chunks are multiples of it."""


def forecast_offer(
    posterior: Posterior,
    plan: Plan | None = None,
    *,
    horizon_weeks: int = 52,
    searches: int = SEARCHES,
    seed: int = 1,
    goal: str | None = None,
    market_sd: float = 0.0,
    workers: int = 1,
) -> Outlook:
    """Simulate many searches and return when the first offer comes, after how many applications, from where.

    Every draw of the posterior is used equally often, one draw for a whole search; what is in flight counts
    with the silence it has already waited. The same seed gives the same answer, to the last bit, for any number of
    workers; the searches of two plans with the same seed share their luck wherever they share a track and channel.

    Args:
        posterior: from `fit`, or loaded.
        plan: what will be sent; the seeker's own recent pace where None.
        horizon_weeks: how far to look, 1 to 520 weeks. A search without an offer by then is kept as such.
        searches: how many searches to simulate.
        seed: of the random numbers.
        goal: the stage whose first arrival is asked for, such as `interview` or `accepted`; the offer where None.
        market_sd: standard deviation, in log-odds, of a shock to the first step that a whole search shares; 0: none.
        workers: threads that share the work.

    Raises:
        CommandError: the plan names an unknown track or channel; an unknown goal; a number is out of range.
    """
    chosen = plan or Plan.own_pace(posterior.evidence)
    if searches < 1:
        raise CommandError(f"{searches} searches: give at least 1.")
    if workers < 1:
        raise CommandError(f"{workers} workers: give at least 1.")
    problem = make_problem(posterior, chosen, horizon_weeks, goal=goal, market_sd=market_sd)
    engine = Engine(problem, searches, seed)
    firsts = range(0, searches, CHUNK)
    if workers == 1:
        parts = [engine.run(first, min(first + CHUNK, searches)) for first in firsts]
    else:
        with ThreadPoolExecutor(workers) as pool:
            parts = list(pool.map(lambda first: engine.run(first, min(first + CHUNK, searches)), firsts))
    time, sent, source = (np.concatenate([part[i] for part in parts]) for i in range(3))
    ess = posterior.health.ess_bulk
    return Outlook(
        days=time,
        sent=sent,
        source=source,
        sources=(IN_FLIGHT, *((stream.track, stream.channel) for stream in problem.streams)),
        draw=engine.draw_of(0, searches),
        effective_draws=min(float(problem.draws), ess) if ess else float(problem.draws),
        plan=chosen,
        as_of=posterior.evidence.as_of,
        horizon_weeks=horizon_weeks,
        in_flight=sum(flight.count for flight in problem.flights),
        seed=seed,
        goal=goal or posterior.ladder.goal,
        market_sd=market_sd,
    )


class Engine:
    """One problem, ready to be simulated in any chunks."""

    def __init__(self, problem: Problem, searches: int, seed: int) -> None:
        self.problem, self.searches, self.seed = problem, searches, seed
        table = LawTable(problem)
        self.table = table
        self.sources = [Source(problem, stream, seed) for stream in problem.streams]
        self.offsets = [[table.offset(column) for column in stream.columns] for stream in problem.streams]
        self.flights = Flights(problem.flights, table) if problem.flights else None
        self.in_flight = Keyed(seed, "in flight")

    def draw_of(self, first: int, last: int) -> Ints:
        """The posterior draw of each search: in order, each equally often."""
        return np.arange(first, last) * self.problem.draws // self.searches

    def run(self, first: int, last: int) -> tuple[Floats, Ints, Ints]:
        """Simulate the searches `first` ... `last` - 1: day of the first offer, applications sent by then, source."""
        size, days = last - first, self.problem.days
        block = Block(
            search_words(first, last), self.draw_of(first, last), np.full(size, float(days)), np.full(size, NONE)
        )
        if self.flights is not None:
            self.flights.into(block, self.in_flight, self.problem.moving)
        bearing = [self._from_stream(i, block) for i in range(len(self.sources))]
        until = block.days
        sent = self._sent(block, until, bearing, first)
        return np.where(block.source == NONE, np.inf, until), sent, block.source

    def _from_stream(self, index: int, block: Block) -> Sent:
        """Add the offers of one stream; return its applications that would bring one."""
        source, batches = self.sources[index], []
        for batch in source.sends(block):
            batches.append(batch)
            kept = np.flatnonzero(batch.day < block.days[batch.search])
            search = batch.search[kept]
            number = batch.number[kept] if isinstance(batch.number, np.ndarray) else batch.number
            rows, time = climb(
                self.table, source.keyed, self.offsets[index], words=block.words[search], number=number,
                draw=block.draw[search], start=batch.day[kept].astype(float), limit=block.days[search],
                moving=self.problem.moving,
            )  # fmt: skip
            block.keep_first(search[rows], time, index + 1)
        return gathered(batches)

    def _sent(self, block: Block, until: Floats, bearing: list[Sent], first: int) -> Ints:
        """Applications that have left by the first offer, or by the horizon, the successful one included."""
        if self.problem.counts.law != POISSON:
            counted = [s.sent_by_week(block, until, b) for s, b in zip(self.sources, bearing, strict=True)]
            return np.sum([np.zeros(until.size, dtype=np.int64), *counted], axis=0)
        mean = np.sum([np.zeros(until.size), *(s.fruitless_mean(until, block.draw) for s in self.sources)], axis=0)
        sent = np.zeros(until.size, dtype=np.int64)
        for at in range(0, until.size, _SAME_COUNTS):
            rng = np.random.Generator(
                np.random.SFC64(np.random.SeedSequence([self.seed, (first + at) // _SAME_COUNTS]))
            )
            sent[at : at + _SAME_COUNTS] = rng.poisson(mean[at : at + _SAME_COUNTS])
        for batch in bearing:
            sent += np.bincount(batch.search[batch.day < until[batch.search]], minlength=until.size)
        return sent
