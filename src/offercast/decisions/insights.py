"""Insights: what a log says about a search, as typed facts, each stated only where the posterior supports it.

Every fact carries the numbers of its sentence, and how sure it is. What was looked for and not found is kept, too: the
absence of a claim is not a claim of absence. How often one is made where there is nothing: docs/calibration.md.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from offercast.decisions.compare import begun
from offercast.decisions.facts import (
    KINDS,
    OF_THE_LOG,
    AppliedOnly,
    Doors,
    Drift,
    Fact,
    Inertia,
    Insights,
    Moves,
    OnlyPrior,
    Quiet,
    Solid,
    Stall,
    Streak,
)
from offercast.decisions.levers import employers_steps, levers, sooner_with_more
from offercast.decisions.luck import (
    chance_moved,
    chance_of_run,
    longest_run,
    recent_answers,
    sent_in_order,
    trend,
)
from offercast.decisions.slope import regress
from offercast.errors import CommandError
from offercast.evidence.bins import EDGES
from offercast.evidence.evidence import RECENT_DAYS
from offercast.forecast.plan import Plan
from offercast.history.records import History
from offercast.inference.posterior import Posterior
from offercast.inference.sensitivity import is_sampled
from offercast.inference.summary import interval, support
from offercast.inference.waits import Floats, cdf
from offercast.ladder import Channel

SURE, CHANGED = 0.95, 0.975
"""Posterior chances from which a claim is made: one that names a direction beforehand, and one that could go either
way, or that several steps are searched for."""
MANY_UNSENT = 0.1
"""Inertia is worth a line where more than this share of the jobs found are not applied for."""
SOLID = 2 / 3
"""A step is called solid where more than this share get past it."""
LEAST_RUN = 8
"""Shorter runs without an answer are not worth a line."""
QUIET, LEAST_EXPECTED = 0.5, 2.0
"""A stretch is called quiet where at most this share of the answers came that were to be expected, of at least two."""
CHANNEL_SD = 1.5
"""Prior sd of a channel's effect, in logits, for someone who expects none."""
FEWEST = 3
"""Through a channel, or in a track, before anything is said about it."""
_BETAS, _SEED = 100_000, 1
LONG_ENOUGH, SENT_ENOUGH = 56, 20
"""Days and applications from which on a drift is looked for."""


def insights(
    posterior: Posterior, history: History | None = None, *, plan: Plan | None = None, date_too: bool = True
) -> Insights:
    """Find what a log says about a search.

    Args:
        posterior: the fit of the log.
        history: the log itself, for what depends on the order of the applications.
        plan: what will be sent, for what moves the date; the seeker's own recent pace where None.
        date_too: look for what moves the date as well (a second or two).

    Raises:
        CommandError: the posterior is not that of the silence model, so that its draws say nothing of how sure it is.
    """
    if not is_sampled(posterior):
        raise CommandError("insights need a fit of the full model: leave out --engine independent.")
    facts: list[Fact] = [
        *_inertia(posterior, plan),
        *_steps(posterior),
        *_applied_only(posterior),
        *_doors(posterior),
    ]
    if history is not None:
        facts += _in_order(posterior, history)
    facts += _moves(posterior, plan) if date_too else []
    facts += _only_prior(posterior)
    facts.sort(key=lambda fact: KINDS.index(type(fact)))
    unasked = (*(OF_THE_LOG if history is None else ()), *(() if date_too else (Moves,)))
    found = {type(fact) for fact in facts}
    return Insights(
        as_of=posterior.evidence.as_of,
        facts=tuple(facts),
        not_found=tuple(kind.__name__ for kind in KINDS if kind not in found and kind not in unasked),
        not_looked_for=tuple(kind.__name__ for kind in unasked),
    )


