"""Wide and snapshot logs: the guess, the mapping that overrides it, and what becomes of each row."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from offercast.errors import InputError
from offercast.history import Event, read_history
from offercast.history.records import Status


def read(tmp_path: Path, text: str, mapping: str | None = None):
    (tmp_path / "log.csv").write_text(text)
    if mapping is None:
        return read_history(tmp_path / "log.csv")
    (tmp_path / "map.toml").write_text(mapping)
    return read_history(tmp_path / "log.csv", mapping=tmp_path / "map.toml")


def roles(history) -> dict[str, str]:
    return {column.header: column.role for column in history.reading.columns}


def kinds(history) -> list[list[str]]:
    return [[event.kind for event in a.events] for a in history.applications]


def test_a_snapshot_is_guessed_and_the_guess_is_shown(tmp_path: Path) -> None:
    history = read(
        tmp_path,
        "Company,Job Title,Date Applied,Status,Status Date,Source\n"
        "A,Dev,2025-01-17,Applied,,LinkedIn\nB,Dev,2025-01-20,Rejected,2025-02-01,Referral\nC,Dev,,Ghosted,,\n",
    )
    assert roles(history) == {
        "Company": "company", "Job Title": "title", "Date Applied": "date of applied", "Status": "status",
        "Status Date": "status date", "Source": "channel",
    }  # fmt: skip
    assert history.reading.shape == "snapshot"
    assert kinds(history) == [["applied"], ["applied", "rejected"], ["applied"]]
    assert history.applications[1].events[1].on == date(2025, 2, 1)
    assert [a.channel for a in history.applications] == ["cold", "referral", "cold"]
    assert Status("Ghosted", "open", 1, "sure") in history.reading.statuses


def test_a_wide_log_has_a_date_per_stage(tmp_path: Path) -> None:
    history = read(
        tmp_path,
        "Employer;Role track;Applied;Phone screen;2nd interview;Offer;Deadline\n"
        "A;SWE;13/01/2025;20/01/2025;;;01/01/2025\nB;DA;14/01/2025;;01/03/2025;05/03/2025;\n",
    )
    assert history.reading.shape == "wide"
    assert history.reading.date_order == "day first"
    assert history.tracks == ("DA", "SWE")
    assert kinds(history) == [["applied", "phone"], ["applied", "second_interview", "offer"]]
    assert roles(history)["Deadline"] == "ignore"


def test_the_blueprints_numbers_win_over_words(tmp_path: Path) -> None:
    history = read(tmp_path, "Company,Status\nA,0 - Never Applied\nB,4 - Interviewed them\nC,7\n")
    assert kinds(history) == [["never_applied"], ["interview"], ["accepted"]]


def test_flags_count_as_stages_and_channels(tmp_path: Path) -> None:
    history = read(
        tmp_path,
        "Company,Applied on,Interviewed?,Referral,Cover letter submitted\nA,2025-01-01,yes,no,yes\nB,2025-01-02,,Yes,no\n",
    )
    assert kinds(history) == [["applied", "interview"], ["applied"]]
    assert [a.channel for a in history.applications] == ["cold", "referral"]


def test_a_first_answer_is_the_first_stage_or_the_no_itself(tmp_path: Path) -> None:
    history = read(
        tmp_path,
        "Date sent,Date interview,First response,Status\n2025-01-01,2025-01-20,2025-01-09,Interview\n"
        "2025-01-01,,2025-01-05,Rejected\n2025-01-01,,,Ghosted\n",
    )
    first, second, third = (a.events for a in history.applications)
    assert first == (
        Event("applied", date(2025, 1, 1)), Event("response", date(2025, 1, 9)), Event("interview", date(2025, 1, 20)),
    )  # fmt: skip
    assert second[1] == Event("rejected", date(2025, 1, 5))
    assert third == (Event("applied", date(2025, 1, 1)),)


def test_a_mapping_overrides_the_guess(tmp_path: Path) -> None:
    text = "Team,When,What,How\nX,3/1/2025,nope,mate\nY,4/1/2025,chat,board\n"
    mapping = (
        'date_order = "day first"\n[columns]\nTeam = "track"\nWhen = "date of applied"\nWhat = "status"\nHow = "channel"\n'
        '[statuses]\nnope = "rejected"\nchat = ["phone", "interview"]\n[channels]\nmate = "referral"\n[tracks]\nX = "Ex"\n'
    )
    history = read(tmp_path, text, mapping)
    assert [a.track for a in history.applications] == ["Ex", "Y"]
    assert [a.channel for a in history.applications] == ["referral", "cold"]
    assert kinds(history) == [["applied", "rejected"], ["applied", "phone", "interview"]]
    assert history.applications[0].events[0].on == date(2025, 1, 3)
    assert any("board" in note for note in history.reading.notes)


def test_dates_out_of_order_stop_or_are_dropped_as_the_mapping_says(tmp_path: Path) -> None:
    text = "Applied,Interview,Offer\n2025-03-06,2025-02-01,2025-04-01\n"
    with pytest.raises(InputError, match=r'"interview" on 2025-02-01 is before "applied" on 2025-03-06'):
        read(tmp_path, text)
    events = read(tmp_path, text, 'out_of_order = "undated"').applications[0].events
    assert [event.on for event in events] == [date(2025, 3, 6), None, date(2025, 4, 1)]


def test_a_file_without_outcomes_is_unknown_not_silent(tmp_path: Path) -> None:
    history = read(tmp_path, 'Application Date,Company Name,Job Title\n"7/26/23, 2:20 PM",A,Dev\n')
    assert history.applications[0].events == (Event("applied", date(2023, 7, 26), at_least=True),)
    assert any("unknown, not silent" in note for note in history.reading.notes)


@pytest.mark.parametrize(
    ("text", "mapping", "message"),
    [
        ("Company,Status\nA,Intrview!x\n", None, ':2: Status: "Intrview!x" is no stage, exit or word for silence that I know. Did you mean "interview"?'),
        ("Company,Colour\nA,red\n", None, "log.csv:1: no column says when an application was sent"),
        ("Applied\n1/2/2025\n3/4/2025\n", None, ':2: Applied: "1/2/2025" can be read day first or month first'),
        ("Applied\n13/2/2025\n3/14/2025\n", None, "some dates are day first and others month first"),
        ("Applied,Status\n2025-01-01,applied\n2025-02-29,applied\n", None, ':3: Applied: "2025-02-29" is not a date (February 2025 has 28 days)'),
        ("ID,Status\n1,applied\n1,applied\n", None, ':3: ID: the id "1" was used on line 2'),
        ("Applied,Rejected\n2025-03-01,2025-02-01\n", None, ':2: rejected: "rejected" on 2025-02-01 is before "applied"'),
        ("Company,Status\nA,applied\n", '[columns]\nStatsu = "status"\n', 'Statsu: the mapping names it, and the file has no such column. Did you mean "Status"?'),
        ("Company,Status\nA,applied\n", '[columns]\nStatus = "stats"\n', 'columns.Status: "stats" is no role. Did you mean "status"?'),
        ("Company,Status\nA,applied\n", '[columns]\nStatus = "date of ofer"\n', '"ofer" is not on the ladder. Did you mean "offer"?'),
        ("Company,Status\nA,applied\n", '[statuses]\nx = "rejectd"\n', 'statuses.x: "rejectd" is not on the ladder'),
        ("Company,Status\nA,applied\n", '[channels]\nx = "cool"\n', 'channels.x: "cool" is no channel. Did you mean "cold"?'),
        ("Company,Status\nA,applied\n", 'date_order = "both"\n', 'date_order: write "day first" or "month first".'),
        ("Company,Status\nA,applied\n", "colums = 1\n", "colums"),
        ("Applied,Interviewed\n2025-01-01,yes\n2025-01-02,maybe\n", '[columns]\nInterviewed = "flag of interview"\n', ':3: Interviewed: "maybe" is no day, and neither yes nor no'),
    ],
)  # fmt: skip
def test_bad_input_is_one_message_with_its_place(tmp_path: Path, text: str, mapping: str | None, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, mapping)
    assert message in str(caught.value)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("word", ["Declined", "turned down"])
def test_a_word_with_two_meanings_is_asked_about(tmp_path: Path, word: str) -> None:
    """Whose no it was decides whether there was an offer."""
    with pytest.raises(InputError, match="can mean your no to an offer, or theirs to you"):
        read(tmp_path, f"Company,Status\nA,{word}\n")
    history = read(tmp_path, f"Company,Status\nA,{word}\n", f'[statuses]\n"{word}" = "rejected"\n')
    assert kinds(history) == [["applied", "rejected"]]


def test_an_offer_turned_down_is_said_aloud(tmp_path: Path) -> None:
    history = read(tmp_path, "Company,Status\nA,Declined offer\n")
    assert 'counted as an offer that you turned down: "Declined offer"' in history.reading.notes


def test_one_message_for_each_unknown_word(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, "Company,Status\n" + "A,Limbo\n" * 30 + "B,No interview\n")
    limbo, negation = caught.value.problems
    assert '"Limbo" (30 rows) is no stage' in str(limbo)
    assert '"Limbo" = "rejected" (or any stage, exit or "open")' in str(limbo)
    assert "Did you mean" not in str(negation)


def test_a_date_column_with_bad_cells_is_reported_not_skipped(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, "Date Applied,Status\n2025-11-01,Applied\n03-01,Rejected\nMarch 5,Applied\n46095,Applied\n")
    assert [problem.line for problem in caught.value.problems] == [3, 4]
    history = read(tmp_path, "Date Applied,Status\n2025-11-01,Applied\n46095,Applied\n")
    assert history.applications[1].events[0].on == date(2026, 3, 14)
    assert "days that a spreadsheet wrote as a number, read as days: 1" in history.reading.notes


def test_a_sheet_with_headers_only_is_an_empty_log(tmp_path: Path) -> None:
    history = read(tmp_path, "Company,Role,Date Applied,Status\n")
    assert history.applications == ()
    assert roles(history)["Date Applied"] == "date of applied"


def test_rows_that_say_nothing_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none of its 2 rows says that an application was sent"):
        read(tmp_path, "Company,Date Applied,Status\nA,,\nB,,\n")
    with pytest.raises(InputError, match="no column says when an application was sent"):
        read(tmp_path, "Firm,Heard back\nA,2025-01-01\nB,\n")


def test_a_single_track_with_few_titles_gets_a_hint(tmp_path: Path) -> None:
    history = read(tmp_path, "Role,Status\nDev,applied\nOps,applied\nDev,applied\n")
    assert any('to compare the 2 kinds of "Role"' in note for note in history.reading.notes)


@pytest.mark.parametrize("seed", ["0", "1", "4"])
def test_two_exits_in_a_row_are_read_alike_in_every_process(tmp_path: Path, seed: str) -> None:
    """By their days, not by the order of a set."""
    (tmp_path / "log.csv").write_text(
        "Applied,Rejected,Withdrawn\n2025-03-01,2025-03-20,2025-03-25\n2025-03-01,2025-03-28,2025-03-22\n"
    )
    code = "import offercast,sys\nprint([[e.kind for e in a.events] for a in offercast.read_history(sys.argv[1]).applications])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "log.csv")],
        capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": seed}, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[['applied', 'rejected', 'withdrawn'], ['applied', 'withdrawn', 'rejected']]"


def test_reopened_as_a_status_is_an_open_application(tmp_path: Path) -> None:
    history = read(
        tmp_path, "Company,Applied,Status\nA,2025-01-01,Reopened\nB,2025-01-02,Rejected\nC,2025-01-02,Applied\n"
    )
    assert kinds(history) == [["applied"], ["applied", "rejected"], ["applied"]]


def test_an_interval_begins_at_the_earliest_with_the_stage_before(tmp_path: Path) -> None:
    history = read(
        tmp_path,
        "Company,Applied,Interview\nA,2025-03-02,2025-03-01..2025-03-09\nB,2025-03-09,2025-03-01..2025-03-09\n",
    )
    assert history.applications[0].events[1] == Event("interview", date(2025, 3, 2), date(2025, 3, 9))
    assert history.applications[1].events[1] == Event("interview", date(2025, 3, 9))
