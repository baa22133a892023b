"""WHAT IT TELLS: as of a day, who moved on, who was told no, who is still waiting, and for how long."""

from offercast.evidence.bins import EDGES
from offercast.evidence.combine import combine
from offercast.evidence.evidence import Evidence, InFlight, gather

__all__ = ["EDGES", "Evidence", "InFlight", "combine", "gather"]
