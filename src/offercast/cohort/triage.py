"""Whom to call first, and what a cohort shows together: from the rows of a run, streamed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from offercast.cohort.polars import pl
from offercast.cohort.run import read_rows

STALE_DAYS = 28
"""A log in which nothing happened for so long may not be kept any more."""
SLIPPED, ERRORS = 0.1, 2.0
"""A forecast has slipped where the chance of an offer fell by so much, and by more than so many of its own errors."""
STALLS = 0.95
"""How surely a step must be passed less often than is usual."""
LEAST = 5
"""Numbers of fewer seekers are not told in totals."""
SHOWN = 20
REASONS = ("failed", "offer", "stale", "stopped", "slipped", "stalls")
"""In the order in which a coach looks: the log cannot be read; an offer came; nothing was logged for weeks; nothing was
sent for four weeks; the chance of an offer has fallen; a step is passed less often than is usual."""


@dataclass(frozen=True)
class Called:
    """A seeker with the reasons to call, the first of `REASONS` first."""

    row: dict[str, Any]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class StepTotal:
    """What became of applications at one step, all seekers together; None where too few seekers are in it."""

    step: str
    seekers: int | None
    moved: float | None
    told_no: float | None
    waiting: float | None


@dataclass(frozen=True)
class Totals:
    """A cohort in numbers that tell nobody's own: each is None where fewer than `least` seekers are in it.

    `chance` holds the 10, 25, 50, 75 and 90 % points, over seekers, of the chance of an offer within 13 weeks.
    """

    seekers: int | None
    sent: int | None
    reasons: dict[str, int | None]
    chance: tuple[float, ...] | None
    steps: tuple[StepTotal, ...]
    least: int


@dataclass(frozen=True)
class Triage:
    """A cohort as a coach sees it: whom to call, at most so many for each first reason, and totals.

    `left_off` counts those beyond that, by reason; `back_days` is how long before the earlier forecasts were made.
    """

    called: tuple[Called, ...]
    totals: Totals
    left_off: dict[str, int]
    as_of: date
    model: str
    named: bool
    back_days: int


def triage(folder: str | Path, *, least: int = LEAST, shown: int = SHOWN) -> Triage:
    """Sort the seekers of a run by who needs a call, and add them up.

    Args:
        folder: of `run_cohort`.
        least: totals of fewer seekers are not told.
        shown: rows for each first reason.

    Raises:
        InputError: the folder holds no finished run.
    """
    manifest, rows = read_rows(folder)
    flagged = rows.with_columns(**{f"is_{name}": expression for name, expression in _flags().items()})
    first = pl.coalesce(*(pl.when(pl.col(f"is_{name}")).then(pl.lit(name)) for name in REASONS))
    flagged = flagged.with_columns(first=first)
    called: list[Called] = []
    left_off: dict[str, int] = {}
    many = dict(flagged.group_by("first").len().collect(engine="streaming").iter_rows())
    for name in (reason for reason in REASONS if reason in many):
        mine = flagged.filter(pl.col("first") == name)
        kept = mine.sort(*_ORDER[name], descending=_DOWN[name], nulls_last=True).head(shown).collect(engine="streaming")
        called += [Called(row, tuple(one for one in REASONS if row[f"is_{one}"])) for row in kept.to_dicts()]
        if many[name] > kept.height:
            left_off[name] = many[name] - kept.height
    totals = _totals(flagged, least)
    as_of = date.fromisoformat(manifest["as_of"])
    return Triage(tuple(called), totals, left_off, as_of, manifest["model"], manifest["named"], manifest["back_days"])


def _flags() -> dict[str, Any]:
    fine = pl.col("status") == "ok"
    kept = fine & (pl.col("stale_days") <= STALE_DAYS)
    slip = (pl.col("slip") >= SLIPPED) & (pl.col("slip") > ERRORS * pl.col("slip_error"))
    flags = {
        "failed": ~fine,
        "offer": fine & (pl.col("offers") > 0),
        "stale": fine & (pl.col("offers") == 0) & (pl.col("stale_days") > STALE_DAYS),
        "stopped": kept & (pl.col("offers") == 0) & (pl.col("sent_recently") == 0),
        "slipped": kept & (pl.col("offers") == 0) & slip,
        "stalls": fine & (pl.col("offers") == 0) & (pl.col("stall_sure") >= STALLS),
    }
    return {name: flag.fill_null(value=False) for name, flag in flags.items()}


_ORDER = {
    "failed": ["seeker"], "offer": ["seeker"], "stale": ["stale_days", "seeker"], "stopped": ["waiting_now", "seeker"],
    "slipped": ["slip", "seeker"], "stalls": ["stall_sure", "seeker"],
}  # fmt: skip
_DOWN = {
    name: [column in {"stale_days", "slip", "stall_sure"} for column in columns] for name, columns in _ORDER.items()
}


def _totals(flagged: Any, least: int) -> Totals:  # noqa: ANN401 - a LazyFrame
    fine = flagged.filter(pl.col("status") == "ok")
    quantiles = [pl.col("chance_13_weeks").quantile(at).alias(f"q{at}") for at in (0.1, 0.25, 0.5, 0.75, 0.9)]
    counted = flagged.select(
        pl.len().alias("seekers"), pl.col("sent").sum(), *(pl.col(f"is_{name}").sum() for name in REASONS)
    ).collect(engine="streaming").to_dicts()[0]  # fmt: skip
    spread = fine.select(pl.len().alias("fine"), *quantiles).collect(engine="streaming").to_dicts()[0]
    lists = ["steps", "moved", "told_no", "waiting"]
    steps = (
        fine.select(lists)
        .explode(lists)
        .filter(pl.col("moved") + pl.col("told_no") + pl.col("waiting") > 0)
        .group_by("steps", maintain_order=True)
        .agg(pl.len().alias("seekers"), pl.col("moved").sum(), pl.col("told_no").sum(), pl.col("waiting").sum())
        .collect(engine="streaming")
        .to_dicts()
    )

    def told(number: int) -> int | None:
        return number if number >= least or number == 0 else None

    def step(row: dict[str, Any]) -> StepTotal:
        few = row["seekers"] < least
        numbers = [None] * 4 if few else [row["seekers"], row["moved"], row["told_no"], row["waiting"]]
        return StepTotal(row["steps"], *numbers)

    enough = counted["seekers"] >= least
    return Totals(
        seekers=told(counted["seekers"]),
        sent=int(counted["sent"] or 0) if enough else None,
        reasons={name: told(int(counted[f"is_{name}"])) for name in REASONS},
        chance=tuple(value for key, value in spread.items() if key != "fine") if spread["fine"] >= least else None,
        steps=tuple(sorted((step(row) for row in steps), key=lambda one: -(one.seekers or 0))),
        least=least,
    )
