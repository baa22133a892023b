"""Compare tracks by posterior conversion: which is better, how sure, and at which step they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

import numpy as np

from offercast.decisions.effort import hours_each
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

    Conversions are of one channel, so that a track is not praised for its referrals. `as_sent` compares the offers per
    application in each track's own mix of channels, `per_hour` those per hour of work.
    """

    channel: str
    level: float
    whole: Contest
    as_sent: Contest
    per_hour: Contest
    steps: tuple[Contest, ...]
    mixes: dict[str, dict[str, float]] = field(default_factory=dict)
    """By track, the share of each channel among what was begun: its own mix; all of it the reference one's if none."""
    hours: dict[str, float] = field(default_factory=dict)
    """By track, the hours that one application takes in that mix."""

    @property
    def one_channel(self) -> bool:
        """Whether every track was begun through the compared channel alone, and takes as long as every other."""
        return all(set(mix) == {self.channel} for mix in self.mixes.values()) and len(set(self.hours.values())) == 1


def compare(
    posterior: Posterior,
    *,
    channel: str | None = None,
    level: float = LEVEL,
    hours: Mapping[tuple[str | None, str], float] | None = None,
) -> Comparison:
    """Compare every track with every other, per step and for the whole ladder.

    The contest is between tracks through one channel, so that none is praised for its referrals; beside it stand the
    offers per application, and per hour, in the mix of channels that each track was begun through.

    Args:
        posterior: from `fit`, or loaded.
        channel: the channel whose chances are compared; the reference one where None.
        level: of the credible intervals, between 0 and 1.
        hours: that one application takes, by (track or None for all, channel); see `hours_each` for the rest.

    Raises:
        CommandError: an unknown channel, a level outside (0, 1), or hours that are not positive.

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
    mixes = own_mixes(posterior)
    as_sent = np.stack([_of_mix(posterior, track, mixes[track]) for track in tracks], axis=1)
    takes = {track: _hours_of_mix(hours or {}, posterior, track, mixes[track]) for track in tracks}
    return Comparison(
        channel=chosen,
        level=level,
        mixes=mixes,
        hours=takes,
        as_sent=_contest("as you send them", tracks, as_sent, level),
        per_hour=_contest("per hour", tracks, as_sent / np.array(list(takes.values())), level),
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


def own_mixes(posterior: Posterior) -> dict[str, dict[str, float]]:
    """By track, the share of each channel among what was begun in it; all of it the reference one's where none was."""
    counts = begun(posterior)
    counts[counts.sum(axis=1) == 0, 0] = 1.0
    shares = counts / counts.sum(axis=1, keepdims=True)
    return {
        track: {c.id: float(shares[k, i]) for i, c in enumerate(posterior.ladder.channels) if shares[k, i] > 0}
        for k, track in enumerate(posterior.tracks)
    }


def begun(posterior: Posterior) -> Floats:
    """How many applications the log has of each track and channel, counted at the channel's first step."""
    ladder = posterior.ladder
    counts = np.zeros((len(posterior.tracks), len(ladder.channels)))
    for row in posterior.evidence.table:
        first = ladder.first_step(ladder.channels[row["channel"]].id)
        counts[row["track"], row["channel"]] += row["count"] * (row["step"] == first)
    return counts


def _of_mix(posterior: Posterior, track: str, mix: dict[str, float]) -> Floats:
    """Offers per application of a track in a mix of channels: (draw,)."""
    k = posterior.track_index(track)
    parts = [share * posterior.offer_chance(channel)[..., k].ravel() for channel, share in mix.items()]
    return np.sum(parts, axis=0)


def _hours_of_mix(
    hours: Mapping[tuple[str | None, str], float], posterior: Posterior, track: str, mix: dict[str, float]
) -> float:
    """Hours that one application of a track takes in a mix of channels."""
    reference = posterior.ladder.reference.id
    return sum(share * hours_each(hours, track, channel, reference) for channel, share in mix.items())


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
