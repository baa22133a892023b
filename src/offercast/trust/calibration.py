"""Simulation-based calibration of the silence model: worlds from a model file's priors, logs, fits, ranks."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from offercast.evidence.evidence import Evidence, gather
from offercast.history.records import History
from offercast.inference.fit import fit
from offercast.inference.posterior import Posterior
from offercast.inference.waits import Floats
from offercast.modelfile import ModelFile, load_model
from offercast.trust.quantities import quantities
from offercast.trust.rates import Rates, rates_of
from offercast.trust.sbc import DRAWS
from offercast.trust.worlds import DESIGNS, Design, draw_rates, simulate_log


class Engine(Protocol):
    """What fits: `offercast.fit`, or any function that is called as it is."""

    def __call__(self, evidence: Evidence, *, model: ModelFile, engine: str, seed: int) -> Posterior:
        """Return the posterior of a model file, given evidence."""
        ...


@dataclass(frozen=True)
class Case:
    """One simulated log: what the fit may see, and half of its applications for a test quantity."""

    history: History
    evidence: Evidence
    half: Evidence
    design: Design


def make_case(rates: Rates, design: Design, model: ModelFile, *, rng: np.random.Generator) -> Case:
    """Simulate the log of a search in one world, and gather its evidence as users do."""
    log = simulate_log(rates, design, model.ladder, rng=rng)
    every_other = replace(log.history, applications=log.history.applications[::2])

    def count(history: History) -> Evidence:
        return gather(history, as_of=log.as_of, tracks=design.tracks, inertia=design.inertia)

    return Case(log.history, count(log.history), count(every_other), design)


@dataclass(frozen=True)
class SimulateSearch:
    """Draws a world from the priors and a log from the world; the designs take turns at random."""

    model: ModelFile = field(default_factory=load_model)
    designs: tuple[Design, ...] = DESIGNS

    def __call__(self, rng: np.random.Generator) -> tuple[dict[str, float], Case]:
        """Return the true quantities and the log."""
        design = self.designs[rng.integers(len(self.designs))]
        rates = draw_rates(self.model, tracks=len(design.sent), rng=rng)
        case = make_case(rates, design, self.model, rng=rng)
        truth = quantities(rates, self.model.ladder, case.evidence, case.half, rng=rng)
        return {name: float(value[0]) for name, value in truth.items()}, case


def as_gathered(case: Case) -> Evidence:
    """The evidence as it is; a planted fault puts something else in its place."""
    return case.evidence


def as_drawn(rates: Rates) -> Rates:
    """The posterior's draws as they are; a planted fault puts something else in their place."""
    return rates


@dataclass(frozen=True)
class FitSearch:
    """Fits a simulated log and returns draws of the quantities.

    A fit whose own diagnostics are poor warns, and counts. `evidence` and `rates` are doors for planted faults:
    what the engine is given, and what is taken from it. The likelihood among the quantities is always that of the
    true evidence.
    """

    model: ModelFile = field(default_factory=load_model)
    engine: str = "quick"
    fitter: Engine = fit
    evidence: Callable[[Case], Evidence] = as_gathered
    rates: Callable[[Rates], Rates] = as_drawn
    draws: int = DRAWS

    def __call__(self, case: Case, rng: np.random.Generator) -> dict[str, Floats]:
        """Return (draws,) numbers for every quantity."""
        posterior = self.fitter(
            self.evidence(case), model=self.model, engine=self.engine, seed=int(rng.integers(2**31))
        )
        if posterior.health.verdict != "good":
            warnings.warn("; ".join(posterior.health.faults), stacklevel=2)
        drawn = self.rates(rates_of(posterior, draws=self.draws))
        return quantities(drawn, self.model.ladder, case.evidence, case.half, rng=rng)
