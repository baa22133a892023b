"""What a fit costs: our quick engine against PyMC's sampler and nutpie, in CPU seconds of whole processes, as ratios.

    uv run python benchmarks/fitting.py [--quick | --nutpie] [--check]

Every route fits the same evidence with the same model in fresh processes on one compile cache that starts empty:
"cold" compiles, "warm" finds what the first one left. The cost of 1,000 effective draws is the fixed part (imports,
building, compiling, the mode) and the sampling in proportion to the worst parameter's effective draws (bulk and tail);
a route that has more than it needs is thus credited with it, except ours, which is charged as it ran. How long ours
runs depends on the seed (it goes on until it has its draws, and longer where tails look heavy): its figures are medians
over the seeds 1 to 5, each in processes of its own.

--nutpie leaves out all rivals but nutpie; --quick, besides, the larger log. --check exits 1 where a target is missed.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
WANTED = 1000
SEEDS = range(1, 6)
"""Of the quick engine's runs."""
PREPARE = f"""
import sys, time, json
sys.path.insert(0, {str(HERE)!r})
import numpy as np
import offercast as oc
from offercast.inference.convergence import worst
from logs import counted, searched
"""
EVIDENCE = {
    150: "counted(searched(3, 3, 120, 2), 120)",
    2000: "counted(searched(3, 13, 360, 3), 360)",
}
FREE = """
def told(names, posterior, start):
    draws = np.concatenate([posterior[n].to_numpy().reshape(*posterior[n].shape[:2], -1) for n in names], axis=-1)
    hat, bulk, tail = worst(np.moveaxis(draws, -1, 0))
    print(json.dumps({"ess": min(bulk, tail), "sampling": time.process_time() - start}))
"""
SAMPLING = """
from threadpoolctl import threadpool_limits
from offercast.inference.fit import missing_share
from offercast.inference.health import diagnose
from offercast.inference.quick import Run
model = oc.load_model()
with threadpool_limits(limits=1, user_api="blas"):
    before = time.process_time()
    run = Run(evidence, model, seed=seed)
    spent = time.process_time() - before
    while missing := missing_share(health := diagnose(run.sample(), np.empty((64, 64, 0)))):
        before = time.process_time()
        run.longer(missing)
        spent += time.process_time() - before
print(json.dumps({"ess": min(health.ess_bulk, health.ess_tail), "sampling": spent}))
"""
"""The quick engine's sampling alone, the search for the mode included, diagnostics left out as for the others."""
ROUTES = {
    "quick (offercast)": "oc.fit(evidence, seed=seed)",
    "nuts (offercast: PyTensor compiles, nutpie samples)": """
from offercast.inference import nuts
from offercast.inference.layout import Layout
model = oc.load_model()
built = nuts._model_for(evidence, model)
nuts._compiled(built)(np.concatenate([np.ravel(v) for v in built.initial_point().values()]))
before = time.process_time()
sample = nuts.sample_nuts(evidence, model, seed=1)
spent = time.process_time() - before
hat, bulk, tail = worst(np.moveaxis(sample.parameters, -1, 0))
print(json.dumps({"ess": min(bulk, tail), "sampling": spent}))
""",
    "nutpie (compiles and samples)": FREE
    + """
from offercast.inference.silence import silence_model
import nutpie
built = silence_model(evidence, oc.load_model())
compiled = nutpie.compile_pymc_model(built)
before = time.process_time()
trace = nutpie.sample(compiled, draws=1000, tune=1000, chains=4, cores=1, seed=1, progress_bar=False)
told([rv.name for rv in built.free_RVs], trace["posterior"], before)
""",
    "pm.sample (default, 4 chains of 1000 + 1000)": FREE
    + """
from offercast.inference.silence import silence_model
import pymc as pm
built = silence_model(evidence, oc.load_model())
before = time.process_time()
with built:
    trace = pm.sample(draws=1000, tune=1000, chains=4, cores=1, random_seed=1, nuts_sampler="pymc", progressbar=False)
told([rv.name for rv in built.free_RVs], trace["posterior"], before)
""",
}


