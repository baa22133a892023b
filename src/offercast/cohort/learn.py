"""A model file from many seekers: how much people differ, learned from what each of their logs says alone.

Divide and conquer: each seeker is fitted alone under a working prior, wherever there is a worker. Of the draws that are
taken only sums come back, which are all that a step needs: by Fisher's identity the gradient of the cohort's likelihood
in the means and sds between people is the sum over seekers of the posterior mean of the complete-data score, and by
Louis' formula its curvature is the complete-data information less the sum of the scores' posterior covariances. The
working prior makes Newton steps on these, of bounded length, to the mode that EM would come to; draws being random, it
would not stay there, so that from some round on the steps shrink as 1, 1/2, 1/3 ..., which averages over rounds. Memory
does not grow with the cohort.

Around the mode means and sds are taken to be normal with that curvature, averaged over the same rounds. (To sample them
by the ratio of priors at the draws does worse: over ninety dimensions few draws carry the weight, and what is found is
too narrow; docs/decisions/learning.md.)

Means and sds have priors of their own: a mean is taken to lie about as far from the file's as one person does, an sd
within a factor of about two and a half (95 %). Sources: Louis, JRSS B 44 (1982) 226-233; Delyon, Lavielle and Moulines,
Annals of Statistics 27 (1999) 94-128 (stochastic approximation EM).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import partial

import numpy as np

from offercast.cohort.between import Between, Quantity
from offercast.cohort.driver import Lost, Workers, run_parts
from offercast.cohort.executors import Here
from offercast.cohort.seeker import seed_of
from offercast.cohort.source import Cohort, Part, read_part
from offercast.errors import CommandError, OffercastError
from offercast.evidence.evidence import Evidence, gather
from offercast.history.records import History
from offercast.inference.fit import fit
from offercast.inference.sample import Progress, unseen
from offercast.inference.summary import Interval, interval
from offercast.inference.waits import Floats
from offercast.modelfile import ModelFile

SEEKERS = 2000
"""Seekers that are learned from at most; beyond, means and sds are known to a few hundredths."""
LEAST = 20
"""Seekers who must have come to a step, or used a channel, before anything of it is learned and told."""
DRAWS = 1024
"""Draws of each seeker in each round."""
MEAN_WIDTH, SD_WIDTH = 1.0, 0.45
"""Sd of a mean's prior, in sds between people; sd of the logarithm of an sd."""
STEP, LOG_STEP = 0.7, 0.4
"""How far a mean (in sds between people) and the logarithm of an sd move at most in a round."""
CLOSE, MOST_ROUNDS, AVERAGED = 0.75, 8, 6
"""Once a round moves things by less than this (root mean square, in posterior sds), or after so many rounds, steps
shrink; and over how many rounds that averages."""
SAMPLED = 2000
"""Draws of means and sds in the end."""


@dataclass(frozen=True)
class Ask:
    """What is asked of every seeker who is learned from.

    `share`: of seekers, by a hash of the name; `half` is 0 or 1 for one half of all by another hash, None for all. Each
    round has its `number`, random numbers of its own, and the same seekers.
    """

    model: ModelFile
    today: date
    seed: int
    number: int
    share: float = 1.0
    half: int | None = None

    def takes(self, seeker: str) -> bool:
        """Whether this seeker is one of them."""
        mine = self.half is None or half_of(seeker, self.seed) == self.half
        return mine and (self.share >= 1.0 or seed_of(f"share:{seeker}", self.seed) < self.share * 2.0**32)


def half_of(seeker: str, seed: int) -> int:
    """Which half of a cohort a seeker belongs to, where it is cut in two: 0 or 1."""
    return seed_of(f"half:{seeker}", seed) % 2


@dataclass(frozen=True)
class Told:
    """What some seekers tell about means and sds between people, added up over them, at the working prior.

    In units of the working sds: `score` (2 quantity,) of the means and of the logarithms of the sds; `information`
    (2 quantity, 2 quantity), that of complete data less what is missing; `counts` (quantity,) of seekers that tell
    about each; and the numbers of seekers used, of logs that never name a stage and of logs that cannot be read.
    """

    score: Floats
    information: Floats
    counts: np.ndarray
    used: int
    merged: int
    failed: int

    @classmethod
    def none(cls, size: int) -> Told:
        """Of nobody."""
        return cls(np.zeros(2 * size), np.zeros((2 * size, 2 * size)), np.zeros(size, dtype=int), 0, 0, 0)

    def __add__(self, other: Told) -> Told:
        """What both tell."""
        return Told(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Told)))


