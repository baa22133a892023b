"""Chains: where offers began. Each offer's way back to its first link, and what each kind of first link has led to.

The share of first links of a kind that have led to an offer so far has the Jeffreys prior Beta(1/2, 1/2). What is still
in flight is not counted as failed: it stands beside that share, with the chance that the posterior gives it. Source:
Brown, Cai and DasGupta, Interval Estimation for a Binomial Proportion, Statistical Science 16 (2001), section 4.3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from statistics import median

import numpy as np

from offercast.decisions.trees import Forest, Link, Member, Tree
from offercast.decisions.waiting import Open
from offercast.evidence.evidence import InFlight
from offercast.evidence.spells import Climb
from offercast.forecast.streams import make_flights
from offercast.history.records import Event, History
from offercast.inference.posterior import Posterior
from offercast.inference.summary import LEVEL, Interval, interval
from offercast.inference.waits import Floats

OLD_DAYS = 180
"""A first link is called old from so many days on. Without a posterior, a longer silence counts as over."""
PRIOR = 0.5
"""Both parameters of the Beta prior of a kind's share (Jeffreys)."""


@dataclass(frozen=True)
class Chain:
    """An offer's links, the first one first; `delay_days` from the first link to the offer (None: a day is unknown)."""

    links: tuple[Link, ...]
    offered_on: date | None
    delay_days: int | None


@dataclass(frozen=True)
class KindOfLink:
    """What the first links of one kind have led to so far; `kind` is a channel, or what is `named`.

    Of `links` first links, `to_interview` have led to an interview (None: the ladder has none) and `to_offer` to an
    offer; `share` is the share that leads to one with its 90 % interval, as if nothing were still to come. `delays`
    are the days from the first link to each offer, ascending. Of those without an offer `alive` still have something in
    flight, and `expected` of them may yet bring one by it, on average (None: no posterior was given).
    """

    kind: str
    named: bool
    links: int
    to_interview: int | None
    to_offer: int
    share: Interval
    delays: tuple[int, ...]
    alive: int
    expected: float | None

    @property
    def usual_delay(self) -> float | None:
        """The median of the delays, in days; None where there is none."""
        return median(self.delays) if self.delays else None


@dataclass(frozen=True)
class OldLink:
    """A first link of long ago of which something that came from it is in flight: its age, and the names of what waits.

    `chance` is that of an offer from it, with its 90 % interval, and `mean_chance` the chance to bet on; None where no
    posterior was given.
    """

    link: Link
    age_days: int
    in_flight: tuple[str, ...]
    chance: Interval | None
    mean_chance: float | None


@dataclass(frozen=True)
class SecondChances:
    """Noes that were not the end.

    `reopened` applications came back after one: `went_further` of them reached a stage beyond all before it, `offers`
    an offer. `followed` applications came from one that had said no, and `followed_offers` of them brought an offer.
    """

    reopened: int
    went_further: int
    offers: int
    followed: int
    followed_offers: int


@dataclass(frozen=True)
class Chains:
    """Where offers began. `told` of `applications` say where they came from; without any, each is its own first link.

    `offers` are in the order of their days, `kinds` from the most first links on, `old` from the best chance on.
    """

    as_of: date
    applications: int
    told: int
    offers: tuple[Chain, ...]
    kinds: tuple[KindOfLink, ...]
    old: tuple[OldLink, ...]
    second_chances: SecondChances
    notes: tuple[str, ...]


def chains(history: History, *, as_of: date, posterior: Posterior | None = None, unknown_age_days: int = 60) -> Chains:
    """Trace every offer to its first link, and count what each kind of first link has led to.

    Args:
        history: the log.
        as_of: the day; nothing later is looked at.
        posterior: a fit of this log, for the chances of what is in flight; without one they are left out.
        unknown_age_days: the age given to an open application without any date.

    Raises:
        InputError: applications came from each other in a circle.
        CommandError: a track or channel is not in the posterior.

    >>> import offercast
    >>> log = offercast.read_history(offercast.example())
    >>> found = chains(log, as_of=log.last_date)
    >>> found.told, found.applications, found.kinds[0].kind
    (0, 105, 'cold')
    """
    horizon = OLD_DAYS if posterior is None else posterior.model.assumptions.horizon_days
    forest = Forest(history, as_of=as_of, unknown_age_days=unknown_age_days, horizon=horizon)
    trees = forest.trees()
    chances = None if posterior is None else _offer_chances(posterior, (one for tree in trees for one in tree.waits))
    grouped: dict[tuple[str, bool], list[Tree]] = defaultdict(list)
    for tree in trees:
        grouped[tree.link.kind, tree.link.named].append(tree)
    kinds = (_kind(those, forest, chances) for those in grouped.values())
    return Chains(
        as_of=as_of,
        applications=len(forest.members),
        told=sum(identifier in forest.origins for identifier in forest.members),
        offers=_offers(trees, forest),
        kinds=tuple(sorted(kinds, key=lambda kind: (-kind.links, kind.kind))),
        old=_old(trees, as_of, chances),
        second_chances=_second_chances(forest),
        notes=forest.notes,
    )


