"""How much of each reported number is the prior's and how much the log's: its width, and power-scaling of both.

Raise the prior (or the likelihood) to a power a little above and below 1, weigh the draws anew, and see how far a
number's distribution moves: no refit is needed. Source: Kallioinen, Paananen, Bürkner and Vehtari, Statistics and
Computing 34:57 (2024); the distance is the cumulative Jensen-Shannon one of Nguyen and Vreeken (SDM 2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from offercast.inference.density import prior_terms, step_log_likelihood
from offercast.inference.posterior import Posterior
from offercast.inference.prior import sample_prior
from offercast.inference.summary import AgainstPrior, against_prior, shown_steps, step_average
from offercast.inference.waits import Floats

POWER = 0.01
"""Prior and likelihood are raised to 1 - POWER and 1 + POWER. Weights then differ by about a twentieth, so that
smoothing their tail (as one must for larger powers) changes nothing."""

SENSITIVE = 0.05
"""The usual threshold. For a normal law and a few thousand draws it is reached where a doubled power moves the mean by
about a quarter of a posterior sd, or the sd by about a quarter of itself."""

NARROW = 0.6
"""Posterior sd over prior sd, below which the log has added about twice the information that the prior had."""

PRIOR_DRAWS = 4000
"""Draws from the prior that the offers' own prior is known by."""

Kind = Literal["advance", "told_no", "advance_wait", "no_wait", "offer"]


@dataclass(frozen=True)
class Sensitivity:
    """How a reported number leans on the prior and on the log.

    `kind` is a chance to move on, the share told no otherwise, a wait for a yes or for a no (`where` is then a step,
    averaged over tracks), or offers per cold application (`where` is then a track). `prior` and `likelihood` are the
    distances that the number's distribution moves per doubling of each one's power, from 0 on; both in the units of
    the distance, which has none. `against` is its width and mean beside those of its prior. Judged on the logit of a
    chance and the logarithm of days or of offers.
    """

    kind: Kind
    where: str
    prior: float
    likelihood: float
    against: AgainstPrior

    @property
    def prior_share(self) -> float:
        """The prior's part of both sensitivities, 0 to 1.

        For a normal prior and likelihood that agree it is the prior's precision over the posterior's. Where they
        contradict each other both pull, and it tends to a half. Good to about 0.15 from a few thousand draws, and
        drawn towards a half where both are small.
        """
        both = self.prior + self.likelihood
        return self.prior / both if both > 0 else 1.0

    @property
    def rests_on(self) -> Literal["the log", "both", "the prior"]:
        """Who says most of this number.

        The prior, where the number is nearly as wide as before the log and has hardly moved; the log, where it is
        much narrower and the prior pulls less than the log does; else both.
        """
        if self.against.mostly_prior:
            return "the prior"
        return "the log" if self.against.width < NARROW and self.prior_share < 0.5 else "both"

    @property
    def sensitive(self) -> bool:
        """Whether another prior of the same kind would visibly change this number."""
        return self.prior >= SENSITIVE


def is_sampled(posterior: Posterior) -> bool:
    """Whether the draws are those of the silence model, rather than of a baseline or made by hand."""
    scale = posterior.flat("scale")
    return len(scale) > 1 and bool((np.ptp(scale, axis=0) > 0).all())


