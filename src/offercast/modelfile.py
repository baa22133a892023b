"""Model files: a ladder, its assumptions and every prior number, each with its unit, reason and source.

A model file is a TOML file in `models/`. Users copy one and edit it; nothing in it is code.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec

from offercast.errors import CommandError, InputError, Problem, did_you_mean
from offercast.files import read_text
from offercast.ladder import Channel, Exit, Ladder, Stage

FORMAT = "offercast-model/1"


class _Strict(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A table of the file: an unknown key is a typing error, never ignored."""


class _Sourced(_Strict, frozen=True, kw_only=True):
    """A prior that says its unit, why it has its numbers, and where they come from (`n`: how many cases)."""

    unit: str
    reason: str
    source: str
    year: int
    n: int | None = None


class ChancePrior(_Sourced, frozen=True):
    """Prior of a chance: its median (0 to 1), and its sd in logits."""

    median: float
    sd: float


class WaitPrior(_Sourced, frozen=True):
    """Prior of a wait: its median in days, that median's sd in log days, and the spread of one wait.

    `spread` is the sd of one wait in log days; `spread_sd` the sd of the logarithm of that spread.
    """

    median: float
    sd: float
    spread: float
    spread_sd: float


class StepPrior(_Strict, frozen=True):
    """Priors of one step: the chances to advance and to be told no otherwise, and both waits."""

    step: str
    advance: ChancePrior
    told_no: ChancePrior
    advance_wait: WaitPrior
    no_wait: WaitPrior


class ChannelPrior(_Sourced, frozen=True):
    """What a channel adds to the logit of advancing, relative to the reference channel."""

    channel: str
    first: float
    first_sd: float
    later: float
    later_sd: float


class ScalePrior(_Sourced, frozen=True):
    """A between-track sd: lognormal with this median and this sd of its logarithm."""

    effect: Literal["advance", "advance_step", "told_no", "delay"]
    median: float
    log_sd: float


class GroupPrior(_Sourced, frozen=True):
    """Where the first step varies by groups of applications: the sd of it, lognormal with this median and log sd.

    For months it is the sd of one month's change, for the others that between groups.
    """

    vary_by: Literal["month", "season", "company", "title"]
    median: float
    log_sd: float


class Priors(_Strict, frozen=True):
    """Every prior of a model file."""

    steps: list[StepPrior]
    any_other_step: StepPrior
    channels: list[ChannelPrior]
    any_other_channel: ChannelPrior
    scales: list[ScalePrior]
    groups: list[GroupPrior] = []


class Assumptions(_Strict, frozen=True):
    """What the model takes for granted. `horizon_days`: an answer later than this counts as never.

    `prior_weight`: how much the priors of the file count; the sd of every chance, median wait and channel is divided
    by its square root. 1 takes them as they stand; with 0.25 each is twice as wide, as if it rested on a quarter of the
    cases. How much single waits spread, and how much tracks differ, is left as it stands: few logs can tell.
    """

    horizon_days: float
    delay_family: Literal["log-logistic", "lognormal"]
    unknown_age_days: int
    prior_weight: float = 1.0


class _StageTable(_Strict, frozen=True):
    id: str
    label: str
    aliases: list[str] = []
    decided_by: Literal["employer", "seeker"] = "employer"


class _ExitTable(_Strict, frozen=True):
    id: str
    label: str
    means: Literal["no", "censored", "turned_down"]
    aliases: list[str] = []


class _ChannelTable(_Strict, frozen=True):
    id: str
    label: str
    steps_on: str
    aliases: list[str] = []
    lead_in: list[_StageTable] = []


class _LadderTable(_Strict, frozen=True):
    name: str
    sent: str
    goal: str
    stages: list[_StageTable]
    exits: list[_ExitTable]
    channels: list[_ChannelTable]


class _File(_Strict, frozen=True):
    format: str
    name: str
    question: str
    ladder: _LadderTable
    assumptions: Assumptions
    priors: Priors


@dataclass(frozen=True)
class ModelFile:
    """A model file as read: its ladder, assumptions and priors (weighed), and the digest of its bytes."""

    name: str
    question: str
    ladder: Ladder
    assumptions: Assumptions
    priors: Priors
    text: str

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file's text: a fit records it, so that a changed prior is noticed."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def step_prior(self, step_id: str) -> StepPrior:
        """The prior of a step, or of any other step where the file does not name it."""
        named = {prior.step: prior for prior in self.priors.steps}
        return named.get(step_id, self.priors.any_other_step)

    def channel_prior(self, channel_id: str) -> ChannelPrior:
        """The prior of a channel's effect, or of any other channel where the file does not name it."""
        named = {prior.channel: prior for prior in self.priors.channels}
        return named.get(channel_id, self.priors.any_other_channel)

    def scale_prior(self, effect: str) -> ScalePrior:
        """The prior of a between-track scale."""
        return next(prior for prior in self.priors.scales if prior.effect == effect)

    def group_prior(self, vary_by: str) -> GroupPrior:
        """The prior of how much groups of applications differ, or CommandError where the file has none."""
        for prior in self.priors.groups:
            if prior.vary_by == vary_by:
                return prior
        raise CommandError(
            f'the model "{self.name}" has no prior for what varies by {vary_by}: add [[priors.groups]] to its file.'
        )


def models_folder() -> Path:
    """The folder of model files: the packaged one in a wheel, the checkout's own in an editable install."""
    here = Path(__file__).parent
    packaged, checkout = here / "models", here.parent.parent / "models"
    return packaged if packaged.is_dir() else checkout


