"""Luck or a change? The applications in the order in which they were sent, against what their rates let expect.

Three questions about the first answer: how often a search with these rates has so long a run without one; how often so
few come in so many weeks; whether the chance has drifted. Each takes into account how long every application has waited
so far. The rates are those of the same log, which leans all three towards "luck".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from offercast.decisions.slope import regress
from offercast.evidence.evidence import known_history
from offercast.evidence.spells import OUTCOMES, Climb, spells
from offercast.forecast.few import evenly
from offercast.history.records import History
from offercast.inference.posterior import Posterior
from offercast.inference.summary import Interval
from offercast.inference.waits import Floats, cdf, silent_parts

DRAWS = 400
DRIFT_SD = 1.0
"""Prior sd of how far the logit of the first step moves from the beginning of a log to its end: 0.4 to 2.7 times the
odds, two in three."""
_ADVANCED = OUTCOMES.index("advanced")


@dataclass(frozen=True)
class Sent:
    """Applications that wait, or waited, for a first answer: oldest first, an array (application,) for each fact.

    `age` is the days since sending, `waited` those until its answer, its withdrawal or today, `outcome` an index into
    `OUTCOMES`. `track` and `channel` are indices of the posterior's axes.
    """

    step: int
    age: np.ndarray
    waited: np.ndarray
    outcome: np.ndarray
    track: np.ndarray
    channel: np.ndarray

    @property
    def size(self) -> int:
        """How many there are."""
        return self.age.size

    @property
    def moved(self) -> np.ndarray:
        """Whether the first answer was a yes."""
        return self.outcome == _ADVANCED

    @property
    def watched(self) -> np.ndarray:
        """Days in which a yes could have come and been seen: until today, or until the seeker left."""
        return np.where(self.outcome < len(OUTCOMES) - 1, self.age, self.waited)


def sent_in_order(history: History, posterior: Posterior, *, as_of: date) -> Sent:
    """The dated applications that were sent by the seeker, in the order of their days and then of the log.

    Those without a day of sending are left out, and those that began further up (a recruiter's call).

    Args:
        history: the log.
        posterior: its fit, for the axes.
        as_of: the day; nothing later is looked at.
    """
    ladder = posterior.ladder
    step, rows = ladder.step_index[ladder.sent], []
    for application in known_history(history, as_of, history.last_date).applications:
        climb = Climb(application, ladder, as_of=as_of)
        if not climb.started or climb.started[0] != ladder.sent or application.track not in posterior.tracks:
            continue
        age = (as_of - climb.started[1]).days
        for spell in spells(climb):
            if spell.step == step:
                longest = age if spell.longest is None else min(spell.longest, age)
                waited = (min(spell.shortest or 0, longest) + longest) / 2
                where = posterior.tracks.index(application.track), posterior.channel_index(application.channel)
                rows.append((age, waited, OUTCOMES.index(spell.outcome), *where))
    rows.sort(key=lambda row: -row[0])
    columns = np.array(rows, dtype=float).reshape(-1, 5).T
    age, waited, outcome, track, channel = columns
    return Sent(step, age, waited, *(column.astype(int) for column in (outcome, track, channel)))


def chance_moved(posterior: Posterior, sent: Sent, days: Floats) -> Floats:
    """Chance of each application to have had a first yes within so many days: (draw, application)."""
    advance, yes, _ = _laws(posterior, sent, days)
    return advance * yes


def _laws(posterior: Posterior, sent: Sent, days: Floats) -> tuple[Floats, Floats, Floats]:
    """The chance of a yes, and the cdfs of both waits at so many whole days: (draw, application) each."""
    picked = _picked(posterior)
    advance = posterior.advance.reshape(-1, *posterior.advance.shape[2:])[picked][
        :, sent.track, sent.channel, sent.step
    ]
    assumed = posterior.model.assumptions
    at = np.where(days > 0, days + 0.5, 0.0)  # a whole day stands for half a day on either side

    def by(kind: str) -> Floats:
        where = posterior.flat(f"{kind}_log_days")[picked][:, sent.track, sent.step]
        shape = np.exp(posterior.flat(f"{kind}_log_shape")[picked][:, sent.step, None])
        return cdf(at, where, shape, assumed.horizon_days, family=assumed.delay_family)

    return advance, by("advance"), by("no")


def _told_no(posterior: Posterior, sent: Sent) -> Floats:
    """Chance of a no given no yes: (draw, application)."""
    return posterior.told_no.reshape(-1, *posterior.told_no.shape[2:])[_picked(posterior)][:, sent.track, sent.step]


def _picked(posterior: Posterior) -> np.ndarray:
    return evenly(posterior.flat("scale").shape[0], DRAWS)


def longest_run(moved: Iterable[bool]) -> tuple[int, bool]:
    """The longest run of applications without a yes, and whether it is the one that still goes on.

    >>> longest_run([False, False, True, False])
    (2, False)
    """
    best = run = 0
    for one in moved:
        run = 0 if one else run + 1
        best = max(best, run)
    return best, run == best and best > 0


def chance_of_run(chances: Floats, length: int) -> float:
    """Chance of at least one run of `length` failures in a row, averaged over draws.

    A Markov chain on the length of the run so far; exact for unequal chances. Source: Fu and Koutras, Distribution
    Theory of Runs: A Markov Chain Approach, JASA 89 (1994).

    Args:
        chances: of success of each trial, in order: (draw, trial).
        length: of the run, at least 1.

    >>> round(chance_of_run(np.full((1, 3), 0.5), 2), 9)  # FFF, FFS, SFF of eight
    0.375
    """
    draws, trials = chances.shape
    state = np.zeros((draws, length))  # chance that no such run has come and that the run so far has length j
    state[:, 0] = 1.0
    for trial in range(trials):
        p = chances[:, trial, None]
        ended = (state * p).sum(axis=1)
        state[:, 1:] = state[:, :-1] * (1.0 - p)
        state[:, 0] = ended
    return float(1.0 - state.sum(axis=1).mean())


def chance_of_few(chances: Floats, most: int) -> float:
    """Chance of at most `most` successes among independent trials, averaged over draws: the Poisson-binomial law.

    >>> round(chance_of_few(np.array([[0.5, 0.2]]), 0), 9)
    0.4
    """
    state = np.zeros((chances.shape[0], most + 1))
    state[:, 0] = 1.0
    for p in chances.T:
        risen = state[:, :-1] * p[:, None]
        state *= 1.0 - p[:, None]
        state[:, 1:] += risen
    return float(state.sum(axis=1).mean())


@dataclass(frozen=True)
class Recent:
    """First yeses that came in the last days, beside what was to be expected of those that waited then."""

    days: int
    observed: int
    expected: float
    chance_so_few: float


def recent_answers(posterior: Posterior, sent: Sent, *, days: int) -> Recent:
    """Count the first yeses of the last `days` days, and how often so few come from those that could bring one.

    At risk is who had no answer when the days began, given that silence, and who was sent within them.
    """
    start = np.maximum(sent.age - days, 0.0)
    left = np.maximum(sent.watched - start, 0.0)
    answered_before = (sent.outcome < len(OUTCOMES) - 1) & (sent.age - sent.waited >= days)
    at_risk = ~answered_before & (left > 0)
    which = Sent(
        sent.step, *(getattr(sent, name)[at_risk] for name in ("age", "waited", "outcome", "track", "channel"))
    )
    begun, ended = start[at_risk], (start + left)[at_risk]
    advance, yes_before, no_before = _laws(posterior, which, begun)
    told_no = posterior.told_no.reshape(-1, *posterior.told_no.shape[2:])[_picked(posterior)][
        :, which.track, which.step
    ]
    coming, never = silent_parts(advance, told_no, yes_before, no_before)
    _, yes_after, _ = _laws(posterior, which, ended)
    silent = coming + never
    chances = np.divide(advance * (yes_after - yes_before), silent, out=np.zeros_like(silent), where=silent > 0)
    observed = int(which.moved.sum())
    return Recent(days, observed, float(chances.sum(axis=1).mean()), chance_of_few(chances, observed))


@dataclass(frozen=True)
class Trend:
    """How the chance of a first yes changed from the first application of a log to its last one.

    `chance_falling` is the posterior chance that it fell; `first` and `last` are the chances at either end.
    """

    chance_falling: float
    first: Interval
    last: Interval


def trend(posterior: Posterior, sent: Sent) -> Trend | None:
    """Estimate a linear drift of the first step's logit, with silence counted by its length.

    logit p = (that of its track and channel) + a + b x, x from -1/2 (the first application) to 1/2 (the last one),
    a ~ N(0, 1.5), b ~ N(0, 1); the waits are the fit's. Posterior of (a, b) on a grid: no sampler.

    Returns:
        None where all were sent on one day.
    """
    if sent.size == 0 or np.ptp(sent.age) == 0:
        return None
    x = 0.5 - (sent.age - sent.age.min()) / np.ptp(sent.age)
    advance, yes, no = (part.mean(axis=0) for part in _laws(posterior, sent, sent.watched))
    told_no = _told_no(posterior, sent).mean(axis=0)
    found = regress(np.log(advance) - np.log1p(-advance), x, sent.outcome, (told_no, yes, no), slope_sd=DRIFT_SD)
    return Trend(1.0 - found.chance_positive, found.chance_at(-0.5), found.chance_at(0.5))
