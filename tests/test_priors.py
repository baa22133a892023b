"""Priors by weight, by range and by counts: closed forms, and a file in which nothing else has changed."""

import difflib
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from offercast.errors import CommandError
from offercast.inference.layout import Layout
from offercast.modelfile import parse_model
from offercast.priors import (
    Z80,
    chance_between,
    chance_from_counts,
    days_between,
    edit_prior,
    prior_range,
    weigh_priors,
)

FIRST = "applied->response"
MINE = {"name": "mine", "reason": "given by the user", "source": "own search of last year", "year": 2025}


def test_a_quarter_of_the_weight_doubles_what_is_expected_of_people(model) -> None:
    """Each block of the parameters keeps its means; sds of chances, waits and channels double, of shapes they stay."""
    before, after = (Layout(("A", "B"), m).blocks for m in (model, weigh_priors(model, 0.25)))
    for one, other in zip(before, after, strict=True):
        assert np.array_equal(one.mean, other.mean)
        assert other.sd == pytest.approx(one.sd * (2 if one.name in {"mu", "nu", "m_advance", "m_no", "g"} else 1))
    assert weigh_priors(model, 0.25).priors.scales == model.priors.scales


def test_the_weight_survives_its_text(model) -> None:
    """What a saved fit holds is the text: read again, it gives the same priors, and another digest."""
    weighed = weigh_priors(model, 0.5)
    again = parse_model(weighed.text)
    assert again.priors == weighed.priors
    assert again.digest == weighed.digest != model.digest
    assert weigh_priors(model, 1.0) is model
    assert weigh_priors(weighed, 1.0).priors == model.priors
    assert weigh_priors(weighed, 0.25).priors == weigh_priors(model, 0.25).priors  # set, not multiplied
    added = [line for line in difflib.ndiff(model.text.splitlines(), weighed.text.splitlines()) if line[0] in "+-"]
    assert added == ["+ prior_weight = 0.5"]


@pytest.mark.parametrize("weight", [0.0, -1.0, math.nan, math.inf])
def test_a_weight_is_above_zero(model, weight: float) -> None:
    with pytest.raises(CommandError, match="must be above 0"):
        weigh_priors(model, weight)


@given(st.floats(0.02, 0.6), st.floats(0.1, 2.0))
def test_a_symmetric_range_is_kept_and_holds_four_fifths(median: float, sd: float) -> None:
    centre = math.log(median / (1 - median))
    low, high = special.expit([centre - Z80 * sd, centre + Z80 * sd])
    said = chance_between(median, low, high)
    assert (said.sd, said.low, said.high) == pytest.approx((sd, low, high), rel=1e-6)
    law = stats.norm(centre, said.sd)
    assert law.cdf(special.logit(high)) - law.cdf(special.logit(low)) == pytest.approx(0.8, abs=1e-6)


@pytest.mark.parametrize(("moved_on", "of"), [(0, 1), (0, 40), (9, 60), (55, 60), (3, 3)])
def test_counts_give_the_beta_laws_mean_and_variance_in_logits(moved_on: int, of: int) -> None:
    """By numerical integration of the Beta law, not by the formula."""
    said = chance_from_counts(moved_on, of)
    law = stats.beta(1 + moved_on, 1 + of - moved_on)
    mean = law.expect(special.logit)
    variance = law.expect(lambda p: (special.logit(p) - mean) ** 2)
    assert special.logit(said.median) == pytest.approx(mean, abs=1e-5)
    assert said.sd == pytest.approx(math.sqrt(variance), rel=1e-4)
    assert said.n == of


def test_days_have_a_lognormal_range() -> None:
    law = stats.lognorm(days_between(10, 5, 20).sd, scale=10)
    assert (law.ppf(0.1), law.ppf(0.9)) == pytest.approx((5, 20), rel=1e-9)


def test_a_priors_range_is_its_middle_four_fifths(model) -> None:
    prior = model.step_prior(FIRST)
    found = prior_range(prior.advance)
    law = stats.norm(special.logit(0.165), 0.65)
    assert (found.low, found.high) == pytest.approx(special.expit(law.ppf([0.1, 0.9])), rel=1e-9)
    days = prior_range(prior.no_wait)
    assert (days.low, days.high) == pytest.approx(stats.lognorm(0.5, scale=14).ppf([0.1, 0.9]), rel=1e-9)


