"""Model files: every number has a unit, a reason and a source, and the priors say together what was measured."""

import numpy as np
import pytest

from offercast.errors import CommandError, InputError
from offercast.inference.layout import Layout
from offercast.modelfile import list_models, load_model, parse_model


@pytest.mark.parametrize("name", list_models())
def test_every_prior_number_has_unit_reason_source_and_year(name: str) -> None:
    priors = load_model(name).priors
    numbers = [*priors.channels, priors.any_other_channel, *priors.scales]
    for step in (*priors.steps, priors.any_other_step):
        numbers += [step.advance, step.told_no, step.advance_wait, step.no_wait]
    assert len(numbers) > 40
    for prior in numbers:
        assert prior.unit, prior
        assert len(prior.reason) > 5, prior
        assert len(prior.source) > 5, prior
        assert 1990 <= prior.year <= 2026, prior


def test_the_priors_agree_with_the_pooled_logs_on_the_product_of_the_steps(model) -> None:
    """Applied to interview 5.8 % on average; applications to the first offer: median 103, 80 % point 640.

    Judged together, since step-wise weak priors are strong on a product of five.
    """
    rng = np.random.default_rng(3)
    layout = Layout(("a", "b", "c"), model)
    draws = 40_000
    vector = np.concatenate(
        [rng.normal(b.mean.ravel(), b.sd.ravel(), (draws, b.mean.size)) for b in layout.blocks], axis=1
    )
    for block in layout.blocks:
        if block.scaled_by:
            scale = model.scale_prior(block.scaled_by)
            tau = scale.median * np.exp(scale.log_sd * rng.standard_normal((draws, 1)))
            vector[:, layout.slices[block.name]] *= tau
    chance = 1 / (1 + np.exp(-layout.read(vector)["advance_logit"][:, 0]))
    steps = model.ladder.steps_to_goal("cold")
    interview = chance[:, steps[:3]].prod(axis=1)
    offer = chance[:, steps].prod(axis=1)
    needed = np.ceil(np.log(rng.random(draws)) / np.log1p(-offer))
    assert 0.045 < interview.mean() < 0.085
    assert 80 < np.quantile(needed, 0.5) < 160
    assert 400 < np.quantile(needed, 0.8) < 900


def test_an_unknown_model_names_the_nearest() -> None:
    with pytest.raises(CommandError, match='Did you mean "blueprint"'):
        load_model("bluprint")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("horizon_days = 180", "horizon_days = -1", "horizon_days: -1"),
        ("horizon_days = 180", "horizont_days = 180", "horizont_days"),
        ("offercast-model/1", "offercast-model/9", "this version reads"),
        ('step = "applied->response"', 'step = "applied->respons"', 'Did you mean "applied->response"'),
        ('channel = "referral"\n', 'channel = "refferal"\n', 'Did you mean "referral"'),
        ('effect = "delay"', 'effect = "told_no"', '"delay"; it needs one'),
        ("median = 0.165", "median = 1.165", "advance = 1.165 must lie between 0 and 1"),
        ('goal = "offer"', 'goal = "ofer"', 'Did you mean "offer"'),
        ("[assumptions]", "[assumptions", "line"),
    ],
)
def test_a_wrong_model_file_is_refused_with_its_place(model, old: str, new: str, message: str) -> None:
    assert old in model.text
    with pytest.raises(InputError) as caught:
        parse_model(model.text.replace(old, new, 1), source="mine.toml")
    assert message in str(caught.value)
    assert "mine.toml" in str(caught.value)


def test_a_step_without_a_prior_of_its_own_gets_the_wide_one(model) -> None:
    assert model.step_prior("somewhere->else") is model.priors.any_other_step
    assert model.channel_prior("pigeon") is model.priors.any_other_channel
