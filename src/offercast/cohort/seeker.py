"""One seeker of many, as a coach needs to know: where the search stands, where it stalls, and what may come."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from offercast.decisions.insights import came_to
from offercast.errors import CommandError, InputError, OffercastError
from offercast.evidence.evidence import Evidence, gather
from offercast.evidence.spells import Climb
from offercast.forecast.engine import forecast_offer
from offercast.forecast.outlook import Outlook
from offercast.forecast.plan import Plan
from offercast.history.mapping import Mapping
from offercast.history.records import History
from offercast.inference.fit import fit
from offercast.inference.posterior import Posterior
from offercast.inference.summary import interval
from offercast.modelfile import ModelFile

WEEKS = (4, 8, 13, 26)
"""The weeks by which the chance of an offer is told."""
HORIZON_WEEKS = 52
SEARCHES = 4096
RECENT = timedelta(weeks=4)
_QUOTED = re.compile(r'"[^"]*"')


@dataclass(frozen=True)
class Task:
    """What is asked of every seeker.

    Args:
        model: the model file.
        today: the last day of the cohort; a log that was not touched in the two weeks before it ends with its own.
        engine: see `fit`; "importance" does for most, at a tenth of the cost.
        seed: of all random numbers; each seeker's own follow from it and the name, wherever it is worked at.
        back_days: how long ago the forecast is looked at that today's is held against; 0: not at all.
        named: whether names are kept; else each seeker is a short code that only the same names give.
        salt: makes codes of one cohort differ from those of another.
        mapping: what columns and words mean, see `read_history`.
    """

    model: ModelFile
    today: date
    engine: str = "importance"
    seed: int = 1
    back_days: int = 28
    named: bool = False
    salt: str = ""
    mapping: Mapping | None = None


@dataclass(frozen=True)
class Seen:
    """A seeker's row. Chances are of an offer; ranges are 80 % of the forecast, 90 % credible for rates.

    `status` is "ok", or "failed" with a `message`; all else is None then. `stale_days` are those since the last event
    (counted from `today`), and a log of more than two weeks is told as of its own last day, `as_of`. `slip` is by how
    much the chance of an offer within half a year of an earlier look has fallen since then. `stall` is the step that
    most surely is passed less often than is usual, `stall_sure` how surely. `steps`, `moved`, `told_no` and `waiting`
    count what happened, step by step.
    """

    seeker: str
    status: str
    message: str = ""
    as_of: date | None = None
    stale_days: int | None = None
    tracks: int | None = None
    sent: int | None = None
    sent_recently: int | None = None
    waiting_now: int | None = None
    offers: int | None = None
    furthest: str | None = None
    per_week: float | None = None
    engine: str | None = None
    healthy: bool | None = None
    offer_chance: float | None = None
    offer_chance_low: float | None = None
    offer_chance_high: float | None = None
    chance_4_weeks: float | None = None
    chance_8_weeks: float | None = None
    chance_13_weeks: float | None = None
    chance_26_weeks: float | None = None
    weeks_low: int | None = None
    weeks_median: int | None = None
    weeks_high: int | None = None
    slip: float | None = None
    slip_error: float | None = None
    stall: str | None = None
    stall_sure: float | None = None
    stall_chance: float | None = None
    stall_low: float | None = None
    stall_high: float | None = None
    stall_usual: float | None = None
    steps: list[str] = field(default_factory=list)
    moved: list[float] = field(default_factory=list)
    told_no: list[float] = field(default_factory=list)
    waiting: list[float] = field(default_factory=list)


def seed_of(seeker: str, seed: int) -> int:
    """A seed that depends on the seeker and nothing else: not on the order, not on the worker.

    >>> seed_of("a", 1) == seed_of("a", 1) != seed_of("b", 1)
    True
    """
    key = [int(byte) for byte in seeker.encode()]
    return int(np.random.SeedSequence(seed, spawn_key=key).generate_state(1)[0])


def code_of(seeker: str, salt: str) -> str:
    """A short code instead of a name: the same for the same name and salt.

    >>> code_of("Ada", "x") == code_of("Ada", "x") != code_of("Ada", "y")
    True
    """
    return "S" + hashlib.blake2b(seeker.encode(), key=salt.encode()[:64], digest_size=5).hexdigest()


def look_at(seeker: str, history: History | Exception, task: Task) -> Seen:
    """Everything about one seeker; what goes wrong is said in the row, and stops nobody else."""
    shown = seeker if task.named else code_of(seeker, task.salt)
    if isinstance(history, Exception):
        return failed(shown, _without_names(history, task))
    try:
        return _look(seeker, shown, history, task)
    except (OffercastError, ArithmeticError, LookupError, TypeError, ValueError, np.linalg.LinAlgError) as error:
        return failed(shown, _without_names(error, task))


def failed(shown: str, message: str) -> Seen:
    """The row of somebody about whom nothing can be said."""
    return Seen(shown, "failed", message)


def _without_names(error: Exception, task: Task) -> str:
    """The message; where names are not kept without the file, which may be named after its seeker, and the cells."""
    if not isinstance(error, OffercastError):
        return f"unforeseen: {type(error).__name__}" + (f": {error}" if task.named else "")
    if task.named:
        return str(error).splitlines()[0]
    if isinstance(error, InputError):
        first = error.problems[0]
        line = f"line {first.line}" if first.line else None
        return _QUOTED.sub("'...'", ": ".join(part for part in (line, first.column, first.message) if part))
    return _QUOTED.sub("'...'", str(error).splitlines()[0])


def _look(seeker: str, shown: str, history: History, task: Task) -> Seen:
    past, _ = history.until(task.today)
    if not past.applications:
        raise CommandError("the log holds no application up to this day.")
    last = past.last_date
    as_of = past.as_of(task.today)
    seed = seed_of(seeker, task.seed)
    posterior, outlook = _ahead(past, as_of, task, seed)
    evidence = posterior.evidence
    chances: dict[str, Any] = {f"chance_{weeks}_weeks": outlook.chance_by(7.0 * weeks) for weeks in WEEKS}
    slip, error = _slip(past, as_of, outlook, task, seed)
    offer = interval(_offers(posterior))
    counts = evidence.counts().sum(axis=0)
    climbs = [Climb(application, past.ladder, as_of=as_of) for application in past.applications]
    order = past.ladder.order
    reached = [climb.path[climb.furthest] for climb in climbs]
    furthest = max(reached, key=lambda stage: order.get(stage, -1))
    offers = sum(order.get(stage, -1) >= order[past.ladder.goal] for stage in reached)
    recent = sum(climb.started is not None and climb.started[1] > as_of - RECENT for climb in climbs)
    low, median, high = (outlook.weeks_quantile(share) for share in (0.1, 0.5, 0.9))
    return Seen(
        shown, "ok", "", as_of, (task.today - last).days if last else None, len(evidence.tracks), evidence.sent,
        recent, evidence.open_now, offers, furthest,
        outlook.plan.total_per_week, posterior.engine, posterior.health.verdict == "good",
        offer.median, offer.low, offer.high, **chances, weeks_low=low, weeks_median=median, weeks_high=high,
        slip=slip, slip_error=error,
        **_stall(posterior),
        steps=list(evidence.steps), moved=counts[:, 0].tolist(), told_no=counts[:, 1].tolist(),
        waiting=counts[:, 2].tolist(),
    )  # fmt: skip


def _ahead(past: History, day: date, task: Task, seed: int) -> tuple[Posterior, Outlook]:
    """What a seeker's log of a day says, and what may come at their own pace."""
    evidence = gather(past, as_of=day, unknown_age_days=task.model.assumptions.unknown_age_days)
    posterior = fit(evidence, model=task.model, engine=task.engine, seed=seed)
    plan = own_plan(evidence)
    return posterior, forecast_offer(posterior, plan, horizon_weeks=HORIZON_WEEKS, searches=SEARCHES, seed=seed)