def told_by(standard: Floats, touched: np.ndarray) -> Told:
    """What one seeker tells: `standard` (draw, quantity) is less the working means, over the working sds."""
    z = np.where(touched, standard, 0.0)
    square = z * z
    scores = np.concatenate([z, np.where(touched, square - 1.0, 0.0)], axis=1)
    mean, second = z.mean(axis=0), square.mean(axis=0)
    score = scores.mean(axis=0)
    away = scores - score
    information = -(away.T @ away) / len(away)
    n, each = z.shape[1], np.arange(z.shape[1])
    information[each, each] += touched
    information[n + each, n + each] += 2.0 * second
    information[each, n + each] += 2.0 * mean
    information[n + each, each] += 2.0 * mean
    return Told(score, information, touched.astype(int), 1, 0, 0)


def told_by_part(part: Part, *, ask: Ask) -> Told:
    """Fit the seekers of a part alone, and add up what they tell."""
    between = Between.of(ask.model)
    told = Told.none(len(between.quantities))
    for name, history in read_part(part, ask.model.ladder):
        if not ask.takes(name):
            continue
        evidence = evidence_of(history, ask.today)
        if evidence is None:
            told = replace(told, failed=told.failed + 1)
        elif evidence.implied:
            told = replace(told, merged=told.merged + 1)
        else:
            seed = seed_of(f"{ask.number}:{name}", ask.seed)
            posterior = fit(evidence, model=ask.model, engine="importance", seed=seed, draws=DRAWS)
            standard = (between.drawn(posterior) - between.mean) / between.sd
            told += told_by(standard, between.touched(evidence))
    return told


def evidence_of(history: History | Exception, today: date) -> Evidence | None:
    """What a log tells as of a day; None where it cannot be read or tells nothing."""
    if isinstance(history, Exception):
        return None
    try:
        past, _ = history.until(today)
        evidence = gather(past, as_of=past.as_of(today))
    except OffercastError:
        return None
    return evidence if evidence.cells else None


class Prior:
    """Of means and sds between people themselves, in units of the working ones: independent normal laws."""

    def __init__(self, start: Between, working: Between) -> None:
        self.centre = np.concatenate([(start.mean - working.mean) / working.sd, np.log(start.sd / working.sd)])
        self.width = np.concatenate([MEAN_WIDTH * start.sd / working.sd, np.full(len(start.sd), SD_WIDTH)])

    @property
    def slope(self) -> Floats:
        """The gradient of the log density at the working ones: (2 quantity,)."""
        return self.centre / self.width**2


@dataclass(frozen=True)
class Learned:
    """What a cohort says about how people differ.

    `mean` and `sd` hold draws (draw, quantity) of the means and sds between people, on the scales of `start`; `seekers`
    how many seekers tell about each quantity. `merged` and `failed` were left out: logs that never name a stage (which
    say nothing about single steps), and logs that cannot be read. `moved` is the root mean square of the last step
    (before it was shortened), in posterior sds: half of it, or a third, is what the draws' own noise leaves in a mean.
    """

    model: ModelFile
    start: Between
    mean: Floats
    sd: Floats
    seekers: np.ndarray
    used: int
    merged: int
    failed: int
    rounds: int
    moved: float

    @property
    def known(self) -> np.ndarray:
        """Which quantities enough seekers tell about."""
        return self.seekers >= LEAST

    def mean_of(self, quantity: Quantity) -> Interval:
        """The mean between people of a quantity, with its 90 % interval."""
        return interval(self.mean[:, self.start.place[quantity]])

    def sd_of(self, quantity: Quantity) -> Interval:
        """The sd between people of a quantity, with its 90 % interval."""
        return interval(self.sd[:, self.start.place[quantity]])


def learn(
    cohort: Cohort,
    model: ModelFile,
    *,
    today: date,
    name: str,
    seed: int = 1,
    seekers: int = SEEKERS,
    half: int | None = None,
    workers: Workers | None = None,
    progress: Progress = unseen,
) -> Learned:
    """Learn from a cohort how much people differ, and write it as a model file.

    Args:
        cohort: from `open_cohort`.
        model: the file to start from; what too few seekers tell about stays as it is there.
        today: the day of the look.
        name: of the new file.
        seed: of all random numbers, and of who is picked.
        seekers: how many are learned from at most.
        half: 0 or 1: learn from one half of the cohort alone (see `transport`).
        workers: where seekers are fitted; this process where None.
        progress: called with what is being done and the share done.

    Raises:
        CommandError: fewer seekers than may be told about, or a file with a weight of its own.
    """
    if model.assumptions.prior_weight != 1.0:
        raise CommandError("learn from a model file whose priors have weight 1: leave out prior_weight.")
    start = working = Between.of(model)
    there = cohort.seekers * (1.0 if half is None else 0.5)
    share = min(1.0, seekers / max(there, 1.0))
    where, n = workers or Here(), len(start.quantities)

    def look(number: int) -> Told:
        ask = Ask(working.model, today, seed, number, share, half)
        told = _all(cohort.parts, partial(told_by_part, ask=ask), where, partial(progress, f"round {number}"))
        if told.used < LEAST:
            raise CommandError(
                f"{told.used} seekers can be learned from; at least {LEAST} are needed, so that nobody's own numbers"
                " are told."
            )
        return told

    rounds, averaged, information = 0, 0, np.zeros((2 * n, 2 * n))
    while averaged < AVERAGED:
        rounds += 1
        told = look(rounds)
        step, factor = newton(told.score, told.information, Prior(start, working))
        moved = _size(step, factor, told.counts)
        if averaged or moved < CLOSE or rounds >= MOST_ROUNDS:
            averaged += 1
            information += told.information / AVERAGED
            step /= averaged
        working = _moved(start, working.mean + working.sd * step[:n], working.sd * np.exp(step[n:]))
    _, factor = newton(told.score, information, Prior(start, working))
    drawn = np.random.default_rng(seed).standard_normal((SAMPLED, 2 * n)) @ factor.T
    return _learned(start, working, drawn, told, Story(rounds, moved, name, today))


