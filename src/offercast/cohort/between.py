"""What differs between people, as a model file has it: a normal law for each quantity; from a file and back to one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np

from offercast.evidence.evidence import Evidence
from offercast.inference.coordinates import LEVELS
from offercast.inference.layout import EFFECTS, WHEN
from offercast.inference.posterior import Posterior
from offercast.inference.waits import FAMILIES, Floats
from offercast.modelfile import (
    ChancePrior,
    ChannelPrior,
    ModelFile,
    Priors,
    ScalePrior,
    StepPrior,
    WaitPrior,
    parse_model,
)
from offercast.priors import entries, logit, quoted

_DIGITS = 4


@dataclass(frozen=True)
class Quantity:
    """One number that differs between people: a level of a step, what a channel adds, or a scale between tracks."""

    kind: str
    """One of `LEVELS`, "channel" or "scale"."""
    name: str
    """Of the step, the channel or the scale."""
    when: str = ""
    """Of a channel: at its first step, or later."""

    @property
    def label(self) -> str:
        """The quantity in words, for tables."""
        words = {
            "mu": "chance to move on", "nu": "chance to be told no",
            "m_advance": "days to a yes", "log_b_advance": "spread of days to a yes",
            "m_no": "days to a no", "log_b_no": "spread of days to a no",
            "channel": f"odds, {self.when}", "scale": "difference between tracks",
        }  # fmt: skip
        return f"{self.name}: {words[self.kind]}"


@dataclass(frozen=True)
class Between:
    """Mean and sd between people of every quantity of a model file, on the scales on which they are normal.

    Those are logits, logarithms of days, of shapes and of scales.
    """

    model: ModelFile
    quantities: tuple[Quantity, ...]
    mean: Floats
    sd: Floats
    """(quantity,)"""

    @classmethod
    def of(cls, model: ModelFile) -> Between:
        """As the file has them."""
        ladder = model.ladder
        steps = [model.step_prior(step.id) for step in ladder.steps]
        per_sd = FAMILIES[model.assumptions.delay_family].per_sd
        rows: list[tuple[Quantity, float, float]] = [
            (Quantity(kind, step.id), *_level(kind, prior, per_sd))
            for kind in LEVELS
            for step, prior in zip(ladder.steps, steps, strict=True)
        ]
        for channel in ladder.channels[1:]:
            prior = model.channel_prior(channel.id)
            rows.append((Quantity("channel", channel.id, WHEN[0]), prior.first, prior.first_sd))
            rows.append((Quantity("channel", channel.id, WHEN[1]), prior.later, prior.later_sd))
        for effect in EFFECTS:
            scale = model.scale_prior(effect)
            rows.append((Quantity("scale", effect), math.log(scale.median), scale.log_sd))
        quantities, mean, sd = zip(*rows, strict=True)
        return cls(model, quantities, np.array(mean), np.array(sd))

    def drawn(self, posterior: Posterior) -> Floats:
        """One seeker's quantities: (draw, quantity). Contrasts between tracks sum to zero, so a mean over tracks is a
        level.
        """
        by_step = {
            "mu": "advance_logit", "nu": "told_no_logit", "m_advance": "advance_log_days", "m_no": "no_log_days",
            "log_b_advance": "advance_log_shape", "log_b_no": "no_log_shape",
        }  # fmt: skip
        parts = []
        for kind in LEVELS:
            values = posterior.flat(by_step[kind])
            parts.append(values if values.ndim == 2 else values.mean(axis=1))
        channels = posterior.flat("channel_logit")[:, 1:]
        return np.concatenate([*parts, channels.reshape(len(channels), -1), np.log(posterior.flat("scale"))], axis=1)

    def touched(self, evidence: Evidence) -> np.ndarray:
        """Which quantities a seeker's evidence tells anything about: (quantity,) of booleans."""
        counts = evidence.counts().sum(axis=0)
        yes, no, still = (counts[:, outcome] > 0 for outcome in range(3))
        any_ = yes | no | still
        by_kind = {
            "mu": any_, "nu": no | still, "m_advance": yes | still, "log_b_advance": yes | still,
            "m_no": no | still, "log_b_no": no | still,
        }  # fmt: skip
        used = {evidence.channels[cell[1]] for cell in evidence.cells}
        step = {name: place for place, name in enumerate(evidence.steps)}
        return np.array(
            [
                by_kind[q.kind][step[q.name]]
                if q.kind in by_kind
                else (q.name in used if q.kind == "channel" else len(evidence.tracks) > 1)
                for q in self.quantities
            ]
        )

    @cached_property
    def place(self) -> dict[Quantity, int]:
        """Where each quantity stands."""
        return {quantity: i for i, quantity in enumerate(self.quantities)}

    def file(
        self, mean: Floats, sd: Floats, told: Mapping[Quantity, tuple[int, str]], *, name: str, source: str, year: int
    ) -> ModelFile:
        """A model file with other means and sds of some quantities, and the reason for each.

        Args:
            mean: of every quantity.
            sd: of every quantity.
            told: of those that are to be written: from how many seekers, and the reason. The others stay as they are.
            name: of the file.
            source: where the numbers come from.
            year: of the source.
        """
        model = self.model
        pen = _Pen(self, mean, sd, told, {"source": source, "year": year})
        steps = [pen.step(step.id) for step in model.ladder.steps]
        channels = [pen.channel(channel.id) for channel in model.ladder.channels[1:]]
        scales = [pen.scale(effect) for effect in EFFECTS]
        return written(
            model, msgspec.structs.replace(model.priors, steps=steps, channels=channels, scales=scales), name
        )