def _inertia(posterior: Posterior, plan: Plan | None) -> list[Fact]:
    ladder, evidence = posterior.ladder, posterior.evidence
    place = ladder.order[ladder.sent]
    if not (evidence.inertia and place):
        return []
    step = ladder.step_index[ladder.stages[place - 1].id]
    counts = evidence.counts()[:, step].sum(axis=1)
    sent, found = float(evidence.counts()[:, step, 0].sum()), float(counts.sum())
    if found == 0:
        return []
    of_track = posterior.advance[..., 0, step].reshape(-1, len(posterior.tracks))
    unsent = 1.0 - of_track @ (counts / found)
    if float(np.mean(unsent > MANY_UNSENT)) < SURE:
        return []
    gain = sooner_with_more(posterior, plan, factor=found / sent) if sent else None
    return [Inertia(round(found), round(found - sent), interval(unsent), gain)]


def _steps(posterior: Posterior) -> list[Fact]:
    """The steps that stall, the furthest below what is usual first, and the solid ones."""
    stalls, solid = [], []
    for step, chance in came_to(posterior):
        high = float(np.mean(chance > SOLID))
        if step.sure >= CHANGED:
            stalls.append(step)
        elif high >= SURE and step.sure <= 0.5:
            solid.append(Solid(step.step, step.chance, step.usual, high))
    stalls.sort(key=lambda fact: fact.chance.median / fact.usual)
    solid.sort(key=lambda fact: -fact.chance.median)
    return [*stalls, *solid]


def came_to(posterior: Posterior) -> Iterator[tuple[Stall, Floats]]:
    """Every step of the employers' that some application came to, beside what is usual; and draws of its chance."""
    weight = posterior.evidence.counts().sum(axis=2)
    for s in employers_steps(posterior):
        if weight[:, s].any():
            chance, usual = _cold(posterior, s, weight[:, s])
            lower = float(np.mean(chance < usual))
            yield Stall(posterior.ladder.steps[s].id, interval(chance), usual, lower), chance


def _cold(posterior: Posterior, step: int, count: Floats) -> tuple[Floats, float]:
    """Chance of a step through the reference channel, averaged over the tracks that came to it, and the usual one."""
    of_track = posterior.advance[..., 0, step].reshape(-1, len(posterior.tracks))
    return of_track @ (count / count.sum()), posterior.model.step_prior(posterior.ladder.steps[step].id).advance.median


def _begins_further_up(posterior: Posterior, channel: Channel) -> bool:
    """Whether it is the employer who begins: it steps on above the stage of sending, without a lead-in of one's own."""
    ladder = posterior.ladder
    return not channel.lead_in and ladder.order[channel.steps_on] > ladder.order[ladder.sent]


def _conversations(posterior: Posterior) -> tuple[Floats, Floats]:
    """Conversations by track that began with an application, and those that came unasked."""
    ladder = posterior.ladder
    theirs = np.array([_begins_further_up(posterior, channel) for channel in ladder.channels])
    rows = posterior.evidence.table
    answered = rows[(rows["step"] == ladder.step_index[ladder.sent]) & (rows["outcome"] == 0)]
    own = np.zeros(len(posterior.tracks))
    np.add.at(own, answered["track"], answered["count"] * ~theirs[answered["channel"]])
    return own, begun(posterior)[:, theirs].sum(axis=1)


def _applied_only(posterior: Posterior) -> list[Fact]:
    rng = np.random.default_rng(_SEED)
    own, unasked = _conversations(posterior)
    found: list[Fact] = []
    for k, track in enumerate(posterior.tracks):
        others = unasked.sum() - unasked[k], own.sum() - own[k]
        if unasked[k] or own[k] < FEWEST or not others[0]:
            continue
        here = rng.beta(0.5, own[k] + 0.5, _BETAS)  # Jeffreys' prior, and none of them came unasked
        there = rng.beta(others[0] + 0.5, others[1] + 0.5, _BETAS)
        sure = float(np.mean(here < there))
        if sure >= CHANGED:
            found.append(AppliedOnly(track, round(float(own[k])), interval(there), sure))
    return found


