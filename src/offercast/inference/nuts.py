"""The reference engine: NUTS on the PyMC model, by nutpie; PyMC's own sampler where nutpie is missing.

PyTensor compiles log density and gradient once and keeps them in its cache between processes; nutpie then
calls that compiled function. Letting nutpie compile the model itself gives the same density but compiles
anew in every process (docs/decisions/compilation.md has the figures).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from offercast.errors import CommandError, FitError
from offercast.evidence.evidence import Evidence
from offercast.inference.layout import Layout
from offercast.inference.sample import Progress, Sample, unseen
from offercast.inference.waits import Floats
from offercast.modelfile import ModelFile

if TYPE_CHECKING:
    import pymc as pm

SAMPLERS = ("nutpie", "pymc")


@dataclass(frozen=True)
class Care:
    """How carefully to sample: steps of warm-up per chain, and the acceptance that sets the step size."""

    name: str
    tune: int
    target_accept: float


CHAINS, DRAWS = 4, 1000
FIRST_TRY = Care("sampling", 1000, 0.8)
SECOND_TRY = Care("sampling again, more carefully", 2000, 0.97)


def default_sampler() -> str:
    """Nutpie where it is installed, else PyMC's own."""
    return "nutpie" if importlib.util.find_spec("nutpie") else "pymc"


def sample_nuts(
    evidence: Evidence,
    model: ModelFile,
    *,
    seed: int,
    chains: int = CHAINS,
    draws: int = DRAWS,
    care: Care = FIRST_TRY,
    sampler: str | None = None,
    progress: Progress = unseen,
) -> Sample:
    """Sample the silence model's posterior. The same seed gives the same draws, from a cold or a warm cache.

    Raises:
        CommandError: an unknown sampler.
        FitError: the sampler failed.
    """
    chosen = sampler or default_sampler()
    if chosen not in SAMPLERS:
        raise CommandError(f'"{chosen}" is no sampler. Known: {", ".join(SAMPLERS)}.')
    progress("preparing the model (up to a minute where this machine has not done it before)", 0.0)
    built = _model_for(evidence, model)
    run = _run_nutpie if chosen == "nutpie" else _run_pymc
    try:
        parameters, diverging, energy = run(built, seed, chains, draws, care, progress)
    except (RuntimeError, ValueError, MemoryError) as error:
        raise FitError(f"the sampler failed: {error}") from error
    layout = Layout.of(evidence, model)
    scales = len(layout.effects)
    log_tau, free = parameters[..., :scales], parameters[..., scales:].copy()
    tau = np.exp(log_tau)
    for block in layout.blocks:
        if block.scaled_by:
            free[..., layout.slices[block.name]] *= tau[..., layout.effects.index(block.scaled_by), None]
    return Sample(layout.with_scales(layout.read(free), tau), parameters, chosen, diverging=diverging, energy=energy)


_BUILT: dict[tuple[int, str, bool, str, int], pm.Model] = {}
"""Models of this process by what gives a model its shape: numbers of tracks and groups, model, any evidence."""


def _model_for(evidence: Evidence, model: ModelFile) -> pm.Model:
    """The PyMC model with the data of this evidence: built once, and filled again for the next evidence."""
    from offercast.inference.silence import model_data, silence_model

    content = repr((model.ladder, model.assumptions, model.priors))  # a prior changed in memory keeps the file's digest
    key = (len(evidence.tracks), content, bool(evidence.cells), evidence.vary_by, len(evidence.groups))
    if key not in _BUILT:
        _BUILT[key] = silence_model(evidence, model)
    built = _BUILT[key]
    if evidence.cells:
        for name, array in model_data(evidence, model).items():
            built[name].set_value(array)
    return built


@cache
def _compiled(built: pm.Model) -> Callable[[Floats], tuple[Floats, Floats]]:
    """Log density and gradient of a model: compiled once in a process, and kept by PyTensor between processes."""
    function = built.logp_dlogp_function(ravel_inputs=True, initial_point=built.initial_point(), mode="NUMBA")
    function.set_extra_values({})
    return function


def _run_nutpie(
    built: pm.Model,
    seed: int,
    chains: int,
    draws: int,
    care: Care,
    report: Progress,
) -> tuple[Floats, np.ndarray, Floats]:
    import nutpie
    from nutpie.compiled_pyfunc import from_pyfunc

    start = built.initial_point()
    size = sum(np.size(value) for value in start.values())
    logp_grad = _compiled(built)
    centre = np.concatenate([np.ravel(value) for value in start.values()])
    done, total = 0, chains * (care.tune + draws)

    def make_logp() -> Callable:
        def logp(x: Floats) -> tuple[float, Floats]:
            value, gradient = logp_grad(x)
            return float(value), gradient

        return logp

    def make_expand(_seed1: int, _seed2: int, _chain: int) -> Callable:
        def expand(x: Floats) -> dict[str, Floats]:
            nonlocal done
            done += 1
            if done % 50 == 0:
                report(care.name, min(done / total, 1.0))
            return {"x": np.array(x)}

        return expand

    def initial(seed: int | None) -> Floats:
        return centre + np.random.default_rng(seed).uniform(-0.5, 0.5, size)

    compiled = from_pyfunc(
        size,
        make_logp,
        make_expand,
        [np.dtype("float64")],
        [(size,)],
        ["x"],
        dims={"x": ("parameter",)},
        coords={"parameter": np.arange(size)},
        make_initial_point_fn=initial,
    )
    logp_grad(centre)  # compiles now, so that what follows is sampling
    trace = nutpie.sample(
        compiled,
        draws=draws,
        tune=care.tune,
        target_accept=care.target_accept,
        chains=chains,
        cores=1,
        seed=seed,
        progress_bar=False,
        save_warmup=False,
    )
    stats = trace["sample_stats"]
    return (
        trace["posterior"]["x"].to_numpy(),
        stats["diverging"].to_numpy().astype(bool),
        stats["energy"].to_numpy(),
    )


def _run_pymc(
    built: pm.Model,
    seed: int,
    chains: int,
    draws: int,
    care: Care,
    report: Progress,
) -> tuple[Floats, np.ndarray, Floats]:
    import pymc as pm

    report(care.name, 0.0)
    with built:
        trace = pm.sample(
            draws=draws,
            tune=care.tune,
            target_accept=care.target_accept,
            chains=chains,
            cores=1,
            random_seed=seed,
            nuts_sampler="pymc",
            progressbar=False,
            compute_convergence_checks=False,
        )
    posterior, stats = trace["posterior"], trace["sample_stats"]
    columns = [posterior[rv.name].to_numpy().reshape(chains, draws, -1) for rv in built.free_RVs]
    return (
        np.concatenate(columns, axis=-1),
        stats["diverging"].to_numpy().astype(bool),
        stats["energy"].to_numpy(),
    )
