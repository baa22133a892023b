"""The canonical search that engines are timed on: three tracks, 15 applications a week, 18 in flight, 4,000 draws."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from offercast.evidence.evidence import InFlight
from offercast.forecast.plan import Pace, Plan
from offercast.inference.posterior import Posterior
from offercast.inference.waits import cdf

DRAWS = 4_000
STEPS = (
    "applied->response",
    "response->phone",
    "phone->interview",
    "interview->second_interview",
    "second_interview->offer",
)
CHANCES = {
    "Backend": (0.17, 0.50, 0.55, 0.50, 0.35),
    "Data": (0.12, 0.50, 0.55, 0.50, 0.32),
    "Devrel": (0.34, 0.60, 0.60, 0.60, 0.48),
}
"""Some 0.9, 0.6 and 3.9 offers per 100 applications, averaged over the draws."""
PACES = {"Backend": 8.0, "Data": 5.0, "Devrel": 2.0}
WEEKDAYS = (0.24, 0.22, 0.22, 0.18, 0.14, 0.0, 0.0)
CROWD = ((1, (3, 8, 12, 20, 27, 33, 41, 48, 55, 62, 70, 85, 110)), (2, (4, 15)), (3, (2, 9)), (4, (5,)))
"""For each step, counted from `applied` as 1, the days that each application in flight has waited."""


def canonical() -> tuple[Posterior, Plan]:
    """A posterior whose draws spread as those of a log of some 150 applications do, and the plan."""
    rng = np.random.default_rng(2026)
    chances = {track: dict(zip(STEPS, chance, strict=True)) for track, chance in CHANCES.items()}
    posterior = Posterior.from_chances(chances, draws=DRAWS)
    draws = posterior.draws
    _, _, tracks, steps = draws["advance_logit"].shape
    draws["advance_logit"][0] += rng.normal(0, 0.3, (DRAWS, tracks, 1)) + rng.normal(0, 0.3, (DRAWS, tracks, steps))
    for kind in ("advance", "no"):
        draws[f"{kind}_log_days"][0] += rng.normal(0, 0.2, (DRAWS, tracks, 1))
        draws[f"{kind}_log_shape"][0] += rng.normal(0, 0.1, (DRAWS, steps))
    waiting = [(step, days) for step, silences in CROWD for days in silences]
    rows = tuple(InFlight(i % tracks, 0, step, days, days, 1) for i, (step, days) in enumerate(waiting))
    evidence = replace(posterior.evidence, in_flight=rows, as_of=date(2026, 1, 4))
    plan = Plan(tuple(Pace(track, pace) for track, pace in PACES.items()), weekdays=WEEKDAYS)
    return replace(posterior, evidence=evidence), plan


@dataclass(frozen=True)
class World:
    """The same numbers bare, for engines that know nothing of ours. Axes: (draw, track, step)."""

    chance: np.ndarray
    median: np.ndarray
    shape: np.ndarray
    whole: np.ndarray
    """The untruncated cdf at 180 days"""
    told: np.ndarray
    no_median: np.ndarray
    no_shape: np.ndarray
    no_whole: np.ndarray
    daily: np.ndarray
    """Expected applications, (track, day)"""
    flights: list[tuple[int, int, float]]
    """Track, step (from 0), days waited"""
    coming: np.ndarray
    """Of each in flight, the chance that it moves on at its step, given its silence: (draw, flight)"""
    to_be_told: np.ndarray
    gone: np.ndarray
    """The untruncated cdf at the silence so far"""
    no_gone: np.ndarray


def bare(posterior: Posterior, plan: Plan, days: int) -> World:
    """Take the numbers of a problem apart: cold applications only, log-logistic waits."""
    steps = [posterior.evidence.steps.index(step) for step in STEPS]
    chance = posterior.advance.reshape(-1, *posterior.advance.shape[2:])[:, :, 0][:, :, steps]
    told = posterior.told_no.reshape(-1, *posterior.told_no.shape[2:])[:, :, steps]
    median, no_median = (posterior.flat(f"{kind}_log_days")[:, :, steps] for kind in ("advance", "no"))
    shape, no_shape = (
        np.broadcast_to(np.exp(posterior.flat(f"{kind}_log_shape"))[:, None, steps], median.shape)
        for kind in ("advance", "no")
    )

    def below(waited: float, location: np.ndarray, scale: np.ndarray) -> np.ndarray:
        return 1.0 / (1.0 + np.exp(-(np.log(waited) - location) / scale))

    flights = [(row.track, row.step - 1, row.shortest + 0.5) for row in posterior.evidence.in_flight]
    parts = []
    for k, s, waited in flights:
        gone = cdf(waited, median[:, k, s], shape[:, k, s], 180.0)
        heard = cdf(waited, no_median[:, k, s], no_shape[:, k, s], 180.0)
        moving = chance[:, k, s] * (1 - gone)
        refused = (1 - chance[:, k, s]) * told[:, k, s] * (1 - heard)
        never = (1 - chance[:, k, s]) * (1 - told[:, k, s])
        silent = moving + refused + never
        first = below(waited, median[:, k, s], shape[:, k, s])
        parts.append((moving / silent, refused / silent, first, below(waited, no_median[:, k, s], no_shape[:, k, s])))
    coming, to_be_told, gone, no_gone = (np.stack(part, axis=1) for part in zip(*parts, strict=True))
    daily = np.stack([plan.sent_by_day(pace, as_of=posterior.evidence.as_of, days=days) for pace in plan.paces])
    return World(
        chance, median, shape, below(180.0, median, shape), told, no_median, no_shape,
        below(180.0, no_median, no_shape), daily, flights, coming, to_be_told, gone, no_gone,
    )  # fmt: skip
