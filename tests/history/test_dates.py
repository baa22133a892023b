"""Days as people write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offercast.history.dates import NotADateError, date_order, looks_like_date, parse_day, parse_window


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2025-02-03", "year first", date(2025, 2, 3)),
        ("2025/2/3", "year first", date(2025, 2, 3)),
        ("2016-08-31T00:00:00Z", "year first", date(2016, 8, 31)),
        ("2016-08-31 23:59:59+02:00", "year first", date(2016, 8, 31)),
        ("11/14/2021", "month first", date(2021, 11, 14)),
        ("3/13/2023 18:51:27", "month first", date(2023, 3, 13)),
        ("7/6/23, 2:20 PM", "month first", date(2023, 7, 6)),
        ("06.07.2023", "day first", date(2023, 7, 6)),
        ("5/5/2023", "year first", date(2023, 5, 5)),
        ("15-Jan-2026", "year first", date(2026, 1, 15)),
        ("3 Sept 2025", "year first", date(2025, 9, 3)),
        ("July 1, 2026", "year first", date(2026, 7, 1)),
        ("29/02/2024", "day first", date(2024, 2, 29)),
    ],
)
def test_a_day_is_read_as_it_was_meant(text: str, order: str, expected: date) -> None:
    assert looks_like_date(text)
    assert parse_day(text, order) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2025-02-30", "February 2025 has 28 days"),
        ("2025-13-01", "there is no month 13"),
        ("soon", '"soon" is not a date. Write YYYY-MM-DD.'),
        ("10", "is not a date"),
        ("N/A", "is not a date"),
        ("3-Foo-2025", '"Foo" is no month'),
        ("1/2/2025", "day first or month first"),
        ("1902-01-01", "lies in the year 1902"),
        ("8-Jul", "has no year"),
        ("20000", '"20000" is not a date'),
    ],
)
def test_what_is_not_a_day_says_why(text: str, message: str) -> None:
    with pytest.raises(NotADateError) as caught:
        parse_day(text)
    assert message in str(caught.value)


@given(st.dates(date(1970, 1, 1), date(2100, 12, 31)))
def test_every_iso_day_survives(value: date) -> None:
    assert parse_day(value.isoformat()) == value


@given(st.lists(st.dates(date(2000, 1, 1), date(2050, 12, 31)), min_size=1), st.booleans())
def test_the_order_of_a_column_is_never_guessed_wrong(values: list[date], day_first: bool) -> None:
    """Either the right order, or the word that it is ambiguous (or that it does not matter)."""
    form = "%d/%m/%Y" if day_first else "%m/%d/%Y"
    cells = [value.strftime(form) for value in values]
    order = date_order(cells)
    if order in ("day first", "month first"):
        assert [parse_day(cell, order) for cell in cells] == values
    elif order == "year first":
        assert [parse_day(cell) for cell in cells] == values
    else:
        assert all(value.day <= 12 for value in values)


def test_contradicting_orders_are_ambiguous() -> None:
    assert date_order(["13/1/2025", "1/13/2025"]) == "ambiguous"


def test_an_interval_keeps_both_ends() -> None:
    assert parse_window("2025-01-03/2025-01-10") == (date(2025, 1, 3), date(2025, 1, 10))
    assert parse_window("2025-01-03..2025-01-03") == (date(2025, 1, 3), None)
    with pytest.raises(NotADateError, match="ends before it starts"):
        parse_window("2025-01-10/2025-01-03")
