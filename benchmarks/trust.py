"""How far to trust the model and its engine: calibration, planted faults, coverage, and forecasts against rivals.

    uv run python benchmarks/trust.py [--quick] [--check] [--replications N] [--engine NAME] [--workers N]
                                      [--only PART] [-o FILE] [--page]

Parts: calibration (ranks of the truth in simulated logs), faults (twelve planted ones), study (coverage and scores).
The full run takes about an hour of CPU; --quick ends within 50 s and shows that everything runs. --check exits 1 where
a target is missed, -o writes every figure as JSON, --page puts the tables into docs/calibration.md. --engine nuts with
--replications 200 holds the same up to the reference engine.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

import offercast
from offercast.evidence import Evidence
from offercast.inference import Posterior
from offercast.modelfile import ModelFile, load_model
from offercast.trust import Calibration, FitSearch, SimulateSearch, calibrate
from offercast.trust.faults import FAULTS, Hunt, hunt
from offercast.trust.parallel import in_order
from offercast.trust.sbc import LIMIT
from offercast.trust.study import (
    LEVELS,
    METHODS,
    OURS,
    PLUGGED,
    POOLED,
    SEARCH,
    SEPARATE,
    Study,
    StudySearch,
    watched_names,
)  # fmt: skip

PAGE = Path(__file__).parents[1] / "docs" / "calibration.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
WIDTH = 3.29
"""Standard errors within which coverage must lie: with 1,000 searches .448-.552, .758-.842 and .869-.931."""
ENOUGH = 100
"""Searches from which on the gains are judged: fewer tell too little."""
GAINS = {SEPARATE: 0.05, POOLED: 0.08, PLUGGED: 0.50}
SEEDS = {"calibration": 1, "faults": 20261124, "study": 20261124}


@dataclass(frozen=True)
class Part:
    """Lines of Markdown, figures for JSON, and what was missed."""

    lines: tuple[str, ...]
    figures: dict
    missed: tuple[str, ...]


def two_chains(evidence: Evidence, *, model: ModelFile, engine: str, seed: int) -> Posterior:
    """A shorter run for the reference engine, long enough to pass its checks at once: the ranks need but 199 draws."""
    return offercast.fit(evidence, model=model, engine=engine, seed=seed, chains=2, draws=1000)


def calibration(options: argparse.Namespace) -> Part:
    fit = FitSearch(engine=options.engine, **({"fitter": two_chains} if options.engine == "nuts" else {}))
    seed = SEEDS["calibration"]
    done = calibrate(
        SimulateSearch(), fit, replications=options.replications, seed=seed, workers=options.workers,
        progress=tell(time.time()),
    )  # fmt: skip
    return of_ranks(done, options.engine)


def of_ranks(done: Calibration, engine: str) -> Part:
    n = len(done.replications)
    p_values = done.p_values
    quantity, p = done.worst
    what = f"Ranks of {len(p_values)} quantities in {n} simulated logs, engine `{engine}`"
    fits = f"fits that failed {len(done.failures)}, fits with poor diagnostics {len(done.remarked)} (all counted)"
    lines = [
        f"{what}: smallest p {p:.2g} ({quantity}), limit {LIMIT:.2g}; {fits}.",
        "",
        "| quantity | p | mean rank | in the middle half | in the outer tenth |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, value in p_values.items():
        at = (done.ranks(name) + 0.5) / (done.draws + 1)
        middle, outer = np.mean(np.abs(at - 0.5) < 0.25), np.mean(np.abs(at - 0.5) > 0.45)
        lines.append(f"| {name} | {value:.3f} | {at.mean():.3f} | {middle:.3f} | {outer:.3f} |")
    figures = {
        "replications": n, "smallest_p": p, "quantity": quantity, "p": p_values,
        "failures": [one.failure for one in done.failures], "poor": [one.remarks for one in done.remarked],
        "ranks": {name: done.ranks(name).tolist() for name in p_values},
    }  # fmt: skip
    missed = [] if done.passed else [f"calibration: {quantity} has p = {p:.2g}; {len(done.failures)} fits failed"]
    return Part(tuple(lines), figures, tuple(missed))


def faults(options: argparse.Namespace) -> Part:
    looks = (25,) if options.quick else (25, 50, 100, 200, 300)
    chosen = [f for f in FAULTS if f.name == "pending counted as failed"] if options.quick else FAULTS
    fit, found = FitSearch(engine=options.engine), []
    for fault in chosen:
        found.append(hunt(fault, fit, seed=SEEDS["faults"], looks=looks, workers=options.workers))
        print(row_of(found[-1]), file=sys.stderr, flush=True)
    return of_hunts(found)


def row_of(one: Hunt) -> str:
    after = f"{one.replications} logs" if one.found else f"not in {one.replications}"
    return f"| {one.fault} | {after} | {one.quantity} | {one.p:.1g} |"


def of_hunts(found: list[Hunt]) -> Part:
    lines = ["| planted fault | found after | by | p |", "| --- | --- | --- | --- |", *map(row_of, found)]
    lines += ["", f"Found: {sum(one.found for one in found)} of {len(found)}."]
    missed = [f"fault not found: {one.fault}" for one in found if not one.found]
    return Part(tuple(lines), {"hunts": [asdict(one) for one in found]}, tuple(missed))


def study(options: argparse.Namespace) -> Part:
    verdicts, progress = [], tell(time.time())
    search = StudySearch(SEEDS["study"], engine=options.engine)
    for verdict in in_order(search, options.searches, workers=options.workers):
        verdicts.append(verdict)
        progress(len(verdicts), options.searches)
    return of_verdicts(Study(tuple(verdicts)), options.engine)


def of_verdicts(done: Study, engine: str) -> Part:
    n = len(done.verdicts)
    names = watched_names(SEARCH, load_model().ladder)
    lines = [f"Intervals in {n} simulated searches, engine `{engine}`: the share that holds the truth.", ""]
    lines += [f"| quantity | {' | '.join(f'{level:.0%}' for level in LEVELS)} |", "| --- | --- | --- | --- |"]
    shares = np.array([done.coverage(level) for level in LEVELS])
    lines += [f"| {name} | {' | '.join(f'{x:.3f}' for x in shares[:, i])} |" for i, name in enumerate(names)]
    lines.append(f"| **all together** | {' | '.join(f'{x:.3f}' for x in shares.mean(axis=1))} |")
    missed = [
        f"coverage of {name} at {level:.0%}: {share:.3f}"
        for level, row in zip(LEVELS, shares, strict=True)
        for name, share in zip(names, row, strict=True)
        if abs(share - level) > WIDTH * (level * (1 - level) / n) ** 0.5
    ]
    scored = list(scores(done))
    lines += ["", *table_of_scores(scored)]
    missed += [
        f"{row['method']}: {row[f'gain_{what}']:.1%} better on {what}, target {GAINS[row['method']]:.0%}"
        for row in scored
        for what in ("applications", "days")
        if n >= ENOUGH and row["method"] in GAINS and row[f"gain_{what}"] < GAINS[row["method"]]
    ]
    missed += ["an infinite log score of ours"] * (done.impossible(OURS) > 0)
    return Part(
        tuple(lines), {"searches": n, "names": names, "coverage": shares.tolist(), "scores": scored}, tuple(missed)
    )


def scores(done: Study) -> Iterator[dict]:
    """One row a method: mean CRPS, our gain over it with its standard error, log score."""
    for method in METHODS:
        row = {"method": method, "surprise": done.surprise(method), "impossible": done.impossible(method)}
        for what in ("applications", "days"):
            gain, error = done.gain(what, method)
            row |= {what: done.crps(what)[method], f"gain_{what}": gain, f"error_{what}": error}
        yield row


def table_of_scores(rows: list[dict]) -> list[str]:
    count, better = "applications to the first offer, CRPS", "ours is better by"
    lines = [
        f"| forecast | {count} | {better} | days to it, CRPS | {better} | log score | called the truth impossible |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        gains = [f"{row[f'gain_{w}']:.1%} (± {row[f'error_{w}']:.1%})" for w in ("applications", "days")]
        if row["method"] == OURS:
            gains = ["", ""]
        lines.append(
            f"| {row['method']} | {row['applications']:.1f} | {gains[0]} | {row['days']:.2f} | {gains[1]} "
            f"| {row['surprise']:.3f} | {row['impossible']:.1%} |"
        )
    return lines


def tell(begun: float):  # noqa: ANN201
    """Write every 25th replication to stderr, with the seconds so far."""

    def progress(done: int, todo: int) -> None:
        if done % 25 == 0 or done == todo:
            print(f"{done} of {todo}, {time.time() - begun:.0f} s", file=sys.stderr, flush=True)

    return progress


PARTS = {"calibration": calibration, "faults": faults, "study": study}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--replications", type=int, help="logs for the calibration")
    parser.add_argument("--searches", type=int, help="searches for the study")
    parser.add_argument("--engine", default="quick")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", choices=list(PARTS), action="append")
    parser.add_argument("-o", type=Path, metavar="FILE")
    parser.add_argument("--page", action="store_true")
    options = parser.parse_args()
    options.replications = options.replications or (10 if options.quick else 1000)
    options.searches = options.searches or (5 if options.quick else 1000)
    parts = {name: PARTS[name](options) for name in options.only or PARTS}
    for name, part in parts.items():
        print(f"## {name}\n", *part.lines, "", sep="\n")
    if options.o:
        figures = {"engine": options.engine, "seeds": SEEDS} | {name: part.figures for name, part in parts.items()}
        options.o.write_text(json.dumps(figures, indent=1))
    if options.page:
        write_page(parts)
    missed = [message for part in parts.values() for message in part.missed]
    for message in missed:
        print(f"missed: {message}", file=sys.stderr)
    return int(options.check and bool(missed))


def write_page(parts: dict[str, Part]) -> None:
    """Put the tables between the markers of the page."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    tables = "\n\n".join("\n".join([f"### {name.capitalize()}", "", *part.lines]) for name, part in parts.items())
    PAGE.write_text(f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main())
