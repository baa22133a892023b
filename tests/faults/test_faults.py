"""When things break: a write that fails at any point, a kill at any moment, a full disk, two at once. Nothing is lost.

docs/faults.md has the table of a full run.
"""

import contextlib
import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

import offercast
from offercast.history import read_history
from offercast.trust.ledger import read_ledger
from support import command

EXAMPLE = str(offercast.example())
POINTS = ("mkstemp", "fdopen", "fsync", "replace", "open")
TASKS = ("import", "fit", "report", "log", "ledger")
REASONS = (errno.ENOSPC, errno.EIO)
MORE_REASONS = (errno.EACCES, errno.EROFS, errno.EDQUOT, errno.EPERM, errno.ENFILE)
KILLS, MANY = 4, 60
"""Kills of each command in the default run, and in the slow one (five commands: 300)."""


@pytest.fixture
def folder(tmp_path: Path, example_posterior) -> Path:
    """A folder with a log, and with what each command wrote before."""
    offercast.write_history(read_history(EXAMPLE), tmp_path / "log.csv")
    for name in ("out.csv", "out.npz", "out.html"):
        (tmp_path / name).write_bytes(b"the old result")
    return tmp_path


def tasks(folder: Path) -> dict[str, tuple[list[str], Path, dict[str, str]]]:
    """Every command that writes: what is typed, the file that it writes, and where its own files go."""
    log, own = (
        str(folder / "log.csv"),
        {"OFFERCAST_CACHE": str(folder / "cache"), "OFFERCAST_LEDGER": str(folder / "ledger.jsonl")},
    )
    when = ["--as-of", "2026-04-02"]
    return {
        "import": (["import", log, "-o", str(folder / "out.csv"), "--force"], folder / "out.csv", own),
        "fit": (["fit", log, *when, "-o", str(folder / "out.npz"), "--force"], folder / "out.npz", own),
        "report": (["report", log, *when, "-o", str(folder / "out.html"), "--force"], folder / "out.html", own),
        "log": (["log", log, "A001", "rejected", "--date", "2026-04-01"], folder / "log.csv", own),
        "ledger": (["forecast", log, *when, "--keep", "--searches", "2000"], folder / "ledger.jsonl", own),
    }


def whole(path: Path) -> bool:
    """Whether a file is the old one, or one that its own reader takes."""
    data = path.read_bytes() if path.exists() else b"the old result"
    if data == b"the old result":
        return True
    if path.suffix == ".csv":
        return bool(read_history(path).applications)
    if path.suffix == ".npz":
        return offercast.load_posterior(path).evidence.sent == 105
    if path.suffix == ".jsonl":
        return len(read_ledger(path)) >= 1
    return data.rstrip().endswith(b"</html>")


def left_over(folder: Path) -> list[str]:
    """Temporary files and locks that somebody forgot."""
    return [str(p) for p in folder.rglob(".*") if p.is_file()]


@contextlib.contextmanager
def failing(at: int, reason: int) -> Iterator[list[str]]:
    """Every function through which a file gets onto the disk; the `at`-th call of any of them fails."""
    seen: list[str] = []

    def broken(name: str, real):
        def call(*args, **kwargs):
            if name == "open" and not (len(args) > 1 and args[1] & (os.O_WRONLY | os.O_RDWR)):
                return real(*args, **kwargs)
            seen.append(name)
            if len(seen) == at:
                raise OSError(reason, os.strerror(reason))
            return real(*args, **kwargs)

        return call

    with contextlib.ExitStack() as stack:
        for name in POINTS:
            home = tempfile if name == "mkstemp" else os
            stack.enter_context(mock.patch.object(home, name, broken(name, getattr(home, name))))
        yield seen


@pytest.mark.parametrize("task", TASKS)
def test_a_write_that_fails_at_any_point_leaves_the_old_file(task: str, folder: Path) -> None:
    """At the K-th call for every K, with a full disk and with a broken one."""
    fail_everywhere(task, folder, REASONS)


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_for_whatever_reason_it_fails(task: str, folder: Path) -> None:
    fail_everywhere(task, folder, MORE_REASONS)


