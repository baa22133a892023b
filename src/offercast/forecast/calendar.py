"""The calendar of a plan: on which days applications leave, and when employers move more slowly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from offercast.errors import CommandError
from offercast.inference.waits import Floats

WORKING_WEEK = (0.2, 0.2, 0.2, 0.2, 0.2, 0.0, 0.0)
"""The share of a week's applications that leave on each weekday, Monday first."""


@dataclass(frozen=True)
class Pause:
    """No application leaves from the first to the last day, both included; `name` says why, as in a public holiday.

    Raises:
        CommandError: it ends before it starts.
    """

    first: date
    last: date
    name: str = ""

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise CommandError(f"the pause from {self.first} to {self.last} ends before it starts.")


@dataclass(frozen=True)
class Lull:
    """A quiet season, as an assumption: what enters a stage in it is this much less likely to move on from there.

    `factor` multiplies the chance of the step that leaves the stage: 0.5 halves it, 0 makes it hopeless. Sending is
    entering the first stage, so a lull acts on the day of sending and on the day of entering every later stage. What
    already waits when it begins is left as it was. Nothing of it is measured: it is what you suppose.

    Raises:
        CommandError: it ends before it starts; the factor lies outside 0 to 1.
    """

    first: date
    last: date
    factor: float

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise CommandError(f"the lull from {self.first} to {self.last} ends before it starts.")
        if not 0.0 <= self.factor <= 1.0:
            raise CommandError(f"a lull with the factor {self.factor}: give a number from 0 to 1.")


def open_shares(weekdays: tuple[float, ...], pauses: tuple[Pause, ...], *, as_of: date, weeks: int) -> Floats:
    """The share of a week's applications that leave on each of its days, (week, 7); 0 on days of a pause.

    Weeks are counted from the day after `as_of`: column 0 is that day, whatever weekday it is. An application that
    would leave on a day of a pause is not sent, so a row can sum to less than 1.
    """
    start = as_of + timedelta(days=1)
    shares = np.tile(np.roll(np.array(weekdays, dtype=float), -start.weekday()), weeks)
    for pause in pauses:
        first, last = (pause.first - start).days, (pause.last - start).days
        shares[max(first, 0) : max(last + 1, 0)] = 0.0
    return shares.reshape(weeks, 7)


def moving_factor(lulls: tuple[Lull, ...], *, as_of: date, days: int) -> Floats | None:
    """What the chance to move on is multiplied by, by the day on which a stage is entered; None without lulls.

    (days + 1,): one more than there are days, for what is entered after the last one. Where lulls overlap the smaller
    factor holds.
    """
    if not lulls:
        return None
    start = as_of + timedelta(days=1)
    factor = np.ones(days + 1)
    for lull in lulls:
        within = slice(max((lull.first - start).days, 0), max(min((lull.last - start).days + 1, days), 0))
        factor[within] = np.minimum(factor[within], lull.factor)
    return factor
