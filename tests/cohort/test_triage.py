"""Whom to call, and totals that tell nobody's own."""

import json
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from offercast.cohort.run import FORMAT, MANIFEST, write_rows
from offercast.cohort.seeker import Seen
from offercast.cohort.triage import LEAST, REASONS, triage
from offercast.report.cohort import HEADS, cohort_json, cohort_page, cohort_text, weeks
from support import assert_documented

FINE = Seen(
    "fine", "ok", "", date(2026, 6, 30), 2, 2, 30, 8, 12, 0, "phone", 4.0, "importance", True, 0.03, 0.01, 0.06,
    0.05, 0.1, 0.2, 0.4, 9, 30, None, 0.02, 0.01, "applied->response", 0.7, 0.14, 0.1, 0.2, 0.165,
    ["applied->response", "response->phone"], [5.0, 2.0], [10.0, 1.0], [15.0, 2.0],
)  # fmt: skip
CASES = {
    "failed": Seen("broken", "failed", "log.csv:3: date: '...' is not a date."),
    "offer": replace(FINE, seeker="winner", offers=1, stale_days=40),
    "stale": replace(FINE, seeker="silent", stale_days=29, sent_recently=0),
    "stopped": replace(FINE, seeker="resting", sent_recently=0, slip=0.3, slip_error=0.05),
    "slipped": replace(FINE, seeker="slipping", slip=0.3, slip_error=0.05),
    "stalls": replace(FINE, seeker="stalling", stall_sure=0.97),
}
NEAR = [
    replace(FINE, seeker="just kept", stale_days=28),
    replace(FINE, seeker="noisy", slip=0.3, slip_error=0.2),
    replace(FINE, seeker="hardly", slip=0.09, slip_error=0.01),
    replace(FINE, seeker="new", slip=None, slip_error=None, stall=None, stall_sure=None),
]


def finished_run(rows: list[Seen], folder: Path) -> Path:
    """The folder that a run with these rows leaves."""
    folder.mkdir(exist_ok=True)
    manifest = {"format": FORMAT, "seekers": len(rows), "as_of": "2026-06-30", "model": "blueprint", "named": True}
    (folder / MANIFEST).write_text(json.dumps(manifest | {"back_days": 28}))
    for number in range(0, len(rows), 3):
        write_rows(folder / f"part-{number:06d}.parquet", rows[number : number + 3])
    return folder


@pytest.fixture
def run(tmp_path):
    """A function that makes the folder of a run from rows."""
    return partial(finished_run, folder=tmp_path)


def test_everybody_stands_under_the_first_reason_that_holds(run) -> None:
    found = triage(run([*CASES.values(), *NEAR]))
    first = {one.row["seeker"]: one.reasons[0] for one in found.called}
    assert first == {row.seeker: reason for reason, row in CASES.items()}
    (resting,) = [one for one in found.called if one.row["seeker"] == "resting"]
    assert resting.reasons == ("stopped", "slipped")
    assert tuple(HEADS) == REASONS


def test_totals_of_few_are_not_told(run) -> None:
    few = triage(run([CASES["offer"], *NEAR[:2]]))
    assert few.totals.seekers is None
    assert few.totals.sent is None
    assert few.totals.chance is None
    assert few.totals.reasons["offer"] is None
    assert few.totals.reasons["failed"] == 0  # nobody is no one's own
    assert all(step.moved is None for step in few.totals.steps)
    text = cohort_text(few, only_totals=True)
    assert "winner" not in text
    assert f"fewer than {LEAST} seekers" in text


def test_totals_add_up(run) -> None:
    rows = [replace(FINE, seeker=f"s{i}", chance_13_weeks=i / 10) for i in range(9)]
    rows[0] = replace(rows[0], steps=["applied->response"], moved=[5.0], told_no=[1.0], waiting=[2.0])
    found = triage(run(rows))
    assert (found.totals.seekers, found.totals.sent) == (9, 270)
    first, second = found.totals.steps
    assert (first.step, first.seekers, first.moved, first.told_no, first.waiting) == (
        "applied->response", 9, 45.0, 81.0, 122.0,
    )  # fmt: skip
    assert (second.seekers, second.moved) == (8, 16.0)
    assert found.totals.chance[2] == pytest.approx(0.4)
    alone = triage(run([*rows, *(Seen(f"b{i}", "failed", "x") for i in range(4))]))
    assert alone.totals.reasons["failed"] is None
    assert alone.totals.seekers == 13


def test_so_many_are_shown_and_the_others_counted(run) -> None:
    rows = [replace(CASES["slipped"], seeker=f"s{i:02d}", slip=0.2 + i / 100) for i in range(9)]
    found = triage(run(rows), shown=4)
    assert [one.row["seeker"] for one in found.called] == ["s08", "s07", "s06", "s05"]  # the furthest first
    assert found.left_off == {"slipped": 5}
    assert "and 5 more" in cohort_text(found)
    assert "And 5 more." in cohort_page(found, version="1")


def test_the_text_says_why(run) -> None:
    text = cohort_text(triage(run([*CASES.values(), *NEAR])))
    for words in (
        "THE LOG CANNOT BE READ", "is not a date", "1 offer", "nothing logged for 29 days",
        "nothing sent for four weeks; down 30 points in 28 days",
        "applied → response 14 (10-20) %, usual 16 %", "9 to over 52", "What waits has not failed",
    ):  # fmt: skip
        assert " ".join(words.split()) in " ".join(text.split()), words
    assert "NOBODY TO CALL" in cohort_text(triage(run(NEAR)))
    assert weeks(None, None) == "over 52"


def test_json_has_the_rows_and_the_totals_alone_where_they_are_asked_for(run) -> None:
    found = triage(run([*CASES.values(), *NEAR]))
    whole, totals = cohort_json(found), cohort_json(found, only_totals=True)
    assert {one["seeker"] for one in whole["called"]} == {row.seeker for row in CASES.values()}
    assert "winner" not in json.dumps(totals)
    assert totals["reasons"]["stalls"] is None
    json.dumps(whole, allow_nan=False)
    assert_documented("cohort", whole)


def test_hostile_names_are_text_on_the_page(run) -> None:
    row = replace(CASES["stalls"], seeker="<script>alert(1)</script>", stall="<b>->\"'")
    page = cohort_page(triage(run([row])), version="1")
    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "http" not in page.replace("http-equiv", "")
