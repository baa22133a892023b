"""What a searcher believes after some weeks: draws of the posterior, weighed with all that has come in.

At each step an application moved on, was told no, or has been silent for so many weeks; the likelihood is that of the
model (`inference/silence.py`). Only the chances to move on are learned: the laws of the waits and the chance of a no
are taken as they are on average, so that few draws go a long way. What has come in is then a table of counts, and the
log likelihood of every draw a product of two matrices.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from offercast.decisions.trial import Luck, Setting, no_waits
from offercast.inference.waits import Floats, logistic

LEAST_ESS = 20.0
"""Weights are flattened (the likelihood raised to a power below 1) where they would rest on fewer draws than this."""
_HALVINGS = 10
_LOWEST = np.float32(-60.0)

Singles = NDArray[np.float32]
"""Single precision: quick to multiply, and exact to far more than the draws are."""


class Tables:
    """The log likelihood of each thing that can come in, for every draw that is believed: (cell, draw).

    The cells of one step: moved on, not moved on; and a silence by its whole weeks. `none_of_silent` is the log chance
    that a silence does not end in an offer.
    """

    def __init__(self, setting: Setting) -> None:
        posterior, picked = setting.posterior, setting.believed
        self.ages = int(posterior.model.assumptions.horizon_days // 7) + 1
        weeks = np.arange(self.ages, dtype=np.float64) * 7.0
        answers, silences, brings, self.first = [], [], [], []
        for stream in setting.streams:
            track, steps = stream.columns[0][0], [step for _, step in stream.columns]
            self.first.append(len(silences))
            yes, no = stream.waits.of(picked), no_waits(posterior, stream).of(picked)
            p = posterior.step_chances(stream.channel).reshape(-1, len(posterior.tracks), len(steps))[picked, track]
            told = logistic(posterior.flat("told_no_logit")[picked, track][:, steps]).mean(axis=0)
            after = np.ones(picked.size)
            of_steps = []
            for s in reversed(range(len(steps))):
                coming = p[:, s] * (1.0 - yes.cdf(weeks, s).mean(axis=0))[:, None]
                still = 1.0 - told[s] * no.cdf(weeks, s).mean(axis=0)
                silent = coming + (1.0 - p[:, s]) * still[:, None]
                of_steps.append(([p[:, s], 1.0 - p[:, s]], silent, coming / np.maximum(silent, 1e-300) * after))
                after = after * p[:, s]
            for answer, silent, brought in reversed(of_steps):
                answers.append(answer)
                silences.append(silent)
                brings.append(brought)
        size = len(silences)
        self.answers = _logs(np.array(answers).reshape(2 * size, -1))
        self.silences = _logs(np.array(silences).reshape(size * self.ages, -1))
        self.none_of_silent = _logs(1.0 - np.array(brings).reshape(size * self.ages, -1))


def _logs(chance: Floats) -> Singles:
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(chance), _LOWEST).astype(np.float32)


class Inbox:
    """What has come in of every search by now, as counts, and what still waits."""

    def __init__(self, tables: Tables, luck: Luck) -> None:
        self.tables, self.luck = tables, luck
        self.answers = np.zeros((luck.searches, tables.answers.shape[0]), dtype=np.float32)
        self.silences = np.zeros((luck.searches, tables.silences.shape[0]), dtype=np.float32)
        self._search, self._step, self._end = (np.zeros(0, dtype=int) for _ in range(3))
        self._enters, self._lasts = np.zeros(0), np.zeros(0)

    def send(self, way: int, search: np.ndarray, number: np.ndarray, day: np.ndarray) -> None:
        """Take note of applications that leave on a day: all their steps, as far as they will get."""
        enters = self.luck.enters[way][search, number]
        reached = np.isfinite(enters)
        row, step = np.nonzero(reached)
        self._search = np.concatenate([self._search, search[row]])
        self._step = np.concatenate([self._step, self.tables.first[way] + step])
        self._end = np.concatenate([self._end, self.luck.ends[way][search, number][reached]])
        self._enters = np.concatenate([self._enters, day[row] + enters[reached]])
        self._lasts = np.concatenate([self._lasts, self.luck.lasts[way][search, number][reached]])

    def look(self, day: float) -> None:
        """Read everything that has come in by a day; what is answered waits no more."""
        tables, size = self.tables, self.luck.searches
        came = self._enters + self._lasts <= day
        cell = self._step[came] * 2 + self._end[came]
        self.answers += _counted(self._search[came], cell, self.answers.shape)
        kept = ~came
        self._search, self._step, self._end = self._search[kept], self._step[kept], self._end[kept]
        self._enters, self._lasts = self._enters[kept], self._lasts[kept]
        begun = self._enters <= day
        age = np.minimum(np.round((day - self._enters[begun]) / 7.0).astype(int), tables.ages - 1)
        self.silences = _counted(
            self._search[begun], self._step[begun] * tables.ages + age, (size, self.silences.shape[1])
        )

    def log_likelihood(self) -> Singles:
        """Of all that has come in, by search and draw."""
        return _summed(self.answers, self.tables.answers) + _summed(self.silences, self.tables.silences)

    def log_none(self) -> Singles:
        """The log chance that what waits brings no offer, by search and draw."""
        return _summed(self.silences, self.tables.none_of_silent)


def _summed(counts: Singles, logs: Singles) -> Singles:
    """The sum of logs over what was counted, by search and draw; cells that no search has cost nothing."""
    seen = counts.any(axis=0)
    return counts[:, seen] @ logs[seen]


def _counted(search: np.ndarray, cell: np.ndarray, shape: tuple[int, ...]) -> Singles:
    flat = np.bincount(search * shape[1] + cell, minlength=shape[0] * shape[1])
    return flat.reshape(shape).astype(np.float32)


def weigh(logs: Singles) -> tuple[Singles, np.ndarray]:
    """Weights of draws (search, draw) that sum to 1, and in which searches they had to be flattened.

    Where the likelihood would rest on too few draws it is raised to the power below 1 that leaves enough of them: the
    searcher then believes less than was seen, never more.
    """
    logs = np.maximum(logs - logs.max(axis=1, keepdims=True), _LOWEST)
    least = min(LEAST_ESS, logs.shape[1] / 4)
    weights = np.exp(logs)
    few = _ess(weights) < least
    low, high = np.zeros(int(few.sum())), np.ones(int(few.sum()))
    for _ in range(_HALVINGS if few.any() else 0):
        middle = (low + high) / 2
        enough = _ess(np.exp(logs[few] * middle[:, None].astype(np.float32))) >= least
        low, high = np.where(enough, middle, low), np.where(enough, high, middle)
    weights[few] = np.exp(logs[few] * low[:, None].astype(np.float32))
    return weights / weights.sum(axis=1, keepdims=True), few


def _ess(weights: Singles) -> Singles:
    """The effective number of draws of each row of weights. Source: Kong, Technical Report 348, Chicago (1992)."""
    return weights.sum(axis=1) ** 2 / np.einsum("ij,ij->i", weights, weights)
