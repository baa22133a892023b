"""Where the work of a cohort runs: here, in processes of this machine, or on a Dask cluster. One interface for all."""

from __future__ import annotations

import os
import threading
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from typing import Any

from offercast.cohort.driver import Blame
from offercast.errors import CommandError
from offercast.trust.parallel import THREADS

ONE_THREAD = (*THREADS, "POLARS_MAX_THREADS", "NUMBA_NUM_THREADS")
CONNECT = "10s"
"""How long a scheduler may take to answer."""


class Here:
    """One job after the other, in this process: for tests, and for somebody with a debugger."""

    size, where = 1, "this process"

    def open(self) -> Executor:
        """An executor that does a job when it is handed over."""
        return _Inline()

    def blame(self, _error: BaseException, /) -> Blame:
        """Whatever a job raises is its own."""
        return "nobody"


class _Inline(Executor):
    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future:  # noqa: ANN401 - Executor's signature
        future: Future = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - handed to whoever asks for the result
            future.set_exception(error)
        return future


class Processes:
    """Processes of this machine, one thread each. They end with the process that started them, however it ends."""

    where = "the pool of processes"

    def __init__(self, size: int) -> None:
        self.size = size

    def open(self) -> Executor:
        """A pool of fresh processes (spawned: nothing is inherited but what is said)."""
        os.environ.update({name: os.environ.get(name, "1") for name in ONE_THREAD})  # read where a worker imports NumPy
        return ProcessPoolExecutor(self.size, mp_context=get_context("spawn"), initializer=end_with_parent)

    def blame(self, error: BaseException, /) -> Blame:
        """A dead process breaks the whole pool, and nobody knows whose job it was."""
        return "somebody" if isinstance(error, (BrokenExecutor, CancelledError)) else "nobody"


def end_with_parent() -> None:
    """Let a thread wait for the end of the parent process, and end this one then."""
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Cluster:
    """A running Dask cluster (the extra `[dask]`). Its workers must see the same folders as this process."""

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ModuleNotFoundError:
            raise CommandError("a scheduler needs Dask: pip install 'offercast[dask]'.") from None
        self.where = f"the scheduler at {address}"
        try:
            self.client = Client(address, timeout=CONNECT)
        except (OSError, ValueError) as error:
            raise CommandError(f"{self.where} does not answer: {str(error).splitlines()[0]}") from None
        self.size = max(1, sum(self.client.ncores().values()))

    def open(self) -> Executor:
        """Dask's own executor of the standard interface."""
        return self.client.get_executor(pure=False, retries=0)

    def blame(self, error: BaseException, /) -> Blame:
        """Dask gives a job to other workers when one dies, and gives up on it where they die as well."""
        from distributed.scheduler import KilledWorker

        if isinstance(error, KilledWorker):
            return "the job"
        lost = self.client.status != "running" or isinstance(error, (OSError, CancelledError))
        return "the workers" if lost else "nobody"
