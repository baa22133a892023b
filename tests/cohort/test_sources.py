"""A cohort is the same from any source, in any number of parts, and nothing about employers is copied."""

import sqlite3
from datetime import date

import duckdb
import polars as pl
import pytest

import offercast
from cohort.conftest import TODAY
from offercast.cohort import Part, open_cohort, read_part
from offercast.cohort.source import names_of, seekers_of
from offercast.errors import CommandError, InputError
from offercast.history import History


def told(cohort, ladder) -> dict[str, str]:
    """Each seeker's evidence, as its fingerprint."""
    found = {}
    for part in cohort.parts:
        for name, history in read_part(part, ladder):
            assert name not in found
            assert isinstance(history, History), history
            found[name] = offercast.gather(history, as_of=TODAY).fingerprint
    return found


@pytest.fixture(scope="module")
def expected(rows, ladder, tmp_path_factory) -> dict[str, str]:
    """The same read one by one, each seeker from a file of their own."""
    folder, found = tmp_path_factory.mktemp("one"), {}
    for (name,), mine in rows.group_by(["seeker"], maintain_order=True):
        mine.drop("seeker").write_csv(folder / f"{name}.csv")
        found[name] = offercast.gather(offercast.read_history(folder / f"{name}.csv"), as_of=TODAY).fingerprint
    return found


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_parquet_in_any_parts(parquet, expected, ladder, tmp_path, size: int) -> None:
    cohort = open_cohort(parquet, work=tmp_path / "work", seekers_a_part=size)
    assert cohort.seekers == len(expected)
    assert told(cohort, ladder) == expected
    assert sum(seekers_of(part) for part in cohort.parts) == len(expected)


def test_csv_a_folder_of_parquet_and_a_folder_of_logs(rows, expected, ladder, tmp_path) -> None:
    rows.write_csv(tmp_path / "cohort.csv")
    assert told(open_cohort(tmp_path / "cohort.csv", work=tmp_path / "a"), ladder) == expected
    (tmp_path / "pieces").mkdir()
    half = rows.height // 2
    rows[:half].write_parquet(tmp_path / "pieces" / "1.parquet")
    rows[half:].write_parquet(tmp_path / "pieces" / "2.parquet")
    assert told(open_cohort(tmp_path / "pieces", work=tmp_path / "b"), ladder) == expected
    (tmp_path / "logs").mkdir()
    for (name,), mine in rows.group_by(["seeker"]):
        mine.drop("seeker").write_csv(tmp_path / "logs" / f"{name}.csv")
    cohort = open_cohort(tmp_path / "logs", work=tmp_path / "c")
    assert told(cohort, ladder) == expected
    assert not (tmp_path / "c").exists()  # nothing is copied


def test_databases(rows, expected, ladder, tmp_path) -> None:
    with sqlite3.connect(tmp_path / "cohort.sqlite") as connection:
        columns = ", ".join(f"{name} TEXT" for name in rows.columns)
        connection.execute(f"CREATE TABLE events ({columns})")
        places = ", ".join("?" * rows.width)
        connection.executemany(f"INSERT INTO events VALUES ({places})", rows.iter_rows())  # noqa: S608
    connection.close()
    cohort = open_cohort(tmp_path / "cohort.sqlite", work=tmp_path / "a", table="events")
    assert told(cohort, ladder) == expected
    with duckdb.connect(str(tmp_path / "cohort.duckdb")) as connection:
        connection.execute("CREATE TABLE events AS SELECT * REPLACE (CAST(date AS DATE) AS date) FROM rows")
    query = "SELECT * FROM events ORDER BY random()"
    cohort = open_cohort(tmp_path / "cohort.duckdb", work=tmp_path / "b", table=query)
    assert told(cohort, ladder) == expected


def test_what_a_cohort_needs_is_said(tmp_path, rows) -> None:
    with pytest.raises(InputError, match="there is no such file or folder"):
        open_cohort(tmp_path / "nothing.parquet", work=tmp_path / "w")
    rows.drop("seeker").write_csv(tmp_path / "single.csv")
    with pytest.raises(InputError, match='there is no column "seeker"'):
        open_cohort(tmp_path / "single.csv", work=tmp_path / "w")
    (tmp_path / "log.txt").write_text("x")
    with pytest.raises(InputError, match="a cohort is a folder of logs"):
        open_cohort(tmp_path / "log.txt", work=tmp_path / "w")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="there is no file in this folder"):
        open_cohort(tmp_path / "empty", work=tmp_path / "w")
    sqlite3.connect(tmp_path / "db.sqlite").close()
    (tmp_path / "db.sqlite").write_bytes(b"SQLite format 3\x00" + b"\x00" * 100)
    with pytest.raises(CommandError, match="say which table or query"):
        open_cohort(tmp_path / "db.sqlite", work=tmp_path / "w")
    with pytest.raises(CommandError, match="names a table of a database"):
        open_cohort(tmp_path / "single.csv", work=tmp_path / "w", table="events")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(InputError, match="cannot be read"):
        open_cohort(tmp_path / "broken.parquet", work=tmp_path / "w")
    with pytest.raises(InputError, match="cannot be read"):
        open_cohort(tmp_path / "db.sqlite", work=tmp_path / "w", table="events")
    with duckdb.connect(str(tmp_path / "other.duckdb")) as connection:
        connection.execute("CREATE TABLE other (x INTEGER)")
    with pytest.raises(InputError, match="cannot be read.*events"):
        open_cohort(tmp_path / "other.duckdb", work=tmp_path / "w", table="events")


def test_nothing_about_employers_is_copied(rows, ladder, tmp_path) -> None:
    secret = rows.with_columns(company=pl.lit("Acme"), note=pl.lit("salary 90"))
    secret.write_parquet(tmp_path / "cohort.parquet")
    cohort = open_cohort(tmp_path / "cohort.parquet", work=tmp_path / "work")
    for part in cohort.parts:
        for path in part.paths:
            assert set(pl.read_parquet(path).columns) == {"seeker", "__row", "__part", *rows.columns}


def test_ids_and_tracks_stay_text(ladder, tmp_path) -> None:
    table = pl.DataFrame(
        {
            "seeker": [7, 7],
            "application_id": ["0007", "1e5"],
            "date": [date(2026, 1, 5)] * 2,
            "event": ["applied"] * 2,
            "track": ["NA", None],
        }
    )
    table.write_parquet(tmp_path / "t.parquet")
    (part,) = open_cohort(tmp_path / "t.parquet", work=tmp_path / "w").parts
    ((name, history),) = read_part(part, ladder)
    assert name == "7"
    assert [a.id for a in history.applications] == ["0007", "1e5"]
    assert history.applications[0].track == "NA"


def test_a_part_is_cut_down_to_one_seeker(parquet, ladder, tmp_path) -> None:
    part = max(open_cohort(parquet, work=tmp_path / "w", seekers_a_part=1000).parts, key=seekers_of)
    names = names_of(part)
    pieces = [part]
    while any(piece.halves(len(names)) for piece in pieces):
        pieces = [half for piece in pieces for half in (piece.halves(len(names)) or (piece,))]
    assert [names_of(piece) for piece in pieces] == [[name] for name in names]
    assert len({piece.key for piece in pieces}) == len(names)
    assert isinstance(pieces[0], Part)
    assert [name for name, _ in read_part(pieces[1], ladder)] == names_of(pieces[1])