def list_models() -> tuple[str, ...]:
    """The names of the model files that ship with the package."""
    return tuple(sorted(path.stem for path in models_folder().glob("*.toml")))


def load_model(name_or_path: str | Path = "blueprint") -> ModelFile:
    """Read a model file by the name of a shipped one, or by the path of your own.

    Raises:
        CommandError: the name is not that of a shipped model, nor a path to a TOML file.
        InputError: the file is not TOML, lacks a number, or contradicts itself.

    >>> load_model().ladder.goal
    'offer'
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        if str(name_or_path) not in list_models():
            near = did_you_mean(str(name_or_path), list_models())
            raise CommandError(f'"{name_or_path}" is no model. {near} Or give the path of a .toml file.')
        path = models_folder() / f"{name_or_path}.toml"
    return parse_model(read_text(path), source=str(name_or_path))


def parse_model(text: str, *, source: str = "model") -> ModelFile:
    """Read a model file from its text. Errors as for `load_model`."""
    try:
        file = msgspec.toml.decode(text, type=_File)
    except msgspec.DecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = int(line.group(1)) if line else None
        raise InputError(Problem(source, where, None, f"{error}.")) from None
    if file.format != FORMAT:
        message = f'format is "{file.format}"; this version reads "{FORMAT}".'
        raise InputError(Problem(source, None, "format", message))
    ladder = _build_ladder(file.ladder, source)
    problems = list(_prior_problems(file, ladder))
    if problems:
        raise InputError(Problem(source, None, "priors", message) for message in problems)
    weighed = _weighed(file.priors, file.assumptions.prior_weight)
    return ModelFile(file.name, file.question, ladder, file.assumptions, weighed, text)


_SDS = {"sd", "first_sd", "later_sd"}
"""The fields that hold the sd of what is expected of people. Not the sds of spreads and scales: with those twice as
wide, a law that puts all mass on one day becomes likely, and samplers get stuck."""


def _weighed[T](table: T, weight: float) -> T:
    """Divide the prior sds in a table, and in the tables within it, by the square root of the weight."""
    if weight == 1 or not isinstance(table, _Strict):
        return table
    changed: dict[str, object] = {}
    for name in table.__struct_fields__:
        value = getattr(table, name)
        if isinstance(value, list):
            changed[name] = [_weighed(item, weight) for item in value]
        else:
            changed[name] = value / math.sqrt(weight) if name in _SDS else _weighed(value, weight)
    return msgspec.structs.replace(table, **changed)


def _build_ladder(table: _LadderTable, source: str) -> Ladder:
    def stage(item: _StageTable) -> Stage:
        return Stage(item.id, item.label, tuple(item.aliases), item.decided_by)

    channels = [
        Channel(c.id, c.label, c.steps_on, tuple(c.aliases), tuple(map(stage, c.lead_in))) for c in table.channels
    ]
    return Ladder(
        name=table.name,
        stages=tuple(map(stage, table.stages)),
        exits=tuple(Exit(e.id, e.label, e.means, tuple(e.aliases)) for e in table.exits),
        channels=tuple(channels),
        sent=table.sent,
        goal=table.goal,
        source=source,
    )


def _prior_problems(file: _File, ladder: Ladder) -> list[str]:
    """Every prior that names nothing, or has a number that cannot be what it says."""
    priors, found = file.priors, []
    steps = [step.id for step in ladder.steps]
    found += [
        f'a prior for the step "{prior.step}", which the ladder lacks. {did_you_mean(prior.step, steps)}'
        for prior in priors.steps
        if prior.step not in steps
    ]
    known = [channel.id for channel in ladder.channels]
    found += [
        f'a prior for the channel "{prior.channel}", which is not there. {did_you_mean(prior.channel, known)}'
        for prior in priors.channels
        if prior.channel not in known
    ]
    effects = [prior.effect for prior in priors.scales]
    found += [
        f'priors.scales has {effects.count(effect)} entries for "{effect}"; it needs one.'
        for effect in ("advance", "advance_step", "told_no", "delay")
        if effects.count(effect) != 1
    ]
    for prior in (*priors.steps, priors.any_other_step):
        for name in ("advance", "told_no"):
            median = getattr(prior, name).median
            if not 0 < median < 1:
                found.append(f"{prior.step}: {name} = {median} must lie between 0 and 1.")
    positive = {
        "horizon_days": file.assumptions.horizon_days,
        "unknown_age_days": file.assumptions.unknown_age_days,
        "prior_weight": file.assumptions.prior_weight,
        **{f"scale {prior.effect}": min(prior.median, prior.log_sd) for prior in priors.scales},
        **{f"group {prior.vary_by}": min(prior.median, prior.log_sd) for prior in priors.groups},
        **{f"channel {prior.channel}": min(prior.first_sd, prior.later_sd) for prior in priors.channels},
    }
    for prior in (*priors.steps, priors.any_other_step):
        for name in ("advance", "told_no"):
            positive[f"{prior.step}: {name} sd"] = getattr(prior, name).sd
        for name in ("advance_wait", "no_wait"):
            wait = getattr(prior, name)
            positive[f"{prior.step}: {name}"] = min(wait.median, wait.sd, wait.spread, wait.spread_sd)
    return found + [f"{name}: {value} must be above 0." for name, value in positive.items() if not value > 0]
