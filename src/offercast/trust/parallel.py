"""A map over replications, in one process or several, that gives the same answer either way."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

THREADS = ("OPENBLAS_NUMTHREADS", "MKL_NUMTHREADS", "OMP_NUMTHREADS")


def in_order[T](one: Callable[[int], T], replications: int, *, workers: int = 1, start: int = 0) -> Iterator[T]:
    """Yield `one(start)`, `one(start + 1)` ... in this order, from so many processes with one thread each.

    With more than one worker, `one` and what it returns must be picklable.

    >>> list(in_order(abs, 3))
    [0, 1, 2]
    """
    numbers = range(start, start + replications)
    if workers == 1:
        yield from map(one, numbers)
        return
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))  # read where a worker imports NumPy
    try:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            yield from pool.map(one, numbers, chunksize=max(1, min(8, replications // (4 * workers))))
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
