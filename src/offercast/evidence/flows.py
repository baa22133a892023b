"""Where applications went: how many moved from each stage to each next one, or ended, or wait. Whole numbers."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from datetime import date

from offercast.evidence.evidence import known_history
from offercast.evidence.spells import Climb
from offercast.history.records import History

BEGUN, WAITING, IN_HAND, UNKNOWN = "", "waiting", "in hand", "unknown"
"""Ends of a flow that are no stage and no exit: before the first stage; no answer yet; an offer that the seeker has not
answered; and no one knows how far it went."""


@dataclass(frozen=True)
class Flow:
    """So many applications went from one place to another.

    `start` is a stage, or `BEGUN` where applications began, through `channel`. `end` is a stage, an exit, or one of
    `WAITING`, `IN_HAND` and `UNKNOWN`.
    """

    start: str
    end: str
    count: int
    channel: str = ""


def flows(history: History, *, as_of: date) -> tuple[Flow, ...]:
    """Every flow of the applications that were sent or begun, as of a day, in the order of the ladder.

    What enters a stage is what leaves it, except at the top of the ladder, where applications stay. A stage that an
    application passed without its being logged is counted as passed. Applications that were never sent are left out.

    Args:
        history: the log.
        as_of: the day; nothing later is looked at.

    Raises:
        CommandError: an application names a stage that is not on the way of its channel.

    >>> from datetime import date
    >>> import offercast
    >>> history = offercast.read_history(offercast.example())
    >>> [flow for flow in flows(history, as_of=history.last_date) if flow.end == "offer"]
    [Flow(start='second_interview', end='offer', count=1, channel='')]
    """
    counted: Counter[tuple[str, str, str]] = Counter()
    ladder = history.ladder
    for application in known_history(history, as_of, history.last_date).applications:
        climb = Climb(application, ladder, as_of=as_of)
        path = climb.path
        first = path.index(ladder.sent) if ladder.sent in path else 0
        if climb.furthest < first:
            continue
        way = path[first : climb.furthest + 1]
        counted[BEGUN, way[0], application.channel] += 1
        counted.update((a, b, "") for a, b in itertools.pairwise(way))
        if way[-1] != path[-1]:
            counted[way[-1], _end(climb), ""] += 1
    order = [BEGUN, *ladder.stage_ids, *ladder.exits_by_id, WAITING, IN_HAND, UNKNOWN]
    channels = ["", *ladder.channels_by_id]
    rank = {name: place for place, name in enumerate(order)}
    found = sorted(counted.items(), key=lambda item: (rank[item[0][0]], channels.index(item[0][2]), rank[item[0][1]]))
    return tuple(Flow(start, end, count, channel) for (start, end, channel), count in found)


def _end(climb: Climb) -> str:
    """What became of an application after the highest stage that is known."""
    stage = climb.path[climb.furthest]
    reached = climb.stages.get(stage)
    if reached is not None and reached.at_least:
        return UNKNOWN
    if climb.exit is not None:
        return climb.exit.kind
    return IN_HAND if climb.furthest >= climb.path.index(climb.ladder.goal) else WAITING