def run(code: str, cache: str, **extra: str) -> tuple[float, str]:
    """User and system time of one fresh process that runs `code`, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTENSOR_FLAGS": f"base_compiledir={cache}", "OFFERCAST_CACHE": cache, **extra}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, done.stdout


def engines(*, brief: bool, few: bool) -> dict[str, float]:
    """Print the table of engines and return the ratios that have targets."""
    print("| applications | route | cold, CPU s | warm, CPU s | of it sampling | worst ESS | CPU s for 1,000 (warm) |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    found = {}
    routes = {name: code for name, code in ROUTES.items() if not few or name.startswith(("quick", "nutpie"))}
    for size, make in EVIDENCE.items():
        if brief and size > min(EVIDENCE):
            break
        costs, rates = {}, {}
        for name, code in routes.items():
            log = f"{PREPARE}evidence = {make}\n"
            bare, _ = run(log, tempfile.gettempdir())
            light, _ = run("import offercast, numpy, offercast.inference.quick", tempfile.gettempdir())
            with tempfile.TemporaryDirectory() as cache:
                if name.startswith("quick"):
                    cold, spent, said = our_own(log, code, cache)
                else:
                    cold = run(log + code, cache)[0]
                    spent, told = run(log + code, cache)
                    said = json.loads(told.splitlines()[-1])
            spent += light - bare  # the simulation of the log is nobody's cost
            sampling = said["sampling"]
            needed = spent if name.startswith("quick") else spent - sampling + sampling * WANTED / said["ess"]
            costs[name] = (cold, needed, sampling, said["ess"])
            rates[name] = said["ess"] / sampling
            print(
                f"| {size:,} | {name} | {cold - bare + light:.1f} | {spent:.2f} | {sampling:.2f} | {said['ess']:.0f} "
                f"| {needed:.2f} |",
                flush=True,
            )
        ours = costs["quick (offercast)"]
        for name, (cold, needed, sampling, ess) in costs.items():
            if name.startswith("quick"):
                continue
            found[f"{size:,}: {name}, warm"] = needed / ours[1]
            found[f"{size:,}: {name}, cold"] = (cold - sampling + sampling * WANTED / ess) / ours[1]
            found[f"{size:,}: {name}, effective draws per CPU second of sampling"] = (
                rates["quick (offercast)"] / rates[name]
            )
    print("\n| quick is so many times cheaper than | ratio |\n| --- | --- |")
    for name, ratio in found.items():
        print(f"| {name} | {ratio:.0f} |")
    return found


def our_own(log: str, code: str, cache: str) -> tuple[float, float, dict[str, float]]:
    """Medians over the seeds: whole processes (the first, which finds no cache, apart), the sampling, and its draws."""
    first = run(f"{log}seed = 1\n{code}", cache)[0]
    spent = median(run(f"{log}seed = {seed}\n{code}", cache)[0] for seed in SEEDS)
    alone = [json.loads(run(f"{log}seed = {seed}\n{SAMPLING}", cache)[1]) for seed in SEEDS]
    return first, spent, {key: median(one[key] for one in alone) for key in alone[0]}


def commands() -> dict[str, float]:
    """Cost of `offercast fit LOG` from a cold process to a saved posterior, and the growth with the log."""
    print("\n| `offercast fit LOG -o FIT`, no kept fit | CPU s | of it start and imports |\n| --- | --- | --- |")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for size, make in EVIDENCE.items():
            log = f"{folder}/{size}.csv"
            history = make.removeprefix("counted(").rsplit(",", 1)[0]
            run(f"{PREPARE}oc.write_history({history}, {log!r})", folder)
            call = (
                "import sys; from offercast.cli.main import main\n"
                f"sys.argv = ['offercast', 'fit', {log!r}, '--as-of', '2026-01-01', '--no-cache', '-q', "
                f"'-o', {log + '.npz'!r}, '--force']\nmain()"
            )
            imports, _ = run(
                "import offercast.cli.main, offercast.cli.fit, offercast.cli.options, offercast.inference.quick, "
                "offercast.report.text, offercast.inference.storage, threadpoolctl",
                folder,
            )
            spent = median(run(call, folder)[0] for _ in range(3))
            found[f"fit {size:,}"] = spent
            print(f"| {size:,} applications | {spent:.2f} | {imports:.2f} |", flush=True)
    return found


def growth() -> float:
    """Fit time of a million applications over that of 2,000, reading apart: median of five, in turn."""
    sys.path.insert(0, str(HERE))
    import offercast
    from logs import large_evidence

    sizes = (2_000, 1_000_000)
    evidences = [large_evidence(size) for size in sizes]
    times: list[list[float]] = [[], []]
    for seed in range(6):
        for i, evidence in enumerate(evidences):
            before = time.process_time()
            offercast.fit(evidence, seed=seed)
            times[i].append(time.process_time() - before)
    small, large = (median(spent[1:]) for spent in times)  # the first round is warm-up
    print(f"\n{sizes[1]:,} applications: {large:.2f} CPU s; {sizes[0]:,}: {small:.2f}; {large / small:.2f} times.")
    return large / small


def main() -> None:
    brief = "--quick" in sys.argv
    few = brief or "--nutpie" in sys.argv
    ratios, fits, grows = engines(brief=brief, few=few), commands(), growth()
    missed = [f"{name}: {cost:.2f} CPU s (at most 2)" for name, cost in fits.items() if cost > 2]
    missed += [f"growth {grows:.2f} (at most 1.3)"] if grows > 1.3 else []
    for name, ratio in ratios.items():
        if "effective draws" in name and "nutpie" in name:
            missed += [f"{name}: {ratio:.0f} (at least 20)"] if ratio < 20 else []
        elif "cold" in name and not name.split(": ")[1].startswith("nuts "):
            missed += [f"{name}: {ratio:.0f} (at least 50)"] if ratio < 50 else []
    for line in missed:
        print(f"MISSED  {line}")
    if "--check" in sys.argv and missed:
        sys.exit(1)


if __name__ == "__main__":
    main()
