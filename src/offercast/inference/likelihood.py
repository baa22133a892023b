"""The likelihood of the silence model and its gradient at many points at once, in NumPy alone.

A second implementation of what `silence.py` says in PyMC, apart from it, so that each checks the other. It is fast
because what cells have in common is computed once: a law of waiting at the edges of the bins of each track and step,
a chance for each track, channel and step. Every probability is a sum of positive terms with accurate complements, so
nothing cancels in either tail.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from offercast.evidence.evidence import Evidence
from offercast.inference.coordinates import Coordinates
from offercast.inference.laws import TINY, Bundles, Edges, Law
from offercast.inference.layout import Layout
from offercast.inference.tabulate import Counts, Indices, tabulate
from offercast.inference.waits import Floats
from offercast.modelfile import ModelFile

_FAR = 700.0
"""No predictor is taken beyond this: exp() of it is still a number."""


@dataclass(frozen=True)
class Predictors:
    """What the likelihood is a function of; every array has the points on its last axis.

    Logits of advancing (kind, point) and of a no (site, point); log medians of both waits (site, point) and the
    logarithms of their shapes (active step, point).
    """

    advance_logit: Floats
    told_no_logit: Floats
    advance_log_days: Floats
    no_log_days: Floats
    advance_log_shape: Floats
    no_log_shape: Floats


@dataclass(frozen=True)
class Likelihood:
    """The log likelihood of evidence under a model file, step by step, at many points at once."""

    evidence: Evidence
    model: ModelFile

    @cached_property
    def counts(self) -> Counts:
        """The evidence in the places that compute it."""
        return tabulate(self.evidence, self.model)

    @cached_property
    def layout(self) -> Layout:
        """Where each parameter stands in a vector."""
        return Layout.of(self.evidence, self.model)

    @cached_property
    def coordinates(self) -> Coordinates:
        """The parameters that the evidence touches."""
        return Coordinates.of(self.layout, self.counts.steps)

    @cached_property
    def _blocks(self) -> tuple[slice, ...]:
        """Where each predictor stands among the rows of the design."""
        counts = self.counts
        kinds, sites, steps = len(counts.kinds), len(counts.sites), len(counts.steps)
        sizes = (kinds, sites, sites, sites, steps, steps)
        ends = np.cumsum(sizes)
        return tuple(slice(end - size, end) for end, size in zip(ends, sizes, strict=True))

    @cached_property
    def design(self) -> Floats:
        """(rows, coordinates): the predictors, in the order of `Predictors`, are this matrix times a point."""
        layout, counts = self.layout, self.counts
        of_site = [(int(k), int(s)) for k, s in counts.sites]
        of_step = [(0, int(s)) for s in counts.steps]
        rows = [
            layout.row("advance_logit", k, s) + layout.channel_row(c, s) + layout.group_row(g, c, s)
            for k, c, s, g in counts.kinds.tolist()
        ]
        for name, where in (
            ("told_no_logit", of_site), ("advance_log_days", of_site), ("no_log_days", of_site),
            ("advance_log_shape", of_step), ("no_log_shape", of_step),
        ):  # fmt: skip
            rows += [layout.row(name, k, s) for k, s in where]
        return np.array(rows).reshape(-1, layout.size)[:, self.coordinates.places]

    @cached_property
    def row_step(self) -> Indices:
        """The active step (by its position) of each row of the design."""
        counts = self.counts
        place = {int(step): i for i, step in enumerate(counts.steps)}
        kinds = [place[int(s)] for s in counts.kinds[:, 2]]
        sites = [place[int(s)] for s in counts.sites[:, 1]]
        steps = list(range(len(counts.steps)))
        return np.array([*kinds, *sites, *sites, *sites, *steps, *steps], dtype=int)

    def predictors(self, points: Floats) -> Predictors:
        """The predictors at points (coordinate, point)."""
        rows = self.design @ points
        return Predictors(*(rows[block] for block in self._blocks))

    @cached_property
    def _adders(self) -> dict[str, Floats]:
        """Matrices that add the logarithms of each kind of term up by active step, times their counts."""
        counts, size = self.counts, len(self.counts.steps)
        place = {int(step): i for i, step in enumerate(counts.steps)}
        kind = np.array([place[int(s)] for s in counts.kinds[:, 2]], dtype=int)
        site = np.array([place[int(s)] for s in counts.sites[:, 1]], dtype=int)
        return {
            "either": np.concatenate(
                [
                    _sums(kind, size, counts.advanced + counts.not_advanced),
                    _sums(site, size, counts.told_no + counts.never),
                ],
                axis=1,
            ),
            "not": np.concatenate([_sums(kind, size, counts.not_advanced), _sums(site, size, counts.never)], axis=1),
            "advance_whole": _sums(site, size, -counts.advance.ended),
            "no_whole": _sums(site, size, -counts.no.ended),
            "open": _sums(kind[counts.open_kind], size, counts.open_count),
        }

    @cached_property
    def _bundles(self) -> dict[str, Bundles]:
        """What adds the logarithms of the intervals of each wait up by active step."""
        size = len(self.counts.steps)
        causes = {"advance": self.counts.advance, "no": self.counts.no}
        return {name: Bundles.of(cause.interval_step, cause.count, size) for name, cause in causes.items()}

    @cached_property
    def _edges(self) -> dict[str, Edges]:
        """Where each wait is looked at."""
        return {"advance": Edges.of(self.counts.advance), "no": Edges.of(self.counts.no)}

    @cached_property
    def _silent_site(self) -> Indices:
        """The site of each silence."""
        return self.counts.advance.site[self.counts.advance.silent]

    @cached_property
    def _scatter(self) -> dict[str, Floats]:
        """Matrices that add derivatives up: open cells by kind, silence and site; places by site and step."""
        counts = self.counts
        kinds, sites, steps = len(counts.kinds), len(counts.sites), len(counts.steps)
        silences = counts.advance.silent.size
        return {
            "open_kind": _sums(counts.open_kind, kinds, counts.open_count),
            "open_silence": _sums(counts.open_silence, silences, counts.open_count),
            "open_site": _sums(counts.open_site, sites, counts.open_count),
            "advance_site": _sums(counts.advance.site, sites),
            "advance_step": _sums(counts.advance.step, steps),
            "no_site": _sums(counts.no.site, sites),
            "no_step": _sums(counts.no.step, steps),
        }

    def by_step(self, points: Floats) -> Floats:
        """Log likelihood of each active step: (active step, point)."""
        return self.of_predictors(self.predictors(points))

    def of_predictors(self, given: Predictors) -> Floats:
        """The same for predictors, wherever they come from."""
        return self._evaluate(given)[0]

    def with_gradient(self, points: Floats) -> tuple[Floats, Floats]:
        """Log likelihood by step, and its derivative by every row of the design: (rows, point)."""
        value, slope = self._evaluate(self.predictors(points), slope=True)
        assert slope is not None
        return value, slope

    def _evaluate(self, given: Predictors, *, slope: bool = False) -> tuple[Floats, Floats | None]:
        counts, add = self.counts, self._adders
        logits = np.clip(np.concatenate([given.advance_logit, given.told_no_logit]), -_FAR, _FAR)
        odds = np.exp(-logits)
        chances = 1.0 / (1.0 + odds)
        value = add["either"] @ np.log(chances) - add["not"] @ logits  # log(1 - p) is log(p) less the logit
        kinds = len(counts.kinds)
        not_chances = odds * chances
        p, w, not_p, not_w = chances[:kinds], chances[kinds:], not_chances[:kinds], not_chances[kinds:]
        laws = []
        for name, log_days, log_shape in (
            ("advance", given.advance_log_days, given.advance_log_shape),
            ("no", given.no_log_days, given.no_log_shape),
        ):
            family = self.model.assumptions.delay_family
            law = Law(getattr(counts, name), self._edges[name], log_days, log_shape, family)
            value += self._bundles[name].total(law.between) + add[f"{name}_whole"] @ np.log(law.whole)
            laws.append(law)
        advance, no = laws
        silent, site = counts.open_silence, counts.open_site
        of_kind = p.take(counts.open_kind, axis=0)
        quiet = (not_w[self._silent_site] + w[self._silent_site] * no.still).take(silent, axis=0)
        chance = of_kind * advance.still.take(silent, axis=0)
        chance += not_p.take(counts.open_kind, axis=0) * quiet
        np.maximum(chance, TINY, out=chance)
        value += add["open"] @ np.log(chance)
        if not slope:
            return value, None
        scatter = self._scatter
        per = 1.0 / chance
        by_theta = of_kind * not_p[counts.open_kind] * (advance.still[silent] - quiet) * per
        other = not_p[counts.open_kind] * per
        by_omega = other * w[site] * not_w[site] * (no.still[silent] - 1.0)
        theta = counts.advanced[:, None] * not_p - counts.not_advanced[:, None] * p + scatter["open_kind"] @ by_theta
        omega = counts.told_no[:, None] * not_w - counts.never[:, None] * w + scatter["open_site"] @ by_omega
        advance_y = advance.slope(scatter["open_silence"] @ (of_kind * per))
        no_y = no.slope(scatter["open_silence"] @ (other * w[site]))
        rows = [
            theta,
            omega,
            -(scatter["advance_site"] @ (advance_y * advance.rate)),
            -(scatter["no_site"] @ (no_y * no.rate)),
            -(scatter["advance_step"] @ (advance_y * advance.position)),
            -(scatter["no_step"] @ (no_y * no.position)),
        ]
        return value, np.concatenate(rows)


def _sums(groups: Indices, size: int, weights: Floats | None = None) -> Floats:
    """The matrix that adds rows up by group: (size, rows)."""
    matrix = np.zeros((size, groups.size))
    matrix[groups, np.arange(groups.size)] = 1.0 if weights is None else weights
    return matrix
