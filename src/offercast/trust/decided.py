"""Decisions against the truth: are the chances behind them right, and is following them worth it?

Each world is drawn, searched for three months, and fitted once, as a user would. Every decision is then asked for, and
the world shows what comes: which track is best, whether an offer arrives by the day at the pace that was advised, what
becomes of each open application, and what is earned by the rule for an offer in hand and by its rivals, all in the
same futures. In worlds from the model file's priors right chances follow if the code is right; tracks that are exactly
equal, or further apart than the priors expect, are worlds that nobody promised.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import numpy as np

from offercast.decisions import (
    Backwards,
    Comparison,
    Pair,
    Worth,
    compare,
    open_applications,
    waiting,
    weigh_offer,
    work_backwards,
)
from offercast.decisions.compare import CLEAR
from offercast.decisions.offer import LATER_WEEKS
from offercast.evidence.evidence import Evidence, gather
from offercast.forecast.plan import Plan
from offercast.inference.fit import fit
from offercast.inference.posterior import Posterior
from offercast.modelfile import ModelFile, load_model
from offercast.trust.baselines import posterior_mean, settled
from offercast.trust.calibration import Engine
from offercast.trust.following import LOOK_ON, RULE, draw_offers, worths
from offercast.trust.futures import offers_to_come
from offercast.trust.rates import Rates
from offercast.trust.reliability import Claims
from offercast.trust.study import SEARCH, thinned
from offercast.trust.worlds import Design, Log, draw_rates, simulate_log

BEST, PAIR, PLAN = "which track is best", "which of two is better", "an offer by the day, at the pace advised"
ADVANCES, ANSWERS, OFFERED = "an open one moves on", "an open one is answered", "an open one brings an offer"
MISSED, SOON = "a better offer is missed by taking", "none worth taking in twelve weeks"
CLAIMS = (BEST, PAIR, PLAN, ADVANCES, ANSWERS, OFFERED, MISSED, SOON)
QUESTIONS = ("compare", "plan", "waiting", "offer")
DAYS, CHANCES = (42, 240), (0.25, 0.9)
"""The day and the chance that `plan` is asked for lie in these ranges, each as likely."""
PER_WEEK = 2.0
"""Applications a week and track of a search that says no to an offer."""
WORTH = Worth(usual=100.0, spread=0.25, per_week=1.0)
"""A week without a job costs about half of what it would pay."""
NEAR = 0.2
"""Log-sd of the value of an offer in hand around what waiting is worth: the choice is not easy."""
HORIZON_WEEKS = 40
_FEW = 50
"""Draws by which the value of an offer in hand is chosen."""

Truth = Callable[[ModelFile, int, np.random.Generator], Rates]
"""Draws the true rates of so many tracks."""


def as_the_prior(model: ModelFile, tracks: int, rng: np.random.Generator) -> Rates:
    """A world from the model file's priors."""
    return draw_rates(model, tracks=tracks, rng=rng)


def equal_tracks(model: ModelFile, tracks: int, rng: np.random.Generator) -> Rates:
    """A world from the priors in which all tracks are the same: whoever calls one the best is wrong."""
    one = draw_rates(model, tracks=1, rng=rng)
    alike = {
        name: np.repeat(getattr(one, name), tracks, axis=1) for name in ("advance", "told_no", "yes_days", "no_days")
    }
    return replace(one, **alike)


def three_times_apart(model: ModelFile, tracks: int, rng: np.random.Generator) -> Rates:
    """A world whose tracks differ three times as much, in chances and waits, as the priors expect."""
    import msgspec

    scales = [msgspec.structs.replace(prior, median=3 * prior.median) for prior in model.priors.scales]
    priors = msgspec.structs.replace(model.priors, scales=scales)
    return draw_rates(replace(model, priors=priors), tracks=tracks, rng=rng)


@dataclass(frozen=True)
class Winner:
    """The track with the highest rate: the offers per application stated for it, its true ones, and the posterior sd.

    `naive` and `naive_true` are the same for the track that is best by plain counts (the mean of Beta(1, 1)).
    """

    stated: float
    sd: float
    true: float
    naive: float
    naive_true: float


@dataclass(frozen=True)
class Judged:
    """What one simulated search showed; empty where a question was not asked.

    `claims` holds by name the chances that were stated, each with whether it came true. `clear` counts the comparisons
    called clear and all of them, of the whole ladder and of its steps: (clear, all, clear, all); `crowned` is whether
    one track was said to be the best with 95 %. `worths` holds by rule the mean worth over the futures, costs paid, and
    `promised` what waiting was said to be worth.
    """

    claims: dict[str, tuple[tuple[float, bool], ...]] = field(default_factory=dict)
    clear: tuple[int, int, int, int] = (0, 0, 0, 0)
    crowned: bool = False
    winner: Winner | None = None
    worths: dict[str, float] = field(default_factory=dict)
    promised: float = float("nan")


