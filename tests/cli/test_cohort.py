"""The commands for many seekers, as they are typed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from offercast.modelfile import load_model


def offercast(*arguments: str, code: int = 0, cwd: Path | None = None) -> subprocess.CompletedProcess:
    done = subprocess.run(
        [sys.executable, "-m", "offercast", *arguments], capture_output=True, text=True, check=False, cwd=cwd,
        env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture(scope="module")
def cohort(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cohort")
    offercast("simulate", "--seekers", "24", "-o", str(folder / "c.parquet"), "--as-of", "2026-06-30")
    return folder


def test_from_a_made_up_cohort_to_the_coachs_page(cohort: Path) -> None:
    done = offercast(
        "cohort", "run", "c.parquet", "-o", "out", "--as-of", "2026-06-30", "--workers", "2", "--names", cwd=cohort
    )
    assert "seekers as of 2026-06-30. Rows: out" in done.stderr
    assert done.stdout == ""
    text = offercast("cohort", "show", "out", cwd=cohort).stdout
    assert "ALL TOGETHER, 24 seekers" in text or "ALL TOGETHER, 23 seekers" in text
    body = json.loads(offercast("cohort", "show", "out", "--json", cwd=cohort).stdout)
    assert body["schema"] == "offercast/cohort/1"
    assert body["called"]
    assert body["called"][0]["seeker"].startswith("seeker-")
    totals = json.loads(offercast("cohort", "show", "out", "--totals", "--json", cwd=cohort).stdout)
    assert "called" not in totals
    offercast("cohort", "show", "out", "--page", "page.html", cwd=cohort)
    page = (cohort / "page.html").read_text()
    assert "Whom to call" in page
    assert oct((cohort / "page.html").stat().st_mode & 0o777) == "0o600"
    offercast("cohort", "show", "out", "--page", "page.html", code=4, cwd=cohort)  # it is there


def test_a_folder_of_logs_in_any_form(cohort: Path) -> None:
    logs = cohort / "logs"
    logs.mkdir()
    (logs / "Ada.csv").write_text(
        "Company,Applied,Interview,Status\nA,2026-05-04,2026-05-20,\nB,2026-05-11,,Rejected\n"
    )
    (logs / "Ben.md").write_text("| Company | Status | Date applied |\n|---|---|---|\n| C | Interview | 2026-06-01 |\n")
    (logs / "Cy.csv").write_text("nothing like a log\n1\n")
    done = offercast("cohort", "run", "logs", "-o", "week", "--as-of", "2026-06-10", "--names", cwd=cohort)
    assert "3 seekers as of 2026-06-10; 1 of them could not be read" in done.stderr
    text = offercast("cohort", "show", "week", cwd=cohort).stdout
    assert "THE LOG CANNOT BE READ" in text
    assert "Cy" in text


def test_csv_and_parquet_hold_the_same_seekers_and_larger_cohorts_begin_with_smaller_ones(tmp_path: Path) -> None:
    frames = []
    for seekers, name in ((12, "a.csv"), (12, "a.parquet"), (30, "b.parquet")):
        offercast("simulate", "--seekers", str(seekers), "-o", name, "--as-of", "2026-06-30", "-q", cwd=tmp_path)
        path = tmp_path / name
        read = pl.read_csv(path, infer_schema=False) if name.endswith("csv") else pl.read_parquet(path)
        frames.append(read.sort(pl.all()))
    assert frames[0].equals(frames[1])
    first = frames[2].filter(pl.col("seeker") < "seeker-0000012")
    assert first.equals(frames[1])
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_what_is_wrong_is_said(cohort: Path) -> None:
    assert "the name ends in .parquet or .csv" in offercast("simulate", "--seekers", "3", "-o", "x.txt", code=2).stderr
    assert "there is no such file" in offercast("cohort", "run", "nothing", "-o", str(cohort / "x"), code=3).stderr
    assert "is no folder of" in offercast("cohort", "show", str(cohort), code=3).stderr
    few = offercast("models", "learn", "c.parquet", "-o", "x.toml", "--as-of", "2025-06-30", "-q", code=2, cwd=cohort)
    assert "at least 20 are needed" in few.stderr
    assert not (cohort / "x.toml").exists()
    wrong = offercast("models", "learn", "c.parquet", "-o", "x.json", code=2, cwd=cohort)
    assert "the name of a model file ends in .toml" in wrong.stderr


def test_two_model_files_side_by_side(tmp_path: Path) -> None:
    offercast(
        "models", "edit", "blueprint", "-o", "mine.toml", "--step", "applied->response", "--counts", "9/60", "-q",
        cwd=tmp_path,
    )  # fmt: skip
    text = offercast("models", "compare", "blueprint", "mine.toml", cwd=tmp_path).stdout
    assert "Applied → Response: the chance to move on" in text
    assert text.count("Applied → Response") == 1
    assert "for an even chance" in text
    assert "same priors" in offercast("models", "compare", "blueprint", "blueprint").stdout
    body = json.loads(offercast("models", "compare", "blueprint", "mine.toml", "--json", cwd=tmp_path).stdout)
    assert [model["name"] for model in body["models"]] == ["blueprint", "mine"]
    other = load_model().text.replace('label = "Phone screen"', 'label = "Call"', 1)
    (tmp_path / "other.toml").write_text(other)
    assert "different ladders" in offercast("models", "compare", "blueprint", "other.toml", code=2, cwd=tmp_path).stderr
