"""A coverage study: do intervals hold the truth as often as they say, and do forecasts beat simple rivals?

Each search is run in a world drawn from a model file's priors and fitted as a user would; the truth is then compared
with the intervals, and what comes after with the forecasts. Applications to the first offer are counted with the
successful one; days run from the last day of the log. Both are cut at a horizon, and what lies beyond is one outcome.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from offercast.evidence.evidence import Evidence, gather
from offercast.forecast.engine import forecast_offer
from offercast.forecast.plan import Plan
from offercast.inference.fit import fit
from offercast.inference.posterior import Posterior
from offercast.inference.waits import Floats
from offercast.ladder import Ladder
from offercast.modelfile import ModelFile, load_model
from offercast.trust.baselines import complete_pooling, no_pooling, plug_in, posterior_mean, settled, with_chances
from offercast.trust.calibration import Engine
from offercast.trust.futures import offers_to_come
from offercast.trust.rates import Rates, rates_of
from offercast.trust.scores import coverage, crps_of_law
from offercast.trust.worlds import Design, Log, draw_rates, simulate_log

LEVELS = (0.5, 0.8, 0.9)
OURS, SEPARATE, POOLED, PLUGGED, MEAN, POINT, ANSWERED = (
    "ours", "no pooling", "complete pooling", "plug-in rate", "plug-in mean", "plug-in point",
    "no pooling, answered only",
)  # fmt: skip
METHODS = (OURS, SEPARATE, POOLED, PLUGGED, MEAN, POINT, ANSWERED)
SEARCH = Design("three months, 10, 30 and 60", (10, 30, 60), ages=tuple(range(91)))
MOST_APPLICATIONS = 1000
WEEKS = 52
_LEAST = 1e-12
"""An outcome that is less likely than this does not count in a log score."""


@dataclass(frozen=True)
class Verdict:
    """What one simulated search showed.

    `held` has a boolean for each level and quantity, (3, quantities). `applications`, `days` and `surprise` hold for
    each method of `METHODS` the mean CRPS of both forecasts (applications, averaged over tracks; days) and the mean of
    -log P(applications to the first offer), infinite where something happened that a method took for impossible.
    """

    held: np.ndarray
    applications: Floats
    days: Floats
    surprise: Floats


@dataclass(frozen=True)
class Study:
    """What many simulated searches showed together."""

    verdicts: tuple[Verdict, ...]

    def coverage(self, level: float) -> Floats:
        """The share of searches in which an interval of this level holds the truth, (quantities,)."""
        return np.mean([verdict.held[LEVELS.index(level)] for verdict in self.verdicts], axis=0)

    def crps(self, what: Literal["applications", "days"]) -> dict[str, float]:
        """The mean CRPS of each method, in applications or in days."""
        means = np.mean([getattr(verdict, what) for verdict in self.verdicts], axis=0)
        return dict(zip(METHODS, map(float, means), strict=True))

    def gain(self, what: Literal["applications", "days"], rival: str) -> tuple[float, float]:
        """By which share our CRPS is smaller than a rival's, and the standard error of that (jackknife)."""
        scores = np.array([getattr(verdict, what) for verdict in self.verdicts])
        ours, theirs = scores[:, METHODS.index(OURS)], scores[:, METHODS.index(rival)]
        n = len(scores)
        without = 1 - (ours.sum() - ours) / (theirs.sum() - theirs)
        error = np.sqrt((n - 1) / n * np.sum((without - without.mean()) ** 2))
        return float(1 - ours.sum() / theirs.sum()), float(error)

    def impossible(self, method: str) -> float:
        """The share of searches with an outcome that a method took for impossible: an infinite log score."""
        return float(np.mean([np.isinf(verdict.surprise[METHODS.index(method)]) for verdict in self.verdicts]))

    def surprise(self, method: str) -> float:
        """The mean log score of a method, -log P(applications to the first offer); infinite if one is."""
        return float(np.mean([verdict.surprise[METHODS.index(method)] for verdict in self.verdicts]))


