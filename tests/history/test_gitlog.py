"""A sheet that was committed again and again becomes an event log with intervals."""

import os
import subprocess
from datetime import date
from pathlib import Path

import pytest

from offercast.errors import InputError
from offercast.history.gitlog import read_git_history
from offercast.history.records import Event
from offercast.ladder import Ladder


def git(folder: Path, *arguments: str, day: str = "2025-01-01") -> None:
    who = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@x.example",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@x.example",
    }
    stamp = f"{day}T12:00:00+00:00"
    environment = {**os.environ, **who, "GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, env=environment)


@pytest.fixture
def commit(tmp_path: Path):
    git(tmp_path, "init", "-q")

    def make(text: str, day: str, name: str = "jobs.csv") -> Path:
        (tmp_path / name).write_text(text)
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-q", "-m", "x", day=day)
        return tmp_path / name

    return make


HEAD = "Company,Role,Date applied,Status\n"


def test_a_status_is_dated_between_the_commits(commit, ladder: Ladder) -> None:
    commit(HEAD + "A,Dev,2025-01-02,Applied\nB,Ops,2025-01-03,Applied\n", "2025-01-05")
    commit(HEAD + "A,Dev,2025-01-02,Interview\nB,Ops,2025-01-03,Applied\nC,QA,,Applied\n", "2025-01-20")
    path = commit(HEAD + "A,Dev,2025-01-02,Rejected\nB,Ops,2025-01-03,Ghosted\n", "2025-02-10")
    history, notes = read_git_history(path, ladder=ladder)
    first, second, third = history.applications
    assert first.events == (
        Event("applied", date(2025, 1, 2)),
        Event("interview", date(2025, 1, 5), date(2025, 1, 20)),
        Event("rejected", date(2025, 1, 20), date(2025, 2, 10)),
    )
    assert second.events == (Event("applied", date(2025, 1, 3)),)
    assert third.events == (Event("applied"),)
    assert history.reading.seen_on == date(2025, 2, 10)
    assert notes == (
        "versions in git: 3, the last of 2025-02-10",
        "rows that are no longer in the file, kept as they were last: 1",
    )


def test_an_interval_starts_with_the_event_before_it(commit, ladder: Ladder) -> None:
    """The sheet says that it was sent after the last commit: the answer cannot have come before."""
    commit(HEAD + "A,Dev,,Saved\n", "2025-01-05")
    path = commit(HEAD + "A,Dev,2025-01-15,Interview\n", "2025-01-20")
    history, _ = read_git_history(path, ladder=ladder)
    assert history.applications[0].events[1:] == (
        Event("applied", date(2025, 1, 15)), Event("interview", date(2025, 1, 15), date(2025, 1, 20)),
    )  # fmt: skip


def test_renames_are_followed_and_broken_versions_left_out(commit, ladder: Ladder, tmp_path: Path) -> None:
    commit(HEAD + "A,Dev,2025-01-02,Applied\n" * 1, "2025-01-05", "old.csv")
    git(tmp_path, "mv", "old.csv", "jobs.csv")
    git(tmp_path, "commit", "-q", "-m", "rename", day="2025-01-06")
    commit("<<<<<<< HEAD\n=======\n>>>>>>> x\n", "2025-01-07")
    path = commit(HEAD + "A,Dev,2025-01-02,Offer\n", "2025-01-09")
    history, notes = read_git_history(path, ladder=ladder)
    assert [event.kind for event in history.applications[0].events] == ["applied", "offer"]
    assert "versions that cannot be read, left out: 1" in notes


def test_a_file_that_git_does_not_know(tmp_path: Path, commit, ladder: Ladder, tmp_path_factory) -> None:
    commit(HEAD, "2025-01-05")
    (tmp_path / "new.csv").write_text(HEAD)
    with pytest.raises(InputError, match="git knows no version of this file"):
        read_git_history(tmp_path / "new.csv", ladder=ladder)
    elsewhere = tmp_path_factory.mktemp("plain") / "log.csv"
    elsewhere.write_text(HEAD)
    with pytest.raises(InputError, match="git cannot tell its history"):
        read_git_history(elsewhere, ladder=ladder)
    with pytest.raises(InputError, match="git"):
        read_git_history(tmp_path / "no" / "log.csv", ladder=ladder)


def test_a_repository_cannot_make_it_run_a_program(commit, ladder: Ladder, tmp_path: Path) -> None:
    """Its settings name a signature program and a file monitor: neither is started."""
    path = commit(HEAD + "A,Dev,2025-01-02,Applied\n", "2025-01-05")
    program = tmp_path / "evil.sh"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    program.chmod(0o755)
    for setting in ("gpg.program", "core.fsmonitor", "core.pager", "diff.external"):
        git(tmp_path, "config", setting, str(program))
    git(tmp_path, "config", "log.showSignature", "true")
    (tmp_path / "started").unlink(missing_ok=True)
    read_git_history(path, ladder=ladder)
    assert not (tmp_path / "started").exists()
