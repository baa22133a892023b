"""The Posterior: named draws of every step's chance and wait, with the evidence and the model behind them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from offercast.errors import CommandError, did_you_mean
from offercast.evidence.evidence import Evidence
from offercast.inference.health import Health, exact_draws
from offercast.inference.layout import EFFECTS, WHEN
from offercast.inference.waits import Floats, logistic
from offercast.ladder import Ladder
from offercast.modelfile import ModelFile

if TYPE_CHECKING:
    from xarray import DataTree

DIMS: dict[str, tuple[str, ...]] = {
    "advance_logit": ("track", "step"),
    "told_no_logit": ("track", "step"),
    "advance_log_days": ("track", "step"),
    "advance_log_shape": ("step",),
    "no_log_days": ("track", "step"),
    "no_log_shape": ("step",),
    "channel_logit": ("channel", "when"),
    "scale": ("effect",),
}
"""The dimensions of each array after (chain, draw). `advance_logit` is that of the reference channel."""

GROUP_DIMS: dict[str, tuple[str, ...]] = {"group_logit": ("group",), "group_scale": ()}
"""The same for what varies by groups of applications at the first step, where it was asked for."""

AFTER_QUICK = "after quick, whose checks failed: "
"""What `sampler` says where NUTS took over, with the reason behind it."""

_NEW_EACH_TIME = ("company", "title")
"""Groupings in which an application to come meets a new group: its chance is the average over groups."""


@dataclass(frozen=True)
class Posterior:
    """Draws from the posterior of the silence model (or of a baseline), with all that is needed to use them.

    `draws` maps each name of `DIMS` to an array (chain, draw, ...). Chances are in logits, waits in log days.

    >>> import numpy as np, offercast
    >>> by_hand = offercast.Posterior.from_chances({"devrel": {"applied->response": 0.1}})
    >>> float(by_hand.advance[0, 0, 0, 0, 1].round(3))
    0.1
    """

    draws: dict[str, Floats]
    evidence: Evidence
    model: ModelFile
    engine: str
    health: Health
    sampler: str = ""
    seed: int | None = None
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def ladder(self) -> Ladder:
        """The ladder of its model file."""
        return self.model.ladder

    @property
    def tracks(self) -> tuple[str, ...]:
        """The tracks, in the order of the track axis."""
        return self.evidence.tracks

    @property
    def coords(self) -> dict[str, tuple[str, ...]]:
        """The labels of each axis but chain and draw."""
        ladder = self.ladder
        return {
            "track": self.tracks,
            "channel": tuple(channel.id for channel in ladder.channels),
            "step": tuple(step.id for step in ladder.steps),
            "when": WHEN,
            "effect": EFFECTS,
            "group": self.evidence.groups,
        }

    @property
    def handed_over(self) -> bool:
        """Whether NUTS took over from the quick engine, whose own checks had failed."""
        return AFTER_QUICK in self.sampler

    @property
    def dims(self) -> dict[str, tuple[str, ...]]:
        """The dimensions of each of its arrays after (chain, draw)."""
        return DIMS | GROUP_DIMS if self.evidence.groups else DIMS

    def track_index(self, track: str) -> int:
        """The index of a track, or CommandError with the nearest one."""
        if track not in self.tracks:
            raise CommandError(f'there is no track "{track}" in this log. {did_you_mean(track, self.tracks)}')
        return self.tracks.index(track)

    def channel_index(self, channel: str) -> int:
        """The index of a channel, or CommandError with the nearest one."""
        known = self.coords["channel"]
        if channel not in known:
            gone = " (one that steps on at a stage that this log never names is left out)" if self.ladder.merged else ""
            raise CommandError(f'there is no channel "{channel}"{gone}. {did_you_mean(channel, known)}')
        return known.index(channel)

    def flat(self, name: str) -> Floats:
        """The draws of one array with chains and draws in one axis, (draw, ...)."""
        array = self.draws[name]
        return array.reshape(-1, *array.shape[2:])

    @cached_property
    def advance(self) -> Floats:
        """Chance to advance, (chain, draw, track, channel, step), within the model's horizon.

        Where the first step varies by company or title, that of an application to a new one; by month, that of now.
        """
        chance = logistic(self.draws["advance_logit"][:, :, :, None, :] + self._channel_terms)
        for c, channel in enumerate(self.ladder.channels):
            first = self.ladder.first_step(channel.id)
            chance[..., c, first] = self._first_chance(self.draws["advance_logit"][..., first], c)
        return chance

    def _first_chance(self, logit: Floats, channel: int) -> Floats:
        """Chance of the first step of an application by a channel: (chain, draw, track).

        Averaged over groups by Gauss-Hermite quadrature where an application to come meets a new group.
        """
        step = self.ladder.first_step(self.ladder.channels[channel].id)
        by_employer = self.ladder.steps[step].decided_by == "employer"
        if by_employer:
            logit = logit + self.draws["channel_logit"][:, :, None, channel, 0]
        if not (by_employer and self.evidence.groups and self.evidence.vary_by in _NEW_EACH_TIME):
            return logistic(logit)
        nodes, weights = np.polynomial.hermite_e.hermegauss(15)
        scale = self.draws["group_scale"][:, :, None]
        spread = [w * logistic(logit + scale * node) for node, w in zip(nodes, weights, strict=True)]
        return np.sum(spread, axis=0) / weights.sum()

    @cached_property
    def told_no(self) -> Floats:
        """Chance to be told no, given that it does not advance: (chain, draw, track, step)."""
        return logistic(self.draws["told_no_logit"])

    @property
    def _channel_terms(self) -> Floats:
        """What each channel adds at each step: (chain, draw, 1, channel, step)."""
        effect = self.draws["channel_logit"]
        terms = np.zeros((*effect.shape[:2], 1, effect.shape[2], len(self.ladder.steps)))
        for c, channel in enumerate(self.ladder.channels):
            first = self.ladder.first_step(channel.id)
            for s, step in enumerate(self.ladder.steps):
                if step.decided_by == "employer":
                    terms[:, :, 0, c, s] = effect[:, :, c, int(s != first)]
        return terms

    def step_chances(self, channel: str | None = None, start: str | None = None, goal: str | None = None) -> Floats:
        """Chance of each step of one application, once sent: (chain, draw, track, step).

        The steps are those from `start` (default: where the channel steps on) up to the offer, or to another `goal`.
        """
        chosen = channel or self.ladder.reference.id
        index = self.channel_index(chosen)
        steps = list(self.ladder.steps_to_goal(chosen, start, goal))
        terms = self._channel_terms[:, :, :, index, steps]
        chance = logistic(self.draws["advance_logit"][..., steps] + terms)
        first = self.ladder.first_step(chosen)
        if first in steps:
            chance[..., steps.index(first)] = self._first_chance(self.draws["advance_logit"][..., first], index)
        return chance

    def offer_chance(self, channel: str | None = None, start: str | None = None) -> Floats:
        """Chance that one application, once sent, brings an offer: (chain, draw, track).

        The product of the steps from `start` (default: where the channel steps on) up to the offer.
        """
        return np.prod(self.step_chances(channel, start), axis=-1)

    def save(self, path: str | Path, *, force: bool = False) -> None:
        """Write the posterior to one `.npz` file; see `offercast.load_posterior`."""
        from offercast.inference.storage import save_posterior

        save_posterior(self, path, force=force)

    def to_arviz(self) -> DataTree:
        """Return an ArviZ DataTree with the group `posterior`, named axes and units in the attributes.

        Chains that started at one point are put behind each other as one chain: ArviZ's ordinary R-hat would call
        many short chains unequal by construction.
        """
        import arviz_base

        named = {**self.draws, "advance": self.advance, "told_no": self.told_no}
        if self.health.superchains:
            named = {name: a.reshape(self.health.superchains, -1, *a.shape[2:]) for name, a in named.items()}
        dims = {**{n: list(d) for n, d in self.dims.items()}}
        dims |= {"advance": ["track", "channel", "step"], "told_no": ["track", "step"]}
        coords = {name: list(labels) for name, labels in self.coords.items()}
        attributes = {"engine": self.engine, "evidence": self.evidence.fingerprint, "model": self.model.name}
        return arviz_base.from_dict({"posterior": named}, coords=coords, dims=dims, attrs={"posterior": attributes})

    @classmethod
    def from_chances(
        cls,
        chances: dict[str, dict[str, float]],
        *,
        model: ModelFile | None = None,
        told_no: float = 0.5,
        draws: int = 4,
        evidence: Evidence | None = None,
    ) -> Posterior:
        """A Posterior made by hand: every draw has these chances, and the prior's median waits.

        Args:
            chances: for each track, the chance of each step by its id; other steps take the prior's median.
            model: the model file; the Blueprint where None.
            told_no: the chance of a no given no advance, at every step.
            draws: how many equal draws.
            evidence: the evidence to go with it; empty where None.
        """
        from datetime import date

        from offercast.inference.layout import Layout
        from offercast.modelfile import load_model

        chosen = model or load_model()
        steps = tuple(step.id for step in chosen.ladder.steps)
        tracks = tuple(sorted(chances))
        empty = evidence or Evidence(
            tracks, tuple(channel.id for channel in chosen.ladder.channels), steps, date(2026, 1, 1), {}
        )
        layout = Layout(tracks, chosen)
        means = [b.mean.ravel() * (b.name != "g") for b in layout.blocks]
        read = layout.read(np.tile(np.concatenate(means), (1, draws, 1)))
        for k, track in enumerate(tracks):
            for step, chance in chances[track].items():
                logit = np.log(chance) - np.log1p(-chance) if chance < 1 else 700.0
                read["advance_logit"][..., k, steps.index(step)] = logit
        read["told_no_logit"][:] = np.log(told_no) - np.log1p(-told_no) if told_no < 1 else 700.0
        read["scale"] = np.zeros((1, draws, len(EFFECTS)))
        return cls(read, empty, chosen, "by hand", exact_draws(draws))
