"""The two halves of the posterior density at its own draws: what the log says, and what the model file says.

From the draws alone, so that any engine's draws, also loaded ones, can be judged; no sampler is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offercast.inference.layout import EFFECTS, zero_sum_basis
from offercast.inference.likelihood import Likelihood, Predictors
from offercast.inference.posterior import Posterior
from offercast.inference.waits import FAMILIES, Floats

_NUMBERS_AT_ONCE = 50_000
"""Draws times cells that are evaluated in one go: what a processor's cache holds."""

_HALF_LOG_2PI = 0.5 * np.log(2.0 * np.pi)


@dataclass(frozen=True)
class OfKinds:
    """What the likelihood of kinds of cells (track, channel, step) is made of, each (draw, kind)."""

    advance_logit: Floats
    told_no_logit: Floats
    advance_log_days: Floats
    advance_shape: Floats
    no_log_days: Floats
    no_shape: Floats


def of_kinds(posterior: Posterior, kinds: np.ndarray, draws: slice = slice(None)) -> OfKinds:
    """The predictors of kinds of cells, given as rows of track, channel and step (and group, where there are any)."""
    track, step = kinds[:, 0], kinds[:, 2]
    return OfKinds(
        advance_logit=_advance_logit(posterior, kinds, draws),
        told_no_logit=posterior.flat("told_no_logit")[draws][:, track, step],
        advance_log_days=posterior.flat("advance_log_days")[draws][:, track, step],
        advance_shape=np.exp(posterior.flat("advance_log_shape")[draws][:, step]),
        no_log_days=posterior.flat("no_log_days")[draws][:, track, step],
        no_shape=np.exp(posterior.flat("no_log_shape")[draws][:, step]),
    )


def _advance_logit(posterior: Posterior, kinds: np.ndarray, draws: slice) -> Floats:
    """The logit of advancing of each kind, with what its channel and its group add: (draw, kind)."""
    track, channel, step = kinds[:, :3].T
    ladder = posterior.ladder
    later = [int(s != ladder.first_step(ladder.channels[c].id)) for c, s in zip(channel, step, strict=True)]
    by_employer = np.array([ladder.steps[s].decided_by == "employer" for s in step])
    added = posterior.flat("channel_logit")[draws][:, channel, np.array(later, dtype=int)] * by_employer
    logit = posterior.flat("advance_logit")[draws][:, track, step] + added
    if posterior.evidence.groups and kinds.shape[1] > 3:
        varies = (np.array(later) == 0) & by_employer & (kinds[:, 3] >= 0)
        logit[:, varies] += posterior.flat("group_logit")[draws][:, kinds[varies, 3]]
    return logit


