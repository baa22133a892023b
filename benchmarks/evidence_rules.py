"""What the rules for missing dates cost: the same simulated searches, read with fewer and fewer dates.

    uv run python benchmarks/evidence_rules.py [--quick]

For each search the full event log is fitted, then the same log with fewer dates, with a status that overwrites
the stage, and without any date; the table says how far each estimate lies from the truth, in percent of it.
"""

import sys
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

import offercast
from offercast.history import Application, Event, History
from offercast.modelfile import load_model
from offercast.trust import StepTruth, Truth, simulate_history

START = date(2025, 1, 6)
TRUTH = Truth(
    steps={
        "A": {
            "applied": StepTruth(0.17, 0.45, 8, 14, 1.1),
            "response": StepTruth(0.62, 0.4, 4, 10),
            "phone": StepTruth(0.54, 0.55, 6, 9),
            "interview": StepTruth(0.42, 0.65, 9, 13),
            "second_interview": StepTruth(0.30, 0.75, 12, 12),
        }
    },
    per_week={"A": 12},
)


def full(application: Application) -> Application:
    return application


def stages_kept(application: Application) -> Application:
    """The date of sending, and every later stage or exit without its date."""
    sent, *later = application.events
    return replace(application, events=(sent, *(Event(event.kind) for event in later)))


def last_status(application: Application) -> Application:
    """The date of sending, and one status: a rejection overwrites the stage that it came after."""
    sent, *later = application.events
    return replace(application, events=(sent, *(Event(event.kind) for event in later[-1:])))


def undated(application: Application) -> Application:
    """Every stage, and no date anywhere."""
    return replace(application, events=tuple(Event(event.kind) for event in application.events))


READINGS = {
    "every date": full,
    "date of sending, all stages": stages_kept,
    "date of sending, one status": last_status,
    "all stages, no date": undated,
}


def main() -> None:
    searches = 2 if "--quick" in sys.argv else 8
    ladder = load_model().ladder
    print("| search so far | dates | applied → response | response → phone | told no | offers per application |")
    print("| --- | --- | --- | --- | --- | --- |")
    for days in (45, 150):
        moved: dict[str, list[list[float]]] = {name: [] for name in READINGS}
        for seed in range(searches):
            as_of = START + timedelta(days=days)
            rng = np.random.default_rng(seed)
            history = simulate_history(TRUTH, ladder, start=START, days=days, as_of=as_of, rng=rng)
            for name, read in READINGS.items():
                known = History(ladder, tuple(map(read, history.applications)))
                posterior = offercast.fit(offercast.gather(known, as_of=as_of), seed=seed)
                told_no = np.median(posterior.told_no[:, :, 0, 1])
                p = np.median(posterior.advance[:, :, 0, 0], axis=(0, 1))
                offer = np.median(posterior.offer_chance())
                moved[name].append(
                    [p[1] / 0.17, p[2] / 0.62, told_no / 0.45, offer / (0.17 * 0.62 * 0.54 * 0.42 * 0.30)]
                )
        for name, rows in moved.items():
            mean, error = np.mean(rows, axis=0) - 1, np.std(rows, axis=0) / np.sqrt(searches)
            cells = " | ".join(f"{100 * m:+.0f} % (± {100 * e:.0f})" for m, e in zip(mean, error, strict=True))
            print(f"| {days} days | {name} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
