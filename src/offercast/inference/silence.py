"""The silence model in PyMC: what advanced, what was told no, and what silence so far can mean.

Generative story, equations and limits: models/cards/blueprint.md. Importing this module imports PyMC.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

# The Numba back end gives other draws from a cold and from a warm cache unless fast maths is off (see
# docs/decisions/compilation.md); the flag is read once, when PyTensor is imported.
_FLAG = "numba__fastmath=False"
if "pytensor" not in sys.modules and _FLAG not in os.environ.get("PYTENSOR_FLAGS", ""):
    os.environ["PYTENSOR_FLAGS"] = ",".join(filter(None, [os.environ.get("PYTENSOR_FLAGS"), _FLAG]))

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
from pymc.distributions.dist_math import normal_lcdf
from pytensor.graph.basic import Variable
from pytensor.tensor.variable import TensorVariable

from offercast.evidence.bins import EDGES
from offercast.evidence.evidence import Evidence
from offercast.inference.layout import PREDICTORS, WHEN, Layout
from offercast.inference.waits import LOG_LOGISTIC, LOGNORMAL
from offercast.modelfile import ModelFile

pytensor.config.numba__fastmath = False  # where PyTensor had been imported before us

IMPOSSIBLE = -1e30
"""The logarithm of a probability of zero that still has a gradient."""

_SHORTEST = 1e-8
"""Days. Stands for 0 under a logarithm; the law has no mass below it."""


def model_data(evidence: Evidence, model: ModelFile) -> dict[str, np.ndarray]:
    """The arrays that the model reads: one row a cell of the evidence, one design row a kind of cell.

    Returns:
        design (6 * kinds, parameters), kind (rows) of each row, count (rows), log days of both ends of the
        wait (rows), and masks (rows) that say which of the three outcomes a row has.
    """
    layout = Layout.of(evidence, model)
    table, horizon = evidence.table, model.assumptions.horizon_days
    edges = np.minimum(np.array(EDGES), horizon)
    start, end = edges[table["low"]], edges[table["high"]]
    outcome = table["outcome"].copy()
    late = (start >= horizon) & (outcome != 2)  # an answer after the horizon: silence up to the horizon
    outcome[late] = 2
    start[late] = horizon
    kinds, kind = np.unique(
        np.stack([table["track"], table["channel"], table["step"], table["group"]], axis=1).astype(np.int64),
        axis=0,
        return_inverse=True,
    )
    design = np.array(
        [
            layout.row(name, k, s)
            + (layout.channel_row(c, s) + layout.group_row(g, c, s) if name == "advance_logit" else 0.0)
            for name in PREDICTORS
            for k, c, s, g in kinds
        ]
    ).reshape(len(PREDICTORS) * len(kinds), layout.size)
    beyond = (outcome == 2) & (start >= horizon)
    return {
        "design": design,
        "kind": kind.reshape(-1).astype(np.int32),
        "count": table["count"].astype(float),
        "log_start": np.log(np.maximum(np.minimum(start, horizon * (1 - 1e-9)), _SHORTEST)),
        "log_end": np.log(np.where(outcome == 2, horizon, end)),
        "can_advance": np.where((outcome == 1) | beyond, IMPOSSIBLE, 0.0),
        "can_stop": np.where(outcome == 0, IMPOSSIBLE, 0.0),
        "told_no": (outcome == 1).astype(float),
    }


def silence_model(evidence: Evidence, model: ModelFile) -> pm.Model:
    """Build the PyMC model. Users extend it as any other, in a `with` block.

    The likelihood of a cell, with p the chance to advance, w that of a no otherwise, F and G the laws of the
    two waits, (l, u] the wait and e the silence so far:

        advanced  p [F(u) - F(l)]      told no  (1-p) w [G(u) - G(l)]      open  p (1-F(e)) + (1-p)(1 - w G(e))
    """
    layout = Layout.of(evidence, model)
    ladder = model.ladder
    coords = {
        "step": [step.id for step in ladder.steps],
        "other_channel": [channel.id for channel in ladder.channels[1:]],
        "when": list(WHEN),
        "contrast": list(range(len(evidence.tracks) - 1)),
        "effect": list(layout.effects),
    }
    if layout.groups:
        coords["group_difference"] = list(range(layout.slices["u"].stop - layout.slices["u"].start))
    with pm.Model(coords=coords) as built:
        log_tau = pm.Normal(
            "log_tau",
            *layout.scales,
            dims="effect",
        )
        tau = {effect: pt.exp(log_tau[i]) for i, effect in enumerate(layout.effects)}
        parts = []
        for block in layout.blocks:
            drawn = pm.Normal(block.name, block.mean, block.sd, dims=block.dims).ravel()
            parts.append(drawn * tau[block.scaled_by] if block.scaled_by else drawn)
        vector = pt.concatenate(parts)
        if evidence.cells:
            data = {name: pm.Data(name, array) for name, array in model_data(evidence, model).items()}
            assumed = model.assumptions
            rows = pt.dot(data["design"], vector).reshape((len(PREDICTORS), -1))
            loglike = log_likelihood(rows, data, np.log(assumed.horizon_days), assumed.delay_family)
            pm.Potential("loglike", pt.dot(data["count"], loglike))
    return built


def log_likelihood(
    rows: TensorVariable, data: Mapping[str, Variable], log_horizon: float, family: str
) -> TensorVariable:
    """Log likelihood of one application of each cell, stable in both tails; `rows` are (predictor, kind)."""
    p, w, advance_m, advance_log_b, no_m, no_log_b = (rows[i][data["kind"]] for i in range(len(PREDICTORS)))

    def log_logistic(x: TensorVariable) -> TensorVariable:
        return -pt.softplus(-x)

    def log_normal_cdf(x: TensorVariable) -> TensorVariable:
        return normal_lcdf(0.0, 1.0, x)

    log_cdf = {LOG_LOGISTIC: log_logistic, LOGNORMAL: log_normal_cdf}[family]

    def log_between(low: TensorVariable, high: TensorVariable) -> TensorVariable:
        """Log of S(high) - S(low), from whichever tail is the shorter: nothing cancels."""
        if family == LOG_LOGISTIC:
            return pt.log1p(-pt.exp(low - high)) + log_logistic(high) + log_logistic(-low)
        upper = pt.gt(low, 0.0)
        large = log_cdf(pt.switch(upper, -low, high))
        small = log_cdf(pt.switch(upper, -high, low))
        return large + pt.log1p(-pt.exp(small - large))

    advance_rate, no_rate = pt.exp(-advance_log_b), pt.exp(-no_log_b)
    advance = (
        log_logistic(p)
        + log_between((data["log_start"] - advance_m) * advance_rate, (data["log_end"] - advance_m) * advance_rate)
        - log_cdf((log_horizon - advance_m) * advance_rate)
        + data["can_advance"]
    )
    log_w, start = log_logistic(w), (data["log_start"] - no_m) * no_rate
    whole = log_cdf((log_horizon - no_m) * no_rate)
    told_no = log_w + log_between(start, (data["log_end"] - no_m) * no_rate) - whole
    silent = pt.log1p(-pt.exp(log_w + log_cdf(start) - whole))
    stop = log_logistic(-p) + data["can_stop"] + pt.switch(data["told_no"], told_no, silent)
    return pt.logaddexp(advance, stop)
