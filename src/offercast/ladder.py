"""The ladder of stages that an application climbs, the exits from it, and the channels that lead onto it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal

from offercast.errors import InputError, Problem, did_you_mean

FEWEST_STAGES, MOST_STAGES = 2, 30
REOPENED = "reopened"
"""The one event that is neither a stage nor an exit: an ended application came back to life."""

_ID = re.compile(r"[a-z][a-z0-9_]*")

Decider = Literal["employer", "seeker"]
Meaning = Literal["no", "censored", "turned_down"]


@dataclass(frozen=True)
class Stage:
    """A rung of the ladder. `decided_by` says who decides that an application enters it."""

    id: str
    label: str
    aliases: tuple[str, ...] = ()
    decided_by: Decider = "employer"


@dataclass(frozen=True)
class Exit:
    """A way in which an application ends.

    `means` says what it tells: "no" (the employer's answer to the step under way), "censored" (it says
    nothing about the answer), or "turned_down" (an offer was made, and the seeker's own answer was no).
    """

    id: str
    label: str
    means: Meaning
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Channel:
    """How an application starts: on which stage it steps onto the ladder, after which lead-in stages."""

    id: str
    label: str
    steps_on: str
    aliases: tuple[str, ...] = ()
    lead_in: tuple[Stage, ...] = ()


@dataclass(frozen=True)
class Step:
    """The move from one stage to the next. Named by both ends: `applied->response`."""

    start: str
    end: str
    decided_by: Decider

    @property
    def id(self) -> str:
        """The step's name in files, tables and ArviZ coordinates."""
        return f"{self.start}->{self.end}"


@dataclass(frozen=True)
class Ladder:
    """Stages in order, exits and channels; `sent` is where an application leaves, `goal` is the offer.

    Raises:
        InputError: the ladder contradicts itself; every contradiction is named.

    >>> ladder = Ladder("short", (Stage("applied", "Applied"), Stage("offer", "Offer")),
    ...                 (Exit("rejected", "Rejected", "no"),), (Channel("cold", "Cold", "applied"),),
    ...                 sent="applied", goal="offer")
    >>> [step.id for step in ladder.steps]
    ['applied->offer']
    """

    name: str
    stages: tuple[Stage, ...]
    exits: tuple[Exit, ...]
    channels: tuple[Channel, ...]
    sent: str
    goal: str
    source: str = field(default="ladder", compare=False)
    merged: tuple[Stage, ...] = ()
    """Stages that were taken out of it: the steps on either side of each are one."""

    def __post_init__(self) -> None:
        problems = list(_contradictions(self))
        if problems:
            raise InputError(Problem(self.source, None, "ladder", message) for message in problems)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every step: along the ladder, then each channel's lead-in steps. A start names a step uniquely."""
        along = [Step(a.id, b.id, b.decided_by) for a, b in pairwise(self.stages)]
        for channel in self.channels:
            entries = [*channel.lead_in, self.stage(channel.steps_on)]
            along += [Step(a.id, b.id, b.decided_by) for a, b in pairwise(entries)]
        return tuple(along)

    @cached_property
    def step_index(self) -> dict[str, int]:
        """The index of the step that leaves a stage, by that stage's id."""
        return {step.start: index for index, step in enumerate(self.steps)}

    @cached_property
    def _stages_by_id(self) -> dict[str, Stage]:
        lead_in = [stage for channel in self.channels for stage in channel.lead_in]
        return {stage.id: stage for stage in (*self.stages, *lead_in)}

    @cached_property
    def order(self) -> dict[str, int]:
        """The position of each stage of the ladder proper, from 0."""
        return {stage.id: position for position, stage in enumerate(self.stages)}

    @cached_property
    def exits_by_id(self) -> dict[str, Exit]:
        """The exits by their id."""
        return {exit_.id: exit_ for exit_ in self.exits}

    @cached_property
    def channels_by_id(self) -> dict[str, Channel]:
        """The channels by their id."""
        return {channel.id: channel for channel in self.channels}

    def without(self, stages: Collection[str]) -> Ladder:
        """The ladder without some stages between sending and the offer, the steps on either side of each made one.

        Channels that step on at one of them go with it.
        """
        gone = tuple(stage for stage in self.stages if stage.id in stages)
        if not gone:
            return self
        return replace(
            self,
            stages=tuple(stage for stage in self.stages if stage not in gone),
            channels=tuple(channel for channel in self.channels if channel.steps_on not in stages),
            merged=(*self.merged, *gone),
        )

    @property
    def reference(self) -> Channel:
        """The channel that all others are compared with: the first one listed."""
        return self.channels[0]

    def stage(self, stage_id: str) -> Stage:
        """Return the stage (lead-in stages included), or raise KeyError."""
        return self._stages_by_id[stage_id]

    def is_stage(self, word: str) -> bool:
        """Whether `word` is the id of a stage, lead-in stages included."""
        return word in self._stages_by_id

    @property
    def stage_ids(self) -> tuple[str, ...]:
        """The ids of all stages, lead-in stages last."""
        return tuple(self._stages_by_id)

    def path(self, channel: str) -> tuple[str, ...]:
        """The stages that an application of this channel climbs, from its first one to the top."""
        chosen = self.channels_by_id[channel]
        lead_in = [stage.id for stage in chosen.lead_in]
        return (*lead_in, *(stage.id for stage in self.stages[self.order[chosen.steps_on] :]))

    def steps_to_goal(self, channel: str, start: str | None = None, goal: str | None = None) -> tuple[int, ...]:
        """Indices of the steps from `start` (default: the channel's first stage) to the offer, or to another `goal`.

        None where the path starts at the goal, or above it.
        """
        path = self.path(channel)
        if start is not None and start not in path:  # logged below the stage where the channel steps on
            path = tuple(stage.id for stage in self.stages[self.order[start] :])
        first = 0 if start is None else path.index(start)
        end = goal or self.goal
        climbed = path[first : path.index(end)] if end in path else ()
        return tuple(self.step_index[stage] for stage in climbed)

    def first_step(self, channel: str) -> int:
        """The index of the step on which this channel's own first-step effect acts."""
        return self.step_index[self.path(channel)[0]]

    @cached_property
    def words(self) -> dict[str, str]:
        """Every id, label and alias of stages and exits, normalised, with the id it stands for."""
        return {
            normalise(word): item.id
            for item in (*self._stages_by_id.values(), *self.exits)
            for word in (item.id, item.label, *item.aliases)
        }

    @cached_property
    def channel_words(self) -> dict[str, str]:
        """Every id, label and alias of the channels, normalised, with the id it stands for."""
        return {normalise(w): c.id for c in self.channels for w in (c.id, c.label, *c.aliases)}


def normalise(text: str) -> str:
    """Return `text` in lower case with every run of other characters as one space.

    >>> normalise("  Phone-Screen (1st) ")
    'phone screen 1st'
    """
    return " ".join(re.findall(r"\w+", text.casefold().replace("_", " ")))


def _contradictions(ladder: Ladder) -> Iterator[str]:
    """Yield each way in which the ladder contradicts itself, with its repair."""
    count = len(ladder.stages)
    if not FEWEST_STAGES <= count <= MOST_STAGES:
        yield f"it has {count} stages; it must have {FEWEST_STAGES} to {MOST_STAGES}."
        return
    lead_in = [stage for channel in ladder.channels for stage in channel.lead_in]
    named = [*ladder.stages, *lead_in, *ladder.exits]
    yield from _wrong_ids(named, ladder.channels)
    yield from _wrong_ends(ladder)
    yield from _wrong_channels(ladder)
    yield from _double_meanings(named, "a stage or exit")
    yield from _double_meanings(list(ladder.channels), "a channel")


def _wrong_ids(named: list[Stage | Exit], channels: tuple[Channel, ...]) -> Iterator[str]:
    for kind, items in (("stages or exits", named), ("channels", channels)):
        for name, times in Counter(item.id for item in items).items():
            if times > 1:
                yield f'the id "{name}" names {times} {kind}. Give each its own.'
            if not _ID.fullmatch(name):
                yield f'the id "{name}" must be lower-case letters, digits and _ and start with a letter.'
    if any(item.id == REOPENED for item in named):
        yield f'"{REOPENED}" is an event of its own and cannot name a stage or an exit.'


def _wrong_ends(ladder: Ladder) -> Iterator[str]:
    ids = [stage.id for stage in ladder.stages]
    for role, chosen in (("sent", ladder.sent), ("goal", ladder.goal)):
        if chosen not in ids:
            yield f'{role} = "{chosen}" is not one of its stages. {did_you_mean(chosen, ids)}'
    if {ladder.sent, ladder.goal} <= set(ids) and ids.index(ladder.sent) >= ids.index(ladder.goal):
        yield f'sent = "{ladder.sent}" must come before goal = "{ladder.goal}".'


def _wrong_channels(ladder: Ladder) -> Iterator[str]:
    ids = [stage.id for stage in ladder.stages]
    if not ladder.channels:
        yield "it has no channel; add one that steps on at the first stage."
    for channel in ladder.channels:
        if channel.steps_on not in ids:
            near = did_you_mean(channel.steps_on, ids)
            yield f'channel "{channel.id}" steps on at "{channel.steps_on}", which is no stage. {near}'
        elif ladder.goal in ids and ids.index(channel.steps_on) >= ids.index(ladder.goal):
            yield f'channel "{channel.id}" steps on at "{channel.steps_on}": the offer is already there.'


def _double_meanings(items: list[Stage | Exit] | list[Channel], kind: str) -> Iterator[str]:
    owner: dict[str, str] = {}
    for item in items:
        for word in (item.id, item.label, *item.aliases):
            key = normalise(word)
            if owner.setdefault(key, item.id) != item.id:
                yield f'"{word}" means both "{owner[key]}" and "{item.id}". A word may mean {kind} once.'