@dataclass(frozen=True)
class Record:
    """What many simulated searches showed together."""

    judged: tuple[Judged, ...]

    def claims(self, name: str) -> Claims:
        """All claims of one kind."""
        rows = [(c, t, w) for w, one in enumerate(self.judged) for c, t in one.claims.get(name, ())]
        chance, true, world = zip(*rows, strict=True)
        return Claims(np.array(chance), np.array(true, dtype=float), np.array(world))

    @property
    def wrong_when_sure(self) -> tuple[int, int]:
        """Of the comparisons of two tracks that were called clear: how many were wrong, and how many there were."""
        sure = [(c >= 0.5) != t for one in self.judged for c, t in one.claims[PAIR] if max(c, 1 - c) >= CLEAR]
        return sum(sure), len(sure)

    @property
    def clear(self) -> tuple[float, float, float]:
        """The share of comparisons called clear, of the whole ladder and of steps, and of searches with one best."""
        whole, of_whole, step, of_step = np.sum([one.clear for one in self.judged], axis=0)
        return float(whole / of_whole), float(step / of_step), float(np.mean([one.crowned for one in self.judged]))

    @property
    def winner_bias(self) -> tuple[float, float]:
        """By how many posterior sds the winner's rate is stated too high, on average, with its standard error."""
        return _mean([(one.stated - one.true) / one.sd for one in self._winners])

    @property
    def winner_ratio(self) -> tuple[float, float]:
        """The winners' stated rates over their true ones, sum over sum; and the same by plain counts."""
        stated, true, naive, naive_true = np.sum(
            [(w.stated, w.true, w.naive, w.naive_true) for w in self._winners], axis=0
        )
        return float(stated / true), float(naive / naive_true)

    @property
    def _winners(self) -> list[Winner]:
        return [one.winner for one in self.judged if one.winner]

    def worth(self, rule: str) -> tuple[float, float]:
        """What following a rule is worth on average, with its standard error."""
        return _mean([one.worths[rule] for one in self.judged])

    def gain(self, rival: str) -> tuple[float, float]:
        """By how much the rule is worth more than a rival, with its standard error."""
        return _mean([one.worths[RULE] - one.worths[rival] for one in self.judged])

    @property
    def promise(self) -> tuple[float, float]:
        """By how much waiting was said to be worth more than it was, with its standard error."""
        return _mean([one.promised - one.worths[LOOK_ON] for one in self.judged])


def _mean(values: list[float]) -> tuple[float, float]:
    return float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))


@dataclass(frozen=True)
class JudgeSearch:
    """Simulates, fits, decides and judges one search: call it with the number of the replication.

    Args:
        seed: of everything.
        model: the model file that fits are made with, and that `truth` starts from.
        truth: draws the world.
        engine: of `fit`.
        fitter: what fits.
        design: how the search is run.
        questions: which decisions are asked for, of `QUESTIONS`.
        futures: how many futures of each world an offer in hand is followed through.
        draws: posterior draws that `plan` and `offer` use.
    """

    seed: int
    model: ModelFile = field(default_factory=load_model)
    truth: Truth = as_the_prior
    engine: str = "quick"
    fitter: Engine = fit
    design: Design = SEARCH
    questions: tuple[str, ...] = QUESTIONS
    futures: int = 50
    draws: int = 300

    def __call__(self, number: int) -> Judged:
        """Return what the search of this number showed."""
        streams = np.random.SeedSequence(self.seed, spawn_key=(number,)).spawn(4)
        of_world, of_fit, of_plan, of_offer = (np.random.default_rng(stream) for stream in streams)
        truth = self.truth(self.model, len(self.design.sent), of_world)
        log = simulate_log(truth, self.design, self.model.ladder, rng=of_world)
        evidence = gather(log.history, as_of=log.as_of, tracks=self.design.tracks, inertia=False)
        posterior = self.fitter(evidence, model=self.model, engine=self.engine, seed=int(of_fit.integers(2**31)))
        found = Judged()
        few = thinned(posterior, self.draws)
        if "compare" in self.questions:
            found = _compared(posterior, truth, evidence)
        claims = dict(found.claims)
        if "plan" in self.questions:
            claims[PLAN] = (_planned(few, truth, log, of_plan),)
        if "waiting" in self.questions:
            claims |= _waited(posterior, log)
        if "offer" in self.questions:
            at_hand = self._offered(few, truth, log, of_offer)
            claims |= at_hand.claims
            found = replace(found, worths=at_hand.worths, promised=at_hand.promised)
        return replace(found, claims=claims)

    def _offered(self, posterior: Posterior, truth: Rates, log: Log, rng: np.random.Generator) -> Judged:
        """Follow every rule through the same futures; and what the advice said of those who take it, and who do not."""
        plan = Plan.per_week(dict.fromkeys(self.design.tracks, PER_WEEK))
        weigh = partial(weigh_offer, worth=WORTH, answer_by=log.as_of, horizon_weeks=HORIZON_WEEKS)
        roughly = weigh(thinned(posterior, _FEW), plan, value=WORTH.usual)
        waits = roughly.waiting / WORTH.stay_years
        near = max(waits, WORTH.usual / 10) * float(np.exp(rng.normal(0.0, NEAR)))
        advice = weigh(posterior, plan, value=near)
        paces, days = [PER_WEEK] * len(self.design.sent), 7 * HORIZON_WEEKS
        future, day = offers_to_come(truth, log, self.model.ladder, paces, days=days, futures=self.futures, rng=rng)
        offers = draw_offers(future, day, WORTH, futures=self.futures, days=days, rng=rng)
        better = offers.value[offers.future == 0] > advice.value
        first = offers.taken(advice.reservation)[0]
        none_soon = first < 0 or offers.day[first] > 7 * LATER_WEEKS
        return Judged(
            claims={
                MISSED: ((advice.better_missed, bool(better.any())),),
                SOON: ((advice.none_soon, bool(none_soon)),),
            },
            worths=worths(advice, offers),
            promised=advice.waiting,
        )


