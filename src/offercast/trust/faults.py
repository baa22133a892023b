"""Planted faults: twelve ways to be wrong that calibration must find, or it proves nothing.

Each changes what the fit is given (evidence, model file), what is taken from it (draws), or the random numbers; the
engine stays as it is. The truth, and the likelihood among the test quantities, are always right.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import msgspec
import numpy as np

from offercast.evidence.bins import EDGES, FOREVER
from offercast.evidence.combine import combine
from offercast.evidence.evidence import Cell, Evidence, Tally, gather
from offercast.evidence.spells import Climb, Spell, spells
from offercast.modelfile import ModelFile, ScalePrior
from offercast.trust.calibration import Case, FitSearch, SimulateSearch, as_drawn, as_gathered
from offercast.trust.parallel import in_order
from offercast.trust.rates import Rates
from offercast.trust.reweighting import FitByReweighting
from offercast.trust.sbc import LIMIT, Calibration, Replication, Simulate, replicate
from offercast.trust.worlds import Design

_ADVANCED, _TOLD_NO, _OPEN = 0, 1, 2
Fits = FitSearch | FitByReweighting
_Cells = Iterable[tuple[Cell, float]]


def _same(model: ModelFile) -> ModelFile:
    return model


@dataclass(frozen=True)
class Fault:
    """One way to be wrong. `sent` are the applications by track of the log that shows it.

    `shared` is how many different random streams there are in all; None means one for each replication.
    """

    name: str
    evidence: Callable[[Case], Evidence] = as_gathered
    model: Callable[[ModelFile], ModelFile] = _same
    rates: Callable[[Rates], Rates] = as_drawn
    shared: int | None = None
    sent: tuple[int, ...] = (20, 40, 60)
    reopened: float = 0.0

    @property
    def design(self) -> Design:
        """The log on which it is shown: four months of applications."""
        return Design(self.name, self.sent, reopened=self.reopened)

    def plant(self, fit: Fits, *, design: Design | None = None) -> tuple[Simulate, Fits]:
        """Return a simulation and a fit with the fault in it, for `calibrate`."""
        simulate = SimulateSearch(fit.model, (design or self.design,))
        faulty = replace(fit, model=self.model(fit.model), evidence=self.evidence, rates=self.rates)
        return (simulate if self.shared is None else _FewStreams(simulate, self.shared)), faulty


@dataclass(frozen=True)
class Hunt:
    """Whether a planted fault was found, after how many simulated logs, by which quantity, with what p-value."""

    fault: str
    found: bool
    replications: int
    quantity: str
    p: float
    failures: int


LOOKS = (25, 50, 100, 200, 300)
"""After so many logs the p-values are looked at; the limit is shared between the looks."""


def hunt(
    fault: Fault,
    fit: Fits,
    *,
    seed: int,
    looks: tuple[int, ...] = LOOKS,
    workers: int = 1,
    design: Design | None = None,
) -> Hunt:
    """Plant a fault and simulate logs until it is found, or the last look is over.

    It is found where the smallest p-value is below the limit over the number of looks (Bonferroni), so that looking
    more than once finds no more faults that are not there. A fit that fails finds nothing, and is counted.

    Args:
        fault: what to plant.
        fit: the fit to plant it in.
        seed: as for `calibrate`.
        looks: after how many logs to look.
        workers: processes.
        design: the logs, where not the fault's own.
    """
    simulate, faulty = fault.plant(fit, design=design)
    one = partial(replicate, simulate=simulate, fit=faulty, seed=seed)
    done: list[Replication] = []
    for look in looks:
        done += in_order(one, look - len(done), workers=workers, start=len(done))
        calibration = Calibration(tuple(done))
        failures = len(calibration.failures)
        quantity, p = calibration.worst if calibration.quantities else ("", 1.0)
        if p < LIMIT / len(looks):
            return Hunt(fault.name, True, look, quantity, p, failures)
    return Hunt(fault.name, False, looks[-1], quantity, p, failures)


@dataclass(frozen=True)
class _FewStreams:
    """The same draws again and again: as many different logs as there are streams."""

    simulate: Simulate
    streams: int

    def __call__(self, rng: np.random.Generator) -> tuple[Any, Any]:
        return self.simulate(np.random.default_rng(int(rng.integers(self.streams))))


def _recounted(evidence: Evidence, cells: _Cells) -> Evidence:
    counted: defaultdict[Cell, float] = defaultdict(float)
    for cell, count in cells:
        counted[cell] += count
    return replace(evidence, cells=dict(counted))


def _pending_failed(case: Case) -> Evidence:
    """Silence up to now is taken for a no that came within it."""
    return _recounted(
        case.evidence,
        (
            ((k, c, s, _TOLD_NO, 0, max(low, 1)) if outcome == _OPEN else (k, c, s, outcome, low, high), count)
            for (k, c, s, outcome, low, high), count in case.evidence.cells.items()
        ),
    )


def _step_missing(case: Case) -> Evidence:
    """What happened at the second employers' step is not in the likelihood."""
    return _recounted(
        case.evidence, ((cell, n) for cell, n in case.evidence.cells.items() if cell[2] != _steps(case)[1])
    )


