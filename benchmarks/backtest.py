"""Backtests on real logs: what would have been said at past days, and what came; figures only.

    OFFERCAST_HISTORIES=FOLDER uv run python benchmarks/backtest.py [--quick] [--check] [--workers N] [--page] [-o FILE]

What is looked at is fixed in benchmarks/backtest.toml. The logs are not part of the project: without the folder the
example log alone is replayed, and nothing is judged. --quick looks every eight weeks. --check exits 1 where a target is
missed; --page writes docs/backtest.md; -o writes every outcome as JSON.
"""

import argparse
import json
import os
import sys
import time
import tomllib
from datetime import date
from pathlib import Path

import numpy as np

import offercast
from offercast.history import History
from offercast.history.mapping import read_mapping
from offercast.inference.prior import sample_prior
from offercast.inference.summary import Interval
from offercast.modelfile import load_model
from offercast.report.backtest import backtest_json
from offercast.trust.backtest import OURS, Backtest, Plans, backtest
from offercast.trust.backtested import ALL, LEVELS, STRATA, Strata, crps, held, over_people, pit_histogram, skill

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "backtest.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
FIXED = tomllib.loads((HERE / "backtest.toml").read_text())
MAPS = HERE.parent / "tests" / "data" / "maps"


def plans(*, quick: bool) -> Plans:
    origins, targets = FIXED["origins"], FIXED["targets"]
    return Plans(
        every_days=56 if quick else origins["every_days"],
        first_after_applications=origins["first_after_applications"],
        last_days_before_end=origins["last_days_before_end"],
        weeks=tuple(targets["weeks"]),
        stages=tuple(targets["stages"]),
        next_advance_weeks=targets["next_advance_weeks"],
        first_offer_weeks=targets["first_offer_weeks"],
    )


def read(path: Path) -> History:
    mapping = MAPS / f"{path.stem}.toml"
    ladder = load_model().ladder
    return offercast.read_history(path, mapping=read_mapping(mapping, ladder) if mapping.exists() else None)


def logs(folder: Path | None) -> dict[str, tuple[History, date]]:
    if folder is None:
        history = offercast.read_history(offercast.example())
        return {"the example": (history, history.last_date or date.max)}
    return {name: (read(folder / said["file"]), said["as_of"]) for name, said in FIXED["logs"].items()}


def told(value: float | None, *, sign: bool = False) -> str:
    return "" if value is None else f"{100 * value:+.0f} %" if sign else f"{100 * value:.0f} %"


def ranged(value: Interval | None, *, sign: bool = False) -> str:
    if value is None:
        return ""
    return f"{told(value.median, sign=sign)} ({told(value.low, sign=sign)} to {told(value.high, sign=sign)})"


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def heading(*cells: str) -> list[str]:
    return [row(*cells), row(*["---"] * len(cells))]


def ranges_held(people: dict[str, Backtest], method: str, *targets: str) -> list[str]:
    """The share that each range held, mean of people with its interval."""

    def share(found: Backtest, level: float) -> float | None:
        return held(found.of(method, *targets, primary=not targets), level)

    return [ranged(over_people(people, lambda found, level=level: share(found, level))) for level in LEVELS]


def gain(people: dict[str, Backtest], rival: str, strata: Strata = ALL, *targets: str) -> str:
    return ranged(over_people(people, lambda found: skill(found, rival, strata, targets=targets)), sign=True)


def nats(people: dict[str, Backtest], method: str) -> str:
    mean = over_people(people, lambda found: surprise(found, method))
    return f"{mean.median:.2f}" if mean else ""


def tables(people: dict[str, Backtest]) -> list[str]:
    outcomes = [one for found in people.values() for one in found.outcomes]
    rivals = [method for method in dict.fromkeys(one.method for one in outcomes) if method != OURS]
    targets = list(dict.fromkeys(one.target for one in outcomes))
    levels = [f"{100 * level:.0f} %" for level in LEVELS]
    lines = ["", "### Did the ranges hold", "", "Numbers of those that waited, all windows.", ""]
    lines += heading("log", "looks", "forecasts", *levels)
    for name, found in people.items():
        numbers = found.of(OURS, primary=True)
        lines.append(row(name, str(len(found.origins)), str(len(numbers)), *(told(held(numbers, at)) for at in LEVELS)))
    lines.append(row("mean of people, 90 % interval", "", "", *ranges_held(people, OURS)))
    lines += [row(f"the same of *{method}*", "", "", *ranges_held(people, method)) for method in rivals]
    lines += ["", "By target, ours, mean of people:", "", *heading("target", "forecasts", *levels)]
    for target in targets:
        number = sum(len(found.of(OURS, target)) for found in people.values())
        lines.append(row(target, str(number), *ranges_held(people, OURS, target)))
    pit = np.mean([pit_histogram(found.of(OURS, primary=True)) for found in people.values()], axis=0)
    tenths = " ".join(f"{share:.2f}".lstrip("0") for share in pit)
    lines += ["", f"PIT in tenths, mean of people (.10 each if right): {tenths}", "", "### Beside rivals", ""]
    lines += ["By how much our mean CRPS is smaller (skill), and the mean log score (smaller is better).", ""]
    lines += heading("rival", *(strata.label for strata in STRATA), "log score, nats a forecast")
    lines += [row(m, *(gain(people, m, strata) for strata in STRATA), nats(people, m)) for m in rivals]
    lines.append(row("ours", *[""] * len(STRATA), nats(people, OURS)))
    lines += ["", "Skill by target, all looks:", "", *heading("rival", *targets)]
    lines += [row(m, *(gain(people, m, ALL, target).split(" (")[0] for target in targets)) for m in rivals]
    lines += ["", "### The error in numbers", "", "Mean CRPS, in applications.", "", *heading("log", OURS, *rivals)]
    for name, found in people.items():
        errors = [crps(found.of(method, primary=True)) for method in (OURS, *rivals)]
        lines.append(row(name, *(f"{error:.2f}" for error in errors if error is not None)))
    return lines


