"""Words and JSON: true, calm, and with no decimal that nobody can pay for."""

import json
import math
import re
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offercast.decisions import compare
from offercast.forecast import Plan, forecast_offer
from offercast.inference import Posterior
from offercast.report import json as as_json
from offercast.report import text
from offercast.report.outlook import Asked, default_dates, forecast_text
from offercast.report.tables import table
from offercast.report.words import count, in_words, percent, two_digits


@given(st.floats(0, 1))
def test_a_chance_is_never_told_as_certain(chance: float) -> None:
    assert percent(chance) not in ("0 %", "100 %")
    assert in_words(chance)


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.02, "fewer than 1 in 20"),
        (0.1, "about 1 in 10"),
        (0.33, "about 1 in 3"),
        (0.14, "about 1 in 7"),
        (0.29, "about 3 in 10"),
        (0.5, "about half"),
        (0.9, "about 9 in 10"),
        (0.99, "nearly all"),
    ],
)
def test_shares_in_words(chance: float, words: str) -> None:
    assert in_words(chance) == words


@given(st.floats(1e-6, 1e7))
def test_two_digits_are_within_five_percent(value: float) -> None:
    assert math.isclose(float(two_digits(value).replace(",", "")), value, rel_tol=0.051)


def test_counts_are_whole_where_they_are() -> None:
    assert (count(3.0), count(2.96), count(0.25)) == ("3", "3", "0.2")


def test_columns_are_aligned() -> None:
    assert table([["a", "1"], ["bb", "10"]], indent=0) == "a    1\nbb  10"


@pytest.fixture(scope="module")
def outlook(example_posterior):
    return forecast_offer(example_posterior, searches=20_000)


def test_the_forecast_says_the_chance_of_none_and_its_error(outlook) -> None:
    told = forecast_text(outlook, Asked(default_dates(outlook.as_of, outlook.horizon_weeks)))
    assert "none by 1 April 2027 (52 weeks)" in told
    assert "exact to about" in told
    assert told.count("  by ") == 3
    assert "your own pace" in told


def test_no_digit_is_shown_that_the_error_does_not_allow() -> None:
    """Eight draws that disagree: chances in tens of percent, and a month for a date."""
    posterior = Posterior.from_chances({"A": {"applied->response": 0.3}}, draws=8)
    posterior.draws["advance_logit"][0, :, 0, 1] += np.linspace(-2, 2, 8)
    outlook = forecast_offer(posterior, Plan.per_week({"A": 8}), searches=20_000)
    assert outlook.margin(91.0) > 0.06
    told = forecast_text(outlook, Asked((date(2026, 4, 2),)))
    assert re.search(r"by 2 April 2026 +about \d0 %", told)
    assert re.search(r"even chance: within \d+ weeks, around \w+ 2026", told)
    sure = forecast_offer(Posterior.from_chances({"A": {}}, draws=8), Plan.per_week({"A": 8}), searches=100_000)
    assert re.search(r"weeks, by \d+ \w+ 202\d", forecast_text(sure, Asked((date(2026, 4, 2),))))


def test_what_comes_after_the_end_of_a_contract(outlook) -> None:
    """Among the searches with nothing by then, half have an offer so many weeks later."""
    ends = date(2026, 8, 31)
    later = outlook.days[outlook.days > (ends - outlook.as_of).days] - (ends - outlook.as_of).days
    weeks = round(np.quantile(later, 0.5, method="inverted_cdf") / 7)
    told = forecast_text(outlook, Asked((), ends))
    assert f"if there is none when the contract ends: even chance within {weeks} weeks after it" in told


def test_a_forecast_beyond_its_horizon_says_so() -> None:
    hopeless = Posterior.from_chances({"A": {"applied->response": 1e-9}})
    told = forecast_text(forecast_offer(hopeless, Plan.per_week({"A": 3}), searches=2000), Asked((date(2026, 2, 1),)))
    assert "even chance: later than 52 weeks at this pace" in told
    assert "more than fit into 52 weeks" in told
    assert "WHERE FROM" not in told
    assert "over 99 %" in told


def test_the_tables_turn_where_there_are_many_tracks() -> None:
    many = Posterior.from_chances({f"Track {i}": {} for i in range(7)})
    told = text.rates_text(many)
    assert "    Track 6" in told
    assert max(map(len, told.splitlines())) <= 100


def test_one_track_is_not_compared() -> None:
    one = Posterior.from_chances({"A": {}})
    assert "nothing to compare" in text.compare_text(compare(one), one.ladder)


def test_a_better_track_is_named_first_and_its_difference_is_positive() -> None:
    posterior = Posterior.from_chances({"A": {"applied->response": 0.1}, "B": {"applied->response": 0.3}})
    (pair,) = compare(posterior).whole.pairs
    assert re.fullmatch(
        r"B converts better than A, with a chance of over 99 %\. The difference: \+[\d.]+ to \+[\d.]+ points\.",
        text.pair_sentence(pair),
    )


def test_the_trust_line_says_what_is_wrong() -> None:
    from dataclasses import replace

    good = Posterior.from_chances({"A": {}})
    assert "every number here is the prior's" in text.trust_line(good)
    poor = replace(good, health=replace(good.health, r_hat=1.3))
    assert "SAMPLER NOT HEALTHY: R-hat 1.300 (limit 1.01)" in text.trust_line(poor)
    baseline = replace(good, engine="independent")
    assert "too high while much is open" in text.trust_line(baseline)


def test_json_has_a_schema_and_no_nan(example_posterior, outlook) -> None:
    for kind, body in {
        "fit": as_json.fit_json(example_posterior),
        "forecast": as_json.outlook_json(outlook, [date(2026, 6, 1)]),
        "compare": as_json.comparison_json(compare(example_posterior)),
    }.items():
        read = json.loads(as_json.to_json(kind, body), parse_constant=pytest.fail)
        assert read["schema"] == f"offercast/{kind}/1"
    with pytest.raises(ValueError, match="JSON"):
        as_json.to_json("x", {"bad": math.nan})
