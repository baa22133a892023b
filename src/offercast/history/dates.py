"""Days as people write them: one order of day and month per column, and no guess where both are possible.

Nothing here depends on the locale or the clock. A time of day and its zone are left out: the day that is
written is the day that is meant (seconds since 1970 are taken as UTC).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

EARLIEST, LATEST = 1970, 2100

_ENGLISH = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
_MONTHS = {name[:length].casefold(): number for number, name in enumerate(_ENGLISH, 1) for length in (3, 4, 9)}

_NAME = r"[^\W\d_]{3,10}"
_TIME = (
    r"(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*"
    r"(?:Z|UTC|GMT|\(?[+-]\d{2}:?\d{2}\)?|\([A-Za-z ]+\)|[A-Z]{3,4})?)?"
)
_ISO = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}")
_BASIC = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_CHINESE = re.compile(rf"(\d{{4}})\s*[年년]\s*(\d{{1,2}})\s*[月월]\s*(\d{{1,2}})\s*[日号號일]?{_TIME}")
_NUMBERS = re.compile(rf"(\d{{1,2}})[-/.] ?(\d{{1,2}})[-/.] ?(\d{{4}}|\d{{2}}){_TIME}")
_WEEKDAY = r"(?:[^\W\d_]{2,10}\.?,? +)?"
_DAY_NAME = re.compile(
    rf"{_WEEKDAY}(\d{{1,2}})(?:\.|st|nd|rd|th)?(?:[- .]+|\s+de\s+)({_NAME})\.?(?:[-, .]+|\s+de\s+)"
    rf"(\d{{4}}|\d{{2}}){_TIME}"
)
_NAME_DAY = re.compile(rf"{_WEEKDAY}({_NAME})\.? +(\d{{1,2}})(?:st|nd|rd|th)?,? +(\d{{4}}){_TIME}")
_NO_YEAR = re.compile(rf"\d{{1,2}}[-/. ]+(?:\d{{1,2}}|({_NAME}))\.?|({_NAME})\.? +\d{{1,2}}")
EXCEL_DAY = re.compile(r"(?:3[3-9]|4\d|5[0-5])\d{3}(?:\.\d+)?")
"""A day as a spreadsheet counts it, from 1990 to 2050."""
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?(?:\.\d+)?")
_SEVERAL = re.compile(r"\s*(?:&|;|\band\b|\bund\b|\by\b|\bet\b|\n)\s*", re.IGNORECASE)

DAY_FIRST, MONTH_FIRST, YEAR_FIRST, AMBIGUOUS = "day first", "month first", "year first", "ambiguous"
ORDERS = (DAY_FIRST, MONTH_FIRST)


class NotADateError(ValueError):
    """The text is not a day; the message says why and how to repair it."""


def looks_like_date(text: str) -> bool:
    """Whether the text has the form of a date, of an interval or of several, possible or not."""
    if not any(mark.isdigit() for mark in text):
        return False
    parts = text.split("..") if ".." in text else _SEVERAL.split(text)
    if len(parts) == 1:
        first, mark, second = _iso_interval(text)
        parts = [first, second] if mark else parts
    if len(parts) > 1:
        return all(looks_like_date(part) for part in parts if part)
    forms = (_ISO, _NUMBERS, _CHINESE)
    if any(form.fullmatch(text) for form in forms):
        return True
    named = _DAY_NAME.fullmatch(text) or _NAME_DAY.fullmatch(text)
    return bool(named) and any(_month_number(word) for word in named.groups() if not word.isdigit())


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
        for part in _SEVERAL.split(cell):
            found = _NUMBERS.fullmatch(part)
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


@lru_cache(maxsize=16_384)
def parse_day(text: str, order: str = YEAR_FIRST) -> date:
    """Read one day. `order` is needed only where the day and the month are both numbers.

    Raises:
        NotADateError: what it is instead, and what to write.

    >>> parse_day("15-Jan-2026"), parse_day("2/1/24", order="month first"), parse_day("4 de marzo de 2025")
    (datetime.date(2026, 1, 15), datetime.date(2024, 2, 1), datetime.date(2025, 3, 4))
    """
    year, month, day = _parts(text.strip(), order)
    if not EARLIEST <= year <= LATEST:
        raise NotADateError(f'"{text}" lies in the year {year}. Write a year from {EARLIEST} to {LATEST}.')
    if not 1 <= month <= 12:
        other = _other_order(text, order)
        raise NotADateError(f'"{text}" is not a date (there is no month {month}{other}). Write YYYY-MM-DD.')
    longest = calendar.monthrange(year, month)[1]
    if not 1 <= day <= longest:
        name = f"{_ENGLISH[month - 1]} {year}"
        raise NotADateError(f'"{text}" is not a date ({name} has {longest} days). Write YYYY-MM-DD.')
    return date(year, month, day)


def _other_order(text: str, order: str) -> str:
    """Why a month is impossible: the column writes its days the other way round."""
    return f"; this column is written {order}" if order in ORDERS and _NUMBERS.fullmatch(text) else ""


def _parts(text: str, order: str) -> tuple[int, int, int]:
    if found := _ISO.fullmatch(text) or _CHINESE.fullmatch(text) or _BASIC.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _NUMBERS.fullmatch(text):
        first, second = int(found[1]), int(found[2])
        if order == DAY_FIRST:
            return _year(found[3]), second, first
        if order == MONTH_FIRST or first == second:
            return _year(found[3]), first, second
        raise NotADateError(
            f'"{text}" can be read day first or month first. Write YYYY-MM-DD, or say which in a mapping file.'
        )
    if found := _DAY_NAME.fullmatch(text):
        return _year(found[3]), _month(found[2], text), int(found[1])
    if found := _NAME_DAY.fullmatch(text):
        return int(found[3]), _month(found[1], text), int(found[2])
    counted = _counted(text)
    if counted:
        return counted.year, counted.month, counted.day
    bare = _NO_YEAR.fullmatch(text)
    if bare and all(_month_number(name) for name in bare.groups() if name):
        raise NotADateError(f'"{text}" has no year. Write YYYY-MM-DD.')
    raise NotADateError(f'"{text}" is not a date. Write YYYY-MM-DD.')


def _counted(text: str) -> date | None:
    """A day as a number: a spreadsheet's days since 1900, or seconds or milliseconds since 1970."""
    if EXCEL_DAY.fullmatch(text):
        return date(1899, 12, 30) + timedelta(days=int(float(text)))
    if _EPOCH.fullmatch(text):
        seconds = float(text) / (1000 if len(text.partition(".")[0]) > 10 else 1)
        return datetime.fromtimestamp(seconds, tz=UTC).date()
    return None