def _stall(posterior: Posterior) -> dict[str, Any]:
    """The step that most surely is passed less often than is usual, if any was come to."""
    found = max((step for step, _ in came_to(posterior)), key=lambda step: step.sure, default=None)
    if found is None:
        return {}
    return {
        "stall": found.step, "stall_sure": found.sure, "stall_chance": found.chance.median,
        "stall_low": found.chance.low, "stall_high": found.chance.high, "stall_usual": found.usual,
    }  # fmt: skip


def own_plan(evidence: Evidence) -> Plan:
    """The seeker's own recent pace; nothing where there is none: what a coach sees is what is going on."""
    return Plan.own_pace(evidence) if evidence.recent else Plan((), origin="nothing was sent in the last eight weeks")


def _offers(posterior: Posterior) -> np.ndarray:
    """Offers per application, the tracks weighed by what was sent in each: (draw,)."""
    chance = posterior.offer_chance().reshape(-1, len(posterior.tracks))
    step = posterior.ladder.step_index[posterior.ladder.sent]
    weight = posterior.evidence.counts()[:, step].sum(axis=1)
    return chance @ (weight / weight.sum()) if weight.any() else chance.mean(axis=1)


def _slip(past: History, as_of: date, now: Outlook, task: Task, seed: int) -> tuple[float | None, float | None]:
    """By how much the chance of an offer by a day has fallen since an earlier look, and its Monte Carlo error."""
    then = as_of - timedelta(days=task.back_days)
    if not task.back_days or past.first_date is None or past.first_date > then:
        return None, None
    _, before = _ahead(past, then, task, seed)
    day = 7.0 * max(WEEKS) - task.back_days
    both = before.chance_error(7.0 * max(WEEKS)), now.chance_error(day)
    error = float(np.sqrt(sum(part**2 for pair in both for part in pair)))
    return before.chance_by(7.0 * max(WEEKS)) - now.chance_by(day), error
