"""The evidence sorted for the likelihood: what happened between two edges, and who is silent up to one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offercast.evidence.bins import EDGES
from offercast.evidence.evidence import Evidence
from offercast.inference.waits import Floats
from offercast.modelfile import ModelFile

Indices = np.ndarray

_BEFORE_ALL = -1e3
"""The logarithm of a wait of 0 days: no law has any mass below it."""


@dataclass(frozen=True)
class Cause:
    """Where the law of one wait (to a yes, or to a no) is needed, and what is counted between two such places.

    A place is an edge of one track and step; the last places are the horizon, one for each track and step.
    """

    log_days: Floats
    """(place, 1)"""
    site: Indices
    """(place,): its track and step"""
    step: Indices
    """(place,)"""
    horizon: Indices
    """(site,): the place of its horizon"""
    ended: Floats
    """(site,): how many of the intervals are its own, counted"""
    low: Indices
    high: Indices
    """(interval,): the places of both ends"""
    interval_step: Indices
    count: Floats
    """(interval,)"""
    silent: Indices
    """(silence,): the places up to which somebody was silent"""


@dataclass(frozen=True)
class Counts:
    """The evidence as the likelihood needs it: every cell in the place that computes it."""

    kinds: np.ndarray
    """(kind, 4): track, channel, step, group"""
    sites: np.ndarray
    """(site, 2): track, step"""
    steps: np.ndarray
    """(active step,): its index on the ladder"""
    advance: Cause
    no: Cause
    advanced: Floats
    not_advanced: Floats
    """(kind,): told no, or silent up to the horizon"""
    told_no: Floats
    never: Floats
    """(site,): told no; silent up to the horizon"""
    open_kind: Indices
    open_silence: Indices
    open_site: Indices
    """(open cell,)"""
    open_count: Floats


class _Places:
    """Gives a number to each (site, edge) in the order in which they are asked for."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, float], int] = {}

    def of(self, site: int, edge: float) -> int:
        return self.known.setdefault((site, edge), len(self.known))


def tabulate(evidence: Evidence, model: ModelFile) -> Counts:
    """Sort the cells: what happened between two edges, and who is silent up to one.

    An answer after the horizon counts as silence up to it; an undated answer has no wait.
    """
    horizon = model.assumptions.horizon_days
    kinds: dict[tuple[int, int, int, int], int] = {}
    sites: dict[tuple[int, int], int] = {}
    places = (_Places(), _Places())
    between: tuple[dict, dict] = ({}, {})
    tally: dict[str, dict[int, float]] = {name: {} for name in ("advanced", "not_advanced", "told_no", "never")}
    silences: dict[tuple[int, float], int] = {}
    open_cells: dict[tuple[int, int], float] = {}

    def add(name: str, where: int, count: float) -> None:
        tally[name][where] = tally[name].get(where, 0.0) + count

    for (track, channel, step, outcome, low, high, group), count in evidence.counted:
        kind = kinds.setdefault((track, channel, step, group), len(kinds))
        site = sites.setdefault((track, step), len(sites))
        start, end = min(EDGES[low], horizon), min(EDGES[high], horizon)
        if start >= horizon:
            add("not_advanced", kind, count)
            add("never", site, count)
        elif outcome == 2:
            if start > 0.0:
                silence = silences.setdefault((site, start), len(silences))
                open_cells[kind, silence] = open_cells.get((kind, silence), 0.0) + count
        else:
            add("advanced" if outcome == 0 else "not_advanced", kind, count)
            if outcome == 1:
                add("told_no", site, count)
            if start > 0.0 or end < horizon:
                ends = (places[outcome].of(site, start), places[outcome].of(site, end))
                between[outcome][ends] = between[outcome].get(ends, 0.0) + count
    of_site = np.array(list(sites), dtype=int).reshape(-1, 2)
    active, of_step = np.unique(of_site[:, 1], return_inverse=True)
    causes = [_make_cause(places[c], between[c], list(silences), of_step.reshape(-1), horizon) for c in (0, 1)]
    cells = np.array(list(open_cells), dtype=int).reshape(-1, 2)
    silent_site = np.array([site for site, _ in silences], dtype=int)

    def dense(name: str, size: int) -> Floats:
        found = np.zeros(size)
        for where, count in tally[name].items():
            found[where] = count
        return found

    return Counts(
        kinds=np.array(list(kinds), dtype=int).reshape(-1, 4),
        sites=of_site,
        steps=active,
        advance=causes[0],
        no=causes[1],
        advanced=dense("advanced", len(kinds)),
        not_advanced=dense("not_advanced", len(kinds)),
        told_no=dense("told_no", len(sites)),
        never=dense("never", len(sites)),
        open_kind=cells[:, 0],
        open_silence=cells[:, 1],
        open_site=silent_site[cells[:, 1]] if len(cells) else np.empty(0, dtype=int),
        open_count=np.array(list(open_cells.values())),
    )


def _make_cause(
    places: _Places, between: dict, silences: list[tuple[int, float]], of_step: Indices, horizon: float
) -> Cause:
    silent = [places.of(site, edge) for site, edge in silences]
    at_horizon = [places.of(site, horizon) for site in range(len(of_step))]
    site = np.array([site for site, _ in places.known], dtype=int)
    edges = np.array([edge for _, edge in places.known])
    ends = np.array(list(between), dtype=int).reshape(-1, 2)
    with np.errstate(divide="ignore"):
        log_days = np.where(edges > 0.0, np.log(edges), _BEFORE_ALL)
    return Cause(
        log_days=log_days[:, None],
        site=site,
        step=of_step[site],
        horizon=np.array(at_horizon, dtype=int),
        ended=np.bincount(site[ends[:, 0]], list(between.values()), len(of_step)),
        low=ends[:, 0],
        high=ends[:, 1],
        interval_step=of_step[site[ends[:, 0]]],
        count=np.array(list(between.values()), dtype=float),
        silent=np.array(silent, dtype=int),
    )
