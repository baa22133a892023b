"""Where every application of a log is known to stand on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from offercast.evidence.evidence import known_history
from offercast.evidence.spells import Climb, spells
from offercast.history.records import History


@dataclass(frozen=True)
class Standing:
    """Where an application is known to stand on a day: the order of its stage, whether it waits for an employer, and
    whether it was told no. `began` is the order of the stage at which it was first known.
    """

    reached: int
    waits: bool
    told_no: bool
    began: int


def standings(history: History, day: date, last_date: date | None) -> dict[str, Standing]:
    """Where every application is known to stand on a day, by id."""
    ladder, found = history.ladder, {}
    for application in known_history(history, day, last_date).applications:
        climb = Climb(application, ladder, as_of=day)
        *_, last = (None, *spells(climb))
        reached = ladder.order.get(climb.path[climb.furthest], -1)
        began = ladder.order.get(climb.started[0], -1) if climb.started else reached
        waits, told_no = bool(last and last.in_flight), bool(last and last.outcome == "told no")
        found[application.id] = Standing(reached, waits, told_no, began)
    return found
