"""Nothing that looks like a file makes the reader fall over: a History or an InputError, never anything else.

The default run takes seconds; `OFFERCAST_FUZZ=hours` (a number) goes on for that long.
"""

import json
import os
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import offercast
from offercast.errors import InputError
from offercast.history.mapping import Mapping
from offercast.history.writing import canonical_text

HOURS = float(os.environ.get("OFFERCAST_FUZZ", "0"))
EXAMPLES = 300
quiet = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=not HOURS, suppress_health_check=list(HealthCheck), database=None
)

HEADERS = st.sampled_from(
    ["Company", "Date applied", "Applied", "Status", "Interview", "Offer", "Rejected", "Date", "Track", "Source", "id", "Notes", "Title",
     "application_id", "date", "event", "channel", "", "Updated", "Referral", "公司", "状态", "Firma", "Status date", "Furthest", "first response"]
)  # fmt: skip
CELLS = st.one_of(
    st.sampled_from(
        ["", "applied", "Rejected", "Interview", "Ghosted", "N/A", "Declined", "yes", "no", "2025-01-03", "2025-02-30", "1/2/2025", "13/2/2025",
         "3/14/2025", "July 1, 2026", "46095", "1735776000", "Rejected (Interview)", "4 - Interview", "=1+1", "'=1", "-", "@x", "A\nB", 'q"q', "2025-01-01/2025-02-01",
         "8-Jul", "reopened", ">=interview", "referral", "Absage", "面试", "\ufeff", "٣", "１２/０３/２０２５", "1e5", "007", " x ", "Offer", "accepted", "never_applied"]
    ),
    st.text(max_size=12),
)  # fmt: skip


def table_text(headers: list[str], rows: list[list[str]], mark: str) -> str:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"' if any(c in cell for c in f'{mark}"\r\n') else cell

    return "\n".join(mark.join(map(quoted, row)) for row in [headers, *rows]) + "\n"


TABLES = st.builds(
    table_text,
    st.lists(HEADERS, min_size=1, max_size=7),
    st.lists(st.lists(CELLS, min_size=1, max_size=7), max_size=8),
    st.sampled_from(",;\t|"),
)


FREE = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10)
DAYS = st.one_of(
    st.dates(date(2024, 1, 1), date(2026, 1, 1)).map(str), st.sampled_from(["", "", "July 1, 2025", "2025-03-01..2025-03-09", "45800", "n/a", "yes"])
)  # fmt: skip
STATUSES = st.sampled_from(
    ["Applied", "Rejected", "Ghosted", "N/A", "Interview", "Offer", "Accepted", "Rejected (Interview)", "Saved", "Withdrawn", "4 - x", "reeejected", "", "Closed", "Absage"]
)  # fmt: skip
SHEETS = st.lists(st.tuples(FREE, FREE, FREE, DAYS, DAYS, DAYS, STATUSES, FREE), max_size=8).map(
    lambda rows: table_text(
        ["Company", "Title", "Track", "Applied", "Interview", "Updated", "Status", "Notes"], list(map(list, rows)), ","
    )
)
KINDS = st.sampled_from(
    [
        "applied",
        "response",
        "interview",
        "offer",
        "rejected",
        "reopened",
        "closed",
        "withdrawn",
        "declined",
        ">=interview",
        "ghosted",
        "never_applied",
    ]
)
CANONICAL_LOGS = st.lists(
    st.tuples(st.sampled_from(["1", "=2", "'+3", "007"]), DAYS, KINDS, st.sampled_from(["A", "a", ""]), FREE),
    max_size=8,
).map(lambda rows: table_text(["application_id", "date", "event", "track", "note"], list(map(list, rows)), ","))
LENIENT = Mapping(out_of_order="undated", unreadable_dates="undated", columns={})


def read(data: bytes, mapping: Mapping | None = None):
    """A History, or the InputError; anything else fails the test."""
    try:
        return offercast.read_history("log", data=data, mapping=mapping)
    except InputError as error:
        assert str(error)
        return error


def check(data: bytes, mapping: Mapping | None = None) -> bool:
    """Read, write, read again: the same applications, the same Evidence. Whether there was anything to compare."""
    history = read(data, mapping)
    if isinstance(history, InputError):
        return False
    again = offercast.read_history("log", data=canonical_text(history).encode())
    assert again.applications == history.applications
    as_of = history.last_date or date(2026, 1, 1)
    assert offercast.gather(again, as_of=as_of) == offercast.gather(history, as_of=as_of)
    return bool(history.applications)


compared: list[bool] = []


@quiet
@given(st.one_of(SHEETS, CANONICAL_LOGS), st.sampled_from([None, LENIENT]))
@example("Company,Status\n'=1,applied\n", None)
def test_likely_logs_survive_the_round_trip(text: str, mapping: Mapping | None) -> None:
    compared.append(check(text.encode(), mapping))


def test_the_round_trip_had_something_to_compare() -> None:
    """A fuzzer that only meets refusals proves nothing."""
    compared.clear()
    test_likely_logs_survive_the_round_trip()
    assert sum(compared) > 0.25 * len(compared) > 50


@quiet
@given(TABLES)
def test_tables_are_read_or_refused(text: str) -> None:
    check(text.encode("utf-8", "surrogatepass"))


@quiet
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    check(data)


SEEDS = [
    b"Company,Date applied,Status\nA,2025-01-03,Rejected\nB,2025-01-04,Applied\n",
    b"application_id,date,event,track,channel\n1,2025-01-03,applied,A,cold\n1,2025-02-01,phone,A,cold\n",
    b'[{"company": "A", "events": [{"status": "Applied", "date": "2025-01-03"}]}]',
    b"| Company | Status |\n|---|---|\n| A | Applied |\n",
    "公司,状态,投递日期\n阿里,已投递,2025-03-01\n".encode("gb18030"),
    "Firma;Status;Beworben am\nMüller;Absage;3.4.2025\n".encode("cp1252"),
    "Company\tStatus\nA\tApplied\n".encode("utf-16"),
]


@quiet
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 200), st.binary(max_size=3), st.integers(0, 4)), max_size=5),
)
def test_damaged_files(seed: bytes, damage: list[tuple[int, bytes, int]]) -> None:
    """Bytes put in, taken out, overwritten."""
    data = seed
    for place, put, drop in damage:
        at = place % (len(data) + 1)
        data = data[:at] + put + data[at + drop :]
    check(data)


@quiet
@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), CELLS),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(HEADERS, inner, max_size=4),
        max_leaves=12,
    )
)
def test_any_json(value: object) -> None:
    check(json.dumps([value], ensure_ascii=False).encode("utf-8", "surrogatepass"))


@pytest.mark.skipif(not HOURS, reason="set OFFERCAST_FUZZ to a number of hours")
def test_for_hours(tmp_path: Path) -> None:
    """The same claims with fresh random input until the time is up."""
    end = time.monotonic() + 3600 * HOURS
    rounds = 0
    while time.monotonic() < end:
        for fuzz in (
            test_likely_logs_survive_the_round_trip,
            test_tables_are_read_or_refused,
            test_any_bytes,
            test_damaged_files,
            test_any_json,
        ):
            fuzz()
        rounds += 1
    print(f"{rounds * 5 * EXAMPLES:,} inputs in {HOURS} h")
