"""The quantities by which the silence model is calibrated: what users read, and what shows a fault."""

from __future__ import annotations

import numpy as np

from offercast.evidence.evidence import Evidence
from offercast.inference.waits import Floats
from offercast.ladder import Ladder
from offercast.trust.likelihood import log_likelihood
from offercast.trust.rates import Rates


def quantities(
    rates: Rates, ladder: Ladder, evidence: Evidence, part: Evidence, *, rng: np.random.Generator
) -> dict[str, Floats]:
    """Every test quantity, one number a draw, (n,), for a truth (n = 1) and for a posterior alike.

    The first track is the thinnest one, the last the thickest. `rng` draws the applications to the first offer
    (counted with the successful one), which are data to come rather than parameters.

    Args:
        rates: n draws.
        ladder: of the model file.
        evidence: the whole log, for its log likelihood.
        part: half of its applications, for theirs.
        rng: for what is drawn.
    """
    thin, thick, cold = 0, rates.advance.shape[1] - 1, 0
    climb = ladder.steps_to_goal(ladder.reference.id)
    first, later = climb[0], climb[min(2, len(climb) - 1)]
    offers = rates.offer_chance(ladder)
    odds = _logit(rates.advance[:, :, cold, first])
    found = {f"thin track: {ladder.steps[s].id}": rates.advance[:, thin, cold, s] for s in climb}
    found[f"thick track: {ladder.steps[first].id}"] = rates.advance[:, thick, cold, first]
    found |= {
        f"{step.id} (the seeker's own)": rates.advance[:, thin, cold, s]
        for s, step in enumerate(ladder.steps)
        if step.decided_by == "seeker"
    }
    found |= {f"offers per application, {name} track": offers[:, k] for k, name in ((thin, "thin"), (thick, "thick"))}
    found["offers per application, all tracks"] = offers.mean(axis=1)
    found["offers per application, ratio"] = offers[:, thin] / offers[:, thick]
    found["first step, difference in logits"] = odds[:, thin] - odds[:, thick]
    found["thin track is the better one"] = (offers[:, thin] > offers[:, thick]).astype(float)
    found |= {f"told no: {ladder.steps[s].id}": rates.told_no[:, thin, s] for s in (first, later)}
    for k, name in ((thin, "thin"), (thick, "thick")):
        found[f"never answered, {name} track"] = (1 - rates.advance[:, k, cold, first]) * (
            1 - rates.told_no[:, k, first]
        )
    for answer, days, shape in (
        ("yes", rates.yes_days, rates.yes_shape),
        ("no", rates.no_days, rates.no_shape),
    ):
        found[f"median wait for a {answer}, thin track"] = median_wait(
            days[:, thin, first], shape[:, first], rates.horizon
        )
        found[f"mean wait for a {answer}, thick track"] = mean_wait(
            days[:, thick, first], shape[:, first], rates.horizon
        )
        found[f"spread of the wait for a {answer}"] = shape[:, first]
    found["median wait for a yes, later step"] = rates.yes_days[:, thick, later]
    effects = ("advance", "advance_step", "told_no", "delay")
    found |= {f"scale: {name}": rates.scale[:, i] for i, name in enumerate(effects)}
    for c, channel in list(enumerate(ladder.channels))[1:4]:
        found[f"{channel.id}: first step"] = rates.channel[:, c, 0]
        found[f"{channel.id}: later steps"] = rates.channel[:, c, 1]
    found["log likelihood"] = log_likelihood(rates, evidence)
    found["log likelihood of half"] = log_likelihood(rates, part)
    found["applications to the first offer, thin track"] = rng.geometric(offers[:, thin]).astype(float)
    found["applications to the first offer, best track"] = rng.geometric(offers.max(axis=1)).astype(float)
    return found


def median_wait(median: Floats, shape: Floats, horizon: float) -> Floats:
    """Median days of a log-logistic wait that ends within the horizon; `median` is that of the law without one.

    >>> import numpy as np
    >>> median_wait(np.array([8.0]), np.array([0.5]), 1e9).round(3).tolist()
    [8.0]
    """
    half = 0.5 / (1.0 + (horizon / median) ** (-1.0 / shape))
    return median * (half / (1.0 - half)) ** shape


def mean_wait(median: Floats, shape: Floats, horizon: float) -> Floats:
    """Mean days of a log-logistic wait that ends within the horizon, (n,): the integral of its survival.

    >>> import numpy as np
    >>> bool(np.isclose(mean_wait(np.array([8.0]), np.array([0.25]), 180.0)[0], 8.88, atol=0.01))
    True
    """
    days = np.linspace(0.0, horizon, 721)[1:] - horizon / 1440  # the middles of cells of a quarter of a day
    ended = 1.0 / (1.0 + (days / median[:, None]) ** (-1.0 / shape[:, None]))
    whole = 1.0 / (1.0 + (horizon / median[:, None]) ** (-1.0 / shape[:, None]))
    return np.mean(1.0 - ended / whole, axis=1) * horizon


def _logit(chance: Floats) -> Floats:
    return np.log(chance) - np.log1p(-chance)
