"""Every open application: the chance that it still moves on, that it will ever answer, and until when to expect it.

With p the chance to advance, w that of a no given no advance, F and G the cdfs of their waits and e the silent days, an
application is silent so far in three ways: a yes to come, p (1 - F(e)); a no to come, (1 - p) w (1 - G(e)); nothing
ever, (1 - p) (1 - w). What each of them is of their sum is its chance now (Bayes' rule; a mixture cure model with two
answers). Source: Maller and Zhou, Survival Analysis with Long-Term Survivors (1996), section 1.3.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from offercast.evidence.evidence import known_history
from offercast.evidence.spells import Climb, spells
from offercast.forecast.streams import possible_waits
from offercast.history.records import History
from offercast.inference.posterior import Posterior
from offercast.inference.summary import Interval, interval
from offercast.inference.waits import Floats, cdf

MOST_ANSWERS = 0.9
"""The day is said by which this share of the answers that still come have come."""
_ENOUGH_DRAWS = 500
WORTH_A_LINE = 0.1
"""A follow-up is suggested where an answer of any kind is still at least this likely."""


@dataclass(frozen=True)
class Open:
    """One application that waits, or several alike: where, and for how many days (between two bounds, if unknown).

    `id` is that of the application in its log, where it is one.
    """

    name: str
    track: str
    channel: str
    stage: str
    shortest: int
    longest: int
    count: int = 1
    id: str = ""


@dataclass(frozen=True)
class Waiting:
    """What an open application's silence leaves of it.

    `advances` is the chance that it still moves on to the next stage, `answers` that it is ever answered, yes or no,
    `offer` that it still brings an offer, each as posterior median with its 90 % interval; `mean_advances`,
    `mean_answers` and `mean_offer` are the chances to bet on. `days_to_most` is the number of further days in which 9
    of 10 of the answers that still come have come; None where none is to be expected. `follow_up`: it has been silent
    for longer than half of the answers of its kind take, and an answer is still likely enough to ask for one.
    """

    application: Open
    advances: Interval
    mean_advances: float
    answers: Interval
    mean_answers: float
    offer: Interval
    mean_offer: float
    days_to_most: int | None
    follow_up: bool


def open_applications(history: History, *, as_of: date, unknown_age_days: int = 60) -> list[Open]:
    """The applications that wait for an employer's answer as of a day, in the order of the log.

    Args:
        history: the log.
        as_of: the day; nothing later is looked at.
        unknown_age_days: the age given to one without any date.
    """
    found = []
    for application in known_history(history, as_of, history.last_date).applications:
        climb = Climb(application, history.ladder, as_of=as_of)
        for spell in spells(climb):
            if spell.outcome == "open" and spell.in_flight:
                known = spell.shortest is not None and spell.longest is not None
                shortest, longest = (spell.shortest, spell.longest) if known else (unknown_age_days,) * 2
                found.append(
                    Open(
                        name=application.company or application.title or application.id,
                        track=application.track,
                        channel=application.channel,
                        stage=history.ladder.steps[spell.step].start,
                        shortest=shortest or 0,
                        longest=longest or 0,
                        id=application.id,
                    )
                )
    return found


def counted_applications(posterior: Posterior) -> list[Open]:
    """The same from a fit, which knows no single application: those alike stand together, without a name."""
    evidence, ladder = posterior.evidence, posterior.ladder
    return [
        Open(
            name="",
            track=evidence.tracks[row.track],
            channel=ladder.channels[row.channel].id,
            stage=ladder.steps[row.step].start,
            shortest=row.shortest,
            longest=row.longest,
            count=row.count,
        )
        for row in evidence.in_flight
    ]


def open_or_counted(posterior: Posterior, history: History | None) -> list[Open]:
    """The open applications of the log that a posterior was fitted to, or, without it, those alike together."""
    if history is None:
        return counted_applications(posterior)
    evidence = posterior.evidence
    return open_applications(history, as_of=evidence.as_of, unknown_age_days=evidence.unknown_age_days)


@dataclass(frozen=True)
class Silence:
    """All open applications, most hopeful first, and the chance that at least one of them still moves on."""

    rows: tuple[Waiting, ...]
    any_moves_on: float

    @property
    def count(self) -> int:
        """How many applications wait."""
        return sum(row.application.count for row in self.rows)


def waiting(posterior: Posterior, applications: Iterable[Open]) -> Silence:
    """What each silence leaves. Equal applications are computed once.

    Raises:
        CommandError: an application's track or channel is not in the posterior.
    """
    known: dict[tuple[str, str, str, int, int], tuple[Waiting, Floats]] = {}
    found = []
    none_moves = np.ones(posterior.flat("advance_logit").shape[0])
    for application in applications:
        key = (application.track, application.channel, application.stage, application.shortest, application.longest)
        if key not in known:
            known[key] = _weigh(posterior, application)
        one, draws = known[key]
        none_moves = none_moves * (1.0 - draws) ** application.count
        found.append(replace(one, application=application))
    rows = tuple(sorted(found, key=lambda w: -w.mean_advances))
    return Silence(rows, 1.0 - float(none_moves.mean()))


def _weigh(posterior: Posterior, application: Open) -> tuple[Waiting, Floats]:
    """The numbers of one application, and its chance to move on in each draw."""
    ladder, horizon = posterior.ladder, posterior.model.assumptions.horizon_days
    k, c = posterior.track_index(application.track), posterior.channel_index(application.channel)
    step = ladder.step_index[application.stage]
    later = list(ladder.steps_to_goal(application.channel, application.stage))[1:]
    advance = posterior.advance.reshape(-1, *posterior.advance.shape[2:])[:, k, c]
    p, rest = advance[:, step, None], np.prod(advance[:, later], axis=1)
    w = posterior.told_no.reshape(-1, *posterior.told_no.shape[2:])[:, k, step, None]
    waited = possible_waits(application.shortest, application.longest, horizon)

    def parts(days: Floats, every: int = 1) -> tuple[Floats, Floats]:
        """A yes to come and a no to come after so many days (point,), by draw (each `every`-th one) and point."""
        laws = [
            cdf(
                days,
                posterior.flat(f"{kind}_log_days")[::every, k, step, None],
                np.exp(posterior.flat(f"{kind}_log_shape")[::every, step, None]),
                horizon,
                family=posterior.model.assumptions.delay_family,
            )
            for kind in ("advance", "no")
        ]
        return p[::every] * (1.0 - laws[0]), (1.0 - p[::every]) * w[::every] * (1.0 - laws[1])

    yes, no = parts(waited)
    silent = (yes + no + (1.0 - p) * (1.0 - w)).mean(axis=1)  # over the days on which it can have begun
    silent[silent == 0.0] = np.inf  # a silence that a draw takes to be impossible is one for ever
    advances, answers = yes.mean(axis=1) / silent, (yes + no).mean(axis=1) / silent
    to_come = float(answers.mean())

    every = max(answers.size // _ENOUGH_DRAWS, 1)  # a whole number of days needs no more
    some_to_come = float(answers[::every].mean())

    def most_came(further: int) -> bool:
        """Whether most of the answers to come have come after so many further days: once true, it stays so."""
        left = sum(part.mean(axis=1) for part in parts(waited + further, every))
        return float((left / silent[::every]).mean()) <= (1 - MOST_ANSWERS) * some_to_come

    days_to_most = bisect_left(range(int(horizon) + 1), x=True, key=most_came)
    at_start = sum(part.mean() for part in parts(np.zeros(1)))
    now = sum(part.mean() for part in (yes, no))
    numbers = Waiting(
        application=application,
        advances=interval(advances),
        mean_advances=float(advances.mean()),
        answers=interval(answers),
        mean_answers=to_come,
        offer=interval(advances * rest),
        mean_offer=float((advances * rest).mean()),
        days_to_most=days_to_most if to_come > 0 and days_to_most <= horizon else None,
        follow_up=bool(now < at_start / 2 and to_come >= WORTH_A_LINE),
    )
    return numbers, advances
