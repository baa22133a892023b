"""Does it carry over: a model file learned from one half of a cohort forecasts the other half, beside the file it
started from. Scored as in a backtest, each seeker counted once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np

from offercast.cohort.driver import Lost, Workers, run_parts
from offercast.cohort.executors import Here
from offercast.cohort.learn import LEAST, Ask, Learned, learn
from offercast.cohort.seeker import seed_of
from offercast.cohort.source import Cohort, Part, read_part
from offercast.errors import OffercastError
from offercast.history.records import History
from offercast.inference.fit import fit
from offercast.inference.sample import Progress, unseen
from offercast.inference.summary import Interval
from offercast.modelfile import ModelFile
from offercast.trust.backtest import NEXT, OFFER, Origin, Plans, origins, outcomes_of
from offercast.trust.says import DRAWS, OfPosterior
from offercast.trust.study import thinned

PLANS = Plans(every_days=28, first_after_applications=5, last_days_before_end=14, weeks=(4, 8))
LOOKS = 2
"""Days at which each seeker is looked at, at most: the first one and one in the middle."""
SEEKERS = 300
FEWEST = 4 * LEAST
"""Seekers of a cohort from which on it can be seen whether what one half teaches carries over."""
BOOTSTRAP = 2000
FROM, TO = 0, 1
"""The half that is learned from, and the half that is forecast."""


@dataclass(frozen=True)
class Transport:
    """How the other half was forecast, by the learned file and by the one it started from.

    `skill` is by how much the mean CRPS is smaller (0.1: by a tenth), `gain` by how many nats a forecast the log score
    is better, each with a 90 % interval from drawing seekers with replacement. `inside` holds the shares of what came
    that lay in the central 80 %, for the start and the learned file.
    """

    learned: Learned
    seekers: int
    forecasts: int
    skill: Interval
    gain: Interval
    inside: tuple[float, float]

    @property
    def better(self) -> bool:
        """Whether the learned file forecast others better, clearly: the whole interval of the log score says so."""
        return self.gain.low > 0.0


def transport(
    cohort: Cohort,
    model: ModelFile,
    *,
    today: date,
    name: str,
    seed: int = 1,
    learn_from: int = SEEKERS,
    seekers: int = SEEKERS,
    workers: Workers | None = None,
    progress: Progress = unseen,
) -> Transport:
    """Learn from one half of a cohort and forecast the other.

    Args:
        cohort: from `open_cohort`.
        model: the file to start from, and the rival.
        today: the day of the look.
        name: of the learned file.
        seed: of all random numbers; halves are taken by a hash of the seeker's name.
        learn_from: seekers of the one half that are learned from at most.
        seekers: seekers of the other half that are forecast at most.
        workers: where the work is done.
        progress: called with what is being done and the share done.

    Raises:
        CommandError: one half holds too few seekers.
        OffercastError: nobody of the other half has a log long enough to look back at.
    """
    half_learned = learn(
        cohort,
        model,
        today=today,
        name=name,
        seed=seed,
        seekers=learn_from,
        half=FROM,
        workers=workers,
        progress=progress,
    )
    share = min(1.0, seekers / max(0.5 * cohort.seekers, 1.0))
    job = partial(score_part, ask=Ask(model, today, seed, 0, share, TO), files=(model, half_learned.model))
    scores: list[np.ndarray] = []
    for done, (_, found) in enumerate(run_parts(cohort.parts, job, workers or Here()), 1):
        if not isinstance(found, Lost):
            scores += found
        progress("forecasting the other half", done / len(cohort.parts))
    if not scores:
        raise OffercastError("no log of the other half is long enough to look back at.")
    return _judged(half_learned, scores, np.random.default_rng(seed))


def score_part(part: Part, *, ask: Ask, files: tuple[ModelFile, ModelFile]) -> list[np.ndarray]:
    """The scores of a part's seekers: (forecast, file, [CRPS, log score, inside 80 %]) for each."""
    found = []
    for name, history in read_part(part, ask.model.ladder):
        if isinstance(history, Exception) or not ask.takes(name):
            continue
        try:
            rows = list(_scores(history, ask.today, files, seed_of(name, ask.seed)))
        except OffercastError:
            continue
        if rows:
            found.append(np.array(rows))
    return found


def _scores(
    history: History, today: date, files: tuple[ModelFile, ...], seed: int
) -> Iterator[tuple[list[float], ...]]:
    past, _ = history.until(today)
    end = past.as_of(today)
    days = origins(past, end, PLANS)
    for day in sorted({days[len(days) * look // LOOKS] for look in range(LOOKS)}) if days else []:
        origin = Origin(past, day, end, PLANS)
        yield from zip(*(_of_file(origin, model, seed) for model in files), strict=True)


def _of_file(origin: Origin, model: ModelFile, seed: int) -> list[list[float]]:
    """The scores of one file's forecasts at one origin, target by target."""
    posterior = fit(origin.evidence, model=model, engine="importance", seed=seed)
    found = outcomes_of(origin, model.name, OfPosterior(thinned(posterior, DRAWS)), seed)
    # days of a wait are put beside counts: as a share of the window
    return [
        [one.crps / (7.0 * one.weeks if one.target in {NEXT, OFFER} else 1.0), one.log_score, one.inside(0.8)]
        for one in found
    ]


def _judged(learned: Learned, scores: list[np.ndarray], rng: np.random.Generator) -> Transport:
    """Means over seekers, and how they vary with who is in the cohort."""
    each = np.array([one.mean(axis=0) for one in scores])
    drawn = each[rng.integers(len(each), size=(BOOTSTRAP, len(each)))].mean(axis=1)

    def interval(of: np.ndarray, value: float) -> Interval:
        low, high = np.quantile(of, [0.05, 0.95])
        return Interval(value, float(low), float(high))

    start, mine = each.mean(axis=0)
    skill = interval(1.0 - drawn[:, 1, 0] / drawn[:, 0, 0], float(1.0 - mine[0] / start[0]))
    gain = interval(drawn[:, 0, 1] - drawn[:, 1, 1], float(start[1] - mine[1]))
    inside = float(start[2]), float(mine[2])
    return Transport(learned, len(each), int(sum(len(one) for one in scores)), skill, gain, inside)
