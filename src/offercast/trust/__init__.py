"""HOW FAR TO TRUST: simulated searches with known truth, and proper scores of a forecast."""

from offercast.trust.scores import brier, coverage, crps
from offercast.trust.simulation import StepTruth, Truth, simulate_history

__all__ = ["StepTruth", "Truth", "brier", "coverage", "crps", "simulate_history"]
