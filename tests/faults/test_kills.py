"""A command is killed: the old file or the new one is there and whole, and the next run is not disturbed."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from faults import injecting
from faults.injecting import JOBS, KILL, Job, prepare
from offercast.history.keeping import PATIENCE
from support import command

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills as POSIX has them")


def started(job: Job, folder: Path, number: int) -> subprocess.Popen:
    """The command in a process of its own, killed at the call of this number (0: at none)."""
    return subprocess.Popen(
        [sys.executable, injecting.__file__, str(folder), KILL, str(number), *job.words(folder)],
        env=os.environ | {"OFFERCAST_CACHE": str(folder / "cache")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def whole_after(job: Job, folder: Path, old: bytes | None, whole: bytes | None) -> None:
    """What a killed command left: one of two files, kept fits that are read, and a next run like any other."""
    there = (folder / job.target).read_bytes() if job.target else None
    assert there in (old, whole)
    began = time.monotonic()
    done = command(*job.words(folder), OFFERCAST_CACHE=str(folder / "cache"))
    assert (done.returncode, done.stderr) == (0, "")
    assert job.name != "log" or time.monotonic() - began < PATIENCE, "it waited for the dead"
    if job.target:
        row = (
            whole.splitlines(keepends=True)[-1] if job.name == "log" and there == whole else b""
        )  # it was there already
        assert (folder / job.target).read_bytes() == whole + row


def group_is_gone(group: int) -> bool:
    """Whether no process of a killed one's group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def result_of(job: Job, folder: Path, posterior) -> tuple[bytes | None, float]:
    """What the command writes when nobody kills it, and how long its process takes."""
    prepare(folder, job, posterior)
    began = time.monotonic()
    process = started(job, folder, 0)
    assert process.wait() == 0
    return (folder / job.target).read_bytes() if job.target else None, time.monotonic() - began


def killed(job: Job, posterior, tmp_path: Path, tries: int) -> None:
    """Kill at so many random moments of the whole run."""
    rng = random.Random(job.name)
    whole, length = result_of(job, tmp_path / "whole", posterior)
    for number in range(tries):
        folder = tmp_path / str(number)
        old = prepare(folder, job, posterior)
        process = started(job, folder, 0)
        time.sleep(rng.uniform(0.2, 1.0) * length)
        os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
        process.wait()
        assert group_is_gone(process.pid)
        whole_after(job, folder, old, whole)


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_kills_at_random_moments(job: Job, example_posterior, tmp_path: Path) -> None:
    killed(job, example_posterior, tmp_path, 4)


@pytest.mark.slow
@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_kills_at_many_random_moments(job: Job, example_posterior, tmp_path: Path) -> None:
    killed(job, example_posterior, tmp_path, 60)


def killed_at_calls(job: Job, posterior, tmp_path: Path, numbers: range) -> int:
    """Kill before each of these calls that touch the folder. Returns how many there were."""
    whole, _ = result_of(job, tmp_path / "whole", posterior)
    for number in numbers:
        folder = tmp_path / str(number)
        old = prepare(folder, job, posterior)
        code = started(job, folder, number).wait()
        if code == 0:
            return number - numbers.start
        assert code == -signal.SIGKILL
        whole_after(job, folder, old, whole)
    return len(numbers)


def test_a_kill_before_every_call_of_a_log(example_posterior, tmp_path: Path) -> None:
    """Every moment that can matter: with the lock held, half written, before and after the move."""
    assert killed_at_calls(JOBS[0], example_posterior, tmp_path, range(1, 30)) >= 8


@pytest.mark.slow
@pytest.mark.parametrize("job", JOBS[1:], ids=lambda job: job.name)
def test_a_kill_before_every_call(job: Job, example_posterior, tmp_path: Path) -> None:
    assert killed_at_calls(job, example_posterior, tmp_path, range(1, 30)) >= 4
