"""MANY SEEKERS: the same fit over many histories at once, on any executor of the standard interface."""

from offercast.cohort.many import Failure, fit_each

__all__ = ["Failure", "fit_each"]