def _steps_shifted(case: Case) -> Evidence:
    """What happened at one employers' step is put down to the next one."""
    steps = _steps(case)
    after = dict(zip(steps, (*steps[1:], steps[0]), strict=True))
    cells = case.evidence.cells.items()
    return _recounted(
        case.evidence, (((k, c, after.get(s, s), o, low, high), n) for (k, c, s, o, low, high), n in cells)
    )


def _steps(case: Case) -> list[int]:
    """The employers' steps of the reference channel."""
    ladder = case.history.ladder
    return list(ladder.steps_to_goal(ladder.reference.id))


def _in_weeks(case: Case) -> Evidence:
    """A wait of so many days is taken for as many weeks."""

    def longer(low: int, high: int) -> tuple[int, int]:
        start = min(bisect_right(EDGES, 7 * EDGES[low]) - 1, FOREVER - 1)
        return start, max(bisect_left(EDGES, 7 * EDGES[high]), start + 1)

    cells = case.evidence.cells.items()
    return _recounted(case.evidence, (((k, c, s, o, *longer(low, high)), n) for (k, c, s, o, low, high), n in cells))


def _silence_dropped(case: Case) -> Evidence:
    """Only answered applications count."""
    return _recounted(case.evidence, ((cell, n) for cell, n in case.evidence.cells.items() if cell[3] != _OPEN))


def _from_the_start(case: Case) -> Evidence:
    """Every wait is measured from the application's first stage, not from the stage before."""
    tally = Tally(case.design.tracks, case.history.ladder, case.evidence.unknown_age_days)
    for application in case.history.applications:
        climb, before, told = Climb(application, case.history.ladder, as_of=case.evidence.as_of), 0, []
        for spell in spells(climb, tracks_inertia=case.design.inertia):
            told.append(_longer(spell, before))
            before += spell.shortest or 0
        tally.add_spells(application.track, application.channel, told)
    return replace(case.evidence, cells=dict(tally.cells))


def _longer(spell: Spell, days: int) -> Spell:
    if spell.shortest is None or spell.longest is None:
        return spell
    return replace(spell, shortest=spell.shortest + days, longest=spell.longest + days)


def _counted_twice(case: Case) -> Evidence:
    """An application that was rejected and came back counts as two: the rejected one, and the other."""
    ladder, again = case.history.ladder, []
    noes = {exit_.id for exit_ in ladder.exits if exit_.means == "no"}
    for application in case.history.applications:
        at = next((i for i, event in enumerate(application.events) if event.kind in noes), None)
        if at is not None and at + 1 < len(application.events):
            again.append(replace(application, id=f"{application.id} too", events=application.events[: at + 1]))
    history = replace(case.history, applications=tuple(again))
    twice = gather(history, as_of=case.evidence.as_of, tracks=case.design.tracks, inertia=case.design.inertia)
    return combine((case.evidence, twice))


def _doubled(model: ModelFile) -> ModelFile:
    """The prior sd of every chance to advance is doubled."""
    change = msgspec.structs.replace
    steps = [change(p, advance=change(p.advance, sd=2 * p.advance.sd)) for p in model.priors.steps]
    return replace(model, priors=change(model.priors, steps=steps))


def _scales(model: ModelFile, change: Callable[[ScalePrior], ScalePrior]) -> ModelFile:
    scales = [change(prior) for prior in model.priors.scales]
    return replace(model, priors=msgspec.structs.replace(model.priors, scales=scales))


def _fixed(model: ModelFile) -> ModelFile:
    """The spread between tracks is taken for known, at its prior median."""
    return _scales(model, lambda prior: msgspec.structs.replace(prior, log_sd=0.01))


def _no_jacobian(model: ModelFile) -> ModelFile:
    """Log scale sampled as if it were the scale: exp(-(x - m)^2 / 2s^2) / exp(x) is a normal around m - s^2."""
    return _scales(model, lambda p: msgspec.structs.replace(p, median=p.median * float(np.exp(-(p.log_sd**2)))))


def _swapped(rates: Rates) -> Rates:
    """The first track's draws are given out as the last one's, and the other way round."""
    by_track = ("advance", "told_no", "yes_days", "no_days")
    return replace(rates, **{f.name: getattr(rates, f.name)[:, ::-1] for f in fields(Rates) if f.name in by_track})


FAULTS = (
    Fault("pending counted as failed", evidence=_pending_failed),
    Fault("a step's likelihood missing", evidence=_step_missing),
    Fault("steps shifted by one", evidence=_steps_shifted),
    Fault("prior sd doubled", model=_doubled, sent=(5, 10, 15)),
    Fault("scale fixed", model=_fixed),
    Fault("tracks swapped", rates=_swapped),
    Fault("waits in weeks", evidence=_in_weeks),
    Fault("censored waits dropped", evidence=_silence_dropped),
    Fault("waits from the application", evidence=_from_the_start, sent=(60, 90, 120)),
    Fault("missing Jacobian", model=_no_jacobian),
    Fault("a reopened application counted twice", evidence=_counted_twice, sent=(60, 90, 120), reopened=0.6),
    Fault("shared random numbers", shared=12),
)
"""Each is to be found by `hunt` within 300 logs."""
