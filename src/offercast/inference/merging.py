"""The model of a log that never names some stages: the steps on either side of each become one, with its own priors.

Nothing in such a log tells those steps apart. An application that is still open may stand at any of the stages that are
never named, and a wait is known only from the stage below to the one above; counted as steps of their own they would be
taken to be quick, and every long silence for a no. The prior of the one step is that of the several together: a chance
that is their product, and a wait that is the sum of theirs. Both are no longer normal in logits and logistic in log
days; the priors are those with the same mean and sd there, found by simulation.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import msgspec
import numpy as np

from offercast.inference.posterior import Posterior
from offercast.inference.prior import sample_prior
from offercast.inference.waits import Floats, logistic, quantile
from offercast.modelfile import ChancePrior, ChannelPrior, ModelFile, StepPrior, WaitPrior

_DRAWS, _WITHIN = 4000, 48
_TRACKS = ("one", "two", "three")
_LEAST_SD = 0.1
_DIGITS = 4
_SEED = 20261128


def merged(model: ModelFile, stages: tuple[str, ...]) -> ModelFile:
    """The model file on the ladder without some stages; the same one where it has none of them.

    >>> from offercast.modelfile import load_model
    >>> short = merged(load_model(), ("response", "phone"))
    >>> [step.id for step in short.ladder.steps][1:3]
    ['applied->interview', 'interview->second_interview']
    """
    gone = tuple(stage for stage in stages if stage in model.ladder.order)
    return _merged(_Named(model), gone) if gone else model


class _Named:
    """A model file as a key: the same text is the same model."""

    def __init__(self, model: ModelFile) -> None:
        self.model = model

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Named) and (self.model.text, self.model.ladder) == (
            other.model.text,
            other.model.ladder,
        )

    def __hash__(self) -> int:
        return hash(self.model.text)


@lru_cache(maxsize=32)
def _merged(named: _Named, gone: tuple[str, ...]) -> ModelFile:
    model = named.model
    ladder = model.ladder.without(gone)
    prior = sample_prior(model, _TRACKS, seed=_SEED, draws=_DRAWS)
    kept = {step.id for step in ladder.steps}
    steps = [step for step in model.priors.steps if step.step in kept]
    channels = {channel.id: model.channel_prior(channel.id) for channel in ladder.channels[1:]}
    old = model.ladder.step_index
    for step in ladder.steps:
        if step.id in {one.id for one in model.ladder.steps}:
            continue
        first = old[step.start]
        span = list(range(first, first + model.ladder.order[step.end] - model.ladder.order[step.start]))
        steps.append(_step_prior(model, prior, step.id, span))
        for channel in ladder.channels[1:]:
            if ladder.path(channel.id)[0] == step.start:
                channels[channel.id] = _channel_prior(model, prior, channel.id, span)
    priors = msgspec.structs.replace(model.priors, steps=steps, channels=list(channels.values()))
    return replace(model, ladder=ladder, priors=priors)


def _step_prior(model: ModelFile, prior: Posterior, name: str, span: list[int]) -> StepPrior:
    """The prior of several steps in a row as one."""
    singles = [model.step_prior(model.ladder.steps[s].id) for s in span]
    first = singles[0]
    reason = f"{len(span)} steps as one, since the log never names what lies between: their product, their sum"
    about = {"reason": reason, "source": f"derived from the priors of {', '.join(one.step for one in singles)}"}
    chances = prior.advance[0, :, 0, 0][:, span]
    left = np.cumprod(np.concatenate([np.ones((len(chances), 1)), chances[:, :-1]], axis=1), axis=1)
    fails = left * (1.0 - chances)
    told = fails * prior.told_no[0, :, 0][:, span]
    advance = _logit(np.prod(chances, axis=1))
    told_no = _logit(told.sum(axis=1) / fails.sum(axis=1))
    yes, no = _waits(model, prior, span, told / told.sum(axis=1, keepdims=True))
    between = [_between(prior.flat("advance_logit")[:, 0, span[0]], first.advance.sd),
               _between(prior.flat("told_no_logit")[:, 0, span[0]], first.told_no.sd)]  # fmt: skip
    delay = _between(prior.flat("advance_log_days")[:, 0, span[0]], first.advance_wait.sd)

    def chance(one: ChancePrior, values: Floats, shared: float) -> ChancePrior:
        middle, sd = _moments(values, shared)
        return msgspec.structs.replace(one, median=_round(float(logistic(middle))), sd=sd, n=None, **about)

    def wait(one: WaitPrior, log_days: Floats) -> WaitPrior:
        middle, sd = _moments(log_days.mean(axis=1), delay)
        spread = np.log(log_days.std(axis=1))
        return msgspec.structs.replace(
            one, median=_round(float(np.exp(middle))), sd=sd, n=None,
            spread=_round(float(np.exp(spread.mean()))), spread_sd=max(_round(float(spread.std())), _LEAST_SD), **about,
        )  # fmt: skip

    return StepPrior(
        name, chance(first.advance, advance, between[0]), chance(first.told_no, told_no, between[1]),
        wait(first.advance_wait, yes), wait(first.no_wait, no),
    )  # fmt: skip


def _waits(model: ModelFile, prior: Posterior, span: list[int], shares: Floats) -> tuple[Floats, Floats]:
    """Logs of waits for a yes and for a no, by draw and within it: (draw, within) each.

    A yes takes the sum of the waits; a no that of those before the step at which it comes, which is each of the
    span's with its share (draw, step).
    """
    assumed, rng = model.assumptions, np.random.default_rng(_SEED)
    size = shares.shape[0]

    def drawn(kind: str, step: int) -> Floats:
        median = prior.flat(f"{kind}_log_days")[:, 0, step, None]
        shape = np.exp(prior.flat(f"{kind}_log_shape")[:, step, None])
        levels = (rng.permuted(np.tile(np.arange(_WITHIN), (size, 1)), axis=1) + 0.5) / _WITHIN
        return quantile(levels, median, shape, assumed.horizon_days, family=assumed.delay_family)

    yes = np.zeros((size, _WITHIN))
    at = (np.cumsum(shares, axis=1)[:, None] < rng.random((size, _WITHIN, 1))).sum(axis=2)
    no = np.zeros((size, _WITHIN))
    for place, step in enumerate(span):
        no += np.where(at == place, yes + drawn("no", step), 0.0)
        yes += drawn("advance", step)
    return np.log(yes), np.log(np.maximum(no, 1e-3))


def _channel_prior(model: ModelFile, prior: Posterior, channel: str, span: list[int]) -> ChannelPrior:
    """What a channel adds to the logit of the product, where its first step is among them."""
    place = model.ladder.channels.index(model.ladder.channels_by_id[channel])
    with_it, without = (np.prod(prior.advance[0, :, 0, c][:, span], axis=1) for c in (place, 0))
    middle, sd = _moments(_logit(with_it) - _logit(without), 0.0)
    return msgspec.structs.replace(model.channel_prior(channel), channel=channel, first=_round(middle), first_sd=sd)


def _logit(chance: Floats) -> Floats:
    return np.log(chance) - np.log1p(-chance)


def _between(values: Floats, sd: float) -> float:
    """The variance that tracks add to that between people."""
    return max(float(values.var()) - sd**2, 0.0)


def _moments(values: Floats, between_tracks: float) -> tuple[float, float]:
    """The mean, and the sd without what tracks add."""
    return float(values.mean()), max(_round(float(np.sqrt(max(values.var() - between_tracks, 0.0)))), _LEAST_SD)


def _round(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
