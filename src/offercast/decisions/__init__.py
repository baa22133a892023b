"""WHAT TO DO: comparing tracks, reading a silence, working backwards, hours, an offer in hand, where offers began."""

from offercast.decisions.backwards import Backwards, Link, work_backwards
from offercast.decisions.chains import Chain, Chains, chains
from offercast.decisions.compare import Comparison, Contest, Pair, compare
from offercast.decisions.effort import Effort, Kind, spend_hours
from offercast.decisions.facts import Insights
from offercast.decisions.insights import insights
from offercast.decisions.learning import Learning, WayToSpend, learn
from offercast.decisions.offer import Advice, Worth, weigh_offer
from offercast.decisions.waiting import Open, Silence, Waiting, counted_applications, open_applications, waiting

__all__ = [
    "Advice",
    "Backwards",
    "Chain",
    "Chains",
    "Comparison",
    "Contest",
    "Effort",
    "Insights",
    "Kind",
    "Learning",
    "Link",
    "Open",
    "Pair",
    "Silence",
    "Waiting",
    "WayToSpend",
    "Worth",
    "chains",
    "compare",
    "counted_applications",
    "insights",
    "learn",
    "open_applications",
    "spend_hours",
    "waiting",
    "weigh_offer",
    "work_backwards",
]
