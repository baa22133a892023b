"""A backtest: what would have been forecast at past days of a log from what it held then, and what came.

At each origin only the log of that day is seen (`known_history`: an event without a date counts once a later dated one
of the same application does). Our model and its rivals say how many of those that wait are heard of or reach a stage
within some weeks, when the next thing happens, and when the first offer comes; the log of later days tells what did.
Sources: Tashman, Int. J. Forecasting 16 (2000) 437-450 (rolling origins); Czado, Gneiting and Held, Biometrics 65
(2009) 1254-1261 (scores and the PIT of counts).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import msgspec
import numpy as np

from offercast.errors import CommandError
from offercast.evidence.evidence import Evidence, gather
from offercast.forecast.plan import Plan
from offercast.history.records import History
from offercast.inference.fit import fit
from offercast.inference.prior import sample_prior
from offercast.inference.sample import Progress, unseen
from offercast.inference.waits import Floats
from offercast.modelfile import ModelFile, load_model
from offercast.trust.baselines import complete_pooling, no_pooling, plug_in, settled
from offercast.trust.empirical import StepCurves
from offercast.trust.parallel import in_order
from offercast.trust.says import DRAWS, Group, OfCurves, OfPosterior, Says, law_of_count, no_advance, seen_as
from offercast.trust.standing import Standing, standings
from offercast.trust.study import thinned

OURS = "ours"
HEARD, NEXT, OFFER = "heard of", "next to move on", "first offer"
WITH_NEW = ", with new ones"
_SAID = (0.5, 0.1, 0.9)
LEAST = 1e-6
"""What a method takes to be less likely than this is scored as if it were so likely."""


class Plans(msgspec.Struct, frozen=True):
    """What a backtest looks at: origins, targets and scores, as the file `backtest.toml` fixes them."""

    every_days: int = 14
    first_after_applications: int = 10
    last_days_before_end: int = 14
    weeks: tuple[int, ...] = (2, 4, 8)
    stages: tuple[str, ...] = ("response", "phone", "interview")
    next_advance_weeks: int = 8
    first_offer_weeks: int = 26

    @property
    def of_times(self) -> dict[str, int]:
        """The weeks within which each thing whose day is asked for may come."""
        return {NEXT: self.next_advance_weeks, OFFER: self.first_offer_weeks}


@dataclass(frozen=True)
class Outcome:
    """What one method said of one target at one origin, and how well.

    `weeks` is the window. `crps` is in applications or in days. `below` and `up_to` are the chances that the method
    gave to less than what came, and to no more than that; what is beyond the window or the log is one outcome.
    `said` is the median and the ends of the central 80 %; `came` the number, or the day, None where it did not come.
    """

    origin: date
    sent: int
    method: str
    target: str
    weeks: int
    crps: float
    log_score: float
    below: float
    up_to: float
    said: tuple[int | None, int | None, int | None]
    came: int | None

    def inside(self, level: float) -> float:
        """The share of what the PIT may be that lies in the central interval of this level."""
        low, high = (1.0 - level) / 2, (1.0 + level) / 2
        if self.up_to <= self.below:
            return float(low <= self.below <= high)
        return max(min(self.up_to, high) - max(self.below, low), 0.0) / (self.up_to - self.below)

    @property
    def primary(self) -> bool:
        """Whether it is a number of those that waited at the origin."""
        return self.target not in (NEXT, OFFER) and not self.target.endswith(WITH_NEW)


@dataclass(frozen=True)
class Backtest:
    """Every outcome of one log, in the order of its origins."""

    outcomes: tuple[Outcome, ...]

    @cached_property
    def origins(self) -> tuple[date, ...]:
        """The days on which forecasts were made."""
        return tuple(dict.fromkeys(one.origin for one in self.outcomes))

    def of(self, method: str, *targets: str, primary: bool = False) -> list[Outcome]:
        """What a method said, of some targets (all where none is named), or of the primary ones."""
        return [
            one
            for one in self.outcomes
            if one.method == method and (not targets or one.target in targets) and (one.primary or not primary)
        ]


def origins(history: History, end: date, plans: Plans) -> list[date]:
    """The days at which a log is looked at: from so many applications sent up to what leaves the shortest window."""
    order, sent = history.ladder.order, history.ladder.sent
    days = sorted(
        min(known)
        for a in history.applications
        if (known := [e.on for e in a.events if e.on and order.get(e.kind, order[sent]) >= order[sent]])
    )
    if len(days) < plans.first_after_applications:
        return []
    first = days[plans.first_after_applications - 1]
    count = (end - timedelta(days=plans.last_days_before_end) - first).days // plans.every_days
    return [first + timedelta(days=plans.every_days * i) for i in range(count + 1)] if count >= 0 else []


@dataclass(frozen=True)
class Origin:
    """A day of a log: what it held, and what became of it afterwards."""

    history: History
    day: date
    end: date
    plans: Plans

    @cached_property
    def evidence(self) -> Evidence:
        """What the log of that day tells."""
        return gather(self.history, as_of=self.day)

    @property
    def before(self) -> dict[str, Standing]:
        """Where everything stood then."""
        return self._standings(self.day)

    @cached_property
    def named(self) -> frozenset[str]:
        """The stages that the log names, sooner or later: how it is kept, not what happened."""
        return frozenset(event.kind for a in self.history.applications for event in a.events)

    @cached_property
    def _known(self) -> dict[date, dict[str, Standing]]:
        """The standings of the days that were looked at."""
        return {}

    def _standings(self, day: date) -> dict[str, Standing]:
        if day not in self._known:
            self._known[day] = standings(self.history, day, max(self.history.last_date or self.end, self.end))
        return self._known[day]

    def counted(self, weeks: int) -> dict[str, int]:
        """What came within so many weeks, by target."""
        after, order = self._standings(self.day + timedelta(weeks=weeks)), self.history.ladder.order
        waiting = {id_: now for id_, now in self.before.items() if now.waits}
        later = {id_: after.get(id_, now) for id_, now in waiting.items()}
        found = {HEARD: sum(later[id_].reached > now.reached or later[id_].told_no for id_, now in waiting.items())}
        for stage in self.stages:
            at = order[stage]
            found[stage] = sum(later[id_].reached >= at > now.reached for id_, now in waiting.items())
            fresh = [now for id_, now in after.items() if id_ not in self.before]
            found[stage + WITH_NEW] = found[stage] + sum(now.reached >= at > now.began for now in fresh)
        return found

    @cached_property
    def came(self) -> dict[int, dict[str, int]]:
        """What came within each window that ends before the log does, by target."""
        windows = (weeks for weeks in self.plans.weeks if self.day + timedelta(weeks=weeks) <= self.end)
        return {weeks: self.counted(weeks) for weeks in windows}

    @cached_property
    def firsts(self) -> dict[str, tuple[int | None, int]]:
        """When the next of those that wait is seen to move on, and when the first offer comes: see `first`."""
        return {target: self.first(weeks, offer=target == OFFER) for target, weeks in self.plans.of_times.items()}

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages whose numbers are scored: those that the log names."""
        return tuple(stage for stage in self.plans.stages if stage in self.named)

    def first(self, weeks: int, *, offer: bool) -> tuple[int | None, int]:
        """The days until something that waits is seen to move on (or the first offer comes), None where it does not
        within so many weeks or before the end of the log; and the days for which that was watched.
        """
        watched = min(7 * weeks, (self.end - self.day).days)
        goal = self.history.ladder.order[self.history.ladder.goal]
        events = {day for a in self.history.applications for day in a.days}
        for day in sorted(day for day in events if 0 < (day - self.day).days <= watched):
            for id_, now in self._standings(day).items():
                was = self.before.get(id_)
                if offer:
                    came = now.reached >= goal and (was is None or was.reached < goal)
                else:
                    came = was is not None and was.waits and now.reached > was.reached
                if came:
                    return (day - self.day).days, watched
        return None, watched