def _size(step: Floats, factor: Floats, counts: np.ndarray) -> float:
    """Root mean square of a step in posterior sds, over what enough seekers tell about."""
    far = (step / np.sqrt(np.sum(factor**2, axis=1)))[np.tile(counts >= LEAST, 2)]
    return float(np.sqrt(np.mean(far**2))) if far.size else 0.0


def _all(parts: Sequence[Part], job: Callable[[Part], Told], workers: Workers, progress) -> Told:  # noqa: ANN001
    """What all parts tell, added up in their order, whatever the order in which they are done."""
    found: dict[str, Told] = {}
    for part, told in run_parts(parts, job, workers):
        if not isinstance(told, Lost):
            found[part.key] = told
        progress(min(len(found) / len(parts), 1.0))  # a part that was cut counts twice
    if not found:
        raise CommandError("no part of the cohort could be worked at.")
    first, *others = (found[key] for key in sorted(found))
    for one in others:
        first += one
    return first


def newton(score: Floats, information: Floats, prior: Prior) -> tuple[Floats, Floats]:
    """A step towards the mode, and a factor F of the covariance F F' around it, in units of the working prior."""
    scale = 1.0 / prior.width
    # what is known of a quantity is at least what its own prior knows: draws are noisy where logs tell little
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    factor = (vectors / np.sqrt(1.0 + np.maximum(values, 0.0))) / scale[:, None]
    step = factor @ (factor.T @ (score + prior.slope))
    n = step.size // 2
    return np.concatenate([np.clip(step[:n], -STEP, STEP), np.clip(step[n:], -LOG_STEP, LOG_STEP)]), factor


def _moved(start: Between, mean: Floats, sd: Floats) -> Between:
    """The working prior with other means and sds: a model file like any other, for the engines."""
    told = dict.fromkeys(start.quantities, (1, "a working prior"))
    return Between.of(start.file(mean, sd, told, name="working", source="a cohort", year=2000))


@dataclass(frozen=True)
class Story:
    """How something was learned."""

    rounds: int
    moved: float
    name: str
    today: date


def _learned(start: Between, working: Between, drawn: Floats, told: Told, story: Story) -> Learned:
    n = len(start.quantities)
    mean = working.mean + working.sd * drawn[:, :n]
    sd = working.sd * np.exp(drawn[:, n:])
    # what somebody new is expected to be: people's spread, and what is not known of its middle
    wide = np.sqrt(np.mean(sd**2, axis=0) + mean.var(axis=0))
    reasons = {
        quantity: (int(told.counts[i]), reason_of(quantity, mean[:, i], sd[:, i]))
        for i, quantity in enumerate(start.quantities)
        if told.counts[i] >= LEAST
    }
    source = f"learned from {told.used:,} seekers of a cohort, up to {story.today}"
    made = start.file(mean.mean(axis=0), wide, reasons, name=story.name, source=source, year=story.today.year)
    return Learned(
        made, start, mean, sd, told.counts, told.used, told.merged, told.failed, story.rounds, story.moved,
    )  # fmt: skip


def reason_of(quantity: Quantity, mean: Floats, sd: Floats) -> str:
    """What the draws say of a quantity, with 90 % intervals, in its own unit."""
    low, high = np.quantile(mean, [0.05, 0.95])
    if quantity.kind in {"mu", "nu"}:
        low, high = (1.0 / (1.0 + np.exp(-at)) for at in (low, high))
    elif quantity.kind != "channel":
        low, high = np.exp(low), np.exp(high)
    narrow, wide = np.quantile(sd, [0.05, 0.95])
    what = {"mu": "median", "nu": "median", "channel": f"{quantity.when}: middle", "scale": "median"}
    said = what.get(quantity.kind, "median" if quantity.kind.startswith("m_") else "shape")
    return f"{said} {low:.3g} to {high:.3g}, sd between people {narrow:.2g} to {wide:.2g} (90 %)"
