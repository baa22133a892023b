"""Limits: what lets applications get in each other's way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from offercast.errors import CommandError, did_you_mean
from offercast.ladder import Ladder


@dataclass(frozen=True)
class Limits:
    """What a seeker cannot or will not do all at once. By default nothing: applications are then independent.

    A *process* is an application from the stage `from_stage` on. It is *live* from entering a stage until it moves
    on, is told no, or has been silent there for `patience_days`; one that moves on after longer is live again.

    `at_once`: a process begins only while fewer than `at_once` are live. With `when_full="wait"` a further one waits
    for its turn, first come, first served, and its own clock stands still; with `"lose"` it is lost. One that moves on
    after a long silence is never turned away. What is in flight from `from_stage` on has begun already.

    `pause_from`: no application leaves on a day at whose start a process is live at this stage or beyond it.

    `learning`: each process that enters a stage from `from_stage` on is an interview done. The log-odds of the steps
    from there on are `learning` times log(1 + interviews done since `as_of`) higher, as it stands on entering a step.
    (Not estimated from a log: an assumption. The practice up to `as_of` is in the posterior already.)

    `accept`: the chance that an offer is accepted at once; `"own"` is the posterior's, by track and channel. One that
    is not is held for `hold_days` and then lapses; if another offer comes within that time, the seeker takes the new
    one. Where it is None the first offer ends the search.

    Raises:
        CommandError: a number is out of range.

    >>> Limits(at_once=2).when_full
    'wait'
    """

    at_once: int | None = None
    from_stage: str = "interview"
    when_full: Literal["wait", "lose"] = "wait"
    patience_days: float = 30.0
    pause_from: str | None = None
    learning: float = 0.0
    accept: float | Literal["own"] | None = None
    hold_days: float = 0.0

    def __post_init__(self) -> None:
        if self.at_once is not None and self.at_once < 1:
            raise CommandError(f"{self.at_once} processes at once: give at least 1.")
        if self.when_full not in {"wait", "lose"}:
            raise CommandError(f'when_full is "wait" or "lose", not "{self.when_full}".')
        if not 0 < self.patience_days < math.inf:
            raise CommandError(f"a patience of {self.patience_days} days: give a number of more than 0.")
        if not math.isfinite(self.learning):
            raise CommandError(f"learning is {self.learning}: give a number, such as 0.3.")
        if isinstance(self.accept, str) and self.accept != "own":
            raise CommandError(f'accept is a chance or "own", not "{self.accept}".')
        if isinstance(self.accept, int | float) and not 0 <= self.accept <= 1:
            raise CommandError(f"{self.accept} is not a chance: give 0 to 1.")
        if not 0 <= self.hold_days < math.inf:
            raise CommandError(f"an offer cannot be held for {self.hold_days} days.")
        if self.hold_days and self.accept is None:
            raise CommandError("an offer is held where it is not accepted at once: give accept, too.")

    @property
    def counts_processes(self) -> bool:
        """Whether `from_stage` matters."""
        return self.at_once is not None or self.learning != 0.0

    def first_stage(self, ladder: Ladder) -> str:
        """The first stage at which applications interact: the goal where only offers do.

        Raises:
            CommandError: a stage is not on the ladder between the sending and the offer.
        """
        named = [self.from_stage] if self.counts_processes else []
        named += [self.pause_from] if self.pause_from is not None else []
        low, high = ladder.order[ladder.sent], ladder.order[ladder.goal]
        between = [stage.id for stage in ladder.stages[low:high]]
        for stage in named:
            if stage not in between:
                raise CommandError(f'limits cannot begin at "{stage}". {did_you_mean(stage, between)}')
        return min([*named, ladder.goal], key=ladder.order.__getitem__)


NO_LIMITS = Limits()
