"""A second event engine: one search at a time, every application from its sending on, with a heap. For the tests.

Written from the definitions in `Limits` and the raw draws alone: no thinning, no table, nothing of the first one.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import numpy as np

from offercast.evidence import InFlight
from offercast.forecast import Plan
from offercast.forecast.limits import Limits
from offercast.inference import Posterior

FIRST = {"cold": "applied", "referral": "applied", "recruiter": "response"}


@dataclass(eq=False)
class Application:
    track: int
    channel: str
    source: int
    spell: int = 0  # changes whenever it moves: what was planned for an earlier spell is void


class OneSearch:
    """One search: state, a heap of what will happen, and the rules."""

    def __init__(self, world: Reference, draw: int) -> None:
        self.world, self.draw, self.limits = world, draw, world.limits
        self.heap: list[tuple[float, int, Callable, tuple]] = []
        self.order = count()
        self.live: set[Application] = set()
        self.final: set[Application] = set()
        self.line: deque[tuple[Application, int]] = deque()
        self.interviews = 0
        self.held_until = -1.0
        self.result: tuple[float, int] | None = None
        self.sent = 0

    def run(self) -> tuple[float, int, int]:
        for row in self.world.posterior.evidence.in_flight:
            for _ in range(row.count):
                self.start_waiting(row)
        for day in range(self.world.days):
            self.plan(float(day), self.send, day)
        while self.heap and self.result is None:
            now, _, act, arguments = heapq.heappop(self.heap)
            if now > self.world.days:
                break
            act(now, *arguments)
        time, source = self.result or (np.inf, -1)
        return time, source, self.sent

    def plan(self, at: float, act: Callable, *arguments: object) -> None:
        heapq.heappush(self.heap, (at, next(self.order), act, arguments))

    def send(self, now: float, day: int) -> None:
        if self.final:
            return
        for source, (pace, daily) in enumerate(self.world.paces, start=1):
            for _ in range(self.world.rng.poisson(daily[day])):
                self.sent += 1
                channel = pace.channel or "cold"
                start = pace.start or FIRST[channel]
                application = Application(self.world.posterior.track_index(pace.track), channel, source)
                self.come(now, application, self.world.order[start], new=True)

    def come(self, now: float, application: Application, stage: int, *, new: bool) -> None:
        """It comes to a stage; `new` where it has not yet been counted, so that it may be turned away."""
        application.spell += 1
        world, limits = self.world, self.limits
        if stage == world.goal:
            self.drop(now, application)
            self.offer(now, application)
            return
        begins = new and limits.at_once is not None and stage >= world.capped
        if begins and len(self.live) >= limits.at_once:
            if limits.when_full == "wait":
                self.line.append((application, stage))
            return
        self.enter(now, application, stage)

    def enter(self, now: float, application: Application, stage: int) -> None:
        world, limits = self.world, self.limits
        logit = world.logit(self.draw, application, stage)
        if stage >= world.capped:
            self.live.add(application)
            logit += limits.learning * np.log(1 + self.interviews)
            self.interviews += 1
        if stage >= world.pause:
            self.final.add(application)
        self.plan(now + limits.patience_days, self.tire, application, application.spell)
        if world.rng.random() < 1 / (1 + np.exp(-logit)):
            wait = world.wait("advance", self.draw, application.track, stage)
            self.plan(now + wait, self.move, application, stage)
        elif world.rng.random() < world.told(self.draw, application.track, stage):
            wait = world.wait("no", self.draw, application.track, stage)
            self.plan(now + wait, self.end, application)

    def move(self, now: float, application: Application, stage: int) -> None:
        self.come(now, application, stage + 1, new=stage < self.world.capped)

    def tire(self, now: float, application: Application, spell: int) -> None:
        if application.spell == spell:
            self.drop(now, application)

    def end(self, now: float, application: Application) -> None:
        application.spell += 1
        self.drop(now, application)

    def drop(self, now: float, application: Application) -> None:
        """It is live no more: the next in line begins."""
        self.final.discard(application)
        self.live.discard(application)
        while self.line and len(self.live) < self.limits.at_once:
            self.enter(now, *self.line.popleft())

    def offer(self, now: float, application: Application) -> None:
        limits = self.limits
        accepted = limits.accept is None or self.world.rng.random() < limits.accept or now <= self.held_until
        if accepted:
            self.result = (now, application.source)
        self.held_until = now + limits.hold_days

    def start_waiting(self, row: InFlight) -> None:
        """One in flight: tried until it has been as silent as it was."""
        world, limits = self.world, self.limits
        channel = world.posterior.ladder.channels[row.channel].id
        application, stage = Application(row.track, channel, 0), row.step
        while True:
            silent = row.shortest + int(world.rng.integers(row.longest - row.shortest + 1)) + 0.5
            if world.rng.random() < 1 / (1 + np.exp(-world.logit(self.draw, application, stage))):
                moves, wait = True, world.wait("advance", self.draw, row.track, stage)
            elif world.rng.random() < world.told(self.draw, row.track, stage):
                moves, wait = False, world.wait("no", self.draw, row.track, stage)
            else:
                moves, wait = False, np.inf
            if wait > silent:
                break
        if silent < limits.patience_days:
            if stage >= world.capped:
                self.live.add(application)
            if stage >= world.pause:
                self.final.add(application)
            self.plan(limits.patience_days - silent, self.tire, application, application.spell)
        if moves:
            self.plan(wait - silent, self.move, application, stage)
        elif wait < np.inf:
            self.plan(wait - silent, self.end, application)


class Reference:
    """The raw numbers of a problem, and as many searches as one has patience for."""

    def __init__(self, posterior: Posterior, plan: Plan, limits: Limits, days: int, seed: int = 1) -> None:
        self.posterior, self.limits, self.days = posterior, limits, days
        self.rng = np.random.default_rng(seed)
        self.raw = {name: posterior.flat(name) for name in posterior.draws}
        self.order = {stage.id: i for i, stage in enumerate(posterior.ladder.stages)}
        self.goal = self.order["offer"]
        counts = limits.at_once is not None or limits.learning
        self.capped = self.order[limits.from_stage] if counts else self.goal
        self.pause = self.order[limits.pause_from] if limits.pause_from else self.goal
        as_of = posterior.evidence.as_of
        self.paces = [(pace, plan.sent_by_day(pace, as_of=as_of, days=days)) for pace in plan.paces]

    def searches(self, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Days to the offer, its source (0: in flight), and applications sent by then, each (search,)."""
        size = self.raw["scale"].shape[0]
        results = [OneSearch(self, i * size // n).run() for i in range(n)]
        return tuple(np.array(column) for column in zip(*results, strict=True))

    def logit(self, draw: int, application: Application, step: int) -> float:
        channels = [channel.id for channel in self.posterior.ladder.channels]
        effect = 0.0
        if application.channel != "cold":
            later = int(step != self.order[FIRST[application.channel]])
            effect = self.raw["channel_logit"][draw, channels.index(application.channel), later]
        return float(self.raw["advance_logit"][draw, application.track, step] + effect)

    def told(self, draw: int, track: int, step: int) -> float:
        return float(1 / (1 + np.exp(-self.raw["told_no_logit"][draw, track, step])))

    def wait(self, kind: str, draw: int, track: int, step: int) -> float:
        m, b = self.raw[f"{kind}_log_days"][draw, track, step], np.exp(self.raw[f"{kind}_log_shape"][draw, step])
        while True:
            u = self.rng.random()
            days = float(np.exp(m + b * np.log(u / (1 - u))))
            if days <= 180.0:
                return days
