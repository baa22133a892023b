"""Where each parameter of the silence model stands, and how they add up to the predictors of a step.

One vector holds every parameter; a predictor (the logit of advancing, a log median wait ...) is a row of
zeros, ones and contrasts times that vector. One matrix product then replaces a dozen look-ups, which is what
keeps the compiled model small (docs/decisions/compilation.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from offercast.evidence.evidence import Evidence
from offercast.inference.waits import FAMILIES, Floats
from offercast.modelfile import GroupPrior, ModelFile, ScalePrior

PREDICTORS = (
    "advance_logit", "told_no_logit", "advance_log_days", "advance_log_shape", "no_log_days", "no_log_shape",
)  # fmt: skip
EFFECTS = ("advance", "advance_step", "told_no", "delay")
WHEN = ("first step", "later steps")
GROUP = "group"
"""The name of the scale of what varies by groups of applications (off by default)."""


def zero_sum_basis(size: int) -> Floats:
    """Return (size, size - 1) orthonormal columns that each sum to zero.

    With z standard normal, `basis @ z` has the law of `size` normals conditioned on their sum being zero.

    >>> zero_sum_basis(2).round(3).tolist()
    [[0.707], [-0.707]]
    """
    basis = np.zeros((size, size - 1))
    for column in range(size - 1):  # Helmert contrasts
        basis[: column + 1, column] = 1.0
        basis[column + 1, column] = -(column + 1.0)
        basis[:, column] /= np.sqrt((column + 1.0) * (column + 2.0))
    return basis


@dataclass(frozen=True)
class Block:
    """A named stretch of the parameter vector with normal priors, and the between-track sd that scales it."""

    name: str
    dims: tuple[str, ...]
    mean: Floats
    sd: Floats
    scaled_by: str | None = None


@dataclass(frozen=True)
class Layout:
    """The parameters of the silence model for given tracks and a model file."""

    tracks: tuple[str, ...]
    model: ModelFile
    vary_by: str = ""
    groups: tuple[str, ...] = ()

    @classmethod
    def of(cls, evidence: Evidence, model: ModelFile) -> Layout:
        """The layout for some evidence."""
        return cls(evidence.tracks, model, evidence.vary_by, evidence.groups)

    @property
    def effects(self) -> tuple[str, ...]:
        """The scales: those between tracks, and that between groups where something varies by group."""
        return (*EFFECTS, GROUP) if self.groups else EFFECTS

    @property
    def scales(self) -> tuple[Floats, Floats]:
        """Mean and sd of the normal priors of the logarithms of the scales, (effect,) each."""
        priors: list[ScalePrior | GroupPrior] = [self.model.scale_prior(effect) for effect in EFFECTS]
        if self.groups:
            priors.append(self.model.group_prior(self.vary_by))
        return np.log([prior.median for prior in priors]), np.array([prior.log_sd for prior in priors])

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The stretches of the vector, in order. Track contrasts are standard normals times their scale."""
        steps = [self.model.step_prior(step.id) for step in self.model.ladder.steps]
        others = [self.model.channel_prior(channel.id) for channel in self.model.ladder.channels[1:]]
        contrasts = len(self.tracks) - 1
        per_sd = FAMILIES[self.model.assumptions.delay_family].per_sd

        def of_steps(name: str, means: list[float], sds: list[float]) -> Block:
            return Block(name, ("step",), np.array(means), np.array(sds))

        def logit(chance: float) -> float:
            return float(np.log(chance) - np.log1p(-chance))

        blocks = [
            of_steps("mu", [logit(p.advance.median) for p in steps], [p.advance.sd for p in steps]),
            of_steps("nu", [logit(p.told_no.median) for p in steps], [p.told_no.sd for p in steps]),
        ]
        for name, waits in (
            ("advance", [prior.advance_wait for prior in steps]),
            ("no", [prior.no_wait for prior in steps]),
        ):
            spreads = [np.log(wait.spread * per_sd) for wait in waits]
            medians = [np.log(wait.median) for wait in waits]
            blocks.append(of_steps(f"m_{name}", medians, [wait.sd for wait in waits]))
            blocks.append(of_steps(f"log_b_{name}", spreads, [wait.spread_sd for wait in waits]))
        if others:
            mean = np.array([[prior.first, prior.later] for prior in others])
            sd = np.array([[prior.first_sd, prior.later_sd] for prior in others])
            blocks.append(Block("g", ("other_channel", "when"), mean, sd))
        if contrasts:
            one, each = np.zeros(contrasts), np.zeros((len(steps), contrasts))
            blocks += [
                Block("a", ("contrast",), one, one + 1, "advance"),
                Block("e", ("step", "contrast"), each, each + 1, "advance_step"),
                Block("h", ("contrast",), one, one + 1, "told_no"),
                Block("d", ("contrast",), one, one + 1, "delay"),
            ]
        if self.groups:
            free = np.zeros(len(self.groups) - (self.vary_by == "month"))
            blocks.append(Block("u", ("group_difference",), free, free + 1, GROUP))
        return tuple(blocks)

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Where each block stands in the vector."""
        found, start = {}, 0
        for block in self.blocks:
            found[block.name] = slice(start, start + block.mean.size)
            start += block.mean.size
        return found

    @property
    def size(self) -> int:
        """The length of the vector."""
        return sum(block.mean.size for block in self.blocks)

    def row(self, predictor: str, track: int, step: int) -> Floats:
        """The row that gives a predictor of one track and step in the reference channel."""
        weights = np.zeros(self.size)
        base = {
            "advance_logit": "mu", "told_no_logit": "nu", "advance_log_days": "m_advance",
            "advance_log_shape": "log_b_advance", "no_log_days": "m_no", "no_log_shape": "log_b_no",
        }[predictor]  # fmt: skip
        weights[self.slices[base].start + step] = 1.0
        if len(self.tracks) == 1:
            return weights
        basis = zero_sum_basis(len(self.tracks))[track]
        if predictor == "advance_logit":
            start = self.slices["e"].start + step * len(basis)
            weights[start : start + len(basis)] = basis
        effect = {"advance_logit": "a", "told_no_logit": "h", "advance_log_days": "d", "no_log_days": "d"}
        if predictor in effect and self._by_employer(step):
            weights[self.slices[effect[predictor]]] = basis
        return weights

    def channel_row(self, channel: int, step: int) -> Floats:
        """The row that a channel adds to the logit of advancing; zero for the reference and own choices."""
        weights = np.zeros(self.size)
        if channel > 0 and self._by_employer(step):
            name = self.model.ladder.channels[channel].id
            later = int(step != self.model.ladder.first_step(name))
            weights[self.slices["g"].start + 2 * (channel - 1) + later] = 1.0
        return weights

    def group_row(self, group: int, channel: int, step: int) -> Floats:
        """The row that a group adds to the logit of advancing: at the first step of an application only.

        Months are a random walk that ends at 0 in the last one, so that every other number speaks of now: earlier
        months are it less the changes since. Other groups are apart from an average one at 0.
        """
        weights = np.zeros(self.size)
        first = self.model.ladder.first_step(self.model.ladder.channels[channel].id)
        if group < 0 or step != first or not self._by_employer(step):
            return weights
        start = self.slices["u"].start
        if self.vary_by == "month":
            weights[start + group : start + len(self.groups) - 1] = -1.0
        else:
            weights[start + group] = 1.0
        return weights

    def _by_employer(self, step: int) -> bool:
        return self.model.ladder.steps[step].decided_by == "employer"

    def read(self, vector: Floats) -> dict[str, Floats]:
        """Turn draws of the (scaled) vector, (..., size), into the named draws of a Posterior."""
        tracks, steps = range(len(self.tracks)), range(len(self.model.ladder.steps))
        read = {}
        for predictor in PREDICTORS:
            by_track = predictor not in {"advance_log_shape", "no_log_shape"}
            rows = [[self.row(predictor, k, s) for s in steps] for k in (tracks if by_track else [0])]
            drawn = vector @ np.array(rows).reshape(-1, self.size).T
            shape = (len(self.tracks), len(steps)) if by_track else (len(steps),)
            read[predictor] = drawn.reshape(*vector.shape[:-1], *shape)
        channels = len(self.model.ladder.channels)
        effect = np.zeros((*vector.shape[:-1], channels, len(WHEN)))
        if channels > 1:
            effect[..., 1:, :] = vector[..., self.slices["g"]].reshape(*vector.shape[:-1], channels - 1, 2)
        read["channel_logit"] = effect
        if self.groups:
            reference = self.model.ladder.first_step(self.model.ladder.reference.id)
            rows = np.array([self.group_row(group, 0, reference) for group in range(len(self.groups))])
            read["group_logit"] = vector @ rows.T
        return read

    def with_scales(self, read: dict[str, Floats], scale: Floats) -> dict[str, Floats]:
        """Add draws of the scales (..., effect) to the named draws."""
        named = read | {"scale": scale[..., : len(EFFECTS)]}
        return named | {"group_scale": scale[..., len(EFFECTS)]} if self.groups else named
