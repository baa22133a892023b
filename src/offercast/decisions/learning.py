"""A mix that learns: ways to spend the hours week by week, compared on the same simulated searches.

The best mix of today (`spend_hours`) uses what the log says. Answers that come in later say more, and a mix that
follows them may do better: solved anew, or by Thompson's sampling (all hours to the kind that is best under one set of
rates, drawn from the beliefs). Whether it pays depends on the waits: an answer that comes late cannot steer much. For
a single step that leads straight to the offer nothing is gained at all, since a search that goes on has seen only noes,
and the best fixed mix counts on those; what teaches are the answers on the way.

Gains are means over the same searches with control variates: what does not learn has a chance that is known exactly for
each truth; and with n offers in time where l were expected of the applications when they left, n - l, (n - l)^2 - l and
exp(l / 2) / 2^n - 1 have mean zero however the mix was chosen (they are martingales of a counting process). Sources:
Bremaud, Point Processes and Queues (1981), chapter VI; Law and Kelton, Simulation Modeling and Analysis (2000),
sections 11.2 and 11.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from offercast.decisions.beliefs import Inbox, Tables
from offercast.decisions.effort import Effort
from offercast.decisions.trial import Luck, Setting, Way
from offercast.decisions.ways import Now, Policy, best_hours, even_first, evenly, knowing, solved_anew, thompson
from offercast.errors import CommandError
from offercast.inference.posterior import Posterior
from offercast.inference.sample import Progress, unseen
from offercast.inference.waits import Floats

SEARCHES, DRAWS = 1000, 800
KEPT, ANEW, THOMPSON, EVEN_FIRST, EVEN, KNOWING = "kept", "anew", "thompson", "even first", "even", "knowing"
LEARNS = (ANEW, THOMPSON, EVEN_FIRST)
"""Ways that use what has come in; `knowing` is told the rates, and bounds all of them from above."""
WORTH_TELLING = 0.01
"""A gain of less than a point is next to nothing."""
MOST_FATES, FEWEST_SEARCHES = 12_000_000, 100
"""So many steps of applications are drawn at most; searches are left out to keep to it, down to the fewest."""
_BEST_OF_THREE, _SAME = 2.4, 1e-6


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


def learn(
    posterior: Posterior,
    effort: Effort,
    *,
    searches: int = SEARCHES,
    draws: int = DRAWS,
    seed: int = 1,
    policies: Mapping[str, Policy] | None = None,
    progress: Progress = unseen,
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
