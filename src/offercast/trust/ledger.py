"""The ledger of forecasts: what was said on which day, kept in a file, and scored once the days have come.

A kept forecast states the chance of an offer by each of some days. It is settled when the day has passed, and not
before, even where an offer has come: else the true ones would be counted sooner than the others. Forecasts of one
search share its luck: ten kept in a row about the same autumn are hardly more than one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from offercast.errors import InputError, Problem
from offercast.evidence.evidence import known_history
from offercast.evidence.spells import Climb
from offercast.files import read_text, write_atomically
from offercast.forecast.outlook import Outlook
from offercast.history.keeping import alone
from offercast.history.records import History
from offercast.inference.posterior import Posterior

FORMAT = "offercast-kept/1"
SHARES = (0.1, 0.5, 0.8, 0.9)
"""The day by which this share of the searches has an offer is kept for each of these."""


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One forecast as it was made.

    `search` names the log, by a digest of its place; `chances` are those of an offer by each day, `days` the day by
    which each share of the searches has an offer (null: beyond the horizon). Nothing of any application is in it.
    """

    format: str
    search: str
    kept_on: date
    as_of: date
    sent: int
    in_flight: int
    per_week: float
    horizon_weeks: int
    chances: dict[str, float]
    days: dict[str, date | None]
    model: str
    evidence: str
    seed: int

    @property
    def key(self) -> tuple[str, date, str, str]:
        """What makes it the same forecast: kept twice, it counts once."""
        return self.search, self.as_of, self.evidence, json.dumps([self.per_week, sorted(self.chances)])


def search_of(log: Path) -> str:
    """The name under which the forecasts of a log are kept: it tells nobody what the log is called."""
    return hashlib.sha256(str(log.resolve()).encode()).hexdigest()[:16]


def kept(outlook: Outlook, posterior: Posterior, days: Iterable[date], *, search: str, kept_on: date) -> Kept:
    """A forecast as it is kept."""
    evidence = posterior.evidence
    return Kept(
        format=FORMAT,
        search=search,
        kept_on=kept_on,
        as_of=outlook.as_of,
        sent=evidence.sent,
        in_flight=outlook.in_flight,
        per_week=outlook.plan.total_per_week,
        horizon_weeks=outlook.horizon_weeks,
        chances={str(day): outlook.chance_by(day) for day in days},
        days={str(share): outlook.date_quantile(share) for share in SHARES},
        model=posterior.model.digest,
        evidence=evidence.fingerprint,
        seed=outlook.seed,
    )


def keep(ledger: Path, forecast: Kept) -> bool:
    """Add a forecast to the ledger, whole or not at all; False where it is there already.

    Raises:
        InputError: the ledger is damaged. Nothing is written.
        OutputError: it cannot be written, or another command holds it.
    """
    ledger.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with alone(ledger):
        before = read_ledger(ledger)
        if forecast.key in {one.key for one in before}:
            return False
        lines = [msgspec.json.encode(one) for one in (*before, forecast)]
        write_atomically(ledger, b"\n".join(lines) + b"\n", private=True)
    return True


def read_ledger(ledger: Path) -> tuple[Kept, ...]:
    """Every kept forecast, in the order in which they were kept; none where there is no file.

    Raises:
        InputError: a line that is no kept forecast, with its number.
    """
    if not ledger.exists():
        return ()
    found = []
    for number, line in enumerate(read_text(ledger).splitlines(), 1):
        if not line.strip():
            continue
        try:
            one = msgspec.json.decode(line, type=Kept)
        except msgspec.DecodeError as error:
            message = f"no kept forecast ({error}). Take the line out, or move the file away."
            raise InputError(Problem(str(ledger), number, None, message)) from None
        if one.format != FORMAT:
            message = f'it is "{one.format}", and this version reads "{FORMAT}".'
            raise InputError(Problem(str(ledger), number, "format", message))
        found.append(one)
    return tuple(found)


@dataclass(frozen=True)
class Settled:
    """One stated chance whose day has come: whether an offer had come by then."""

    forecast: Kept
    by: date
    chance: float
    came: bool


@dataclass(frozen=True)
class Ledger:
    """Kept forecasts beside what came: what is settled, what still waits, and the first offer after each."""

    forecasts: tuple[Kept, ...]
    settled: tuple[Settled, ...]
    waiting: int
    offers: tuple[date | None, ...]
    """By forecast, the day of the first offer after it; None where there was none so far."""
    known_until: date

    def came_true(self, share: float) -> tuple[int, int]:
        """Of the forecasts whose day for this share is settled: how many had an offer by it, and how many there are."""
        hits = number = 0
        for forecast, offer in zip(self.forecasts, self.offers, strict=True):
            day = forecast.days.get(str(share))
            if day is None or day > self.known_until:
                continue
            number += 1
            hits += offer is not None and offer <= day
        return hits, number


def score(forecasts: Iterable[Kept], history: History, *, as_of: date) -> Ledger:
    """Set the kept forecasts of a log beside what the log knows by a day."""
    rows = tuple(sorted(forecasts, key=lambda one: (one.as_of, one.kept_on)))
    offers = _offer_days(history, as_of)
    firsts = tuple(next((day for day in offers if day > one.as_of), None) for one in rows)
    settled, waiting = [], 0
    for forecast, offer in zip(rows, firsts, strict=True):
        for text, chance in forecast.chances.items():
            by = date.fromisoformat(text)
            if by <= as_of:
                settled.append(Settled(forecast, by, chance, offer is not None and offer <= by))
            else:
                waiting += 1
    return Ledger(rows, tuple(settled), waiting, firsts, as_of)


def _offer_days(history: History, as_of: date) -> list[date]:
    """The days on which offers came, as far as they are known by a day."""
    ladder, found = history.ladder, []
    for application in known_history(history, as_of, history.last_date).applications:
        climb = Climb(application, ladder, as_of=as_of)
        if ladder.goal in climb.path and climb.furthest >= climb.path.index(ladder.goal):
            latest = climb.window(climb.path.index(ladder.goal)).latest
            found += [latest] if latest else []
    return sorted(found)
