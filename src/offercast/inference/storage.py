"""A Posterior as one `.npz` file: arrays of numbers and a JSON manifest that describes every one of them.

Sizes, types and digests are checked before an array is read, and nothing is ever unpickled. The file holds
no company, title, note or link: evidence is counts.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from offercast.errors import InputError, Problem
from offercast.evidence.evidence import Evidence, InFlight
from offercast.evidence.groups import NAMED
from offercast.files import refuse_to_overwrite, unreadable, write_atomically
from offercast.inference.health import Health
from offercast.inference.merging import merged
from offercast.inference.posterior import DIMS, GROUP_DIMS, Posterior
from offercast.modelfile import parse_model

FORMAT = "offercast-posterior/3"
SUFFIX = ".npz"
_MANIFEST, _DIGEST = "manifest.json", "manifest.sha256"
_LARGEST = 2 * 1024**3
_EPOCH = (1980, 1, 1, 0, 0, 0)


def save_posterior(posterior: Posterior, path: str | Path, *, force: bool = False) -> None:
    """Write a posterior. The same posterior gives the same bytes.

    Raises:
        OutputError: the file exists and `force` is not given, or it cannot be written.
    """
    target = Path(path)
    refuse_to_overwrite(target, force=force)
    write_atomically(target, posterior_bytes(posterior), private=True)


def posterior_bytes(posterior: Posterior) -> bytes:
    """The bytes of the file that `save_posterior` writes."""
    arrays = {name: _npy(posterior.draws[name]) for name in posterior.dims}
    manifest = {
        "format": FORMAT,
        "engine": posterior.engine,
        "sampler": posterior.sampler,
        "seed": posterior.seed,
        "versions": posterior.versions,
        "health": asdict(posterior.health),
        "model": posterior.model.text,
        "evidence": evidence_to_json(posterior.evidence),
        "arrays": {
            name: {
                "shape": posterior.draws[name].shape,
                "sha256": hashlib.sha256(data).hexdigest(),
                "bytes": len(data),
            }
            for name, data in arrays.items()
        },
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        body = json.dumps(manifest)
        archive.writestr(zipfile.ZipInfo(_MANIFEST, _EPOCH), body)
        archive.writestr(zipfile.ZipInfo(_DIGEST, _EPOCH), hashlib.sha256(body.encode()).hexdigest())
        for name, data in arrays.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _EPOCH), data)  # draws hardly shrink: stored as they are
    return stream.getvalue()


def load_posterior(path: str | Path) -> Posterior:
    """Read a posterior that `offercast fit` or `Posterior.save` wrote.

    Raises:
        InputError: the file is missing, damaged, of another version, or not a posterior.
    """
    name = str(path)
    try:
        stream = Path(path).open("rb")  # noqa: SIM115 - held below
    except OSError as error:
        raise unreadable(path, error) from None
    try:
        with stream, zipfile.ZipFile(stream) as archive:
            manifest = _manifest(archive)
            draws = {key: _array(archive, key, manifest["arrays"][key]) for key in _expected(manifest)}
            return _assemble(manifest, draws)
    except _DAMAGE as error:
        if isinstance(error, InputError):
            raise
        reason = str(error) if isinstance(error, _DamagedError) else "it is damaged or no posterior"
        message = f'{reason}. Make it anew with "offercast fit LOG -o FILE.npz".'
        raise InputError(Problem(name, None, None, message)) from None


def _expected(manifest: dict[str, Any]) -> tuple[str, ...]:
    """The names of the arrays that a file of this evidence must hold."""
    return (*DIMS, *(GROUP_DIMS if manifest["evidence"].get("groups") else ()))


class _DamagedError(Exception):
    """The file does not hold what its manifest says."""


_DAMAGE = (
    _DamagedError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, IndexError, TypeError, AttributeError,
    ValueError, NotImplementedError, RuntimeError, OSError,
)  # fmt: skip
"""What a damaged file can raise on its way through zipfile, json and NumPy."""


def _npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.ascontiguousarray(array, dtype=np.float64), allow_pickle=False)
    return stream.getvalue()


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _LARGEST:
        raise _DamagedError(f"{name} in it is larger than any posterior")
    return archive.read(name)


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    body = _member(archive, _MANIFEST)
    manifest = json.loads(body)
    found = manifest.get("format", "something else")
    if found != FORMAT:
        raise _DamagedError(f'it is "{found}", and this version reads "{FORMAT}"')
    if hashlib.sha256(body).hexdigest() != _member(archive, _DIGEST).decode():
        raise _DamagedError(f"{_MANIFEST} in it is not what was written")
    return manifest


def _array(archive: zipfile.ZipFile, name: str, said: dict[str, Any]) -> np.ndarray:
    data = _member(archive, f"{name}.npy")
    if len(data) != said["bytes"] or hashlib.sha256(data).hexdigest() != said["sha256"]:
        raise _DamagedError(f"{name} in it is not what was written")
    array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    if list(array.shape) != list(said["shape"]):
        raise _DamagedError(f"{name} in it has another shape than its manifest says")
    return array


def _assemble(manifest: dict[str, Any], draws: dict[str, np.ndarray]) -> Posterior:
    evidence = evidence_from_json(manifest["evidence"])
    model = merged(parse_model(manifest["model"]), evidence.implied)
    posterior = Posterior(
        draws=draws,
        evidence=evidence,
        model=model,
        engine=manifest["engine"],
        health=Health(**manifest["health"]),
        sampler=manifest["sampler"],
        seed=manifest["seed"],
        versions=manifest["versions"],
    )
    sizes = {name: len(labels) for name, labels in posterior.coords.items()}
    for name, dims in posterior.dims.items():
        if draws[name].shape[2:] != tuple(sizes[dim] for dim in dims):
            raise _DamagedError(f"{name} in it does not fit its tracks and steps")
    return posterior


def evidence_to_json(evidence: Evidence) -> dict[str, Any]:
    """Evidence as plain values: counts and names of tracks, nothing of any single application.

    Companies and titles that a chance varies by are numbered: a fit may be shown around.
    """
    whole = asdict(evidence)
    if evidence.vary_by in NAMED:
        whole["groups"] = [f"{evidence.vary_by} {number}" for number in range(1, len(evidence.groups) + 1)]
    whole["as_of"] = str(evidence.as_of)
    whole["cells"] = [[*cell, float(count)] for cell, count in sorted(evidence.cells.items())]
    whole["by_group"] = [[*cell, float(count)] for cell, count in sorted(evidence.by_group.items())]
    return whole


def evidence_from_json(said: dict[str, Any]) -> Evidence:
    """The evidence that `evidence_to_json` made plain."""
    fields = dict(said)
    fields["as_of"] = date.fromisoformat(said["as_of"])
    fields["cells"] = {tuple(row[:6]): float(row[6]) for row in said["cells"]}
    fields["in_flight"] = tuple(InFlight(**row) for row in said["in_flight"])
    fields["rhythm"] = tuple(tuple(row) for row in said["rhythm"])
    fields["by_group"] = {tuple(row[:7]): float(row[7]) for row in said.get("by_group", ())}
    for name in ("tracks", "channels", "steps", "implied", "named", "groups"):
        fields[name] = tuple(said.get(name, ()))
    return Evidence(**fields)
