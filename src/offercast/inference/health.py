"""Whether a fit can be trusted: R-hat, effective sample sizes, divergences, E-BFMI, and one verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from offercast.inference.convergence import pareto_k, worst
from offercast.inference.sample import Sample
from offercast.inference.waits import Floats

LARGEST_R_HAT = 1.01
SMALLEST_ESS = 400
SMALLEST_BFMI = 0.3
LARGEST_DIVERGENT_SHARE = 0.01


@dataclass(frozen=True)
class Health:
    """The worst figures over all parameters of a fit, and the verdict that they lead to.

    R-hat is the nested one where chains started together. Limits: R-hat at most 1.01, bulk and tail ESS at least 400,
    E-BFMI at least 0.3 in each chain, divergent transitions at most 1 % of the draws. Sources: Vehtari et al.,
    Bayesian Analysis 16 (2021) 667-718; Margossian et al., Bayesian Analysis (2024), nested R-hat; Betancourt,
    arXiv:1701.02434, section 6.
    """

    r_hat: float | None
    ess_bulk: float | None
    ess_tail: float | None
    divergences: int
    e_bfmi: float | None
    draws: int
    pareto_k: float | None = None
    """Tail of the importance weights of the quick engine's proposals; below 0.7 they alone would do. Never a fault."""
    superchains: int | None = None
    """Groups of chains that R-hat compares, where it is the nested one"""

    @property
    def faults(self) -> tuple[str, ...]:
        """Each limit that is not kept, in words."""
        found = []
        if self.r_hat is not None and not self.r_hat <= LARGEST_R_HAT:
            found.append(f"R-hat {self.r_hat:.3f} (limit {LARGEST_R_HAT})")
        for name, value in (("bulk ESS", self.ess_bulk), ("tail ESS", self.ess_tail)):
            if value is not None and not value >= SMALLEST_ESS:
                found.append(f"{name} {value:.0f} (limit {SMALLEST_ESS})")
        if self.e_bfmi is not None and not self.e_bfmi >= SMALLEST_BFMI:
            found.append(f"E-BFMI {self.e_bfmi:.2f} (limit {SMALLEST_BFMI})")
        if self.divergences > LARGEST_DIVERGENT_SHARE * self.draws:
            found.append(f"{self.divergences} divergent transitions in {self.draws} draws")
        return tuple(found)

    @property
    def verdict(self) -> Literal["good", "poor"]:
        """Good where every limit is kept."""
        return "poor" if self.faults else "good"


def exact_draws(draws: int) -> Health:
    """The health of independent draws from a closed form: there is nothing to diagnose."""
    return Health(None, float(draws), float(draws), 0, None, draws)


def diagnose(sample: Sample, derived: Floats) -> Health:
    """Diagnose a run from its free parameters and from derived quantities (chain, draw, quantity).

    A value that is not finite, or a free parameter that never moves, makes the verdict poor.
    """
    parameters = sample.parameters
    everything = np.concatenate([parameters, derived], axis=-1)
    hat, bulk, tail = np.nan, np.nan, np.nan
    if np.isfinite(everything).all() and (np.ptp(parameters, axis=(0, 1)) > 0.0).all():
        moving = np.ptp(everything, axis=(0, 1)) > 0.0  # a derived chance may be certain
        hat, bulk, tail = worst(
            np.moveaxis(everything[..., moving], -1, 0), sample.superchains, together=sample.together
        )
    bfmi = None
    if sample.energy is not None:
        steps = np.mean(np.diff(sample.energy, axis=1) ** 2, axis=1)
        bfmi = float(np.min(steps / np.var(sample.energy, axis=1)))
    return Health(
        r_hat=hat,
        ess_bulk=bulk,
        ess_tail=tail,
        divergences=0 if sample.diverging is None else int(np.sum(sample.diverging)),
        e_bfmi=bfmi,
        draws=parameters.shape[0] * parameters.shape[1],
        pareto_k=None if sample.log_weights is None else pareto_k(sample.log_weights),
        superchains=sample.superchains,
    )
