"""Problems that the forecast's methods are compared on: random ones, and one with known answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from offercast.evidence import InFlight
from offercast.forecast import Counts, Lull, Pace, Pause, Plan
from offercast.inference import Posterior

EMPLOYERS = (
    "applied->response",
    "response->phone",
    "phone->interview",
    "interview->second_interview",
    "second_interview->offer",
)
SURE = dict.fromkeys(EMPLOYERS, 1.0)
COUNTS = ("poisson", "fixed", "negative-binomial", "rhythm")


def with_chance(q: float, *, instant: bool = False, draws: int = 4) -> Posterior:
    """One track whose applications bring an offer with chance q; `instant`: within a minute."""
    posterior = Posterior.from_chances({"A": {**SURE, "applied->response": q}}, draws=draws)
    if instant:
        posterior.draws["advance_log_days"][:] = np.log(1e-4)
        posterior.draws["advance_log_shape"][:] = np.log(0.01)
    return posterior


def last_step(q: float, *, draws: int = 4) -> Posterior:
    """One track whose last step succeeds with chance q, within the minute: one wait, which the grid takes exactly."""
    posterior = Posterior.from_chances({"A": {**SURE, "second_interview->offer": q}}, draws=draws)
    posterior.draws["advance_log_days"][:] = np.log(1e-4)
    posterior.draws["advance_log_shape"][:] = np.log(0.01)
    return posterior


def flying(posterior: Posterior, *rows: InFlight) -> Posterior:
    return replace(posterior, evidence=replace(posterior.evidence, in_flight=rows))


def random_posterior(rng: np.random.Generator) -> Posterior:
    """Random tracks, chances (now and then extreme ones), waits, and things in flight, some of unknown start."""
    tracks = [f"T{i}" for i in range(rng.integers(1, 4))]
    low, high = ((0.15, 0.8), (0.6, 0.97), (0.02, 0.3))[int(rng.choice(3, p=[0.7, 0.15, 0.15]))]
    posterior = Posterior.from_chances(
        {t: {step: float(rng.uniform(low, high)) for step in EMPLOYERS} for t in tracks}, draws=6
    )
    posterior.draws["advance_logit"][:] += rng.normal(0, 0.3, posterior.draws["advance_logit"].shape)
    posterior.draws["advance_log_days"][:] += rng.normal(0, 0.4, posterior.draws["advance_log_days"].shape)
    rows = [
        InFlight(
            int(rng.integers(len(tracks))),
            int(rng.integers(3)),
            int(rng.integers(1, 6)),
            waited,
            waited + int(rng.integers(0, 2) * rng.integers(0, 20)),
            int(rng.integers(1, 4)),
        )
        for waited in rng.integers(0, 120, rng.integers(0, 8)).tolist()
    ]
    return flying(posterior, *rows)


def random_problem(seed: int) -> tuple[Posterior, Plan]:
    """A random posterior with a random Poisson plan."""
    rng = np.random.default_rng(seed)
    posterior = random_posterior(rng)
    paces = tuple(
        Pace(t, float(rng.uniform(0.2, 6)), ["cold", "referral", "recruiter"][int(rng.integers(3))])
        for t in posterior.tracks
    )
    pause = (Pause(date(2026, 2, 1), date(2026, 2, 20)),) if rng.random() < 0.5 else ()
    return posterior, Plan(paces, pauses=pause)


def varied_problem(seed: int) -> tuple[Posterior, Plan, dict]:
    """Any law of counts, paces by week, pauses, lulls, another goal, a market: and how it is to be forecast."""
    rng = np.random.default_rng([seed, 7])
    posterior = random_posterior(rng)
    law = COUNTS[seed % 4]
    paces = []
    for track in posterior.tracks:
        each = tuple(np.round(rng.uniform(0, 6, 1 if rng.random() < 0.5 else 4), 1).tolist())
        paces.append(
            Pace(track, each if len(each) > 1 else each[0], ["cold", "referral", "recruiter"][int(rng.integers(3))])
        )
    weeks = rng.poisson(rng.gamma(1.0, 3.0, (5, 1)), (5, len(paces))) if law == "rhythm" else np.empty((0, 0), int)
    counts = Counts(
        law,
        dispersion=float(rng.uniform(0.4, 4)) if law == "negative-binomial" else None,
        weeks=tuple(tuple(row) for row in weeks.tolist()),
    )
    weekdays = tuple((rng.dirichlet(np.ones(7))).tolist())
    pauses = (Pause(date(2026, 1, 14), date(2026, 1, 28)),) if rng.random() < 0.4 else ()
    lulls = (Lull(date(2026, 1, 20), date(2026, 3, 3), float(rng.uniform(0, 0.8))),) if rng.random() < 0.3 else ()
    budget = float(rng.integers(3, 40)) if law == "fixed" and rng.random() < 0.4 else None
    plan = Plan(tuple(paces), weekdays, pauses, counts=counts, lulls=lulls, budget=budget)
    goal = [None, "interview", "accepted", "phone"][int(rng.choice(4, p=[0.55, 0.15, 0.15, 0.15]))]
    how = {
        "horizon_weeks": int(rng.choice([4, 13, 26, 40])),
        "goal": goal,
        "market_sd": float(rng.choice([0.0, 0.7], p=[0.7, 0.3])),
    }
    return posterior, plan, how
