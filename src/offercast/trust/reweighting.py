"""A posterior without a sampler, for small logs: draws from the prior, weighted by the likelihood, drawn again.

It shares nothing with the engines. Good for logs of some 15 applications: with more, few of the draws from the prior
carry all of the weight. Source: Rubin, in Bayesian Statistics 3 (1988) 395-402 (sampling and importance resampling).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace

import numpy as np

from offercast.evidence.evidence import Evidence
from offercast.inference.waits import Floats
from offercast.modelfile import ModelFile, load_model
from offercast.trust.calibration import Case, as_drawn, as_gathered
from offercast.trust.likelihood import log_likelihood
from offercast.trust.quantities import quantities
from offercast.trust.rates import Rates
from offercast.trust.sbc import DRAWS
from offercast.trust.worlds import draw_rates

FEWEST = 100
"""Effective draws below which a fit warns."""


def reweight(
    evidence: Evidence, model: ModelFile, *, rng: np.random.Generator, pool: int = 6000, draws: int = DRAWS
) -> Rates:
    """Draw from the posterior of a small log by reweighting draws from the prior.

    Args:
        evidence: the counts of some 15 applications.
        model: its priors.
        rng: the only source of chance.
        pool: how many draws from the prior.
        draws: how many of them to draw again, with replacement.

    >>> from datetime import date
    >>> import offercast
    >>> model = offercast.load_model()
    >>> steps = tuple(step.id for step in model.ladder.steps)
    >>> silent = {(0, 0, 1, 2, 29, 30): 20.0}  # twenty applications, never answered
    >>> evidence = offercast.Evidence(("A",), ("cold",), steps, date(2026, 1, 1), silent)
    >>> drawn = reweight(evidence, model, rng=np.random.default_rng(1))
    >>> bool(np.median(drawn.advance[:, 0, 0, 1]) < 0.12)
    True
    """
    drawn = draw_rates(model, tracks=len(evidence.tracks), rng=rng, size=pool)
    log_weight = log_likelihood(drawn, evidence)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    if 1.0 / np.sum(weight**2) < FEWEST:
        warnings.warn(f"{1.0 / np.sum(weight**2):.0f} effective draws", stacklevel=2)
    picked = rng.choice(pool, size=draws, p=weight)
    arrays = {f.name: getattr(drawn, f.name)[picked] for f in fields(Rates) if f.name != "horizon"}
    return replace(drawn, **arrays)


@dataclass(frozen=True)
class FitByReweighting:
    """`FitSearch` without an engine: the simulator, the evidence rules and the likelihood against each other."""

    model: ModelFile = field(default_factory=load_model)
    evidence: Callable[[Case], Evidence] = as_gathered
    rates: Callable[[Rates], Rates] = as_drawn
    draws: int = DRAWS

    def __call__(self, case: Case, rng: np.random.Generator) -> dict[str, Floats]:
        """Return (draws,) numbers for every quantity."""
        drawn = self.rates(reweight(self.evidence(case), self.model, rng=rng, draws=self.draws))
        return quantities(drawn, self.model.ladder, case.evidence, case.half, rng=rng)
