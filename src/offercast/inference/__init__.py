"""WHAT WE BELIEVE: engines that turn evidence and a model into a Posterior."""

from offercast.inference.fit import ENGINES, fit
from offercast.inference.health import Health
from offercast.inference.pooled import PooledRates, pooled_rates
from offercast.inference.posterior import Posterior
from offercast.inference.storage import load_posterior, save_posterior

__all__ = [
    "ENGINES", "Health", "PooledRates", "Posterior", "fit", "load_posterior", "pooled_rates", "save_posterior",
]  # fmt: skip
