"""A call of the system fails: the old file is as it was, nothing is left beside it, and one message says why."""

import itertools
from pathlib import Path

import pytest

from faults.injecting import JOBS, Job, fault_at, prepare
from support import command

ERRORS = {
    "ENOSPC": "No space left on device",
    "EACCES": "Permission denied",
    "EIO": "Input/output error",
    "EROFS": "Read-only file system",
    "EDQUOT": "quota exceeded",
}


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def tried(job: Job, posterior, tmp_path: Path, fault: str) -> int:
    """Every call of a job fails once. Returns how many there were."""
    for number in itertools.count(1):
        folder = tmp_path / f"{fault}{number}"
        old = prepare(folder, job, posterior)
        before = files(folder)
        with fault_at(folder, fault, number) as made:
            done = command(*job.words(folder), OFFERCAST_CACHE=str(folder / "cache"))
        if len(made) < number:
            assert done.returncode == 0, done.stderr
            return number - 1
        place = (job.name, made[number - 1], number)
        assert "Traceback" not in done.stderr, place
        kept = {name for name in files(folder) - before if name.startswith("cache/") and "/." not in name}
        assert files(folder) - before == kept, place
        if done.returncode == 0:  # the cache alone was not kept
            assert done.stderr.strip() == "", place
            continue
        assert job.target is None or (folder / job.target).read_bytes() == old, place
        assert ERRORS[fault] in done.stderr, (place, done.stderr)
        assert done.stderr.count("\n") == 1, (place, done.stderr)
        assert done.returncode == (3 if made[number - 1] == "read" else 4), (place, done.stderr)
    raise AssertionError


CASES = [
    pytest.param(job, fault, marks=[pytest.mark.slow] if job.name == "report" and fault != "ENOSPC" else [])
    for job in JOBS
    for fault in ERRORS
]


@pytest.mark.parametrize(("job", "fault"), CASES, ids=lambda value: getattr(value, "name", value))
def test_every_call_may_fail(job: Job, fault: str, example_posterior, tmp_path: Path) -> None:
    found = tried(job, example_posterior, tmp_path, fault)
    print(f"{job.name} {fault}: {found} points")
    assert found >= 4
