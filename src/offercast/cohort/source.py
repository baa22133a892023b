"""Where the logs of many seekers come from: a folder, a CSV or Parquet file, a database; spread into parts.

A part holds whole seekers and is small enough to be read at once, wherever the work is done; no more of a cohort is
ever held in memory. Tables are spread by a hash of the seeker in one pass, streamed by polars (the extra `[cohort]`).
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Literal

from offercast.cohort.polars import pl
from offercast.errors import CommandError, InputError, OffercastError, Problem
from offercast.files import unreadable
from offercast.history.canonical import COLUMNS, REQUIRED
from offercast.history.mapping import Mapping
from offercast.history.reading import read_history, read_table
from offercast.history.records import History
from offercast.history.table import Row, Table
from offercast.ladder import Ladder

SEEKER = "seeker"
ROW = "__row"
PART = "__part"
SEEKERS_A_PART, FEWEST_A_PART, PARTS = 200, 5, 32
"""Seekers in a part at most: some ten seconds of work, so that little is lost when a worker dies; of a small cohort so
many fewer that it has as many parts, for workers to share."""
FILES_A_PART = 20
CHUNK, MOST_CHUNKS, GROUP = 1_000_000, 256, 4096
"""Rows that are spread at once, which is what memory has to hold (more where that would make too many files: whoever
reads a part looks into each); and rows of a group that is read or skipped."""
BATCH = 200_000
"""Rows that are read from a database at once."""
TABLES = (".parquet", ".pq")
TEXTS = (".csv",)
BESIDE = ".toml"
"""A mapping file beside a log, of the same name, is that log's own."""
DATABASES = (".sqlite", ".sqlite3", ".db", ".duckdb", ".ddb")


@dataclass(frozen=True)
class Part:
    """Some seekers: those whose rows in some Parquet files have its number (`rows`), or one in each of some files
    (`files`).

    `only` picks seekers of the part by their place: a part on which a worker died is cut until the one at fault is
    found. `name` is that of the cohort, for messages.
    """

    number: int
    kind: Literal["rows", "files"]
    paths: tuple[str, ...]
    name: str
    only: tuple[int, int] | None = None

    @property
    def key(self) -> str:
        """The name of what is made of it."""
        cut = "" if self.only is None else f"-{self.only[0]:05d}-{self.only[1]:05d}"
        return f"part-{self.number:06d}{cut}"

    def halves(self, seekers: int) -> tuple[Part, Part] | None:
        """Its first and its second half; None where it holds one seeker."""
        first, last = self.only or (0, seekers)
        if last - first < 2:
            return None
        middle = (first + last) // 2
        return replace(self, only=(first, middle)), replace(self, only=(middle, last))


@dataclass(frozen=True)
class Cohort:
    """The parts of a cohort, how many seekers they hold, and the last day that any log names."""

    parts: tuple[Part, ...]
    seekers: int
    last_date: date | None
    name: str


def open_cohort(
    path: str | Path, *, work: Path, table: str | None = None, seekers_a_part: int = SEEKERS_A_PART
) -> Cohort:
    """Find the seekers of a cohort and spread their rows into parts.

    Args:
        path: a folder of logs (each file one seeker, in any form that `read_history` reads; a mapping file of the same
            name beside a log is that log's own), a CSV or Parquet file (or
            a folder of Parquet files) of the canonical columns and a column `seeker`, or a SQLite or DuckDB database.
        work: a folder where the parts of a table are kept; those that are there already are taken.
        table: of a database: the table or view with these columns, or a query that begins with SELECT.
        seekers_a_part: how many seekers a part of a table holds at most, more or less.

    Raises:
        InputError: there is nothing to read, or a column is missing.
    """
    source = Path(path)
    if not source.exists():
        raise InputError(Problem(str(source), None, None, "there is no such file or folder. Check the path."))
    if table is not None and source.suffix not in DATABASES:
        raise CommandError(f"--table names a table of a database; {source} is none.")
    if source.is_dir() and not _parquets(source):
        return _of_files(source)
    return _of_table(source, work, table, seekers_a_part)


def _parquets(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.suffix in TABLES and not one.name.startswith("."))


