"""Simulated logs that the benchmarks share."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from offercast.evidence import Evidence, gather
from offercast.evidence.bins import FOREVER, silence, wait_window
from offercast.history import History
from offercast.modelfile import load_model
from offercast.trust import Truth, simulate_history
from offercast.trust.simulation import usual_truth

START = date(2025, 1, 6)
LADDER = load_model().ladder


def truth_of(tracks: int, per_week: float, rng: np.random.Generator, first: tuple[float, float] | None = None) -> Truth:
    """Tracks that differ in their first step; a fifth of the applications by referral."""
    names = [f"track {k + 1}" for k in range(tracks)]
    options = {"first": first} if first else {}
    return usual_truth(names, per_week=per_week, rng=rng, channels={"referral": (0.2, 3.0)}, **options)


def searched(
    tracks: int,
    per_week: float,
    days: int,
    seed: int,
    *,
    rejections: bool = True,
    first: tuple[float, float] | None = None,
) -> History:
    """A simulated search, applications one after the other."""
    rng = np.random.default_rng(seed)
    truth = truth_of(tracks, per_week, rng, first)
    history = simulate_history(truth, LADDER, start=START, days=days, as_of=START + timedelta(days), rng=rng)
    if rejections:
        return history
    kept = tuple(replace(a, events=tuple(e for e in a.events if e.kind != "rejected")) for a in history.applications)
    return History(LADDER, kept)


def counted(history: History, days: int) -> Evidence:
    """The evidence of a search after so many days."""
    return gather(history, as_of=START + timedelta(days))


def large_evidence(applications: int, *, tracks: int = 3, days: int = 360, seed: int = 1) -> Evidence:
    """The evidence of a search of any size, simulated as arrays: one draw an application and step, no history."""
    rng = np.random.default_rng(seed)
    truth = truth_of(tracks, 1.0, rng)
    names = tuple(truth.per_week)
    share, odds = truth.channels["referral"]
    track = rng.integers(tracks, size=applications)
    referred = rng.random(applications) < share
    left = rng.integers(days + 1, size=applications)  # days from entering the step to the last day
    cells: Counter = Counter()
    for step, start in enumerate(("applied", "response", "phone", "interview", "second_interview"), start=1):
        steps = [truth.steps[name][start] for name in names]
        p = np.array([s.advance for s in steps])[track]
        if step == 1:
            p = np.where(referred, odds * p / (1 - p + odds * p), p)
        advances = rng.random(track.size) < p
        told = ~advances & (rng.random(track.size) < steps[0].told_no)
        median = np.where(advances, steps[0].advance_days, steps[0].no_days)
        shape = steps[0].spread * np.sqrt(3) / np.pi
        whole = 1 / (1 + (truth.horizon_days / median) ** (-1 / shape))
        u = rng.random(track.size) * whole
        wait = np.rint(median * (u / (1 - u)) ** shape).astype(int)
        answered = (advances | told) & (wait <= left)
        outcome = np.where(answered, np.where(advances, 0, 1), 2)
        lasted = np.where(answered, wait, left)
        rows, counts = np.unique(np.stack([track, referred, outcome, lasted]), axis=1, return_counts=True)
        for (k, c, o, waited), count in zip(rows.T.tolist(), counts.tolist(), strict=True):
            if o == 2:
                for edge, weight in silence(waited):
                    cells[k, c, step, o, edge, FOREVER] += weight * count
            else:
                cells[(k, c, step, o, *wait_window(waited, waited))] += count
        on = answered & advances
        track, referred, left = track[on], referred[on], left[on] - wait[on]
    channels, ids = tuple(c.id for c in LADDER.channels), tuple(s.id for s in LADDER.steps)
    return Evidence(
        names, channels, ids, START + timedelta(days), dict(cells), applications=applications, sent=applications
    )
