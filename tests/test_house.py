"""The promises of the layout: the direction of the arrows, the public door, and what imports cost."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import offercast

SOURCE = Path(offercast.__file__).parent
FLOORS = ["history", "evidence", "inference", "forecast", "decisions", "trust", "cohort", "report", "cli"]
BASEMENT = {"errors", "files", "ladder", "modelfile", "priors", "examples"}
HEAVY = {
    "pymc",
    "pytensor",
    "arviz",
    "arviz_stats",
    "nutpie",
    "numba",
    "scipy",
    "matplotlib",
    "pandas",
    "xarray",
}


def floor_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("offercast"):
            found |= {floor_of(f"{node.module}.{alias.name}") for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {floor_of(alias.name) for alias in node.names if alias.name.startswith("offercast")}
    return found


@pytest.mark.parametrize("floor", FLOORS)
def test_a_folder_imports_only_from_folders_above_it(floor: str) -> None:
    """Data flows one way; a back arrow would show here."""
    allowed = BASEMENT | set(FLOORS[: FLOORS.index(floor) + 1])
    if floor == "cli":
        allowed |= {"__init__"}
    for path in (SOURCE / floor).rglob("*.py"):
        assert imports(path) <= allowed, f"{path.name} looks back: {imports(path) - allowed}"


def test_the_basement_knows_no_floor() -> None:
    for name in BASEMENT - {"examples"}:
        assert imports(SOURCE / f"{name}.py") <= BASEMENT


def test_every_floor_stands() -> None:
    for floor in FLOORS:
        assert len(list((SOURCE / floor).glob("*.py"))) >= 2, f"{floor} is empty"


def test_reports_do_no_statistics() -> None:
    """The report floor and the command line never import NumPy themselves."""
    for floor in ("report", "cli"):
        for path in (SOURCE / floor).rglob("*.py"):
            assert "import numpy" not in path.read_text(), f"{path} does arithmetic"


def test_the_public_door_is_what_it_says() -> None:
    assert set(offercast.__all__) == set(offercast._HOMES)
    for name in offercast.__all__:
        assert getattr(offercast, name).__doc__, f"{name} has no docstring"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = offercast.nothing


def test_no_file_is_longer_than_400_lines() -> None:
    for path in SOURCE.rglob("*.py"):
        assert len(path.read_text().splitlines()) <= 400, f"{path} should be split"


def modules_after(code: str, *arguments: str) -> set[str]:
    """The top-level modules that a fresh process has imported after running some code."""
    probe = f"{code}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", probe, *arguments], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}


def call(*arguments: str) -> str:
    return (
        "from offercast.cli.main import main\nimport sys\n"
        f"sys.argv = ['offercast', *{list(arguments)!r}]\n"
        "try:\n    main()\nexcept SystemExit as done:\n    assert not done.code, done.code"
    )


@pytest.mark.parametrize("code", ["import offercast", call("--help"), call("--version")])
def test_the_door_and_the_help_import_neither_numpy_nor_pandas(code: str) -> None:
    assert not modules_after(code) & (HEAVY | {"numpy"})


def test_a_saved_posterior_is_used_without_pymc(tmp_path: Path, example_posterior: offercast.Posterior) -> None:
    """Reading, judging and using a fit never import the libraries that only a fit needs."""
    fit = tmp_path / "fit.npz"
    example_posterior.save(fit)
    log = str(offercast.example())
    for arguments in (
        ("check", log),
        ("fit", str(fit)),
        ("forecast", str(fit)),
        ("compare", str(fit)),
        ("models", "check"),
    ):
        loaded = modules_after(call(*arguments)) & HEAVY
        assert not loaded, f"{arguments[0]} imports {loaded}"
