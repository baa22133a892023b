"""Reference posteriors: long NUTS runs on fixed logs, kept with their evidence, to hold other engines to.

After posteriordb (Magnusson et al., AISTATS 2025): a file holds the evidence, how the run was made, what was checked,
and mean, sd and both 5 % points of every quantity with their Monte Carlo errors.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from offercast.evidence.evidence import Evidence
from offercast.inference.convergence import ess, split
from offercast.inference.posterior import Posterior
from offercast.inference.storage import evidence_from_json, evidence_to_json
from offercast.inference.waits import Floats

FORMAT = "offercast-reference/1"
LEVELS = (0.05, 0.95)


@dataclass(frozen=True)
class Reference:
    """Summaries of a reference run: each array is (quantity,), in the order of `names`."""

    names: tuple[str, ...]
    mean: Floats
    sd: Floats
    low: Floats
    high: Floats
    error_mean: Floats
    error_low: Floats
    error_high: Floats
    offer_chance: Floats
    """(track,): mean offers per application"""


@dataclass(frozen=True)
class Distance:
    """How far a posterior lies from a reference, in its sds beyond the Monte Carlo error of both: the worst quantity.

    `offer_chance` is the largest relative difference of a track's mean offers per application.
    """

    mean: float
    quantiles: float
    offer_chance: float
    worst: str


def quantities(posterior: Posterior) -> tuple[tuple[str, ...], Floats]:
    """Every named quantity of a posterior, and its draws (quantity, chain, draw): scales as logarithms.

    Effects of the reference channel and everything else that is fixed are left out.
    """
    names, columns = [], []
    labels = posterior.coords
    for name, dims in posterior.dims.items():
        array = posterior.draws[name]
        for index in np.ndindex(array.shape[2:]):
            drawn = array[(..., *index)]
            if np.ptp(drawn) > 0:
                where = ", ".join(labels[dim][i] for dim, i in zip(dims, index, strict=True))
                names.append(f"{name}[{where}]")
                columns.append(np.log(drawn) if name == "scale" else drawn)
    for k, track in enumerate(posterior.tracks):
        names.append(f"log_offer_chance[{track}]")
        columns.append(np.log(posterior.offer_chance()[..., k]))
    return tuple(names), np.array(columns)


def summarise(posterior: Posterior) -> Reference:
    """Mean, sd and both 5 % points of every quantity, with their Monte Carlo errors from effective sample sizes.

    The error of a quantile is taken from the draws between the quantiles one standard error of its level away.
    Source: Vehtari et al., Bayesian Analysis 16 (2021) 667-718, section 4.
    """
    names, draws = quantities(posterior)
    flat = np.sort(draws.reshape(len(names), -1), axis=1)
    sd = flat.std(axis=1)
    low, high = np.quantile(flat, LEVELS, axis=1)
    errors = []
    for level, value in zip(LEVELS, (low, high), strict=True):
        size = ess(split((draws <= value[:, None, None]).astype(float)))
        width = np.sqrt(level * (1 - level) / size)
        ends = [np.clip((level + sign * width) * flat.shape[1], 0, flat.shape[1] - 1).astype(int) for sign in (-1, 1)]
        at = [np.take_along_axis(flat, end[:, None], axis=1)[:, 0] for end in ends]
        errors.append((at[1] - at[0]) / 2)
    error = sd / np.sqrt(ess(split(draws)))
    return Reference(
        names, flat.mean(axis=1), sd, low, high, error, *errors, posterior.offer_chance().mean(axis=(0, 1))
    )


def distance(posterior: Posterior, reference: Reference) -> Distance:
    """Compare a posterior with a reference of the same evidence and model."""
    mine = summarise(posterior)
    if mine.names != reference.names:
        raise ValueError("the reference is of another log")

    def beyond(name: str, error: str) -> Floats:
        gap = np.abs(getattr(mine, name) - getattr(reference, name))
        noise = np.hypot(getattr(mine, error), getattr(reference, error))
        return np.maximum(gap - 2 * noise, 0.0) / reference.sd

    mean = beyond("mean", "error_mean")
    ends = np.maximum(beyond("low", "error_low"), beyond("high", "error_high"))
    return Distance(
        mean=float(mean.max()),
        quantiles=float(ends.max()),
        offer_chance=float(np.max(np.abs(mine.offer_chance / reference.offer_chance - 1.0))),
        worst=mine.names[int(np.argmax(np.maximum(mean, ends)))],
    )


def write_reference(posterior: Posterior, *, description: str, checks: list[str]) -> str:
    """The text of a reference file."""
    found, health = summarise(posterior), posterior.health
    columns = [found.mean, found.sd, found.low, found.high, found.error_mean, found.error_low, found.error_high]
    body: dict[str, Any] = {
        "format": FORMAT,
        "description": description,
        "model": posterior.model.name,
        "model_sha256": posterior.model.digest,
        "engine": posterior.engine,
        "sampler": posterior.sampler,
        "seed": posterior.seed,
        "chains": posterior.draws["scale"].shape[0],
        "draws_per_chain": posterior.draws["scale"].shape[1],
        "versions": posterior.versions,
        "diagnostics": {
            "r_hat": health.r_hat,
            "ess_bulk": health.ess_bulk,
            "ess_tail": health.ess_tail,
            "divergences": health.divergences,
            "e_bfmi": health.e_bfmi,
        },
        "checks": checks,
        "mean_offer_chance": found.offer_chance.tolist(),
        "columns": ["mean", "sd", "q05", "q95", "mcse_mean", "mcse_q05", "mcse_q95"],
        "quantities": {name: [float(f"{column[i]:.6g}") for column in columns] for i, name in enumerate(found.names)},
        "evidence": evidence_to_json(posterior.evidence),
    }
    return json.dumps(body, indent=1)


def read_reference(path: str | Path) -> tuple[Evidence, Reference, dict[str, Any]]:
    """The evidence, the summaries, and everything else that a reference file says."""
    said = json.loads(Path(path).read_text(encoding="utf-8"))
    if said.get("format") != FORMAT:
        raise ValueError(f'{path}: it is "{said.get("format")}", and this version reads "{FORMAT}"')
    table = np.array(list(said["quantities"].values()))
    offers = np.array(said["mean_offer_chance"])
    return evidence_from_json(said["evidence"]), Reference(tuple(said["quantities"]), *table.T, offers), said
