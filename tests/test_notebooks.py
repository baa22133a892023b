"""Every notebook runs from top to bottom, begins with its question, and ends with what it does not say."""

import ast
import re
from pathlib import Path

import jupytext
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
LOGIC = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.For, ast.While, ast.If, ast.Try)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::pytest.PytestWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a warning that a reader would see, and not without a picture."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = jupytext.read(path)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]
    assert sum(output.output_type == "stream" for output in outputs) >= 2
    assert any({"image/png", "image/svg+xml"} & set(output.get("data", {})) for output in outputs)


def test_each_has_its_question_and_its_limits() -> None:
    index = (ROOT / "notebooks" / "README.md").read_text()
    for path in NOTEBOOKS:
        words = [c.source for c in jupytext.read(path).cells if c.cell_type == "markdown"]
        assert words[0].startswith("# ")
        assert any(line.startswith("*") and "?" in line for line in words[0].splitlines()), path.stem
        assert "## The answer" in "\n".join(words)
        assert "## What this does not say" in words[-1], path.stem
        assert path.name in index


def test_none_has_logic_of_its_own() -> None:
    """What is worth a function is worth a place in the library."""
    for path in NOTEBOOKS:
        found = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, LOGIC)]
        assert not found, f"{path.name}: line {found[0].lineno}"


def test_their_links_lead_somewhere() -> None:
    for path in NOTEBOOKS:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
