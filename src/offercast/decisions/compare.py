"""Compare tracks by posterior conversion: which is better, how sure, and at which step they differ."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from offercast.errors import CommandError
from offercast.inference.posterior import Posterior
from offercast.inference.summary import LEVEL, Interval, interval
from offercast.inference.waits import Floats

CLEAR, LEANING = 0.95, 0.8
"""Posterior probabilities from which a difference is called clear, or a leaning."""

ALIKE = 1.25
"""Two tracks of which neither converts more than so many times as often as the other are as good as alike."""


@dataclass(frozen=True)
class Pair:
    """Two tracks: P(first > second), and the difference of their chances (first minus second)."""

    first: str
    second: str
    chance_first_better: float
    difference: Interval
    chance_alike: float = 0.0
    """Chance that neither converts more than a quarter better than the other: practical equivalence."""

    @property
    def verdict(self) -> Literal["clear", "leaning", "cannot tell yet"]:
        """How sure the log makes it, whichever way round."""
        surest = max(self.chance_first_better, 1.0 - self.chance_first_better)
        if surest >= CLEAR:
            return "clear"
        return "leaning" if surest >= LEANING else "cannot tell yet"

    @property
    def better(self) -> str:
        """The one that is more likely the better one."""
        return self.first if self.chance_first_better >= 0.5 else self.second


@dataclass(frozen=True)
class Contest:
    """All tracks on one quantity: a step, or the whole way from sending to the offer.

    `chance_best` (by track) sums to 1; equal draws share their point. `ranks` (by track) holds the chance of each
    place, the first one first. `loss` (by track) is the share of the best track's conversion that is lost, on average,
    by choosing this one now (the expected opportunity loss, over the best).
    """

    name: str
    chances: dict[str, Interval]
    chance_best: dict[str, float]
    ranks: dict[str, tuple[float, ...]]
    loss: dict[str, float]
    pairs: tuple[Pair, ...]

    @property
    def best(self) -> str:
        """The track that is most likely the best."""
        return max(self.chance_best, key=lambda track: self.chance_best[track])


@dataclass(frozen=True)
class Comparison:
    """The contest over the whole ladder, and one for each step that an employer decides.

    Conversions are of one channel, so that a track is not praised for its referrals.
    """

    channel: str
    level: float
    whole: Contest
    steps: tuple[Contest, ...]
    implied: tuple[str, ...] = ()
    """Stages that the log never names: the steps on either side of one are not told apart by it."""


def compare(posterior: Posterior, *, channel: str | None = None, level: float = LEVEL) -> Comparison:
    """Compare every track with every other, per step and for the whole ladder.

    Args:
        posterior: from `fit`, or loaded.
        channel: the channel whose chances are compared; the reference one where None.
        level: of the credible intervals, between 0 and 1.

    Raises:
        CommandError: an unknown channel, or a level outside (0, 1).

    >>> by_hand = Posterior.from_chances({"A": {"applied->response": 0.2}, "B": {"applied->response": 0.1}})
    >>> compare(by_hand).whole.pairs[0].chance_first_better
    1.0
    """
    if not 0 < level < 1:
        raise CommandError(f"a credible level of {level}: give a number between 0 and 1.")
    chosen = channel or posterior.ladder.reference.id
    index = posterior.channel_index(chosen)
    tracks = posterior.tracks
    whole = posterior.offer_chance(chosen).reshape(-1, len(tracks))
    steps = posterior.ladder.steps_to_goal(chosen)
    return Comparison(
        channel=chosen,
        level=level,
        implied=posterior.evidence.implied,
        whole=_contest("whole ladder", tracks, whole, level),
        steps=tuple(
            _contest(
                posterior.ladder.steps[s].id,
                tracks,
                posterior.advance[:, :, :, index, s].reshape(-1, len(tracks)),
                level,
            )
            for s in steps
        ),
    )


def _contest(name: str, tracks: tuple[str, ...], draws: Floats, level: float) -> Contest:
    """Compare the columns of (draw, track)."""
    top = draws == draws.max(axis=1, keepdims=True)
    best = (top / top.sum(axis=1, keepdims=True)).mean(axis=0)
    pairs = tuple(
        Pair(
            tracks[i],
            tracks[j],
            _chance_above(draws[:, i], draws[:, j]),
            interval(draws[:, i] - draws[:, j], level),
            float(alike(draws[:, i], draws[:, j]).mean()),
        )
        for i, j in combinations(range(len(tracks)), 2)
    )
    return Contest(
        name=name,
        chances={track: interval(draws[:, k], level) for k, track in enumerate(tracks)},
        chance_best={track: float(best[k]) for k, track in enumerate(tracks)},
        ranks={track: _places(draws, k) for k, track in enumerate(tracks)},
        loss={track: float(np.mean(1.0 - draws[:, k] / draws.max(axis=1))) for k, track in enumerate(tracks)},
        pairs=pairs,
    )


def _chance_above(first: Floats, second: Floats) -> float:
    """P(first > second), ties counted half."""
    return float(np.mean(first > second) + 0.5 * np.mean(first == second))


def alike(first: Floats, second: Floats) -> np.ndarray:
    """Whether neither is more than `ALIKE` times the other: the region of practical equivalence.

    Source: Kruschke, Rejecting or Accepting Parameter Values in Bayesian Estimation, AMPPS 1 (2018).
    """
    return (first <= ALIKE * second) & (second <= ALIKE * first)


def _places(draws: Floats, track: int) -> tuple[float, ...]:
    """Chance of each place of one track, equal draws sharing their places."""
    above = (draws > draws[:, track, None]).sum(axis=1)
    equal = (draws == draws[:, track, None]).sum(axis=1)
    found = np.zeros(draws.shape[1])
    for place in range(draws.shape[1]):
        within = (above <= place) & (place < above + equal)
        found[place] = np.mean(within / equal)
    return tuple(found.tolist())
