"""The page: what it costs beyond the fit, how large it is, and how soon a slider answers.

    uv run python benchmarks/page.py [--quick] [--check]

For a log of some 500 applications on three tracks: CPU seconds of `offercast report` whose fit is kept, beside those of
a fit itself, in one run; the size of the file; and the time of one change of a slider, run by node on the page's own
script and carried draws (skipped where there is no node). --check exits 1 where a target is missed.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from logs import searched
from offercast.history import write_history

MOST_SECONDS, MOST_BYTES, MOST_MILLISECONDS = 3.0, 1_500_000, 50.0


def cpu_seconds(arguments: list[str], environment: dict[str, str]) -> float:
    """CPU seconds of a whole process and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "offercast", *arguments], check=True, env=environment, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def slider_milliseconds(page: Path, folder: Path) -> float | None:
    """Milliseconds of one recomputation, the median of fifty."""
    if shutil.which("node") is None:
        return None
    script = files("offercast.report").joinpath("templates/whatif.js").read_text()
    found = re.search(r'id="carried">(.*?)</script>', page.read_text(), flags=re.DOTALL)
    (folder / "carried.json").write_text(found.group(1) if found else "{}")
    (folder / "whatif.js").write_text(script)
    (folder / "time.js").write_text(
        "const { unpackAll, curves, summary } = require('./whatif.js');"
        "const c = unpackAll(JSON.parse(require('fs').readFileSync('carried.json', 'utf8')));"
        "const base = c.streams.map((s) => s.per_week + 1); const times = [];"
        "for (let i = 0; i < 50; i += 1) { const t = process.hrtime.bigint();"
        " summary(c, curves(c, base, { 0: 1 + i / 50, 3: 1.5 }, i % 6));"
        " times.push(Number(process.hrtime.bigint() - t) / 1e6); }"
        "console.log(JSON.stringify(times.sort((a, b) => a - b)[25]));"
    )
    done = subprocess.run(["node", "time.js"], cwd=folder, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one run instead of five")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "OFFERCAST_CACHE": str(folder / "cache"), "OPENBLAS_NUM_THREADS": "1"}
        log, page = folder / "log.csv", folder / "page.html"
        write_history(searched(3, 6.7, 175, 1), log)  # 6.7 a week on each track, for 25 weeks
        report = ["report", str(log), "-o", str(page), "--force", "-q"]
        cpu_seconds(report, environment)  # the fit is kept from here on
        runs = 1 if options.quick else 5
        fit = sorted(cpu_seconds(["fit", str(log), "-q", "--no-cache"], environment) for _ in range(runs))[runs // 2]
        beyond = sorted(cpu_seconds(report, environment) for _ in range(runs))[runs // 2]
        size, slider = page.stat().st_size, slider_milliseconds(page, folder)
    print("| what | found | limit | share of the limit |\n| --- | --- | --- | --- |")
    print(
        f"| CPU seconds of a page, the fit being kept | {beyond:.2f} | {MOST_SECONDS} | {beyond / MOST_SECONDS:.2f} |"
    )
    print(f"| the same beside a fit ({fit:.2f} s) | {beyond / fit:.2f}x | | |")
    print(f"| bytes | {size:,} | {MOST_BYTES:,} | {size / MOST_BYTES:.2f} |")
    if slider is not None:
        limit = MOST_MILLISECONDS
        print(f"| milliseconds of one change of a slider | {slider:.1f} | {limit:.0f} | {slider / limit:.2f} |")
    if options.check and (beyond > MOST_SECONDS or size > MOST_BYTES or (slider or 0.0) > MOST_MILLISECONDS):
        sys.exit(1)


if __name__ == "__main__":
    main()
