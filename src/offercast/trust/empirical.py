"""Curves of yes and no by day at each step, counted without a model: the Aalen-Johansen estimator.

With n at risk on a day, of which d hear a yes and c a no, the share that is still silent falls by (d + c) / n and the
share that has heard a yes grows by what was silent times d / n; those still open leave the risk after their last day.
Source: Aalen and Johansen, Scandinavian Journal of Statistics 5 (1978) 141-150; Kaplan and Meier, JASA 53 (1958)
457-481, where there is but one kind of answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from offercast.evidence.evidence import known_history
from offercast.evidence.spells import Climb, spells
from offercast.history.records import History
from offercast.inference.waits import Floats


@dataclass(frozen=True)
class StepCurves:
    """By step: the share that has heard a yes by each day, and the share still silent, each (step, day + 1)."""

    came: Floats
    silent: Floats

    @classmethod
    def of(cls, history: History, *, as_of: date, longest: int = 400) -> StepCurves:
        """Count what a log of that day tells, all tracks and channels together. Waits of unknown length are left out;
        one between two bounds is taken at its later one.
        """
        steps = history.ladder.steps
        answers = np.zeros((3, len(steps), longest + 1))
        for application in known_history(history, as_of, history.last_date).applications:
            for spell in spells(Climb(application, history.ladder, as_of=as_of)):
                if spell.longest is not None:
                    kind = ("advanced", "told no", "open").index(spell.outcome)
                    answers[kind, spell.step, min(spell.longest, longest)] += 1
        at_risk = np.cumsum(answers.sum(axis=0)[:, ::-1], axis=1)[:, ::-1]
        yes, no = (np.divide(part, at_risk, out=np.zeros_like(part), where=at_risk > 0) for part in answers[:2])
        silent = np.cumprod(1.0 - yes - no, axis=1)
        before = np.concatenate([np.ones((len(steps), 1)), silent[:, :-1]], axis=1)
        return cls(np.cumsum(before * yes, axis=1), silent)

    def still(self, step: int, waited: int, days: int) -> Floats:
        """The chance that one that has waited so long is still silent after each further day, (days + 1,)."""
        at = self._at(waited, days)
        silent = self.silent[step]
        return silent[at] / silent[at[0]] if silent[at[0]] > 0 else np.ones(days + 1)

    def reach(self, steps: Sequence[int], days: int, waited: int | None = None) -> Floats:
        """The chance that all of these steps are passed by each day, (days + 1,): the sum of their waits.

        `waited`: the first of them has been silent for so many days; it begins on day 0 where None.
        """
        first, silent = self.came[steps[0]], self.silent[steps[0]]
        if waited is None:
            came = first[self._at(0, days)]
        else:
            at = self._at(waited, days)
            came = (first[at] - first[at[0]]) / silent[at[0]] if silent[at[0]] > 0 else np.zeros(days + 1)
        masses = np.diff(came, prepend=0.0)
        for step in steps[1:]:
            masses = np.convolve(masses, np.diff(self.came[step][self._at(0, days)], prepend=0.0))[: days + 1]
        return np.cumsum(masses)

    def _at(self, waited: int, days: int) -> np.ndarray:
        return np.minimum(waited + np.arange(days + 1), self.came.shape[1] - 1)
