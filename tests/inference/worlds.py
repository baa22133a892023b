"""Evidence for the tests of the engines: simulated searches, and logs that are hard on purpose."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from offercast.evidence import Evidence, gather
from offercast.history import Application, Event, History
from offercast.trust import simulate_history
from offercast.trust.simulation import usual_truth

DAY = date(2025, 1, 6)
WAY = ("applied", "response", "phone", "interview", "second_interview", "offer")


def logged(ladder, rows, days: int = 200, tracks=None) -> Evidence:
    """Rows of (track, channel, [(event, day), ...]), as of so many days after the first one."""
    applications = [
        Application(str(i), track, channel, tuple(Event(kind, DAY + timedelta(on)) for kind, on in events))
        for i, (track, channel, events) in enumerate(rows)
    ]
    return gather(History(ladder, tuple(applications)), as_of=DAY + timedelta(days), tracks=tracks)


def hard_logs(ladder) -> dict[str, Evidence]:
    """Logs on which a sampler can fail; each must be answered."""

    def climb(i: int, gap: int) -> list[tuple[str, int]]:
        return [(stage, i + gap * j) for j, stage in enumerate(WAY)]

    return {
        "nothing": logged(ladder, []),
        "one silent": logged(ladder, [("A", "cold", [("applied", 0)])]),
        "all silent": logged(ladder, [(f"T{i % 3}", "cold", [("applied", i)]) for i in range(40)]),
        "all sent today": logged(ladder, [("A", "cold", [("applied", 200)])] * 40),
        "300 noes after a day": logged(
            ladder, [("A", "cold", [("applied", i % 50), ("rejected", i % 50 + 1)]) for i in range(300)]
        ),
        "all offers": logged(ladder, [(f"T{i % 2}", "cold", climb(i, 6)) for i in range(60)]),
        "waits of 0 days": logged(ladder, [(f"T{i % 2}", "cold", climb(i, 0)) for i in range(60)]),
        "waits of 400 days": logged(ladder, [(f"T{i % 2}", "cold", climb(i, 400)[:3]) for i in range(60)], days=900),
        "20 of 20 against 0 of 20": logged(
            ladder,
            [("A", "cold", [("applied", i % 100), ("response", i % 100 + 5)]) for i in range(20)]
            + [("B", "cold", [("applied", i % 100), ("rejected", i % 100 + 5)]) for i in range(20)],
        ),
        "one track empty": logged(
            ladder,
            [(f"T{i % 2}", "referral", [("applied", i), ("rejected", i + 9)]) for i in range(40)],
            tracks=("T0", "T1", "T2"),
        ),
        "20 tracks, 50 applications": search(ladder, tracks=20, per_week=0.3, days=60, seed=6),
    }


def search(ladder, *, tracks: int, per_week: float, days: int, seed: int, channels=None) -> Evidence:
    """A simulated search of some tracks that differ in their first step."""
    rng = np.random.default_rng(seed)
    truth = usual_truth([f"T{k}" for k in range(tracks)], per_week=per_week, rng=rng, channels=channels)
    as_of = DAY + timedelta(days)
    return gather(simulate_history(truth, ladder, start=DAY, days=days, as_of=as_of, rng=rng), as_of=as_of)
