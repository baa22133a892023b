"""Spending hours: the mix of tracks and channels that gives the best chance of an offer by a day.

With Poisson counts the chance of no offer is the mean over draws of exp(F - A m), where m holds the applications a week
of each kind, A what one a week of each brings by the day, and F what is in flight. That is convex in m, and the hours
bound it linearly, so the best mix is where the marginal chances per hour of all kinds in use are equal (the conditions
of Karush, Kuhn and Tucker). Since the rates are uncertain, the best mix is often not a single kind. Source: Boyd and
Vandenberghe, Convex Optimization (2004), sections 3.1.5 and 5.5.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from offercast.decisions.backwards import check_day
from offercast.errors import CommandError
from offercast.forecast.exact import log_none, picked_draws
from offercast.forecast.plan import Pace, Plan
from offercast.forecast.streams import make_problem
from offercast.inference.posterior import Posterior
from offercast.inference.sample import Progress, unseen
from offercast.inference.waits import Floats

DRAWS = 800
COLD_HOURS, OTHER_HOURS = 1.0, 3.0
"""Hours that one application takes where nothing is said: cold, and through any other channel. A judgement."""
WELL_SOLVED = 1e-3
"""The largest residual of the conditions at which a mix is called the best one, relative to the marginal chance."""


def hours_each(hours: Mapping[tuple[str | None, str], float], track: str, channel: str, reference: str) -> float:
    """Hours that one application takes: as told for the track, or for all tracks, else 1 cold and 3 otherwise.

    >>> hours_each({(None, "referral"): 4.0}, "devrel", "referral", "cold"), hours_each({}, "devrel", "cold", "cold")
    (4.0, 1.0)
    """
    default = COLD_HOURS if channel == reference else OTHER_HOURS
    found = hours.get((track, channel), hours.get((None, channel), default))
    _check_hours(track, found)
    return found


def _check_hours(track: str, hours: float) -> None:
    if not 0.0 < hours <= 168.0:
        raise CommandError(f'"{track}": an application of {hours:g} hours is not possible.')


@dataclass(frozen=True)
class Kind:
    """A way to spend hours: one track through one channel, the hours that one application takes, and how many a week
    can be sent at most (None: no bound).
    """

    track: str
    channel: str
    hours: float
    most_per_week: float | None = None


@dataclass(frozen=True)
class Effort:
    """The best mix: applications a week and hours of each kind, the chance that it gives, and what other mixes give.

    `alone` is the chance where all hours go to one kind, as far as its bound allows, and `evenly` where all kinds get
    the same hours. `residual` is the largest violation of the conditions for a best mix, relative to the marginal
    chance per hour; `unused` are hours that no kind has room for.
    """

    by: date
    hours: float
    kinds: tuple[Kind, ...]
    per_week: tuple[float, ...]
    chance: float
    alone: tuple[float, ...]
    evenly: float
    in_flight: float
    residual: float

    @property
    def spent(self) -> tuple[float, ...]:
        """Hours a week by kind."""
        return tuple(n * kind.hours for n, kind in zip(self.per_week, self.kinds, strict=True))

    @property
    def unused(self) -> float:
        """Hours a week that no kind has room for."""
        return max(self.hours - sum(self.spent), 0.0)


def spend_hours(
    posterior: Posterior,
    kinds: Sequence[Kind],
    *,
    hours: float,
    by: date,
    plan: Plan | None = None,
    progress: Progress = unseen,
) -> Effort:
    """Find the mix of kinds that gives the best chance of an offer by a day.

    Args:
        posterior: from `fit`, or loaded.
        kinds: what the hours can be spent on.
        hours: a week.
        by: the day.
        plan: its pauses, lulls and weekdays hold; its paces do not.
        progress: called with what is being done and the share done.

    Raises:
        CommandError: no hours, no kinds, an unknown track or channel, a kind given twice, a day that has passed.
    """
    as_of = posterior.evidence.as_of
    _check(kinds, hours, by, as_of)
    base = plan or Plan(())
    paces = tuple(Pace(kind.track, 1.0, kind.channel) for kind in kinds)
    one_each = Plan(paces, base.weekdays, base.pauses, lulls=base.lulls)
    days = (by - as_of).days
    problem = make_problem(posterior, one_each, -(-days // 7))
    picked = picked_draws(problem, DRAWS)
    logs = log_none(problem, picked, progress)
    flights = logs.pop(-1, np.zeros((picked.size, problem.days + 1)))[:, days]
    brings = np.zeros((picked.size, len(kinds)))
    for place, log in logs.items():
        brings[:, problem.streams[place].place] = -log[:, days]
    costs = np.array([kind.hours for kind in kinds])
    room = np.array(
        [hours / k.hours if k.most_per_week is None else min(k.most_per_week, hours / k.hours) for k in kinds]
    )
    mix = _best(brings, flights, costs, room, hours)

    def chance(m: Floats) -> float:
        return 1.0 - float(np.mean(np.exp(flights - brings @ m)))

    single = [chance(np.where(np.arange(room.size) == k, room, 0.0)) for k in range(room.size)]
    return Effort(
        by=by,
        hours=hours,
        kinds=tuple(kinds),
        per_week=tuple(float(n) for n in mix),
        chance=chance(mix),
        alone=tuple(single),
        evenly=chance(np.minimum(hours / len(kinds) / costs, room)),
        in_flight=chance(np.zeros(room.size)),
        residual=_residual(brings, flights, costs, room, mix),
    )


def _check(kinds: Sequence[Kind], hours: float, by: date, as_of: date) -> None:
    if not 0.0 < hours <= 168.0:
        raise CommandError(f"{hours:g} hours a week: give a number above 0, up to 168.")
    if not kinds:
        raise CommandError("there is nothing to spend the hours on.")
    named = [(kind.track, kind.channel) for kind in kinds]
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice:
        raise CommandError(f'"{twice[0]}" through {twice[1]} is given twice.')
    for kind in kinds:
        _check_hours(kind.track, kind.hours)
        if kind.most_per_week is not None and not kind.most_per_week >= 0:
            raise CommandError(f'"{kind.track}": at most {kind.most_per_week:g} a week is not possible.')
    check_day(by, as_of)


def _best(brings: Floats, flights: Floats, costs: Floats, room: Floats, hours: float) -> Floats:
    """The mix with the smallest chance of no offer, in the hours and the room that there are."""
    from scipy.optimize import LinearConstraint, minimize

    if costs @ room <= hours + 1e-12:
        return room
    scale = hours / costs  # in shares of the hours, the kinds are of one size

    def none(share: Floats) -> tuple[float, Floats]:
        """The log of the chance of no offer, and its gradient."""
        terms = np.exp(flights - brings @ (scale * share))
        total = terms.mean()
        return float(np.log(total)), -(terms @ brings) * scale / terms.size / total

    start = np.minimum(np.full(room.size, 1.0 / room.size), room / scale)
    found = minimize(
        none,
        start,
        jac=True,
        method="SLSQP",
        bounds=[(0.0, most) for most in room / scale],
        constraints=[LinearConstraint(np.ones((1, room.size)), -np.inf, 1.0)],
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    share = np.clip(found.x, 0.0, room / scale)
    share[share < 1e-7] = 0.0
    return scale * share / max(share.sum(), 1.0)


def _residual(brings: Floats, flights: Floats, costs: Floats, room: Floats, mix: Floats) -> float:
    """How far the marginal chances per hour are from those of a best mix, relative to that of the kinds in use."""
    terms = np.exp(flights - brings @ mix)
    per_hour = (terms @ brings) / terms.size / costs
    full = mix >= room * (1 - 1e-6)
    used = mix > 0
    if full.all():
        return 0.0
    inner = per_hour[used & ~full]
    price = float(inner.mean()) if inner.size else float(per_hour[~full].max())
    if price <= 0:
        return 0.0
    gaps = [
        np.abs(inner / price - 1.0),
        np.maximum(per_hour[~used] / price - 1.0, 0.0),
        np.maximum(1.0 - per_hour[full] / price, 0.0),
    ]
    return float(max((gap.max() for gap in gaps if gap.size), default=0.0))
