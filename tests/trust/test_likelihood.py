"""The plain likelihood against SciPy, cell by cell, against the PyMC model, and against simulated worlds."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy import stats

from offercast.evidence import EDGES, Evidence
from offercast.inference import Posterior
from offercast.inference.health import exact_draws
from offercast.inference.layout import EFFECTS, Layout
from offercast.trust import Design, SimulateSearch, calibrate, draw_rates, log_likelihood
from offercast.trust.faults import FAULTS
from offercast.trust.rates import rates_of
from offercast.trust.reweighting import FitByReweighting
from offercast.trust.sbc import LIMIT
from offercast.trust.worlds import CHANNELS, EXACT_DAYS

CELLS = {
    (0, 0, 1, 0, 3, 4): 2.0,  # advanced, to the day
    (0, 1, 1, 0, 0, 30): 1.0,  # advanced, undated, a referral
    (1, 0, 1, 1, 20, 22): 3.0,  # told no, in a wide bin
    (1, 0, 1, 2, 9, 30): 2.5,  # open, weights from splitting
    (0, 0, 2, 2, 1, 30): 1.0,  # open since today
    (1, 3, 3, 1, 0, 22): 1.0,  # a recruiter's no, undated
    (0, 0, 4, 2, 29, 30): 1.0,  # silent for longer than the horizon
    (1, 0, 5, 0, 28, 29): 1.0,  # an answer after the horizon
    (0, 0, 0, 0, 0, 22): 4.0,  # the seeker's own step
    (0, 4, 7, 0, 2, 3): 1.0,  # a lead-in step
}


def evidence_with(model, cells, tracks=("A", "B")) -> Evidence:
    ladder = model.ladder
    channels, steps = (c.id for c in ladder.channels), (s.id for s in ladder.steps)
    return Evidence(tracks, tuple(channels), tuple(steps), date(2026, 1, 1), cells)


def test_it_is_the_sum_over_cells(model) -> None:
    """Each cell by SciPy's log-logistic law (`fisk`), for worlds drawn from the prior."""
    rates = draw_rates(model, tracks=2, rng=np.random.default_rng(8), size=5)

    def law(days: float, median: float, shape: float) -> float:
        untruncated = stats.fisk(1 / shape, scale=median)
        return untruncated.cdf(min(days, 180.0)) / untruncated.cdf(180.0)

    expected = []
    for n in range(5):
        total = 0.0
        for (k, c, s, outcome, low, high), count in CELLS.items():
            p, w = rates.advance[n, k, c, s], rates.told_no[n, k, s]
            yes = rates.yes_days[n, k, s], rates.yes_shape[n, s]
            no = rates.no_days[n, k, s], rates.no_shape[n, s]
            start, end = EDGES[low], EDGES[high]
            if outcome == 0 and start < 180:
                chance = p * (law(end, *yes) - law(start, *yes))
            elif outcome == 1 and start < 180:
                chance = (1 - p) * w * (law(end, *no) - law(start, *no))
            else:
                chance = p * (1 - law(start, *yes)) + (1 - p) * (1 - w * law(start, *no))
            total += count * math.log(chance)
        expected.append(total)
    assert log_likelihood(rates, evidence_with(model, CELLS)) == pytest.approx(expected, rel=1e-9)


def test_it_is_that_of_the_pymc_model(model) -> None:
    """What the evidence adds to the log density of PyMC, at random points, through the public draws."""
    from offercast.inference.silence import silence_model

    evidence = evidence_with(model, CELLS)
    logp, prior = (
        silence_model(e, model).compile_logp(mode="FAST_COMPILE") for e in (evidence, evidence_with(model, {}))
    )
    start = silence_model(evidence, model).initial_point()
    layout, rng = Layout(evidence.tracks, model), np.random.default_rng(4)
    for _ in range(3):
        point = {name: value + 0.4 * rng.standard_normal(np.shape(value)) for name, value in start.items()}
        parts = []
        for block in layout.blocks:
            scale = math.exp(point["log_tau"][EFFECTS.index(block.scaled_by)]) if block.scaled_by else 1.0
            parts.append(np.ravel(point[block.name]) * scale)
        draws = layout.read(np.concatenate(parts)[None, None]) | {"scale": np.exp(point["log_tau"])[None, None]}
        posterior = Posterior(draws, evidence, model, "by hand", exact_draws(1))
        added = float(logp(point)) - float(prior(point))
        assert log_likelihood(rates_of(posterior), evidence)[0] == pytest.approx(added, rel=1e-9)


def test_no_tail_loses_its_digits(model) -> None:
    """A yes within a day and one after 150 days, where waits are far from both."""
    rates = draw_rates(model, tracks=1, rng=np.random.default_rng(1))
    extreme = replace(rates, yes_days=np.full_like(rates.yes_days, 8.0), yes_shape=np.full_like(rates.yes_shape, 0.02))
    for low, high in ((1, 2), (25, 26)):
        found = log_likelihood(extreme, evidence_with(model, {(0, 0, 1, 0, low, high): 1.0}, ("A",)))
        edge = EDGES[high] if high == 2 else EDGES[low]
        assert found[0] == pytest.approx(-abs(math.log(edge / 8.0)) / 0.02 + math.log(rates.advance[0, 0, 0, 1]), abs=1)


def test_groups_are_refused_rather_than_left_out(model) -> None:
    rates = draw_rates(model, tracks=2, rng=np.random.default_rng(8))
    with pytest.raises(ValueError, match="no effects of groups"):
        log_likelihood(rates, replace(evidence_with(model, CELLS), groups=("2025-01",)))


SMALL = (
    Design("three tracks", (2, 3, 4), ages=EXACT_DAYS, exact=True, undated=0.5),
    Design("one empty, channels", (0, 4, 5), ages=EXACT_DAYS, exact=True, channels=CHANNELS),
)


def test_simulator_evidence_and_likelihood_belong_together() -> None:
    """Small logs fitted without any sampler, by reweighting draws from the prior: every rank is uniform."""
    done = calibrate(SimulateSearch(designs=SMALL), FitByReweighting(), replications=60, seed=5)
    assert done.passed, done.worst


@pytest.mark.slow
def test_simulator_evidence_and_likelihood_belong_together_in_a_thousand_logs() -> None:
    done = calibrate(SimulateSearch(designs=SMALL), FitByReweighting(), replications=1000, seed=7, workers=2)
    assert done.passed, done.worst


BLATANT = {
    "pending counted as failed", "steps shifted by one", "scale fixed", "waits in weeks", "censored waits dropped",
}  # fmt: skip
SLOWLY = BLATANT - {"pending counted as failed", "censored waits dropped"}


@pytest.mark.parametrize(
    "fault",
    [pytest.param(f, marks=pytest.mark.slow if f.name in SLOWLY else ()) for f in FAULTS if f.name in BLATANT],
    ids=lambda f: f.name,
)
def test_blatant_faults_show_in_thirty_logs_of_twelve_applications(fault) -> None:
    simulate, fit = fault.plant(FitByReweighting(), design=replace(fault.design, sent=(2, 4, 6)))
    done = calibrate(simulate, fit, replications=30, seed=5)
    assert not done.failures
    assert done.worst[1] < LIMIT, done.worst
