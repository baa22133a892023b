"""Curves over days and over numbers of applications, averaged over what the log leaves possible: what pictures draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from offercast.errors import CommandError, did_you_mean
from offercast.inference.posterior import Posterior
from offercast.inference.summary import LEVEL, Interval, interval
from offercast.inference.waits import cdf


@dataclass(frozen=True)
class AnswerCurve:
    """Of applications at one step, the share that has moved on, or been told anything, so many days later.

    `days` are whole days from 0 to the horizon; `moved_on` and `answered` hold one interval for each of them.
    `answered[-1]` is the plateau: what is not below it never hears anything.
    """

    step: str
    days: tuple[int, ...]
    moved_on: tuple[Interval, ...]
    answered: tuple[Interval, ...]

    @property
    def never(self) -> float:
        """The share that is never answered, at the posterior median."""
        return 1.0 - self.answered[-1].median


def answer_curve(posterior: Posterior, step: str, *, level: float = LEVEL) -> AnswerCurve:
    """How answers to one step come in, day by day, averaged over tracks, for cold applications.

    With p the chance to move on, w that of a no otherwise, F and G the cdfs of the waits: p F(t) have moved on by day
    t, and p F(t) + (1 - p) w G(t) are answered. Source: Maller and Zhou, Survival Analysis with Long-Term Survivors
    (1996), section 1.3, with a second answer added.

    Args:
        posterior: from `fit`, or loaded.
        step: the id of a step that an employer decides, such as "applied->response".
        level: of the credible intervals.

    Raises:
        CommandError: there is no such step, or the seeker decides it: nobody has to answer.

    >>> by_hand = Posterior.from_chances({"A": {"applied->response": 0.2}}, told_no=0.5)
    >>> round(answer_curve(by_hand, "applied->response").never, 3)  # 0.8 x 0.5
    0.4
    """
    known = {s.id: i for i, s in enumerate(posterior.ladder.steps) if s.decided_by == "employer"}
    if step not in known:
        raise CommandError(f'no employer decides a step "{step}". {did_you_mean(step, list(known))}')
    s, assumed = known[step], posterior.model.assumptions
    days = np.arange(int(assumed.horizon_days) + 1)

    def law(kind: str) -> np.ndarray:
        return cdf(
            days,
            posterior.flat(f"{kind}_log_days")[:, :, s, None],
            np.exp(posterior.flat(f"{kind}_log_shape")[:, s])[:, None, None],
            assumed.horizon_days,
            family=assumed.delay_family,
        )

    p = posterior.advance[:, :, :, 0, s].reshape(-1, len(posterior.tracks), 1)
    w = posterior.told_no[..., s].reshape(-1, len(posterior.tracks), 1)
    moved = (p * law("advance")).mean(axis=1)
    told = moved + ((1.0 - p) * w * law("no")).mean(axis=1)
    both = [tuple(interval(column, level) for column in curve.T) for curve in (moved, told)]
    return AnswerCurve(step, tuple(days.tolist()), *both)


def chances_among(posterior: Posterior, numbers: Sequence[int]) -> dict[str, tuple[float, ...]]:
    """By track, the chance of an offer among so many cold applications, the successful one counted.

    It is the mean over draws of 1 - (1 - q)^n, where q is the chance that one brings an offer: what `track_yields`
    turns round.

    >>> by_hand = Posterior.from_chances({"A": {step: 1.0 for step in (
    ...     "response->phone", "phone->interview", "interview->second_interview", "second_interview->offer")}
    ...     | {"applied->response": 0.5}})
    >>> chances_among(by_hand, [1, 2])["A"]
    (0.5, 0.75)
    """
    chance = posterior.offer_chance().reshape(-1, len(posterior.tracks))
    log_none = np.log1p(-np.minimum(chance, 1.0 - 1e-15))
    return {
        track: tuple(float(np.mean(-np.expm1(n * log_none[:, k]))) for n in numbers)
        for k, track in enumerate(posterior.tracks)
    }
