"""From a log to its Evidence against a careful pandas script: CPU seconds and memory of whole processes.

    uv run python benchmarks/reading.py [--quick] [--check]

Both start from the same canonical CSV and end with, for each track and step, how many moved on, were told no or are
open, by waiting-time bin. The pandas script is what a careful user would write: text cells, one explicit date format,
later stages implying earlier ones, silence counted to the last day. A million rows are read by offercast with the
`[big]` extra. --check exits 1 where a target is missed: small logs at least 8 times cheaper, a million rows at
least 2 times cheaper and in at most 4 times the size of the file.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

WITH_HISTORY = """
import sys, datetime, offercast
history = offercast.read_history(sys.argv[1])
evidence = offercast.gather(history, as_of=datetime.date(2026, 4, 2))
print(evidence.sent)
"""
OURS = """
import sys, datetime, offercast
print(offercast.gather_file(sys.argv[1], as_of=datetime.date(2026, 4, 2)).sent)
"""
PANDAS = """
import sys
import pandas as pd
STAGES = ["applied", "response", "phone", "interview", "second_interview", "offer", "accepted"]
NOES, CENSORED = ["rejected", "closed"], ["withdrawn"]
EDGES = [-0.5, *[d + 0.5 for d in range(15)], 17.5, 21.5, 28.5, 35.5, 45.5, 60.5, 75.5, 90.5, 120.5, 150.5, 180.5,
         240.5, 300.5, 365.5, float("inf")]
as_of = pd.Timestamp("2026-04-02")
columns = ["application_id", "date", "event", "track", "channel"]
log = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False, usecols=columns)
log["date"] = pd.to_datetime(log["date"], format="%Y-%m-%d")
log = log[log["date"] <= as_of]
unknown = set(log["event"]) - {*STAGES, *NOES, *CENSORED, "never_applied", "declined"}
if unknown:
    raise SystemExit(f"unknown events: {unknown}")
first = log.pivot_table(index="application_id", columns="event", values="date", aggfunc="min")
first = first.reindex(columns=[*STAGES, *NOES, *CENSORED]).astype("datetime64[s]")
about = log.groupby("application_id")[["track", "channel"]].first()
reached = first[STAGES].notna()
reached = reached.iloc[:, ::-1].cummax(axis=1).iloc[:, ::-1]
no = first[NOES].min(axis=1)
left = first[CENSORED].min(axis=1)
rows = []
for start, end in zip(STAGES, STAGES[1:]):
    at = reached[start]
    moved = at & reached[end]
    wait = (first[end] - first[start]).dt.days
    stuck = at & ~reached[end]
    told = stuck & no.notna()
    told_wait = (no - first[start]).dt.days
    open_ = stuck & no.isna()
    silence = (left.fillna(as_of) - first[start]).dt.days
    for outcome, mask, days in (("advanced", moved, wait), ("told no", told, told_wait), ("open", open_, silence)):
        part = about[mask].assign(step=start, outcome=outcome, bin=pd.cut(days[mask], EDGES).cat.codes)
        rows.append(part)
counts = pd.concat(rows).groupby(["track", "channel", "step", "outcome", "bin"]).size()
print(int(reached["applied"].sum()), len(counts))
"""
SMALL = (50, 500, 5_000)
MANY = 1_000_000
TARGET_SMALL, TARGET_MANY, TARGET_MEMORY = 8.0, 2.0, 4.0


def write_log(path: Path, rows: int) -> None:
    """A made-up canonical log of about so many rows, in the order of the days, as people keep them."""
    rng = random.Random(rows)  # noqa: S311 - a benchmark
    stages = ["response", "phone", "interview", "second_interview", "offer"]
    chances = [0.15, 0.7, 0.6, 0.5, 0.4]
    events: list[tuple[date, str]] = []
    number = 0
    while len(events) < rows:
        number += 1
        day = date(2025, 1, 1) + timedelta(days=rng.randrange(430))
        track = rng.choice(["Software Engineer", "Sales Engineer", "Developer Advocate"])
        channel = rng.choice(["cold", "cold", "cold", "referral"])
        about = f"{track},{channel},Company {rng.randrange(5000)},,,"
        events.append((day, f"{number},{day},applied,{about}"))
        for stage, chance in zip(stages, chances, strict=True):
            day += timedelta(days=int(rng.lognormvariate(2.0, 1.0)) + 1)
            if day > date(2026, 4, 2):
                break
            if rng.random() > chance:
                if rng.random() < 0.4:
                    events.append((day, f"{number},{day},rejected,{about}"))
                break
            events.append((day, f"{number},{day},{stage},{about}"))
    events.sort()
    lines = "\n".join(line for _, line in events[:rows])
    path.write_text(f"application_id,date,event,track,channel,company,title,came_from,note\n{lines}\n")


def cost(code: str, path: Path) -> tuple[float, float]:
    """CPU seconds and peak memory (MB) of one fresh process."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"a process failed with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def best(code: str, path: Path, times: int) -> tuple[float, float]:
    """The cheapest of some runs: what is left when the machine is noisy."""
    return min(cost(code, path) for _ in range(times))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="leave out the million rows")
    parser.add_argument("--check", action="store_true", help="exit 1 where a target is missed")
    parser.add_argument(
        "--write", nargs=2, help=argparse.SUPPRESS
    )  # in a process of its own: its memory counts nowhere
    options = parser.parse_args()
    if options.write:
        write_log(Path(options.write[0]), int(options.write[1]))
        return
    missed = False
    print("| rows | offercast, CPU s | pandas script, CPU s | pandas / offercast | memory, MB | file, MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for rows in SMALL if options.quick else (*SMALL, MANY):
            path = Path(folder) / f"{rows}.csv"
            subprocess.run([sys.executable, __file__, "--write", str(path), str(rows)], check=True)
            many = rows == MANY
            times = 2 if many else 7
            (ours, memory), (theirs, _) = best(OURS, path, times), best(PANDAS, path, times)
            size = path.stat().st_size / 1e6
            ratio = theirs / ours
            print(f"| {rows:,} | {ours:.3f} | {theirs:.3f} | {ratio:.1f} | {memory:.0f} | {size:.1f} |", flush=True)
            missed |= ratio < (TARGET_MANY if many else TARGET_SMALL) or (many and memory > TARGET_MEMORY * size)
    if options.check and missed:
        sys.exit(1)


if __name__ == "__main__":
    main()
