"""Look at every seeker of a cohort: parts in, parts out, each written at once or not at all; a killed run goes on."""

from __future__ import annotations

import io
import json
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from offercast.cohort.driver import Lost, Workers, run_parts
from offercast.cohort.executors import Here
from offercast.cohort.polars import pl
from offercast.cohort.seeker import Seen, Task, code_of, failed, look_at
from offercast.cohort.source import SEEKERS_A_PART, Cohort, Part, names_of, open_cohort, read_part
from offercast.errors import CommandError, InputError, OffercastError, OutputError, Problem
from offercast.files import read_text, write_atomically
from offercast.history.mapping import Mapping
from offercast.history.records import STILL_KEPT
from offercast.inference.fit import installed
from offercast.inference.sample import Progress, unseen
from offercast.modelfile import ModelFile, load_model

FORMAT = "offercast-cohort/1"
MANIFEST = "cohort.json"
ROWS = ".rows"
"""The folder of the spread rows, inside that of the results; gone when all is done."""
_TYPES = {"str": "String", "int": "Int64", "float": "Float64", "bool": "Boolean", "date": "Date"}


@dataclass(frozen=True)
class Done:
    """What became of a part: how many seekers it holds, and of how many nothing can be said."""

    seekers: int
    failed: int


@dataclass(frozen=True)
class Run:
    """A finished run: where its rows are, how many seekers there are, and of how many nothing can be said."""

    folder: Path
    seekers: int
    failed: int
    today: date
    kept: int
    """Parts that an earlier, killed run had done."""


def run_cohort(
    path: str | Path,
    folder: str | Path,
    *,
    today: date,
    model: ModelFile | str = "blueprint",
    engine: str = "importance",
    seed: int = 1,
    back_days: int = 28,
    named: bool = False,
    table: str | None = None,
    mapping: Mapping | None = None,
    workers: Workers | None = None,
    seekers_a_part: int = SEEKERS_A_PART,
    progress: Progress = unseen,
) -> Run:
    """Fit and forecast every seeker of a cohort, and keep a row about each in Parquet files.

    Rows depend on the seeker's log, the model, the days and the seed, and on nothing else: not on the parts, the order
    or where they are worked at. A run that was killed goes on where it stopped when it is called again. Memory does
    not grow with the cohort.

    Args:
        path: see `open_cohort`.
        folder: where the rows go (`part-*.parquet`, see `Seen`, and `cohort.json`); made where it is not there.
        today: the day of the look: later events are not seen. Where the whole cohort ends more than two weeks before
            it, its last day is taken instead.
        model: a model file, or the name of one that ships.
        engine: see `fit`.
        seed: of all random numbers.
        back_days: how long before a seeker's last day an earlier forecast is made, to see whether it has slipped; 0
            for none, at half the cost.
        named: keep the seekers' names; else each is a code, which only this folder gives.
        table: of a database, see `open_cohort`.
        mapping: what columns and words mean, see `read_history`.
        workers: where the work is done: this process where None, `Processes`, or a `Cluster`.
        seekers_a_part: how many seekers a part of a table holds.
        progress: called with what is being done and the share done.

    Raises:
        InputError: the cohort cannot be read as one. One bad log is told in its row, and stops nobody else.
        CommandError: the folder holds another run.
        OutputError: a part could not be written. What was done is kept.
        FitError: the scheduler is gone. What was done is kept.
    """
    target = Path(folder).absolute()  # a worker may be elsewhere
    chosen = load_model(model) if isinstance(model, str) else model
    asked = {
        "format": FORMAT, "source": str(path), "table": table, "changed": _changed(Path(path)), "today": str(today),
        "model": chosen.name, "model_sha256": chosen.digest, "engine": engine, "seed": seed, "back_days": back_days,
        "named": named, "seekers_a_part": seekers_a_part, "offercast": installed("offercast"),
    }  # fmt: skip
    manifest = _begun(target, asked)
    if "seekers" in manifest:
        return Run(
            target, manifest["seekers"], manifest["failed"], date.fromisoformat(manifest["as_of"]), manifest["parts"]
        )
    progress("reading", 0.0)
    try:
        cohort = open_cohort(path, work=target / ROWS, table=table, seekers_a_part=seekers_a_part)
    except OffercastError:
        if not any(target.glob("part-*.parquet")):  # nothing was done: leave nothing in the way of a repaired cohort
            shutil.rmtree(target, ignore_errors=True)
        raise
    as_of = _last_day(cohort, today)
    task = Task(chosen, as_of, engine, seed, back_days, named, manifest["salt"], mapping)
    found = _work(cohort, task, target, workers or Here(), progress)
    seekers, bad, kept = (sum(part[i] for part in found) for i in range(3))
    finished = {**manifest, "as_of": str(as_of), "seekers": seekers, "failed": bad, "parts": len(cohort.parts)}
    _write_manifest(target, finished)
    shutil.rmtree(target / ROWS, ignore_errors=True)
    return Run(target, seekers, bad, as_of, kept)


