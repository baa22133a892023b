"""Comparing tracks: probabilities that are counted right and words that match them."""

import numpy as np
import pytest
from scipy import stats

from offercast.decisions import compare
from offercast.decisions.compare import Pair
from offercast.errors import CommandError
from offercast.inference import Posterior
from offercast.inference.summary import Interval


def betas(a: tuple[float, float], b: tuple[float, float], draws: int = 200_000) -> Posterior:
    """Two tracks whose first step has independent Beta posteriors, all other steps certain."""
    sure = dict.fromkeys(
        ("response->phone", "phone->interview", "interview->second_interview", "second_interview->offer"), 1.0
    )
    posterior = Posterior.from_chances({"A": sure, "B": sure}, draws=draws)
    rng = np.random.default_rng(1)
    for k, law in enumerate((a, b)):
        p = rng.beta(*law, draws)
        posterior.draws["advance_logit"][0, :, k, 1] = np.log(p / (1 - p))
    return posterior


def test_the_chance_of_being_better_is_the_integral() -> None:
    """P(X > Y) for Beta(22, 75) and Beta(7, 86), by quadrature with SciPy."""
    comparison = compare(betas((22, 75), (7, 86)))
    grid = np.linspace(0, 1, 20_001)
    exact = np.trapezoid(stats.beta(22, 75).pdf(grid) * stats.beta(7, 86).cdf(grid), grid)
    (pair,) = comparison.whole.pairs
    assert pair.chance_first_better == pytest.approx(exact, abs=0.003)
    assert comparison.whole.chance_best["A"] == pytest.approx(exact, abs=0.003)
    assert pair.difference.median == pytest.approx(22 / 97 - 7 / 93, abs=0.005)
    assert pair.verdict == "clear"


def test_the_chances_of_being_best_sum_to_one_and_ties_are_shared() -> None:
    equal = Posterior.from_chances({t: {"applied->response": 0.2} for t in "ABC"})
    whole = compare(equal).whole
    assert whole.chance_best == {t: pytest.approx(1 / 3) for t in "ABC"}
    assert [pair.chance_first_better for pair in whole.pairs] == [0.5] * 3
    assert {pair.verdict for pair in whole.pairs} == {"cannot tell yet"}


def test_each_step_is_its_own_contest() -> None:
    posterior = Posterior.from_chances(
        {
            "A": {"applied->response": 0.4, "response->phone": 0.2},
            "B": {"applied->response": 0.1, "response->phone": 0.9},
        }
    )
    comparison = compare(posterior)
    assert [contest.name for contest in comparison.steps][:2] == ["applied->response", "response->phone"]
    assert [contest.best for contest in comparison.steps][:2] == ["A", "B"]
    assert comparison.whole.best == "B"  # .1 x .9 > .4 x .2
    assert len(comparison.steps) == 5


def test_relabelling_tracks_permutes_the_result() -> None:
    """The same draws under the other names: every chance turns round."""
    one = betas((3, 30), (5, 30))
    other = betas((3, 30), (5, 30))
    other.draws["advance_logit"][...] = one.draws["advance_logit"][:, :, ::-1]
    straight, turned = compare(one).whole, compare(other).whole
    assert turned.chance_best == {"A": straight.chance_best["B"], "B": straight.chance_best["A"]}
    assert turned.pairs[0].chance_first_better == pytest.approx(1 - straight.pairs[0].chance_first_better)
    assert turned.pairs[0].difference.median == pytest.approx(-straight.pairs[0].difference.median)


def test_the_level_is_that_of_every_interval() -> None:
    narrow, wide = (compare(betas((3, 30), (5, 30)), level=level) for level in (0.5, 0.95))
    for contest in ("whole", "step"):
        a, b = (c.whole if contest == "whole" else c.steps[0] for c in (narrow, wide))
        assert b.chances["A"].low < a.chances["A"].low < a.chances["A"].high < b.chances["A"].high
        assert b.pairs[0].difference.low < a.pairs[0].difference.low


def test_steps_are_compared_in_the_channel_asked_for() -> None:
    posterior = Posterior.from_chances({"A": {"applied->response": 0.2}, "B": {"applied->response": 0.2}})
    posterior.draws["channel_logit"][..., 1, 0] = 2.0
    cold, referral = (compare(posterior, channel=c).steps[0].chances["A"].median for c in ("cold", "referral"))
    assert cold == pytest.approx(0.2)
    assert referral == pytest.approx(1 / (1 + np.exp(-2.0) * 4))


def test_a_channel_starts_where_it_steps_on() -> None:
    posterior = Posterior.from_chances({"A": {"applied->response": 0.01}, "B": {"applied->response": 0.9}})
    comparison = compare(posterior, channel="recruiter")
    assert comparison.steps[0].name == "response->phone"
    assert comparison.whole.pairs[0].chance_first_better == 0.5


def test_one_track_has_nobody_to_compare_with() -> None:
    comparison = compare(Posterior.from_chances({"only": {}}))
    assert comparison.whole.pairs == ()
    assert comparison.whole.chance_best == {"only": 1.0}


@pytest.mark.parametrize(
    ("chance", "verdict"), [(0.96, "clear"), (0.03, "clear"), (0.85, "leaning"), (0.6, "cannot tell yet")]
)
def test_words_match_probabilities(chance: float, verdict: str) -> None:
    pair = Pair("A", "B", chance, Interval(0.0, -1.0, 1.0))
    assert pair.verdict == verdict
    assert pair.better == ("A" if chance > 0.5 else "B")


def test_wrong_calls_are_refused() -> None:
    posterior = Posterior.from_chances({"A": {}})
    with pytest.raises(CommandError, match="between 0 and 1"):
        compare(posterior, level=90)
    with pytest.raises(CommandError, match="no channel"):
        compare(posterior, channel="x")
