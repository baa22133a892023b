"""How much more to know: after how many further applications it will likely be decided which track converts better.

Preposterior analysis: a draw of the posterior is taken for the truth, the outcomes of further applications are drawn
from it, and the posterior after them comes by weighing all draws with the likelihood of those outcomes. Repeated over
many truths, that gives the chance that the question is decided then. Sources: Raiffa and Schlaifer, Applied Statistical
Decision Theory (1961), chapter 4; Lindley, The Choice of Sample Size, The Statistician 46 (1997).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from offercast.decisions.compare import CLEAR, alike
from offercast.inference.posterior import Posterior
from offercast.inference.waits import Floats

NUMBERS = (10, 20, 40, 80, 160, 320)
"""Further applications of a track that are tried."""
LIKELY = 0.8
"""A question counts as likely decided where it is in so many of the truths."""
TRUTHS, DRAWS = 200, 2000
_LEAST_ESS = 15.0
_NOTHING = -60.0
"""Log weights are taken no lower: numbers near the smallest one are slow, and this is nothing already."""


@dataclass(frozen=True)
class MoreToKnow:
    """How many further applications, all answered, decide which track is best in 8 of 10 cases.

    `of_each` is the number for every track, `of_one` that of one track alone, by track: 0 where it is decided now, None
    where not even the largest number tried does it, or the draws are too few to tell. `chances` are the chances that it
    is decided after each of `numbers` of every track (nan: the draws are too few to tell).
    """

    of_each: int | None
    of_one: dict[str, int | None]
    numbers: tuple[int, ...]
    chances: tuple[float, ...]

    @property
    def decided(self) -> bool:
        """Whether it is decided already."""
        return self.of_each == 0

    @property
    def most_tried(self) -> int | None:
        """The largest number of every track for which the draws are enough to tell; None where they never are."""
        return max(
            (n for n, chance in zip(self.numbers, self.chances, strict=True) if not math.isnan(chance)), default=None
        )


def how_much_more(posterior: Posterior, *, channel: str | None = None, seed: int = 1) -> MoreToKnow:
    """Find how many further applications are likely to decide which track is best.

    Decided means that one track is the best, or that two tracks are as good as alike, with a posterior chance of 95 %.

    Args:
        posterior: from `fit`, or loaded.
        channel: of the further applications and of the comparison; the reference one where None.
        seed: of the truths and outcomes.
    """
    chances = posterior.step_chances(channel)
    steps = chances.reshape(-1, *chances.shape[2:])
    steps = steps[np.linspace(0, steps.shape[0] - 1, min(DRAWS, steps.shape[0])).astype(int)]
    rng = np.random.default_rng(seed)
    truths = rng.integers(steps.shape[0], size=TRUTHS)
    whole = np.prod(steps, axis=2)
    if decided(whole, np.full((1, steps.shape[0]), 1.0 / steps.shape[0]))[0] or steps.shape[1] == 1:
        return MoreToKnow(0, dict.fromkeys(posterior.tracks, 0), NUMBERS, (1.0,) * len(NUMBERS))
    tracks = range(steps.shape[1])
    each = [_chance_decided(steps, whole, truths, [n] * len(tracks), rng) for n in NUMBERS]
    of_one = {
        posterior.tracks[k]: _first(
            [_chance_decided(steps, whole, truths, [n * (j == k) for j in tracks], rng) for n in NUMBERS]
        )
        for k in tracks
    }
    return MoreToKnow(_first(each), of_one, NUMBERS, tuple(each))


def _first(chances: Sequence[float]) -> int | None:
    """The smallest number that likely decides."""
    return next((n for n, chance in zip(NUMBERS, chances, strict=True) if chance >= LIKELY), None)


def _chance_decided(
    steps: Floats, whole: Floats, truths: np.ndarray, sent: Sequence[int], rng: np.random.Generator
) -> float:
    """How often it is decided after so many further applications of each track; nan where the draws are too few."""
    reached = np.broadcast_to(np.array(sent), (truths.size, len(sent)))
    logs = np.zeros((truths.size, steps.shape[0]))
    for s in range(steps.shape[2]):
        on = rng.binomial(reached, steps[truths, :, s])
        passed, stopped = on.astype(float), (reached - on).astype(float)
        logs += passed @ _log(steps[:, :, s]).T + stopped @ _log(1.0 - steps[:, :, s]).T
        reached = on
    logs -= logs.max(axis=1, keepdims=True)
    weights = np.exp(np.maximum(logs, _NOTHING, out=logs), out=logs)
    weights /= weights.sum(axis=1, keepdims=True)
    if np.median(1.0 / np.sum(weights**2, axis=1)) < _LEAST_ESS:
        return float("nan")
    return float(decided(whole, weights).mean())


def _log(chance: Floats) -> Floats:
    """The log of a chance, far below all others where it is 0."""
    return np.log(np.maximum(chance, 1e-300))


def decided(whole: Floats, weights: Floats) -> np.ndarray:
    """Whether one track is the best, or the two best are as good as alike: by row of weights (row, draw)."""
    top = whole == whole.max(axis=1, keepdims=True)
    best = weights @ (top / top.sum(axis=1, keepdims=True))
    order = np.argsort(-best, axis=1)
    found = best.max(axis=1) >= CLEAR
    for first in range(whole.shape[1]):
        for second in range(first + 1, whole.shape[1]):
            same = weights @ alike(whole[:, first], whole[:, second]).astype(float)
            lead = np.sort(order[:, :2], axis=1)
            found |= (same >= CLEAR) & (lead[:, 0] == first) & (lead[:, 1] == second)
    return found
