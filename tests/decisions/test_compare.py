"""Comparing tracks: probabilities that are counted right and words that match them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from offercast.decisions import compare
from offercast.decisions.compare import Pair
from offercast.decisions.knowing import how_much_more
from offercast.errors import CommandError
from offercast.evidence import Evidence
from offercast.inference import Posterior
from offercast.inference.summary import Interval
from offercast.report.text import compare_text
from offercast.report.words import two_digits


def betas(a: tuple[float, float], b: tuple[float, float], draws: int = 60_000) -> Posterior:
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
    one = betas((3, 30), (5, 30), draws=10_000)
    other = betas((3, 30), (5, 30), draws=10_000)
    other.draws["advance_logit"][...] = one.draws["advance_logit"][:, :, ::-1]
    straight, turned = compare(one).whole, compare(other).whole
    assert turned.chance_best == {"A": straight.chance_best["B"], "B": straight.chance_best["A"]}
    assert turned.pairs[0].chance_first_better == pytest.approx(1 - straight.pairs[0].chance_first_better)
    assert turned.pairs[0].difference.median == pytest.approx(-straight.pairs[0].difference.median)


def test_the_level_is_that_of_every_interval() -> None:
    narrow, wide = (compare(betas((3, 30), (5, 30), draws=10_000), level=level) for level in (0.5, 0.95))
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


def test_ranks_losses_and_practical_equivalence_are_counted_from_the_draws() -> None:
    """Two Beta posteriors: every number is an integral over both."""
    a, b = stats.beta(22, 75), stats.beta(20, 75)
    whole = compare(betas((22, 75), (20, 75))).whole
    (pair,) = whole.pairs
    rng = np.random.default_rng(5)
    x, y = a.rvs(400_000, random_state=rng), b.rvs(400_000, random_state=rng)
    assert pair.chance_alike == pytest.approx(np.mean(np.maximum(x / y, y / x) <= 1.25), abs=0.005)
    assert whole.loss["B"] == pytest.approx(np.mean(1 - y / np.maximum(x, y)), abs=0.005)
    assert whole.ranks["A"] == pytest.approx((whole.chance_best["A"], 1 - whole.chance_best["A"]), abs=1e-9)
    three = Posterior.from_chances({t: {"applied->response": p} for t, p in zip("ABC", (0.1, 0.3, 0.3), strict=True)})
    assert compare(three).whole.ranks == {"A": (0.0, 0.0, 1.0), "B": (0.5, 0.5, 0.0), "C": (0.5, 0.5, 0.0)}


def test_what_is_decided_needs_no_more() -> None:
    assert how_much_more(betas((60, 40), (5, 95), draws=4_000)).decided
    assert how_much_more(betas((500_000, 500_000), (500_000, 500_000), draws=4_000)).decided  # as good as alike
    assert how_much_more(Posterior.from_chances({"A": {}})).of_each == 0


def test_how_much_more_is_what_conjugate_updating_says() -> None:
    """Beta posteriors have a closed form after every outcome: the same share of truths is decided after as many."""
    a, b = (7.5, 28.5), (3.0, 33.0)
    more = how_much_more(betas(a, b, draws=2_000), seed=3)
    rng = np.random.default_rng(4)
    grid = (np.arange(500) + 0.5) / 500
    for n, chance in zip(more.numbers, more.chances, strict=True):
        if np.isnan(chance):
            continue
        found = []
        for _ in range(150):
            p, q = rng.beta(*a), rng.beta(*b)
            x, y = rng.binomial(n, p), rng.binomial(n, q)
            after, other = stats.beta(a[0] + x, a[1] + n - x), stats.beta(b[0] + y, b[1] + n - y)
            values = after.ppf(grid)
            better = np.mean(other.cdf(values))
            same = np.mean(other.cdf(1.25 * values) - other.cdf(values / 1.25))
            found.append(max(better, 1 - better) >= 0.95 or same >= 0.95)
        assert chance == pytest.approx(np.mean(found), abs=0.15), n
    assert more.of_each in more.numbers
    assert more.of_one["A"] is None or more.of_one["A"] >= more.of_each


def a_mixed_search(example_evidence: Evidence) -> Posterior:
    """Two tracks of known rates: A begun cold, B half through referrals."""
    cells = {(0, 0, 1, 2, 5, 70): 10.0, (1, 0, 1, 2, 5, 70): 5.0, (1, 1, 1, 2, 5, 70): 5.0}
    evidence = replace(example_evidence, tracks=("A", "B"), cells=cells, rhythm=(), in_flight=())
    posterior = Posterior.from_chances(
        {"A": {"applied->response": 0.2}, "B": {"applied->response": 0.1}}, evidence=evidence
    )
    posterior.draws["channel_logit"][:, :, 1, 0] = 2.0
    return posterior


def test_a_track_is_not_praised_for_its_referrals(example_evidence: Evidence) -> None:
    posterior = a_mixed_search(example_evidence)
    found = compare(posterior, hours={(None, "referral"): 4.0, ("A", "cold"): 0.5})
    cold, referral = (posterior.offer_chance(channel)[0, 0] for channel in ("cold", "referral"))
    assert found.mixes == {"A": {"cold": 1.0}, "B": {"cold": 0.5, "referral": 0.5}}
    assert found.hours == {"A": 0.5, "B": 2.5}
    assert found.as_sent.chances["A"].median == pytest.approx(cold[0])
    assert found.as_sent.chances["B"].median == pytest.approx((cold[1] + referral[1]) / 2)
    assert found.per_hour.chances["B"].median == pytest.approx((cold[1] + referral[1]) / 2 / 2.5)
    assert (found.whole.best, found.as_sent.best, found.per_hour.best) == ("A", "B", "A")
    text = compare_text(found, posterior.ladder)
    assert "As you send them B leads, through one channel A: the channels differ." in text
    assert f"{two_digits(100 * found.per_hour.chances['A'].median)} (" in text


def test_one_channel_has_no_second_table() -> None:
    posterior = Posterior.from_chances({"A": {}, "B": {}})
    found = compare(posterior)
    assert found.one_channel
    assert "OWN MIX" not in compare_text(found, posterior.ladder)
    assert not compare(posterior, hours={("A", "cold"): 2.0}).one_channel
    with pytest.raises(CommandError, match="an application of 0 hours"):
        compare(posterior, hours={(None, "cold"): 0.0})


def test_no_number_is_named_for_which_the_draws_are_too_few(example_posterior) -> None:
    more = how_much_more(example_posterior)
    assert np.isnan(more.chances[-1])
    assert more.most_tried == max(n for n, c in zip(more.numbers, more.chances, strict=True) if np.isfinite(c)) < 320
    told = compare_text(compare(example_posterior), example_posterior.ladder, more)
    assert f"Not even {more.most_tried} more applications of each track" in told
    blind = replace(more, chances=(float("nan"),) * len(more.numbers))
    assert "these draws cannot tell" in compare_text(compare(example_posterior), example_posterior.ladder, blind)
