"""Bad input gets one clear message with its place and its repair: a case for everything that people get wrong."""

from pathlib import Path

import pytest

from offercast.errors import InputError
from offercast.history import read_history

CANON = "application_id,date,event,track,channel\n"
WIDE = "Company,Applied,Interview,Offer\n"
SNAP = "Company,Date applied,Status\n"

DAYS = [
    ("2025-02-30", "February 2025 has 28 days"), ("2024-02-30", "February 2024 has 29 days"), ("2025-04-31", "April 2025 has 30 days"),
    ("2025-13-01", "there is no month 13"), ("2025-00-10", "there is no month 0"), ("2025-01-00", "January 2025 has 31 days"),
    ("2025-01-32", "January 2025 has 31 days"), ("0202-01-01", "lies in the year 202"), ("1925-01-01", "lies in the year 1925"),
    ("2205-01-01", "lies in the year 2205"), ("8/82019", '"8/82019" is not a date'), ("8-Jul", "has no year"), ("July 8", "has no year"),
    ("8.7.", "has no year"), ("soon 1", '"soon 1" is not a date'), ("2025", '"2025" is not a date'), ("2025-01", '"2025-01" is not a date'),
    ("Q1 2025", '"Q1 2025" is not a date'), ("3-Foo-2025", '"Foo" is no month'), ("Foo 3, 2025", '"Foo" is no month'), ("2025-01-01x", "is not a date"),
    ("2025-1-1-1", "is not a date"), ("12345", "is not a date"), ("1e5", "is not a date"), ("٢٠٢٥-01-01x", "is not a date"),
    ("2025-01-05..2025-01-01", "ends before it starts"), ("2025-01-05/2025-01-01", "ends before it starts"), ("31.4.2025", "April 2025 has 30 days"),
]  # fmt: skip

CANONICAL = [
    (CANON + "1,2025-01-01,intervew,,\n", ':2: event: "intervew" is no stage and no exit. Did you mean "interview"?'),
    (CANON + "1,2025-01-01,zork,,\n", ':2: event: "zork" is no stage and no exit. Known: never_applied'),
    (CANON + "1,2025-01-01,,,\n", ":2: event: the event is missing"),
    (CANON + ",2025-01-01,applied,,\n", ":2: application_id: every event needs the id"),
    (CANON + "1,2025-01-01,>=rejected,,\n", 'Write >= before a stage, such as ">=applied"'),
    (CANON + "1,2025-01-01,>=,,\n", "is no stage"),
    (CANON + "1,2025-01-01,applied,,pigeon\n", ':2: channel: "pigeon" is no channel. Known: cold'),
    (CANON + "1,2025-01-01,applied,,referal\n", 'Did you mean "referral"?'),
    (CANON + "1,2025-01-01,applied,A,\n1,2025-01-02,phone,B,\n", ':3: track: "B" here, "A" before'),
    (CANON + "1,2025-01-01,applied,,cold\n1,2025-01-02,phone,,referral\n", ':3: channel: "referral" here, "cold" before'),
    (CANON + "1,2025-01-01,applied,,\n1,2025-01-02,applied,,\n", ':3: application_id: "1" was applied for on line 2 already'),
    (CANON + "1,2025-01-09,applied,,\n1,2025-01-02,phone,,\n", ':3: date: "phone" on 2025-01-02 is before "applied" on 2025-01-09 (line 2)'),
    (CANON + "1,2025-01-09,applied,,\n1,2025-01-02,rejected,,\n", '"rejected" on 2025-01-02 is before "applied"'),
    (CANON + "1,2025-01-09,coffee,,\n", "is a lead-in stage of another channel"),
    (CANON + "1,3/4/2025,applied,,\n", "day first or month first"),
    ("date,event,track\n2025-01-01,applied,\n", ":1: an event log needs a column application_id"),
    (CANON + "1,2025-01-01,applied,,,extra\n", ":2: this row has 6 cells and the header 5"),
    (CANON + "1,2025-01-01,\n", ":2: event: the event is missing"),
    (CANON + "1\n", ":2: this row has 1 cells and the header 5. Add the missing ones"),
]  # fmt: skip

