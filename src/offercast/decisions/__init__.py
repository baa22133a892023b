"""WHAT TO DO: comparing tracks, reading a silence (and, to come, working backwards, effort, weighing an offer)."""

from offercast.decisions.compare import Comparison, Contest, Pair, compare
from offercast.decisions.waiting import Open, Silence, Waiting, counted_applications, open_applications, waiting

__all__ = [
    "Comparison",
    "Contest",
    "Open",
    "Pair",
    "Silence",
    "Waiting",
    "compare",
    "counted_applications",
    "open_applications",
    "waiting",
]
