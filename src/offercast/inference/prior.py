"""What a model file says before any log is read: draws from the prior, and what they mean for a whole search."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np

from offercast.evidence.evidence import Evidence
from offercast.inference.health import exact_draws
from offercast.inference.posterior import Posterior
from offercast.inference.quick import CHAINS, prior_sample
from offercast.inference.summary import Interval, applications_needed, interval
from offercast.inference.waits import Floats, quantile
from offercast.modelfile import ModelFile

LEVEL = 0.8
"""The level of the intervals of a prior: the range that holds 8 people in 10."""

DRAWS = 20_000
_CURVE = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_BINS = 25


def sample_prior(model: ModelFile, tracks: tuple[str, ...], *, seed: int = 1, draws: int = DRAWS) -> Posterior:
    """Draws of everything from the prior alone: the Posterior of an empty log, without a sampler.

    Args:
        model: the model file.
        tracks: the names of the tracks of one person; their number matters, since tracks differ.
        seed: of the draws, which are independent.
        draws: how many.

    >>> from offercast import load_model
    >>> sample_prior(load_model(), ("A", "B"), draws=10).advance.shape[:3]
    (1, 10, 2)
    """
    channels, steps = model.ladder.channels, model.ladder.steps
    empty = Evidence(tracks, tuple(c.id for c in channels), tuple(s.id for s in steps), date.min, {})
    sample = prior_sample(empty, model, seed=seed, draws=math.ceil(draws / CHAINS))
    drawn = {name: array.reshape(1, -1, *array.shape[2:])[:, :draws] for name, array in sample.draws.items()}
    return Posterior(drawn, empty, model, "prior", exact_draws(draws), "independent draws", seed)


@dataclass(frozen=True)
class PriorReach:
    """The share of cold applications that reach a stage, over people (and the kinds of search that they do).

    `mean` is the average share, `people` its median and the range of 8 people in 10.
    """

    stage: str
    mean: float
    people: Interval


@dataclass(frozen=True)
class PriorPredictive:
    """What a model file's priors mean together, for somebody with so many tracks.

    Args:
        tracks: how many role tracks.
        reach: for each stage after sending, the share of applications that reach it.
        needed: for a chance, the applications that bring a first offer with it (None beyond 100,000), the successful
            one counted, averaged over people.
    """

    tracks: int
    reach: tuple[PriorReach, ...]
    needed: dict[float, int | None]


def prior_predictive(model: ModelFile, *, tracks: int = 3, seed: int = 1, draws: int = DRAWS) -> PriorPredictive:
    """Simulate people from the priors, and say how far their applications come and how many an offer takes.

    Priors are judged here, on the product of the steps: priors that look weak step by step are strong together.
    """
    prior = sample_prior(model, tuple(f"track {k + 1}" for k in range(tracks)), seed=seed, draws=draws)
    way = prior.ladder.steps_to_goal(prior.ladder.reference.id)
    chances = prior.advance[0, :, 0, 0, :][:, list(way)]
    reached = np.cumprod(chances, axis=1)
    reach = tuple(
        PriorReach(prior.ladder.steps[s].id.split("->")[1], float(share.mean()), interval(share, LEVEL))
        for s, share in ((s, reached[:, i]) for i, s in enumerate(way))
    )
    return PriorPredictive(tracks, reach, {at: applications_needed(reached[:, -1], at) for at in (0.5, 0.8)})


@dataclass(frozen=True)
class Curve:
    """A line of a picture: its label, and the points' coordinates, rounded to 4 digits."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class PriorPictures:
    """What the picture of a model's priors shows.

    `chances`: the share of people (density, per unit of chance) by the chance of each step. `offers`: the chance of a
    first offer within so many applications. `waits`: the share of answers that have come by day, where one comes, each
    step's yes and no, averaged over people.
    """

    chances: tuple[Curve, ...]
    offers: Curve
    waits: tuple[Curve, ...]


def prior_pictures(model: ModelFile, *, tracks: int = 3, seed: int = 1, draws: int = DRAWS) -> PriorPictures:
    """The curves of the prior predictive picture, as plain numbers: nothing is left to compute when it is drawn."""
    prior = sample_prior(model, tuple(f"track {k + 1}" for k in range(tracks)), seed=seed, draws=draws)
    way = prior.ladder.steps_to_goal(prior.ladder.reference.id)
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    chances, waits = [], []
    for s in way:
        name = prior.ladder.steps[s].id
        heights, _ = np.histogram(prior.advance[0, :, 0, 0, s], edges, density=True)
        chances.append(_curve(name, (edges[1:] + edges[:-1]) / 2, heights))
        for kind, answer in (("advance", "a yes"), ("no", "a no")):
            waits.append(_curve(f"{name} {answer}", *_come(prior, s, kind)))
    missed = np.log1p(-np.minimum(prior.offer_chance()[0, :, 0], 1.0 - 1e-15))
    within = [float(-np.mean(np.expm1(n * missed))) for n in _CURVE]
    return PriorPictures(tuple(chances), _curve("first offer", np.array(_CURVE), np.array(within)), tuple(waits))


def _come(prior: Posterior, step: int, kind: str) -> tuple[Floats, Floats]:
    """Days, and the share of one kind of answer that has come by then, averaged over people."""
    median = prior.draws[f"{kind}_log_days"][0, :, 0, step]
    shape = np.exp(prior.draws[f"{kind}_log_shape"][0, :, step])
    rng = np.random.default_rng(0)
    assumed = prior.model.assumptions
    waits = quantile(rng.random(median.size), median, shape, assumed.horizon_days, family=assumed.delay_family)
    share = np.linspace(0.02, 0.98, 49)
    return np.quantile(waits, share), share


def _curve(label: str, x: Floats, y: Floats) -> Curve:
    def rounded(values: Floats) -> tuple[float, ...]:
        return tuple(float(f"{value:.4g}") for value in values)

    return Curve(label, rounded(x), rounded(y))
