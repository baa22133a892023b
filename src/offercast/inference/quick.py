"""The quick engine: Metropolis-Hastings with proposals from a stand-in whose posterior can be drawn at once.

Three kinds of moves take turns, for many chains together, and all corrected by the true likelihood:

- *whole*: new scales and new parameters everywhere, drawn from the stand-in's posterior, whatever the chain's state;
- *near*: new parameters of every single step, or of what the steps share, drawn from the stand-in's posterior given
  the others. The likelihood is a product over steps, so each step accepts or refuses for itself;
- *free*: some coordinates of every step, from the prior or by a random walk, and stretches of one scale with all that
  it multiplies. They owe nothing to the stand-in: where the posterior has ridges and tails that it does not know of,
  chains go in and out on these.

Steps that nobody has stood at are drawn from the prior. Source: Tierney, Annals of Statistics 22 (1994) 1701-1762,
sections 2.3.1 and 2.4 (independence chains; mixtures and cycles of kernels).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

import numpy as np

from offercast.evidence.evidence import Evidence
from offercast.inference.convergence import pareto_k
from offercast.inference.likelihood import Likelihood
from offercast.inference.moves import FreeMove, SharedMove, StepMove, StretchMove
from offercast.inference.proposals import CHAINS, FIELDS, MOST_SCALED, SUPERCHAINS, Proposals, State, picked
from offercast.inference.sample import Progress, Sample, unseen
from offercast.inference.waits import Floats
from offercast.modelfile import ModelFile

DRAWS = 64
"""Draws kept of each chain."""
WARM_UP = 16
"""Sweeps that are not kept. Chains start where the true posterior put them (by importance resampling)."""
SWEEPS, SHORT, LEAST_MORE, LONGEST = 2, 0.75, 0.25, 32
"""Sweeps for each draw of a full first run (half as many where nearly all whole moves are accepted); the part of it
with which a run begins; by what part a run grows at least; and how many full first runs it may last in the end."""
MOST_KEPT = 4
"""States kept for each draw that will be taken from them."""
OFTEN_ACCEPTED = 0.7
HEAVY_TAIL, VERY_HEAVY_TAIL, LONGER = 0.55, 0.65, 4
"""Pareto k-hat of the whole moves' weights above which a full first run counts as warm-up, and above which what follows
has so many times the sweeps: the stand-in then misses mass that chains must find by free moves. The length is settled
before the first state is kept: a run that stopped once k-hat, itself noisy, is low would end where tails are missed."""
SAMPLER = "offercast's own"
STEPS, SHARED = (0.9, 0.3), (0.5,)
"""Shares of the curvature of the stand-ins behind both kinds of near moves, taken in turn."""


class Sampler:
    """All chains of one fit."""

    def __init__(self, likelihood: Likelihood, rng: np.random.Generator) -> None:
        self.likelihood, self.rng = likelihood, rng
        self.proposals = Proposals(likelihood, rng)
        laplace = self.proposals.laplace
        self.coordinates = laplace.coordinates
        self.near = cycle(
            [(share, True, StepMove(laplace.wider(share))) for share in STEPS]
            + [(share, False, SharedMove(laplace.wider(share))) for share in SHARED if len(self.coordinates.shared)]
        )
        few = 0 < self.coordinates.effect.size <= MOST_SCALED
        self.free = cycle([FreeMove(laplace), FreeMove(laplace), *([StretchMove(laplace)] if few else [])])
        self.log_weights: list[Floats] = []
        self.accepted: list[float] = []
        self.ahead: Iterator[State] = iter(())
        self.state = self._start(self.proposals.first)

    def _start(self, proposed: list[State]) -> State:
        """One point for each superchain, taken from many proposals in proportion to their importance weights."""
        self.log_weights += [self.proposals.log_weight(state) for state in proposed]
        weights = np.concatenate(self.log_weights)
        chance = np.exp(weights - weights.max())
        chosen = self.rng.choice(weights.size, SUPERCHAINS, p=chance / chance.sum())
        chosen = np.repeat(chosen, CHAINS // SUPERCHAINS)
        return picked(proposed, chosen)

    def sweep(self) -> None:
        """One move of each kind, in all chains."""
        self._move_everything()
        self._move_near()
        self._move_freely()

    def _move_everything(self) -> None:
        proposed = next(self.ahead, None)
        if proposed is None:
            self.ahead = iter(self.proposals.draw())
            proposed = next(self.ahead)
        weight, here = self.proposals.log_weight(proposed), self.proposals.log_weight(self.state)
        self.log_weights.append(weight)
        self.accepted.append(float(self._accept_chains(proposed, weight - here).mean()))

    def _move_near(self) -> None:
        """Move every step, or else what the steps share, by the stand-in."""
        (share, stepwise, move), state = next(self.near), self.state
        points = move.draw(state.log_scale, state.points, self.rng)
        proposed = self.proposals.state(state.log_scale, points, state.scale_weight)
        ratio = proposed.excess(share) - state.excess(share)
        if stepwise:
            self._accept_steps(proposed, ratio)
        else:
            self._accept_chains(proposed, ratio.sum(axis=0))

    def _move_freely(self) -> None:
        """Move some coordinates of every step, or else stretch a scale, without the stand-in."""
        move, state = next(self.free), self.state
        if isinstance(move, FreeMove):
            points, by_prior = move.draw(state.log_scale, state.points, self.rng)
            proposed = self.proposals.state(state.log_scale, points, state.scale_weight)
            self._accept_steps(proposed, proposed.loglike - state.loglike + by_prior)
        else:
            log_scale, points = move.draw(state.log_scale, state.points, self.rng)
            proposed = self.proposals.state(log_scale, points, state.scale_weight)
            prior = [move.log_prior(one.log_scale) for one in (proposed, state)]
            ratio = (proposed.loglike - state.loglike).sum(axis=0) + prior[0] - prior[1]
            accepted = self._accept_chains(proposed, ratio)
            state.scale_weight[accepted] = self.proposals.move.log_scales(state.log_scale[:, accepted])

    def _accept_chains(self, proposed: State, log_ratio: Floats) -> np.ndarray:
        accepted = np.log(self.rng.random(CHAINS)) < log_ratio
        for name in FIELDS:
            np.copyto(getattr(self.state, name), getattr(proposed, name), where=accepted)
        return accepted

    def _accept_steps(self, proposed: State, log_ratio: Floats) -> None:
        """Each step of each chain for itself: only its own coordinates were moved."""
        accepted = np.log(self.rng.random(log_ratio.shape)) < log_ratio
        for name in ("loglike", "first", "second"):
            np.copyto(getattr(self.state, name), getattr(proposed, name), where=accepted)
        own = self.coordinates.own
        moved = np.zeros(proposed.points.shape, dtype=bool)
        moved[own.ravel()] = np.repeat(accepted, own.shape[1], axis=0)
        np.copyto(self.state.points, proposed.points, where=moved)


class Run:
    """A run of the sampler on the silence model's posterior, as long as its caller wants it.

    The same seed and the same requests give the same draws. However long it is, as many draws are taken from it,
    evenly spread. See `fit` for the arguments.
    """

    def __init__(
        self, evidence: Evidence, model: ModelFile, *, seed: int, draws: int = DRAWS, progress: Progress = unseen
    ) -> None:
        self.draws, self.rng = draws, np.random.default_rng(seed)
        self.report = progress
        self.likelihood = Likelihood(evidence, model)
        self.report("fitting", 0.0)
        self.sampler = Sampler(self.likelihood, self.rng)
        for _ in range(WARM_UP):
            self.sampler.sweep()
        self._kept: list[tuple[Floats, Floats]] = []
        self._every = 1
        often = np.mean(self.sampler.accepted) > OFTEN_ACCEPTED
        full = draws * SWEEPS // (2 if often else 1)
        self._go_on(draws if often else int(SHORT * full), "fitting")
        if self._tail() > HEAVY_TAIL:
            self._go_on(full - len(self._kept), "fitting on, for its tails")
            tail = self._tail()
            if tail > HEAVY_TAIL:
                self._kept.clear()
                self._go_on(full * (LONGER if tail > VERY_HEAVY_TAIL else 1), "fitting on, for its tails")
        self._most = max(full, self.sweeps) * LONGEST

    @property
    def sweeps(self) -> int:
        """From how many sweeps the draws are taken."""
        return len(self._kept) * self._every

    def longer(self, share: float) -> bool:
        """Go on for a share of the sweeps made so far (at least a quarter, at most as many); whether it may."""
        missing = min(int(np.clip(share, LEAST_MORE, 1.0) * self.sweeps), self._most - self.sweeps)
        if missing < self._every:
            return False
        self._go_on(missing, "fitting on, for more effective draws")
        return True

    def sample(self) -> Sample:
        """The draws, with those of what no cell touches."""
        chosen = np.arange(1, self.draws + 1) * len(self._kept) // self.draws - 1
        points, log_scale = (np.stack([self._kept[at][i] for at in chosen], axis=-1) for i in (0, 1))
        return named_sample(
            self.likelihood,
            points,
            log_scale,
            self.rng,
            superchains=SUPERCHAINS,
            together=self.sampler.proposals.share > 1,
            log_weights=np.concatenate(self.sampler.log_weights),
        )

    def _tail(self) -> float:
        return pareto_k(np.concatenate(self.sampler.log_weights))

    def _go_on(self, sweeps: int, what: str) -> None:
        """Make so many more sweeps. Of long runs not every state is kept, but always more than are wanted."""
        for done in range(1, sweeps // self._every + 1):
            for _ in range(self._every):
                self.sampler.sweep()
            self._kept.append((self.sampler.state.points.copy(), self.sampler.state.log_scale.copy()))
            self.report(what, done * self._every / sweeps)
        while len(self._kept) > MOST_KEPT * self.draws:
            self._kept = self._kept[-1::-2][::-1]
            self._every *= 2


def prior_sample(evidence: Evidence, model: ModelFile, *, seed: int, draws: int = DRAWS) -> Sample:
    """Draws of the posterior where there is no evidence at all: independent ones, from the prior."""
    likelihood = Likelihood(evidence, model)
    nothing = np.empty((0, CHAINS, draws))
    return named_sample(likelihood, nothing, nothing, np.random.default_rng(seed), superchains=SUPERCHAINS)


def named_sample(
    likelihood: Likelihood,
    points: Floats,
    log_scale: Floats,
    rng: np.random.Generator,
    *,
    sampler: str = SAMPLER,
    superchains: int | None = None,
    together: bool = False,
    log_weights: Floats | None = None,
) -> Sample:
    """Name the draws, with those from the prior that no cell touches.

    `points` and `log_scale` are (coordinate or effect, chain, draw).
    """
    layout, coordinates = likelihood.layout, likelihood.coordinates
    shape = points.shape[1:]

    def normal(mean: Floats, sd: Floats) -> Floats:
        return mean[:, None, None] + sd[:, None, None] * rng.standard_normal((mean.size, *shape))

    if not coordinates.effect.size:  # the evidence says nothing about the scales
        log_scale = normal(*layout.scales)
    scale = np.exp(log_scale)
    vectors = normal(*(np.concatenate([getattr(b, name).ravel() for b in layout.blocks]) for name in ("mean", "sd")))
    for block in layout.blocks:
        if block.scaled_by:
            vectors[layout.slices[block.name]] *= scale[layout.effects.index(block.scaled_by)]
    vectors[coordinates.places] = points
    named = layout.with_scales(layout.read(np.moveaxis(vectors, 0, -1)), np.moveaxis(scale, 0, -1))
    free = points if not coordinates.effect.size else np.concatenate([points, log_scale])
    return Sample(named, np.moveaxis(free, 0, -1), sampler, superchains, together, log_weights=log_weights)
