"""What a fit of the example log costs, and how the compilation is arranged: CPU seconds of whole processes.

    uv run python benchmarks/fitting.py [--quick]

Each route runs in two fresh processes on one compile cache that starts empty: "cold" compiles, "warm" finds what
the first one left. --quick leaves out nutpie's own compilation.
"""

import os
import resource
import subprocess
import sys
import tempfile

FIT = """
import offercast as oc
history = oc.read_history(oc.example())
evidence = oc.gather(history, as_of=history.last_date)
"""
ROUTES = {
    "PyTensor compiles, nutpie samples (offercast)": FIT + "oc.fit(evidence, seed=1)",
    "nutpie compiles and samples": FIT
    + """
from offercast.inference.silence import silence_model
import nutpie
compiled = nutpie.compile_pymc_model(silence_model(evidence, oc.load_model()))
nutpie.sample(compiled, draws=1000, tune=1000, chains=4, cores=1, seed=1, progress_bar=False)
""",
}


def cpu_seconds(code: str, cache: str) -> float:
    """User and system time of one fresh process that runs `code`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTENSOR_FLAGS": f"base_compiledir={cache}"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    routes = dict(list(ROUTES.items())[:1]) if "--quick" in sys.argv else ROUTES
    print("| route | cold, CPU s | warm, CPU s | warm, ratio to the first |")
    print("| --- | --- | --- | --- |")
    first = None
    for name, code in routes.items():
        with tempfile.TemporaryDirectory() as cache:
            cold, warm = cpu_seconds(code, cache), cpu_seconds(code, cache)
        first = first or warm
        print(f"| {name} | {cold:.0f} | {warm:.1f} | {warm / first:.1f} |", flush=True)


if __name__ == "__main__":
    main()
