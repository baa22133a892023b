"""Every seeker of a small cohort and what differs between them, in one PyMC model: what `learn` is held up to.

The same priors of means and sds and the same likelihood as elsewhere, but nothing is divided and nothing approximated:
some ninety parameters for each seeker, which is why it is for some dozens of them. Importing it imports PyMC.
"""

from __future__ import annotations

from collections.abc import Sequence

from offercast.inference.silence import log_likelihood, model_data  # sets PyTensor's flags before PyTensor is loaded

# isort: split
import numpy as np
import pymc as pm
import pytensor.tensor as pt

from offercast.cohort.between import Between
from offercast.cohort.learn import MEAN_WIDTH, SD_WIDTH
from offercast.errors import CommandError
from offercast.evidence.evidence import Evidence
from offercast.inference.layout import EFFECTS, PREDICTORS, Layout
from offercast.modelfile import ModelFile


def joint_model(cohort: Sequence[Evidence], model: ModelFile) -> pm.Model:
    """The whole hierarchy. `mean` and `log_sd` hold what differs between people, in the order of `Between`.

    Raises:
        CommandError: a log never names some stage: it does not tell about single steps.
    """
    if any(evidence.implied for evidence in cohort):
        raise CommandError("a log that never names some stage cannot be part of a joint model.")
    between = Between.of(model)
    fixed = len(between.quantities) - len(EFFECTS)
    with pm.Model() as built:
        shift = pm.Normal("shift", 0.0, MEAN_WIDTH, shape=len(between.mean))
        stretch = pm.Normal("stretch", 0.0, SD_WIDTH, shape=len(between.sd))
        mean = pm.Deterministic("mean", between.mean + between.sd * shift)
        log_sd = pm.Deterministic("log_sd", np.log(between.sd) + stretch)
        sd = pt.exp(log_sd)
        for tracks in sorted({len(evidence.tracks) for evidence in cohort}):
            group = [evidence for evidence in cohort if len(evidence.tracks) == tracks]
            layout = Layout(tuple(f"track {k}" for k in range(tracks)), model)
            level = mean[:fixed] + sd[:fixed] * pm.Normal(f"level_{tracks}", shape=(len(group), fixed))
            parts = [level]
            if tracks > 1:
                log_tau = mean[fixed:] + sd[fixed:] * pm.Normal(f"scale_{tracks}", shape=(len(group), len(EFFECTS)))
                for block in layout.blocks:
                    if block.scaled_by:
                        drawn = pm.Normal(f"{block.name}_{tracks}", shape=(len(group), block.mean.size))
                        parts.append(drawn * pt.exp(log_tau[:, EFFECTS.index(block.scaled_by)])[:, None])
            vectors = pt.concatenate(parts, axis=1)
            pm.Potential(f"loglike_{tracks}", _of_group(group, vectors, model))
    return built


def _of_group(group: Sequence[Evidence], vectors: pt.TensorVariable, model: ModelFile) -> pt.TensorVariable:
    """The log likelihood of seekers with as many tracks, whose parameters are (seeker, parameter)."""
    found = [model_data(evidence, model) for evidence in group]
    designs, seeker, kind, before = [], [], [], 0
    for place, data in enumerate(found):
        kinds = len(data["design"]) // len(PREDICTORS)
        designs.append(data["design"].reshape(len(PREDICTORS), kinds, -1))
        seeker += [place] * kinds
        kind.append(data["kind"] + before)
        before += kinds
    design = np.concatenate(designs, axis=1)
    together = {name: np.concatenate([data[name] for data in found]) for name in found[0] if name != "design"}
    together["kind"] = np.concatenate(kind)
    rows = (pt.as_tensor(design) * vectors[np.array(seeker)][None]).sum(axis=2)
    assumed = model.assumptions
    tensors = {name: pt.as_tensor(array) for name, array in together.items()}
    loglike = log_likelihood(rows, tensors, float(np.log(assumed.horizon_days)), assumed.delay_family)
    return pt.dot(tensors["count"], loglike)
