"""Slow or never: whether the log can tell an answer that is late from one that will not come.

The chance to advance hardly depends on it. The share that never hears anything does, for as long as most of the
applications have waited less than answers take; until then that share is the prior's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from offercast.inference.density import of_kinds
from offercast.inference.posterior import Posterior
from offercast.inference.summary import against_prior
from offercast.inference.waits import Floats, cdf, logistic

NOT_YET, PARTLY = 0.7, 0.4
"""The share that never hears is called mostly prior where its posterior sd (in logits) is over 0.7 of its prior sd,
partly prior from 0.4 on. Measured by moving the prior by one logit in simulated searches: over 0.7 the answer moved
by about a whole posterior sd, below 0.4 by less than half of one."""

ANSWERED = 0.8
"""A silence is called aged once this share of the answers that come would have come."""

KEPT = 0.8
"""The share of a settled application's information that is left after not knowing exactly how long answers take."""

ENOUGH_DRAWS = 500
"""Posterior draws that the ages are averaged over: the error is below 2 in 100 applications."""


@dataclass(frozen=True)
class StepAge:
    """How old the silence at a step is.

    `young` of the `still_open` applications have not yet waited as long as 80 % of the answers at this step take:
    an expected number, averaged over the posterior.
    """

    step: str
    still_open: int
    young: float


@dataclass(frozen=True)
class SlowOrNever:
    """Whether silence can be told from slowness, at the first step that an employer decides.

    Args:
        step: that step.
        never: posterior sd over prior sd of the logit of being told no otherwise, averaged over tracks.
        slow: the same for the log median wait of a no.
        settled: how many applications have been answered, or have been silent for longer than 80 % of the answers
            take: what the log can learn from.
        needed: about how many such applications would bring `never` down to 0.4.
        weeks: after how many weeks those in flight will have aged enough to reach `needed`, with nothing new sent;
            None where they are too few, or where `needed` is reached.
        ages: how old the silence is at each step with open applications.
    """

    step: str
    never: float
    slow: float
    settled: float
    needed: int
    weeks: int | None
    ages: tuple[StepAge, ...]

    @property
    def told_apart(self) -> Literal["yes", "partly", "not yet"]:
        """Whether the log, rather than the prior, says how many never hear."""
        if self.never > NOT_YET:
            return "not yet"
        return "partly" if self.never > PARTLY else "yes"


def slow_or_never(posterior: Posterior) -> SlowOrNever:
    """Judge whether a posterior tells silence from slowness, and what would settle it.

    `needed` is a rough guide, in the right order of magnitude: see `needed_to_settle`.
    """
    first = posterior.ladder.steps_to_goal(posterior.ladder.reference.id)[0]
    prior = posterior.model.step_prior(posterior.ladder.steps[first].id)
    answered = float(posterior.evidence.counts()[:, first, :2].sum())
    aged, waits = _ages(posterior)
    settled = answered + float(sum(1.0 - share for step, share, _ in waits if step == first))
    told_no = float(posterior.told_no[..., first].mean())
    needed = needed_to_settle(prior.told_no.sd, told_no, float(posterior.advance[:, :, :, 0, first].mean()))
    due = sorted(days for step, share, days in waits if step == first and share >= 0.5)
    return SlowOrNever(
        step=posterior.ladder.steps[first].id,
        never=against_prior(posterior, first, "told_no").width,
        slow=against_prior(posterior, first, "no_wait").width,
        settled=settled,
        needed=needed,
        weeks=_weeks(needed, settled, due),
        ages=aged,
    )


def needed_to_settle(prior_sd: float, told_no: float, advance: float, goal: float = PARTLY) -> int:
    """About how many settled applications bring posterior sd / prior sd of a logit share down to `goal`: two digits.

    Of n settled applications n (1 - advance) did not move on, and say by being told no, or not, what the share is:
    they hold n (1 - advance) w (1 - w) of information about its logit, against 1 / prior_sd^2 of the prior. A fifth
    is lost to not knowing exactly how long answers take (measured in simulated searches: a seventh where all had
    aged, a third where half had).

    >>> needed_to_settle(0.8, told_no=0.5, advance=0.08)  # (1/.4^2 - 1) / .64 / (.92 * .25) / .8 = 44.6
    45
    """
    missing = (1.0 / goal**2 - 1.0) / prior_sd**2
    each = KEPT * (1.0 - advance) * told_no * (1.0 - told_no)
    return math.ceil(float(f"{missing / each:.1e}"))


def _weeks(needed: int, settled: float, due: list[float]) -> int | None:
    """Weeks until so many of the young silences have aged that `needed` is reached."""
    if needed <= settled:
        return None
    missing = math.ceil(needed - settled)
    return math.ceil(due[missing - 1] / 7) if missing <= len(due) else None


def _ages(posterior: Posterior) -> tuple[tuple[StepAge, ...], list[tuple[int, float, float]]]:
    """By step how much silence is young; and of each open application (step, chance to be young, days to go)."""
    rows = posterior.evidence.in_flight
    kinds = sorted({(row.track, row.channel, row.step) for row in rows})
    by_kind = np.sort(_late(posterior, np.array(kinds)), axis=0).T if kinds else ()
    late: dict[tuple[int, int, int], Floats] = dict(zip(kinds, by_kind, strict=True))
    waits, ages = [], {}
    for row in rows:
        reached = late[row.track, row.channel, row.step]
        silent = (row.shortest + row.longest) / 2 + 0.5
        share = 1.0 - float(np.searchsorted(reached, silent, side="right")) / reached.size
        to_go = max(reached.item(reached.size // 2) - silent, 0.0)
        waits += [(row.step, share, to_go)] * row.count
        total, young = ages.get(row.step, (0, 0.0))
        ages[row.step] = (total + row.count, young + row.count * share)
    steps = posterior.ladder.steps
    found = (
        StepAge(steps[s].id, total, young)
        for s, (total, young) in sorted(ages.items())
        if steps[s].decided_by == "employer"
    )
    return tuple(found), waits


def _late(posterior: Posterior, kinds: np.ndarray) -> Floats:
    """The day by which 80 % of the answers that come have come, yes and no together: (draw, kind); by bisection."""
    thin = slice(None, None, max(1, len(posterior.flat("scale")) // ENOUGH_DRAWS))
    at = of_kinds(posterior, kinds, thin)
    assumed = posterior.model.assumptions
    horizon, family = assumed.horizon_days, assumed.delay_family
    yes, other = logistic(at.advance_logit), logistic(at.told_no_logit)
    low, high = np.zeros(yes.shape), np.full(yes.shape, horizon)
    for _ in range(20):
        middle = 0.5 * (low + high)
        come = yes * cdf(middle, at.advance_log_days, at.advance_shape, horizon, family=family)
        come += (1.0 - yes) * other * cdf(middle, at.no_log_days, at.no_shape, horizon, family=family)
        reached = come >= ANSWERED * (yes + (1.0 - yes) * other)
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return high
