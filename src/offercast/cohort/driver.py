"""Parts of a cohort on any executor: a bounded window of jobs, and what to do when a worker dies.

One dead worker breaks a whole pool, and nobody says whose part it was. So the parts that were under way are done again
one at a time; one that breaks its worker when alone is cut in halves, until the one seeker is found who does it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from types import TracebackType
from typing import Literal, Protocol, Self

from offercast.cohort.source import Part, seekers_of
from offercast.errors import FitError

Blame = Literal["nobody", "the job", "somebody", "the workers"]
"""Of a failed job: nobody died, it raised an error; its worker died of it; its worker died, of this or of another job;
there is nobody left to ask."""


class Workers(Protocol):
    """Where jobs run: opens an executor, again where the last one broke."""

    size: int
    """Jobs that can run at once."""
    where: str
    """For messages."""

    def open(self) -> Executor:
        """A new executor."""
        ...

    def blame(self, error: BaseException, /) -> Blame:
        """Whose fault it is that a job failed."""
        ...


@dataclass(frozen=True)
class Lost:
    """A part of one seeker on whom every worker died."""

    message: str


class Pool:
    """An executor that is opened again after it broke; a context manager."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self._executor: Executor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def executor(self) -> Executor:
        """The one that is open."""
        if self._executor is None:
            self._executor = self.workers.open()
        return self._executor

    def close(self) -> None:
        """Let go of the executor; what has not begun is not begun."""
        if self._executor is not None:
            with suppress(Exception):  # it may be broken already
                self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None


def run_parts[T](parts: Iterable[Part], job: Callable[[Part], T], workers: Workers) -> Iterator[tuple[Part, T | Lost]]:
    """Yield what becomes of every part, in the order in which they are done.

    Args:
        parts: what is to be done; read as fast as it is worked off.
        job: a function of a part that can be sent to a worker. What it raises is raised here.
        workers: where it runs.

    Raises:
        FitError: the scheduler is gone.
    """
    queue, alone, tried = iter(parts), deque[Part](), set[str]()
    with Pool(workers) as pool:
        while True:
            running = {pool.executor.submit(job, part): part for part in islice(queue, 2 * workers.size)}
            if not running and not alone:
                return
            while running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                broke = False
                for future in done:
                    part = running.pop(future)
                    outcome = _outcome(future, workers)
                    if outcome is None:
                        broke = True
                        alone.append(part)
                    elif isinstance(outcome, _Killed):
                        yield from _cut(part, outcome.error, alone, tried)
                    else:
                        yield part, outcome[0]
                if broke:
                    alone.extend(running.values())
                    running.clear()
                    pool.close()
                else:
                    running |= {pool.executor.submit(job, part): part for part in islice(queue, len(done))}
            while alone:
                part = alone.popleft()
                future = pool.executor.submit(job, part)
                outcome = _outcome(future, workers)
                if outcome is None or isinstance(outcome, _Killed):
                    pool.close()
                    yield from _cut(part, "the process died", alone, tried)
                else:
                    yield part, outcome[0]


@dataclass(frozen=True)
class _Killed:
    error: str


def _outcome[T](future: Future[T], workers: Workers) -> tuple[T] | _Killed | None:
    """The result, as a tuple of one; that its worker died of it; None where it may have died of another."""
    try:
        return (future.result(),)
    except (Exception, CancelledError) as error:
        blame = workers.blame(error)
        if blame == "the workers":
            raise FitError(
                f"{workers.where} is gone. What was done is kept: run the same command again to go on."
            ) from None
        if blame == "nobody":
            raise
        return _Killed(type(error).__name__) if blame == "the job" else None


def _cut(part: Part, why: str, alone: deque[Part], tried: set[str]) -> Iterator[tuple[Part, Lost]]:
    """Put both halves of a part first in line; one seeker gets a second try, and is then given up."""
    halves = part.halves(seekers_of(part))
    if halves is not None:
        alone.extendleft(reversed(halves))
    elif part.key not in tried:
        tried.add(part.key)
        alone.appendleft(part)
    else:
        yield part, Lost(f"every worker that took it up died ({why}): too little memory, or a fault of a library")
