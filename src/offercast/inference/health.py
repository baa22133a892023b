"""Whether a fit can be trusted: R-hat, effective sample sizes, divergences, E-BFMI, and one verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from offercast.inference.waits import Floats

LARGEST_R_HAT = 1.01
SMALLEST_ESS = 400
SMALLEST_BFMI = 0.3
LARGEST_DIVERGENT_SHARE = 0.01


@dataclass(frozen=True)
class Health:
    """The worst figures over all parameters of a fit, and the verdict that they lead to.

    Limits: R-hat at most 1.01, bulk and tail ESS at least 400, E-BFMI at least 0.3 in each chain, divergent
    transitions at most 1 % of the draws. Sources: Vehtari et al., Bayesian Analysis 16 (2021) 667-718;
    Betancourt, arXiv:1701.02434, section 6.
    """

    r_hat: float | None
    ess_bulk: float | None
    ess_tail: float | None
    divergences: int
    e_bfmi: float | None
    draws: int

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


def diagnose(parameters: Floats, derived: Floats, diverging: np.ndarray, energy: Floats) -> Health:
    """Diagnose a run from its free parameters and derived quantities, both (chain, draw, quantity).

    A value that is not finite, or a free parameter that never moves, makes the verdict poor.
    """
    from arviz_stats.base import array_stats

    everything = np.concatenate([parameters, derived], axis=-1)
    worst = {"rhat": 1.0, "bulk": np.inf, "tail": np.inf}
    for quantity in range(everything.shape[-1]):
        values = everything[..., quantity]
        still = bool(np.isfinite(values).all()) and np.ptp(values) == 0.0
        if still and quantity >= parameters.shape[-1]:
            continue  # a derived chance may be certain; a free parameter that never moves is stuck
        if still or not np.isfinite(values).all():
            worst = dict.fromkeys(worst, np.nan)
            break
        worst["rhat"] = max(worst["rhat"], float(array_stats.rhat(values, chain_axis=0, draw_axis=1)))
        for kind, prob in (("bulk", None), ("tail", (0.05, 0.95))):
            size = array_stats.ess(values, chain_axis=0, draw_axis=1, method=kind, prob=prob)
            worst[kind] = min(worst[kind], float(size))
    bfmi = np.mean(np.diff(energy, axis=1) ** 2, axis=1) / np.var(energy, axis=1)
    return Health(
        r_hat=worst["rhat"],
        ess_bulk=worst["bulk"],
        ess_tail=worst["tail"],
        divergences=int(np.sum(diverging)),
        e_bfmi=float(np.min(bfmi)),
        draws=int(diverging.size),
    )
