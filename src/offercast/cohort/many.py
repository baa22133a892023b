"""Fit many seekers: a bounded window of jobs on a standard executor; one bad seeker never stops the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np

from offercast.errors import OffercastError
from offercast.evidence.evidence import Evidence
from offercast.inference.fit import fit
from offercast.inference.posterior import Posterior

WINDOW = 8
"""Jobs under way at once: memory does not grow with the number of seekers."""


@dataclass(frozen=True)
class Failure:
    """A seeker who could not be fitted, and why."""

    seeker: str
    message: str


def seed_of(seeker: str, seed: int) -> int:
    """A seed that depends on the seeker and nothing else: not on the order, not on the worker.

    >>> seed_of("a", 1) == seed_of("a", 1) != seed_of("b", 1)
    True
    """
    key = [int(byte) for byte in seeker.encode()]
    return int(np.random.SeedSequence(seed, spawn_key=key).generate_state(1)[0])


def fit_each(
    seekers: Iterable[tuple[str, Evidence]],
    *,
    executor: Executor,
    model: str = "blueprint",
    engine: str = "quick",
    seed: int = 1,
) -> Iterator[tuple[str, Posterior | Failure]]:
    """Fit each seeker's evidence and yield results as they come; a failure is yielded, not raised.

    The results do not depend on the executor or on the order in which they come.
    """
    job = partial(_fit_one, model=model, engine=engine, seed=seed)
    queue = iter(seekers)
    running: dict[Future[Posterior | Failure], str] = {}
    while True:
        for name, evidence in islice(queue, WINDOW - len(running)):
            running[executor.submit(job, name, evidence)] = name
        if not running:
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            yield running.pop(future), future.result()


def _fit_one(seeker: str, evidence: Evidence, *, model: str, engine: str, seed: int) -> Posterior | Failure:
    try:
        return fit(evidence, model=model, engine=engine, seed=seed_of(seeker, seed))
    except OffercastError as error:
        return Failure(seeker, str(error))
