"""Make the reference posteriors of models/reference: long NUTS runs on six fixed logs (some minutes of CPU each).

uv run python benchmarks/make_references.py [NAME ...]
"""

import sys
from datetime import timedelta

import offercast
from logs import LADDER, START, counted, searched
from offercast.evidence import Evidence, gather
from offercast.files import write_atomically
from offercast.history import Application, Event, History
from offercast.modelfile import models_folder
from offercast.trust.reference import write_reference

CHAINS, DRAWS = 4, 6000


def example() -> Evidence:
    history = offercast.read_history(offercast.example())
    return gather(history, as_of=history.last_date)


def all_silent() -> Evidence:
    events = [(f"track {i % 3 + 1}", (Event("applied", START + timedelta(i)),)) for i in range(40)]
    rows = tuple(Application(str(i), track, "cold", made) for i, (track, made) in enumerate(events))
    return counted(History(LADDER, rows), 90)


LOGS = {
    "three_tracks": ("the example log: three tracks, five months, with jobs never applied for", example),
    "four_months": (
        "real-shaped: three tracks, some 150 applications in four months, a fifth of them referrals",
        lambda: counted(searched(3, 3, 120, 2), 120),
    ),
    "no_rejections": (
        "real-shaped: two tracks, some 190 applications over nine months, rejections never logged",
        lambda: counted(searched(2, 2.5, 270, 3, rejections=False), 270),
    ),
    "all_silent": ("adversarial: 40 applications in three tracks, not one answer", all_silent),
    "one_track": (
        "adversarial: one track, some 60 applications, a third of them sent in the last weeks",
        lambda: counted(searched(1, 7, 60, 4), 60),
    ),
    "eight_tracks": (
        "adversarial: eight tracks with few answers, most cells zero",
        lambda: counted(searched(8, 2, 100, 5, first=(0.01, 0.12)), 100),
    ),
}


def main() -> None:
    names = sys.argv[1:] or list(LOGS)
    for name in names:
        description, make = LOGS[name]
        posterior = offercast.fit(make(), engine="nuts", chains=CHAINS, draws=DRAWS, seed=20_261_124)
        health = posterior.health
        figures = (
            f"R-hat {health.r_hat:.4f}, bulk ESS {health.ess_bulk:.0f}, tail ESS {health.ess_tail:.0f}, "
            f"{health.divergences} divergences, E-BFMI {health.e_bfmi:.2f}: {health.verdict}"
        )
        checks = [
            figures,
            "the PyMC density equals one written cell by cell in SciPy (tests/inference/test_silence.py)",
        ]
        path = models_folder() / "reference" / f"{name}.json"
        write_atomically(path, write_reference(posterior, description=description, checks=checks).encode())
        print(
            f"{path.name}: {posterior.evidence.sent} sent, {len(posterior.evidence.cells)} cells; {figures}",
            flush=True,
        )


if __name__ == "__main__":
    main()
