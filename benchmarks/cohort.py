"""A cohort, from Parquet to a forecast for everybody: against a loop of PyMC fits, against itself, and on Dask.

    uv run python benchmarks/cohort.py [--quick] [--check] [--large N] [--small N] [--loop N] [--workers N]
                                       [--folder DIR]

Made-up seekers of some 43 applications each, on as many processes of this machine as --workers says (2). The loop fits
--loop of them with PyMC's model and NUTS, one after the other, as one would who has no other engine; its time is taken
times the number of seekers. Then the same time per seeker at --large seekers as at --small ones, the memory that it
takes, and what it costs to hand the work to a Dask cluster of two worker processes, one of which is killed half-way in
another run. --quick ends within 50 s and shows that all of it runs; --check exits 1 where a target is missed.
"""

import argparse
import os
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

import offercast
from offercast.cohort import Cluster, Processes, open_cohort, read_part, read_rows, run_cohort
from offercast.cohort.learn import evidence_of
from offercast.cohort.simulating import write_cohort
from offercast.modelfile import load_model

TODAY = date(2026, 6, 30)
SEED = 20261128
TARGETS = {"loop": 30.0, "linear": 1.2, "memory_gb": 2.0, "overhead": 0.25}


@dataclass(frozen=True)
class Timed:
    """A run: seekers, and seconds (of the clock, and of all processes)."""

    seekers: int
    seconds: float
    cpu: float

    @property
    def each(self) -> float:
        """Milliseconds of the clock for each seeker."""
        return 1000.0 * self.seconds / self.seekers


def made(folder: Path, seekers: int) -> Path:
    path = folder / f"cohort-{seekers}.parquet"
    if not path.exists():
        events = write_cohort(path, load_model(), seekers, seed=SEED, as_of=TODAY)
        print(f"made {seekers:,} seekers, {events:,} events, {path.stat().st_size / 1e6:.0f} MB", file=sys.stderr)
    return path


def cpu() -> float:
    """Seconds of this process and of those of its children that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def timed(path: Path, folder: Path, workers: object, *, name: str) -> Timed:
    out = folder / name
    shutil.rmtree(out, ignore_errors=True)
    began, used = time.perf_counter(), cpu()
    shown = time.perf_counter()

    def progress(what: str, share: float) -> None:
        nonlocal shown
        if time.perf_counter() - shown > 60:
            shown = time.perf_counter()
            print(f"{name}: {what}, {share:.0%}, {shown - began:.0f} s", file=sys.stderr, flush=True)

    done = run_cohort(path, out, today=TODAY, back_days=0, workers=workers, progress=progress)
    return Timed(done.seekers, time.perf_counter() - began, cpu() - used)


def loop(path: Path, folder: Path, fits: int) -> list[float]:
    """CPU seconds of each PyMC fit."""
    cohort = open_cohort(path, work=folder / "loop")
    found: list[float] = []
    for part in cohort.parts:
        for _, history in read_part(part, load_model().ladder):
            evidence = evidence_of(history, TODAY)
            if evidence is None or len(found) == fits:
                continue
            began = cpu()
            offercast.fit(evidence, engine="nuts", chains=2, draws=500, seed=1)
            found.append(cpu() - began)
            print(f"PyMC fit {len(found)} of {fits}: {found[-1]:.1f} CPU s", file=sys.stderr, flush=True)
    return found


def peak_gb() -> tuple[float, float]:
    """The most memory that this process, and that any one child, has held."""
    return tuple(resource.getrusage(who).ru_maxrss / 1e6 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def on_dask(path: Path, folder: Path, *, kill_after: float | None = None) -> Timed:
    from distributed import LocalCluster

    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True)
    try:
        workers = Cluster(cluster.scheduler_address)
        if kill_after is not None:
            pid = next(iter(workers.client.run(os.getpid).values()))
            threading.Timer(kill_after, os.kill, (pid, signal.SIGKILL)).start()
        return timed(path, folder, workers, name="dask" if kill_after is None else "killed")
    finally:
        workers.client.close()
        cluster.close()


def same(folder: Path, one: str, other: str) -> bool:
    """Whether two runs hold the same seekers' numbers (codes differ from folder to folder)."""
    columns = ["sent", "chance_13_weeks", "offer_chance", "weeks_median", "stall_sure"]
    frames = [read_rows(folder / name)[1].select(columns).collect().sort(columns) for name in (one, other)]
    return frames[0].equals(frames[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--loop", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where cohorts and rows are kept; a temporary folder if not given")
    options = parser.parse_args()
    if options.quick:
        options.large, options.small, options.loop = 240, 120, 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        missed = measured(options, folder)
    print("\nTargets missed: " + ("; ".join(missed) or "none") + ".")
    return 1 if options.check and missed else 0


def measured(options: argparse.Namespace, folder: Path) -> list[str]:
    """Run all of it, print the table, and return the targets that were missed."""
    small_path, large_path = made(folder, options.small), made(folder, options.large)
    processes = Processes(options.workers)
    small = timed(small_path, folder, processes, name="small")
    dask = on_dask(small_path, folder)
    overhead = dask.seconds / small.seconds - 1.0
    killed = on_dask(small_path, folder, kill_after=0.4 * dask.seconds)
    kept = same(folder, "small", "killed") and same(folder, "small", "dask")
    large = timed(large_path, folder, processes, name="large")
    memory = peak_gb()  # before PyMC is loaded
    fits = loop(small_path, folder, options.loop) if options.loop else []
    ratio = large.each / small.each
    lines = ["| what | figure | target |", "| --- | --- | --- |"]
    for run in (small, large):
        spent = f"{run.each:.1f} ms of the clock, {1000 * run.cpu / run.seekers:.1f} ms CPU"
        lines.append(f"| each of {run.seekers:,} seekers | {spent} |  |")
    lines.append(f"| time of each seeker, large over small | {ratio:.2f} | at most {TARGETS['linear']} |")
    missed = [f"linear {ratio:.2f}"] if ratio > TARGETS["linear"] else []
    if fits:
        mean = float(np.mean(fits))
        times = mean / options.workers / (large.seconds / large.seekers)
        what = f"a loop of PyMC fits ({len(fits)} of them: {mean:.1f} CPU s each) on as many processes, over ours"
        lines.append(f"| {what} | {times:.0f} times | at least {TARGETS['loop']:.0f} |")
        missed += [f"{times:.0f} times a loop"] if times < TARGETS["loop"] else []
    held = f"{memory[0]:.2f} GB, {memory[1]:.2f} GB"
    lines.append(f"| most memory of this process, of one worker | {held} | all below {TARGETS['memory_gb']:.0f} GB |")
    lines.append(f"| Dask over local processes | {overhead:+.0%} | below {TARGETS['overhead']:.0%} |")
    lost = f"{'the same rows' if kept else 'ROWS LOST'}, in {killed.seconds:.0f} s ({dask.seconds:.0f} s)"
    lines.append(f"| on Dask, one of two workers killed on the way | {lost} | the same rows |")
    print("\n".join(lines))
    missed += [f"memory {held}"] if memory[0] + options.workers * memory[1] > TARGETS["memory_gb"] else []
    missed += [f"overhead {overhead:.0%}"] if overhead > TARGETS["overhead"] else []
    missed += [] if kept else ["rows lost"]
    print(
        f"\nMade by `benchmarks/cohort.py` with offercast {offercast.__version__}, numpy {np.__version__}, seed {SEED}."
    )
    return missed


if __name__ == "__main__":
    sys.exit(main())
