"""WHAT TO DO: comparing tracks, reading a silence, working backwards, an offer in hand."""

from offercast.decisions.backwards import Backwards, Link, work_backwards
from offercast.decisions.compare import Comparison, Contest, Pair, compare
from offercast.decisions.offer import Advice, Worth, weigh_offer
from offercast.decisions.waiting import Open, Silence, Waiting, counted_applications, open_applications, waiting

__all__ = [
    "Advice",
    "Backwards",
    "Comparison",
    "Contest",
    "Link",
    "Open",
    "Pair",
    "Silence",
    "Waiting",
    "Worth",
    "compare",
    "counted_applications",
    "open_applications",
    "waiting",
    "weigh_offer",
    "work_backwards",
]
