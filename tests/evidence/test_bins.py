"""Waiting-time bins: exact to the day to 14 days, honest beyond."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offercast.evidence.bins import EDGES, FOREVER, averaged_silence, silence, wait_window


@given(st.integers(0, 14))
def test_the_first_fortnight_is_exact_to_the_day(days: int) -> None:
    low, high = wait_window(days, days)
    assert (EDGES[low], EDGES[high]) == (max(days - 0.5, 0.0), days + 0.5)
    assert silence(days) == [(high, 1.0)]


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_a_window_always_holds_the_wait(shortest: int, longer: int) -> None:
    low, high = wait_window(shortest, shortest + longer)
    assert low < high <= FOREVER
    assert EDGES[low] <= max(shortest - 0.5, 0.0)
    assert EDGES[high] >= shortest + longer + 0.5


@given(st.integers(0, 2000))
def test_silence_keeps_its_weight_and_its_mean_log(days: int) -> None:
    split = silence(days)
    assert math.isclose(sum(weight for _, weight in split), 1.0)
    if days <= 364:
        mean = sum(weight * math.log(EDGES[edge]) for edge, weight in split)
        assert math.isclose(mean, math.log(days + 0.5))


@pytest.mark.parametrize("days", [17, 24, 40, 66, 100, 165, 200])
def test_the_binning_error_of_silence_is_small(days: int) -> None:
    """Interpolating log survival between two edges moves it by less than 0.02 for a log-logistic wait."""

    def log_survival(t: float) -> float:
        return -math.log1p((t / 8.0) ** 1.8)

    exact = log_survival(days + 0.5)
    binned = sum(weight * log_survival(EDGES[edge]) for edge, weight in silence(days))
    assert abs(binned - exact) < 0.02


def test_an_unknown_start_is_averaged_over_every_day() -> None:
    assert averaged_silence(2, 5) == pytest.approx(dict.fromkeys((3, 4, 5, 6), 0.25))
    assert averaged_silence(3, 3) == {4: 1.0}
