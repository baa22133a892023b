"""The model files are found from the wheel, from a wheel built out of the sdist, and live in a checkout."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from offercast.modelfile import list_models, load_model, models_folder

ROOT = Path(__file__).parents[1]


def test_an_editable_install_reads_the_checkout_live() -> None:
    assert models_folder() == ROOT / "models"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built through the sdist."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not on the path")
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([uv, "build", "--quiet", "--out-dir", str(out), str(ROOT)], check=True, capture_output=True)
    assert list(out.glob("*.tar.gz")), "no sdist"
    return next(out.glob("*.whl"))


def test_the_wheel_holds_the_models_and_the_example(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"offercast/history/words/de.toml", "offercast/history/sources/linkedin.toml"} <= names
    for model in list_models():
        assert f"offercast/models/{model}.toml" in names
    assert {"offercast/examples/three_tracks.csv", "offercast/py.typed"} <= names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]


def test_the_wheel_finds_its_own_models(wheel: Path, tmp_path: Path) -> None:
    """Unpacked far from the checkout, it reads its own files."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from offercast.modelfile import load_model, models_folder\n"
        "print(models_folder()); print(load_model().digest)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    folder, digest = done.stdout.split()
    assert Path(folder) == tmp_path / "offercast" / "models"
    assert digest == load_model().digest