def _offers(trees: list[Tree], forest: Forest) -> tuple[Chain, ...]:
    """Each offer's way back."""
    found = [
        Chain(forest.way_back(member, tree), member.offered_on, _delay(member, tree))
        for tree in trees
        for member in tree.members
        if member.offered
    ]
    return tuple(sorted(found, key=lambda chain: chain.offered_on or date.max))


def _delay(member: Member, tree: Tree) -> int | None:
    """Days from the first link to the offer."""
    on, start = member.offered_on, tree.link.day
    return (on - start).days if on and start else None


def _kind(trees: list[Tree], forest: Forest, chances: dict[str, Floats] | None) -> KindOfLink:
    """Count the first links of one kind."""
    alive = [tree for tree in trees if tree.waits and not tree.offered]
    to_offer = sum(tree.offered for tree in trees)
    interviewed = sum(any(member.interviewed for member in tree.members) for tree in trees)
    delays = [_delay(member, tree) for tree in trees for member in tree.members if member.offered]
    return KindOfLink(
        kind=trees[0].link.kind,
        named=trees[0].link.named,
        links=len(trees),
        to_interview=interviewed if "interview" in forest.ladder.words else None,
        to_offer=to_offer,
        share=share_so_far(to_offer, len(trees)),
        delays=tuple(sorted(days for days in delays if days is not None)),
        alive=len(alive),
        expected=None if chances is None else sum(float(_any(tree, chances).mean()) for tree in alive),
    )


def share_so_far(led: int, links: int, level: float = LEVEL) -> Interval:
    """The share of first links that lead to an offer, after `led` of `links` have: median and equal-tailed interval.

    >>> found = share_so_far(0, 10)
    >>> round(found.low, 4), round(found.high, 3)
    (0.0002, 0.171)
    """
    from scipy.special import betaincinv

    levels = ((1 - level) / 2, 0.5, (1 + level) / 2)
    low, middle, high = (float(betaincinv(PRIOR + led, PRIOR + links - led, at)) for at in levels)
    return Interval(middle, low, high)


def _offer_chances(posterior: Posterior, waits: Iterable[Open]) -> dict[str, Floats]:
    """The chance of an offer from each application that waits, given its silence, by draw; equal ones once."""
    known: dict[InFlight, Floats] = {}
    found = {}
    for one in waits:
        track, channel = posterior.track_index(one.track), posterior.channel_index(one.channel)
        row = InFlight(track, channel, posterior.ladder.step_index[one.stage], one.shortest, one.longest, 1)
        if row not in known:
            flights = make_flights(replace(posterior, evidence=replace(posterior.evidence, in_flight=(row,))))
            none = np.zeros(posterior.flat("advance_logit").shape[0])
            known[row] = flights[0].offer_chance.mean(axis=1) if flights else none
        found[one.id] = known[row]
    return found


def _any(tree: Tree, chances: dict[str, Floats]) -> Floats:
    """The chance that at least one of what waits brings an offer, by draw."""
    return 1.0 - np.prod([1.0 - chances[one.id] for one in tree.waits], axis=0)


def _old(trees: list[Tree], as_of: date, chances: dict[str, Floats] | None) -> tuple[OldLink, ...]:
    """First links of long ago of which something that came from them is in flight: not only they themselves."""
    found = []
    for tree in trees:
        age = (as_of - tree.link.day).days if tree.link.day else 0
        names = tuple(one.name for one in tree.waits)
        if age >= OLD_DAYS and any(one.id != tree.link.id for one in tree.waits):
            draws = None if chances is None else _any(tree, chances)
            chance, mean = (None, None) if draws is None else (interval(draws), float(draws.mean()))
            found.append(OldLink(tree.link, age, names, chance, mean))
    return tuple(sorted(found, key=lambda old: (-(old.mean_chance or 0.0), -old.age_days)))


def _second_chances(forest: Forest) -> SecondChances:
    """Rejections that were not the end, within an application and from one to the next."""
    members = forest.members.values()
    back = [member for member in members if member.climb.revived]
    followed = [member for member in members if _followed_a_no(member, forest)]
    return SecondChances(
        reopened=len(back),
        went_further=sum(_went_further(member.climb, member.application.events) for member in back),
        offers=sum(member.offered for member in back),
        followed=len(followed),
        followed_offers=sum(member.offered for member in followed),
    )


def _followed_a_no(member: Member, forest: Forest) -> bool:
    """Whether it came from an application that had said no by then (as far as the days are known)."""
    origin = forest.origins.get(member.application.id)
    parent = forest.members.get(origin.application) if origin else None
    end = parent.climb.exit if parent else None
    if end is None or forest.ladder.exits_by_id[end.kind].means != "no":
        return False
    return member.day is None or end.latest is None or end.latest <= member.day


def _went_further(climb: Climb, events: tuple[Event, ...]) -> bool:
    """Whether a stage beyond all those before the first no was reached after it."""
    exits = climb.ladder.exits_by_id
    kinds = [event.kind for event in events]
    no = next(i for i, kind in enumerate(kinds) if kind in exits and exits[kind].means == "no")
    before = max((climb.path.index(kind) for kind in kinds[:no] if kind in climb.path), default=-1)
    return any(climb.path.index(kind) > before for kind in kinds[no:] if kind in climb.path)
