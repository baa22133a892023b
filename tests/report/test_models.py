"""Model files in words and in a picture: every prior is told, with its source."""

import builtins
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from offercast.errors import CommandError
from offercast.inference.prior import prior_pictures, prior_predictive
from offercast.priors import chance_between, days_between, edit_prior, prior_range, weigh_priors
from offercast.report.models import check_text, edit_text, list_text, of_100, said_text, show_text
from offercast.report.pictures import prior_svg

PICTURE = Path(__file__).parents[2] / "docs" / "prior-predictive.svg"


def test_every_prior_is_shown_with_its_reason_and_source(model) -> None:
    told = " ".join(show_text(model).split())
    priors = [p for step in model.priors.steps for p in (step.advance, step.told_no, step.advance_wait, step.no_wait)]
    for prior in [*priors, *model.priors.channels, *model.priors.scales]:
        assert " ".join(f"{prior.reason} [{prior.source}, {prior.year}".split()) in told
    assert "of 100 that get here, about 16 move on (8 to 31)" in told
    assert "half of the noes have come after 14 days (7.4 to 27)" in told
    assert "Referral: 3.3 (1.5 to 7.2) at its first step, 1.2 (0.83 to 1.8) later" in told
    assert max(map(len, show_text(model).splitlines())) <= 100


def test_a_step_of_an_own_ladder_says_whose_prior_it_has(model) -> None:
    from offercast.modelfile import parse_model

    start = model.text.index('[[priors.steps]]\nstep = "introduction->response"')
    end = model.text.index("# For the steps of your own ladder")
    assert "no prior of its own" in show_text(parse_model(model.text[:start] + model.text[end:]))


def test_what_the_priors_mean_is_told_to_two_digits(model) -> None:
    told = check_text(model, prior_predictive(model))
    assert re.search(r"reach Interview +7 +1 to 16", told)
    assert "applications to a first offer: 120 for an even chance, 640 for 8 in 10" in told
    assert "MODEL FILES" in list_text([model])


def test_an_edit_tells_before_and_now(model) -> None:
    said = chance_between(0.3, 0.2, 0.42)
    edited = edit_prior(model, "applied->response", "advance", said, name="mine", reason="r", source="s", year=2026)
    effect = tuple(prior_predictive(m, draws=4000) for m in (model, edited))
    before = prior_range(model.step_prior("applied->response").advance)
    told = edit_text(model.ladder, "applied->response", "advance", before, said, effect)
    assert "before  of 100 that get here, about 16 move on (8 people in 10: 8 to 31)" in told
    assert "now     of 100 that get here, about 30 move on (8 people in 10: 20 to 42)" in told
    assert effect[1].needed[0.5] < effect[0].needed[0.5]


def test_words_for_each_kind() -> None:
    assert said_text("told_no", chance_between(0.5, 0.3, 0.7)) == (
        "of 100 that do not move on, about 50 are told no (30 to 70)"
    )
    assert said_text("no_wait", days_between(20, 10, 40)) == "half of the noes have come after 20 days (10 to 40)"
    assert of_100(0.0004) == "0.04"


def test_the_picture_in_the_documents_is_the_one_that_the_command_draws(model) -> None:
    """Byte for byte where the same Matplotlib draws; the same words elsewhere."""
    drawn = prior_svg(model, prior_pictures(model))
    kept = PICTURE.read_text()
    words = [re.findall(r">([^<>\n]+)</text>", svg) for svg in (drawn, kept)]
    assert words[0] == words[1]
    assert "Applications to a first offer" in words[0]
    if version("matplotlib").startswith("3.11."):
        assert drawn == kept


def test_another_model_is_another_picture(model) -> None:
    drawn = prior_pictures(model, draws=2000)
    assert prior_svg(model, drawn) == prior_svg(model, drawn)
    assert prior_svg(model, prior_pictures(weigh_priors(model, 0.25), draws=2000)) != prior_svg(model, drawn)


def test_without_matplotlib_the_message_says_what_to_install(model, monkeypatch) -> None:
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name.split(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    drawn = prior_pictures(model, draws=100)
    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(CommandError, match=r"offercast\[plots\]"):
        prior_svg(model, drawn)
