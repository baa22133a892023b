"""Log-logistic against lognormal waits on real logs, by leave-one-out.

    OFFERCAST_HISTORIES=FOLDER uv run python benchmarks/delay_families.py [LOG ...]

The folder holds logs that are not part of the project (mappings: tests/data/maps). A positive difference speaks for the
log-logistic, in nats over all steps of all applications, with its standard error.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

import offercast
from offercast.history.mapping import read_mapping
from offercast.modelfile import load_model
from offercast.trust.loo import leave_one_out, loo_difference

ROOT = Path(__file__).parents[1]
DATED = (
    "wide_dates_us.csv", "event_lists.json", "outcomes_with_never_applied.csv", "stage_date_columns_academic.csv",
    "stage_flags_uk.csv", "status_na_text.csv", "words_and_dates_mixed.csv", "semicolon_unnamed_columns_fi.csv",
)  # fmt: skip


def main() -> None:
    folder = Path(os.environ.get("OFFERCAST_HISTORIES", ROOT.parent / "shared" / "histories"))
    model = load_model()
    families = [
        replace(model, assumptions=msgspec.structs.replace(model.assumptions, delay_family=family))
        for family in ("log-logistic", "lognormal")
    ]
    print("| log | sent | log-logistic less lognormal | largest k | chance of an answer, ratio | offers, ratio |")
    print("| --- | --- | --- | --- | --- | --- |")
    totals = []
    for name in sys.argv[1:] or DATED:
        map_file = ROOT / "tests" / "data" / "maps" / f"{Path(name).stem}.toml"
        mapping = read_mapping(map_file, model.ladder) if map_file.exists() else None
        history = offercast.read_history(folder / name, mapping=mapping)
        evidence = offercast.gather(history, as_of=history.last_date)
        fits = [offercast.fit(evidence, model=family, seed=1) for family in families]
        found = [leave_one_out(fit) for fit in fits]
        gap, error = loo_difference(*found)
        totals.append((gap, error))
        first = [np.median(fit.advance[:, :, :, 0, 1]) for fit in fits]
        offers = [np.median(fit.offer_chance()) for fit in fits]
        print(
            f"| {name} | {evidence.sent:,} | {gap:+.1f} (± {error:.1f}) | {max(f.largest_k for f in found):.2f} | "
            f"{first[0] / first[1]:.2f} | {offers[0] / offers[1]:.2f} |",
            flush=True,
        )
    gaps = np.array(totals)
    print(f"| together | | {gaps[:, 0].sum():+.1f} (± {np.sqrt(np.sum(gaps[:, 1] ** 2)):.1f}) | | | |")


if __name__ == "__main__":
    main()
