"""Every label that the commands print, and that the page shows, has an entry in the glossary."""

import importlib
import pkgutil
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import offercast
import offercast.report
from cohort.test_triage import CASES, NEAR, finished_run
from offercast.report import tables
from offercast.report.insights import LABELS
from support import ROOT
from support import command as run

DATA = [ROOT / "docs" / "samples" / "my_sheet.csv", ROOT / "tests" / "data" / "chains" / "years.csv"]
COMMANDS = [
    "demo",
    "check my_sheet.csv",
    "fit my_log.csv",
    "forecast my_log.csv --check",
    "forecast my_log.csv --what-if 8",
    "compare my_log.csv",
    "plan my_log.csv --by 2026-10-01",
    "effort my_log.csv --hours 10 --by 2026-10-01 --learn",
    "offer my_log.csv --value 60000 --answer-by 2026-04-20",
    "waiting my_log.csv",
    "insights my_log.csv",
    "chains years.csv",
    "models list",
    "models show",
    "models check",
    "models compare blueprint mine.toml",
    "cohort show week",
]
SAID = ("even chance", "none by", "mostly prior", "sampler healthy", "silence can be told from slowness", "the model fits the log")  # fmt: skip
"""What sentences say in the same words every time."""


@pytest.fixture(scope="module")
def terms() -> str:
    """What the glossary explains: what stands in bold, and in italics within an entry."""
    glossary = (ROOT / "docs" / "glossary.md").read_text().lower()
    found = re.findall(r"\*{1,2}(.+?)\*{1,2}", glossary, flags=re.DOTALL)
    return " | ".join(" ".join(term.split()) for term in found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copyfile(offercast.example(), tmp_path / "my_log.csv")
    for path in DATA:
        shutil.copy(path, tmp_path)
    edit = "models edit blueprint -o mine.toml --step applied->response --counts 9/60"
    assert run(*edit.split(), cwd=tmp_path).returncode == 0
    finished_run([*CASES.values(), *NEAR], tmp_path / "week")
    return tmp_path


@pytest.fixture
def heads(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The cells of the first row of every table that is printed while the test runs."""
    found: set[str] = set()
    told: Callable[..., str] = tables.table

    def heard(rows: list[list[str]], **options: object) -> str:
        found.update(cell.strip() for cell in rows[0])
        return told(rows, **options)

    for module in pkgutil.iter_modules(offercast.report.__path__):
        loaded = importlib.import_module(f"offercast.report.{module.name}")
        if getattr(loaded, "table", None) is told:
            monkeypatch.setattr(loaded, "table", heard)
    return found


def test_every_printed_label_is_explained(terms: str, folder: Path, heads: set[str]) -> None:
    tracks = {application.track for application in offercast.read_history(offercast.example()).applications}
    tracks |= {"blueprint", "mine"}  # names of model files stand at the head of what they say
    printed = "\n".join(run(*words.split(), cwd=folder).stdout for words in COMMANDS)
    headings = {heading.strip() for heading in re.findall(r"^([A-Z][A-Z ]{2,})", printed, flags=re.MULTILINE)}
    columns = {head for head in heads if head and not re.search(r"\d", head.replace("in 10", ""))} - tracks
    columns |= {head for head in heads if head.startswith(("in 10", "for 8 in 10", "8 ", "9 "))}
    assert len(headings) > 20
    assert len(columns) > 45
    for label in (*headings, *columns, *SAID, *(label for label, _ in LABELS.values())):
        assert label.lower() in terms, f'"{label}" is printed and not explained'


def test_every_label_of_the_page_is_explained(terms: str, folder: Path) -> None:
    """Headings, heads of columns, the legends of the pictures, and the sliders that are not named by a track or a step."""
    assert run("report", "my_log.csv", "-o", "page.html", cwd=folder).returncode == 0
    html = (folder / "page.html").read_text()
    labels = re.findall(r"<(?:h[23]|th scope=\"col\"|button)[^>]*>([^<]+)<", html)
    labels += re.findall(r"<span class=\"key [^>]*></span><span>([^<]+)<", html)
    labels += [label for label in re.findall(r"<label[^>]*>([^<:]+)", html) if "," in label and "a week" not in label]
    assert len(labels) > 30
    assert {"usual for other people", "As planned", "Weeks without sending, from now"} <= set(labels)
    for label in (part for found in labels for part in found.split(" / ")):
        if not re.search(r"\d{4}$", label):
            assert label.lower() in terms, f'"{label}" is on the page and not explained'
