"""Both halves of the density at a posterior's own draws, against SciPy cell by cell and against the PyMC model."""

import math
from datetime import date

import numpy as np
import pytest
from scipy import stats

from offercast.evidence import EDGES, Evidence
from offercast.inference import Posterior
from offercast.inference.density import log_likelihood, log_prior, prior_terms, step_log_likelihood
from offercast.inference.health import exact_draws
from offercast.inference.layout import EFFECTS, Layout
from offercast.modelfile import parse_model

CELLS = {
    (0, 0, 1, 0, 3, 4): 2.0,  # advanced, to the day
    (0, 1, 1, 0, 0, 30): 1.0,  # advanced, undated, a referral
    (1, 0, 1, 1, 20, 22): 3.0,  # told no, in a wide bin
    (1, 0, 1, 2, 9, 30): 2.5,  # open, weights from splitting
    (0, 0, 2, 2, 0, 30): 1.0,  # open since this moment
    (1, 3, 3, 1, 0, 22): 1.0,  # a recruiter's no, undated
    (0, 0, 4, 2, 29, 30): 1.0,  # silent for longer than the horizon
    (1, 0, 5, 0, 28, 29): 1.0,  # an answer after the horizon
    (0, 0, 0, 0, 0, 22): 4.0,  # the seeker's own step
    (0, 4, 7, 0, 2, 3): 1.0,  # a lead-in step
}


def drawn(model, tracks=("A", "B"), cells=CELLS, draws=6, seed=4, width=1.0):
    """Draws from somewhere around the prior, and the raw parameters that they were made of."""
    rng = np.random.default_rng(seed)
    layout = Layout(tracks, model)
    log_tau = np.array([[math.log(model.scale_prior(e).median) for e in EFFECTS]] * draws)
    log_tau += width * 0.5 * rng.standard_normal(log_tau.shape)
    raw, scaled = {}, []
    for block in layout.blocks:
        raw[block.name] = block.mean + width * block.sd * rng.standard_normal((draws, *block.mean.shape))
        tau = np.exp(log_tau[:, EFFECTS.index(block.scaled_by)])[:, None] if block.scaled_by else 1.0
        scaled.append(raw[block.name].reshape(draws, -1) * tau)
    read = layout.read(np.concatenate(scaled, axis=1)[None]) | {"scale": np.exp(log_tau)[None]}
    steps = tuple(s.id for s in model.ladder.steps)
    channels = tuple(c.id for c in model.ladder.channels)
    evidence = Evidence(tracks, channels, steps, date(2026, 1, 1), dict(cells))
    return Posterior(read, evidence, model, "nuts", exact_draws(draws)), raw | {"log_tau": log_tau}, layout


def plain_log_likelihood(posterior: Posterior, draw: int) -> float:
    """Every cell, one at a time, with SciPy's log-logistic law."""
    at, ladder = {name: posterior.flat(name)[draw] for name in posterior.draws}, posterior.ladder
    horizon, total = posterior.model.assumptions.horizon_days, 0.0

    lognormal = posterior.model.assumptions.delay_family == "lognormal"

    def law(days: float, log_median: float, log_shape: float) -> float:
        if lognormal:
            untruncated = stats.lognorm(math.exp(log_shape), scale=math.exp(log_median))
        else:
            untruncated = stats.fisk(math.exp(-log_shape), scale=math.exp(log_median))
        return untruncated.cdf(min(days, horizon)) / untruncated.cdf(horizon)

    for (k, c, s, outcome, low, high), count in posterior.evidence.cells.items():
        later = s != ladder.first_step(ladder.channels[c].id)
        added = at["channel_logit"][c, int(later)] if ladder.steps[s].decided_by == "employer" else 0.0
        p = stats.logistic.cdf(at["advance_logit"][k, s] + added)
        w = stats.logistic.cdf(at["told_no_logit"][k, s])
        advance = (at["advance_log_days"][k, s], at["advance_log_shape"][s])
        no = (at["no_log_days"][k, s], at["no_log_shape"][s])
        start, end = EDGES[low], EDGES[high]
        if outcome == 0 and start < horizon:
            chance = p * (law(end, *advance) - law(start, *advance))
        elif outcome == 1 and start < horizon:
            chance = (1 - p) * w * (law(end, *no) - law(start, *no))
        else:
            chance = p * (1 - law(start, *advance)) + (1 - p) * (1 - w * law(start, *no))
        total += count * math.log(chance)
    return total