def sensitivities(posterior: Posterior) -> tuple[Sensitivity, ...]:
    """The sensitivity of every shown step's chances and waits, and of each track's offers per application.

    A number of one step is held against that step's own priors and counts (and the channels' and between-track
    sds' priors), the offers against those of all steps on the way: what other steps say about it is small, and only
    adds noise. The tracks' effects given the between-track sds count as the model, not as the prior: see
    docs/decisions/honesty.md.

    Returns:
        In the order of the ladder, then the offers by track; empty for draws that are not the silence model's.
    """
    if not is_sampled(posterior):
        return ()
    terms, log_lik = prior_terms(posterior), step_log_likelihood(posterior)
    used = np.unique(posterior.evidence.table["channel"])
    shared = terms.scale.sum(axis=1) + terms.channel[:, used[used > 0] - 1].sum(axis=1)
    found = []
    for s in shown_steps(posterior):
        weighers = (terms.step[:, s] + shared, log_lik[:, s])
        name = posterior.ladder.steps[s].id
        found += [
            Sensitivity(
                kind, name, *_both(step_average(posterior, s, kind), weighers), against_prior(posterior, s, kind)
            )
            for kind in _kinds(posterior, s)
        ]
    way = list(posterior.ladder.steps_to_goal(posterior.ladder.reference.id))
    weighers = (terms.step[:, way].sum(axis=1) + shared, log_lik[:, way].sum(axis=1))
    before = _log_offers(sample_prior(posterior.model, posterior.tracks, draws=PRIOR_DRAWS))[:, 0]
    after = _log_offers(posterior)
    for k, track in enumerate(posterior.tracks):
        offers = after[:, k]
        width = min(float(np.std(offers) / np.std(before)), 1.0)
        moved = abs(float(np.mean(offers) - np.mean(before))) / float(np.std(before))
        found.append(Sensitivity("offer", track, *_both(offers, weighers), AgainstPrior(width, moved)))
    return tuple(found)


def _log_offers(posterior: Posterior) -> Floats:
    """Logarithm of the offers per cold application: (draw, track)."""
    return np.log(posterior.offer_chance().reshape(-1, len(posterior.tracks)))


def _kinds(posterior: Posterior, step: int) -> tuple[Kind, ...]:
    """The numbers of a step; a seeker's own step has only its chance."""
    if posterior.ladder.steps[step].decided_by == "seeker":
        return ("advance",)
    return ("advance", "told_no", "advance_wait", "no_wait")


def _both(values: Floats, weighers: tuple[Floats, Floats]) -> tuple[float, float]:
    prior, likelihood = (power_scaling(values, log_term) for log_term in weighers)
    return prior, likelihood


def power_scaling(values: Floats, log_term: Floats, power: float = POWER) -> float:
    """How far a distribution moves per doubling of a term's power, at power 1.

    Args:
        values: draws of a number, (draw,).
        log_term: the logarithm of the prior, or of the likelihood, at each draw, up to a constant.
        power: the small change of the power, both ways.

    Returns:
        The mean over both ways of distance / |log2(1 +- power)|: 0 where the term does not matter.

    >>> x = np.random.default_rng(1).standard_normal(4000)
    >>> round(power_scaling(x, np.zeros(4000)), 6)
    0.0
    """
    moved = []
    for change in (-power, power):
        weights = np.exp(change * (log_term - log_term.max()))
        moved.append(cumulative_distance(values, weights) / abs(np.log2(1.0 + change)))
    return float(np.mean(moved))


def cumulative_distance(values: Floats, weights: Floats) -> float:
    """The cumulative Jensen-Shannon distance between draws and the same draws with weights: 0 to 1.

    With P and Q the two distribution functions and M their mean, the square of the distance is the integral of
    P log2(P / M) + Q log2(Q / M) over that of P + Q; of this and of the same for the mirrored draws, the larger one.

    >>> x = np.arange(100.0)
    >>> cumulative_distance(x, np.ones(100)) < 1e-7
    True
    """
    order = np.argsort(values)
    gaps = np.diff(values[order])
    kept = np.cumsum(weights[order] / weights.sum())[:-1]
    plain = np.arange(1, values.size) / values.size
    # the mirrored draws have the distribution functions 1 - P and 1 - Q over the same gaps
    return max(_cumulative(plain, kept, gaps), _cumulative(1.0 - plain, 1.0 - kept, gaps))


def _cumulative(p: Floats, q: Floats, gaps: Floats) -> float:
    middle = 0.5 * (p + q)
    total = float(gaps @ (p + q))
    if total <= 0:
        return 0.0
    divergence = gaps @ (p * np.log2(p / middle) + q * np.log2(np.maximum(q, 1e-300) / middle))
    return float(np.sqrt(max(float(divergence), 0.0) / total))
