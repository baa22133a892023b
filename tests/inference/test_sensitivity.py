"""Power-scaling against closed forms of normal laws, and against ArviZ on the same draws."""

import math
from dataclasses import replace

import numpy as np
import pytest

from offercast.inference import Posterior
from offercast.inference.density import log_likelihood, prior_terms
from offercast.inference.sensitivity import (
    SENSITIVE,
    Sensitivity,
    cumulative_distance,
    is_sampled,
    power_scaling,
    sensitivities,
)
from offercast.inference.summary import AgainstPrior, against_prior

ASIDE = AgainstPrior(0.5, 0.0)


def conjugate(prior_share: float, conflict: float = 0.0, draws: int = 40_000):
    """Exact draws of a mean of posterior sd 1, of which the prior has this share of the precision.

    `conflict` is how far the prior's centre lies from the posterior's mean.
    """
    x = np.random.default_rng(2).standard_normal(draws)
    pull = -prior_share * conflict / (1 - prior_share)  # the likelihood's centre: both together give mean 0
    return x, -0.5 * prior_share * (x - conflict) ** 2, -0.5 * (1 - prior_share) * (x - pull) ** 2


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.8])
def test_the_share_of_a_normal_prior_is_its_share_of_the_precision(share: float) -> None:
    """Raising a part of the precision to a power moves the sd in proportion to that part: an exact ratio."""
    x, prior, likelihood = conjugate(share)
    found = Sensitivity("advance", "step", power_scaling(x, prior), power_scaling(x, likelihood), ASIDE)
    assert found.prior_share == pytest.approx(share, abs=0.02)


def test_prior_and_log_in_conflict_both_pull() -> None:
    """Far apart, each one's power moves the mean by as much, in opposite ways: a half."""
    x, prior, likelihood = conjugate(0.2, conflict=8.0)
    found = Sensitivity("advance", "step", power_scaling(x, prior), power_scaling(x, likelihood), ASIDE)
    assert found.prior_share == pytest.approx(0.5, abs=0.03)
    assert found.prior > 4 * SENSITIVE


def test_the_distance_is_the_integral_of_the_definition() -> None:
    """Two normal laws: the draws' distance against the integral over the same range, by quadrature with SciPy."""
    from scipy import integrate, stats

    x = np.sort(np.random.default_rng(5).standard_normal(200_000))
    weights = np.exp(0.3 * x)  # turns N(0, 1) into N(0.3, 1)
    ends = (x[0], x[-1])

    def side(p, q) -> float:
        def part(t: float) -> float:
            a, b = p(t), q(t)
            return a * math.log2(2 * a / (a + b)) + b * math.log2(2 * b / (a + b))

        above, _ = integrate.quad(part, *ends, limit=200)
        below, _ = integrate.quad(lambda t: p(t) + q(t), *ends, limit=200)
        return math.sqrt(above / below)

    one, other = stats.norm(0, 1), stats.norm(0.3, 1)
    expected = max(side(one.cdf, other.cdf), side(one.sf, other.sf))
    assert cumulative_distance(x, weights) == pytest.approx(expected, rel=0.02)


def test_the_threshold_is_a_quarter_of_an_sd() -> None:
    """As the documentation of SENSITIVE says: a mean that moves by .25 sd per doubling is at the threshold."""
    x = np.random.default_rng(3).standard_normal(4000)
    slope = 0.25 / math.log(2)  # cov(x, slope x) = slope: the mean's move per unit of the power
    assert power_scaling(x, slope * x) == pytest.approx(SENSITIVE, rel=0.15)


def test_it_does_not_depend_on_unit_sign_or_constant() -> None:
    x, prior, _ = conjugate(0.3, draws=2000)
    found = power_scaling(x, prior)
    assert power_scaling(-7.0 * x + 3.0, prior + 1e4) == pytest.approx(found, rel=1e-8)