@pytest.mark.parametrize("family", ["log-logistic", "lognormal"])
def test_the_likelihood_is_the_one_of_the_card_cell_by_cell(model, family: str) -> None:
    chosen = parse_model(model.text.replace('delay_family = "log-logistic"', f'delay_family = "{family}"'))
    posterior, _, _ = drawn(chosen)
    found = log_likelihood(posterior)
    for draw in range(6):
        assert found[draw] == pytest.approx(plain_log_likelihood(posterior, draw), rel=1e-9)
    assert step_log_likelihood(posterior).sum(axis=1) == pytest.approx(found)


def test_the_likelihood_in_pieces_is_the_whole(model, monkeypatch) -> None:
    """However many draws are taken at once."""
    posterior, _, _ = drawn(model)
    whole = log_likelihood(posterior)
    monkeypatch.setattr("offercast.inference.density._NUMBERS_AT_ONCE", 25)
    assert log_likelihood(posterior) == pytest.approx(whole, rel=1e-14)


def test_the_likelihood_is_a_number_far_out(model) -> None:
    """Where a chance is 1 to every digit and a wait has no mass within the bin."""
    posterior, _, _ = drawn(model, width=12.0)
    assert np.isfinite(log_likelihood(posterior)).all()


@pytest.mark.parametrize("family", ["log-logistic", "lognormal"])
def test_one_track_has_the_prior_of_the_parameters_themselves(model, family: str) -> None:
    """No contrasts, no Jacobian: every block's normal density and the log scales', by SciPy."""
    chosen = parse_model(model.text.replace('delay_family = "log-logistic"', f'delay_family = "{family}"'))
    posterior, raw, layout = drawn(chosen, tracks=("A",), cells={})
    expected = np.zeros(6)
    for block in layout.blocks:
        expected += stats.norm(block.mean, block.sd).logpdf(raw[block.name]).reshape(6, -1).sum(axis=1)
    for i, effect in enumerate(EFFECTS):
        prior = model.scale_prior(effect)
        expected += stats.norm(math.log(prior.median), prior.log_sd).logpdf(raw["log_tau"][:, i])
    assert log_prior(posterior) == pytest.approx(expected, rel=1e-12)


def test_track_contrasts_have_their_joint_normal_law(model) -> None:
    """Level and step's own effect integrated out: the covariance over steps written out as a matrix."""
    posterior, raw, _ = drawn(model, tracks=("A", "B", "C"), cells={})
    ladder, tau = model.ladder, np.exp(raw["log_tau"])
    employer = np.array([step.decided_by == "employer" for step in ladder.steps], dtype=float)
    for draw in range(6):
        cov = tau[draw, 0] ** 2 * np.outer(employer, employer) + tau[draw, 1] ** 2 * np.eye(len(employer))
        effect = employer[:, None] * raw["a"][draw] * tau[draw, 0] + raw["e"][draw] * tau[draw, 1]
        expected = stats.multivariate_normal(cov=cov).logpdf(effect.T).sum()
        expected += stats.norm(0, tau[draw, 2]).logpdf(raw["h"][draw] * tau[draw, 2]).sum()
        expected += stats.norm(0, tau[draw, 3]).logpdf(raw["d"][draw] * tau[draw, 3]).sum()
        assert prior_terms(posterior).tracks[draw] == pytest.approx(expected, rel=1e-10)


def test_prior_and_likelihood_are_the_density_that_pymc_samples(model) -> None:
    """One track, where the draws are the parameters: equal to PyMC's own, point by point."""
    from offercast.inference.silence import silence_model

    cells = {(0, *cell[1:]): count for cell, count in CELLS.items()}
    posterior, raw, _ = drawn(model, tracks=("A",), cells=cells)
    built = silence_model(posterior.evidence, model)
    logp = built.compile_logp(mode="FAST_COMPILE")
    both = log_likelihood(posterior) + log_prior(posterior)
    for draw in range(3):
        point = {name: raw[name][draw] for name in built.initial_point()}
        assert float(logp(point)) == pytest.approx(both[draw], rel=1e-8)
