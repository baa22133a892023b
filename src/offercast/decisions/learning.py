"""A mix that learns: ways to spend the hours week by week, compared on the same simulated searches.

The best mix of today (`spend_hours`) uses what the log says. Answers that come in later say more, and a mix that
follows them may do better: solved anew, or by Thompson's sampling (all hours to the kind that is best under one set of
rates, drawn from the beliefs). Whether it pays depends on the waits: an answer that comes late cannot steer much. For
a single step that leads straight to the offer nothing is gained at all, since a search that goes on has seen only noes,
and the best fixed mix counts on those; what teaches are the answers on the way.

Gains are means over the same searches with control variates: what does not learn has a chance that is known exactly for
each truth; and with n offers in time where l were expected of the applications when they left, n - l, (n - l)^2 - l and
exp(l / 2) / 2^n - 1 have mean zero however the mix was chosen (they are martingales of a counting process). Sources:
Thompson, Biometrika 25 (1933); Russo et al., A Tutorial on Thompson Sampling (2018); Bremaud, Point Processes and
Queues (1981), chapter VI; Law and Kelton, Simulation Modeling and Analysis (2000), sections 11.2 and 11.4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

import numpy as np

from offercast.decisions.beliefs import Inbox, Singles, Tables, weigh
from offercast.decisions.effort import Effort
from offercast.decisions.trial import Luck, Setting, Way
from offercast.errors import CommandError
from offercast.inference.posterior import Posterior
from offercast.inference.waits import Floats

SEARCHES, DRAWS = 1000, 800
KEPT, ANEW, THOMPSON, EVEN_FIRST, EVEN, KNOWING = "kept", "anew", "thompson", "even first", "even", "knowing"
LEARNS = (ANEW, THOMPSON, EVEN_FIRST)
"""Ways that use what has come in; `knowing` is told the rates, and bounds all of them from above."""
FIRST_SHARE = 4
"""`even first` spreads the hours evenly over this part of the time (a quarter), and solves anew from then on."""
WORTH_TELLING = 0.01
"""A gain of less than a point is next to nothing."""
MOST_FATES, FEWEST_SEARCHES = 12_000_000, 100
"""So many steps of applications are drawn at most; searches are left out to keep to it, down to the fewest."""
_BEST_OF_THREE, _SAME = 2.4, 1e-6
_ROUNDS, _CLOSE = 80, 1e-3


@dataclass(frozen=True)
class WayToSpend:
    """What one way to spend the hours gives: the chance of an offer by the day, and what it gains over the best mix of
    today kept to the end, with the standard error of that difference; applications sent until the offer or the day.
    """

    name: str
    chance: float
    gain: float
    gain_error: float
    applications: float

    @property
    def margin(self) -> float:
        """The 95 % error of the gain."""
        return 1.96 * self.gain_error

    @property
    def learns(self) -> bool:
        """Whether it uses what has come in."""
        return self.name in LEARNS


@dataclass(frozen=True)
class Learning:
    """Ways to spend the hours, compared on the same searches.

    The mix is looked at `every_weeks`. `flattened` is the share of searches in which, at the end, the beliefs would
    have rested on too few draws and were held back: there a learner could do better than it did here.
    """

    by: date
    every_weeks: int
    searches: int
    draws: int
    ways: tuple[WayToSpend, ...]
    flattened: float

    def way(self, name: str) -> WayToSpend:
        """One of them."""
        return next(way for way in self.ways if way.name == name)

    @property
    def nothing_to_choose(self) -> bool:
        """Whether all ways come to the same: one kind, or room for all that the hours allow of every kind."""
        return all(abs(way.gain) < _SAME for way in self.ways)

    @property
    def best_learner(self) -> WayToSpend:
        """The way that learns and gains most."""
        return max((way for way in self.ways if way.learns), key=lambda way: way.gain)

    @property
    def verdict(self) -> Literal["gains", "next to nothing", "cannot tell"]:
        """Whether the best learner gains: at least a point more than the simulation's error; the best of several looks
        better than it is, so that error is taken wider.
        """
        best = self.best_learner
        error = _BEST_OF_THREE * best.gain_error
        if best.gain - error > 0 and best.gain >= WORTH_TELLING:
            return "gains"
        return "next to nothing" if best.gain + error < 2 * WORTH_TELLING else "cannot tell"


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


def learn(
    posterior: Posterior,
    effort: Effort,
    *,
    searches: int = SEARCHES,
    draws: int = DRAWS,
    seed: int = 1,
    policies: Mapping[str, Policy] | None = None,
    progress: Callable[[str, float], None] = lambda _what, _share: None,
) -> Learning:
    """Compare the best mix kept to the end with mixes that learn, an even one, and one that is told the rates.

    What is in flight at the start may bring its offer, but its other answers teach nothing here.

    Args:
        posterior: the one that `effort` was found for.
        effort: the best mix of today, from `spend_hours` without a plan.
        searches: how many are simulated, each with a truth of its own.
        draws: how many draws of the posterior the beliefs weigh, none of them a truth where there are enough.
        seed: of the searches.
        policies: further ways, by name.
        progress: called with what is being done and the share done.

    Raises:
        CommandError: more applications than can be simulated.

    >>> from offercast.decisions.effort import Kind, spend_hours
    >>> sure = Posterior.from_chances({"A": {"applied->response": 0.2}, "B": {"applied->response": 0.1}})
    >>> kinds = [Kind("A", "cold", 1.0), Kind("B", "cold", 1.0)]
    >>> effort = spend_hours(sure, kinds, hours=5, by=date(2026, 4, 1))
    >>> round(abs(learn(sure, effort, searches=100).way("anew").gain), 3)  # nothing is left to learn
    0.0
    """
    kinds = effort.kinds
    room = [effort.hours if k.most_per_week is None else min(k.most_per_week * k.hours, effort.hours) for k in kinds]
    setting = Setting(
        posterior,
        [(kind.track, kind.channel) for kind in kinds],
        [Way(kind.hours, most) for kind, most in zip(kinds, room, strict=True)],
        hours=effort.hours,
        by=effort.by,
        draws=draws,
    )
    possible = MOST_FATES // setting.fates
    if possible < FEWEST_SEARCHES:
        raise CommandError("so many applications cannot be simulated: give a nearer day, or fewer hours.")
    searches = min(searches, possible)
    luck = Luck(setting, searches, np.random.default_rng(seed))
    tables = Tables(setting)
    best = _best_of_believed(setting, np.array(effort.spent))
    ways: dict[str, Policy] = {
        KEPT: lambda now: np.tile(best, (now.luck.searches, 1)),
        ANEW: solved_anew,
        THOMPSON: thompson(np.random.default_rng([seed, 1])),
        EVEN_FIRST: even_first,
        EVEN: evenly,
        KNOWING: knowing(setting, luck),
        **(policies or {}),
    }
    runs = {}
    for number, (name, policy) in enumerate(ways.items()):
        progress("simulating searches that learn", number / len(ways))
        inbox = None if name in (KEPT, EVEN, KNOWING) else Inbox(tables, luck)
        runs[name] = follow(policy, setting, luck, inbox, best)
    sure = [run for run in runs.values() if run.exact is not None]
    told = []
    for name, run in runs.items():
        gain, error = _gain(run, luck.chance(runs[KEPT].expected), sure)
        told.append(WayToSpend(name, effort.chance + gain, gain, error, float(run.sent.mean())))
    return Learning(effort.by, setting.every, searches, setting.believed.size, tuple(told), runs[ANEW].flattened)


def _best_of_believed(setting: Setting, spent: Floats) -> Floats:
    """The best fixed mix of today by the draws that are believed: what learners start with is what is kept."""
    none = np.exp(setting.silent_flights[None, :, setting.days]).astype(np.float32)
    return best_hours(none, setting.worth[0].astype(np.float32), spent[None, :], setting.room)[0]


@dataclass(frozen=True)
class Followed:
    """By search: whether an offer came in time, how many did and were expected of what left, applications sent; and the
    chance given the truth where the way does not learn.
    """

    came: Floats
    offers: Floats
    expected: Floats
    sent: Floats
    exact: Floats | None
    flattened: float

    @property
    def controls(self) -> list[Floats]:
        """Numbers with mean zero that go along with whether an offer came: (search,) each."""
        over = self.offers - self.expected
        own = [over, over**2 - self.expected, np.exp(self.expected / 2 - self.offers * np.log(2.0)) - 1.0]
        return own if self.exact is None else [self.came - self.exact]


def follow(policy: Policy, setting: Setting, luck: Luck, inbox: Inbox | None, best: Floats) -> Followed:
    """Let all searches spend their hours one way, `best` being the hours of the time before the first one.

    Without an `inbox` the way is one that does not learn: it may depend on the truth and on time alone.
    """
    size, days = luck.searches, setting.days
    mean = np.zeros((size, len(setting.streams)))
    first, flattened = luck.flies.copy(), 0.0
    offers, expected = np.zeros(size), np.zeros(size)
    gone: list[tuple[np.ndarray, np.ndarray]] = []
    hours = np.tile(best, (size, 1))
    for number, start in enumerate(setting.starts.tolist()):
        now = Now(number, setting, inbox, hours, luck)
        hours = policy(now)
        if inbox is not None and now.last:
            flattened = float(now.flattened.mean())
        end = min(start + 7 * setting.every, days)
        expected += np.sum(hours * luck.worth_between(number), axis=1)
        for j, pace in enumerate((hours / setting.costs).T):
            steps = np.concatenate([[0.0], np.cumsum(setting.calendar[j, start:end])])
            counts = luck.left(j, mean[:, j, None] + pace[:, None] * steps)
            mean[:, j] += pace * steps[-1]
            search, which, day = _leaving(counts, start)
            comes = day + luck.comes[j][search, which]
            np.minimum.at(first, search, comes)
            offers += np.bincount(search[comes <= days], minlength=size)
            gone.append((search, day))
            if inbox is not None:
                inbox.send(j, search, which, day)
    search, day = (np.concatenate(part) for part in zip(*gone, strict=True))
    sent = np.bincount(search[day < first[search]], minlength=size)
    exact = luck.chance(expected) if inbox is None else None
    return Followed((first <= days).astype(float), offers, expected, sent.astype(float), exact, flattened)


def _leaving(counts: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who sends which application on which day, from the numbers that have left before each day: (search, day + 1)."""
    new = np.diff(counts, axis=1)
    search = np.repeat(np.arange(counts.shape[0]), counts[:, -1] - counts[:, 0])
    day = np.repeat(np.tile(np.arange(start, start + new.shape[1]), counts.shape[0]), new.ravel())
    before = np.cumsum(counts[:, -1] - counts[:, 0]) - (counts[:, -1] - counts[:, 0])
    which = np.arange(search.size) - before[search] + counts[search, 0]
    return search, which, day


def _gain(run: Followed, base: Floats, sure: list[Followed]) -> tuple[float, float]:
    """The mean gain over the exact chances of the base, with its standard error, by regression on the controls."""
    if run.exact is not None:
        gain = run.exact - base
        return float(gain.mean()), float(gain.std() / np.sqrt(gain.size))
    gain = run.came - base
    controls = np.stack([*run.controls, *(control for one in sure for control in one.controls)], axis=1)
    centred = controls - controls.mean(axis=0)
    slopes, *_ = np.linalg.lstsq(centred, gain - gain.mean(), rcond=None)
    adjusted = gain - controls @ slopes
    return float(adjusted.mean()), float(adjusted.std() / np.sqrt(adjusted.size))


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
