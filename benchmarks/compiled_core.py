"""Would a compiled core be worth its weight? The thinned engine in NumPy against the same loop compiled by numba.

    uv run python benchmarks/compiled_core.py

Both simulate the first offer of the same plan, three tracks of five waits each, nothing in flight and nothing counted,
from the same draws; both are checked against the exact curve. What matters to a command is the whole process: numba's
import and compilation come on top of every first use (its cache saves the compilation only).
"""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from offercast.forecast import Plan, exact_curve, forecast_offer
from offercast.forecast.streams import make_problem
from offercast.inference import Posterior
from searches import DRAWS, canonical

WEEKS, SEARCHES = 104, 400_000


def problem() -> tuple[Posterior, Plan]:
    """The canonical search of `searches.py` with nothing in flight."""
    posterior, plan = canonical()
    return replace(posterior, evidence=replace(posterior.evidence, in_flight=())), plan


def compiled() -> Callable[..., np.ndarray]:
    """The plain loop: exponential gaps in the expected number sent, five waits, the best day so far."""
    import numba

    @numba.njit
    def simulate(chance, before, ceiling, median, shape, searches, seed):  # noqa: ANN001, ANN202
        np.random.seed(seed)  # noqa: NPY002 - numba knows no other generator inside its loops
        streams, draws = chance.shape
        last = before.shape[1] - 1
        first = np.empty(searches)
        for search in range(searches):
            draw = search * draws // searches
            best = np.inf
            for stream in range(streams):
                at = 0.0
                while True:
                    at += -np.log(1.0 - np.random.random()) / chance[stream, draw]  # noqa: NPY002
                    if at >= before[stream, last]:
                        break
                    day = np.searchsorted(before[stream], at) - 1
                    if day >= best:
                        break
                    time = float(day)
                    for step in range(median.shape[1]):
                        below = np.random.random() * ceiling[stream, step, draw]  # noqa: NPY002
                        odds = np.log(below / (1.0 - below))
                        time += np.exp(median[stream, step, draw] + shape[stream, step, draw] * odds)
                    best = min(best, time)
            first[search] = best
        return first

    return simulate


def arrays(posterior: Posterior, plan: Plan) -> list[np.ndarray]:
    streams = make_problem(posterior, plan, WEEKS).streams
    medians = np.array([stream.waits.log_median.T for stream in streams])
    shapes = np.array([stream.waits.shape.T for stream in streams])
    ceilings = 1.0 / (1.0 + np.exp(-(np.log(streams[0].waits.horizon) - medians) / shapes))
    before = np.array([np.concatenate([[0.0], np.cumsum(stream.sent_by_day)]) for stream in streams])
    return [np.array([stream.offer_chance for stream in streams]), before, ceilings, medians, shapes]


def imported(module: str) -> float:
    """CPU seconds that importing a module adds to a process that has NumPy."""
    told = f"import numpy, time; t = time.process_time(); import {module}; print(time.process_time() - t)"
    done = [subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True) for _ in range(3)]
    return min(float(run.stdout) for run in done)


def fastest(function) -> float:  # noqa: ANN001 - any call
    found = []
    for _ in range(4):
        start = time.process_time()
        function()
        found.append(time.process_time() - start)
    return min(found)


def main() -> None:
    posterior, plan = problem()
    exact = exact_curve(posterior, plan, horizon_weeks=WEEKS, draws=DRAWS).mean(axis=0)
    given = arrays(posterior, plan)
    start = time.process_time()
    core = compiled()
    days = core(*given, SEARCHES, 1)
    compiling = time.process_time() - start
    ours = forecast_offer(posterior, plan, horizon_weeks=WEEKS, searches=SEARCHES).days
    for name, found in (("compiled", days), ("NumPy", ours)):
        z = [
            (np.mean(found <= t) - exact[t]) / np.sqrt(exact[t] * (1 - exact[t]) / SEARCHES) for t in (14, 30, 60, 120)
        ]
        assert max(np.abs(z)) < 4.5, (name, z)
    plain = fastest(lambda: forecast_offer(posterior, plan, horizon_weeks=WEEKS, searches=SEARCHES))
    fast = fastest(lambda: core(*given, SEARCHES, 2))
    extra = imported("numba") + compiling - fast
    print("| core | CPU s for 100,000 searches | what the first use costs, CPU s |")
    print("| --- | --- | --- |")
    print(f"| NumPy (counts and sources, too) | {plain * 1e5 / SEARCHES:.3f} | 0 |")
    print(f"| the same loop by numba (time only) | {fast * 1e5 / SEARCHES:.3f} | {extra:.1f} |")
    worth = extra / ((plain - fast) / SEARCHES)
    print(f"\nThe compiled core pays from about {worth / 1e6:.0f} million searches in one process.")


if __name__ == "__main__":
    main()