def methods(origin: Origin, model: ModelFile, engine: str, seed: int) -> Iterator[tuple[str, Says]]:
    """Our model and its rivals at an origin, one after the other."""
    evidence = origin.evidence
    ours = OfPosterior(thinned(fit(evidence, model=model, engine=engine, seed=seed), DRAWS))
    yield OURS, ours
    rng = np.random.default_rng(seed)
    counts = evidence.counts()
    moved, no, still = (counts[..., i] for i in range(3))
    careful = settled(evidence)
    chances = {
        "pending as failed": plug_in(moved, no + still),
        "answered only": plug_in(moved, no),
        "plug-in": plug_in(*careful),
        "no pooling": no_pooling(*careful, rng=rng, draws=DRAWS),
        "complete pooling": complete_pooling(*careful, rng=rng, draws=DRAWS),
    }
    for name, drawn in chances.items():
        yield name, ours.with_chances(drawn)
    on_its_ladder = replace(origin.history, ladder=ours.posterior.ladder)
    yield "Kaplan-Meier", OfCurves(ours.posterior, StepCurves.of(on_its_ladder, as_of=origin.day))
    prior = sample_prior(ours.posterior.model, evidence.tracks, seed=seed, draws=DRAWS)
    yield "prior only", OfPosterior(replace(prior, evidence=evidence))


