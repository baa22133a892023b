"""Every notebook runs from top to bottom, begins with its question, and ends with what it does not say."""

from pathlib import Path

import jupytext
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::pytest.PytestWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    notebook = jupytext.read(path)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert sum(bool(cell.outputs) for cell in code) >= 3
    pictures = [o for cell in code for o in cell.outputs if {"image/png", "image/svg+xml"} & set(o.get("data", {}))]
    assert pictures or path.stem in {"working_backwards", "take_it_or_wait"}


def test_each_has_its_question_and_its_limits() -> None:
    index = (ROOT / "notebooks" / "README.md").read_text()
    for path in NOTEBOOKS:
        words = [c.source for c in jupytext.read(path).cells if c.cell_type == "markdown"]
        assert words[0].startswith("# ")
        assert any(line.startswith("*") and "?" in line for line in words[0].splitlines()), path.stem
        assert "## What this does not say" in "\n".join(words)
        assert path.name in index
