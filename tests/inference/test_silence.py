"""The PyMC model's density equals the design's equations, written out cell by cell with SciPy."""

import math
from dataclasses import replace
from datetime import date

import msgspec
import numpy as np
import pytest
from scipy import stats

from offercast.evidence import EDGES, Evidence
from offercast.inference.layout import EFFECTS, Layout


def evidence_with(model, cells, tracks=("A", "B")) -> Evidence:
    ladder = model.ladder
    return Evidence(
        tracks,
        tuple(c.id for c in ladder.channels),
        tuple(s.id for s in ladder.steps),
        date(2026, 1, 1),
        cells,
    )


def plain_log_density(evidence: Evidence, model, point: dict) -> float:
    """Every prior and every cell, one at a time."""
    layout, total = Layout(evidence.tracks, model), 0.0
    for i, effect in enumerate(EFFECTS):
        prior = model.scale_prior(effect)
        total += stats.norm(math.log(prior.median), prior.log_sd).logpdf(point["log_tau"][i])
    parts = []
    for block in layout.blocks:
        drawn = np.asarray(point[block.name])
        total += stats.norm(block.mean, block.sd).logpdf(drawn).sum()
        scale = math.exp(point["log_tau"][EFFECTS.index(block.scaled_by)]) if block.scaled_by else 1.0
        parts.append(drawn.ravel() * scale)
    vector = np.concatenate(parts)
    read = layout.read(vector)
    horizon = model.assumptions.horizon_days

    def law(days: float, log_median: float, log_shape: float) -> float:
        if model.assumptions.delay_family == "lognormal":
            untruncated = stats.lognorm(math.exp(log_shape), scale=math.exp(log_median))
        else:
            untruncated = stats.fisk(math.exp(-log_shape), scale=math.exp(log_median))
        return untruncated.cdf(min(days, horizon)) / untruncated.cdf(horizon)

    for (k, c, s, outcome, low, high), count in evidence.cells.items():
        p = stats.logistic.cdf(read["advance_logit"][k, s] + layout.channel_row(c, s) @ vector)
        w = stats.logistic.cdf(read["told_no_logit"][k, s])
        advance = (read["advance_log_days"][k, s], read["advance_log_shape"][s])
        no = (read["no_log_days"][k, s], read["no_log_shape"][s])
        start, end = EDGES[low], EDGES[high]
        late = start >= horizon  # an answer after the horizon is silence up to it
        if outcome == 0 and not late:
            chance = p * (law(end, *advance) - law(start, *advance))
        elif outcome == 1 and not late:
            chance = (1 - p) * w * (law(end, *no) - law(start, *no))
        else:
            chance = p * (1 - law(start, *advance)) + (1 - p) * (1 - w * law(start, *no))
        total += count * math.log(chance)
    return float(total)


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


@pytest.fixture(scope="module", params=["log-logistic", "lognormal"])
def compiled(model, request):
    from offercast.inference.silence import silence_model

    chosen = replace(model, assumptions=msgspec.structs.replace(model.assumptions, delay_family=request.param))
    evidence = evidence_with(chosen, CELLS)
    return evidence, silence_model(evidence, chosen), chosen


def test_the_density_is_the_one_in_the_design(compiled) -> None:
    evidence, built, model = compiled
    logp = built.compile_logp(mode="FAST_COMPILE")
    rng = np.random.default_rng(4)
    for _ in range(5):
        point = {
            name: value + 0.4 * rng.standard_normal(np.shape(value)) for name, value in built.initial_point().items()
        }
        exact = 1e-9 if model.assumptions.delay_family == "log-logistic" else 5e-9  # 0 days are 1e-8 of a day here
        assert float(logp(point)) == pytest.approx(plain_log_density(evidence, model, point), rel=exact)


def test_the_gradient_is_finite_and_right(compiled) -> None:
    """Also where a wait is 0 days: the trap of day-of-application answers."""
    _, built, _ = compiled
    start = built.initial_point()
    both = built.logp_dlogp_function(ravel_inputs=True, initial_point=start, mode="FAST_COMPILE")
    both.set_extra_values({})
    x = np.concatenate([np.ravel(value) for value in start.values()])
    _, gradient = both(x)
    assert np.isfinite(gradient).all()
    for i in range(0, x.size, 7):
        step = np.zeros_like(x)
        step[i] = 1e-5
        numeric = (float(both(x + step)[0]) - float(both(x - step)[0])) / 2e-5
        assert gradient[i] == pytest.approx(numeric, rel=1e-4, abs=1e-5)


def test_the_tails_are_stable(compiled) -> None:
    """Far from anything plausible the density is a number, not nan."""
    _, built, _ = compiled
    logp = built.compile_logp(mode="FAST_COMPILE")
    for shift in (-8.0, 8.0):
        point = {name: value + shift for name, value in built.initial_point().items()}
        assert not math.isnan(float(logp(point)))


def test_no_evidence_is_the_prior(model) -> None:
    from offercast.inference.silence import silence_model

    evidence = evidence_with(model, {})
    built = silence_model(evidence, model)
    point = built.initial_point()
    assert float(built.compile_logp(mode="FAST_COMPILE")(point)) == pytest.approx(
        plain_log_density(evidence, model, point)
    )
