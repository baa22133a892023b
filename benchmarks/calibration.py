"""The whole calibration report in one command: simulated worlds, decisions, insights, and real logs.

    OFFERCAST_HISTORIES=FOLDER uv run python benchmarks/calibration.py [--quick] [--check] [--page] [--workers N]

Runs trust.py, decisions.py, insights.py and backtest.py one after the other, each with its own seeds, which are printed
in its tables. --page puts the tables into docs/calibration.md and docs/backtest.md; --check ends with 1 where any of
them misses a target; --quick shows within two minutes that all of it runs. The whole takes some two hours of CPU.
"""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PARTS = ("trust", "decisions", "insights", "backtest")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for flag in ("--quick", "--check", "--page"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    given = [f"--{name}" for name in ("quick", "check", "page") if getattr(options, name)]
    missed = []
    for part in PARTS:
        print(f"\n# {part}.py\n", flush=True)
        command = [sys.executable, str(HERE / f"{part}.py"), *given, "--workers", str(options.workers)]
        if subprocess.run(command, check=False).returncode:
            missed.append(part)
    print(f"\nMissed a target, or failed: {', '.join(missed) or 'none'}.")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
