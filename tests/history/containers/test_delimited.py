"""Text stays text, and every row knows its line."""

from pathlib import Path

import pytest

from offercast.errors import InputError
from offercast.history.containers import open_sheets
from offercast.history.table import to_table

NAMES = {"company", "status", "id", "track", "note", "date", "applied"}


def table(tmp_path: Path, text: str):
    path = tmp_path / "log.csv"
    path.write_bytes(text.encode())
    return to_table(open_sheets(path)[0], lambda cell: cell.casefold() in NAMES)


def test_ids_and_tracks_stay_text(tmp_path: Path) -> None:
    read = table(tmp_path, "id,track\n0007,NA\n1e5,null\n")
    assert [(r["id"], r["track"]) for r in read.rows] == [("0007", "NA"), ("1e5", "null")]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, mark: str) -> None:
    read = table(tmp_path, f'company{mark}status\n"A, B; C"{mark}applied\n')
    assert read.rows[0]["company"] == "A, B; C"


def test_a_title_with_commas_does_not_hide_the_delimiter(tmp_path: Path) -> None:
    read = table(tmp_path, "My jobs, 2025, all\nCompany;Status;Date\nA, B;applied;3\nC, D;offer;4\n")
    assert read.headers == ("Company", "Status", "Date")


def test_excel_may_say_the_delimiter_itself(tmp_path: Path) -> None:
    read = table(tmp_path, 'sep=;\ncompany;note\n"A";"x, y, z"\n')
    assert (read.headers, read.rows[0]["note"], read.rows[0].line) == (("company", "note"), "x, y, z", 3)


def test_lines_are_physical_even_after_a_cell_of_two_lines(tmp_path: Path) -> None:
    read = table(tmp_path, '\ufeffcompany,note\nA,"one\ntwo"\n\nB,x\n')
    assert [row.line for row in read.rows] == [2, 5]
    assert read.headers == ("company", "note")


def test_a_row_short_by_empty_cells_is_a_habit_and_an_extra_cell_an_accident(tmp_path: Path) -> None:
    assert table(tmp_path, "a,b,c\n1,2\n").rows[0].cells == ["1", "2", ""]
    with pytest.raises(InputError) as caught:
        table(tmp_path, "a,b\n1,2\n1,2,3\n1,2,,\n4,5,6\n")
    assert [problem.line for problem in caught.value.problems] == [3, 5]


def test_the_header_is_found_below_a_title(tmp_path: Path) -> None:
    read = table(tmp_path, "🏗️ Job applications,,\n,,\nCompany,Status,Date\nA,applied,x\n")
    assert (read.header_line, read.headers, len(read.rows)) == (3, ("Company", "Status", "Date"), 1)
    assert any("lines above the header: 1" in note for note in read.notes)


def test_columns_without_a_name_and_names_that_come_twice_get_one(tmp_path: Path) -> None:
    read = table(tmp_path, ",company,Note,Note,,\n1,A,x,y,,\n")
    assert read.headers == ("column 1", "company", "Note", "Note (2)")
    assert [read.rows[0][h] for h in ("Note", "Note (2)")] == ["x", "y"]


def test_a_header_repeated_further_down_is_no_row(tmp_path: Path) -> None:
    read = table(tmp_path, "company,status\nA,applied\ncompany,status\nB,offer\n")
    assert [row["company"] for row in read.rows] == ["A", "B"]
    assert any("repeated" in note for note in read.notes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "log.csv:1: this file is empty"),
        ("  \n\n", "this file is empty"),
        ('a,b\n1,"open\n', "quoted cell"),
        ('a,b\n1,"x" y\n', "quoted cell"),
        ("a,b\n<<<<<<< HEAD\n1,2\n=======\n1,3\n>>>>>>> other\n", "log.csv:2: the mark of an unfinished merge"),
        ("a,b\n1," + "x" * 1_000_001 + "\n", "more than 1,000,000 characters"),
        ("a,b\n" + "," * 3000 + "\n", "3,001 cells"),
    ],
)
def test_a_file_that_is_no_table_says_so(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        table(tmp_path, text)
    assert message in str(caught.value)


def test_all_marks_of_a_merge_are_named_and_a_line_of_equal_signs_alone_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        table(tmp_path, "a,b\n<<<<<<< HEAD\n1,2\n=======\n1,3\n>>>>>>> other\n")
    assert [problem.line for problem in caught.value.problems] == [2, 4, 6]
    assert len(table(tmp_path, "company,status\n=======\n").rows) == 1


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        open_sheets(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="this is a folder"):
        open_sheets(tmp_path)
    with pytest.raises(InputError, match="no regular file"):
        open_sheets(Path("/dev/null"))
