"""Insights against the truth: how often each is stated of searches in which it holds, and of others.

    uv run python benchmarks/insights.py [--quick] [--check] [--searches N] [--workers N] [-o FILE] [--page]

Every kind of search is simulated, fitted and searched for insights N times (100; twice as often where there is nothing
to be found): some fifteen minutes of CPU. --quick ends within 50 s and shows that everything runs. --check exits 1
where a claim that does not hold is made more often than is allowed, -o writes every figure as JSON, --page puts the
table into docs/calibration.md.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from offercast.trust.claims import NOTHING, SCENES, Claims, Named, claims

PAGE = Path(__file__).parents[1] / "docs" / "calibration.md"
BEGIN, END = "<!-- insights: begin -->", "<!-- insights: end -->"
SEED = 20261124
ALLOWED, MOST = 0.05, 3.1
"""The largest share of searches in which a claim may be made that does not hold, and the standard errors beyond it."""
UNJUDGED = {"OnlyPrior", "Moves"}
"""Kinds that state what the fit itself is: they cannot be wrong."""


def said(fact: Named) -> str:
    return f"{fact[0]} ({fact[1]})" if fact[1] else fact[0]


def is_claim(fact: Named) -> bool:
    """Whether a fact claims that luck does not explain it, or something that may be false."""
    return fact[0] not in UNJUDGED and fact[1] not in {"enough", "rare"}


def row(done: Claims) -> str:
    holds = sorted(fact for fact in done.scene.holds if fact[1] != "recruiter")
    found = ", ".join(f"{said(fact)} {done.share(fact):.0%}" for fact in holds)
    wrong = sorted(
        ((done.share(fact), fact) for fact in done.counts if is_claim(fact) and fact not in done.scene.holds),
        reverse=True,
    )
    alarms = ", ".join(f"{said(fact)} {share:.0%}" for share, fact in wrong[:3])
    return f"| {done.scene.name} | {done.searches} | {found or '-'} | {alarms or 'none'} |"


def missed(done: Claims) -> list[str]:
    limit = ALLOWED + MOST * (ALLOWED * (1 - ALLOWED) / done.searches) ** 0.5
    return [
        f"{done.scene.name}: {said(fact)} in {done.share(fact):.1%} (at most {limit:.1%})"
        for fact in done.counts
        if is_claim(fact) and fact not in done.scene.holds and done.share(fact) > limit
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--searches", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--page", action="store_true")
    options = parser.parse_args()
    searches = 2 if options.quick else options.searches
    begun, results = time.time(), []
    for scene in SCENES:
        number = 2 * searches if scene == NOTHING else searches
        results.append(claims(scene, searches=number, seed=SEED, workers=options.workers))
        print(f"{scene.name}: {time.time() - begun:.0f} s", file=sys.stderr, flush=True)
    table = [
        "| search | simulated | what holds, and how often it is stated | stated most often although it does not hold |",
        "| --- | --- | --- | --- |",
        *map(row, results),
    ]
    print("\n".join(table))
    faults = [fault for done in results for fault in missed(done)]
    print(*(f"missed: {fault}" for fault in faults), sep="\n", file=sys.stderr)
    if options.output:
        figures = [
            {
                "search": d.scene.name,
                "searches": d.searches,
                "stated": {said(f): n for f, n in sorted(d.counts.items())},
            }
            for d in results
        ]
        options.output.write_text(json.dumps(figures, indent=1))
    if options.page:
        page = PAGE.read_text()
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        PAGE.write_text(f"{before}{BEGIN}\n\n" + "\n".join(table) + f"\n\n{END}{after}")
    if options.check and faults:
        sys.exit(1)


if __name__ == "__main__":
    main()