def test_it_equals_arviz_on_the_same_draws(example_posterior) -> None:
    """ArviZ smooths the weights' tails and adds the terms up itself; at powers within 1 % nothing else differs."""
    import arviz_base
    import arviz_stats

    terms = prior_terms(example_posterior)
    shape = example_posterior.draws["scale"].shape[:2]
    log_prior = (terms.step.sum(axis=1) + terms.channel.sum(axis=1) + terms.scale.sum(axis=1)).reshape(shape)
    log_lik = log_likelihood(example_posterior).reshape(shape)
    logit = example_posterior.draws["advance_logit"].mean(axis=2)
    tree = arviz_base.from_dict({
        "posterior": {"logit": logit}, "log_prior": {"all": log_prior}, "log_likelihood": {"all": log_lik},
    })  # fmt: skip
    for group, term in (("prior", log_prior), ("likelihood", log_lik)):
        theirs = arviz_stats.psense(tree, group=group)["logit"].to_numpy()
        ours = [power_scaling(logit[..., s].ravel(), term.ravel()) for s in range(logit.shape[-1])]
        assert ours == pytest.approx(theirs, rel=0.02)


def test_the_example_speaks_where_it_has_counts(example_posterior) -> None:
    """The first step rests on the log; what the log hardly tells rests on the prior; every number is there."""
    found = {(s.kind, s.where): s for s in sensitivities(example_posterior)}
    assert found["advance", "applied->response"].rests_on == "the log"
    assert found["no_wait", "phone->interview"].rests_on == "the prior"
    assert found["advance", "applied->response"].prior_share < found["advance", "phone->interview"].prior_share
    assert {where for kind, where in found if kind == "offer"} == set(example_posterior.tracks)
    assert ("told_no", "never_applied->applied") not in found
    assert len(found) == 1 + 5 * 4 + 1 + 3  # own steps have a chance only


def test_shares_agree_with_the_widths(example_posterior) -> None:
    """A second look at the same thing: (posterior sd / prior sd)^2 is the prior's share of the precision."""
    for found in sensitivities(example_posterior):
        if found.kind == "advance" and found.against.moved < 0.3:
            assert found.prior_share == pytest.approx(found.against.width**2, abs=0.25), found


@pytest.mark.parametrize(
    ("width", "moved", "prior", "likelihood", "words"),
    [
        (0.9, 0.1, 0.06, 0.01, "the prior"),
        (0.9, 0.9, 0.2, 0.2, "both"),  # as wide, but elsewhere: the log has spoken
        (0.7, 0.1, 0.05, 0.05, "both"),
        (0.5, 0.1, 0.02, 0.09, "the log"),
        (0.5, 1.4, 0.18, 0.08, "both"),  # narrow, and the prior pulls at it
    ],
)
def test_what_a_number_rests_on(width, moved, prior, likelihood, words) -> None:
    found = Sensitivity("advance", "step", prior, likelihood, AgainstPrior(width, moved))
    assert found.rests_on == words


def test_a_number_beside_its_prior_in_prior_sds(example_posterior, model) -> None:
    """Waits are measured in log days, chances in logits: by hand."""
    wait = model.step_prior("applied->response").no_wait
    drawn = example_posterior.flat("no_log_days")[:, :, 1].mean(axis=1)
    found = against_prior(example_posterior, 1, "no_wait")
    assert found.width == pytest.approx(drawn.std() / wait.sd)
    assert found.moved == pytest.approx(abs(drawn.mean() - math.log(wait.median)) / wait.sd)


def test_draws_that_are_no_silence_model_have_none(example_posterior) -> None:
    by_hand = Posterior.from_chances({"A": {}})
    assert not is_sampled(by_hand)
    assert sensitivities(by_hand) == ()
    flat = dict(example_posterior.draws) | {"scale": np.zeros_like(example_posterior.draws["scale"])}
    assert not is_sampled(replace(example_posterior, draws=flat))