def _of_files(folder: Path) -> Cohort:
    """Each file is a seeker."""
    there = (one for one in folder.iterdir() if one.is_file() and not one.name.startswith((".", "~")))
    files = sorted(one.absolute() for one in there if one.suffix != BESIDE)  # a worker may be elsewhere
    if not files:
        raise InputError(Problem(str(folder), None, None, "there is no file in this folder."))
    parts = tuple(
        Part(number, "files", tuple(str(one) for one in files[first : first + FILES_A_PART]), str(folder))
        for number, first in enumerate(range(0, len(files), FILES_A_PART))
    )
    return Cohort(parts, len(files), None, str(folder))


def _of_table(source: Path, work: Path, table: str | None, seekers_a_part: int) -> Cohort:
    """The rows of a table, spread by a hash of the seeker."""
    work.mkdir(parents=True, exist_ok=True)
    done = work / "rows.done"
    if not done.exists():
        _spread(source, work, table, seekers_a_part)
        done.touch()
    chunks = tuple(str(one) for one in sorted(work.glob("rows-*.parquet")))
    rows = pl.scan_parquet(list(chunks))
    day = pl.col("date").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    found = rows.select(pl.col(SEEKER).n_unique(), day.max(), pl.col(PART).unique().implode())
    seekers, last, numbers = found.collect(engine="streaming").row(0)
    parts = tuple(Part(number, "rows", chunks, str(source)) for number in sorted(numbers))
    return Cohort(parts, int(seekers), last, str(source))


def _spread(source: Path, work: Path, table: str | None, seekers_a_part: int) -> None:
    try:
        rows = _scan(source, work, table)
        columns = rows.collect_schema().names()
    except (OSError, pl.exceptions.PolarsError, *_database_errors()) as error:
        if isinstance(error, OffercastError):
            raise
        raise unreadable(source, error) from None
    missing = [name for name in (SEEKER, *REQUIRED) if name not in columns]
    if missing:
        message = (
            f'there is no column "{missing[0]}". A cohort is a canonical log with a column "{SEEKER}": '
            f"{SEEKER},{','.join(COLUMNS[:5])}."
        )
        raise InputError(Problem(str(source), 1, None, message))
    # nothing about employers is copied; text stays as it stands: an id 0007 is one, and a date is read with its log
    kept = [name for name in (SEEKER, *COLUMNS[:5]) if name in columns]
    rows = rows.select(pl.col(kept).cast(pl.String).fill_null("")).with_row_index(ROW, offset=2)
    seekers = rows.select(pl.col(SEEKER).n_unique()).collect(engine="streaming").item()
    if not seekers:
        raise InputError(Problem(str(source), None, None, "there is no row in it."))
    few = max(FEWEST_A_PART, math.ceil(seekers / PARTS))
    parts = max(1, math.ceil(seekers / min(seekers_a_part, few)))
    part = (pl.col(SEEKER).hash(seed=1) % parts).cast(pl.UInt32).alias(PART)
    spread, total = rows.with_columns(part), int(rows.select(pl.len()).collect().item())
    size = max(CHUNK, math.ceil(total / MOST_CHUNKS))
    for number, first in enumerate(range(0, total, size)):
        # one chunk after the other is all that memory holds (a stream of them is read far ahead); sorted by part, so
        # that whoever reads one skips the groups of the others
        chunk = spread.slice(first, size).collect(engine="streaming").sort(PART)
        chunk.write_parquet(work / f"rows-{number:06d}.parquet", compression="lz4", row_group_size=GROUP)


def _database_errors() -> tuple[type[Exception], ...]:
    """What the databases raise, where they are installed."""
    try:
        import duckdb
    except ModuleNotFoundError:
        return (sqlite3.Error,)
    return sqlite3.Error, duckdb.Error


def _scan(source: Path, work: Path, table: str | None):  # noqa: ANN202 - a LazyFrame; polars may be missing
    """The rows of a source, not yet read."""
    if source.is_dir():
        return pl.scan_parquet([str(one) for one in _parquets(source)], hive_partitioning=False)
    if source.suffix in TABLES:
        return pl.scan_parquet(source, hive_partitioning=False)
    if source.suffix in DATABASES:
        return _from_database(source, work, table)
    if source.suffix in TEXTS:
        copy = work / "copy.parquet"  # a line of a CSV file cannot be gone to
        pl.scan_csv(source, infer_schema=False, low_memory=True, glob=False).sink_parquet(copy, compression="lz4")
        return pl.scan_parquet(copy)
    message = "a cohort is a folder of logs, a .csv or .parquet file, or a .sqlite or .duckdb database."
    raise InputError(Problem(str(source), None, None, message))


