"""What an engine returns, and how it reports its progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from offercast.inference.waits import Floats

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done (0 to 1)."""


def unseen(what: str, share: float) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Sample:
    """Named draws (chain, draw, ...), and what is needed to diagnose the run that they come from."""

    draws: dict[str, Floats]
    parameters: Floats
    """(chain, draw, parameter): the free parameters"""
    sampler: str
    superchains: int | None = None
    """Groups of chains that started at one point; None where every chain had its own"""
    together: bool = False
    """Whether the chains of a superchain were proposed some numbers in common"""
    diverging: np.ndarray | None = None
    energy: Floats | None = None
    """(chain, draw): of a Hamiltonian sampler"""
    log_weights: Floats | None = None
    """(proposal,): of proposals that do not depend on the chain"""