def fail_everywhere(task: str, folder: Path, reasons: tuple[int, ...]) -> None:
    typed, target, own = tasks(folder)[task]
    assert command(*tasks(folder)["fit"][0], "-q", **own).returncode == 0  # the fit is kept: writing is what is tried
    (folder / "out.npz").write_bytes(b"the old result")
    kept = {p: p.read_bytes() for p in folder.glob("*") if p.is_file()}
    with failing(0, 0) as calls:
        assert command(*typed, **own).returncode == 0
    needed, refused = len(calls), 0
    assert needed >= 3
    for reason in reasons:
        for at in range(1, needed + 1):
            for path in folder.glob("*"):
                if path.is_file() and path not in kept:
                    path.unlink()
            for path, data in kept.items():
                path.write_bytes(data)
            with failing(at, reason):
                done = command(*typed, **own)
            told = (task, calls[at - 1], os.strerror(reason), done.stderr)
            assert done.returncode in {0, 4}, told  # what is only kept for later may fail unseen
            assert "Traceback" not in done.stderr, told
            assert left_over(folder) == [], told
            assert whole(target), told
            if done.returncode == 4:
                refused += 1
                assert (target.read_bytes() if target.exists() else b"") == kept.get(target, b""), told
                assert os.strerror(reason) in done.stderr, told
    assert refused >= len(reasons) * 2
    print(json.dumps({"task": task, "tries": needed * len(reasons), "refused": refused}))


def killed(typed: list[str], own: dict[str, str], after: float) -> bool:
    """Start a command and kill it after so many seconds; whether it was still running."""
    process = subprocess.Popen(
        [sys.executable, "-m", "offercast", *typed], env={**os.environ, **own}, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def kill_often(folder: Path, kills: int, seed: int) -> dict[str, int]:
    """Kill every command at random moments of its run; what it wrote is the old file or the new one, and it runs again."""
    rng = np.random.default_rng(seed)
    hits = {}
    for name, (typed, target, own) in tasks(folder).items():
        started = time.monotonic()
        assert not killed(typed, own, 120)
        full = time.monotonic() - started
        hits[name] = 0
        for _ in range(kills):
            if name == "log":
                offercast.write_history(read_history(EXAMPLE), folder / "log.csv", force=True)
            hits[name] += killed(typed, own, float(rng.uniform(0.3, 1.02)) * full)
            assert whole(target), name
            for lock in folder.glob(".*.lock"):  # what a killed one holds is named in a message; its owner deletes it
                lock.unlink()
        if name == "log":
            offercast.write_history(read_history(EXAMPLE), folder / "log.csv", force=True)
        done = command(*typed, "-q", **own)
        assert done.returncode == 0, done.stderr
        assert whole(target)
    return hits


def test_a_kill_leaves_the_old_file_or_the_new_one(folder: Path) -> None:
    assert sum(kill_often(folder, KILLS, 1).values()) >= KILLS


@pytest.mark.slow
def test_three_hundred_kills(folder: Path) -> None:
    hits = kill_often(folder, MANY, 2)
    print(json.dumps(hits))
    assert sum(hits.values()) >= 2 * MANY


def test_a_full_disk(folder: Path) -> None:
    """A disk of 64 KB, if one can be mounted here."""
    disk = folder / "disk"
    disk.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        old = disk / "out.html"
        old.write_bytes(b"the old result")
        typed, _, own = tasks(folder)["report"]
        done = command(*typed[:-3], "-o", str(old), "--force", "-q", **own)
        assert done.returncode == 4
        assert "No space left on device" in done.stderr
        assert old.read_bytes() == b"the old result"
        assert [p.name for p in disk.iterdir()] == ["out.html"]
        full = command("fit", EXAMPLE, "--as-of", "2026-04-02", "-q", OFFERCAST_CACHE=str(disk / "fits"))
        assert full.returncode == 0  # a cache that does not fit is none
    finally:
        subprocess.run(["umount", str(disk)], check=False)


def test_too_little_memory_is_said(folder: Path) -> None:
    """A process that may not grow: exit code 5 and one sentence."""

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (700_000_000, 700_000_000))

    greedy = ["--at-once", "2", "--per-week", "1500"]  # every application is simulated, for a year
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OFFERCAST_CACHE": str(folder / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "offercast", "forecast", EXAMPLE, "--as-of", "2026-04-02", *greedy, "-q"],
        env=environment, preexec_fn=bounded, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 5, done.stderr
    assert "not enough memory" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0"},
        {"LC_ALL": "tr_TR.UTF-8"},
        {"TZ": "Pacific/Kiritimati"},
        {"TZ": "Pacific/Pago_Pago"},
    ],
    ids=lambda given: "-".join(given.values()),
)
def test_the_place_of_the_machine_changes_no_number(environment: dict[str, str], folder: Path) -> None:
    typed = ["forecast", EXAMPLE, "--as-of", "2026-04-02", "--json", "-q", "--searches", "2000"]
    plain = command(*typed, OFFERCAST_CACHE=str(folder / "cache")).stdout
    elsewhere = subprocess.run(
        [sys.executable, "-m", "offercast", *typed], capture_output=True, check=True,
        env={**os.environ, "OFFERCAST_CACHE": str(folder / "cache"), **environment},
    ).stdout.decode()  # fmt: skip
    assert elsewhere == plain


