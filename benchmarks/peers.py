"""What others would run: the same searches by SimPy, salabim and NumPy, from the bare numbers of a `World`.

Each peer takes one posterior draw per search and returns the day of the first offer, infinite where none comes in
time. They use nothing of ours but the numbers, and each is written as well as its library allows.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from math import exp, inf, log
from typing import Any

import numpy as np

from searches import World

PATIENCE = 30.0
INTERVIEW = 3
"""The step, counted from 0, at which an application waits after its first interview."""


def uniforms(rng: np.random.Generator) -> Iterator[float]:
    """Uniform numbers one by one, drawn by the thousand: the cheapest way in Python."""
    while True:
        yield from rng.random(4096).tolist()


class Numbers:
    """One draw's numbers as lists, which Python reads faster than arrays."""

    def __init__(self, world: World, draw: int) -> None:
        self.chance, self.told = world.chance[draw].tolist(), world.told[draw].tolist()
        self.median, self.shape, self.whole = (a[draw].tolist() for a in (world.median, world.shape, world.whole))
        self.no_median, self.no_shape, self.no_whole = (
            a[draw].tolist() for a in (world.no_median, world.no_shape, world.no_whole)
        )
        self.coming, self.to_be_told = world.coming[draw].tolist(), world.to_be_told[draw].tolist()
        self.gone, self.no_gone = world.gone[draw].tolist(), world.no_gone[draw].tolist()

    def wait(self, k: int, s: int, u: float, gone: float = 0.0) -> float:
        """The wait before an application moves on, given that it has lasted until the cdf was `gone`."""
        below = gone + u * (self.whole[k][s] - gone)
        return exp(self.median[k][s] + self.shape[k][s] * log(below / (1.0 - below))) if below > 0.0 else 0.0

    def wait_for_no(self, k: int, s: int, u: float, gone: float = 0.0) -> float:
        """The same for the wait before a no."""
        below = gone + u * (self.no_whole[k][s] - gone)
        return exp(self.no_median[k][s] + self.no_shape[k][s] * log(below / (1.0 - below))) if below > 0.0 else 0.0


@dataclass
class Search:
    """One search in SimPy: one process per application, one that sends; the run stops at the first offer."""

    world: World
    numbers: Numbers
    u: Iterator[float]
    rng: np.random.Generator
    env: Any
    """A simpy.Environment"""

    def run(self) -> float:
        """The day of the first offer, infinite where none comes in time."""
        self.offer = self.env.event()
        for flight in range(len(self.world.flights)):
            self.env.process(self.waiting(flight))
        self.env.process(self.send())
        self.env.run(until=self.env.any_of([self.offer, self.env.timeout(float(self.world.daily.shape[1]))]))
        return self.offer.value if self.offer.triggered else inf

    def send(self) -> Generator:
        """Send what the plan says at the start of each day."""
        tracks, days = self.world.daily.shape
        for day in range(days):
            if day % 28 == 0:
                counts = self.rng.poisson(self.world.daily[:, day : day + 28]).T.tolist()
            for k in range(tracks):
                for _ in range(counts[day % 28][k]):
                    self.env.process(self.climb(k, 0))
            yield self.env.timeout(1.0)

    def climb(self, k: int, first: int) -> Generator:
        """One application, from a step on."""
        numbers, u, timeout = self.numbers, self.u, self.env.timeout
        for s in range(first, len(numbers.chance[k])):
            if next(u) >= numbers.chance[k][s]:
                return
            yield timeout(numbers.wait(k, s, next(u)))
        if not self.offer.triggered:
            self.offer.succeed(self.env.now)

    def waiting(self, i: int) -> Generator:
        """One application in flight."""
        k, s, waited = self.world.flights[i]
        if next(self.u) < self.numbers.coming[i]:
            whole = self.numbers.wait(k, s, next(self.u), self.numbers.gone[i])
            yield self.env.timeout(max(whole - waited, 0.0))
            yield from self.climb(k, s + 1)


