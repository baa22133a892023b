"""The parameters that a fit has to work for: those that some cell of the evidence depends on.

A step that nobody has stood at leaves its parameters as the prior has them; they are drawn from it in the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offercast.inference.layout import EFFECTS, GROUP, Layout
from offercast.inference.waits import Floats

Indices = np.ndarray

LEVELS = ("mu", "nu", "m_advance", "log_b_advance", "m_no", "log_b_no")
"""The blocks of the layout with one parameter a step and fixed normal priors."""
WHOLE = (("a", "advance"), ("h", "told_no"), ("d", "delay"))
"""The blocks of contrasts between whole tracks, each with its scale."""


@dataclass(frozen=True)
class Coordinates:
    """The parameters that the evidence touches, in the order in which the sampler keeps them.

    First those with fixed normal priors: the levels of each active step, then the channel effects. Then those that a
    between-track scale multiplies: the contrasts of each active step, then those of whole tracks.
    """

    places: Indices
    """(coordinate,): where each stands in the layout's vector"""
    mean: Floats
    sd: Floats
    """(fixed,): the normal priors of the fixed ones"""
    effect: Indices
    """(scaled,): which scale each of the others has"""
    own: Indices
    """(active step, levels + contrasts): the coordinates of each step alone"""
    shared: Indices
    """(shared,): the coordinates that every step has in common"""

    @property
    def fixed(self) -> int:
        """How many have fixed priors."""
        return self.mean.size

    @classmethod
    def of(cls, layout: Layout, active: Indices) -> Coordinates:
        """The coordinates of a layout where these steps (by their index on the ladder) have evidence."""
        where = layout.slices
        contrasts = len(layout.tracks) - 1 if len(active) else 0
        mean = np.concatenate([block.mean.ravel() for block in layout.blocks])
        sd = np.concatenate([block.sd.ravel() for block in layout.blocks])
        levels = [where[name].start + int(s) for s in active for name in LEVELS]
        channels = list(range(where["g"].start, where["g"].stop)) if "g" in where and len(active) else []
        fixed = np.array([*levels, *channels], dtype=int)
        scaled: list[tuple[int, int]] = []
        if contrasts:
            each = EFFECTS.index("advance_step")
            scaled += [(where["e"].start + int(s) * contrasts + j, each) for s in active for j in range(contrasts)]
        for block, effect in (
            *(WHOLE if contrasts else ()),
            *(((("u", GROUP),)) if layout.groups and len(active) else ()),
        ):
            place = layout.effects.index(effect)
            scaled += [(i, place) for i in range(where[block].start, where[block].stop)]
        places = np.array([*fixed, *(place for place, _ in scaled)], dtype=int)
        steps, of_levels = len(active), len(LEVELS)
        own_levels = np.arange(steps * of_levels).reshape(steps, of_levels)
        own_contrasts = fixed.size + np.arange(steps * contrasts).reshape(steps, contrasts)
        own = np.concatenate([own_levels, own_contrasts], axis=1)
        return cls(
            places=places,
            mean=mean[fixed],
            sd=sd[fixed],
            effect=np.array([effect for _, effect in scaled], dtype=int),
            own=own,
            shared=np.setdiff1d(np.arange(places.size), own.ravel()),
        )
