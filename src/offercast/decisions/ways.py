"""Ways to spend the hours of a search, week by week: what each looks at, and the hours that it chooses.

Sources: Thompson, Biometrika 25 (1933); Russo et al., A Tutorial on Thompson Sampling (2018); Boyd and Vandenberghe,
Convex Optimization (2004), section 5.5.3.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from offercast.decisions.beliefs import Inbox, Singles, weigh
from offercast.decisions.trial import Luck, Setting
from offercast.inference.waits import Floats

FIRST_SHARE = 4
"""`even first` spreads the hours evenly over this part of the time (a quarter), and solves anew from then on."""
_ROUNDS, _CLOSE = 80, 1e-3


class Now:
    """What a way to spend the hours may look at: one row for each search, one column for each way.

    `worth` is what an hour a week brings from now on, by draw and way; `hours` the hours of the time before.
    """

    def __init__(self, number: int, setting: Setting, inbox: Inbox | None, hours: Floats, luck: Luck) -> None:
        self.number, self.setting, self.hours, self.luck = number, setting, hours, luck
        self._inbox = inbox
        self.last = number == setting.starts.size - 1
        self.worth = setting.worth[number].astype(np.float32)

    @cached_property
    def _weighed(self) -> tuple[Singles, np.ndarray]:
        setting, size = self.setting, self.luck.searches
        if self._inbox is None or self.number == 0:
            n = setting.believed.size
            return np.full((size, n), 1.0 / n, dtype=np.float32), np.zeros(size, dtype=bool)
        day = setting.starts[self.number]
        self._inbox.look(float(day))
        return weigh(self._inbox.log_likelihood() + setting.silent_flights[:, day].astype(np.float32))

    @property
    def weights(self) -> Singles:
        """The beliefs: (search, draw)."""
        return self._weighed[0]

    @property
    def flattened(self) -> np.ndarray:
        """The searches in which the beliefs were held back."""
        return self._weighed[1]

    @property
    def none_of_waiting(self) -> Singles:
        """The chance that what waits brings no offer by the day: (search, draw), or (1, draw) at the start."""
        setting, day = self.setting, self.setting.starts[self.number]
        rest = setting.silent_flights[:, setting.days] - setting.silent_flights[:, day]
        flights = np.exp(rest)[None, :].astype(np.float32)
        return flights if self._inbox is None or self.number == 0 else flights * np.exp(self._inbox.log_none())


Policy = Callable[[Now], Floats]
"""The hours a week of each way from now on: (search, way)."""


def solved_anew(now: Now) -> Floats:
    """The best fixed mix for the time that is left, given all that has come in."""
    if now.number == 0:
        return now.hours
    return best_hours(now.weights * now.none_of_waiting, now.worth, now.hours, now.setting.room)


def best_hours(weights: Singles, worth: Singles, start: Floats, room: Floats) -> Floats:
    """The hours with the smallest sum over draws of weight times exp(-worth hours), for many searches at once.

    Hours move from the way in use that brings least per hour to the one that brings most and has room, by Newton's
    step on that line, until all in use bring the same to 0.1 % (the conditions of Karush, Kuhn and Tucker).

    Args:
        weights: (search, draw).
        worth: what an hour a week of each way brings, (draw, way).
        start: hours to begin with, (search, way); their sum is kept.
        room: the most hours of each way, (way,).
    """
    hours, rows = start.copy(), np.arange(start.shape[0])
    for _ in range(_ROUNDS):
        terms = weights[rows] * np.exp(-(hours[rows].astype(np.float32) @ worth.T))
        each = terms @ worth
        up = np.where(hours[rows] < room - 1e-9, each, -np.inf).argmax(axis=1)
        down = np.where(hours[rows] > 1e-9, each, np.inf).argmin(axis=1)
        here = np.arange(rows.size)
        gap = each[here, up] - each[here, down]
        moving = gap > _CLOSE * each[here, up]
        if not moving.any():
            break
        rows, up, down, gap, terms = rows[moving], up[moving], down[moving], gap[moving], terms[moving]
        bend = np.sum(terms * (worth[:, up] - worth[:, down]).T ** 2, axis=1)
        step = np.minimum(gap / np.maximum(bend, 1e-300), np.minimum(hours[rows, down], room[up] - hours[rows, up]))
        hours[rows, up] += step
        hours[rows, down] -= step
    return hours


def thompson(rng: np.random.Generator) -> Policy:
    """All hours to the ways that are best per hour under one draw of the beliefs, as far as they have room."""

    def spend(now: Now) -> Floats:
        levels = rng.random((now.luck.searches, 1))
        drawn = np.minimum((np.cumsum(now.weights, axis=1) < levels).sum(axis=1), now.worth.shape[0] - 1)
        return _filled(now.worth[drawn], now.setting)

    return spend


def _filled(worth: Floats, setting: Setting) -> Floats:
    """The hours given to the best ways first, each up to its room: (search, way)."""
    order = np.argsort(-worth, axis=1, kind="stable")
    room = setting.room[order]
    before = np.cumsum(room, axis=1) - room
    given = np.clip(setting.hours - before, 0.0, room)
    hours = np.empty_like(given)
    np.put_along_axis(hours, order, given, axis=1)
    return hours


def evenly(now: Now) -> Floats:
    """The same hours for all ways, as far as each has room."""
    each = np.minimum(now.setting.hours / now.setting.room.size, now.setting.room)
    return np.tile(each, (now.luck.searches, 1))


def _spread(hours: float, room: Floats) -> Floats:
    """All hours, as evenly as the room allows: what one way has no room for goes to the others."""
    given, left = np.zeros_like(room), hours
    for place, way in enumerate(np.argsort(room, kind="stable")):
        given[way] = min(room[way], left / (room.size - place))
        left -= given[way]
    return given


def even_first(now: Now) -> Floats:
    """Evenly for the first quarter of the time, to find out; solved anew from then on."""
    if now.number * FIRST_SHARE < now.setting.starts.size:
        return np.tile(_spread(now.setting.hours, now.setting.room), (now.luck.searches, 1))
    return best_hours(now.weights * now.none_of_waiting, now.worth, now.hours, now.setting.room)


def knowing(setting: Setting, luck: Luck) -> Policy:
    """The best hours for whoever is told the rates: no other way can do better."""
    return lambda now: _filled(luck.worth[now.number], setting)
