"""Straight from the file: the same Evidence as the long way, whatever is in the log."""

import random
from datetime import date, timedelta
from pathlib import Path

import pytest

import offercast
from offercast.errors import InputError
from offercast.evidence import wholesale
from offercast.evidence.evidence import Evidence

FIRST = date(2025, 1, 1)
STAGES = ["never_applied", "applied", "response", "phone", "interview", "second_interview", "offer", "accepted"]
EXITS = ["rejected", "closed", "withdrawn", "declined", "lapsed"]


@pytest.fixture(params=["csv", "polars"])
def reader(request, monkeypatch) -> str:
    """Both readers, whatever the size of the file."""
    monkeypatch.setattr(wholesale, "LARGE", 0 if request.param == "polars" else 1e12)
    return request.param


def same(found: Evidence, expected: Evidence) -> None:
    """Everything exact, the sums of split weights to rounding."""
    for name in expected.__dataclass_fields__:
        if name != "cells":
            assert getattr(found, name) == getattr(expected, name), name
    assert found.cells.keys() == expected.cells.keys()
    assert all(found.cells[cell] == pytest.approx(count, abs=1e-9) for cell, count in expected.cells.items())
    assert found.fingerprint == expected.fingerprint


def both(path: Path, as_of: date) -> tuple[Evidence, Evidence]:
    return offercast.gather_file(path, as_of=as_of), offercast.gather(offercast.read_history(path), as_of=as_of)


def random_log(path: Path, seed: int, *, oddities: float) -> None:
    """Applications that skip stages, stop anywhere, end in any way; some of them not plain."""
    rng = random.Random(seed)
    rows = []
    for number in range(120):
        day = FIRST + timedelta(days=rng.randrange(300))
        track, channel = (
            rng.choice(["A", "a", "B b", ""]),
            rng.choice(["cold", "", "referral", "recruiter", "Referral"]),
        )
        about = f"{track},{channel}"
        kinds = sorted(rng.sample(range(8), rng.randrange(1, 6)))
        events = []
        for rank in kinds:
            events.append((str(day), STAGES[rank]))
            day += timedelta(days=rng.choice([0, 1, 5, 40]))
        if rng.random() < 0.4:
            events.append((str(day), rng.choice(EXITS)))
        if rng.random() < oddities:
            odd = rng.randrange(5)
            if odd == 0:
                events[-1] = ("", events[-1][1])
            elif odd == 1:
                events.append((str(day + timedelta(days=9)), "reopened"))
            elif odd == 2:
                events[-1] = (f"{day}/{day + timedelta(days=6)}", events[-1][1])
            elif odd == 3:
                events[-1] = (events[-1][0], "ghosted")
            else:
                about = f'"=x, {track}",{channel}'
        rows += [(when, f"{number},{when},{kind},{about}") for when, kind in events]
    if seed % 2:
        rng.shuffle(rows)
    path.write_text("application_id,date,event,track,channel\n" + "".join(f"{row}\n" for _, row in rows))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("oddities", [0.0, 0.3])
def test_the_long_way_and_the_short_one_agree(tmp_path: Path, reader: str, seed: int, oddities: float) -> None:
    path = tmp_path / "log.csv"
    random_log(path, seed, oddities=oddities)
    try:
        offercast.read_history(path)
    except InputError as error:
        with pytest.raises(InputError) as caught:
            offercast.gather_file(path, as_of=FIRST + timedelta(days=400))
        assert str(caught.value) == str(error)
        return
    for days in (0, 90, 200, 330, 500):
        same(*both(path, FIRST + timedelta(days=days)))


def test_the_example_agrees_on_every_tenth_day(reader: str) -> None:
    history = offercast.read_history(offercast.example())
    day = history.first_date
    while day <= history.last_date + timedelta(days=40):
        same(offercast.gather_file(offercast.example(), as_of=day), offercast.gather(history, as_of=day))
        day += timedelta(days=10)


@pytest.mark.parametrize(
    "text",
    [
        "Company,Date applied,Status\nA,2025-01-02,Rejected\n",
        "application_id;date;event\n1;2025-01-02;applied\n",
        "title line\napplication_id,date,event\n1,2025-01-02,applied\n",
        "application_id,date,event,track\n1,2025-01-02,applied\n\n2,2025-01-03,offer,A\n",
        "application_id,date,event\n",
        "application_id,date,event,track,channel\n",
        'application_id,date,event,track,channel,note\n1,2025-01-02,applied,,,"two\nlines"\n" 2",2025-01-03,offer,A,,\n2,2025- 1-03,applied,A,,\n'.replace(
            "2025- 1-03", "2025-01-03"
        ),
    ],
)
def test_what_is_no_plain_canonical_log_goes_the_long_way(tmp_path: Path, reader: str, text: str) -> None:
    (tmp_path / "log.csv").write_text(text)
    same(*both(tmp_path / "log.csv", date(2025, 6, 1)))


def test_problems_are_those_of_the_long_way_with_their_lines(tmp_path: Path, reader: str) -> None:
    text = "application_id,date,event\n1,2025-01-02,applied\n2,2025-02-30,applied\n3,2025-01-02,zork\n"
    (tmp_path / "log.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        offercast.gather_file(tmp_path / "log.csv", as_of=date(2025, 6, 1))
    assert [(problem.line, problem.column) for problem in caught.value.problems] == [(3, "date"), (4, "event")]


ROWS = {
    "columns that are not there": "application_id,date,event\nA,2025-01-02,applied\nA,2025-01-09,response\n",
    "a line break in a cell": 'application_id,date,event,note\nA,2025-01-02,applied,"two\r\nlines"\nB,2025-01-03,applied,\n',
    "the last day of what is read": "application_id,date,event\nA,2099-12-31,applied\nB,2100-03-01,applied\n",
    "an undated no, before and after the log was written": (
        "application_id,date,event\nA,2025-01-02,applied\nA,,rejected\nB,2025-02-20,applied\n"
    ),
    "an id in two spellings": "application_id,date,event\nA,2025-01-02,applied\n A,2025-01-09,response\n",
    "a track for some": "application_id,date,event,track\nA,2025-01-02,applied,x\nB,2025-01-02,applied,\n",
    "no track for anybody": "application_id,date,event,track\nA,2025-01-02,applied,\nB,2025-01-02,applied,\n",
}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("day", [date(2025, 1, 20), date(2025, 3, 1), date(2100, 12, 31)])
def test_what_is_out_of_the_way_is_read_alike(reader: str, tmp_path: Path, name: str, day: date) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(ROWS[name].encode())
    same(*both(path, day))


def test_a_problem_is_told_with_the_file_and_the_line(reader: str, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(
        "application_id,date,event,track,channel\nA,2025-01-02,applied,x,cold\nB,2025-13-01,applied,x,cold\n"
    )
    with pytest.raises(InputError) as mine:
        offercast.gather_file(path, as_of=FIRST)
    with pytest.raises(InputError) as theirs:
        offercast.read_history(path)
    assert str(mine.value) == str(theirs.value)
    assert str(mine.value).startswith(f"{path}:3: date:")
