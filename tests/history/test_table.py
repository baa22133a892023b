"""Text stays text, and every row knows its line."""

from pathlib import Path

import pytest

from offercast.errors import InputError
from offercast.history.table import read_table


def table(tmp_path: Path, text: str):
    path = tmp_path / "log.csv"
    path.write_bytes(text.encode())
    return read_table(path)


def test_ids_and_tracks_stay_text(tmp_path: Path) -> None:
    read = table(tmp_path, "id,track\n0007,NA\n1e5,null\n")
    assert [(r["id"], r["track"]) for r in read.rows] == [("0007", "NA"), ("1e5", "null")]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, mark: str) -> None:
    read = table(tmp_path, f'company{mark}status\n"A, B; C"{mark}applied\n')
    assert read.rows[0]["company"] == "A, B; C"


def test_lines_are_physical_even_after_a_cell_of_two_lines(tmp_path: Path) -> None:
    read = table(tmp_path, '\ufeffcompany,note\nA,"one\ntwo"\n\nB,x\n')
    assert [row.line for row in read.rows] == [2, 5]
    assert read.headers == ("company", "note")


def test_a_row_short_by_empty_cells_is_a_habit_and_an_extra_cell_an_accident(tmp_path: Path) -> None:
    assert table(tmp_path, "a,b,c\n1,2\n").rows[0].cells == {"a": "1", "b": "2", "c": ""}
    with pytest.raises(InputError) as caught:
        table(tmp_path, "a,b\n1,2\n1,2,3\n1,2,,\n4,5,6\n")
    assert [problem.line for problem in caught.value.problems] == [3, 5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "log.csv:1: this file is empty"),
        ("  \n\n", "this file is empty"),
        ("a,b,a\n1,2,3\n", "log.csv:1: a: two columns have this name"),
        ('a,b\n1,"open\n', "quoted cell"),
    ],
)
def test_a_file_that_is_no_table_says_so(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        table(tmp_path, text)
    assert message in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_table(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="this is a folder"):
        read_table(tmp_path)