@pytest.mark.parametrize(
    "call",
    [
        lambda: chance_between(0.2, 0.3, 0.4),
        lambda: chance_between(0.2, 0.1, 1.0),
        lambda: chance_from_counts(7, 5),
        lambda: chance_from_counts(0, 0),
        lambda: days_between(10, 0, 20),
        lambda: days_between(30, 5, 20),
    ],
)
def test_what_cannot_be_is_refused(call) -> None:
    with pytest.raises(CommandError):
        call()


def changed_lines(before: str, after: str) -> list[str]:
    return [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]


def test_an_edit_changes_one_prior_and_the_name(model) -> None:
    """Two lines of the text; every comment stays; the numbers are those that were given."""
    edited = edit_prior(model, FIRST, "advance", chance_from_counts(9, 60), **MINE)
    lines = changed_lines(model.text, edited.text)
    assert [line[:12] for line in lines] == ['- name = "bl', '+ name = "mi', "- advance = ", "+ advance = "]  # fmt: skip
    prior = edited.step_prior(FIRST).advance
    assert (prior.median, prior.sd, prior.n) == (0.1558, 0.353, 60)
    assert (prior.reason, prior.source, prior.year) == ("given by the user", "own search of last year", 2025)
    assert parse_model(edited.text) == edited


def test_a_wait_keeps_the_spread_of_single_waits(model) -> None:
    edited = edit_prior(model, FIRST, "no_wait", days_between(20, 10, 40), **MINE)
    old, new = model.step_prior(FIRST).no_wait, edited.step_prior(FIRST).no_wait
    assert (new.median, new.spread, new.spread_sd) == (20, old.spread, old.spread_sd)
    assert new.sd == pytest.approx(days_between(20, 10, 40).sd, abs=1e-4)


def test_a_step_without_a_prior_gets_one_of_its_own(model) -> None:
    """An own ladder's step: it took the wide prior of any other step, and still does but for what was said."""
    text = model.text
    start = text.index('[[priors.steps]]\nstep = "introduction->response"')  # fmt: skip
    end = text.index("# For the steps of your own ladder")
    short = parse_model(text[:start] + text[end:])
    edited = edit_prior(short, "introduction->response", "advance", chance_between(0.5, 0.3, 0.7), **MINE)
    prior = edited.step_prior("introduction->response")
    assert prior.advance.median == 0.5
    assert prior.no_wait == short.priors.any_other_step.no_wait
    assert "# For the steps of your own ladder" in edited.text


def test_a_files_own_weight_is_allowed_for(model) -> None:
    """The user says how wide it is; a file that halves the weight of its priors must end up there, too."""
    edited = edit_prior(weigh_priors(model, 0.5), FIRST, "advance", chance_between(0.2, 0.1, 0.35), **MINE)
    assert edited.step_prior(FIRST).advance.sd == pytest.approx(chance_between(0.2, 0.1, 0.35).sd, rel=1e-3)


def test_words_with_quotes_are_written_so_that_they_are_read(model) -> None:
    said = MINE | {"reason": 'they said "no" \\ often', "source": "é 'x'"}
    prior = edit_prior(model, FIRST, "told_no", chance_between(0.5, 0.3, 0.7), **said).step_prior(FIRST).told_no
    assert (prior.reason, prior.source) == ('they said "no" \\ often', "é 'x'")


def test_what_cannot_be_edited_is_refused(model) -> None:
    with pytest.raises(CommandError, match='Did you mean "applied->response"'):
        edit_prior(model, "applied->respons", "advance", chance_between(0.2, 0.1, 0.3), **MINE)
    line = next(x for x in model.text.splitlines() if x.startswith("advance = { median = 0.165"))
    fields = {"median": 0.1, "sd": 1, "unit": '"u"', "reason": '"r"', "source": '"s"', "year": 2025}
    long = parse_model(model.text.replace(line, "\n".join(f"advance.{k} = {v}" for k, v in fields.items()), 1))
    with pytest.raises(CommandError, match="by hand"):
        edit_prior(long, FIRST, "advance", chance_between(0.2, 0.1, 0.3), **MINE)