@dataclass(frozen=True)
class _Pen:
    """Writes priors anew where there is something to tell."""

    between: Between
    mean: Floats
    sd: Floats
    told: Mapping[Quantity, tuple[int, str]]
    about: Mapping[str, object]

    def rewrite[P: (ChancePrior, WaitPrior, ChannelPrior, ScalePrior)](
        self, old: P, numbers: Mapping[str, float], *quantities: Quantity
    ) -> P:
        """A prior with these numbers, where something is told of all that they come from."""
        known = [self.told[q] for q in quantities if q in self.told]
        if len(known) < len(quantities):
            return old
        words = {"reason": "; ".join(reason for _, reason in known), "n": known[0][0], **self.about}
        made = {key: float(f"{number:.{_DIGITS}g}") for key, number in numbers.items()}
        return msgspec.structs.replace(old, **made, **words)

    def at(self, quantity: Quantity) -> tuple[float, float]:
        """Mean and sd of a quantity."""
        place = self.between.place[quantity]
        return float(self.mean[place]), float(self.sd[place])

    def step(self, name: str) -> StepPrior:
        """The four priors of a step."""
        old = self.between.model.step_prior(name)
        per_sd = FAMILIES[self.between.model.assumptions.delay_family].per_sd

        def chance(kind: str, prior: ChancePrior) -> ChancePrior:
            q = Quantity(kind, name)
            mean, sd = self.at(q)
            return self.rewrite(prior, {"median": 1.0 / (1.0 + math.exp(-mean)), "sd": sd}, q)

        def wait(kind: str, prior: WaitPrior) -> WaitPrior:
            both = Quantity(f"m_{kind}", name), Quantity(f"log_b_{kind}", name)
            (mean, sd), (shape, shape_sd) = map(self.at, both)
            numbers = {
                "median": math.exp(mean), "sd": sd,
                "spread": math.exp(shape) / per_sd, "spread_sd": shape_sd,
            }  # fmt: skip
            return self.rewrite(prior, numbers, *both)

        return StepPrior(
            name, chance("mu", old.advance), chance("nu", old.told_no),
            wait("advance", old.advance_wait), wait("no", old.no_wait),
        )  # fmt: skip

    def channel(self, name: str) -> ChannelPrior:
        """What a channel adds."""
        old = msgspec.structs.replace(self.between.model.channel_prior(name), channel=name)
        both = [Quantity("channel", name, when) for when in WHEN]
        (first, first_sd), (later, later_sd) = map(self.at, both)
        numbers = {
            "first": first, "first_sd": first_sd, "later": later, "later_sd": later_sd,
        }  # fmt: skip
        return self.rewrite(old, numbers, *both)

    def scale(self, effect: str) -> ScalePrior:
        """How much tracks differ."""
        q = Quantity("scale", effect)
        mean, sd = self.at(q)
        numbers = {"median": math.exp(mean), "log_sd": sd}
        return self.rewrite(self.between.model.scale_prior(effect), numbers, q)


def _level(kind: str, step: StepPrior, per_sd: float) -> tuple[float, float]:
    """Mean and sd of a level."""
    if kind in {"mu", "nu"}:
        chance = step.advance if kind == "mu" else step.told_no
        return logit(chance.median), chance.sd
    wait = step.advance_wait if kind.endswith("advance") else step.no_wait
    if kind.startswith("m_"):
        return math.log(wait.median), wait.sd
    return math.log(wait.spread * per_sd), wait.spread_sd


def written(model: ModelFile, priors: Priors, name: str) -> ModelFile:
    """The model's text with these priors instead of its own, read back and compared."""
    start = re.search(r"(?m)^\[\[?priors\b", model.text)
    assert start is not None, "a model file has priors"
    head = re.sub(r"(?m)^name\s*=.*$", lambda _: f"name = {quoted(name)}", model.text[: start.start()], count=1)
    head = head.rstrip("\n")
    while head.rpartition("\n")[2].startswith("#"):  # what was said of the priors was said of other numbers
        head = head.rpartition("\n")[0].rstrip("\n")
    blocks = [_step_text("[[priors.steps]]", step) for step in priors.steps]
    blocks += [_step_text("[priors.any_other_step]", priors.any_other_step)]
    blocks += [_text("[[priors.channels]]", channel) for channel in priors.channels]
    blocks += [_text("[priors.any_other_channel]", priors.any_other_channel)]
    blocks += [_text("[[priors.scales]]", scale) for scale in priors.scales]
    blocks += [_text("[[priors.groups]]", group) for group in priors.groups]
    made = parse_model("\n\n".join([head, *blocks]) + "\n", source=name)
    assert made.priors == priors, "what was written reads as something else"
    return made


def _step_text(head: str, step: StepPrior) -> str:
    kinds = ("advance", "told_no", "advance_wait", "no_wait")
    told = [f"{kind} = {{ {', '.join(_told(getattr(step, kind)))} }}" for kind in kinds]
    return "\n".join([head, f"step = {quoted(step.step)}", *told])


def _text(head: str, prior: msgspec.Struct) -> str:
    return "\n".join([head, *_told(prior)])


def _told(prior: msgspec.Struct) -> list[str]:
    """What a prior says, key by key; nothing of what it does not say."""
    return entries({key: value for key, value in msgspec.to_builtins(prior).items() if value is not None})
