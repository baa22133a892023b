"""Worlds drawn from a model file's priors, and the logs that searches in them leave.

Written apart from the engines, one application after the other, from the model card's words: it reads the prior
numbers of the model file and nothing else of the model. Waits are drawn as real numbers and rounded to whole days (d
days stand for d - 1/2 to d + 1/2), and each wait starts on the day of the stage before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from offercast.history.records import Application, Event, History
from offercast.inference.waits import Floats
from offercast.ladder import Ladder
from offercast.modelfile import ModelFile, WaitPrior
from offercast.trust.rates import Rates

AS_OF = date(2025, 6, 30)
"""The last day of every simulated log."""

EXACT_DAYS = (*range(15), 17, 21, 28, 35, 45, 60, 75, 90, 120, 150, 180)
"""Whole days of silence that end on an edge of a waiting-time bin: nothing is split between two edges."""


@dataclass(frozen=True)
class Design:
    """How a search is run and logged, apart from how it goes.

    Everything here is independent of the answers, or leaves the evidence as it is, so that a log is a draw from the
    model. What the evidence rules only approximate is kept out (waits between two unlogged days, silence from an
    unknown start), but for one rule: silence that ends between two wide edges is split between them. `exact` keeps
    that out, too. An undated no is exact where the age of the application is one of `EXACT_DAYS`.

    Args:
        name: for tables.
        sent: applications by track.
        ages: the days before the last day on which one can have been sent, each equally likely.
        channels: the share of each channel; what is left is the reference channel's.
        exact: the seeker withdraws where a silence reaches the last of `EXACT_DAYS` that it can reach by the end.
        undated: the share of first answers that are a no whose day is not logged.
        reopened: the share of first answers that are a yes before which the log has a no that was taken back.
        inertia: every application starts as a job that was found, and may never be sent.
    """

    name: str
    sent: tuple[int, ...]
    ages: tuple[int, ...] = tuple(range(121))
    channels: tuple[tuple[str, float], ...] = ()
    exact: bool = False
    undated: float = 0.0
    reopened: float = 0.0
    inertia: bool = False

    @property
    def tracks(self) -> tuple[str, ...]:
        """The names of the tracks, in alphabetical order."""
        return tuple(f"track {chr(ord('A') + k)}" for k in range(len(self.sent)))


CHANNELS = (("referral", 0.2), ("direct", 0.2), ("recruiter", 0.15), ("networking", 0.15))
DESIGNS = (
    Design("10 applications a track", (10, 10, 10)),
    Design("15, 60 and 120, a third pending", (15, 60, 120), ages=tuple(range(61)), reopened=0.2),
    Design("one track empty", (0, 30, 40), inertia=True),
    Design("five channels", (20, 40, 40), channels=CHANNELS),
    Design("undated noes, nothing approximated", (15, 40, 80), ages=EXACT_DAYS, exact=True, undated=0.5),
)
"""The designs that calibration mixes. The first track is always (one of) the thinnest."""


@dataclass(frozen=True)
class Log:
    """What a simulated search leaves: its log, and what is to come of the applications in flight.

    `to_come` holds the events after the last day of the log, for each application in the order of the log: none where
    it is over, or is never answered.
    """

    history: History
    as_of: date
    to_come: tuple[tuple[Event, ...], ...]

    @property
    def coming(self) -> tuple[int, ...]:
        """The days from the last day of the log to each offer that applications already sent will bring."""
        goal = self.history.ladder.goal
        later = (event for events in self.to_come for event in events)
        return tuple((event.on - self.as_of).days for event in later if event.kind == goal and event.on)


def draw_rates(model: ModelFile, *, tracks: int, rng: np.random.Generator, size: int = 1) -> Rates:
    """Draw the truth of `size` worlds from the priors of a model file.

    Track effects are normal with the drawn scale, less their mean: the normal law conditioned on a sum of zero has
    the covariance scale^2 (I - 1/K).

    Args:
        model: its priors and its ladder.
        tracks: how many role tracks, K.
        rng: the only source of chance.
        size: how many worlds.

    >>> import numpy as np
    >>> from offercast.modelfile import load_model
    >>> drawn = draw_rates(load_model(), tracks=3, rng=np.random.default_rng(1), size=4000)
    >>> bool(abs(np.median(drawn.advance[:, :, 0, 1]) - 0.165) < 0.005)
    True
    """
    ladder = model.ladder
    priors = [model.step_prior(step.id) for step in ladder.steps]
    employer = np.array([step.decided_by == "employer" for step in ladder.steps], dtype=float)
    medians = [model.scale_prior(e).median for e in ("advance", "advance_step", "told_no", "delay")]
    log_sds = [model.scale_prior(e).log_sd for e in ("advance", "advance_step", "told_no", "delay")]
    scale = np.exp(np.log(medians) + np.array(log_sds) * rng.standard_normal((size, 4)))

    def between(column: int, *shape: int) -> Floats:
        drawn = rng.standard_normal((size, tracks, *shape))
        centred = drawn - drawn.mean(axis=1, keepdims=True)
        return centred * scale[:, column].reshape(-1, *(1 for _ in centred.shape[1:]))

    def logit(chances: list[float], sds: list[float]) -> Floats:
        drawn = np.log(chances) - np.log1p(-np.array(chances)) + np.array(sds) * rng.standard_normal((size, len(sds)))
        return drawn[:, None, :]

    def waits(laws: list[WaitPrior]) -> tuple[Floats, Floats]:
        days = np.log([law.median for law in laws]) + np.array([law.sd for law in laws]) * rng.standard_normal(
            (size, len(laws))
        )
        spread = np.log([law.spread for law in laws]) + np.array([law.spread_sd for law in laws]) * rng.standard_normal(
            (size, len(laws))
        )
        return days[:, None, :], np.exp(spread) * math.sqrt(3.0) / math.pi  # the sd of a logistic law

    level, each, answered, pace = between(0), between(1, len(priors)), between(2), between(3)
    added, by_step = _channels(model, rng, size)
    yes = logit([p.advance.median for p in priors], [p.advance.sd for p in priors])
    yes = yes + each + level[:, :, None] * employer
    no = logit([p.told_no.median for p in priors], [p.told_no.sd for p in priors]) + answered[:, :, None] * employer
    yes_days, yes_shape = waits([p.advance_wait for p in priors])
    no_days, no_shape = waits([p.no_wait for p in priors])
    return Rates(
        advance=_chance(yes[:, :, None, :] + by_step[:, None]),
        told_no=_chance(no),
        yes_days=np.exp(yes_days + pace[:, :, None] * employer),
        yes_shape=yes_shape,
        no_days=np.exp(no_days + pace[:, :, None] * employer),
        no_shape=no_shape,
        channel=added,
        scale=scale,
        horizon=model.assumptions.horizon_days,
    )


def _chance(logit: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-logit))


def _channels(model: ModelFile, rng: np.random.Generator, size: int) -> tuple[Floats, Floats]:
    """What each channel adds: its two effects, (size, C, 2), and the same laid out by step, (size, C, S)."""
    ladder = model.ladder
    effect = np.zeros((size, len(ladder.channels), 2))
    by_step = np.zeros((size, len(ladder.channels), len(ladder.steps)))
    for c, channel in enumerate(ladder.channels[1:], start=1):
        prior = model.channel_prior(channel.id)
        effect[:, c] = rng.normal([prior.first, prior.later], [prior.first_sd, prior.later_sd], size=(size, 2))
        entry = channel.lead_in[0].id if channel.lead_in else channel.steps_on
        for s, step in enumerate(ladder.steps):
            if step.decided_by == "employer":
                by_step[:, c, s] = effect[:, c, 0 if step.start == entry else 1]
    return effect, by_step


def simulate_log(rates: Rates, design: Design, ladder: Ladder, *, rng: np.random.Generator) -> Log:
    """Run one search in the world of the first draw of `rates`, and return what its log holds on `AS_OF`.

    >>> import numpy as np
    >>> from offercast.modelfile import load_model
    >>> model, rng = load_model(), np.random.default_rng(1)
    >>> log = simulate_log(draw_rates(model, tracks=3, rng=rng), DESIGNS[0], model.ladder, rng=rng)
    >>> len(log.history.applications)
    30
    """
    search = _Search(rates, design, ladder, rng)
    found, to_come = [], []
    for k, (track, sent) in enumerate(zip(design.tracks, design.sent, strict=True)):
        for number in range(sent):
            channel, events = search.one(k)
            known = tuple(event for event in events if event.on is None or event.on <= AS_OF)
            to_come.append(tuple(event for event in events if event.on is not None and event.on > AS_OF))
            found.append(Application(f"{track} {number}", track, channel, known))
    return Log(History(ladder, tuple(found), design.name), AS_OF, tuple(to_come))


class _Search:
    """The chances of one world, ready for one application after the other."""

    def __init__(self, rates: Rates, design: Design, ladder: Ladder, rng: np.random.Generator) -> None:
        self.rates, self.design, self.ladder, self.rng = rates, design, ladder, rng
        self.index = {channel.id: c for c, channel in enumerate(ladder.channels)}
        self.no = next(e.id for e in ladder.exits if e.means == "no")
        self.turned_down = next((e.id for e in ladder.exits if e.means == "turned_down"), self.no)
        self.left = next((e.id for e in ladder.exits if e.means == "censored"), "")

    def one(self, track: int) -> tuple[str, list[Event]]:
        """Send one application and follow it to its end, whenever that is."""
        channel = self._channel()
        path = self.ladder.path(channel)
        if self.design.inertia and path[0] == self.ladder.sent:
            path = tuple(stage.id for stage in self.ladder.stages)
        on = AS_OF - timedelta(days=self.design.ages[self.rng.integers(len(self.design.ages))])
        events = [Event(path[0], on)]
        for stage, above in pairwise(path):
            answer, days = self._answer(track, self.index[channel], self.ladder.step_index[stage])
            watched = max((d for d in EXACT_DAYS if d <= (AS_OF - on).days), default=None)
            if self.design.exact and watched is not None and (answer is None or days > watched):
                return channel, [*events, Event(self.left, on + timedelta(days=watched))]
            if answer is None:
                return channel, events
            ended = on + timedelta(days=days)
            if not answer:
                return channel, [*events, self._told_no(stage, ended)]
            if stage == path[0] and ended <= AS_OF and days > 1 and self.rng.random() < self.design.reopened:
                events.append(Event(self.no, on + timedelta(days=int(self.rng.integers(1, days)))))
            events.append(Event(above, ended))
            on = ended
        return channel, events

    def _channel(self) -> str:
        point = self.rng.random()
        for channel, share in self.design.channels:
            if point < share:
                return channel
            point -= share
        return self.ladder.reference.id

    def _answer(self, track: int, channel: int, step: int) -> tuple[bool | None, int]:
        """Yes, no or None for silence for good, and the whole days that it takes."""
        rates, rng = self.rates, self.rng
        if rng.random() < rates.advance[0, track, channel, step]:
            return True, self._wait(rates.yes_days[0, track, step], rates.yes_shape[0, step])
        if rng.random() < rates.told_no[0, track, step]:
            return False, self._wait(rates.no_days[0, track, step], rates.no_shape[0, step])
        return None, 0

    def _wait(self, median: float, shape: float) -> int:
        """A log-logistic wait, drawn again while it exceeds the horizon, in whole days."""
        while True:
            u = self.rng.random()
            wait = median * (u / (1.0 - u)) ** shape
            if wait <= self.rates.horizon:
                return max(math.ceil(wait - 0.5), 0)

    def _told_no(self, stage: str, on: date) -> Event:
        """The event of a no; an undated one only where it is known by the end, on an application's first wait."""
        if stage == self.ladder.goal:
            return Event(self.turned_down, on)
        hidden = stage == self.ladder.sent and on <= AS_OF and self.rng.random() < self.design.undated
        return Event(self.no) if hidden else Event(self.no, on)
