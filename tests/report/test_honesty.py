"""The trust line in full: each sentence where it is due, and nothing where there is nothing to say."""

import json
import math
from dataclasses import replace

import pytest

from offercast.inference import Posterior
from offercast.inference.identifiability import SlowOrNever, StepAge
from offercast.inference.predictive import Check
from offercast.priors import weigh_priors
from offercast.report.honesty import (
    check_sentences,
    fit_trust,
    honesty,
    honesty_json,
    rests_on_text,
    slow_or_never_sentences,
)
from offercast.report.json import to_json

FIRST = "applied->response"
PARTLY = SlowOrNever(FIRST, 0.55, 0.8, 41.2, 96, 7, (StepAge(FIRST, 60, 38.4), StepAge("response->phone", 2, 1.0)))


def check(measure, observed, expected, p, checks=30) -> Check:
    return Check(FIRST, measure, observed, expected, p, checks)


def test_the_example_says_what_it_rests_on(example_posterior) -> None:
    told = fit_trust(example_posterior)
    order = ["WHAT EACH NUMBER RESTS ON", "Applied → Response", "Sales Engineer: offers in 100", "TRUST",
             "sampler healthy", "silence can be told from slowness", "open at Applied → Response", "the model fits the log"]  # fmt: skip
    places = [told.index(words) for words in order]
    assert places == sorted(places)
    assert max(map(len, told.splitlines())) <= 100
    row = next(line for line in told.splitlines() if line.startswith("  Applied → Response"))
    assert row.split("  ")[-1].strip() in {"both", "the log", "the prior"}


def test_slow_and_never_are_told_with_what_would_settle_it(ladder) -> None:
    told = slow_or_never_sentences(PARTLY, ladder)
    assert told[0].startswith("silence is only partly told from slowness")
    assert told[1] == "of 60 open at Applied → Response, about 38 have waited less than 80 % of the answers take"
    assert told[2] == (
        "about 96 applications that were answered or have waited that long would settle it; there are 41;"
        " those in flight get there in about 7 weeks"
    )
    assert "weeks" not in slow_or_never_sentences(replace(PARTLY, weeks=None), ladder)[2]
    assert len(slow_or_never_sentences(replace(PARTLY, needed=40, weeks=None), ladder)) == 2
    assert "cannot yet be told" in slow_or_never_sentences(replace(PARTLY, never=0.9), ladder)[0]
    settled = slow_or_never_sentences(replace(PARTLY, never=0.3), ladder)
    assert settled[0].startswith("silence can be told from slowness")
    assert len(settled) == 2
    everyone = slow_or_never_sentences(replace(PARTLY, ages=(StepAge(FIRST, 9, 8.8),)), ladder)
    assert everyone[1].startswith("of 9 open at Applied → Response, all have waited less")
    assert "none have waited" in slow_or_never_sentences(replace(PARTLY, ages=(StepAge(FIRST, 9, 0.2),)), ladder)[1]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (check("moved on", 30, 5.2, 0.0), "more applications moved on than the model expects (30, about 5.2 expected)"),
        (check("told no", 2, 21, 0.0005), "fewer were told no than the model expects (2, about 21 expected)"),
        (check("answers in 7 days", 40, 12, 0.0), "more answers came within 7 days"),
        (check("in 28", 1, 12, 0.0), "fewer answers came within 28 days"),
        (check("waits for a no", 9.0, 2.5, 0.0), "the waits for a no have another shape than the model gives them"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_calmly(ladder, found: Check, words: str) -> None:
    (told,) = check_sentences([found, check("told no", 5, 5, 0.6)], ladder)
    assert told.startswith("does not fit: at ")
    assert words in told


def test_a_small_p_among_many_checks_is_chance(ladder) -> None:
    """0.01 in 30 checks is no news; in 2 it is."""
    many = check_sentences([check("told no", 2, 8, 0.01)], ladder)
    assert many == ["the model fits the log: of 1 check of counts and waits none is far off"]
    assert "does not fit" in check_sentences([check("told no", 2, 8, 0.01, checks=2)], ladder)[0]


def test_a_baseline_and_a_fit_by_hand_have_nothing_of_it(ladder) -> None:
    by_hand = Posterior.from_chances({"A": {}})
    assert fit_trust(by_hand).startswith("TRUST")
    assert honesty_json(by_hand) == {
        "prior_weight": 1.0, "sensitivity": [], "slow_or_never": None, "predictive_checks": [],
    }  # fmt: skip


def test_a_step_far_from_its_prior_is_named(example_posterior, model) -> None:
    """2.5 prior sds above the prior's centre; at 1.5 nothing is said."""
    prior = model.step_prior(FIRST).advance
    centre = math.log(prior.median / (1 - prior.median))

    def told(moved: float) -> str:
        draws = dict(example_posterior.draws)
        shifted = draws["advance_logit"].copy()
        shifted[..., 1] += centre + moved * prior.sd - shifted[..., 1].mean()
        return fit_trust(replace(example_posterior, draws=draws | {"advance_logit": shifted}))

    assert "far from what is usual for people: Applied → Response" in told(2.5)
    assert "far from what is usual" not in told(1.5)


def test_another_weight_of_the_priors_is_said(example_posterior, model) -> None:
    weighed = replace(example_posterior, model=weigh_priors(model, 0.5))
    assert "the priors of blueprint count 0.5 times what they say" in fit_trust(weighed)
    assert honesty_json(weighed)["prior_weight"] == 0.5
    assert "prior weight" not in fit_trust(example_posterior)


def test_an_empty_log_rests_on_the_prior(model, example_posterior) -> None:
    """Draws from the prior: every number is the prior's, and nothing is said of silence or fit."""
    from offercast.inference.prior import sample_prior

    empty = sample_prior(model, ("A", "B"), draws=2000)
    assert {s.rests_on for s in honesty(empty).sensitivities} == {"the prior"}
    told = fit_trust(empty)
    assert "every number here is the prior's" in told
    assert "slowness" not in told
    assert "fits" not in told
    assert "the prior" in rests_on_text(honesty(empty).sensitivities, model.ladder)


def test_the_json_holds_numbers_only(example_posterior) -> None:
    body = json.loads(to_json("fit", honesty_json(example_posterior)), parse_constant=pytest.fail)
    assert body["slow_or_never"]["told_apart"] in {"yes", "partly", "not yet"}
    assert {row["rests_on"] for row in body["sensitivity"]} <= {"the log", "both", "the prior"}
    assert all(0 <= row["p"] <= 1 for row in body["predictive_checks"])