SHEETS = [
    ("", "this file is empty"), ("\n\n , ,\n", "this file is empty"),
    ("Company,Colour\nA,red\n", "no column says when an application was sent"),
    ("just some words\nand more\n", "no column says when an application was sent"),
    (SNAP + "A,,Zork\n", ':2: Status: "Zork" is no stage, exit or word for silence'),
    (SNAP + "A,,Zork\nB,,Zork\n", '"Zork" (2 rows) is no stage'),
    (SNAP + "A,,Declined\n", "can mean your no to an offer, or theirs to you"),
    (SNAP + "A,,Not interested\n", "can mean your no to an offer, or theirs to you"),
    (SNAP + "A,,Rejected (Offer)\n", '"Rejected (Offer)" is no stage'),
    (SNAP + "A,,Rejected before interview\n", "is no stage"),
    (SNAP + "A,1/2/2025,Applied\nB,3/4/2025,Applied\n", ':2: Date applied: "1/2/2025" can be read day first or month first'),
    (SNAP + "A,13/2/2025,Applied\nB,3/14/2025,Applied\n", "some dates are day first and others month first"),
    (SNAP + "A,,\nB,,\n", "none of its 2 rows says that an application was sent"),
    (WIDE + "A,2025-03-01,2025-02-01,\n", '"interview" on 2025-02-01 is before "applied" on 2025-03-01'),
    (WIDE + "A,2025-03-01,2025-03-09,2025-03-05\n", '"offer" on 2025-03-05 is before "interview" on 2025-03-09'),
    (WIDE + "A,2025-03-01,perhaps,\nB,2025-03-01,yes,\nC,2025-03-01,yes,\nD,,no,\n", '"perhaps" is no day, and neither yes nor no'),
    (WIDE + "A,2025-03-01,maybe,\nB,2025-03-01,2025-04-01,\nC,2025-03-01,maybe,\n", '"maybe" (2 cells) is no day'),
    ("ID,Status,Company\n1,applied,A\n2,rejected,B\n2,offer,C\n", ':4: ID: the id "2" was used on line 3'),
    ("Company,Status\nA,applied\nB,offer,x,y\n", ":3: this row has 4 cells and the header 2"),
    ('Company,Status\nA,"applied\nB,offer\n', "does not end properly: check its quotes"),
    ('Company,Status\nA,"applied"x\n', "check its quotes"),
    ("Company,Status\n<<<<<<< mine\nA,applied\n=======\nA,offer\n>>>>>>> theirs\n", ":2: the mark of an unfinished merge"),
    ("Company,Source,Target\n,Applied,Rejected\n", "Name its company"),
    ("Company,Source,Target\nA,Applied,Zork\n", '"Zork" is no stage'),
    ('{"a": 1}\n', "no column says when"),
    ("[1, 2, 3]\n", "no column says when"),
    ('[{"company": "A", "status": "Zork"}]', 'log.csv:1: status: "Zork"'),
    ('[{"company": "A"', "this is not JSON"), ('[{"company": "A"}, {"b": tru}]', "this is not JSON"), ("[]", "holds no list"), ('["a"]', "holds no list"),
    ('[{"company": "A"},\n{"x":1}\n', "ends in the middle of its list"),
    ("| Company | Status |\n|---|---|\n| A | Zork |\n", ':3: Status: "Zork"'),
    ("| Company | Status |\n|---|---|\n| A | applied | x |\n", ":3: this row has 3 cells"),
]  # fmt: skip

MAPS = [
    ("[columns", "map.toml: "), ("colums = 1\n", "colums"), ("[columns]\nStatus = 3\n", "Expected `str`"),
    ('[columns]\nStatsu = "status"\n', 'Statsu: the mapping names it, and the file has no such column. Did you mean "Status"?'),
    ('[columns]\nStatus = "stats"\n', 'columns.Status: "stats" is no role. Did you mean "status"?'),
    ('[columns]\nStatus = "date of ofer"\n', '"ofer" is not on the ladder. Did you mean "offer"?'),
    ('[columns]\nStatus = "days to nowhere"\n', '"nowhere" is not on the ladder'), ('[columns]\nStatus = "flag of pigeon"\n', '"pigeon" is not on the ladder'),
    ('[columns]\nStatus = "?"\n', 'columns.Status: still "?"'), ('[columns]\nStatus = ""\n', '"" is no role'),
    ('[columns]\nStatus = "company"\nCompany = "company"\n', "is the company already"),
    ('[statuses]\nx = "rejectd"\n', 'statuses.x: "rejectd" is not on the ladder. Did you mean "rejected"?'), ('[statuses]\nx = "?"\n', 'statuses.x: still "?"'),
    ('[statuses]\nx = ["interview", "no"]\n', 'statuses.x: "no" is not on the ladder'), ("[statuses]\nx = 4\n", "statuses"),
    ('[flags]\nx = "maybe"\n', "flags"), ('[flags]\nx = "?"\n', 'flags.x: still "?"'),
    ('[channels]\nx = "cool"\n', 'channels.x: "cool" is no channel. Did you mean "cold"?'), ('[track_rules]\n"(" = "A"\n', "track_rules.(: this is no regular expression"),
    ('date_order = "both"\n', 'date_order: write "day first" or "month first".'), ('[date_orders]\nx = "?"\n', 'x: write "day first" or "month first".'),
    ('out_of_order = "drop"\n', "out_of_order"), ("unreadable_dates = 1\n", "unreadable_dates"), ('bare_rows = "skip"\n', "bare_rows"),
    ('housekeeping = ["x"]\n', "housekeeping"), ('note_dates = ["ofer"]\n', 'note_dates: "ofer" is not on the ladder'),
    ('encoding = "klingon"\n', '"klingon" is no encoding'), ('sheet = "Jobs"\n', 'there is no sheet "Jobs"'),
]  # fmt: skip

