"""Random numbers with an address: the number of a search, a source and a purpose is always the same one.

A number is splitmix64 of (start of its key + search * golden gamma): each key is one splitmix64 sequence, indexed by
search. Thus no number depends on the order of the work, on its chunks or workers, or on what else is in the plan:
two plans that share a stream share its luck (common random numbers).
Source: Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014, section 4; it passes
BigCrush. On common random numbers: Glasserman, Monte Carlo Methods in Financial Engineering (2003), section 7.1.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from offercast.inference.waits import Floats

Words = NDArray[np.uint64]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_BY_30, _BY_27, _BY_31, _BY_12 = (np.uint64(shift) for shift in (30, 27, 31, 12))
_CELL = 2.0**-52


def search_words(first: int, last: int) -> Words:
    """The place of each search of `first` ... `last` - 1 in every sequence, (search,)."""
    return np.arange(first, last, dtype=np.uint64) * _GAMMA


class Keyed:
    """The random numbers of one source of applications: named by the seed and by what the source is called.

    >>> Keyed(1, "A", "cold").uniform(search_words(0, 2), 0, 0).round(4).tolist()
    [0.9892, 0.2882]
    """

    def __init__(self, seed: int, *name: str) -> None:
        told = "\0".join((str(seed), *name)).encode()
        self.name = hashlib.blake2b(told, digest_size=16).digest()
        self._starts: dict[tuple[int, int], np.uint64] = {}

    def _start(self, number: int, purpose: int) -> np.uint64:
        """Where the sequence of a purpose begins, for the application of that number."""
        key = (number, purpose)
        if key not in self._starts:
            told = self.name + number.to_bytes(8, "big") + purpose.to_bytes(8, "big")
            self._starts[key] = np.uint64(int.from_bytes(hashlib.blake2b(told, digest_size=8).digest(), "big"))
        return self._starts[key]

    def uniform(self, words: Words, number: int | NDArray[np.int64], purpose: int) -> Floats:
        """Uniform numbers in (0, 1), never 0 or 1, one for each search of `words`: (search,).

        Args:
            words: of the searches, from `search_words`.
            number: which application of the source it is for, from 0: one for all, or one for each search.
            purpose: what for, from 0.
        """
        if isinstance(number, np.ndarray):
            each = np.array([self._start(n, purpose) for n in range(int(number.max(initial=-1)) + 1)], dtype=np.uint64)
            mixed = words + each[number]
        else:
            mixed = words + self._start(number, purpose)
        shifted = mixed >> _BY_30
        mixed ^= shifted
        mixed *= _FIRST
        np.right_shift(mixed, _BY_27, out=shifted)
        mixed ^= shifted
        mixed *= _SECOND
        np.right_shift(mixed, _BY_31, out=shifted)
        mixed ^= shifted
        mixed >>= _BY_12
        share = mixed.astype(np.float64)
        share += 0.5
        share *= _CELL
        return share

    def exponential(self, words: Words, number: int | NDArray[np.int64], purpose: int) -> Floats:
        """Exponential numbers of mean 1, (search,)."""
        share = self.uniform(words, number, purpose)
        np.log(share, out=share)
        return np.negative(share, out=share)
