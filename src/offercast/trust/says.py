"""What a method says of the weeks after a day: how many are heard of or reach a stage, and when the next thing happens.

Given the chances of one draw, applications are independent: the number that reach a stage within a time is a sum of
independent throws (Poisson-binomial), and the law that a method states is the mean over its draws. Source of the
recursion: Wang, On the Number of Successes in Independent Trials, Statistica Sinica 3 (1993), section 2.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from offercast.forecast.exact import exact_curve
from offercast.forecast.landing import ByTransform
from offercast.forecast.plan import Plan
from offercast.forecast.streams import Problem, Waits, make_problem, possible_waits
from offercast.inference.posterior import Posterior
from offercast.inference.waits import Floats, cdf
from offercast.ladder import Ladder
from offercast.trust.baselines import with_chances
from offercast.trust.empirical import StepCurves

DRAWS, OFFER_DRAWS = 400, 100
_SPREAD, _MORE = 9.0, 12
"""A law of counts goes so many standard deviations, and so many more, beyond its largest mean."""


@dataclass(frozen=True)
class Group:
    """So many equal applications, and the chance of one that it has happened by the end of each day, (draw, day + 1).

    `count` is one number, or one for each draw, (draw,).
    """

    count: int | np.ndarray
    chance: Floats
    stage: str = ""
    """Where they wait."""


def seen_as(stage: str, ladder: Ladder, whole: Ladder) -> str:
    """The stage that an application has reached, as far as the log of that day can tell: the next one that it names.

    >>> from offercast.modelfile import load_model
    >>> whole = load_model().ladder
    >>> seen_as("phone", whole.without({"response", "phone"}), whole)
    'interview'
    """
    return next(one.id for one in whole.stages[whole.order[stage] :] if one.id in ladder.order)


class Says(Protocol):
    """What can be asked of a method at an origin."""

    @property
    def posterior(self) -> Posterior:
        """What is in flight, and on which ladder."""
        ...

    def heard(self, weeks: int) -> list[Group]:
        """Of all that wait: the chance that each is heard of, a yes or a no, by each day."""
        ...

    def reach(self, stage: str, weeks: int) -> list[Group]:
        """Of all that wait below a stage: the chance that each has reached it by each day."""
        ...

    def sent(self, stage: str, weeks: int, plan: Plan) -> list[list[Floats]]:
        """By pace of the plan and week: the chance that one sent in that week has reached the stage by each day."""
        ...

    def no_offer(self, weeks: int, plan: Plan) -> Floats:
        """The chance that no offer has come by the end of each day, (day + 1,)."""
        ...


class KeptLaws(ByTransform):
    """The same with every law of a sum of waits kept, for methods that share their waits and their draws."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self._kept: dict[tuple[tuple[tuple[int, int], ...], float | None], Floats] = {}

    def law(self, waits: Waits, columns: tuple[tuple[int, int], ...], waited: float | None = None) -> Floats:
        """See `ByTransform`."""
        key = (columns, waited)
        if key not in self._kept:
            self._kept[key] = super().law(waits, columns, waited)
        return self._kept[key]


@dataclass(frozen=True)
class OfPosterior:
    """A method that has draws of chances and waits, `DRAWS` or fewer; `laws` is shared by those with the same waits."""

    posterior: Posterior
    laws: dict[tuple[str, int], KeptLaws] = field(default_factory=dict)

    def with_chances(self, chances: Floats) -> OfPosterior:
        """The same with other chances to move on, (draw, track, step)."""
        size = self.posterior.flat("advance_logit").shape[0]
        return replace(self, posterior=with_chances(self.posterior, np.resize(chances, (size, *chances.shape[1:]))))

    def _laws(self, problem: Problem, stage: str) -> KeptLaws:
        return self.laws.setdefault((stage, problem.weeks), KeptLaws(problem))

    def heard(self, weeks: int) -> list[Group]:
        """See `Says`."""
        posterior, days = self.posterior, np.arange(7.0 * weeks + 1)
        ladder, assumed = posterior.ladder, posterior.model.assumptions
        found = []
        for row in posterior.evidence.in_flight:
            p = posterior.advance.reshape(-1, *posterior.advance.shape[2:])[:, row.track, row.channel, row.step]
            w = posterior.told_no.reshape(-1, *posterior.told_no.shape[2:])[:, row.track, row.step]
            waited = possible_waits(row.shortest, row.longest, assumed.horizon_days)
            silent = np.zeros((p.size, days.size))
            for point in waited:
                yes, no = (
                    cdf(
                        point + days,
                        posterior.flat(f"{kind}_log_days")[:, row.track, row.step, None],
                        np.exp(posterior.flat(f"{kind}_log_shape")[:, row.step, None]),
                        assumed.horizon_days,
                        family=assumed.delay_family,
                    )
                    for kind in ("advance", "no")
                )
                silent += p[:, None] * (1.0 - yes) + (1.0 - p[:, None]) * (1.0 - w[:, None] * no)
            still = np.divide(silent, silent[:, :1], out=np.ones_like(silent), where=silent[:, :1] > 0)
            found.append(Group(row.count, 1.0 - still, ladder.steps[row.step].start))
        return found

    def reach(self, stage: str, weeks: int) -> list[Group]:
        """See `Says`."""
        problem = make_problem(self.posterior, Plan(()), weeks, goal=stage)
        laws, picked = self._laws(problem, stage), np.arange(problem.draws)
        start = self.posterior.ladder.steps
        return [Group(f.count, laws.landed_flight(f, picked), start[f.columns[0][1]].start) for f in problem.flights]

    def sent(self, stage: str, weeks: int, plan: Plan) -> list[list[Floats]]:
        """See `Says`."""
        problem = make_problem(self.posterior, plan, weeks, goal=stage)
        laws, picked = self._laws(problem, stage), np.arange(problem.draws)
        found: list[list[Floats]] = [[] for _ in plan.paces]
        for stream in problem.streams:
            for week in range(weeks):
                one = np.zeros(problem.days)
                one[7 * week : 7 * week + 7] = stream.shares[week]
                found[stream.place].append(laws.landed(stream, picked, one))
        return found

    def no_offer(self, weeks: int, plan: Plan) -> Floats:
        """See `Says`."""
        return 1.0 - exact_curve(self.posterior, plan, horizon_weeks=weeks, draws=OFFER_DRAWS).mean(axis=0)