@dataclass(frozen=True)
class StudySearch:
    """Simulates, fits and judges one search: call it with the number of the replication.

    Args:
        seed: of everything.
        model: the model file that worlds are drawn from and fits are made with.
        engine: of `fit`.
        fitter: what fits.
        design: how the search is run.
        per_week: applications a week and track from now on.
        futures: how many futures of each world the forecast of days is held against.
        draws: posterior draws that forecasts use.
    """

    seed: int
    model: ModelFile = field(default_factory=load_model)
    engine: str = "quick"
    fitter: Engine = fit
    design: Design = SEARCH
    per_week: float = 3.0
    futures: int = 200
    draws: int = 500

    def __call__(self, number: int) -> Verdict:
        """Return what the search of this number showed."""
        streams = np.random.SeedSequence(self.seed, spawn_key=(number,)).spawn(3)
        of_world, of_fit, of_future = (np.random.default_rng(stream) for stream in streams)
        truth = draw_rates(self.model, tracks=len(self.design.sent), rng=of_world)
        log = simulate_log(truth, self.design, self.model.ladder, rng=of_world)
        evidence = gather(log.history, as_of=log.as_of, tracks=self.design.tracks, inertia=False)
        seed = int(of_fit.integers(2**31))
        posterior = self.fitter(evidence, model=self.model, engine=self.engine, seed=seed)
        held = np.array(
            [
                coverage(watched(rates_of(posterior), self.model.ladder), watched(truth, self.model.ladder)[0], level)
                for level in LEVELS
            ]
        )
        rivals = {OURS: thinned(posterior, self.draws), **self._rivals(evidence, of_fit)}
        crps, surprise = self._counts(rivals, truth)
        future = first_offers(
            truth, log, self.model.ladder, per_week=self.per_week, futures=self.futures, rng=of_future
        )
        return Verdict(held, crps, self._days(rivals, future, seed), surprise)

    def _rivals(self, evidence: Evidence, rng: np.random.Generator) -> dict[str, Posterior]:
        seed = int(rng.integers(2**31))
        plain = fit(evidence, model=self.model, engine="independent", seed=seed, chains=1, draws=self.draws)
        counts = settled(evidence)
        plugged = plug_in(*counts)
        return {
            SEPARATE: with_chances(plain, no_pooling(*counts, rng=rng, draws=self.draws)),
            POOLED: with_chances(plain, complete_pooling(*counts, rng=rng, draws=self.draws)),
            PLUGGED: with_chances(plain, np.repeat(plugged, self.draws, axis=0)),
            MEAN: with_chances(plain, np.repeat(posterior_mean(*counts), self.draws, axis=0)),
            POINT: with_chances(plain, plugged),
            ANSWERED: plain,
        }

    def _counts(self, rivals: dict[str, Posterior], truth: Rates) -> tuple[Floats, Floats]:
        """Mean CRPS and mean surprise of the applications to the first offer, for each method, over tracks."""
        number = np.arange(1, MOST_APPLICATIONS)
        true = truth.offer_chance(self.model.ladder)[0]
        none = {name: no_offer_yet(p.offer_chance().reshape(-1, true.size), number) for name, p in rivals.items()}
        point = rivals[POINT].offer_chance().reshape(-1)
        with np.errstate(divide="ignore"):
            none[POINT] = (number < 1.0 / point[:, None]).astype(float)
        real = no_offer_yet(true[None], number)
        scores = [np.mean([crps_of_law(1 - none[name][k], 1 - real[k]) for k in range(true.size)]) for name in METHODS]
        return np.array(scores), np.array([np.mean(_surprise(none[name], real)) for name in METHODS])

    def _days(self, rivals: dict[str, Posterior], future: Floats, seed: int) -> Floats:
        """Mean CRPS of the days to the first offer, for each method."""
        plan = Plan.per_week(dict.fromkeys(self.design.tracks, self.per_week))
        day = np.arange(7 * WEEKS)
        real = _law(future, day)
        laws = {}
        for name, posterior in rivals.items():
            if name != POINT:
                outlook = forecast_offer(posterior, plan, horizon_weeks=WEEKS, searches=4000, seed=seed)
                laws[name] = _law(outlook.days, day)
        laws[POINT] = (laws[PLUGGED] >= 0.5).astype(float)  # the day by which an offer is as likely as not
        return np.array([crps_of_law(laws[name], real) for name in METHODS])