def said_and_came(origin: Origin, model: ModelFile, *, engine: str = "quick", seed: int = 1) -> list[Outcome]:
    """Every method's forecasts at one origin, scored."""
    said = methods(origin, model, engine, seed)
    return [outcome for name, says in said for outcome in outcomes_of(origin, name, says, seed)]


def outcomes_of(origin: Origin, name: str, says: Says, seed: int) -> list[Outcome]:
    """What one method, by its name, says at an origin of every target, scored."""
    evidence, plans, came = origin.evidence, origin.plans, origin.came
    of = Scored(origin, name)
    told = {stage: seen_as(stage, says.posterior.ladder, origin.history.ladder) for stage in origin.stages}
    laws = counts_said(says, told, list(came), evidence, seed)
    found = [of.count(target, weeks, law, came[weeks][target]) for (target, weeks), law in laws.items()]
    none = {
        NEXT: no_advance(says, origin.named, plans.next_advance_weeks, origin.history.ladder.order),
        OFFER: says.no_offer(plans.first_offer_weeks, Plan.own_pace(evidence)),
    }
    weeks = plans.of_times
    return found + [of.time(target, weeks[target], none[target], *first) for target, first in origin.firsts.items()]


def counts_said(
    says: Says, stages: Mapping[str, str], windows: list[int], evidence: Evidence, seed: int
) -> dict[tuple[str, int], Floats]:
    """The law of every number, by target and window; new ones are sent as in weeks drawn from the seeker's own.

    `stages`: to each target, the stage that it is seen as.
    """
    if not windows:
        return {}
    longest = max(windows)
    groups = {HEARD: says.heard(longest)}
    for target, stage in stages.items():
        groups[target] = says.reach(stage, longest)
        groups[target + WITH_NEW] = [*groups[target], *_new(says, stage, longest, evidence, seed)]
    return {(target, weeks): law_of_count(of, 7 * weeks) for target, of in groups.items() for weeks in windows}


def _new(says: Says, stage: str, weeks: int, evidence: Evidence, seed: int) -> list[Group]:
    """What is sent from now on, week by week, as many as some past week held; none where there is no whole week yet."""
    try:
        rhythm = Plan.own_rhythm(evidence)
    except CommandError:
        return []
    past = np.array(rhythm.counts.weeks)
    drawn = past[np.random.default_rng(seed).integers(len(past), size=(DRAWS, weeks))]
    return [
        Group(drawn[:, week, pace], np.broadcast_to(landed, (DRAWS, landed.shape[1])))
        for pace, by_week in enumerate(says.sent(stage, weeks, rhythm))
        for week, landed in enumerate(by_week)
    ]


