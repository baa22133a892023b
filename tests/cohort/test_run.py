"""Rows of a cohort: the same wherever they are worked at; nobody stops anybody else; nothing is lost when things break."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import fields, replace
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import offercast
from cohort import jobs
from cohort.conftest import TODAY
from offercast.cohort import Here, Lost, Processes, Seen, Task, look_at, open_cohort, read_rows, run_cohort, run_parts
from offercast.cohort.run import MANIFEST, schema
from offercast.cohort.seeker import HORIZON_WEEKS, own_plan
from offercast.errors import CommandError, InputError, OutputError
from offercast.history import Application, Event, History

QUICK = {"today": TODAY, "back_days": 0}


def sorted_rows(folder) -> pl.DataFrame:
    return read_rows(folder)[1].collect().sort("seeker")


@pytest.fixture(scope="module")
def whole(parquet, tmp_path_factory) -> pl.DataFrame:
    folder = tmp_path_factory.mktemp("run") / "out"
    done = run_cohort(parquet, folder, named=True, **QUICK)
    assert (done.failed, done.kept) == (0, 0)
    return sorted_rows(folder)


def test_a_row_is_what_the_commands_for_one_log_say(whole, rows, ladder, model, tmp_path) -> None:
    """Two ways to the same numbers: the cohort, and a seeker's own file by way of the library."""
    name = whole["seeker"][3]
    rows.filter(pl.col("seeker") == name).drop("seeker").write_csv(tmp_path / "log.csv")
    history = offercast.read_history(tmp_path / "log.csv")
    evidence = offercast.gather(history, as_of=history.as_of(TODAY))
    row = whole.row(3, named=True)
    assert row["sent"] == evidence.sent
    assert row["waiting_now"] == evidence.open_now
    assert row["as_of"] == evidence.as_of
    posterior = offercast.fit(evidence)  # the quick engine
    curve = offercast.exact_curve(posterior, own_plan(evidence), horizon_weeks=HORIZON_WEEKS).mean(axis=0)
    for weeks in (4, 8, 13, 26):
        assert row[f"chance_{weeks}_weeks"] == pytest.approx(curve[7 * weeks], abs=0.03)
    counts = evidence.counts().sum(axis=0)
    assert row["moved"] == pytest.approx(counts[:, 0].tolist())
    assert row["told_no"] == pytest.approx(counts[:, 1].tolist())
    assert row["waiting"] == pytest.approx(counts[:, 2].tolist())


@pytest.mark.parametrize(("size", "workers"), [(3, None), (11, 2)])
def test_rows_depend_on_neither_parts_nor_workers(parquet, whole, tmp_path, size, workers) -> None:
    where = Processes(workers) if workers else Here()
    run_cohort(parquet, tmp_path / "out", named=True, seekers_a_part=size, workers=where, **QUICK)
    assert sorted_rows(tmp_path / "out").equals(whole)


def test_the_rows_have_the_types_that_they_say(whole) -> None:
    assert whole.columns == [field.name for field in fields(Seen)]
    assert dict(whole.schema) == schema()


def test_codes_stand_for_names_and_are_this_folders_own(parquet, whole, tmp_path) -> None:
    codes = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        run_cohort(parquet, folder, **QUICK)
        codes.append(set(sorted_rows(folder)["seeker"]))
        for path in folder.iterdir():
            assert b"seeker-00" not in path.read_bytes()
        assert oct(folder.stat().st_mode & 0o777) == "0o700"
    assert len(codes[0]) == len(whole)
    assert not codes[0] & codes[1]


def test_a_bad_log_is_told_in_its_row_and_stops_nobody(rows, whole, tmp_path) -> None:
    bad = pl.DataFrame(
        {
            "seeker": ["Zoe Quinn", "Zoe Quinn", "empty day", "later"],
            "application_id": ["1", "2", "1", "1"],
            "date": ["2026-02-30", "soon", "", "2031-01-01"],
            "event": ["applied", "applied", "applied", "applied"],
            "track": ["x"] * 4,
            "channel": ["cold", "by pigeon", "cold", "cold"],
        }
    )
    pl.concat([rows, bad]).write_parquet(tmp_path / "cohort.parquet")
    for named in (True, False):
        done = run_cohort(tmp_path / "cohort.parquet", tmp_path / str(named), named=named, **QUICK)
        assert (done.seekers, done.failed) == (len(whole) + 3, 2)
        found = sorted_rows(tmp_path / str(named)).filter(pl.col("status") != "ok")
        text = " ".join(found["message"])
        assert ("2026-02-30" in text) is named  # what a log says is not told where names are not
        assert ("Zoe" in str(found["seeker"].to_list())) is named
        assert "is not a date" in text
        assert "holds no application up to this day" in text
    others = sorted_rows(tmp_path / "True").filter(pl.col("seeker").is_in(whole["seeker"].to_list()))
    assert_frame_equal(others, whole, rel_tol=1e-9)  # the events stand in another order: sums round otherwise