def _from_database(source: Path, work: Path, table: str | None):  # noqa: ANN202
    """The rows of a database, copied in batches: what is read twice is not queried twice."""
    if table is None:
        raise CommandError(f'{source} is a database: say which table or query with --table, such as --table "events".')
    quoted = table.replace('"', '""')
    query = table if table.lstrip()[:6].upper() == "SELECT" else f'SELECT * FROM "{quoted}"'  # noqa: S608 - their own
    copies = []
    with _connected(source) as connection:
        for number, batch in enumerate(
            pl.read_database(query, connection, iter_batches=True, batch_size=BATCH, infer_schema_length=None)
        ):
            copies.append(work / f"copy-{number:06d}.parquet")
            batch.with_columns(pl.all().cast(pl.String)).write_parquet(copies[-1])
    if not copies:
        raise InputError(Problem(str(source), None, None, "there is no row in it."))
    return pl.scan_parquet([str(one) for one in copies], hive_partitioning=False)


def _connected(source: Path):  # noqa: ANN202 - a connection of one of two libraries, closed at the end
    from contextlib import closing

    with source.open("rb") as stream:
        is_sqlite = stream.read(16).startswith(b"SQLite format 3")
    if is_sqlite:
        return closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True))
    try:
        import duckdb
    except ModuleNotFoundError:
        raise CommandError(f"{source} needs DuckDB: pip install duckdb.") from None
    return closing(duckdb.connect(str(source), read_only=True))


def read_part(part: Part, ladder: Ladder, mapping: Mapping | None = None) -> Iterator[tuple[str, History | Exception]]:
    """Every seeker of a part with their history, or with why it cannot be read."""
    if part.kind == "files":
        for path in _picked(part.paths, part.only):
            own = Path(path).with_suffix(BESIDE)
            said = own if own.exists() else mapping
            read = partial(read_history, path, mapping=said, ladder=ladder)
            yield _name_of(path, part.paths), _tried(read)
        return
    rows = _rows_of(part).sort(SEEKER, ROW).collect()
    headers = tuple(name for name in COLUMNS if name in rows.columns)
    at = {name: place for place, name in enumerate(headers)}
    names = rows[SEEKER].unique(maintain_order=True).to_list()
    wanted = set(_picked(names, part.only))
    for (name,), mine in rows.group_by([SEEKER], maintain_order=True):
        if name in wanted:
            lines = mine[ROW].to_list()
            cells = mine.select(headers).iter_rows()
            listed = tuple(
                Row(line, [cell.strip() for cell in row], at) for line, row in zip(lines, cells, strict=True)
            )
            table = Table(part.name, 1, headers, listed)
            yield str(name), _tried(partial(_history, table, ladder, mapping))


def seekers_of(part: Part) -> int:
    """How many seekers a part holds, all of it."""
    if part.kind == "files":
        return len(part.paths)
    return int(_rows_of(part).select(pl.col(SEEKER).n_unique()).collect().item())


def names_of(part: Part) -> list[str]:
    """The names of the seekers that are meant by a part."""
    if part.kind == "files":
        return [_name_of(path, part.paths) for path in _picked(part.paths, part.only)]
    names = _rows_of(part).select(SEEKER, ROW).sort(SEEKER, ROW).collect()[SEEKER].unique(maintain_order=True)
    return [str(name) for name in _picked(names.to_list(), part.only)]


def _rows_of(part: Part):  # noqa: ANN202 - a LazyFrame
    """The rows of a part, not yet read."""
    return pl.scan_parquet(list(part.paths)).filter(pl.col(PART) == part.number).drop(PART)


def _history(table: Table, ladder: Ladder, mapping: Mapping | None) -> History:
    applications, reading = read_table(table, mapping or Mapping(), ladder)
    return History(ladder, applications, table.source, reading)


def _picked[T](all_: Sequence[T], only: tuple[int, int] | None) -> Sequence[T]:
    return all_ if only is None else all_[only[0] : only[1]]


def _name_of(path: str, paths: Sequence[str]) -> str:
    """A file's seeker: its name, with the ending where two files differ in that alone."""
    stem = Path(path).stem
    return Path(path).name if sum(Path(other).stem == stem for other in paths) > 1 else stem


def _tried(read: Callable[[], History]) -> History | Exception:
    try:
        return read()
    except OffercastError as error:
        return error