def _compared(posterior: Posterior, truth: Rates, evidence: Evidence) -> Judged:
    found: Comparison = compare(posterior)
    true = dict(zip(posterior.tracks, truth.offer_chance(posterior.ladder)[0], strict=True))
    best, whole = max(true, key=lambda track: true[track]), found.whole
    drawn = posterior.offer_chance().reshape(-1, len(true))
    top = posterior.track_index(whole.best)
    counted = posterior_mean(*settled(evidence))[0][:, list(posterior.ladder.steps_to_goal(found.channel))].prod(axis=1)
    naive = int(np.argmax(counted))
    pairs = [pair for contest in found.steps for pair in contest.pairs]
    return Judged(
        claims={
            BEST: tuple((chance, track == best) for track, chance in whole.chance_best.items()),
            PAIR: tuple((p.chance_first_better, bool(true[p.first] > true[p.second])) for p in whole.pairs),
        },
        clear=(_clear(whole.pairs), len(whole.pairs), _clear(pairs), len(pairs)),
        crowned=whole.chance_best[whole.best] >= CLEAR,
        winner=Winner(
            stated=float(drawn[:, top].mean()),
            sd=float(drawn[:, top].std()),
            true=float(true[whole.best]),
            naive=float(counted[naive]),
            naive_true=float(true[posterior.tracks[naive]]),
        ),
    )


def _clear(pairs: Sequence[Pair]) -> int:
    return sum(pair.verdict == "clear" for pair in pairs)


def stated(found: Backwards) -> tuple[float, float]:
    """The chance of an offer by the day that a plan states, and the pace that it states it for (a week, in all)."""
    if found.per_week is None:
        return found.best, found.most_per_week
    return (found.chance, found.per_week) if found.per_week else (found.in_flight, 0.0)


def _planned(posterior: Posterior, truth: Rates, log: Log, rng: np.random.Generator) -> tuple[float, bool]:
    """The chance that was stated at the pace advised, and whether acting it out brought an offer by the day."""
    days, chance = int(rng.integers(DAYS[0], DAYS[1] + 1)), float(rng.uniform(*CHANCES))
    found = work_backwards(posterior, by=log.as_of + timedelta(days=days), chance=chance)
    told, pace = stated(found)
    mix = {p.track: float(np.mean(p.each_week)) * pace / found.plan.total_per_week for p in found.plan.paces}
    paces = [mix.get(track, 0.0) for track in posterior.tracks]
    _, on = offers_to_come(truth, log, posterior.ladder, paces, days=days, futures=1, rng=rng)
    return told, bool((on <= days).any())


def _waited(posterior: Posterior, log: Log) -> dict[str, tuple[tuple[float, bool], ...]]:
    """For every open application the chances that were stated, and what became of it."""
    to_come = {a.id: events for a, events in zip(log.history.applications, log.to_come, strict=True)}
    ladder = posterior.ladder
    rows = waiting(posterior, open_applications(log.history, as_of=log.as_of)).rows
    kinds = [[event.kind for event in to_come[row.application.name]] for row in rows]
    return {
        ADVANCES: tuple((r.mean_advances, bool(k) and k[0] in ladder.order) for r, k in zip(rows, kinds, strict=True)),
        ANSWERS: tuple((r.mean_answers, bool(k)) for r, k in zip(rows, kinds, strict=True)),
        OFFERED: tuple((r.mean_offer, ladder.goal in k) for r, k in zip(rows, kinds, strict=True)),
    }
