"""What the tests share. Compiled bytecode is kept: without it every process compiles PyMC anew."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import offercast
from offercast.evidence.evidence import Evidence
from offercast.ladder import Ladder
from offercast.modelfile import ModelFile, load_model

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Fits of the tests are kept apart from the user's."""
    os.environ["OFFERCAST_CACHE"] = str(tmp_path_factory.mktemp("fits"))


@pytest.fixture(scope="session")
def model() -> ModelFile:
    return load_model()


@pytest.fixture(scope="session")
def ladder(model: ModelFile) -> Ladder:
    return model.ladder


@pytest.fixture(scope="session")
def example_evidence() -> Evidence:
    history = offercast.read_history(offercast.example())
    return offercast.gather(history, as_of=history.last_date)


@pytest.fixture(scope="session")
def example_posterior(example_evidence: Evidence) -> offercast.Posterior:
    """One full fit for all tests that need a real posterior."""
    return offercast.fit(example_evidence, seed=1)


@pytest.fixture(scope="session")
def histories() -> Path:
    """The folder of real logs, which is not part of the project."""
    folder = Path(os.environ.get("OFFERCAST_HISTORIES", Path(__file__).parents[2] / "shared" / "histories"))
    if not folder.is_dir():
        pytest.skip(f"no real logs at {folder}; set OFFERCAST_HISTORIES to test on them")
    return folder