def test_a_mapping_beside_a_log_is_its_own_and_no_message_names_a_seeker(tmp_path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    odd = "Company,Applied,Outcome\nA,2026-05-04,flumphed\nB,2026-05-05,flumphed\n"
    for name in ("Ada Lovelace", "Ben Bova"):
        (logs / f"{name}.csv").write_text(odd)
    (logs / "Ben Bova.toml").write_text('[statuses]\n"flumphed" = "rejected"\n')
    for named in (True, False):
        done = run_cohort(logs, tmp_path / str(named), named=named, **QUICK)
        assert (done.seekers, done.failed) == (2, 1)
        found = sorted_rows(tmp_path / str(named))
        (message,) = found.filter(pl.col("status") != "ok")["message"]
        assert ("Lovelace" in message) is named
        assert ("flumphed" in message) is named
        assert ":2:" in message if named else "line 2" in message
        assert found.filter(pl.col("status") == "ok")["told_no"].list.sum().to_list() == [2.0]


def test_a_stale_log_is_told_as_of_its_own_last_day(ladder, model) -> None:
    log = History(ladder, (Application("1", "A", "cold", (Event("applied", date(2026, 3, 2)),)),))
    row = look_at("one", log, Task(model, TODAY, named=True))
    assert row.as_of == date(2026, 3, 2)
    assert row.stale_days == (TODAY - date(2026, 3, 2)).days
    fresh = look_at("one", log, Task(model, date(2026, 3, 10), named=True))
    assert fresh.as_of == date(2026, 3, 10)


def test_a_forecast_slips_when_hopes_are_told_no(ladder, model) -> None:
    """Two late interviews in March, both told no in April; and one who is still waiting for them."""

    def log(*last: Event) -> History:
        way = ("applied", "response", "phone", "interview", "second_interview")
        events = tuple(Event(kind, date(2026, 5, 4 + 3 * i)) for i, kind in enumerate(way))
        silent = [Application(f"s{i}", "A", "cold", (Event("applied", date(2026, 4, 20 + i)),)) for i in range(8)]
        late = [Application(f"l{i}", "A", "cold", (*events, *last)) for i in range(3)]
        return History(ladder, (*silent, *late))

    task = Task(model, date(2026, 6, 18), named=True)
    slipped = look_at("one", log(Event("rejected", date(2026, 6, 15))), task)
    assert slipped.slip > 0.25
    assert slipped.slip > 2 * slipped.slip_error
    waiting = look_at("one", log(Event("withdrawn", date(2026, 6, 15))), replace(task, back_days=1))
    assert waiting.slip is not None
    assert look_at("one", log(), replace(task, back_days=0)).slip is None
    assert look_at("one", log(), replace(task, back_days=300)).slip is None


def test_a_killed_run_goes_on_where_it_stopped_and_leaves_no_process(parquet, whole, tmp_path) -> None:
    out = tmp_path / "out"
    command = [
        sys.executable, "-m", "offercast", "cohort", "run", str(parquet), "-o", str(out), "--names", "--back", "0",
        "--as-of", str(TODAY), "--workers", "2", "-q",
    ]  # fmt: skip
    script = (
        "import offercast.cohort.source as s; s.SEEKERS_A_PART = 2; import sys;"
        "import offercast.cohort.run as r; r.run_cohort.__kwdefaults__['seekers_a_part'] = 2;"
        "from offercast.cli import main; main()"
    )
    command[1:3] = ["-c", script]
    running = subprocess.Popen(command, start_new_session=True)
    deadline = time.monotonic() + 60
    while len(list(out.glob("part-*.parquet"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    parts = len(list(out.glob("part-*.parquet")))
    assert 3 <= parts < len(whole) / 2
    with pytest.raises(InputError, match="the run is not finished"):
        read_rows(out)
    deadline = time.monotonic() + 20
    while _in_session(running.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _in_session(running.pid)
    assert subprocess.run(command, check=False).returncode == 0
    assert sorted_rows(out).equals(whole)
    assert not (out / ".rows").exists()


def _in_session(session: int) -> list[int]:
    """Processes of a session that still run."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            told = status.read_text().rpartition(")")[2].split()
            if int(told[3]) == session and told[0] != "Z":
                found.append(int(status.parent.name))
    return found


def test_a_seeker_who_kills_workers_is_found_and_the_others_are_done(parquet, tmp_path) -> None:
    cohort = open_cohort(parquet, work=tmp_path / "w", seekers_a_part=9)
    found, lost = [], []
    for part, outcome in run_parts(cohort.parts, jobs.dies_of_one, Processes(2)):
        if isinstance(outcome, Lost):
            lost += jobs.names_of(part)
        else:
            found += outcome
    assert lost == [jobs.KILLER]
    assert len(found) == len(set(found)) == cohort.seekers - 1


def test_workers_that_die_by_accident_lose_nothing(parquet, tmp_path) -> None:
    cohort = open_cohort(parquet, work=tmp_path / "w", seekers_a_part=20)
    (tmp_path / "marks").mkdir()
    job = partial(jobs.dies_thrice, marks=str(tmp_path / "marks"))
    found = [name for _, names in run_parts(cohort.parts, job, Processes(2)) for name in names]
    assert len(found) == len(set(found)) == cohort.seekers


def test_what_a_job_raises_is_raised(parquet, tmp_path) -> None:
    cohort = open_cohort(parquet, work=tmp_path / "w")
    for workers in (Here(), Processes(1)):
        with pytest.raises(ArithmeticError, match="part-"):
            list(run_parts(cohort.parts, jobs.raises, workers))


def test_a_full_disk_stops_the_run_and_what_was_done_is_kept(parquet, whole, tmp_path, monkeypatch) -> None:
    run = sys.modules["offercast.cohort.run"]
    written, real = [], run.write_atomically

    def full(path, data, **how) -> None:
        if path.suffix == ".parquet" and len(written) == 4:
            raise OutputError(f"{path}: it cannot be written: No space left on device.")
        real(path, data, **how)
        if path.suffix == ".parquet":
            written.append(path)

    monkeypatch.setattr(run, "write_atomically", full)
    with pytest.raises(OutputError, match="No space left"):
        run_cohort(parquet, tmp_path / "out", named=True, seekers_a_part=3, **QUICK)
    monkeypatch.setattr(run, "write_atomically", real)
    done = run_cohort(parquet, tmp_path / "out", named=True, seekers_a_part=3, **QUICK)
    assert done.kept == 4
    assert sorted_rows(tmp_path / "out").equals(whole)


def test_a_cohort_that_cannot_be_read_leaves_nothing_behind(rows, tmp_path) -> None:
    path, out = tmp_path / "cohort.parquet", tmp_path / "out"
    rows.drop("seeker").write_parquet(path)
    with pytest.raises(InputError, match='no column "seeker"'):
        run_cohort(path, out, **QUICK)
    assert not out.exists()
    rows.filter(pl.col("seeker") == rows["seeker"][0]).write_parquet(path)  # repaired
    assert run_cohort(path, out, **QUICK).seekers == 1


def test_a_folder_holds_one_run(parquet, tmp_path) -> None:
    out = tmp_path / "out"
    run_cohort(parquet, out, **QUICK)
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    again = run_cohort(parquet, out, **QUICK)
    assert again.kept
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before
    with pytest.raises(CommandError, match="a run that differs in: seed"):
        run_cohort(parquet, out, seed=2, **QUICK)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(OutputError, match="no folder of ours"):
        run_cohort(parquet, tmp_path / "mine", **QUICK)
    with pytest.raises(InputError, match="is no folder of"):
        read_rows(tmp_path / "mine")
    manifest = json.loads((out / MANIFEST).read_text())
    (out / MANIFEST).write_text(json.dumps({**manifest, "format": "other/9"}))
    with pytest.raises(InputError, match='this is no "offercast-cohort/1"'):
        read_rows(out)
