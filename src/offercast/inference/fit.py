"""`fit`: from evidence and a model file to a Posterior."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from offercast.errors import CommandError, did_you_mean
from offercast.evidence.evidence import Evidence
from offercast.inference.health import diagnose, exact_draws
from offercast.inference.independent import sample_independent
from offercast.inference.nuts import FIRST_TRY, SECOND_TRY, Care, Progress, sample_nuts
from offercast.inference.posterior import Posterior
from offercast.modelfile import ModelFile, load_model

ENGINES = ("nuts", "independent")
_RECORDED = ("offercast", "numpy", "pymc", "pytensor", "nutpie", "numba")


def fit(
    evidence: Evidence,
    *,
    model: ModelFile | str = "blueprint",
    engine: str = "nuts",
    seed: int = 1,
    chains: int = 4,
    draws: int = 1000,
    sampler: str | None = None,
    progress: Progress | None = None,
) -> Posterior:
    """Estimate every step's chance and wait, per track, with silence counted as silence.

    Where the diagnostics of a first run are poor, it is run once more with a longer warm-up and smaller steps.

    Args:
        evidence: from `gather`, on the ladder of the same model file.
        model: a model file, or the name of one that ships.
        engine: "nuts" (the silence model, sampled by NUTS) or "independent" (the closed-form Beta-Binomial
            on answered applications only: a baseline).
        seed: the same seed gives the same draws on the same versions.
        chains: how many chains, each with 1,000 steps of warm-up.
        draws: draws kept per chain.
        sampler: "nutpie" or "pymc", for "nuts"; what is installed where None.
        progress: called with what is being done and the share done.

    Returns:
        A Posterior; `posterior.health.verdict` says whether the sampler's diagnostics are good.

    Raises:
        CommandError: an unknown engine, or evidence from another ladder.
        FitError: the sampler failed.
    """
    chosen = load_model(model) if isinstance(model, str) else model
    if engine not in ENGINES:
        raise CommandError(f'"{engine}" is no engine. {did_you_mean(engine, ENGINES)}')
    expected = tuple(step.id for step in chosen.ladder.steps)
    if evidence.steps != expected:
        raise CommandError(f'the evidence was counted on another ladder than that of the model "{chosen.name}".')
    versions = {name: v for name in _RECORDED if (v := _version(name))}
    if engine == "independent":
        rng = np.random.default_rng(seed)
        drawn = sample_independent(evidence, chosen, rng=rng, chains=chains, draws=draws)
        health = exact_draws(chains * draws)
        return Posterior(drawn, evidence, chosen, engine, health, "closed form", seed, versions)

    def run(care: Care) -> Posterior:
        sample = sample_nuts(
            evidence, chosen, seed=seed, chains=chains, draws=draws, care=care, sampler=sampler, progress=progress
        )
        unchecked = exact_draws(chains * draws)
        posterior = Posterior(sample.draws, evidence, chosen, engine, unchecked, sample.sampler, seed, versions)
        health = diagnose(sample.parameters, np.log(posterior.offer_chance()), sample.diverging, sample.energy)
        return replace(posterior, health=health)

    posterior = run(FIRST_TRY)
    return posterior if posterior.health.verdict == "good" else run(SECOND_TRY)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