@dataclass
class CappedSearch(Search):
    """The same with at most `most` processes live from the interview on; a further one waits its turn.

    A process is live until it ends, or has been silent at one step for thirty days, and again when it moves on.
    """

    most: int = 2
    live: int = 0

    def run(self) -> float:
        """The day of the first offer, infinite where none comes in time."""
        self.line = deque()
        return super().run()

    def climb(self, k: int, first: int) -> Generator:
        """One application, from a step on."""
        numbers, u = self.numbers, self.u
        for s in range(first, len(numbers.chance[k])):
            if s < INTERVIEW:
                if next(u) >= numbers.chance[k][s]:
                    return
                yield self.env.timeout(numbers.wait(k, s, next(u)))
                continue
            if s == INTERVIEW and self.live >= self.most:
                turn = self.env.event()
                self.line.append(turn)
                yield turn
            else:
                self.live += s == INTERVIEW
            moves, wait = self.fate(k, s)
            yield from self.stay(wait, PATIENCE, moves=moves)
            if not moves:
                return
        self.leave()
        if not self.offer.triggered:
            self.offer.succeed(self.env.now)

    def fate(self, k: int, s: int) -> tuple[bool, float]:
        """Whether an application moves on at a step, and the wait for that or for a no."""
        if next(self.u) < self.numbers.chance[k][s]:
            return True, self.numbers.wait(k, s, next(self.u))
        told = next(self.u) < self.numbers.told[k][s]
        return False, self.numbers.wait_for_no(k, s, next(self.u)) if told else inf

    def stay(self, wait: float, patience: float, *, moves: bool) -> Generator:
        """Wait at a step from the interview on, live as long as patience lasts."""
        if moves and wait <= patience:
            yield self.env.timeout(wait)
            return
        spell = min(wait, patience)
        if spell > 0.0:
            yield self.env.timeout(spell)
            self.leave()
        if moves:
            yield self.env.timeout(wait - spell)
            self.live += 1

    def leave(self) -> None:
        """A process ends, or tires: the first in line begins."""
        self.live -= 1
        if self.line and self.live < self.most:
            self.live += 1
            self.line.popleft().succeed()

    def waiting(self, i: int) -> Generator:
        """One application in flight."""
        (k, s, waited), numbers = self.world.flights[i], self.numbers
        if s < INTERVIEW:
            yield from super().waiting(i)
            return
        fate, wait = next(self.u), inf
        moves = fate < numbers.coming[i]
        if moves:
            wait = max(numbers.wait(k, s, next(self.u), numbers.gone[i]) - waited, 0.0)
        elif fate < numbers.coming[i] + numbers.to_be_told[i]:
            wait = max(numbers.wait_for_no(k, s, next(self.u), numbers.no_gone[i]) - waited, 0.0)
        left = max(PATIENCE - waited, 0.0)
        self.live += left > 0.0
        yield from self.stay(wait, left, moves=moves)
        if moves:
            yield from self.climb(k, s + 1)


def by_simpy(world: World, draws: np.ndarray, rng: np.random.Generator, search: type[Search] = Search) -> np.ndarray:
    """Search after search in SimPy."""
    import simpy

    u = uniforms(rng)
    return np.array([search(world, Numbers(world, d), u, rng, simpy.Environment()).run() for d in draws])