def _work(cohort: Cohort, task: Task, target: Path, workers: Workers, progress: Progress) -> list[tuple[int, int, int]]:
    """Work parts off: for each, the seekers, those of whom nothing can be said, and whether it was done before."""
    done: list[tuple[int, int, int]] = []
    todo = []
    for part in cohort.parts:
        before = _done_before(target, part)
        if before is None:
            for piece in target.glob(f"{part.key}-*.parquet"):  # of a part that was cut, and not finished
                piece.unlink()
            todo.append(part)
        else:
            done.append((before.seekers, before.failed, 1))
    seen = sum(one[0] for one in done)
    job = partial(look_at_part, task=task, folder=str(target))
    for part, outcome in run_parts(todo, job, workers):
        result = _give_up(part, outcome, task, target) if isinstance(outcome, Lost) else outcome
        done.append((result.seekers, result.failed, 0))
        seen += result.seekers
        progress("looking at seekers", seen / cohort.seekers)
    return done


def look_at_part(part: Part, *, task: Task, folder: str) -> Done:
    """Look at every seeker of a part and write their rows."""
    rows = [look_at(name, history, task) for name, history in read_part(part, task.model.ladder, task.mapping)]
    write_rows(Path(folder) / f"{part.key}.parquet", rows)
    return Done(len(rows), sum(row.status != "ok" for row in rows))


def write_rows(path: Path, rows: Sequence[Seen]) -> None:
    """Write rows to a Parquet file, at once or not at all."""
    data = io.BytesIO()
    pl.DataFrame([asdict(row) for row in rows], schema=schema()).write_parquet(data, statistics=False)
    write_atomically(path, data.getvalue(), private=True)


def schema() -> dict[str, Any]:
    """The columns of the rows and their types."""
    types = {}
    for name, said in Seen.__annotations__.items():
        inner = str(said).removesuffix(" | None")
        listed = inner.startswith("list[")
        kind = getattr(pl, _TYPES[inner.removeprefix("list[").removesuffix("]")])
        types[name] = pl.List(kind) if listed else kind
    return types


def _give_up(part: Part, lost: Lost, task: Task, target: Path) -> Done:
    """The row of a seeker on whom every worker died."""
    names = names_of(part)
    rows = [failed(name if task.named else code_of(name, task.salt), lost.message) for name in names]
    write_rows(target / f"{part.key}.parquet", rows)
    return Done(len(rows), len(rows))


def _done_before(target: Path, part: Part) -> Done | None:
    path = target / f"{part.key}.parquet"
    if not path.exists():
        return None
    status = pl.read_parquet(path, columns=["status"])["status"]
    return Done(len(status), int((status != "ok").sum()))


def _last_day(cohort: Cohort, today: date) -> date:
    """Today, or the last day of a cohort that ends earlier: nobody has looked at it since."""
    last = cohort.last_date
    return today if last is None or today - last <= timedelta(days=STILL_KEPT.days) else last


def _changed(source: Path) -> list[int]:
    """Size and time of what is read: a run does not go on with another cohort."""
    if not source.exists():
        raise InputError(Problem(str(source), None, None, "there is no such file or folder. Check the path."))
    files = sorted(source.iterdir()) if source.is_dir() else [source]
    states = [one.stat() for one in files if not one.name.startswith(".")]
    return [
        len(states),
        sum(state.st_size for state in states),
        max((state.st_mtime_ns for state in states), default=0),
    ]


def _begun(target: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """The manifest of a run that goes on, or of a new one."""
    path = target / MANIFEST
    if path.exists():
        manifest = json.loads(read_text(path))
        other = [name for name, value in asked.items() if manifest.get(name) != value]
        if other:
            raise CommandError(
                f"{target} holds a run that differs in: {', '.join(other)}. Choose another folder, or remove this one."
            )
        return manifest
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise OutputError(f"{target}: this is there already, and is no folder of ours. Choose another name.")
    try:
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise OutputError(f"{target}: it cannot be made: {error.strerror}.") from None
    manifest = {**asked, "salt": secrets.token_hex(16)}
    _write_manifest(target, manifest)
    return manifest


def _write_manifest(target: Path, manifest: dict[str, Any]) -> None:
    write_atomically(target / MANIFEST, json.dumps(manifest, indent=1).encode(), private=True)


def read_rows(folder: str | Path) -> tuple[dict[str, Any], Any]:
    """The manifest of a run and its rows, not yet read (a polars LazyFrame).

    Raises:
        InputError: the folder holds no run, or one that is not finished.
    """
    target = Path(folder)
    if not (target / MANIFEST).exists():
        raise InputError(Problem(str(target), None, None, "this is no folder of `offercast cohort run`."))
    manifest = json.loads(read_text(target / MANIFEST))
    if manifest.get("format") != FORMAT:
        raise InputError(Problem(str(target / MANIFEST), None, "format", f'this is no "{FORMAT}".'))
    if "seekers" not in manifest:
        raise InputError(Problem(str(target), None, None, "the run is not finished: run the same command again."))
    return manifest, pl.scan_parquet(str(target / "part-*.parquet"))