def surprise(found: Backtest, method: str) -> float | None:
    scores = [one.log_score for one in found.of(method, primary=True)]
    return float(np.mean(scores)) if scores else None


def first_offers(folder: Path) -> list[str]:
    """How many applications every log had by its first offer, beside what the priors alone expect."""
    model = load_model()
    chance = sample_prior(model, ("one",), draws=20_000).offer_chance()[0, :, 0]
    lines = ["", "### Applications to the first offer, of all thirteen logs", ""]
    lines += ["Before any log, the model file expects the first offer by then with this chance:", ""]
    lines += ["| log | sent by the first offer | chance by then |", "| --- | --- | --- |"]
    for path in sorted(folder.iterdir()):
        if path.name == "README.md":
            continue
        position, sent, ordered = position_of_offer(read(path))
        by = 1.0 - float(np.mean((1.0 - chance) ** (position or sent)))
        told_position = str(position) if position else f"none in {sent}"
        note = "" if ordered or not position else ", in the order of the file"
        lines.append(f"| {path.stem} | {told_position}{note} | {'' if position else 'over '}{100 * by:.0f} % |")
    return lines


def position_of_offer(history: History) -> tuple[int | None, int, bool]:
    """The place of the first application that brought an offer, how many were sent, and whether days give the order."""
    ladder, order = history.ladder, history.ladder.order
    turned = {e.id for e in ladder.exits if e.means == "turned_down"}
    rows = []
    for number, a in enumerate(history.applications):
        kinds = {event.kind for event in a.events}
        if all(kind in order and order[kind] < order[ladder.sent] for kind in kinds):
            continue
        day = min((event.on for event in a.events if event.on), default=None)
        offered = bool(kinds & turned) or any(order.get(kind, -1) >= order[ladder.goal] for kind in kinds)
        rows.append((day or date.max, number, offered))
    dated = sum(day != date.max for day, _, _ in rows) > len(rows) / 2
    rows.sort(key=lambda row: row[:2] if dated else row[1:2])
    return next((i for i, row in enumerate(rows, 1) if row[2]), None), len(rows), dated


def missed(people: dict[str, Backtest]) -> list[str]:
    goal, found = FIXED["targets_to_meet"], []
    for level in (0.8, 0.9):
        share = over_people(people, lambda one, level=level: held(one.of(OURS, primary=True), level))
        low, high = goal[f"coverage_{100 * level:.0f}"]
        if share and not low <= share.median <= high:
            found.append(f"{100 * level:.0f} % ranges held {share.median:.2f} of the numbers ({low}-{high})")
    for rival in goal["skill_over"]:
        limits = ("skill_at_least", STRATA[0]), ("skill_at_most_40", STRATA[1]), ("skill_over_120", STRATA[3])
        for name, strata in limits:
            better = over_people(people, lambda one, s=strata, r=rival: skill(one, r, s))
            if better and better.median < goal[name]:
                found.append(f"skill over {rival}, {strata.label}: {better.median:+.2f} (at least {goal[name]:+.2f})")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--page", action="store_true")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    given = os.environ.get("OFFERCAST_HISTORIES")
    folder = Path(given) if given else None
    started, people = time.process_time(), {}
    for name, (history, end) in logs(folder).items():
        people[name] = backtest(history, end=end, plans=plans(quick=options.quick), workers=options.workers)
        print(f"{name}: {len(people[name].origins)} looks", file=sys.stderr)
    lines = tables(people) + (first_offers(folder) if folder else [])
    failures = missed(people) if folder and not options.quick else []
    lines += ["", "Targets missed: " + ("; ".join(failures) if failures else "none" if folder else "not judged") + "."]
    versions = f"offercast {offercast.__version__}, numpy {np.__version__}, seed 1"
    lines += ["", f"Made by `benchmarks/backtest.py` with {versions}."]
    print("\n".join(lines))
    print(f"{time.process_time() - started:.0f} CPU s in this process", file=sys.stderr)
    if options.page:
        text = PAGE.read_text()
        before, after = text.split(BEGIN)[0], text.split(END)[1]
        PAGE.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after)
    if options.output:
        options.output.write_text(json.dumps({name: backtest_json(found) for name, found in people.items()}))
    if options.check and failures:
        sys.exit(1)


if __name__ == "__main__":
    main()