def test_a_clock_that_goes_backwards_is_no_fault(folder: Path) -> None:
    """Files and kept forecasts of tomorrow: read as they are."""
    typed, target, own = tasks(folder)["ledger"]
    assert command(*typed, "-q", **own).returncode == 0
    for path in (target, *(folder / "cache").rglob("*.npz")):
        os.utime(path, (4e9, 4e9))
    with mock.patch("offercast.cli.options.today", return_value=offercast.read_history(EXAMPLE).first_date):
        done = command("ledger", str(folder / "log.csv"), "-q", **own)
    assert done.returncode == 0, done.stderr
    assert command(*typed, "-q", **own).returncode == 0


def test_two_at_once_lose_nothing(folder: Path) -> None:
    """Four processes, each adding five applications to one log while two fits share one cache."""
    log = folder / "log.csv"
    own = {**os.environ, "OFFERCAST_CACHE": str(folder / "cache")}
    script = (
        "import sys\nfrom offercast.cli.main import main\n"
        "for i in range(5):\n"
        "    sys.argv = ['offercast', 'log', sys.argv[1], 'new', 'applied', '--company', f'{sys.argv[2]} {i}', '-q']"
        " if i == 0 else [*sys.argv[:6], f'{sys.argv[6][:-1]}{i}', '-q']\n"
        "    try: main()\n    except SystemExit as e: assert not e.code, e.code\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", script, str(log), f"Acme{n}"], env=own, stdout=subprocess.DEVNULL)
        for n in range(4)
    ]
    fits = [
        subprocess.Popen([sys.executable, "-m", "offercast", "fit", EXAMPLE, "--as-of", "2026-04-02", "-q"], env=own,
                         stdout=subprocess.DEVNULL)
        for _ in range(2)
    ]  # fmt: skip
    assert [process.wait() for process in (*running, *fits)] == [0] * 6
    added = {a.company for a in read_history(log).applications} - {
        a.company for a in read_history(EXAMPLE).applications
    }
    assert added == {f"Acme{n} {i}" for n in range(4) for i in range(5)}
    assert left_over(folder) == []


def test_a_file_that_vanishes_or_may_not_be_read_is_said(folder: Path) -> None:
    log = folder / "log.csv"
    with mock.patch.object(Path, "read_bytes", side_effect=FileNotFoundError(errno.ENOENT, "gone")):
        done = command("check", str(log), "-q")
    assert (done.returncode, done.stdout) == (3, "")
    assert "there is no such file" in done.stderr
    with mock.patch.object(Path, "read_bytes", side_effect=PermissionError(errno.EACCES, "Permission denied")):
        done = command("check", str(log), "-q")
    assert (done.returncode, done.stdout) == (3, "")
    assert "it cannot be read: Permission denied" in done.stderr
