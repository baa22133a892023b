"""First links and all that came from them: the log as a forest, each tree with its first link as the root.

A first link is what nothing else came from: an application that says no origin, or a contact or an event that is named
(history/links.py).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from offercast.decisions.waiting import Open, open_applications
from offercast.evidence.evidence import known_history
from offercast.evidence.spells import Climb
from offercast.history.links import Origin, check_loops, origins
from offercast.history.records import Application, History
from offercast.ladder import Ladder

Root = tuple[str, str]
"""("", id) of an application, or the key of what is named."""


@dataclass(frozen=True)
class Link:
    """One link of a chain: an application with its events, or (without an `id`) a named contact or event.

    `kind` is the application's channel, or the kind of what is named; `day` the first day known (None: none is).
    """

    kind: str
    name: str
    day: date | None
    events: tuple[tuple[str, date | None], ...] = ()
    id: str = ""

    @property
    def named(self) -> bool:
        """Whether it is a contact or an event instead of an application."""
        return not self.id

    @property
    def days_between(self) -> tuple[int | None, ...]:
        """Days from each event to the next; None where a day is unknown."""
        return tuple((b - a).days if a and b else None for (_, a), (_, b) in pairwise(self.events))


@dataclass(frozen=True)
class Member:
    """One application that was under way by the day, and what it had come to; `waits` where it is in flight."""

    application: Application
    climb: Climb
    day: date | None
    interviewed: bool
    offered: bool
    waits: Open | None

    @property
    def offered_on(self) -> date | None:
        """The day of its offer; None where none has come, or its day is unknown."""
        event = self.climb.stages.get(self.climb.ladder.goal)
        return (event.on or event.until) if event else None


@dataclass(frozen=True)
class Tree:
    """A first link, its `day` the first one known of all that came from it, and those applications."""

    link: Link
    members: tuple[Member, ...]

    @property
    def waits(self) -> list[Open]:
        """What is still in flight of it."""
        return [member.waits for member in self.members if member.waits]

    @property
    def offered(self) -> bool:
        """Whether it has led to an offer."""
        return any(member.offered for member in self.members)


class Forest:
    """A log as of a day: its applications under way by then (`members`, by id), and what came from what.

    Raises:
        InputError: applications came from each other in a circle.
    """

    def __init__(self, history: History, *, as_of: date, unknown_age_days: int, horizon: float) -> None:
        found = origins(history)
        check_loops(history, found)
        self.origins, self.as_of, self.ladder = found.by_id, as_of, history.ladder
        self._everyone = {application.id: application for application in history.applications}
        waiting = open_applications(history, as_of=as_of, unknown_age_days=unknown_age_days)
        waits = {one.id: one for one in waiting if one.shortest < horizon}
        known = known_history(history, as_of, history.last_date).applications
        read = (_member(application, self.ladder, as_of, waits.get(application.id)) for application in known)
        self.members = {member.application.id: member for member in read if member}
        self.notes = (*found.notes, *filter(None, map(self._out_of_order, self.members.values())))

    def root(self, identifier: str) -> Root:
        """The first link of an application."""
        while origin := self.origins.get(identifier):
            if not origin.application:
                return origin.key
            identifier = origin.application
        return "", identifier

    def trees(self) -> list[Tree]:
        """Every first link with what came from it, in the order of the log."""
        grouped: dict[Root, list[Member]] = defaultdict(list)
        for member in self.members.values():
            grouped[self.root(member.application.id)].append(member)
        named: dict[Root, list[Origin]] = defaultdict(list)
        for origin in self.origins.values():
            named[origin.key].append(origin)
        found = []
        for root, members in grouped.items():
            days = [member.day for member in members if member.day]
            if root[0]:
                days += [origin.day for origin in named[root] if origin.day and origin.day <= self.as_of]
                link = Link(named[root][0].kind, named[root][0].name, None)
            else:
                link = self._link(root[1])
            found.append(Tree(replace(link, day=min(days, default=None)), tuple(members)))
        return found

    def way_back(self, member: Member, tree: Tree) -> tuple[Link, ...]:
        """The links from the first one to an application of the tree."""
        way: list[Link] = []
        at = member.application.id
        while at:
            way.append(self._link(at))
            at = self.origins.get(at, Origin()).application
        if tree.link.named:
            way.append(tree.link)
        return tuple(reversed(way))

    def _link(self, identifier: str) -> Link:
        """An application as a link; one that is only known later has neither events nor a day."""
        member = self.members.get(identifier)
        one = member.application if member else self._everyone[identifier]
        events = tuple((event.kind, event.on or event.until) for event in one.events) if member else ()
        return Link(one.channel, one.company or one.title or one.id, member.day if member else None, events, one.id)

    def _out_of_order(self, member: Member) -> str | None:
        """A note where an application is older than what it came from."""
        origin = self.origins.get(member.application.id)
        if origin is None or member.day is None:
            return None
        parent = self.members.get(origin.application)
        before = parent.day if parent else origin.day
        if before is None or member.day >= before:
            return None
        what = f'"{origin.application}"' if origin.application else origin.name
        return (
            f'application "{member.application.id}" ({member.day}) came from {what}, which is later ({before}): the '
            "earlier day is taken for that of the first link"
        )


def _member(application: Application, ladder: Ladder, as_of: date, waits: Open | None) -> Member | None:
    """What an application had come to; None for a job that was only looked at: it is no link of its own."""
    climb = Climb(application, ladder, as_of=as_of)
    if climb.below_sent(climb.path[climb.furthest]):
        return None
    interview = ladder.words.get("interview")
    return Member(
        application=application,
        climb=climb,
        day=climb.started[1] if climb.started else None,
        interviewed=interview in climb.path and climb.furthest >= climb.path.index(interview),
        offered=climb.furthest >= climb.path.index(ladder.goal),
        waits=waits,
    )
