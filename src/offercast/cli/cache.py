"""Fits kept in the user's cache folder, keyed by everything that they depend on. Nothing in them names anyone."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from offercast.errors import OffercastError

if TYPE_CHECKING:
    from offercast.evidence.evidence import Evidence
    from offercast.inference.posterior import Posterior
    from offercast.modelfile import ModelFile

KEPT = 20
HOUR = 3600.0
"""Seconds after which a temporary file is one that a killed command left behind."""
FOLDER_VARIABLE = "OFFERCAST_CACHE"


def cache_folder() -> Path:
    """The folder of kept fits: `OFFERCAST_CACHE`, or the system's place for such things."""
    import platformdirs

    chosen = os.environ.get(FOLDER_VARIABLE)
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("offercast", appauthor=False)) / "fits"


def cached_fit(evidence: Evidence, model: ModelFile, engine: str, seed: int, run: Callable[[], Posterior]) -> Posterior:
    """Return the kept fit of exactly this evidence, model, engine, seed, versions and code, or run it and keep it.

    A cache that cannot be read or written is no fault: the fit is run.
    """
    from offercast.inference.fit import installed
    from offercast.inference.storage import load_posterior, save_posterior

    versions = [f"{name} {installed(name)}" for name in ("offercast", "pymc", "numpy")]
    whole = "\n".join([evidence.fingerprint, model.digest, engine, str(seed), _code(), *versions])
    path = cache_folder() / f"{hashlib.sha256(whole.encode()).hexdigest()[:32]}.npz"
    try:
        posterior = load_posterior(path)
        os.utime(path)
    except (OffercastError, OSError):
        pass  # what is damaged is replaced
    else:
        return replace(posterior, evidence=evidence)  # what a fit does not depend on may differ: the recent pace
    posterior = run()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        save_posterior(posterior, path, force=True)
        _forget_oldest(path.parent)
    except (OffercastError, OSError):
        pass
    return posterior


def _code() -> str:
    """A digest of the code that a fit depends on: a copy of the repository changes without a new version number."""
    import offercast.inference

    digest = hashlib.sha256()
    for path in sorted(Path(offercast.inference.__path__[0]).glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _forget_oldest(folder: Path) -> None:
    kept = sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime, reverse=True)
    torn = [path for path in folder.glob(".*.npz.*") if path.stat().st_mtime < time.time() - HOUR]
    for path in (*kept[KEPT:], *torn):
        path.unlink(missing_ok=True)
