"""Does the model fit this log? Posterior predictive checks of the counts and of the waits.

Evidence knows how long each application waited before something happened, or until now. So each bin of waiting time
has its applications at risk, and the model gives the chances that they move on, or are told no, within it. Given who
was at risk the counts of a bin are multinomial: replicated ones come from the same law, and the observed ones should
look like them. No follow-up of answered applications has to be known. An answer whose bin is not known is placed by
the model before it is compared (a completed-data check: Gelman et al., Biometrics 61 (2005) 74-85).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from offercast.evidence.bins import EDGES
from offercast.inference.density import of_kinds
from offercast.inference.posterior import Posterior
from offercast.inference.sensitivity import is_sampled
from offercast.inference.waits import Floats, cdf, logistic

Measure = Literal["moved on", "told no", "waits for a yes", "waits for a no", "answers in 7 days", "in 14", "in 28"]

EXTREME = 0.05
"""A check is called extreme where its p-value, times the number of checks, is below this: of the logs that fit, at
most about 1 in 20 shows any. (With some thirty checks a single limit of 0.01 would be crossed in one log of four.)"""

FEWEST = 4
"""Steps with fewer answers than this are not checked: nothing could be seen."""

DRAWS = 600
"""Posterior draws, each with one replicate."""

_EARLY: dict[Measure, float] = {"answers in 7 days": 7.5, "in 14": 14.5, "in 28": 28.5}
_GROUPS = (0.0, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 9.5, 14.5, 21.5, 35.5, 60.5, np.inf)
"""The groups of days in which the waits are compared: each day of the first week, so that answers which all come on
the same day are seen."""


@dataclass(frozen=True)
class Check:
    """One comparison of the log with what the model would have it be.

    `observed` and `expected` are numbers of applications (for the waits: the distance of the counts by group of days
    from the model's, observed and replicated, on average over the posterior). `p` is the two-sided mid-p value for
    counts, the one-sided one for distances; `checks` is how many comparisons were made in all.
    """

    step: str
    measure: Measure
    observed: float
    expected: float
    p: float
    checks: int

    @property
    def extreme(self) -> bool:
        """Whether chance is a poor explanation, given how many things were looked at."""
        return self.p * self.checks < EXTREME


def predictive_checks(posterior: Posterior, *, seed: int = 1) -> tuple[Check, ...]:
    """Compare each employer's step with replicates from the posterior: counts, early answers, shape of the waits.

    The same data were used to fit, so these p-values lean towards the middle: an extreme one means something, an
    unremarkable one proves little. Source: Gelman et al., Bayesian Data Analysis, 3rd ed., section 6.3.

    Args:
        posterior: draws of the silence model; for others there is nothing to check.
        seed: of the replicates.
    """
    if not is_sampled(posterior):
        return ()
    rng = np.random.default_rng(seed)
    found = []
    for s, step in enumerate(posterior.ladder.steps):
        rows = posterior.evidence.table[posterior.evidence.table["step"] == s]
        answers = rows["count"][rows["outcome"] != 2].sum()
        if step.decided_by == "employer" and answers >= FEWEST:
            found += [(step.id, *row) for row in _measures(_Counted.of(posterior, rows, rng), rng)]
    return tuple(Check(*row, checks=len(found)) for row in found)


@dataclass(frozen=True)
class _Counted:
    """One step: by draw and bin, over all kinds of cells: observed counts, and the law of the replicated ones.

    `risk` (kind, bin) is who was at risk; `seen` (draw, kind, bin, answer) what happened; `hazard` the same axes: the
    chance that one at risk moves on (0), or is told no (1), within the bin.
    """

    risk: Floats
    seen: Floats
    hazard: Floats

    @classmethod
    def of(cls, posterior: Posterior, rows: np.ndarray, rng: np.random.Generator) -> _Counted:
        every = max(1, len(posterior.flat("scale")) // DRAWS)
        thin = slice(None, None, every)
        named = np.stack([rows[name] for name in ("track", "channel", "step", "group")], axis=1).astype(np.int64)
        kinds, kind = np.unique(named, axis=0, return_inverse=True)
        masses = _masses(posterior, kinds, thin)  # (draw, kind, bin, answer)
        silent = 1.0 - np.cumsum(masses.sum(axis=3), axis=2)
        at_start = np.concatenate([np.ones_like(silent[:, :, :1]), silent[:, :, :-1]], axis=2)
        hazard = masses / np.maximum(at_start, 1e-300)[..., None]
        # what is the same in every draw is added up apart: silence, and answers in a known bin
        of_all, known = np.zeros(masses.shape[1:3]), np.zeros(masses.shape[1:])
        risk, seen = np.zeros(masses.shape[:3]), np.zeros(masses.shape)
        horizon = posterior.model.assumptions.horizon_days
        for row, k in zip(rows, kind.reshape(-1), strict=True):
            low, high, count = int(row["low"]), int(row["high"]), float(row["count"])
            of_all[k, :low] += count
            if row["outcome"] == 2 or EDGES[low] >= horizon:
                continue
            answer, last = int(row["outcome"]), min(high, masses.shape[2])
            if last == low + 1:
                of_all[k, low] += count
                known[k, low, answer] += count
                continue
            placed = _placed(count, masses[:, k, low:last, answer], rng)
            seen[:, k, low:last, answer] += placed
            risk[:, k, low:last] += np.cumsum(placed[:, ::-1], axis=1)[:, ::-1]  # answered in this bin or later
        risk += of_all
        seen += known
        return cls(risk, seen, hazard)


def _masses(posterior: Posterior, kinds: np.ndarray, draws: slice) -> Floats:
    """Chance of a fresh application to be answered in each bin up to the horizon: (draw, kind, bin, answer)."""
    at = of_kinds(posterior, kinds, draws)
    assumed = posterior.model.assumptions
    horizon, family = assumed.horizon_days, assumed.delay_family
    edges = np.unique(np.minimum(EDGES, horizon))
    yes, told = logistic(at.advance_logit)[..., None], logistic(at.told_no_logit)[..., None]

    def parts(log_days: Floats, shape: Floats) -> Floats:
        return np.diff(cdf(edges, log_days[..., None], shape[..., None], horizon, family=family), axis=-1)

    of_yes = yes * parts(at.advance_log_days, at.advance_shape)
    return np.stack([of_yes, (1.0 - yes) * told * parts(at.no_log_days, at.no_shape)], axis=-1)


def _placed(count: float, chance: Floats, rng: np.random.Generator) -> Floats:
    """Counts that are known only to lie in some bins, placed by the model: one multinomial a draw."""
    share = np.maximum(chance, 1e-300)
    share = share / share.sum(axis=1, keepdims=True)
    whole = rng.multinomial(int(count), share).astype(float)
    return whole + (count - int(count)) * share


def _measures(step: _Counted, rng: np.random.Generator) -> list[tuple[Measure, float, float, float]]:
    """Each measure with its observed value, its expected one, and its p-value."""
    again = _replicate(step, rng)  # (draw, bin, answer)
    seen = step.seen.sum(axis=1)
    expected = (step.risk[..., None] * step.hazard).sum(axis=1)
    found: list[tuple[Measure, float, float, float]] = []
    counts: dict[Measure, tuple[Floats, Floats]] = {
        "moved on": (seen[:, :, 0].sum(axis=1), again[:, :, 0].sum(axis=1)),
        "told no": (seen[:, :, 1].sum(axis=1), again[:, :, 1].sum(axis=1)),
    }
    ends = np.array(EDGES)[1 : seen.shape[1] + 1]
    for name, day in _EARLY.items():
        early = ends <= day
        counts[name] = (seen[:, early].sum(axis=(1, 2)), again[:, early].sum(axis=(1, 2)))
    for measure, (log, replicated) in counts.items():
        found.append((measure, float(log.mean()), float(replicated.mean()), two_sided(log, replicated)))
    group = np.searchsorted(_GROUPS, ends) - 1
    shapes: tuple[Measure, Measure] = ("waits for a yes", "waits for a no")
    for answer, measure in enumerate(shapes):
        if seen[:, :, answer].sum(axis=1).mean() < FEWEST:
            continue
        far, usual = (_distance(x[:, :, answer], expected[:, :, answer], group) for x in (seen, again))
        found.append((measure, float(far.mean()), float(usual.mean()), upper(far, usual)))
    return found


def _replicate(step: _Counted, rng: np.random.Generator) -> Floats:
    """Draw what could have happened to those at risk: (draw, bin, answer), summed over kinds of cells."""
    base = np.floor(step.risk)
    at_risk = (base + (rng.random(base.shape) < step.risk - base)).astype(np.int64)  # splits are rounded at random
    yes_chance, no_chance = np.clip(step.hazard[..., 0], 0.0, 1.0), np.clip(step.hazard[..., 1], 0.0, 1.0)
    yes = rng.binomial(at_risk, yes_chance)
    left = np.clip(no_chance / np.maximum(1.0 - yes_chance, 1e-300), 0.0, 1.0)
    return np.stack([yes.sum(axis=1), rng.binomial(at_risk - yes, left).sum(axis=1)], axis=-1).astype(float)


def _distance(counts: Floats, expected: Floats, group: np.ndarray) -> Floats:
    """Freeman and Tukey's distance, the sum over groups of (sqrt(count) - sqrt(expected))^2, where the counts are
    first compared in their shape only: what is expected is scaled to as many. (draw)
    """
    scaled = expected * (counts.sum(axis=1) / np.maximum(expected.sum(axis=1), 1e-300))[:, None]
    total = np.zeros(len(counts))
    for g in np.unique(group):
        here = group == g
        total += (np.sqrt(counts[:, here].sum(axis=1)) - np.sqrt(scaled[:, here].sum(axis=1))) ** 2
    return total


def upper(observed: Floats, replicated: Floats) -> float:
    """Chance that a replicate exceeds what was observed, ties counted by half (the mid-p value), over pairs.

    >>> upper(np.array([1.0, 1.0]), np.array([2.0, 1.0]))
    0.75
    """
    return float(np.mean(replicated > observed) + 0.5 * np.mean(replicated == observed))


def two_sided(observed: Floats, replicated: Floats) -> float:
    """Twice the smaller of both mid-p values, at most 1."""
    above = upper(observed, replicated)
    return min(1.0, 2.0 * min(above, 1.0 - above))