def by_simpy_with_a_cap(world: World, draws: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same with at most two interviews at once."""
    return by_simpy(world, draws, rng, CappedSearch)


def by_salabim(world: World, draws: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One Component per application, one that sends; the run stops at the first offer."""
    from peers_salabim import search

    u = uniforms(rng)
    return np.array([search(world, Numbers(world, d), u, rng) for d in draws])


def _waits(world: World, draw: np.ndarray | int, k: np.ndarray, s: int, rng: np.random.Generator) -> np.ndarray:
    below = rng.random(k.size) * world.whole[draw, k, s]
    with np.errstate(divide="ignore"):
        return np.exp(world.median[draw, k, s] + world.shape[draw, k, s] * np.log(below / (1.0 - below)))


def _flights(world: World, draws: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The first offer of those in flight, every one of them simulated."""
    moves = rng.random((draws.size, len(world.flights))) < world.coming[draws]
    first = np.full(draws.size, inf)
    search, flight = np.nonzero(moves)
    track, step, waited = (np.array(column) for column in zip(*world.flights, strict=True))
    k, s, d = track[flight], step[flight], draws[search]
    gone = world.gone[d, flight]
    below = gone + rng.random(search.size) * (world.whole[d, k, s] - gone)
    total = np.exp(world.median[d, k, s] + world.shape[d, k, s] * np.log(below / (1.0 - below)))
    time = np.maximum(total - waited[flight], 0.0)
    for later in range(1, world.chance.shape[2]):
        at = s < later
        stay = ~at | (rng.random(search.size) < world.chance[d, k, later])
        search, k, s, d, time, at = (a[stay] for a in (search, k, s, d, time, at))
        time[at] += _waits(world, d[at], k[at], later, rng)
    np.minimum.at(first, search, time)
    return first


def by_numpy_search_by_search(world: World, draws: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A loop over searches; in each, every application of the whole horizon at once, step by step."""
    tracks, days = world.daily.shape
    first = _flights(world, draws, rng)
    for i, draw in enumerate(draws):
        counts = rng.poisson(world.daily)
        k = np.repeat(np.arange(tracks), counts.sum(axis=1))
        time = np.repeat(np.tile(np.arange(float(days)), tracks), counts.ravel())
        for s in range(world.chance.shape[2]):
            stay = rng.random(k.size) < world.chance[draw, k, s]
            k, time = k[stay], time[stay]
            time += _waits(world, draw, k, s, rng)
        first[i] = min(first[i], time.min(initial=inf))
    return np.where(first <= days, first, inf)


def by_numpy_all_at_once(
    world: World, draws: np.ndarray, rng: np.random.Generator, chunk: int = 500, *, thrifty: bool = False
) -> np.ndarray:
    """All applications of a chunk of searches as one array: (application, step) chances and waits, summed and masked.

    `thrifty` follows only those that are still alive from step to step.
    """
    tracks, days = world.daily.shape
    steps = world.chance.shape[2]
    first = _flights(world, draws, rng)
    for low in range(0, draws.size, chunk):
        some = draws[low : low + chunk]
        counts = rng.poisson(world.daily, (some.size, tracks, days))
        flat = np.repeat(np.arange(counts.size), counts.ravel())
        search, rest = np.divmod(flat, tracks * days)
        k, day = np.divmod(rest, days)
        d = some[search]
        if thrifty:
            time = day.astype(float)
            for s in range(steps):
                stay = rng.random(search.size) < world.chance[d, k, s]
                search, k, d, time = (a[stay] for a in (search, k, d, time))
                time += _waits(world, d, k, s, rng)
        else:
            moves = rng.random((flat.size, steps)) < world.chance[d, k]
            below = rng.random((flat.size, steps)) * world.whole[d, k]
            with np.errstate(divide="ignore"):
                waits = np.exp(world.median[d, k] + world.shape[d, k] * np.log(below / (1.0 - below)))
            time = np.where(moves.all(axis=1), day + waits.sum(axis=1), inf)
        np.minimum.at(first, low + search, time)
    return np.where(first <= days, first, inf)


def by_numpy_thriftily(world: World, draws: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """All applications of a chunk at once, each followed only as long as it is alive."""
    return by_numpy_all_at_once(world, draws, rng, thrifty=True)


PEERS: dict[str, tuple[Callable, int, int]] = {
    "salabim": (by_salabim, 90, 24),
    "SimPy": (by_simpy, 4_800, 1_200),
    "NumPy, search by search": (by_numpy_search_by_search, 9_000, 3_600),
    "NumPy, vectorised over searches": (by_numpy_all_at_once, 9_000, 2_400),
    "NumPy, vectorised, survivors only": (by_numpy_thriftily, 30_000, 9_000),
}
"""For each peer how many searches it runs, in the long and in the quick benchmark."""
