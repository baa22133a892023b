"""WHAT TO DO: comparing tracks (and, to come, working backwards, spending effort, weighing an offer)."""

from offercast.decisions.compare import Comparison, Contest, Pair, compare

__all__ = ["Comparison", "Contest", "Pair", "compare"]
