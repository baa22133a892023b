"""Reliability: right chances pass, wrong ones are caught, and claims that hang together are not counted as many."""

import numpy as np
import pytest

from offercast.trust.reliability import LUCK, Claims


def stated(
    rng: np.random.Generator, *, worlds: int, each: int = 1, sharpened: float = 1.0, raised: float = 0.0
) -> Claims:
    """Claims of worlds: right chances with luck of their own, then said too surely, or too high."""
    logit = rng.normal(-0.5, 1.5, (worlds, each))
    true = rng.random((worlds, each)) < 1 / (1 + np.exp(-logit))
    said = 1 / (1 + np.exp(-(logit * sharpened + raised)))
    return Claims(said.ravel(), true.ravel(), np.repeat(np.arange(worlds), each))


def shared(rng: np.random.Generator, *, worlds: int, each: int) -> Claims:
    """Twenty claims of one half in every world, which come true all together or not at all."""
    return Claims(
        np.full(worlds * each, 0.5), np.repeat(rng.random(worlds) < 0.5, each), np.repeat(np.arange(worlds), each)
    )


def test_right_chances_are_calibrated_as_often_as_promised() -> None:
    """In 100 tables about one has a bin outside; the binomial law allows six, but for 1 in 10,000 runs."""
    rng = np.random.default_rng(1)
    outside = sum(not all(one.inside for one in stated(rng, worlds=300).bins()) for _ in range(100))
    assert outside <= 6
    assert LUCK == 0.01


def test_claims_that_stand_or_fall_together_do_not_count_as_many() -> None:
    """Counted as independent, twenty equal throws a world would be outside in most of the 50 tables."""
    rng = np.random.default_rng(2)
    done = [shared(rng, worlds=100, each=20) for _ in range(50)]
    assert sum(not claims.calibrated for claims in done) <= 3
    assert {one.count for claims in done for one in claims.bins()} == {100}


@pytest.mark.parametrize(("wrong", "score"), [({"sharpened": 2.0}, "too_sure"), ({"raised": 0.7}, "too_high")])
def test_wrong_chances_are_caught(wrong: dict, score: str) -> None:
    claims = stated(np.random.default_rng(3), worlds=300, each=3, **wrong)
    assert getattr(claims, score) > 4
    assert not claims.calibrated
    assert not all(one.inside for one in claims.bins())


def test_timid_chances_are_caught_too() -> None:
    claims = stated(np.random.default_rng(4), worlds=400, each=3, sharpened=0.4)
    assert claims.too_sure < -4
    assert not claims.calibrated


def test_bins_by_hand() -> None:
    """Two worlds, three bins: one half stands at the lower edge of its bin, and 1 in the last."""
    claims = Claims(np.array([0.5, 0.55, 0.42, 1.0]), np.array([1.0, 0.0, 0.0, 1.0]), np.array([0, 1, 1, 1]))
    found = [(one.low, one.count, one.claimed, one.came) for one in claims.bins()]
    assert found == [(0.4, 1, 0.42, 0.0), (0.5, 2, pytest.approx(0.525), 0.5), (0.95, 1, 1.0, 1.0)]
    assert claims.too_high == pytest.approx((-0.5 + 0.97) / np.hypot(0.5, 0.97))
