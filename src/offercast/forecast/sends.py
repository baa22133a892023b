"""Which applications to come will bring an offer, and on which day each of them leaves: nothing else is simulated.

An application's fate is one number, so those that will bring an offer are a thinned stream of their own: with Poisson
counts they are apart by exponential gaps in the expected number sent so far, with any other law of the weekly counts
by geometric gaps in the number sent. Source: Kingman, Poisson Processes (1993), section 5.1; Devroye, Non-Uniform
Random Variate Generation (1986), section X.2 on the geometric gaps of Bernoulli trials.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from offercast.forecast.arrivals import DAY, GAP, Block, Ints
from offercast.forecast.counts import FIXED, NEGATIVE_BINOMIAL, POISSON, negative_binomial_law
from offercast.forecast.keyed import Keyed, Words
from offercast.forecast.streams import Problem, Stream
from offercast.inference.waits import Floats

NOT_SENT = np.iinfo(np.int64).max
"""The day of an application that falls on a day of a pause."""

_WEEK, _LATE = 10, 10_000
"""Purposes of their own: those from 100 on are the waits of the steps, those from 1,000,000 on their lulls."""


@dataclass(frozen=True)
class Sent:
    """Applications that will bring an offer: the search of each, its number in its stream, its day and its week."""

    search: Ints
    number: int | Ints
    day: Ints
    week: Ints


class Source:
    """One stream with its random numbers, ready to be drawn from."""

    def __init__(self, problem: Problem, stream: Stream, seed: int) -> None:
        self.problem, self.stream = problem, stream
        name = (stream.track, stream.channel, stream.columns[0][1])
        alike = [s.place for s in problem.streams if (s.track, s.channel, s.columns[0][1]) == name]
        self.keyed = Keyed(seed, *map(str, name), str(sorted(alike).index(stream.place)))
        self.shared = Keyed(seed, "weeks that all tracks share")
        self.before = np.concatenate([[0.0], np.cumsum(stream.sent_by_day)])
        self.weekday = np.cumsum(stream.shares, axis=1)

    def sends(self, block: Block) -> Iterator[Sent]:
        """Yield the applications that will bring an offer, each search's in order, until none can come first.

        A search is done once its next one leaves at or after its best offer so far: take each batch into the block
        before asking for the next.
        """
        return self._by_mean(block) if self.problem.counts.law == POISSON else self._by_week(block)

    def _by_mean(self, block: Block) -> Iterator[Sent]:
        search = np.arange(block.draw.size)
        at = np.zeros(search.size)
        with np.errstate(divide="ignore"):
            apart = 1.0 / self.stream.offer_chance[block.draw]
        number = 0
        while search.size:
            until = np.minimum(block.days[search], self.problem.days)
            at += self.keyed.exponential(block.words[search], number, GAP) * apart
            going = at < self.before[np.ceil(until).astype(np.int64)]
            search, at, apart = search[going], at[going], apart[going]
            day = np.searchsorted(self.before, at) - 1
            yield Sent(search, number, day, day // 7)
            number += 1

    def _by_week(self, block: Block) -> Iterator[Sent]:
        search, words = np.arange(block.draw.size), block.words
        with np.errstate(divide="ignore"):
            per_trial = 1.0 / -np.log1p(-self.stream.offer_chance[block.draw])
        number = np.zeros(search.size, dtype=np.int64)
        gap = self._gap(words, number, per_trial)
        for week in range(self.problem.weeks):
            going = block.days[search] > 7 * week
            search, words = search[going], words[going]
            per_trial, number, gap = per_trial[going], number[going], gap[going]
            if not search.size:
                return
            sent = self.count(week, words)
            hit = np.flatnonzero(gap <= sent)
            while hit.size:
                level = self.keyed.uniform(words[hit], number[hit], DAY)
                weekday = np.searchsorted(self.weekday[week], level, side="right")
                day = np.where(weekday < 7, 7 * week + weekday, NOT_SENT)
                yield Sent(search[hit], number[hit], day, np.full(hit.size, week))
                number[hit] += 1
                gap[hit] += self._gap(words[hit], number[hit], per_trial[hit])
                hit = hit[gap[hit] <= (sent[hit] if isinstance(sent, np.ndarray) else sent)]
            gap -= sent

    def _gap(self, words: Words, number: Ints, per_trial: Floats) -> Floats:
        """How many applications until the next that brings an offer, itself included: geometric."""
        return np.floor(self.keyed.exponential(words, number, GAP) * per_trial) + 1.0

    def count(self, week: int, words: Words) -> int | Ints:
        """The applications of a week that are meant to be sent, by search, before those on days of a pause drop out."""
        counts, mean = self.problem.counts, self.stream.weekly[week]
        if counts.law == FIXED:
            return int(mean)
        if counts.law == NEGATIVE_BINOMIAL:
            return np.searchsorted(self._laws[float(mean)], self.keyed.uniform(words, week, _WEEK))
        table = np.array(counts.weeks)[:, self.stream.place]
        return table[(self.shared.uniform(words, week, _WEEK) * len(table)).astype(np.int64)]

    @cached_property
    def _laws(self) -> dict[float, Floats]:
        dispersion = self.problem.counts.dispersion or 1.0
        return {float(m): negative_binomial_law(float(m), dispersion) for m in np.unique(self.stream.weekly)}

    def fruitless_mean(self, until: Floats, draw: Ints) -> Floats:
        """With Poisson counts: how many leave before `until` and bring no offer, on average, by search."""
        return self.before[np.ceil(until).astype(np.int64)] * (1.0 - self.stream.offer_chance[draw])

    def sent_by_week(self, block: Block, until: Floats, bearing: Sent) -> Ints:
        """With any other law: the applications that have left before `until`, by search.

        A week that is over counts whole. Of the week under way, and of one with a pause in it, each application that
        brings no offer has left by then with the chance that its day is past and open.
        """
        total = np.bincount(bearing.search[bearing.day < until[bearing.search]], minlength=until.size)
        search = np.arange(until.size)
        for week in range(self.problem.weeks):
            search = search[until[search] > 7 * week]
            if not search.size:
                break
            of_week = np.bincount(bearing.search[bearing.week == week], minlength=until.size)[search]
            left = self.count(week, block.words[search]) - of_week
            past = np.minimum(np.ceil(until[search]).astype(np.int64) - 7 * week, 7)
            share = self.weekday[week][past - 1]
            whole = share > 1.0 - 1e-9
            total[search[whole]] += left[whole]
            some = np.flatnonzero(~whole)
            total[search[some]] += self._binomial(left[some], share[some], block.words[search[some]], week)
        return total

    def _binomial(self, trials: Ints, share: Floats, words: Words, week: int) -> Ints:
        """How many of so many applications have left, each with its chance: one number drawn for each of them."""
        found = np.zeros(trials.size, dtype=np.int64)
        rows = np.flatnonzero(trials > 0)
        for trial in range(int(trials.max(initial=0))):
            found[rows] += self.keyed.uniform(words[rows], trial, _LATE + week) < share[rows]
            rows = rows[trials[rows] > trial + 1]
        return found


def gathered(batches: list[Sent]) -> Sent:
    """Batches of applications as one."""
    nothing = np.empty(0, dtype=np.int64)
    fields = ([getattr(batch, name) for batch in batches] for name in ("search", "day", "week"))
    search, day, week = (np.concatenate([nothing, *parts]) for parts in fields)
    return Sent(search, 0, day, week)
