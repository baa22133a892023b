"""Every kind of file that a log comes in, and every way in which such a file can be hostile."""

import io
import json
import sqlite3
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from offercast.errors import InputError
from offercast.history import read_history
from offercast.history.containers import open_sheets

ROWS = [
    ["Company", "Role", "Date applied", "Status"],
    ["Acme", "Engineer", date(2025, 3, 4), "Rejected"],
    ["007", "Analyst", datetime(2025, 3, 13, 9, 30), "Applied"],
]


def workbook(path: Path, sheets: dict[str, list[list]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def days(history) -> list[tuple[str, str, str]]:
    return [(a.company, e.kind, str(e.on or "")) for a in history.applications for e in a.events]


def test_a_workbook_gives_its_days_and_keeps_text_as_text(tmp_path: Path) -> None:
    history = read_history(workbook(tmp_path / "log.xlsx", {"Jobs": ROWS}))
    assert days(history) == [
        ("Acme", "applied", "2025-03-04"), ("Acme", "rejected", ""), ("007", "applied", "2025-03-13"),
    ]  # fmt: skip
    assert history.reading.container == "workbook"


def test_sheets_with_the_same_columns_are_tracks(tmp_path: Path) -> None:
    book = workbook(tmp_path / "log.xlsx", {"Developer": ROWS, "Writer": [*ROWS[:2]], "Scratch": [["a", "b"], [1, 2]]})
    history = read_history(book)
    assert history.tracks == ("Developer", "Writer")
    assert [a.track for a in history.applications] == ["Developer", "Developer", "Writer"]
    assert any("not read: Scratch" in note for note in history.reading.notes)


def test_one_sheet_can_be_chosen(tmp_path: Path) -> None:
    book = workbook(tmp_path / "log.xlsx", {"Developer": ROWS, "Writer": ROWS[:2]})
    (tmp_path / "map.toml").write_text('sheet = "Writer"\n')
    assert len(read_history(book, mapping=tmp_path / "map.toml").applications) == 1
    (tmp_path / "map.toml").write_text('sheet = "Nobody"\n')
    with pytest.raises(InputError, match='there is no sheet "Nobody". There is: "Developer", "Writer".'):
        read_history(book, mapping=tmp_path / "map.toml")


def test_a_title_above_the_header_of_a_workbook(tmp_path: Path) -> None:
    history = read_history(workbook(tmp_path / "log.xlsx", {"Jobs": [["My search 2025"], [], *ROWS]}))
    assert len(history.applications) == 2


def test_a_cell_in_the_far_corner_is_refused_before_the_grid_is_built(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet["A1"] = "Company"
    sheet["XFD1048576"] = "x"
    book.save(tmp_path / "log.xlsx")
    with pytest.raises(InputError, match="1,048,576 rows by 16,384 columns: too large"):
        open_sheets(tmp_path / "log.xlsx")


def test_a_damaged_workbook_says_so(tmp_path: Path) -> None:
    path = workbook(tmp_path / "log.xlsx", {"Jobs": ROWS})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="damaged"):
        open_sheets(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<no/>")
    with pytest.raises(InputError, match="this workbook is damaged"):
        open_sheets(path)


LINKEDIN = "Application Date,Contact Email,Contact Phone Number,Company Name,Job Title,Job Url,Resume Name,Question And Answers\n"


def test_the_zip_of_a_data_export_is_read_with_all_its_parts(tmp_path: Path) -> None:
    path = tmp_path / "Basic_LinkedInDataExport.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Jobs/Job Applications.csv", LINKEDIN + '"7/6/23, 2:20 PM",,,Acme,Dev,,,\n')
        archive.writestr("Jobs/Job Applications_1.csv", LINKEDIN + '"7/7/23, 2:20 PM",,,Beta,Dev,,,\n')
        archive.writestr("Connections.csv", "First Name,Last Name\nA,B\n")
    history = read_history(path)
    assert days(history) == [("Acme", "applied", "2023-07-06"), ("Beta", "applied", "2023-07-07")]
    assert history.reading.known_as == "LinkedIn data export"
    assert history.tracks == ("all",)


def test_a_zip_with_one_table_needs_no_name(tmp_path: Path) -> None:
    path = tmp_path / "any.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("deep/my log.csv", "Company,Status\nA,applied\n")
    assert len(read_history(path).applications) == 1


def test_a_zip_without_a_log_names_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "any.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "x\n")
        archive.writestr("b.csv", "y\n")
    with pytest.raises(InputError, match="It holds: a.csv, b.csv"):
        open_sheets(path)


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Job Applications.csv", b"0" * 60_000_000)
    assert path.stat().st_size < 100_000
    with pytest.raises(InputError, match="would unpack to 60 MB"):
        open_sheets(path)


def test_a_zip_that_lies_about_its_sizes(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("log.csv", "Company,Status\n" + "A,applied\n" * 5000)
    data = bytearray(stream.getvalue())
    size = (len("Company,Status\n") + 10 * 5000).to_bytes(4, "little")
    for _ in range(2):
        at = data.index(size)
        data[at : at + 4] = (20).to_bytes(4, "little")
    (tmp_path / "log.zip").write_bytes(data)
    with pytest.raises(InputError, match=r"unpacks to more than it claims|damaged"):
        open_sheets(tmp_path / "log.zip")


def test_markdown_tables_links_and_bars_within_cells(tmp_path: Path) -> None:
    (tmp_path / "log.md").write_text(
        "# Applications\n\ntext | with a bar\n\n| Company | Role | Applied | Status |\n|---|:--|:-:|--:|\n"
        "| **Acme** | [Dev](https://x.example) \\| ops | 2025-01-02 | ~~Applied~~ |\n| [[Beta\\|B]] | `QA` | 2025-01-03 | Offer |\n\nend\n"
    )
    history = read_history(tmp_path / "log.md")
    assert [(a.company, a.title) for a in history.applications] == [("Acme", "Dev | ops"), ("B", "QA")]
    assert days(history) == [("Acme", "applied", "2025-01-02"), ("B", "applied", "2025-01-03"), ("B", "offer", "")]


EVENTS = [
    {"Company": "A", "Response Status": [{"Response": "Applied", "Date": "9/20/2023"}, {"Response": "Rejected", "Date": "11/13/2023"}]},
    {"Company": "A", "Response Status": [{"Response": "Applied", "Date": "9/21/2023"}, {"Response": "No Response", "Date": "12/02/2023"}]},
    {"Company": "B", "Response Status": []},
]  # fmt: skip


def test_json_event_lists_keep_their_entries_apart_and_silence_is_no_event(tmp_path: Path) -> None:
    (tmp_path / "log.json").write_text(json.dumps(EVENTS, indent=1))
    history = read_history(tmp_path / "log.json")
    assert [[e.kind for e in a.events] for a in history.applications] == [
        ["applied", "rejected"],
        ["applied"],
        ["applied"],
    ]
    assert history.reading.seen_on == date(2023, 12, 2)
    assert any("days beside words for silence: 1" in note for note in history.reading.notes)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_json_list_of_applications_is_a_table(tmp_path: Path, wrapped: bool) -> None:
    rows = [{"company": "A", "status": "Applied", "applied": "2025-01-01", "tags": ["x", "y"], "pay": {"low": 1}}]
    (tmp_path / "log.json").write_text(json.dumps({"version": 2, "applications": rows} if wrapped else rows))
    history = read_history(tmp_path / "log.json")
    assert days(history) == [("A", "applied", "2025-01-01")]
    assert "pay.low" in [column.header for column in history.reading.columns]


def test_json_lines(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text(
        '{"company": "A", "status": "Applied"}\n{"company": "B", "status": "Intervew!!x"}\n'
    )
    with pytest.raises(InputError, match=r"log.jsonl:2: status"):
        read_history(tmp_path / "log.jsonl")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"a": 1}, {"b": ]', "log.json:1: this is not JSON"),
        ('[{"company": "A"},\n{"company": "B"}', "ends in the middle of its list"),
        ("[]", "holds no list of applications"),
        ("[1, 2]", "log.json:1:"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_bad_json_says_where(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "log.json").write_text(text)
    with pytest.raises(InputError) as caught:
        read_history(tmp_path / "log.json")
    assert message in str(caught.value)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "jobs.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "CREATE TABLE jobs (id TEXT PRIMARY KEY, employer TEXT, title TEXT);"
            "CREATE TABLE stage_events (id TEXT, application_id TEXT, from_stage TEXT, to_stage TEXT, occurred_at INTEGER,"
            " metadata TEXT, outcome TEXT);"
            "INSERT INTO jobs VALUES ('j1', 'Acme', 'Dev'), ('j2', 'Beta', 'Ops');"
            "INSERT INTO stage_events VALUES ('1', 'j1', NULL, 'applied', 1735776000, '{}', NULL),"
            " ('2', 'j1', 'applied', 'recruiter_screen', 1736380800, '{}', NULL),"
            " ('3', 'j1', 'recruiter_screen', 'closed', 1736985600, '{}', 'rejected'),"
            " ('4', 'j2', NULL, 'applied', 1735776000, '{}', NULL),"
            " ('5', 'j2', 'applied', 'closed', 1738000000, '{}', 'ghosted');"
        )
    connection.close()
    return path


def test_a_database_of_stage_events(database: Path) -> None:
    history = read_history(database)
    assert days(history) == [
        ("Acme", "applied", "2025-01-02"), ("Acme", "phone", "2025-01-09"), ("Acme", "rejected", "2025-01-16"),
        ("Beta", "applied", "2025-01-02"),
    ]  # fmt: skip
    assert history.reading.known_as == "job-ops"


def test_a_database_is_not_written_to_and_another_one_names_its_tables(database: Path, tmp_path: Path) -> None:
    before = database.read_bytes()
    read_history(database)
    assert database.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["jobs.db"]
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE places (x)")
    connection.close()
    with pytest.raises(InputError, match="no table stage_events. Its tables: places"):
        read_history(other)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"%PDF-1.7 x", "this is a PDF, no table"),
        (b"\x89PNG\r\n", "this is a picture"),
        (b"\x1f\x8b\x08\x00", "compressed by gzip"),
        (b"PK\x03\x04broken", "this archive is damaged"),
        (b"SQLite format 3\0" + b"x" * 100, "this database cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "this workbook is damaged"),
    ],
)
def test_what_is_no_log_is_named(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "log.csv").write_bytes(data)
    with pytest.raises(InputError) as caught:
        open_sheets(tmp_path / "log.csv")
    assert message in str(caught.value)


def test_content_decides_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "log.xlsx"
    path.write_text("Company,Status\nA,applied\n")
    assert len(read_history(path).applications) == 1


def test_content_may_come_without_a_file() -> None:
    assert len(read_history("standard input", data=b"Company\tStatus\nA\tapplied\n").applications) == 1
