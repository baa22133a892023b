"""When the offers come: from the day an application leaves, or from the silence of one in flight, up to the goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offercast.forecast.keyed import Keyed, Words
from offercast.forecast.streams import Flight, Problem, Waits
from offercast.inference.waits import FAMILIES, Floats

Ints = NDArray[np.int64]

GAP, DAY, COPY, POINT, REST = range(5)
"""What a random number is for; then, by step, the wait of the step, and whether a lull stops it there."""
_WAIT, _LULL = 100, 1_000_000

_WORTH_DROPPING = 0.85
"""Rows that cannot come first are dropped on the way once fewer than this share are left."""


@dataclass(frozen=True)
class Block:
    """Some searches under way: the first offer of each so far, and where it comes from.

    `words` are their places in the random sequences and `draw` their posterior draws; `days` is the day of the best
    offer so far (infinite: none) and `source` its source, all (search,).
    """

    words: Words
    draw: Ints
    days: Floats
    source: Ints

    def keep_first(self, search: Ints, days: Floats, source: int) -> None:
        """Take offers, at most one for each search named, where they come sooner than the best so far."""
        sooner = days < self.days[search]
        self.days[search[sooner]] = days[sooner]
        self.source[search[sooner]] = source


class LawTable:
    """The laws of all waits of a problem, one row for each (track, step), flat: row * draws + draw."""

    def __init__(self, problem: Problem) -> None:
        rows: dict[tuple[int, int], tuple[Floats, Floats]] = {}
        waits: Waits | None = None
        for item in (*problem.streams, *problem.flights):
            waits = item.waits
            for j, column in enumerate(item.columns):
                rows.setdefault(column, (waits.log_median[:, j], waits.shape[:, j]))
        self.draws = problem.draws
        self.row = {column: i for i, column in enumerate(rows)}
        self.median = np.concatenate([np.empty(0), *(median for median, _ in rows.values())])
        self.shape = np.concatenate([np.empty(0), *(shape for _, shape in rows.values())])
        if waits is not None:
            self.law = FAMILIES[waits.family]
            end = (np.log(waits.horizon) - self.median) / self.shape
            self.ceiling, self.log_beyond = self.law.both(end)[0], self.law.log_above(end)

    def offset(self, column: tuple[int, int]) -> int:
        """Where the row of a (track, step) starts."""
        return self.row[column] * self.draws

    def wait(self, share: Floats, place: Ints) -> Floats:
        """The wait at level `share` of the law at each place, in days. Overwrites `share`."""
        share *= self.ceiling[place]
        return self._days(self.law.position(share, 1.0 - share), place)

    def rest(self, share: Floats, place: Ints, log_left: Floats) -> Floats:
        """The whole wait at level `share` of what remains, where the log of the cdf's complement is `log_left` by now.

        In logs, as `waits.remaining` has it: a silence far beyond the median loses no digit.
        """
        end = self.log_beyond[place]
        left = np.maximum(log_left + np.log1p(share * np.expm1(end - log_left)), end)
        return self._days(self.law.position_of_log_above(left), place)

    def _days(self, position: Floats, place: Ints) -> Floats:
        position *= self.shape[place]
        position += self.median[place]
        return np.exp(position, out=position)


def climb(
    table: LawTable,
    keyed: Keyed,
    offsets: Sequence[int | Ints],
    *,
    words: Words,
    number: int | Ints,
    draw: Ints,
    start: Floats,
    limit: Floats,
    moving: Floats | None,
    done: int = 0,
) -> tuple[Ints, Floats]:
    """Follow applications that will bring an offer up to it: the rows that come before their limit, and when.

    Args:
        table: the laws of the waits.
        keyed: the random numbers of their source.
        offsets: where in the table each step still to wait for begins: one for all rows, or one for each.
        words: of each row's search, as are `draw` and `number` (which application of the source it is).
        number: see above.
        draw: see above.
        start: days at which the first of these steps is entered, (row,).
        limit: what comes at this day or later is of no use, (row,).
        moving: what a chance is multiplied by, by the day of entering a stage; None: nothing.
        done: how many steps lie behind; it keeps the random numbers of a step apart from those of the others.
    """
    rows, time = np.arange(start.size), start
    for step, offset in enumerate(offsets, done):
        if moving is not None:
            entered = np.minimum(time, moving.size - 1).astype(np.int64)
            kept = keyed.uniform(words, number, _LULL + step) < moving[entered]
            rows, words, number, draw, time, limit = _those(kept, rows, words, number, draw, time, limit)
        place = draw + (offset[rows] if isinstance(offset, np.ndarray) else offset)
        time = time + table.wait(keyed.uniform(words, number, _WAIT + step), place)
        kept = time < limit
        if np.count_nonzero(kept) < _WORTH_DROPPING * kept.size:
            rows, words, number, draw, time, limit = _those(kept, rows, words, number, draw, time, limit)
    kept = time < limit
    return rows[kept], time[kept]


def _those(
    kept: NDArray[np.bool_], rows: Ints, words: Words, number: int | Ints, draw: Ints, time: Floats, limit: Floats
) -> tuple[Ints, Words, int | Ints, Ints, Floats, Floats]:
    some = number[kept] if isinstance(number, np.ndarray) else number
    return rows[kept], words[kept], some, draw[kept], time[kept], limit[kept]


class Flights:
    """What is in flight, ready to be drawn: each application owns a stretch of a line, -log(1 - its chance) long.

    A Poisson point in a stretch is an offer of that application, so the few that will bring one are found by skipping
    along the line. After a point the next gap starts at the end of that stretch, so that none can bring two.
    """

    def __init__(self, flights: Sequence[Flight], table: LawTable) -> None:
        chance = np.stack([flight.offer_chance.mean(axis=1) for flight in flights], axis=1)
        self.hazard = -np.log1p(-np.minimum(chance, 1.0 - 1e-12))
        count = np.array([flight.count for flight in flights])
        self.ends = np.cumsum(self.hazard * count, axis=1)
        self.starts = self.ends - self.hazard * count
        self.reach = float(self.ends[:, -1].max()) + 1.0
        self.line = (self.ends + self.reach * np.arange(chance.shape[0])[:, None]).ravel()
        kinds = [(len(flight.columns), flight.waited.size) for flight in flights]
        self.groups = [
            _Alike([flights[i] for i in members], table)
            for members in ([i for i, k in enumerate(kinds) if k == kind] for kind in dict.fromkeys(kinds))
        ]
        order = list(dict.fromkeys(kinds))
        self.group = np.array([order.index(kind) for kind in kinds])
        self.member = np.array([kinds[:i].count(kind) for i, kind in enumerate(kinds)])

    def into(self, block: Block, keyed: Keyed, moving: Floats | None) -> None:
        """Add the offers of what is in flight."""
        search = np.arange(block.draw.size)
        at = np.zeros(search.size)
        number = 0
        size = self.hazard.shape[1]
        while search.size:
            at += keyed.exponential(block.words[search], number, GAP)
            draw = block.draw[search]
            going = at < self.ends[draw, -1]
            search, at, draw = search[going], at[going], draw[going]
            which = np.searchsorted(self.line, at + self.reach * draw, side="right") - draw * size
            which = np.minimum(which, size - 1)
            start, length = self.starts[draw, which], self.hazard[draw, which]
            at = start + (np.floor((at - start) / length) + 1.0) * length
            of_group = self.group[which]
            for index, group in enumerate(self.groups):
                chosen = np.flatnonzero(of_group == index)
                if chosen.size:
                    group.finish(self.member[which[chosen]], search[chosen], block, keyed, number, moving)
            number += 1


class _Alike:
    """Flights with as many steps to go and as many points that stand for their unknown start."""

    def __init__(self, flights: Sequence[Flight], table: LawTable) -> None:
        self.table = table
        self.offsets = [
            np.array([table.offset(flight.columns[step]) for flight in flights])
            for step in range(len(flights[0].columns))
        ]
        self.waited = np.stack([flight.waited for flight in flights])
        self.weight = np.cumsum(np.stack([flight.offer_chance for flight in flights], axis=1), axis=2)
        place = self.offsets[0][:, None, None] + np.arange(table.draws)
        with np.errstate(divide="ignore"):
            logs = np.log(self.waited)[:, :, None]
        self.log_left = table.law.log_above((logs - table.median[place]) / table.shape[place]).ravel()
        """The log of the chance that the wait under way lasts longer than so far, without the cut."""

    def finish(
        self, member: Ints, search: Ints, block: Block, keyed: Keyed, number: int, moving: Floats | None
    ) -> None:
        """The offers of applications that will bring one, one for each search named, each of its own flight."""
        words, draw = block.words[search], block.draw[search]
        points = self.waited.shape[1]
        point = np.zeros(search.size, dtype=np.int64)
        if points > 1:
            weight = self.weight[draw, member]
            level = keyed.uniform(words, number, POINT) * weight[:, -1]
            point = np.count_nonzero(level[:, None] > weight, axis=1)
        log_left = self.log_left[(member * points + point) * self.table.draws + draw]
        first, *later = (offset[member] for offset in self.offsets)
        whole = self.table.rest(keyed.uniform(words, number, REST), first + draw, log_left)
        rest = np.maximum(whole - self.waited[member, point], 0.0)
        rows, days = climb(
            self.table, keyed, later, words=words, number=number, draw=draw, start=rest, limit=block.days[search],
            moving=moving, done=1,
        )  # fmt: skip
        block.keep_first(search[rows], days, 0)
