"""The floor: the processes of many searches at once, each search stepping to its own next event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from offercast.forecast.limits import Limits
from offercast.forecast.outlook import NONE
from offercast.forecast.thinned import Inside
from offercast.inference.waits import Floats, logistic

Indices = np.ndarray
MOVES, TIRES, ENDS = 0, 1, 2
"""What the next event of a process is: it moves on; it is live no more, but will move on; it ends."""
WIDTH = 8


@dataclass
class Arrivals:
    """Applications that arrive at the first stage that interacts, in order of search and time; one entry each."""

    search: Indices
    time: Floats
    who: Indices
    entry: Indices
    sent: Indices
    """The day they leave; -1 for what is in flight"""

    @classmethod
    def none(cls) -> Arrivals:
        """No arrival at all."""
        return cls(np.empty(0, int), np.empty(0), np.empty(0, np.int32), np.empty(0, np.int8), np.empty(0, np.int16))

    def pick(self, chosen: np.ndarray) -> Arrivals:
        """Those that an index or a mask chooses."""
        return Arrivals(*(column[chosen] for column in self.columns()))

    @classmethod
    def joined(cls, parts: list[Arrivals]) -> Arrivals:
        """Several lots in one, sorted by search and time."""
        together = cls(*(np.concatenate(c) for c in zip(*(part.columns() for part in parts), strict=True)))
        span = float(together.time.max(initial=0.0)) + 1.0
        return together.pick(np.argsort(together.search * span + together.time))

    def columns(self) -> tuple[np.ndarray, ...]:
        """Its columns, in order."""
        return self.search, self.time, self.who, self.entry, self.sent


@dataclass
class Entries:
    """Applications that come to a step at a time: at most one for each search."""

    search: Indices
    who: Indices
    step: Indices
    time: Floats

    def pick(self, chosen: np.ndarray) -> Entries:
        """Those that an index or a mask chooses."""
        return Entries(self.search[chosen], self.who[chosen], self.step[chosen], self.time[chosen])

    @classmethod
    def joined(cls, parts: list[Entries]) -> Entries:
        """Several lots in one."""
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return cls(np.empty(0, int), np.empty(0, int), np.empty(0, int), np.empty(0))
        columns = zip(*((p.search, p.who, p.step, p.time) for p in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns))


class Floor:
    """Every process of a block of searches: a table (search, slot), the line of those who wait for their turn.

    A search has ended where `best` is finite: the day of the offer that ended it.
    """

    def __init__(self, inside: Inside, limits: Limits, sources: int, draw: Indices, rng: np.random.Generator) -> None:
        n = draw.size
        self.sources = sources
        self.inside, self.limits, self.draw, self.rng = inside, limits, draw, rng
        self.best, self.source = np.full(n, np.inf), np.full(n, NONE)
        self.when, self.later = np.full((n, WIDTH), np.inf), np.full((n, WIDTH), np.inf)
        self.kind, self.step, self.who = (np.zeros((n, WIDTH), np.int32) for _ in range(3))
        self.live = np.zeros((n, WIDTH), bool)
        self.taken, self.done = np.zeros(n, np.int32), np.zeros(n)
        self.line, self.head, self.tail = np.zeros((n, WIDTH), np.int32), np.zeros(n, np.int32), np.zeros(n, np.int32)
        self.finals, self.count_finals = np.full((n, 4, 2), np.inf), np.zeros(n, np.int32)
        self.held_until = np.full(n, -np.inf)
        self.clock = np.zeros(n)
        self.capped = limits.at_once is not None
        self.queue_outside = self.capped and limits.when_full == "wait" and inside.capped_from == 0
        self.pausing = inside.pause_from < inside.steps

    def run(self, active: Indices, arrivals: Arrivals, until: float) -> np.ndarray:
        """Let some searches go through their events up to a day, or to the offer that ends them.

        Returns which arrivals are still to come. Where everything that arrives is counted, those who wait their turn
        do so among them, in the order of their arrival: nothing happens to a search that is full but its own processes.
        """
        at, last = (np.searchsorted(arrivals.search, np.arange(self.best.size), side) for side in ("left", "right"))
        times = np.append(arrivals.time, np.inf)
        rows = active
        while rows.size:
            flat = self.when[rows].argmin(axis=1) + rows * self.when.shape[1]
            now, place = self.when.take(flat), at[rows]
            coming = np.where(place < last[rows], times[place], np.inf)
            if self.queue_outside:
                room = self.taken[rows] < self.limits.at_once
                coming = np.where(room, np.maximum(coming, self.clock[rows]), np.inf)
            arrives = coming < now
            now = np.minimum(now, coming)
            going = np.flatnonzero(now < until)
            rows, flat, now, arrives = rows[going], flat[going], now[going], arrives[going]
            self.clock[rows] = now
            new, old = np.flatnonzero(arrives), np.flatnonzero(~arrives)
            fresh = rows[new]
            entering = [
                *self._arrive(fresh, now[new], arrivals, at[fresh]),
                *self._step(rows[old], flat[old], now[old]),
            ]
            at[fresh] += 1
            self._enter(Entries.joined(entering))
            rows = rows[np.isinf(self.best[rows])]
        return np.arange(arrivals.search.size) >= at[arrivals.search]

    def begin(self, new: Entries, moves: np.ndarray, wait: Floats, patience: Floats) -> None:
        """Put in what is in flight inside: whether it moves on, the wait for that or for a no, the patience left."""
        if self.capped:
            self.taken[new.search] += (new.step >= self.inside.capped_from) & (patience > 0) & (wait > 0)
        self._put(new, moves, wait, patience)

    def paused(self, rows: Indices, day: Indices) -> np.ndarray:
        """Whether a process is live in a final round at the start of a day, one row and day each."""
        spells = self.finals[rows]
        return ((spells[:, :, 0] <= day[:, None]) & (day[:, None] < spells[:, :, 1])).any(axis=1)

    def sent_until(self, by_day: Floats, until: Floats) -> Floats:
        """Expected applications sent before `until` (search,), pauses left out."""
        end = np.ceil(until).astype(int)
        total = by_day[end]
        if not self.pausing:
            return total
        spells = np.take_along_axis(self.finals, np.argsort(self.finals[:, :, 0], axis=1)[:, :, None], axis=1)
        reached = np.zeros(end.size, int)
        for i in range(spells.shape[1]):
            first, last = (np.ceil(np.clip(spells[:, i, e], 0, end)).astype(int) for e in (0, 1))
            first = np.maximum(first, reached)
            total = total - np.where(last > first, by_day[last] - by_day[np.minimum(first, last)], 0.0)
            reached = np.maximum(reached, last)
        return total

    def _arrive(self, rows: Indices, now: Floats, arrivals: Arrivals, at: Indices) -> Iterator[Entries]:
        """The next arrival of each of these searches; what enters an inside step by it."""
        if not rows.size:
            return
        new = Entries(rows, arrivals.who[at], arrivals.entry[at], now)
        if self.pausing:
            new = new.pick(np.flatnonzero(~self.paused(rows, arrivals.sent[at])))
        offer = new.step == self.inside.steps
        if offer.any():
            self._offer(new.pick(offer))
            new = new.pick(~offer)
        yield self._admit(new)

    def _step(self, rows: Indices, flat: Indices, now: Floats) -> Iterator[Entries]:
        """The next event of one process of each of these searches; what enters an inside step by it."""
        if not rows.size:
            return
        kind, live = self.kind.take(flat), self.live.take(flat)
        self.when.ravel()[flat] = np.inf
        if self.capped:
            tires = np.flatnonzero(kind == TIRES)
            self.when.ravel()[flat[tires]] = self.later.ravel()[flat[tires]]
            self.kind.ravel()[flat[tires]] = MOVES
            self.live.ravel()[flat[tires]] = False
        moves = np.flatnonzero(kind == MOVES)
        place = flat[moves]
        moved = Entries(rows[moves], self.who.take(place), self.step.take(place) + 1, now[moves])
        to_offer = moved.step == self.inside.steps
        offers, on = np.flatnonzero(to_offer), np.flatnonzero(~to_offer)
        self._offer(moved.pick(offers))
        if not self.capped:
            yield moved.pick(on)
            return
        yield self._move_on(moved.pick(on), live[moves[on]])
        frees = live
        frees[moves[on]] = False
        yield self._call(rows[frees], now[frees])

    def _move_on(self, moved: Entries, live: np.ndarray) -> Entries:
        """Processes come to their next step: the first one that is counted may be full, later ones never are."""
        begins = moved.step == self.inside.capped_from
        self.taken[moved.search] += ~live & (moved.step > self.inside.capped_from)
        if not begins.any():
            return moved
        return Entries.joined([self._admit(moved.pick(begins)), moved.pick(~begins)])

    def _admit(self, new: Entries) -> Entries:
        """Those of them that may enter; where processes are counted they may have to wait, or are lost."""
        if not self.capped:
            return new
        counts = new.step >= self.inside.capped_from
        full = counts & (self.taken[new.search] >= self.limits.at_once)
        if full.any():
            if self.limits.when_full == "wait":
                self._queue(new.pick(full))
            new, counts = new.pick(~full), counts[~full]
        self.taken[new.search] += counts
        return new

    def _enter(self, new: Entries) -> None:
        """Draw the fate of processes at a step that they enter, and put them in."""
        if not new.search.size:
            return
        inside = self.inside
        at = (new.who // self.sources * inside.draws + self.draw[new.search]) * inside.steps + new.step
        chance = inside.chance[at]
        if self.limits.learning:
            counts = new.step >= inside.capped_from
            raised = logistic(inside.logit[at] + self.limits.learning * np.log1p(self.done[new.search]))
            chance = np.where(counts, raised, chance)
            self.done[new.search] += counts
        fate = self.rng.random(at.size)
        moves = fate < chance
        if self.capped or self.pausing:
            hears = np.flatnonzero(moves | (fate - chance < (1.0 - chance) * inside.told[at]))
        else:  # what will not move on is of no consequence
            hears = np.flatnonzero(moves)
            new, at, moves = new.pick(hears), at[hears], moves[hears]
            hears = np.arange(at.size)
        wait = np.full(at.size, np.inf)
        wait[hears] = inside.wait(self.rng.random(hears.size), 2 * at[hears] + moves[hears])
        self._put(new, moves, wait, self.limits.patience_days)

    def _put(self, new: Entries, moves: np.ndarray, wait: Floats, patience: Floats | float) -> None:
        """Put processes into the table with their next event; what will neither move on nor counts is left out."""
        spell = np.minimum(wait, patience)
        if self.pausing:
            final = np.flatnonzero(new.step >= self.inside.pause_from)
            self._note_finals(new.search[final], new.time[final], spell[final])
        if not self.capped:
            some = np.flatnonzero(moves)
            new, flat = new.pick(some), self._free_places(new.search[some])
            self.when.ravel()[flat] = new.time + wait[some]
            self.step.ravel()[flat], self.who.ravel()[flat] = new.step, new.who
            return
        live = (new.step >= self.inside.capped_from) & (spell > 0)
        tires = moves & live & (wait > spell)
        some = np.flatnonzero(moves | live)
        kind = np.where(tires, TIRES, np.where(moves, MOVES, ENDS))[some]
        when = new.time + np.where(moves & ~tires, wait, spell)
        flat = self._free_places(new.search[some])
        self.when.ravel()[flat] = when[some]
        self.step.ravel()[flat], self.who.ravel()[flat] = new.step[some], new.who[some]
        self.kind.ravel()[flat], self.live.ravel()[flat] = kind, live[some]
        late = np.flatnonzero(kind == TIRES)
        self.later.ravel()[flat[late]] = (new.time + wait)[some[late]]

    def _offer(self, new: Entries) -> None:
        """Offers come: the search ends, or the offer is held."""
        if not new.search.size:
            return
        if self.inside.accept is not None:
            chance = self.inside.accept[new.who // self.sources * self.inside.draws + self.draw[new.search]]
            taken = (self.rng.random(chance.size) < chance) | (new.time <= self.held_until[new.search])
            self.held_until[new.search] = new.time + self.limits.hold_days
            new = new.pick(taken)
        self.best[new.search], self.source[new.search] = new.time, new.who % self.sources

    def _queue(self, new: Entries) -> None:
        """Put applications at the end of the line."""
        place = self.tail[new.search]
        if place.max() >= self.line.shape[1]:
            self.line = np.concatenate([self.line, np.zeros_like(self.line)], axis=1)
        self.line.ravel()[new.search * self.line.shape[1] + place] = new.who * self.inside.steps + new.step
        self.tail[new.search] = place + 1

    def _call(self, rows: Indices, now: Floats) -> Entries:
        """Processes have ended, or tired: let the first in line begin where there is room."""
        left, first = self.taken[rows] - 1, self.head[rows]
        called = (first < self.tail[rows]) & (left < self.limits.at_once)
        self.taken[rows] = left + called
        self.head[rows] = first + called
        rows, first = rows[called], first[called]
        who, step = np.divmod(self.line.take(rows * self.line.shape[1] + first), max(self.inside.steps, 1))
        return Entries(rows, who, step, now[called])

    def _free_places(self, rows: Indices) -> Indices:
        """A free place in the table of each of these searches, as a flat index."""
        free = np.isinf(self.when[rows])
        slot = free.argmax(axis=1)
        if not free[np.arange(rows.size), slot].all():
            for name in ("when", "later", "kind", "step", "who", "live"):
                table = getattr(self, name)
                more = np.full((table.shape[0], WIDTH), np.inf if table.dtype.kind == "f" else 0, table.dtype)
                setattr(self, name, np.concatenate([table, more], axis=1))
            return self._free_places(rows)
        return rows * self.when.shape[1] + slot

    def _note_finals(self, rows: Indices, now: Floats, spell: Floats) -> None:
        """Keep the times at which a process is live in a final round."""
        if not rows.size:
            return
        if self.count_finals[rows].max() >= self.finals.shape[1]:
            self.finals = np.concatenate([self.finals, np.full_like(self.finals, np.inf)], axis=1)
        self.finals[rows, self.count_finals[rows]] = np.stack([now, now + spell], axis=1)
        self.count_finals[rows] += 1

    def who_is(self, lane: int, source: int) -> int:
        """One number for the lane and the source of an application."""
        return lane * self.sources + source
