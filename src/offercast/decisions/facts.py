"""Facts that a log may tell about a search, each with the numbers of its sentences and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from offercast.decisions.levers import Levers, Sooner
from offercast.decisions.luck import Trend
from offercast.inference.summary import Interval

POOR_LUCK, RARE_LUCK = 0.025, 0.1
"""Where luck alone brings it in fewer searches than the first it is a poor explanation; up to the second a rare one."""
Luck = Literal["enough", "rare", "poor"]


def luck(chance: float) -> Luck:
    """How well luck alone explains what it brings with some chance."""
    if chance < POOR_LUCK:
        return "poor"
    return "rare" if chance < RARE_LUCK else "enough"


@dataclass(frozen=True)
class Inertia:
    """Jobs that were found and (so far) not applied for; `gain` is what sending them, too, would be worth."""

    found: int
    unsent: int
    share: Interval
    gain: Sooner | None


@dataclass(frozen=True)
class Stall:
    """A step that is passed less often than is usual; `sure` is the posterior chance that it is.

    `chance` is that of the reference channel, averaged over the tracks that came to the step, `usual` the median of
    other people's searches; `step` may span several steps that the log does not tell apart. All in `Solid`, too.
    """

    step: str
    chance: Interval
    usual: float
    sure: float


@dataclass(frozen=True)
class Solid:
    """A step that at least two in three get past, and no fewer than usual; `sure` is the chance of the first."""

    step: str
    chance: Interval
    usual: float
    sure: float


@dataclass(frozen=True)
class AppliedOnly:
    """A track in which every conversation began with an application, while in the others some came unasked.

    `begun` counts its conversations, `elsewhere` is the share that came unasked in the other tracks.
    """

    track: str
    begun: int
    elsewhere: Interval
    sure: float


@dataclass(frozen=True)
class Doors:
    """A channel whose first step (or way to an offer, where it begins further up) goes better or worse than the
    reference channel's.

    `times` is the ratio of the chances, `sure` the chance that it lies above 1 (or below), held by someone who expected
    no difference; `whole` says that it is about the whole way to an offer.
    """

    channel: str
    reference: str
    sent: int
    times: Interval
    whole: bool
    sure: float

    @property
    def opens(self) -> bool:
        """Whether it goes better than the reference."""
        return self.times.median > 1.0


@dataclass(frozen=True)
class Streak:
    """The longest run of applications without a response, and how often a search with these rates has one as long."""

    length: int
    goes_on: bool
    sent: int
    chance: float

    @property
    def luck(self) -> Luck:
        """How well luck alone explains it."""
        return luck(self.chance)


@dataclass(frozen=True)
class Quiet:
    """A recent stretch with few responses: `observed` beside `expected`, and how often luck alone brings so few."""

    days: int
    observed: int
    expected: float
    chance: float

    @property
    def luck(self) -> Luck:
        """How well luck alone explains it."""
        return luck(self.chance)


@dataclass(frozen=True)
class Drift:
    """The chance of a response fell, or rose, over the log; `sure` is the posterior chance that it did."""

    falling: bool
    trend: Trend
    sure: float


@dataclass(frozen=True)
class Moves:
    """What would move the even-chance day most."""

    found: Levers


@dataclass(frozen=True)
class OnlyPrior:
    """Steps whose chance rests on the prior alone, so far."""

    steps: tuple[str, ...]


Fact = Inertia | Stall | Solid | AppliedOnly | Doors | Streak | Quiet | Drift | Moves | OnlyPrior
KINDS: tuple[type, ...] = (Inertia, Stall, Solid, AppliedOnly, Doors, Streak, Quiet, Drift, Moves, OnlyPrior)
OF_THE_LOG = (Streak, Quiet, Drift)


@dataclass(frozen=True)
class Insights:
    """The facts, in the order of `KINDS`; the kinds that were looked for and not found; those that need the log.

    A fit knows no single application: without the log nothing can be said about their order.
    """

    as_of: date
    facts: tuple[Fact, ...]
    not_found: tuple[str, ...]
    not_looked_for: tuple[str, ...]