def watched(rates: Rates, ladder: Ladder) -> Floats:
    """The quantities whose coverage is counted, (n, quantities): offers per application, then steps, by track."""
    steps = list(ladder.steps_to_goal(ladder.reference.id))
    each = rates.advance[:, :, 0][..., steps]
    return np.concatenate([rates.offer_chance(ladder), each.reshape(rates.size, -1)], axis=1)


def watched_names(design: Design, ladder: Ladder) -> tuple[str, ...]:
    """The names of the quantities of `watched`."""
    steps = [ladder.steps[s].id for s in ladder.steps_to_goal(ladder.reference.id)]
    offers = [f"offers per application, {track}" for track in design.tracks]
    return (*offers, *(f"{step}, {track}" for track in design.tracks for step in steps))


def no_offer_yet(chance: Floats, number: Floats | np.ndarray) -> Floats:
    """Chance of no offer from so many applications, averaged over draws of the chance of one: (track, number).

    >>> no_offer_yet(np.array([[0.5]]), np.array([1, 2])).tolist()
    [[0.5, 0.25]]
    """
    with np.errstate(divide="ignore"):
        log_none = np.log1p(-np.minimum(chance, 1.0))
    return np.stack([np.exp(log_none[:, k, None] * number).mean(axis=0) for k in range(chance.shape[1])])


def first_offers(
    truth: Rates, log: Log, ladder: Ladder, *, per_week: float, futures: int, rng: np.random.Generator
) -> Floats:
    """Days from the last day of a log to the first offer, in so many futures of its world; infinite: none in a year."""
    days = 7 * WEEKS
    paces = [per_week] * len(truth.advance[0])
    future, on = offers_to_come(truth, log, ladder, paces, days=days, futures=futures, rng=rng)
    best = np.full(futures, np.inf)
    np.minimum.at(best, future, on)
    return np.where(best <= days, best, np.inf)


def _law(sample: Floats, day: np.ndarray) -> Floats:
    """The share of a sample that has come by the end of each day."""
    return np.searchsorted(np.sort(sample), day, side="right") / sample.size


def _surprise(none: Floats, real: Floats) -> Floats:
    """Mean of -log P(number) over the true law, with one outcome for all numbers beyond the last: (track,)."""
    start, end = np.ones((none.shape[0], 1)), np.zeros((none.shape[0], 1))
    forecast = -np.diff(np.concatenate([start, none, end], axis=1), axis=1)
    truth = -np.diff(np.concatenate([start, real, end], axis=1), axis=1)
    with np.errstate(divide="ignore"):
        return -np.sum(np.where(truth > _LEAST, truth, 0.0) * _finite_log(forecast, truth > _LEAST), axis=1)


def _finite_log(chance: Floats, needed: np.ndarray) -> Floats:
    """The logarithm where it is needed, 0 elsewhere: 0 times -infinity is nothing here."""
    return np.where(needed, np.log(np.maximum(chance, 0.0)), 0.0)


def thinned(posterior: Posterior, draws: int) -> Posterior:
    """The posterior with so many of its draws, spread evenly."""
    size = posterior.flat("advance_logit").shape[0]
    picked = (np.arange(draws) * size) // draws
    return replace(posterior, draws={name: posterior.flat(name)[picked][None] for name in posterior.draws})