@dataclass(frozen=True)
class Scored:
    """Scores what one method said at one origin."""

    origin: Origin
    method: str

    def count(self, target: str, weeks: int, law: Floats, came: int) -> Outcome:
        """Of a number: `law` holds the chance of 0, 1, 2 ..., (number + 1,)."""
        upto = np.minimum(np.cumsum(law), 1.0)
        number = np.arange(max(law.size, came + 1))
        below = np.concatenate([upto, np.ones(number.size - law.size)])
        chance = float(law[came]) if came < law.size else 0.0
        crps = float(np.sum((below - (number >= came)) ** 2))
        said = tuple(int(np.searchsorted(upto, q)) for q in _SAID)
        return self._outcome(target, weeks, crps, (float(below[came]) - chance, float(below[came])), said, came)

    def time(self, target: str, weeks: int, none: Floats, came: int | None, watched: int) -> Outcome:
        """Of a day: `none` holds the chance that it has not come by the end of each day, (day + 1,)."""
        upto = 1.0 - none[: watched + 1]
        happened = np.zeros(watched) if came is None else np.arange(1, watched + 1) >= came
        crps = float(np.sum((upto[1:] - happened) ** 2))
        pit = (float(upto[-1]), 1.0) if came is None else (float(upto[came - 1]), float(upto[came]))
        said = tuple(int(np.argmax(upto >= q)) if upto[-1] >= q else None for q in _SAID)
        return self._outcome(target, weeks, crps, pit, said, came)

    def _outcome(
        self, target: str, weeks: int, crps: float, pit: tuple[float, float], said: tuple, came: int | None
    ) -> Outcome:
        below, up_to = max(pit[0], 0.0), min(pit[1], 1.0)
        surprise = -math.log(max(pit[1] - pit[0], LEAST))
        evidence = self.origin.evidence
        return Outcome(
            evidence.as_of, evidence.sent, self.method, target, weeks, crps, surprise, below, up_to, said, came
        )


@dataclass(frozen=True)
class _One:
    """One origin of many, for a worker."""

    history: History
    days: tuple[date, ...]
    end: date
    plans: Plans
    model: ModelFile
    engine: str
    seed: int

    def __call__(self, number: int) -> list[Outcome]:
        origin = Origin(self.history, self.days[number], self.end, self.plans)
        return said_and_came(origin, self.model, engine=self.engine, seed=self.seed)


def backtest(
    history: History,
    *,
    end: date | None = None,
    plans: Plans = Plans(),  # noqa: B008 - a value that cannot change
    model: ModelFile | None = None,
    engine: str = "quick",
    seed: int = 1,
    workers: int = 1,
    progress: Progress = unseen,
) -> Backtest:
    """Replay a log: at each origin see what was known then, fit, forecast, and score against what came.

    Args:
        history: the log.
        end: the last day on which it is known to have been looked at; its last day where None.
        plans: origins and targets.
        model: the model file; the default one where None.
        engine: of the fits.
        seed: of the fits, the same at every origin.
        workers: processes; any number gives the same answer.
        progress: called with what is being done and the share done.

    Raises:
        CommandError: the log is too short to look back on.
    """
    end = end or history.last_date
    days = origins(history, end, plans) if end else []
    if not days or end is None:
        raise CommandError(
            f"this log cannot be looked back on: it takes {plans.first_after_applications} dated applications, and "
            f"{plans.last_days_before_end} days after them."
        )
    one = _One(history, tuple(days), end, plans, model or load_model(), engine, seed)
    found: list[Outcome] = []
    progress("replaying the log", 0.0)
    for number, outcomes in enumerate(in_order(one, len(days), workers=workers), 1):
        found += outcomes
        progress("replaying the log", number / len(days))
    return Backtest(tuple(found))
