"""The help: every command has two examples, each runs as it stands, and none of them opens a connection."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

import offercast
from offercast.modelfile import models_folder
from support import command as run
from support import script

COMMANDS = script("docs/make_reference.py").commands()
CONNECTIONS = ("socket.", "urllib.", "http.", "ftplib.", "smtplib.")
SHEET = Path(__file__).parents[1] / "docs" / "samples" / "my_sheet.csv"

_watched: list[str] | None = None


def _watch(event: str, _arguments: object) -> None:
    if _watched is not None and event.startswith(CONNECTIONS):
        _watched.append(event)


sys.addaudithook(_watch)


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would open a connection, as Python itself tells it, while the test runs."""
    seen: list[str] = []
    monkeypatch.setattr(sys.modules[__name__], "_watched", seen)
    return seen


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small cohort, a folder of logs, and the rows of a finished run."""
    made = tmp_path_factory.mktemp("cohort")
    assert run("simulate", "--seekers", "24", "-o", "cohort.parquet", "--as-of", "2026-06-30", cwd=made).returncode == 0
    (made / "logs_of_my_seekers").mkdir()
    for name in ("Ada", "Ben"):
        shutil.copyfile(offercast.example(), made / "logs_of_my_seekers" / f"{name}.csv")
    done = run("cohort", "run", "logs_of_my_seekers", "-o", "this_week", "--as-of", "2026-04-02", cwd=made)
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def folder(tmp_path: Path, example_posterior: offercast.Posterior, cohort: Path) -> Path:
    """Every file that an example reads."""
    shutil.copyfile(offercast.example(), tmp_path / "my_log.csv")
    example_posterior.save(tmp_path / "my_fit.npz")
    shutil.copyfile(models_folder() / "blueprint.toml", tmp_path / "my_model.toml")
    shutil.copytree(cohort, tmp_path, dirs_exist_ok=True)
    book = openpyxl.Workbook()
    for line in SHEET.read_text().splitlines():
        book.worksheets[0].append(line.split(","))
    book.save(tmp_path / "my_sheet.xlsx")
    shutil.copyfile(SHEET, tmp_path / "jobs.csv")
    for words in ("init -q", "add jobs.csv", "-c user.name=A -c user.email=a@example.org commit -q -m first"):
        subprocess.run(["git", *words.split()], cwd=tmp_path, check=True)
    return tmp_path


def examples(name: str) -> list[list[str]]:
    """The examples of a command as typed, each without the name of the program."""
    lines = [line.strip() for line in (COMMANDS[name].epilog or "").splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("offercast ")]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_runs_and_opens_no_connection(name: str, folder: Path, connections: list[str]) -> None:
    assert len(examples(name)) >= 2, f"{name} --help needs two examples"
    told = [line.strip() for line in run(*name.split(), "--help").stdout.splitlines()]
    for words in examples(name):
        assert " ".join(words).startswith(name)
        assert f"offercast {' '.join(words)}".split()[:3] in [line.split()[:3] for line in told]
        if "-o" in words:
            made = folder / words[words.index("-o") + 1]
            if made.is_dir():
                shutil.rmtree(made)
            made.unlink(missing_ok=True)
        done = run(*words, cwd=folder)
        assert done.returncode == 0, (words, done.stderr)
    assert not connections


def test_a_connection_would_be_seen(connections: list[str]) -> None:
    import socket

    socket.socket().close()
    assert connections
