"""Days as people write them: one order of day and month per column, and no guess where both are possible."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from datetime import date

EARLIEST, LATEST = 1970, 2100

_MONTHS = {name: i for i, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name: i for i, name in enumerate(calendar.month_abbr) if name} | {"Sept": 9}
_MONTH_NUMBER = {name.casefold(): number for name, number in _MONTHS.items()}

_TIME = r"(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[AaPp][Mm])?\s*(?:Z|[+-]\d{2}:?\d{2})?)?"
_ISO = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}")
_NUMBERS = re.compile(rf"(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}}|\d{{2}}){_TIME}")
_DAY_NAME = re.compile(rf"(\d{{1,2}})[- .]+([A-Za-z]{{3,9}})\.?[-, .]+(\d{{4}}|\d{{2}}){_TIME}")
_NAME_DAY = re.compile(rf"([A-Za-z]{{3,9}})\.? +(\d{{1,2}})(?:st|nd|rd|th)?,? +(\d{{4}}){_TIME}")

DAY_FIRST, MONTH_FIRST, YEAR_FIRST, AMBIGUOUS = "day first", "month first", "year first", "ambiguous"
ORDERS = (DAY_FIRST, MONTH_FIRST)


class NotADateError(ValueError):
    """The text is not a day; the message says why and how to repair it."""


def looks_like_date(text: str) -> bool:
    """Whether the text has the form of a date, possible or not."""
    return any(form.fullmatch(text) for form in (_ISO, _NUMBERS, _DAY_NAME, _NAME_DAY))


def date_order(cells: Iterable[str]) -> str:
    """Say how a column writes its dates: a number above 12 in either place settles it for all.

    >>> date_order(["3/13/2023", "1/2/2023"])
    'month first'
    >>> date_order(["3/4/2023"])
    'ambiguous'
    """
    seen = False
    orders = set()
    for cell in cells:
        found = _NUMBERS.fullmatch(cell)
        if not found:
            continue
        first, second = int(found[1]), int(found[2])
        seen = seen or first != second
        if first > 12:
            orders.add(DAY_FIRST)
        elif second > 12:
            orders.add(MONTH_FIRST)
    if len(orders) == 1:
        return orders.pop()
    if orders:
        return AMBIGUOUS
    return AMBIGUOUS if seen else YEAR_FIRST


def parse_day(text: str, order: str = YEAR_FIRST) -> date:
    """Read one day. `order` is needed only where the day and the month are both numbers.

    Raises:
        NotADateError: what it is instead, and what to write.

    >>> parse_day("15-Jan-2026"), parse_day("2/1/24", order="month first")
    (datetime.date(2026, 1, 15), datetime.date(2024, 2, 1))
    """
    year, month, day = _parts(text.strip(), order)
    if not EARLIEST <= year <= LATEST:
        raise NotADateError(f'"{text}" lies in the year {year}. Write a year from {EARLIEST} to {LATEST}.')
    if not 1 <= month <= 12:
        raise NotADateError(f'"{text}" is not a date (there is no month {month}). Write YYYY-MM-DD.')
    longest = calendar.monthrange(year, month)[1]
    if not 1 <= day <= longest:
        name = f"{calendar.month_name[month]} {year}"
        raise NotADateError(f'"{text}" is not a date ({name} has {longest} days). Write YYYY-MM-DD.')
    return date(year, month, day)


def _parts(text: str, order: str) -> tuple[int, int, int]:
    if found := _ISO.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _DAY_NAME.fullmatch(text):
        return _year(found[3]), _month(found[2], text), int(found[1])
    if found := _NAME_DAY.fullmatch(text):
        return int(found[3]), _month(found[1], text), int(found[2])
    if found := _NUMBERS.fullmatch(text):
        first, second = int(found[1]), int(found[2])
        if order == DAY_FIRST:
            return _year(found[3]), second, first
        if order == MONTH_FIRST or first == second:
            return _year(found[3]), first, second
        raise NotADateError(
            f'"{text}" can be read day first or month first. Write YYYY-MM-DD, or say which in a mapping file.'
        )
    if re.fullmatch(r"[34]\d{4}", text):
        raise NotADateError(
            f'"{text}" is a spreadsheet\'s number for a day. Format that column as a date (YYYY-MM-DD).'
        )
    raise NotADateError(f'"{text}" is not a date. Write YYYY-MM-DD.')


def _month(name: str, text: str) -> int:
    number = _MONTH_NUMBER.get(name.casefold())
    if number is None:
        raise NotADateError(f'"{text}" is not a date ("{name}" is no month). Write YYYY-MM-DD.')
    return number


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def parse_window(text: str, order: str = YEAR_FIRST) -> tuple[date, date | None]:
    """Read a day, or an interval of two days written with a slash or two dots between ISO days.

    >>> parse_window("2025-01-03/2025-01-10")
    (datetime.date(2025, 1, 3), datetime.date(2025, 1, 10))
    """
    first, mark, second = text.partition("..") if ".." in text else _iso_interval(text)
    if not mark:
        return parse_day(text, order), None
    start, end = parse_day(first, order), parse_day(second, order)
    if end < start:
        raise NotADateError(f'"{text}" ends before it starts. Write the earlier day first.')
    return start, (end if end > start else None)


def _iso_interval(text: str) -> tuple[str, str, str]:
    found = re.fullmatch(r"(\d{4}-\d{2}-\d{2})/(\d{4}-\d{2}-\d{2})", text.strip())
    return (found[1], "/", found[2]) if found else (text, "", "")