BYTES = [
    (b"%PDF-1.4", "this is a PDF"), (b"\x89PNG\r\n\x1a\n", "this is a picture"), (b"\xff\xd8\xff\xe0", "this is a picture"), (b"\x1f\x8b\x08", "compressed by gzip"),
    (b"PK\x03\x04", "this archive is damaged"), (b"PK\x05\x06" + b"\0" * 18, "no file in this archive"), (b"SQLite format 3\0", "this database cannot be read"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "this workbook is damaged"), (b"Company,Status\nA,\0\1\n", "this is no text file"), (b"\xef\xbb\xbf", "this file is empty"),
    (b"\xff\xfe", "this file is empty"), (b"a,b\n" + b'"' + b"x" * 1_100_000 + b'"\n', "more than 1,000,000 characters"), (b"," * 2500 + b"\n", "2,501 cells"),
]  # fmt: skip


def message(tmp_path: Path, data: bytes | str, mapping: str | None = None) -> str:
    path = tmp_path / "log.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    if mapping is not None:
        (tmp_path / "map.toml").write_text(mapping)
    with pytest.raises(InputError) as caught:
        read_history(path, mapping=tmp_path / "map.toml" if mapping is not None else None)
    said = str(caught.value)
    assert all(line.startswith(str(tmp_path)) for line in said.splitlines() if not line.startswith("and ")), said
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize(("cell", "expected"), DAYS)
@pytest.mark.parametrize("kind", ["canonical", "sheet"])
def test_a_bad_day(tmp_path: Path, cell: str, expected: str, kind: str) -> None:
    """In our own log and in a sheet alike: line 3, the cell, and what to write."""
    if kind == "canonical":
        said = message(tmp_path, f'{CANON}1,2025-01-01,applied,,\n2,"{cell}",applied,,\n')
        assert said.startswith(f"{tmp_path}/log.csv:3: date: ")
    else:
        text = SNAP + f'A,2025-01-01,Applied\nB,"{cell}",Applied\n' + "C,2025-01-03,Applied\n" * 3
        said = message(tmp_path, text.replace("A,2025-01-01", "A,13/01/2025") if cell.startswith("31.") else text)
        assert said.startswith(f"{tmp_path}/log.csv:3: Date applied: ")
    assert expected in said or "day first or month first" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(("text", "expected"), CANONICAL)
def test_a_bad_canonical_log(tmp_path: Path, text: str, expected: str) -> None:
    said = message(tmp_path, text)
    assert expected in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(("text", "expected"), SHEETS)
def test_a_bad_sheet(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in message(tmp_path, text)


@pytest.mark.parametrize(("mapping", "expected"), MAPS)
def test_a_bad_mapping_file(tmp_path: Path, mapping: str, expected: str) -> None:
    assert expected in message(tmp_path, "Company,Status\nA,applied\n", mapping)


@pytest.mark.parametrize(("data", "expected"), BYTES)
def test_what_is_no_log(tmp_path: Path, data: bytes, expected: str) -> None:
    assert expected in message(tmp_path, data)


def test_all_problems_of_a_file_come_in_one_pass(tmp_path: Path) -> None:
    """Three kinds of trouble at once, each in its place; 70 of a kind: fifty shown, all counted."""
    said = message(
        tmp_path, SNAP + "A,2025-02-30,Applied\nB,2025-01-01,Zork\nC,2025-01-01,Declined\nD,2025-01-99,Applied\n"
    )
    assert [line.split(":")[1] for line in said.splitlines()] == ["2", "3", "4", "5"]
    many = message(tmp_path, SNAP + "A,2025-02-30,Applied\n" * 70).splitlines()
    assert (len(many), many[-1]) == (51, "and 20 more")


def test_there_are_at_least_120_cases() -> None:
    assert len(DAYS) + len(MAPS) + len(BYTES) + len(CANONICAL) + len(SHEETS) >= 120