def step_log_likelihood(posterior: Posterior) -> Floats:
    """Log likelihood of what was counted at each step, at the posterior's own draws: (draw, step).

    >>> import offercast
    >>> by_hand = offercast.Posterior.from_chances({"devrel": {}})
    >>> float(step_log_likelihood(by_hand).sum())  # nothing was counted
    0.0
    """
    total = np.zeros((len(posterior.flat("scale")), len(posterior.ladder.steps)))
    if not posterior.evidence.cells:
        return total
    likelihood = Likelihood(posterior.evidence, posterior.model)
    counts = likelihood.counts
    track, step = counts.sites.T
    at_once = max(1, _NUMBERS_AT_ONCE // len(posterior.evidence.cells))
    for start in range(0, len(total), at_once):
        some = slice(start, start + at_once)
        given = Predictors(
            advance_logit=_advance_logit(posterior, counts.kinds, some).T,
            told_no_logit=posterior.flat("told_no_logit")[some][:, track, step].T,
            advance_log_days=posterior.flat("advance_log_days")[some][:, track, step].T,
            no_log_days=posterior.flat("no_log_days")[some][:, track, step].T,
            advance_log_shape=posterior.flat("advance_log_shape")[some][:, counts.steps].T,
            no_log_shape=posterior.flat("no_log_shape")[some][:, counts.steps].T,
        )
        total[some, counts.steps] = likelihood.of_predictors(given).T
    return total


def log_likelihood(posterior: Posterior) -> Floats:
    """Log likelihood of all that was counted, one number a draw."""
    return step_log_likelihood(posterior).sum(axis=1)


@dataclass(frozen=True)
class PriorTerms:
    """Log prior density at each draw, in parts that add up, each with its normalising constant.

    `step` (draw, step): the averages over tracks of a step's chances and waits, and its spreads. `channel`
    (draw, other channel): what a channel adds. `scale` (draw, effect): the logarithms of the between-track sds.
    `tracks` (draw): the tracks' own effects given those sds. The model file's numbers stand in the first three.
    """

    step: Floats
    channel: Floats
    scale: Floats
    tracks: Floats


def log_prior(posterior: Posterior) -> Floats:
    """Log prior density, one number a draw: of averages, channels, log scales and zero-sum track contrasts.

    The contrasts are along an orthonormal basis, so that there is no Jacobian between them and the draws. On an
    employer's steps a track has a level a and a step's own e; a draw holds their sum only, whose law given the scales
    is normal with covariance tau_a^2 + tau_e^2 (on the diagonal) over steps: a and e are integrated out.
    """
    terms = prior_terms(posterior)
    return terms.step.sum(axis=1) + terms.channel.sum(axis=1) + terms.scale.sum(axis=1) + terms.tracks


def prior_terms(posterior: Posterior) -> PriorTerms:
    """The parts of `log_prior`; `tracks` is 0 where the draws have no spread between tracks at all."""
    model, ladder = posterior.model, posterior.ladder
    per_sd = FAMILIES[model.assumptions.delay_family].per_sd
    priors = [model.step_prior(step.id) for step in ladder.steps]
    step = np.zeros((posterior.flat("scale").shape[0], len(ladder.steps)))
    for name, answer in (("advance_logit", "advance"), ("told_no_logit", "told_no")):
        medians = np.array([getattr(prior, answer).median for prior in priors])
        sds = np.array([getattr(prior, answer).sd for prior in priors])
        step += _log_normal(posterior.flat(name).mean(axis=1), np.log(medians) - np.log1p(-medians), sds)
    for kind in ("advance", "no"):
        waits = [getattr(prior, f"{kind}_wait") for prior in priors]
        days = np.log([wait.median for wait in waits])
        step += _log_normal(posterior.flat(f"{kind}_log_days").mean(axis=1), days, [wait.sd for wait in waits])
        spreads = np.log([wait.spread * per_sd for wait in waits])
        step += _log_normal(posterior.flat(f"{kind}_log_shape"), spreads, [wait.spread_sd for wait in waits])
    others = [model.channel_prior(channel.id) for channel in ladder.channels[1:]]
    effect = posterior.flat("channel_logit")[:, 1:]
    mean = np.array([[prior.first, prior.later] for prior in others]).reshape(-1, 2)
    sd = np.array([[prior.first_sd, prior.later_sd] for prior in others]).reshape(-1, 2)
    scales = [model.scale_prior(name) for name in EFFECTS]
    with np.errstate(divide="ignore", invalid="ignore"):
        log_tau = np.log(posterior.flat("scale"))
        scale = _log_normal(log_tau, np.log([s.median for s in scales]), [s.log_sd for s in scales])
    return PriorTerms(step, _log_normal(effect, mean, sd).sum(axis=2), scale, _tracks(posterior))


def _tracks(posterior: Posterior) -> Floats:
    """Log density of the tracks' contrasts given the between-track sds: (draw)."""
    level, own, told_no, delay = posterior.flat("scale").T
    total = np.zeros(level.size)
    if len(posterior.tracks) == 1 or not (posterior.flat("scale") > 0).all():
        return total
    basis = zero_sum_basis(len(posterior.tracks))
    employer = [s for s, step in enumerate(posterior.ladder.steps) if step.decided_by == "employer"]
    seeker = [s for s, step in enumerate(posterior.ladder.steps) if step.decided_by == "seeker"]

    def contrasts(name: str) -> Floats:
        return np.einsum("dks,kc->dcs", posterior.flat(name), basis)

    advance = contrasts("advance_logit")
    shared = advance[:, :, employer]
    n, average = len(employer), shared.mean(axis=2)
    around = ((shared - average[..., None]) ** 2).sum(axis=2)
    wide = own**2 + n * level**2
    total += np.sum(
        -n * _HALF_LOG_2PI
        - (n - 1) * np.log(own)[:, None]
        - 0.5 * np.log(wide)[:, None]
        - 0.5 * around / own[:, None] ** 2
        - 0.5 * n * average**2 / wide[:, None],
        axis=1,
    )
    total += _log_normal(advance[:, :, seeker], 0.0, own[:, None, None]).sum(axis=(1, 2))
    for name, tau in (("told_no_logit", told_no), ("no_log_days", delay)):
        total += _log_normal(contrasts(name)[:, :, employer[0]], 0.0, tau[:, None]).sum(axis=1)
    return total


def _log_normal(x: Floats, mean: object, sd: object) -> Floats:
    """Log density of a normal law."""
    width = np.asarray(sd, dtype=float)
    return -_HALF_LOG_2PI - np.log(width) - 0.5 * ((x - np.asarray(mean, dtype=float)) / width) ** 2
