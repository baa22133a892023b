"""What a forecast costs: our engines against SimPy, salabim and NumPy, in CPU seconds of one core, as ratios.

    uv run --group bench python benchmarks/engine.py [--quick] [--check]

Every engine simulates the search of `searches.py`: three tracks, 15 applications a week for 104 weeks, 18 in flight,
4,000 posterior draws. Each is first checked against the exact curve on the draws of that curve (z of the chance of an
offer by five days; a peer that does not agree is a bug), then timed in a fresh process: the best of some runs, with
the peak of the whole process's memory, libraries included. With two interviews at once there is no exact curve; there
SimPy is checked against the event engine. --check exits 1 where a target is missed.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from peers import PEERS, by_simpy_with_a_cap
from searches import bare, canonical

WEEKS, SEARCHES, DRAWS = 104, 100_000, 400
DAYS = (14, 30, 60, 90, 180)
HORIZONS = (13, 26, 52, 104, 208)
BAND = 4.0
"""Of |z|, for some fifty comparisons"""
OURS, CAPPED, SIMPY_CAPPED = "offercast", "offercast, two interviews at once", "SimPy, two interviews at once"
HORIZON_BY_HORIZON = "horizon by horizon"
TARGETS = {
    "SimPy": 2_000,
    "NumPy, search by search": 300,
    "NumPy, vectorised over searches": 100,
    "NumPy, vectorised, survivors only": 100,
}


def timed(name: str, count: int, weeks: int) -> dict:
    """Run an engine some times in this process: the least CPU seconds of `count` searches, and the peak of memory."""
    posterior, plan = canonical()
    days, rng = 7 * weeks, np.random.default_rng(7)
    picked = evenly(len(posterior.flat("scale")), DRAWS)
    spent, first = [], []
    if name in {OURS, CAPPED}:
        from offercast.forecast import Limits, forecast_events, forecast_offer

        for seed in range(5):
            before = time.process_time()
            if name == OURS:
                forecast_offer(posterior, plan, horizon_weeks=weeks, searches=count, seed=seed)
            else:
                forecast_events(posterior, plan, Limits(at_once=2), horizon_weeks=weeks, searches=count, seed=seed)
            spent.append(time.process_time() - before)
    else:
        peer = by_simpy_with_a_cap if name == SIMPY_CAPPED else PEERS[name][0]
        world, part = bare(posterior, plan, days), count // 3
        for _ in range(3):
            draws = picked[evenly(DRAWS, part)] if part < DRAWS else np.sort(np.resize(picked, part))
            before = time.process_time()
            first.append(peer(world, draws, rng))
            spent.append((time.process_time() - before) * count / part)
    came = np.concatenate(first) if first else np.empty(0)
    return {
        "cpu": min(spent),
        "rss": peak_memory(),
        "count": came.size,
        "shares": [float(np.mean(came <= day)) for day in DAYS] if came.size else [],
    }


def by_horizon(count: int, rounds: int = 4) -> dict[str, list[float]]:
    """The least CPU seconds of some runs at each horizon, taken in turn: what slows the machine slows them all."""
    from offercast.forecast import forecast_offer

    posterior, plan = canonical()
    costs = dict.fromkeys(HORIZONS, np.inf)
    for seed in range(rounds):
        for weeks in HORIZONS:
            before = time.process_time()
            forecast_offer(posterior, plan, horizon_weeks=weeks, searches=count, seed=seed)
            costs[weeks] = min(costs[weeks], time.process_time() - before)
    return {"costs": list(costs.values())}


def peak_memory() -> float:
    """The most memory that this process has held, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss would count what the parent held when it started this process
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return float(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def evenly(size: int, count: int) -> np.ndarray:
    """`count` indices spread over `size`, ends included, as `exact_curve` picks its draws."""
    return np.linspace(0, size - 1, count).round().astype(int)


def fresh(name: str, count: int, weeks: int = WEEKS) -> dict:
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--one", name, str(count), str(weeks)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=quiet())
    return json.loads(done.stdout.splitlines()[-1])


def quiet() -> dict[str, str]:
    """The environment with one thread for BLAS: others would only add CPU seconds."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def worst_z(shares: list[float], count: int, exact: np.ndarray, others: float = np.inf) -> float:
    """The largest |z| of simulated chances by the five days, against exact ones or those of `others` searches."""
    spread = np.sqrt(exact * (1 - exact) * (1 / count + 1 / others))
    return float(np.abs((np.array(shares) - exact) / spread).max())


def reference() -> tuple[np.ndarray, np.ndarray, dict[str, float], float]:
    """The exact chances, those with two interviews at once, the z of our engines, the CPU seconds of the curve."""
    from offercast.forecast import Limits, exact_curve, forecast_events, forecast_offer

    posterior, plan = canonical()
    picked = evenly(len(posterior.flat("scale")), DRAWS)
    few = replace(posterior, draws={name: array[:, picked] for name, array in posterior.draws.items()})
    spent = []
    for _ in range(3):
        before = time.process_time()
        curve = exact_curve(posterior, plan, horizon_weeks=WEEKS, draws=DRAWS)
        spent.append(time.process_time() - before)
        if spent[0] > 2:
            break
    exact = curve.mean(axis=0)[list(DAYS)]
    thinned = forecast_offer(few, plan, horizon_weeks=WEEKS, searches=SEARCHES)
    free = forecast_events(few, plan, Limits(at_once=10_000), horizon_weeks=WEEKS, searches=SEARCHES // 2)
    capped = forecast_events(few, plan, Limits(at_once=2), horizon_weeks=WEEKS, searches=SEARCHES)
    z = {
        OURS: worst_z([thinned.chance_by(day) for day in DAYS], SEARCHES, exact),
        CAPPED: worst_z([free.chance_by(day) for day in DAYS], SEARCHES // 2, exact),
    }
    return exact, np.array([capped.chance_by(day) for day in DAYS]), z, min(spent)


def command_cost() -> float:
    """CPU seconds of `offercast forecast FIT` from a cold process, the best of three."""
    posterior, _ = canonical()
    with tempfile.TemporaryDirectory() as folder:
        fit = f"{folder}/fit.npz"
        posterior.save(fit)
        code = (
            "import sys; from offercast.cli.main import main\n"
            f"sys.argv = ['offercast', 'forecast', {fit!r}, '--per-week', '15', '--weeks', '{WEEKS}']\nmain()"
        )
        spent = []
        for _ in range(4):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=quiet())
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(spent[1:])  # the first one may compile bytecode


def main() -> None:
    brief = "--quick" in sys.argv
    exact, capped, z, curve = reference()
    missed = []
    print("| engine | searches per CPU s | ours is so many times faster | peak memory, MB | worst z |")
    print("| --- | --- | --- | --- | --- |")
    ours = fresh(OURS, SEARCHES)
    rate = SEARCHES / ours["cpu"]
    print(f"| {OURS}: time, applications, source | {rate:,.0f} | 1 | {ours['rss']:.0f} | {z[OURS]:.1f} |", flush=True)
    for name, (_, many, few) in PEERS.items():
        count = few if brief else many
        found = fresh(name, count)
        ratio, distance = rate * found["cpu"] / count, worst_z(found["shares"], found["count"], exact)
        shown = f"{name} | {count / found['cpu']:,.0f} | {ratio:,.0f} | {found['rss']:.0f} | {distance:.1f}"
        print(f"| {shown} |", flush=True)
        missed += [f"{name} does not agree with the exact curve: z {distance:.1f}"] if distance > BAND else []
        if ratio < TARGETS.get(name, 0):
            missed.append(f"{name}: {ratio:,.0f} times (at least {TARGETS[name]:,})")
    missed += [f"{n}: z {d:.1f} against the exact curve" for n, d in z.items() if d > BAND]
    missed += interactions(capped, z[CAPPED], brief=brief)
    missed += ours_alone(ours, curve)
    for line in missed:
        print(f"MISSED  {line}")
    if "--check" in sys.argv and missed:
        sys.exit(1)


def interactions(capped: np.ndarray, distance: float, *, brief: bool) -> list[str]:
    """The event engine beside SimPy, both with two interviews at once; what is missed."""
    events = fresh(CAPPED, SEARCHES)
    count = 1_200 if brief else 6_000
    simpy = fresh(SIMPY_CAPPED, count)
    rates = (SEARCHES / events["cpu"], count / simpy["cpu"])
    apart = worst_z(simpy["shares"], simpy["count"], capped, SEARCHES)
    print("\n| two interviews at once | searches per CPU s | ratio | peak memory, MB | worst z |")
    print("| --- | --- | --- | --- | --- |")
    print(f"| {OURS}, event engine (z without a cap) | {rates[0]:,.0f} | 1 | {events['rss']:.0f} | {distance:.1f} |")
    print(f"| SimPy | {rates[1]:,.0f} | {rates[0] / rates[1]:,.0f} | {simpy['rss']:.0f} | {apart:.1f} |", flush=True)
    missed = [f"event engine and SimPy do not agree: z {apart:.1f}"] if apart > BAND else []
    return missed + (
        [f"event engine: {rates[0] / rates[1]:.0f} times (at least 100)"] if rates[0] < 100 * rates[1] else []
    )


def ours_alone(ours: dict, curve: float) -> list[str]:
    """What has a target of its own, and what of it is missed."""
    costs = dict(zip(HORIZONS, fresh(HORIZON_BY_HORIZON, SEARCHES)["costs"], strict=True))
    flat = max(costs.values()) / min(costs.values())
    spent = command_cost()
    found = [
        (f"{SEARCHES:,} searches, CPU s", ours["cpu"], 0.2),
        ("peak memory of the process, MB", ours["rss"], 120),
        (f"exact curve, {DRAWS} draws, CPU s", curve, 0.4),
        ("`offercast forecast FIT`, cold process, CPU s", spent, 1.0),
        (f"horizons of {HORIZONS[0]} to {HORIZONS[-1]} weeks, dearest over cheapest", flat, 1.5),
    ]
    print("\n| ours | found | target, at most |\n| --- | --- | --- |")
    for name, cost, most in found:
        print(f"| {name} | {cost:.3g} | {most} |")
    print(f"\n| horizon, weeks | {' | '.join(map(str, HORIZONS))} |\n| --- |{' --- |' * len(HORIZONS)}")
    print(f"| {SEARCHES:,} searches, CPU s | {' | '.join(f'{cost:.3f}' for cost in costs.values())} |", flush=True)
    return [f"{name}: {cost:.3g} (at most {most})" for name, cost, most in found if cost > most]


if __name__ == "__main__":
    if "--one" in sys.argv:
        _, _, name, count, weeks = sys.argv
        print(json.dumps(by_horizon(int(count)) if name == HORIZON_BY_HORIZON else timed(name, int(count), int(weeks))))
    else:
        main()
