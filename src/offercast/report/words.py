"""Numbers as words: no decimal that the evidence cannot pay for, no certainty."""

from __future__ import annotations

from datetime import date
from textwrap import wrap
from typing import TYPE_CHECKING

from offercast.report.screen import screen

if TYPE_CHECKING:
    from offercast.inference.summary import Interval

_SHARES = (
    (1 / 20, "about 1 in 20"), (1 / 15, "about 1 in 15"), (1 / 10, "about 1 in 10"), (1 / 7, "about 1 in 7"),
    (1 / 5, "about 1 in 5"), (1 / 4, "about 1 in 4"), (3 / 10, "about 3 in 10"), (1 / 3, "about 1 in 3"),
    (4 / 10, "about 4 in 10"), (1 / 2, "about half"), (6 / 10, "about 6 in 10"), (2 / 3, "about 2 in 3"),
    (7 / 10, "about 7 in 10"), (3 / 4, "about 3 in 4"), (8 / 10, "about 8 in 10"), (17 / 20, "about 17 in 20"),
    (9 / 10, "about 9 in 10"), (19 / 20, "about 19 in 20"),
)  # fmt: skip


def percent(chance: float) -> str:
    """A chance in whole percent; never 0 or 100.

    >>> percent(0.123), percent(0.001), percent(0.999)
    ('12 %', 'under 1 %', 'over 99 %')
    """
    if chance <= 0.005:
        return "under 1 %"
    if chance >= 0.995:
        return "over 99 %"
    return f"{100 * chance:.0f} %"


def percent_within(chance: float, margin: float) -> str:
    """A chance in percent, rounded to what its 95 % error allows: 1, 5 or 10 points.

    >>> percent_within(0.337, 0.008), percent_within(0.337, 0.03), percent_within(0.337, 0.2)
    ('34 %', 'about 35 %', 'about 30 %')
    """
    if margin <= _WHOLE_PERCENT:
        return percent(chance)
    step = 0.05 if margin <= _FIVE_PERCENT else 0.1
    rounded = min(max(round(chance / step) * step, step), 1 - step)
    return f"about {100 * rounded:.0f} %"


_WHOLE_PERCENT, _FIVE_PERCENT = 0.02, 0.06


def in_words(chance: float) -> str:
    """A chance as the nearest share that one can picture.

    >>> in_words(0.31), in_words(0.07)
    ('about 3 in 10', 'about 1 in 15')
    """
    shown = round(chance, 2)
    if shown < 0.04:
        return "fewer than 1 in 20"
    if shown > 0.97:
        return "nearly all"
    return min(_SHARES, key=lambda share: abs(share[0] - shown))[1]


def percent_interval(value: Interval) -> str:
    """A chance with its interval, in whole percent; with two digits where whole percent would say nothing.

    >>> from offercast.inference.summary import Interval
    >>> percent_interval(Interval(0.12, 0.05, 0.231)), percent_interval(Interval(0.004, 0.0001, 0.012))
    ('12 (5-23) %', '0.4 (0.01-1.2) %')
    """
    if value.median < 0.01:
        return f"{two_digits(100 * value.median)} ({two_digits(100 * value.low)}-{two_digits(100 * value.high)}) %"
    return f"{100 * value.median:.0f} ({100 * value.low:.0f}-{100 * value.high:.0f}) %"


def two_digits(value: float) -> str:
    """Two significant digits, plainly written.

    >>> two_digits(1.234), two_digits(0.0567), two_digits(1234.0)
    ('1.2', '0.057', '1,200')
    """
    if value == 0:
        return "0"
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 10 else f"{rounded:.2g}"


def signed(value: float) -> str:
    """A number with its sign and two digits.

    >>> signed(3.21), signed(-0.5)
    ('+3.2', '−0.5')
    """
    return ("+" if value >= 0 else "−") + two_digits(abs(value))


def points(chance: float, *, sign: bool = True) -> str:
    """A difference of chances in percentage points, to a tenth below one.

    >>> points(0.0213), points(-0.0041), points(0.0041, sign=False)
    ('+2', '−0.4', '0.4')
    """
    size = abs(100 * chance)
    told = f"{size:.0f}" if size >= 1 else f"{size:.1f}"
    return told if not sign or not float(told) else ("+" if chance >= 0 else "−") + told


def count(value: float) -> str:
    """A count that may have been split between bins: whole where it is whole to a tenth.

    >>> count(3.0), count(2.5)
    ('3', '2.5')
    """
    return f"{value:.0f}" if abs(value - round(value)) < 0.05 else f"{value:.1f}"


def rounded_count(value: int | None, beyond: str) -> str:
    """A number of applications to two digits, or what to say where there is none.

    >>> rounded_count(137, "-"), rounded_count(None, "not by then")
    ('140', 'not by then')
    """
    return beyond if value is None else two_digits(float(value))


def day(value: date) -> str:
    """A day as people say it.

    >>> day(date(2026, 3, 7))
    '7 March 2026'
    """
    return f"{value.day} {value:%B %Y}"


def plural(number: int, word: str) -> str:
    """A number with its noun.

    >>> plural(1, "week"), plural(2, "week")
    ('1 week', '2 weeks')
    """
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def long_time(days: float) -> str:
    """A span of days in the unit that one would use.

    >>> long_time(1), long_time(47), long_time(250), long_time(900)
    ('1 day', '47 days', '8 months', '2.5 years')
    """
    if days < _LONG_IN_DAYS:
        return plural(round(days), "day")
    if days < _LONG_IN_MONTHS:
        return plural(round(days / _MONTH), "month")
    return f"{two_digits(days / _YEAR)} years"


_MONTH, _YEAR = 30.4, 365.25
_LONG_IN_DAYS, _LONG_IN_MONTHS = 90, 700


def lines_of(text: str, *, first: str = "  ", rest: str = "  ", less: int = 0) -> list[str]:
    """A text in lines as wide as the screen, less some: a number keeps its percent sign beside it, a name its hyphens.

    No line ends at a no-break space, which is told as a space.

    >>> lines_of("In about 12 % of them", first="", less=89)
    ['In about', '  12 % of', '  them']
    """
    width = screen().width - less
    kept = text.replace(" %", "\N{NO-BREAK SPACE}%")
    found = wrap(kept, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in found]