def _month_number(name: str) -> int | None:
    word = name.casefold()
    if word in _MONTHS:
        return _MONTHS[word]
    from offercast.history.lexicon import lexicon

    return lexicon().months.get(word)


def _month(name: str, text: str) -> int:
    number = _month_number(name)
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
    if len(text) == 10:
        return parse_day(text, order), None
    first, mark, second = text.partition("..") if ".." in text else _iso_interval(text)
    if not mark:
        return parse_day(text, order), None
    start, end = parse_day(first, order), parse_day(second, order)
    if end < start:
        raise NotADateError(f'"{text}" ends before it starts. Write the earlier day first.')
    return start, (end if end > start else None)


def parse_several(text: str, order: str = YEAR_FIRST) -> tuple[date, date | None]:
    """Read a cell that may hold several days ("8/5/2019 & 8/14/2019"): the first of them counts.

    >>> parse_several("8/14/2019 and 8/5/2019", order="month first")
    (datetime.date(2019, 8, 5), None)
    """
    parts = _SEVERAL.split(text.strip())
    if len(parts) == 1:
        return parse_window(text, order)
    return min(parse_day(part, order) for part in parts if part), None


def _iso_interval(text: str) -> tuple[str, str, str]:
    found = re.fullmatch(r"(\d{4}-\d{2}-\d{2})/(\d{4}-\d{2}-\d{2})", text.strip())
    return (found[1], "/", found[2]) if found else (text, "", "")
