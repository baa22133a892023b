"""Draws from the prior and what they mean together: closed forms, and the numbers that the card gives."""

import numpy as np
import pytest
from scipy import special, stats

from offercast.inference.density import log_likelihood
from offercast.inference.prior import prior_pictures, prior_predictive, sample_prior
from offercast.priors import weigh_priors


def test_draws_have_the_moments_of_the_file(model) -> None:
    """The average over tracks has the step's own mean and sd; what tracks add has the variance of a zero-sum effect."""
    prior = sample_prior(model, ("A", "B", "C"), seed=3)
    first = model.step_prior("applied->response")
    average = prior.flat("advance_logit")[:, :, 1].mean(axis=1)
    assert average.mean() == pytest.approx(special.logit(first.advance.median), abs=0.02)
    assert average.std() == pytest.approx(first.advance.sd, rel=0.02)
    level, own = model.scale_prior("advance"), model.scale_prior("advance_step")
    mean_square = sum(s.median**2 * np.exp(2 * s.log_sd**2) for s in (level, own))  # of a lognormal scale
    around = prior.flat("advance_logit")[:, 0, 1] - average
    assert np.mean(around**2) == pytest.approx(mean_square * 2 / 3, rel=0.15)
    assert (log_likelihood(prior) == 0).all()


def test_the_card_says_what_the_priors_mean(model) -> None:
    """An interview 7 % on average; applications to a first offer 120 and 670 with three tracks, 118 and 430 with one."""
    three, one = prior_predictive(model, tracks=3), prior_predictive(model, tracks=1)
    interview = next(reach for reach in three.reach if reach.stage == "interview")
    assert interview.mean == pytest.approx(0.07, abs=0.008)
    assert [three.needed[at] for at in (0.5, 0.8)] == pytest.approx([120, 670], rel=0.08)
    assert [one.needed[at] for at in (0.5, 0.8)] == pytest.approx([118, 430], rel=0.08)
    assert [reach.stage for reach in one.reach][-1] == "offer"


def test_one_track_reaches_the_first_stage_as_its_prior_says(model) -> None:
    """The median and the range of 8 people in 10 are those of a normal law in logits."""
    first, exact = prior_predictive(model, tracks=1).reach[0], model.step_prior("applied->response").advance
    law = stats.norm(special.logit(exact.median), exact.sd)
    expected = special.expit(law.ppf([0.1, 0.5, 0.9]))
    assert (first.people.low, first.people.median, first.people.high) == pytest.approx(expected, rel=0.03)


def test_less_weight_is_a_wider_range(model) -> None:
    wide, narrow = (prior_predictive(weigh_priors(model, w), tracks=1).reach[0].people for w in (0.25, 4.0))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_curves_are_the_laws(model) -> None:
    """Densities integrate to 1; the chance within n rises; half of the waits have come by about the median."""
    drawn = prior_pictures(model)
    assert len(drawn.chances) == 5
    assert len(drawn.waits) == 10
    for curve in drawn.chances:
        assert np.mean(curve.y) == pytest.approx(1.0, abs=1e-3)
    assert list(drawn.offers.y) == sorted(drawn.offers.y)
    within = dict(zip(drawn.offers.x, drawn.offers.y, strict=True))
    assert within[100] < 0.5 < within[200]
    yes = drawn.waits[0]
    assert np.interp(0.5, yes.y, yes.x) == pytest.approx(8.0, rel=0.08)
