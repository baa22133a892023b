"""The machine around a command is odd: a full disk, little memory, another locale, another clock, another command."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import offercast
from faults.injecting import JOBS, LOG, prepare
from offercast.cli.cache import HOUR, KEPT
from offercast.errors import InputError
from offercast.files import read_text
from offercast.history.reading import read_history
from support import command

pytestmark = pytest.mark.skipif(os.name != "posix", reason="mounts, limits and zones as POSIX has them")
WRITERS, ROWS = 4, 25
LIMITED = """
import resource, sys
size = int(sys.argv[1]) << 20
resource.setrlimit(resource.RLIMIT_AS, (size, size))
sys.argv = ["offercast", *sys.argv[2:]]
from offercast.cli.main import main
main()
"""
APPENDING = """
import sys
from datetime import date
from pathlib import Path
from offercast.history.keeping import NEW, add_event
from offercast.modelfile import load_model
ladder, day = load_model().ladder, date(2025, 6, 1)
for i in range(int(sys.argv[3])):
    add_event(sys.argv[1], NEW, "applied", on=day, today=day, ladder=ladder, attributes={"company": f"{sys.argv[2]} {i}"})
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "log.csv").write_text(LOG)
    return tmp_path / "log.csv"


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], env=os.environ | environment, capture_output=True, check=False, encoding="utf-8"
    )


def mount(*words: str) -> bool:
    try:
        return subprocess.run(["mount", *words], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if not mount("-t", "tmpfs", "-o", "size=64k", "offercast-test", str(disk)):
        pytest.skip("no tmpfs can be mounted here: not root, or in a closed container")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path) -> None:
    """Write until nothing more goes on it."""
    with (disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(b"x" * 512)


@pytest.mark.parametrize("job", JOBS[:4], ids=lambda job: job.name)
def test_a_full_disk_and_one_that_cannot_be_written(job, small_disk: Path, example_posterior, tmp_path: Path) -> None:
    made = tmp_path / "made"
    old = prepare(made, job, example_posterior)
    (small_disk / job.target).write_bytes(old)
    words = [word.replace(str(made / job.target), str(small_disk / job.target)) for word in job.words(made)]
    fill(small_disk)
    for told in ("No space left on device", "Read-only file system"):
        done = command(*words, OFFERCAST_CACHE=str(small_disk / "cache"))
        assert (done.returncode, done.stderr.count("\n")) == (4, 1), done.stderr
        assert told in done.stderr
        assert (small_disk / job.target).read_bytes() == old
        assert {path.name for path in small_disk.iterdir() if path.is_file()} == {job.target, "filler"}
        assert mount("-o", "remount,ro", str(small_disk))


@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="nothing is denied to root")
def test_what_is_denied_is_named(log: Path) -> None:
    log.parent.chmod(0o500)
    done = command("log", str(log), "17", "rejected")
    log.parent.chmod(0o700)
    assert (done.returncode, "Permission denied" in done.stderr, log.read_text()) == (4, True, LOG)
    log.chmod(0)
    done = command("check", str(log))
    assert (done.returncode, "Permission denied" in done.stderr) == (3, True)


def test_a_file_that_vanishes_between_the_look_and_the_reading(log: Path, monkeypatch) -> None:
    real = Path.read_bytes

    def gone(path: Path) -> bytes:
        path.unlink()
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", gone)
    with pytest.raises(InputError, match="no such file"):
        read_text(log)


def test_little_memory_is_5_and_one_line(log: Path) -> None:
    """Too little for the libraries, and for what comes after. Where OpenBLAS ends the process, nobody can speak."""
    out = log.with_name("fit.npz")
    codes = []
    for megabytes in (40, 100, 130, 160):
        asked = ("fit", str(offercast.example()), "-q", "--no-cache", "--force", "-o", str(out))
        done = python("-c", LIMITED, str(megabytes), *asked, OPENBLAS_NUM_THREADS="1")
        assert "Traceback" not in done.stderr
        if not done.stderr.startswith("OpenBLAS"):
            codes.append(done.returncode)
            assert done.returncode in (0, 5), done.stderr
            assert done.returncode == 0 or (done.stderr.count("\n"), "memory" in done.stderr) == (1, True)
        assert {path.name for path in log.parent.iterdir()} <= {"log.csv", "fit.npz"}
    assert 5 in codes


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "xx_YY.nonsense"},
        {"PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"},
        {"TZ": "Pacific/Kiritimati"},
        {"TZ": "No/Where"},
        {"TZ": "XXX+24YYY-24,0/167,365/-167"},
    ],
    ids=str,
)
def test_an_odd_locale_or_zone_changes_no_file(log: Path, environment: dict[str, str]) -> None:
    asked = ("-m", "offercast", "log", str(log), "new", "applied", "--company", "Żółć AG", "--date", "2025-06-01")
    done = python(*asked, **environment)
    assert done.returncode == 0, done.stderr
    assert log.read_text("utf-8") == LOG + "41,2025-06-01,applied,,,Żółć AG,,,\n"
    checked = subprocess.run(
        [sys.executable, "-m", "offercast", "check", str(log)],
        env=os.environ | environment,
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert b"Traceback" not in checked.stderr


def test_a_clock_that_went_back(log: Path) -> None:
    """Kept fits from the future are used, and the folder stays small; what a kill left is cleared after an hour."""
    cache = log.with_name("cache")
    asked = ("compare", str(log), "--as-of", "2025-06-01", "--engine", "independent")
    first = command(*asked, OFFERCAST_CACHE=str(cache))
    (kept,) = cache.glob("*.npz")
    later = time.time() + 10 * 365 * 86400
    for number in range(KEPT + 3):
        (cache / f"{number}.npz").write_bytes(b"")
        os.utime(cache / f"{number}.npz", (later, later))
    os.utime(kept, (later, later))
    left = cache / ".abc.npz.killed"
    left.write_bytes(b"half")
    os.utime(left, (time.time() - 2 * HOUR,) * 2)
    (cache / ".abc.npz.running").write_bytes(b"half")
    assert command(*asked, OFFERCAST_CACHE=str(cache)).stdout == first.stdout
    assert command(*asked, "--seed", "7", OFFERCAST_CACHE=str(cache)).returncode == 0
    assert len(list(cache.glob("*.npz"))) == KEPT
    assert [path.name for path in cache.glob(".*")] == [".abc.npz.running"]


def test_many_processes_on_one_log_lose_nothing(log: Path, ladder) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", APPENDING, str(log), f"W{number}", str(ROWS)])
        for number in range(WRITERS)
    ]
    assert [writer.wait() for writer in writers] == [0] * WRITERS
    found = {a.id: a.company for a in read_history(log, ladder=ladder).applications}
    assert set(found) == {str(number) for number in range(1, 41 + WRITERS * ROWS)}
    assert {f"W{w} {i}" for w in range(WRITERS) for i in range(ROWS)} <= set(found.values())
    assert [path.name for path in log.parent.iterdir()] == ["log.csv"]


def test_many_processes_on_one_cache(log: Path) -> None:
    cache = log.with_name("cache")
    asked = [sys.executable, "-m", "offercast", "compare", str(log), "-q", "--as-of", "2025-06-01", "--engine", "independent"]  # fmt: skip
    environment = os.environ | {"OFFERCAST_CACHE": str(cache)}
    running = [subprocess.Popen(asked, env=environment, stdout=subprocess.PIPE) for _ in range(WRITERS)]
    told = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0] * WRITERS
    assert len(told) == 1
    assert len(list(cache.iterdir())) == 1
