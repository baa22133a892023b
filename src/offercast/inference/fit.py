"""`fit`: from evidence and a model file to a Posterior."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, replace

import numpy as np

from offercast.errors import CommandError, did_you_mean
from offercast.evidence.evidence import Evidence
from offercast.inference.convergence import pareto_k
from offercast.inference.health import Health, diagnose, exact_draws
from offercast.inference.merging import merged
from offercast.inference.posterior import AFTER_QUICK, Posterior
from offercast.inference.sample import Progress, Sample, unseen
from offercast.inference.waits import Floats
from offercast.modelfile import ModelFile, load_model

ENGINES = ("quick", "nuts", "importance", "independent")
WANTED_ESS = 1000
"""Bulk and tail effective draws, of every quantity, for which the quick engine goes on sampling."""
MARGIN = 1.1
"""Where they are too few, the run is made longer so that this many times as many would be expected."""
FEWEST_DRAWS = {"quick": 16, "nuts": 4, "importance": 16, "independent": 1}
"""Draws of each chain with which an engine can diagnose itself."""
CHAINS = {"quick": 64, "importance": 1}
"""Chains of the engines that take no other number."""
_RECORDED = {
    "quick": ("offercast", "numpy"),
    "nuts": ("offercast", "numpy", "pymc", "pytensor", "nutpie", "numba"),
    "importance": ("offercast", "numpy"),
    "independent": ("offercast", "numpy"),
}


def fit(
    evidence: Evidence,
    *,
    model: ModelFile | str = "blueprint",
    engine: str = "quick",
    seed: int = 1,
    chains: int | None = None,
    draws: int | None = None,
    sampler: str | None = None,
    progress: Progress = unseen,
) -> Posterior:
    """Estimate every step's chance and wait, per track, with silence counted as silence.

    Args:
        evidence: from `gather`, on the ladder of the same model file.
        model: a model file, or the name of one that ships.
        engine: "quick" (the silence model, by our own sampler, which needs NumPy alone), "nuts" (the same model in
            PyMC, sampled by NUTS: the reference, and what users extend), "importance" (the same model by weighted
            draws, for many seekers; "quick" where those will not do) or "independent" (the closed-form
            Beta-Binomial on answered applications only: a baseline).
        seed: the same seed gives the same draws on the same versions.
        chains: how many chains; the engine's own number where None (quick always runs 64).
        draws: draws kept per chain; the engine's own number where None (quick 64, importance 1,024, the others 1,000).
        sampler: "nutpie" or "pymc", for "nuts"; what is installed where None.
        progress: called with what is being done and the share done.

    Returns:
        A Posterior; `posterior.health.verdict` says whether the sampler's diagnostics are good. "quick" goes on until
        every quantity has 1,000 effective draws; where it cannot, "nuts" takes over (if PyMC is installed) and
        `posterior.engine` says so. "nuts" is run once more with a longer warm-up and smaller steps where a first run
        is poor.

    Raises:
        CommandError: an unknown engine, a number out of range, or evidence from another ladder.
        FitError: the sampler failed.
    """
    chosen = load_model(model) if isinstance(model, str) else model
    if engine not in ENGINES:
        raise CommandError(f'"{engine}" is no engine. {did_you_mean(engine, ENGINES)}')
    for name, value, least in (("chains", chains, 1), ("draws", draws, FEWEST_DRAWS[engine]), ("seed", seed, 0)):
        if value is not None and value < least:
            raise CommandError(f"{name} = {value}: give at least {least}.")
    if sampler is not None and engine != "nuts":
        raise CommandError(f'a sampler is chosen for the engine "nuts" only, not for "{engine}".')
    if engine in CHAINS and chains not in {None, CHAINS[engine]}:
        raise CommandError(f"the {engine} engine has {CHAINS[engine]} chains; leave out `chains`, or choose another.")
    chosen = merged(chosen, evidence.implied)
    expected = tuple(step.id for step in chosen.ladder.steps)
    channels = tuple(channel.id for channel in chosen.ladder.channels)
    if evidence.steps != expected or evidence.channels != channels:
        raise CommandError(f'the evidence was counted on another ladder than that of the model "{chosen.name}".')

    if engine == "independent" and evidence.vary_by:
        raise CommandError("the independent baseline knows no groups: gather the evidence without `vary_by`.")
    task = _Task(evidence, chosen, seed, chains, draws, sampler, progress)
    return {"quick": _quick, "nuts": _nuts, "importance": _importance, "independent": _independent}[engine](task)


@dataclass(frozen=True)
class _Task:
    """What is to be fitted, and how."""

    evidence: Evidence
    model: ModelFile
    seed: int
    chains: int | None
    draws: int | None
    sampler: str | None
    progress: Progress

    def posterior(self, engine: str, draws: dict[str, Floats], health: Health, sampler: str) -> Posterior:
        """The draws with all that stands behind them."""
        versions = {name: v for name in _RECORDED[engine] if (v := installed(name))}
        return Posterior(draws, self.evidence, self.model, engine, health, sampler, self.seed, versions)

    def checked(self, engine: str, sample: Sample, sampler: str = "") -> Posterior:
        """The posterior of a sample, diagnosed on its free parameters and on the chance of an offer."""
        size = sample.parameters.shape[0] * sample.parameters.shape[1]
        unchecked = self.posterior(engine, sample.draws, exact_draws(size), sampler or sample.sampler)
        return replace(unchecked, health=diagnose(sample, np.log(unchecked.offer_chance())))


def _importance(task: _Task) -> Posterior:
    from threadpoolctl import threadpool_limits

    from offercast.inference import importance

    size = task.draws or importance.DRAWS
    with threadpool_limits(limits=1, user_api="blas"):
        sample = importance.importance_sample(task.evidence, task.model, seed=task.seed, draws=size)
    weights = sample.log_weights
    if weights is None:
        return task.posterior("importance", sample.draws, exact_draws(size), sample.sampler)
    if not importance.reliable(weights):
        return _quick(replace(task, draws=None))
    health = Health(None, min(importance.effective(weights), float(size)), None, 0, None, size, pareto_k(weights))
    return task.posterior("importance", sample.draws, health, sample.sampler)


def _quick(task: _Task) -> Posterior:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):  # the matrices are small: threads would only wait for each other
        posterior = _quick_alone(task)
    health = posterior.health
    if health.verdict == "good" or importlib.util.find_spec("pymc") is None:
        return posterior
    return _nuts(task, AFTER_QUICK + "; ".join(health.faults))


def _quick_alone(task: _Task) -> Posterior:
    from offercast.inference import quick

    options = {"seed": task.seed, "draws": task.draws or quick.DRAWS}
    if not task.evidence.cells:
        sample = quick.prior_sample(task.evidence, task.model, **options)
        return task.posterior("quick", sample.draws, exact_draws(quick.CHAINS * options["draws"]), sample.sampler)
    run = quick.Run(task.evidence, task.model, progress=task.progress, **options)
    while True:
        posterior = task.checked("quick", run.sample())
        missing = missing_share(posterior.health)
        if not missing or not run.longer(missing):
            return posterior


def missing_share(health: Health) -> float:
    """By what share of its length the quick engine's run is to grow: 0 where it satisfies, 1 where it is poor.

    Else what is missing of the effective draws wanted, by those of each sweep so far, and a tenth more.
    """
    if health.verdict == "poor":
        return 1.0
    fewest = min(health.ess_bulk or 0.0, health.ess_tail or 0.0)
    return max(0.0, MARGIN * WANTED_ESS / fewest - 1.0) if fewest < WANTED_ESS else 0.0


def _nuts(task: _Task, why: str = "") -> Posterior:
    from offercast.inference import nuts

    def run(care: nuts.Care) -> Posterior:
        sample = nuts.sample_nuts(
            task.evidence,
            task.model,
            seed=task.seed,
            chains=task.chains or nuts.CHAINS,
            draws=(task.draws if not why else None) or nuts.DRAWS,
            care=care,
            sampler=task.sampler,
            progress=task.progress,
        )
        return task.checked("nuts", sample, ", ".join(filter(None, (sample.sampler, why))))

    posterior = run(nuts.FIRST_TRY)
    return posterior if posterior.health.verdict == "good" else run(nuts.SECOND_TRY)


def _independent(task: _Task) -> Posterior:
    from offercast.inference.independent import sample_independent

    chains, draws = task.chains or 4, task.draws or 1000
    rng = np.random.default_rng(task.seed)
    drawn = sample_independent(task.evidence, task.model, rng=rng, chains=chains, draws=draws)
    return task.posterior("independent", drawn, exact_draws(chains * draws), "closed form")


def installed(name: str) -> str | None:
    """The version of a package, or None where it is not installed.

    One that is imported knows its own; to look others up costs an import of ten milliseconds.
    """
    if told := getattr(sys.modules.get(name), "__version__", None):
        return told
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None
