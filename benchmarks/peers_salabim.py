"""One search in salabim: one Component per application, one that sends; the run stops at the first offer."""

from collections.abc import Generator, Iterator
from math import inf
from typing import Any

import numpy as np
import salabim as sim

from searches import World

sim.yieldless(False)


class Search(sim.Environment):
    """What its components share. `numbers` are those of one draw."""

    world: World
    numbers: Any
    u: Iterator[float]
    offer = inf


class Application(sim.Component):
    """One application, from a step on; `flight` where it is one of those in flight."""

    def setup(self, track: int, step: int, flight: int | None = None) -> None:
        """Salabim's way to hand over arguments."""
        self.track, self.step, self.flight = track, step, flight

    def process(self) -> Generator:
        """Climb until it ends."""
        search, k, numbers, u = self.env, self.track, self.env.numbers, self.env.u
        if self.flight is not None:
            if next(u) >= numbers.coming[self.flight]:
                return
            whole = numbers.wait(k, self.step, next(u), numbers.gone[self.flight])
            yield self.hold(max(whole - search.world.flights[self.flight][2], 0.0))
            self.step += 1
        for step in range(self.step, len(numbers.chance[k])):
            if next(u) >= numbers.chance[k][step]:
                return
            yield self.hold(numbers.wait(k, step, next(u)))
        search.offer = search.now()
        search.main().activate()


class Sender(sim.Component):
    """Sends what the plan says at the start of each day."""

    def setup(self, rng: np.random.Generator) -> None:
        """Salabim's way to hand over arguments."""
        self.rng = rng

    def process(self) -> Generator:
        """Day by day."""
        daily = self.env.world.daily
        for day in range(daily.shape[1]):
            if day % 28 == 0:
                counts = self.rng.poisson(daily[:, day : day + 28]).T.tolist()
            for k in range(daily.shape[0]):
                for _ in range(counts[day % 28][k]):
                    Application(track=k, step=0, env=self.env)
            yield self.hold(1.0)


def search(world: World, numbers: object, u: Iterator[float], rng: np.random.Generator) -> float:
    """The day of the first offer, infinite where none comes in time."""
    run = Search(trace=False)
    run.world, run.numbers, run.u = world, numbers, u
    for flight, (track, step, _) in enumerate(world.flights):
        Application(track=track, step=step, flight=flight, env=run)
    Sender(rng=rng, env=run)
    run.run(till=float(world.daily.shape[1]))
    return run.offer
