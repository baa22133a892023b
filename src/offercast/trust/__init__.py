"""HOW FAR TO TRUST: simulated searches with known truth, calibration against them, and proper scores of a forecast."""

from offercast.trust.calibration import FitSearch, SimulateSearch
from offercast.trust.likelihood import log_likelihood
from offercast.trust.loo import LeaveOneOut, leave_one_out, loo_difference
from offercast.trust.sbc import Calibration, calibrate, uniformity
from offercast.trust.scores import brier, coverage, crps
from offercast.trust.simulation import StepTruth, Truth, simulate_history
from offercast.trust.worlds import DESIGNS, Design, draw_rates, simulate_log

__all__ = [
    "DESIGNS", "Calibration", "Design", "FitSearch", "LeaveOneOut", "SimulateSearch", "StepTruth", "Truth", "brier",
    "calibrate", "coverage", "crps", "draw_rates", "leave_one_out", "log_likelihood", "loo_difference",
    "simulate_history", "simulate_log", "uniformity",
]  # fmt: skip
