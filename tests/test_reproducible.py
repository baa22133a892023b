"""The same seed gives the same numbers: for any number of workers, on every Python, and after an update of anything.

Reference numbers move only within their Monte Carlo error: `models/reference` holds them, and a test compares
(tests/trust/test_reference.py).
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import offercast

ROOT = Path(__file__).parents[1]
OTHERS = [f"3.{minor}" for minor in (12, 13, 14) if minor != sys.version_info.minor]


def interpreter(version: str) -> str | None:
    """Another Python of this machine, where there is one."""
    names = [shutil.which(f"python{version}"), *map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))]
    for name in names:
        if name and subprocess.run([name, "-c", "import sys"], capture_output=True, check=False).returncode == 0:
            return name
    return None


@pytest.mark.slow
@pytest.mark.parametrize("version", OTHERS)
def test_another_python_prints_the_same_bytes(version: str, tmp_path: Path) -> None:
    python = interpreter(version)
    if python is None or shutil.which("uv") is None:
        pytest.skip(f"no Python {version} here")
    environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(tmp_path / "venv")}
    there = ["uv", "run", "-q", "--no-dev", "--python", python, "python", "-m", "offercast"]
    for command in ("fit", "forecast", "compare"):
        asked = [command, str(offercast.example()), "--as-of", "2026-04-02", "--json", "-q", "--no-cache"]
        one = subprocess.run([sys.executable, "-m", "offercast", *asked], capture_output=True, check=True, cwd=ROOT)
        other = subprocess.run([*there, *asked], capture_output=True, check=False, cwd=ROOT, env=environment)
        assert other.returncode == 0, other.stderr.decode()
        assert other.stdout == one.stdout


def test_a_bill_of_materials_can_be_made() -> None:
    """Every package that is needed at run time, with its version: CycloneDX, for a release."""
    if shutil.which("uv") is None:
        pytest.skip("uv is not here")
    command = ["uv", "export", "-q", "--format", "cyclonedx1.5", "--no-dev"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    listed = {one["name"]: one["version"] for one in json.loads(done.stdout)["components"]}
    for name in ("numpy", "click", "pymc", "arviz", "jinja2", "msgspec", "scipy", "rich"):
        assert listed[name]
    assert "pytest" not in listed
