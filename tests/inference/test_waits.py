"""The law of a wait: a distribution, its inverse, and what remains of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from offercast.inference.waits import SHAPE_PER_SD, cdf, logistic, quantile, remaining, silent_parts

log_medians, shapes = st.floats(-1, 4), st.floats(0.1, 2.0)


@given(st.floats(0.01, 179), log_medians, shapes)
def test_it_is_scipys_log_logistic_truncated(days: float, log_median: float, shape: float) -> None:
    law = stats.fisk(1 / shape, scale=np.exp(log_median))
    expected = law.cdf(days) / law.cdf(180.0)
    assert float(cdf(days, log_median, shape, 180.0)) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(st.floats(1e-6, 1 - 1e-6), log_medians, shapes)
def test_the_quantile_inverts_the_cdf(share: float, log_median: float, shape: float) -> None:
    days = quantile(share, log_median, shape, 180.0)
    assert 0 < days <= 180.0 * (1 + 1e-9)
    assert float(cdf(days, log_median, shape, 180.0)) == pytest.approx(share, rel=1e-6)


def test_no_wait_is_longer_than_the_horizon() -> None:
    assert cdf([0.0, 180.0, 400.0], 2.0, 0.5, 180.0).tolist() == [0.0, 1.0, 1.0]


def test_what_remains_is_the_conditional_law() -> None:
    """Among waits that last over 20 days, the remainder has the quantiles that `remaining` gives."""
    rng = np.random.default_rng(1)
    waits = quantile(rng.random(400_000), 2.5, 0.6, 180.0)
    left = waits[waits > 20.0] - 20.0
    for share in (0.1, 0.5, 0.9):
        drawn = np.quantile(left, share)
        assert float(remaining(share, 20.0, 2.5, 0.6, 180.0)) == pytest.approx(drawn, rel=0.03)


FAR = [(60.0, 1.0, 0.1), (120.0, 1.0, 0.05), (170.0, 0.0, 0.05), (100.0, 2.0, 0.03), (179.0, 2.5, 0.01)]
"""Waits so long that the cdf is 1 to the last bit, or nearly: days waited, log median, shape."""


@pytest.mark.parametrize(("waited", "log_median", "shape"), FAR)
@pytest.mark.parametrize("family", ["log-logistic", "lognormal"])
def test_what_remains_is_exact_where_the_cdf_has_rounded_to_one(
    family: str, waited: float, log_median: float, shape: float
) -> None:
    """Against the hazard, integrated from the day waited on: no survival chance is small enough to matter.

    With 1 - cdf these were infinite, or days off: 1 - u S(e) is the tail that `-ndtri(u S(e))` keeps.
    """
    days = np.linspace(waited, 180.0, 2_000_001)
    position = (np.log(days) - log_median) / shape
    law = stats.logistic if family == "log-logistic" else stats.norm
    log_left = law.logsf(position) - law.logsf(position[0])
    level = np.expm1(log_left) / np.expm1(log_left[-1])
    for share in (1e-6, 0.01, 0.5, 0.99):
        exact = np.interp(share, level, days - waited)
        ours = float(remaining(share, waited, log_median, shape, 180.0, family=family))
        assert ours == pytest.approx(exact, rel=1e-4, abs=1e-7)
    assert float(remaining(1.0, waited, log_median, shape, 180.0, family=family)) == pytest.approx(180.0 - waited)


@pytest.mark.parametrize("family", ["log-logistic", "lognormal"])
def test_nothing_waited_leaves_the_whole_wait(family: str) -> None:
    for share in (1e-9, 0.2, 0.999999):
        whole = float(quantile(share, 2.0, 0.5, 180.0, family=family))
        assert float(remaining(share, 0.0, 2.0, 0.5, 180.0, family=family)) == pytest.approx(whole, rel=1e-9)
    assert float(remaining(0.5, 400.0, 2.0, 0.5, 180.0, family=family)) == 0.0


def test_the_last_wait_ends_at_the_horizon() -> None:
    """Where the untruncated law is all but over by then, too."""
    assert float(quantile(1.0, 0.0, 0.05, 180.0)) == pytest.approx(180.0)
    assert float(quantile(1.0, 2.0, 0.9, 180.0)) == pytest.approx(180.0)


def test_a_remaining_wait_is_never_negative() -> None:
    assert float(remaining(0.0, 179.9, 2.0, 0.3, 180.0)) >= 0.0


def test_hope_after_silence_is_bayes_rule() -> None:
    """Worked by hand: p = .2, F = .5, w = .5, G = .4 give .1 / (.1 + .8 * .8)."""
    assert tuple(map(float, silent_parts(0.2, 0.5, 0.5, 0.4))) == pytest.approx((0.1, 0.64))
    assert float(silent_parts(0.2, 0.5, 1.0, 1.0)[0]) == 0.0


def test_the_logistic_has_no_overflow() -> None:
    with np.errstate(all="raise"):
        values = logistic([-700.0, 0.0, 700.0])
    assert values.tolist() == [pytest.approx(0, abs=1e-300), 0.5, 1.0]


def test_the_shape_is_the_sd_in_log_days() -> None:
    """For the untruncated law: sd of log T = shape * pi / sqrt(3)."""
    assert stats.logistic(0, 0.7 * SHAPE_PER_SD).std() == pytest.approx(0.7)


@given(st.floats(0.01, 179), log_medians, shapes)
def test_the_other_family_is_scipys_lognormal_truncated(days: float, log_median: float, shape: float) -> None:
    law = stats.lognorm(shape, scale=np.exp(log_median))
    expected = law.cdf(days) / law.cdf(180.0)
    ours = cdf(days, log_median, shape, 180.0, family="lognormal")
    assert float(ours) == pytest.approx(expected, rel=1e-7, abs=1e-12)
    back = float(quantile(ours, log_median, shape, 180.0, family="lognormal"))
    if 1e-9 < expected < 1 - 1e-9:
        assert back == pytest.approx(days, rel=1e-4)
