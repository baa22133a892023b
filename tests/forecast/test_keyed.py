"""Random numbers with an address: uniform, independent of each other, and the same in whatever order they are asked."""

import numpy as np
import pytest
from scipy import stats

from offercast.forecast.arrivals import _LULL, _WAIT
from offercast.forecast.keyed import Keyed, search_words
from offercast.forecast.sends import _LATE
from offercast.forecast.streams import LONGEST_WEEKS

N = 400_000


def test_the_words_are_splitmix64() -> None:
    """The first outputs of the published generator from the state 0: a key whose start is 0 gives them."""
    keyed = Keyed(0)
    keyed._starts[0, 0] = np.uint64(0)
    first = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC]
    expected = [((word >> 12) + 0.5) * 2.0**-52 for word in first]
    assert keyed.uniform(search_words(1, 5), 0, 0).tolist() == expected


def test_they_are_uniform_and_not_correlated() -> None:
    """Within a sequence, between purposes, numbers, sources and seeds; never 0 or 1."""
    words = search_words(0, N)
    columns = [
        Keyed(1, "A").uniform(words, 0, 0),
        Keyed(1, "A").uniform(words, 1, 0),
        Keyed(1, "A").uniform(words, 0, 1),
        Keyed(1, "B").uniform(words, 0, 0),
        Keyed(2, "A").uniform(words, 0, 0),
    ]
    for column in columns:
        assert 0 < column.min() < column.max() < 1
        assert stats.kstest(column, "uniform").pvalue > 1e-3
        for lag in (1, 2, 7):
            assert abs(np.corrcoef(column[lag:], column[:-lag])[0, 1]) < 4 / np.sqrt(N)
    across = np.corrcoef(columns) - np.eye(len(columns))
    assert np.abs(across).max() < 4 / np.sqrt(N)


def test_an_address_is_always_the_same_number() -> None:
    """Alone, in a block, or with the number of the application given for each search."""
    keyed = Keyed(3, "A", "cold")
    whole = keyed.uniform(search_words(0, 100), 2, 5)
    assert keyed.uniform(search_words(40, 60), 2, 5).tolist() == whole[40:60].tolist()
    assert Keyed(3, "A", "cold").uniform(search_words(7, 8), 2, 5)[0] == whole[7]
    each = keyed.uniform(search_words(0, 100), np.tile([2, 3], 50), 5)
    assert each[::2].tolist() == whole[::2].tolist()
    assert each[1::2].tolist() == keyed.uniform(search_words(0, 100), 3, 5)[1::2].tolist()


def test_exponential_numbers_have_mean_one() -> None:
    drawn = Keyed(1, "A").exponential(search_words(0, N), 0, 0)
    assert stats.kstest(drawn, "expon").pvalue > 1e-3
    assert drawn.mean() == pytest.approx(1.0, abs=4 / np.sqrt(N))


def test_what_has_left_in_a_late_week_shares_no_luck_with_the_waits() -> None:
    """Each purpose has numbers of its own, over all the weeks of the longest horizon and all steps of a ladder."""
    assert not {_LATE + week for week in range(LONGEST_WEEKS)} & {
        first + step for first in (_WAIT, _LULL) for step in range(30)
    }
