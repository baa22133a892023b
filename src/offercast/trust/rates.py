"""Rates: draws of every chance and wait in the user's terms, the same for a known truth and for a posterior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offercast.inference.posterior import Posterior
from offercast.inference.waits import Floats
from offercast.ladder import Ladder


@dataclass(frozen=True)
class Rates:
    """Draws of the silence model's quantities, on one leading axis; a known truth is a single draw.

    Chances are probabilities, medians are in days (those of the law before it is cut at the horizon), shapes are
    in log days. Axes: draw n, track K, channel C, step S of the ladder.
    """

    advance: Floats
    """Chance to advance, (n, K, C, S)."""
    told_no: Floats
    """Chance of a no, given that it does not advance, (n, K, S)."""
    yes_days: Floats
    """Median days to a yes, (n, K, S)."""
    yes_shape: Floats
    """(n, S)"""
    no_days: Floats
    """Median days to a no, (n, K, S)."""
    no_shape: Floats
    """(n, S)"""
    channel: Floats
    """What a channel adds to the logit of advancing on its first step and on later ones, (n, C, 2)."""
    scale: Floats
    """Sd between tracks: of advancing, of advancing at one step, of being told no, of the waits, (n, 4)."""
    horizon: float
    """Days; no wait is longer."""

    @property
    def size(self) -> int:
        """How many draws."""
        return self.advance.shape[0]

    def offer_chance(self, ladder: Ladder, channel: str | None = None) -> Floats:
        """Chance that one application of a channel (None: the reference) brings an offer, (n, K)."""
        chosen = channel or ladder.reference.id
        of_channel = [c.id for c in ladder.channels].index(chosen)
        return np.prod(self.advance[:, :, of_channel][..., list(ladder.steps_to_goal(chosen))], axis=-1)


def rates_of(posterior: Posterior, *, draws: int | None = None) -> Rates:
    """Read a posterior's rates, thinned to `draws` draws spread evenly over its chains; all of them where None.

    >>> import offercast
    >>> by_hand = offercast.Posterior.from_chances({"A": {"applied->response": 0.25}}, draws=8)
    >>> rates_of(by_hand, draws=3).advance[:, 0, 0, 1].round(3).tolist()
    [0.25, 0.25, 0.25]
    """
    size = posterior.flat("advance_logit").shape[0]
    if draws is not None and draws > size:
        raise ValueError(f"{draws} draws are wanted of a posterior that has {size}.")
    picked = np.arange(size) if draws is None else (np.arange(draws) * size) // draws

    def flat(array: Floats) -> Floats:
        return array.reshape(-1, *array.shape[2:])[picked]

    return Rates(
        advance=flat(posterior.advance),
        told_no=flat(posterior.told_no),
        yes_days=np.exp(flat(posterior.draws["advance_log_days"])),
        yes_shape=np.exp(flat(posterior.draws["advance_log_shape"])),
        no_days=np.exp(flat(posterior.draws["no_log_days"])),
        no_shape=np.exp(flat(posterior.draws["no_log_shape"])),
        channel=flat(posterior.draws["channel_logit"]),
        scale=flat(posterior.draws["scale"]),
        horizon=posterior.model.assumptions.horizon_days,
    )