def _doors(posterior: Posterior) -> list[Fact]:
    """Channels that are better or worse than the reference one, whoever expected it."""
    ladder, sent = posterior.ladder, begun(posterior).sum(axis=0)
    found: list[Fact] = []
    for c, channel in enumerate(ladder.channels[1:], start=1):
        if sent[c] < FEWEST or sent[0] < FEWEST or channel.lead_in:
            continue
        whole = _begins_further_up(posterior, channel)
        goal = None if whole else ladder.steps[ladder.first_step(channel.id)].end
        mine, reference = (
            np.prod(posterior.step_chances(name, goal=goal), axis=-1).mean(axis=2).ravel()
            for name in (channel.id, ladder.reference.id)
        )
        times = mine / reference
        better = float(np.mean(times > 1.0)) if whole else _better_alone(posterior, c)
        sure = max(better, 1.0 - better)
        if sure >= CHANGED:
            found.append(Doors(channel.id, ladder.reference.id, round(float(sent[c])), interval(times), whole, sure))
    return found


def _better_alone(posterior: Posterior, channel: int) -> float:
    """Chance that a channel's first step has better odds than the reference one's, by the log alone.

    The model's prior expects most channels to be better. Here the effect has a wide prior around none, so that the
    claim is not what was put in.
    """
    step = posterior.ladder.first_step(posterior.ladder.channels[channel].id)
    rows = posterior.evidence.table
    rows = rows[(rows["step"] == step) & np.isin(rows["channel"], (0, channel))]
    assumed, track = posterior.model.assumptions, rows["track"]
    waited = np.minimum(np.array(EDGES)[rows["low"]], assumed.horizon_days)
    yes, no = (
        cdf(
            waited,
            posterior.flat(f"{kind}_log_days")[:, :, step].mean(axis=0)[track],
            np.exp(posterior.flat(f"{kind}_log_shape")[:, step].mean()),
            assumed.horizon_days,
            family=assumed.delay_family,
        )
        for kind in ("advance", "no")
    )
    told_no = posterior.told_no[..., step].mean(axis=(0, 1))[track]
    base = posterior.flat("advance_logit")[:, :, step].mean(axis=0)[track]
    effect = (rows["channel"] == channel).astype(float)
    found = regress(base, effect, rows["outcome"], (told_no, yes, no), slope_sd=CHANNEL_SD, count=rows["count"])
    return found.chance_positive


def _in_order(posterior: Posterior, history: History) -> list[Fact]:
    """What the order of the applications tells: runs, quiet weeks, drift."""
    sent = sent_in_order(history, posterior, as_of=posterior.evidence.as_of)
    found: list[Fact] = []
    length, goes_on = longest_run(sent.moved)
    if length >= LEAST_RUN:
        chance = chance_of_run(chance_moved(posterior, sent, sent.watched), length)
        found.append(Streak(length, goes_on, sent.size, chance))
    recent = recent_answers(posterior, sent, days=RECENT_DAYS)
    if recent.expected >= LEAST_EXPECTED and recent.observed <= QUIET * recent.expected:
        found.append(Quiet(recent.days, recent.observed, recent.expected, recent.chance_so_few))
    if sent.size >= SENT_ENOUGH and np.ptp(sent.age) >= LONG_ENOUGH:
        moved = trend(posterior, sent)
        sure = max(moved.chance_falling, 1.0 - moved.chance_falling) if moved else 0.0
        if moved and sure >= CHANGED:
            found.append(Drift(moved.chance_falling > 0.5, moved, sure))
    return found


def _moves(posterior: Posterior, plan: Plan | None) -> list[Fact]:
    found = levers(posterior, plan)
    return [Moves(found)] if found else []


def _only_prior(posterior: Posterior) -> list[Fact]:
    """Steps on which the log has hardly spoken."""
    lacking = support(posterior).mostly_prior
    silent = [name for s in employers_steps(posterior) if (name := posterior.ladder.steps[s].id) in lacking]
    return [OnlyPrior(tuple(silent))] if silent else []
