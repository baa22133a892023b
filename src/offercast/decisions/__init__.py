"""WHAT TO DO: comparing tracks, reading a silence, working backwards (to come: effort, an offer)."""

from offercast.decisions.backwards import Backwards, Link, work_backwards
from offercast.decisions.compare import Comparison, Contest, Pair, compare
from offercast.decisions.waiting import Open, Silence, Waiting, counted_applications, open_applications, waiting

__all__ = [
    "Backwards",
    "Comparison",
    "Contest",
    "Link",
    "Open",
    "Pair",
    "Silence",
    "Waiting",
    "compare",
    "counted_applications",
    "open_applications",
    "waiting",
    "work_backwards",
]