@dataclass(frozen=True)
class OfCurves:
    """A method that takes the curves of the steps, as they were seen so far, for the truth."""

    posterior: Posterior
    """For what is in flight, and the ladder; nothing of its draws is used."""
    curves: StepCurves

    def heard(self, weeks: int) -> list[Group]:
        """See `Says`."""
        rows, steps = self.posterior.evidence.in_flight, self.posterior.ladder.steps
        return [
            Group(r.count, 1.0 - self.curves.still(r.step, r.longest, 7 * weeks)[None], steps[r.step].start)
            for r in rows
        ]

    def reach(self, stage: str, weeks: int) -> list[Group]:
        """See `Says`."""
        ladder, found = self.posterior.ladder, []
        for row in self.posterior.evidence.in_flight:
            channel, start = ladder.channels[row.channel].id, ladder.steps[row.step].start
            steps = ladder.steps_to_goal(channel, start, stage)
            if steps:
                found.append(Group(row.count, self.curves.reach(steps, 7 * weeks, row.longest)[None], start))
        return found

    def sent(self, stage: str, weeks: int, plan: Plan) -> list[list[Floats]]:
        """See `Says`."""
        ladder, days = self.posterior.ladder, 7 * weeks
        shares = plan.shares(as_of=self.posterior.evidence.as_of, weeks=weeks)
        found: list[list[Floats]] = []
        for pace in plan.paces:
            found.append([])
            steps = ladder.steps_to_goal(pace.channel or ladder.reference.id, pace.start, stage)
            if not steps:
                continue
            law = self.curves.reach(steps, days)
            for week in range(weeks):
                landed = np.zeros(days + 1)
                for day, share in enumerate(shares[week], 7 * week):
                    landed[day:] += share * law[: days + 1 - day]
                found[-1].append(landed[None])
        return found

    def no_offer(self, weeks: int, plan: Plan) -> Floats:
        """See `Says`."""
        goal = self.posterior.ladder.goal
        none = np.ones(7 * weeks + 1)
        for group in self.reach(goal, weeks):
            none = none * (1.0 - group.chance[0]) ** group.count
        weekly = plan.weekly(weeks)
        for pace, landed in enumerate(self.sent(goal, weeks, plan)):
            for week, one in enumerate(landed):
                none = none * np.exp(-weekly[pace, week] * one[0])
        return none


def law_of_count(groups: list[Group], day: int) -> Floats:
    """The law of how many it has happened to by the end of a day, averaged over the draws: (number + 1,).

    >>> law_of_count([Group(2, np.array([[0.0, 0.5]]))], 1).tolist()
    [0.25, 0.5, 0.25]
    """
    if not groups:
        return np.ones(1)
    draws = max(group.chance.shape[0] for group in groups)
    chances = [np.broadcast_to(np.clip(group.chance[:, day], 0.0, 1.0), draws) for group in groups]
    counts = [np.broadcast_to(group.count, draws) for group in groups]
    mean = sum((n * q for n, q in zip(counts, chances, strict=True)), np.zeros(draws)).max()
    most = int(min(sum(int(n.max()) for n in counts), mean + _SPREAD * np.sqrt(mean) + _MORE))
    law = np.zeros((draws, most + 1))
    law[:, 0] = 1.0
    for count, chance in zip(counts, chances, strict=True):
        for number in range(int(count.max())):
            q = np.where(count > number, chance, 0.0)[:, None]
            moved = law * q
            law -= moved
            law[:, 1:] += moved[:, :-1]
            law[:, -1] += moved[:, -1]  # so many, or more
    return law.mean(axis=0)


def no_advance(says: Says, named: frozenset[str], weeks: int, order: dict[str, int]) -> Floats:
    """The chance that nothing in flight has been seen to move on by the end of each day, (day + 1,).

    An application is seen to move on when it reaches the next stage that its log names.
    """
    logs: list[Floats] = []
    below: dict[str, list[str]] = {}
    ladder = says.posterior.ladder.order
    for group in says.heard(1):
        above = [one for one in order if one in named and one in ladder and order[one] > order.get(group.stage, -1)]
        if above:
            below.setdefault(min(above, key=order.__getitem__), []).append(group.stage)
    for stage, waits in below.items():
        logs += [
            group.count * np.log1p(-np.minimum(group.chance, 1.0 - 1e-12))
            for group in says.reach(stage, weeks)
            if group.stage in waits
        ]
    if not logs:
        return np.ones(7 * weeks + 1)
    return np.exp(np.sum(np.broadcast_arrays(*logs), axis=0)).mean(axis=0)
