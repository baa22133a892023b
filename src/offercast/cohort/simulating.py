"""Many made-up seekers: worlds drawn from a model file, searches as people run them, logs as people keep them.

What is drawn for each seeker beside the rates: how many tracks, how many applications a week (between people, and from
week to week, with weeks of none), for how many weeks, through which channels, how quiet some months are, and whether
the log is given up before the search is. A search stops when its first offer has come.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from offercast.cohort.polars import pl
from offercast.errors import OutputError
from offercast.inference.sample import Progress, unseen
from offercast.inference.waits import Floats, quantile
from offercast.modelfile import ModelFile
from offercast.trust.rates import Rates
from offercast.trust.worlds import draw_rates

CHUNK = 500
"""Seekers simulated together, from random numbers of their own: a larger cohort begins with the smaller one."""
_ALIKE = 10.0
"""How alike people's shares of channels are: the sum of the weights of a Dirichlet law."""
_COLUMNS = ("seeker", "application", "day", "kind", "track", "channel")
_BY_TRACK, _SHARED = ("advance", "told_no", "yes_days", "no_days"), ("yes_shape", "no_shape")
TRACK_NAMES = ("Analyst", "Engineer", "Designer", "Manager", "Writer", "Teacher")


@dataclass(frozen=True)
class Habits:
    """How people search and log. Medians are over people; `_sd` is that of the logarithm.

    Args:
        tracks: the share of people with one, two, three ... tracks.
        per_week: applications a week, all tracks together.
        uneven: shape of the gamma law of a week's pace within a search: the smaller, the more uneven.
        idle: the share of weeks without any.
        weeks: how long people search.
        channels: mean share of each channel beside the reference; people's own shares are scattered around it.
        quiet: months (1 to 12) with a part of the usual applications.
        given_up: the share of logs that are not kept to the end.
        most: applications of one seeker at most.
    """

    tracks: tuple[float, ...] = (0.3, 0.4, 0.3)
    per_week: float = 3.5
    per_week_sd: float = 0.7
    uneven: float = 1.5
    idle: float = 0.2
    weeks: float = 12.0
    weeks_sd: float = 0.6
    channels: tuple[tuple[str, float], ...] = (("referral", 0.1), ("direct", 0.08), ("recruiter", 0.05))
    quiet: tuple[tuple[int, float], ...] = ((8, 0.6), (12, 0.5))
    given_up: float = 0.15
    most: int = 500


@dataclass(frozen=True)
class Events:
    """Events of a chunk of seekers, one row each, ordered by seeker, application and day."""

    seeker: np.ndarray
    application: np.ndarray
    day: np.ndarray
    """Ordinals."""
    kind: np.ndarray
    """Index into `kinds`."""
    track: np.ndarray
    channel: np.ndarray
    kinds: tuple[str, ...]
    channels: tuple[str, ...]
    seekers: int
    first_seeker: int

    def until(self, seekers: int) -> Events:
        """The events of the first so many seekers."""
        if seekers >= self.seekers:
            return self
        end = np.searchsorted(self.seeker, seekers)
        cut = {name: getattr(self, name)[:end] for name in _COLUMNS}
        return replace(self, seekers=seekers, **cut)

    def columns(self) -> dict[str, list[str]]:
        """The columns of a cohort's log, as text."""
        days = {ordinal: date.fromordinal(ordinal).isoformat() for ordinal in np.unique(self.day).tolist()}
        return {
            "seeker": [f"seeker-{number:07d}" for number in (self.first_seeker + self.seeker).tolist()],
            "application_id": [f"A{number:04d}" for number in self.application.tolist()],
            "date": [days[ordinal] for ordinal in self.day.tolist()],
            "event": [self.kinds[kind] for kind in self.kind.tolist()],
            "track": [TRACK_NAMES[track] for track in self.track.tolist()],
            "channel": [self.channels[channel] for channel in self.channel.tolist()],
        }


def simulate_cohort(
    model: ModelFile, seekers: int, *, seed: int, as_of: date, habits: Habits | None = None
) -> Iterator[Events]:
    """Simulate so many seekers, chunk by chunk; `as_of` is the last day that any log can hold.

    >>> from offercast.modelfile import load_model
    >>> (chunk,) = simulate_cohort(load_model(), 20, seed=1, as_of=date(2026, 6, 30))
    >>> chunk.seekers
    20
    """
    for number, first in enumerate(range(0, seekers, CHUNK)):
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
        whole = _Chunk(model, CHUNK, first, as_of, habits or Habits(), rng).events()
        yield whole.until(seekers - first)


def write_cohort(
    path: Path,
    model: ModelFile,
    seekers: int,
    *,
    seed: int,
    as_of: date,
    habits: Habits | None = None,
    progress: Progress = unseen,
) -> int:
    """Simulate a cohort into a Parquet or CSV file, chunk by chunk, and return the number of its events.

    Memory does not grow with the cohort; the file is moved into place when it is whole.

    Raises:
        OutputError: it could not be written.
    """
    events = 0
    chunks = []
    with TemporaryDirectory(prefix=f".{path.name}.", dir=path.resolve().parent) as folder:
        for number, chunk in enumerate(simulate_cohort(model, seekers, seed=seed, as_of=as_of, habits=habits)):
            chunks.append(Path(folder) / f"{number:06d}.parquet")
            pl.DataFrame(chunk.columns()).write_parquet(chunks[-1], compression="lz4")
            events += chunk.day.size
            progress("simulating", (chunk.first_seeker + chunk.seekers) / seekers)
        whole = Path(folder) / f"whole{path.suffix}"
        rows = pl.scan_parquet(chunks)
        if path.suffix == ".csv":
            rows.sink_csv(whole)
        else:
            rows.sink_parquet(whole)
        try:
            whole.replace(path)
        except OSError as error:
            raise OutputError(f"{path}: it cannot be written: {error.strerror}.") from None
    return events


class _Chunk:
    """Some seekers at once."""

    def __init__(
        self, model: ModelFile, size: int, first: int, as_of: date, habits: Habits, rng: np.random.Generator
    ) -> None:
        self.ladder, self.size, self.first = model.ladder, size, first
        self.as_of, self.habits, self.rng = as_of, habits, rng
        ladder = self.ladder
        no = next(e.id for e in ladder.exits if e.means == "no")
        turned_down = next((e.id for e in ladder.exits if e.means == "turned_down"), no)
        self.kinds = (*ladder.stage_ids, no, turned_down)
        self.no, self.turned_down = len(self.kinds) - 2, len(self.kinds) - 1
        self.rank = {kind: place for place, kind in enumerate(ladder.stage_ids)}
        most = len(habits.tracks)
        self.tracks = 1 + rng.choice(most, size, p=np.array(habits.tracks) / sum(habits.tracks))
        worlds = {k: draw_rates(model, tracks=k, rng=rng, size=size) for k in range(1, most + 1)}
        self.horizon = model.assumptions.horizon_days
        self.rates = {name: self._of_each(worlds, name) for name in _BY_TRACK}
        self.rates |= {name: getattr(worlds[1], name) for name in _SHARED}

    def _of_each(self, worlds: dict[int, Rates], name: str) -> Floats:
        """What a rate is in each seeker's own world, (seeker, track, ...)."""
        widest = getattr(worlds[max(worlds)], name)
        found = np.zeros_like(widest)
        for tracks, drawn in worlds.items():
            mine = self.tracks == tracks
            found[mine, :tracks] = getattr(drawn, name)[mine]
        return found

    def events(self) -> Events:
        """Play every application through, then see what the logs hold of it."""
        seeker, sent, last = self._sent()
        track = (self.rng.random(seeker.size) * self.tracks[seeker]).astype(int)
        channel = self._channels(seeker)
        rows: list[tuple[np.ndarray, np.ndarray, int]] = []  # application, day, kind
        offered = np.full(self.size, np.iinfo(int).max)
        for c, one in enumerate(self.ladder.channels):
            mine = np.flatnonzero(channel == c)
            for which, day, kind in self._climb(one.id, c, seeker[mine], track[mine], sent[mine]):
                rows.append((mine[which], day, kind))
                if kind == self.rank[self.ladder.goal]:
                    np.minimum.at(offered, seeker[mine[which]], day)
        application, day = (np.concatenate([row[i] for row in rows]) for i in (0, 1))
        kind = np.concatenate([np.full(row[0].size, row[2]) for row in rows])
        kept = (day <= last[seeker[application]]) & (sent[application] <= offered[seeker[application]])
        application, day, kind = application[kept], day[kept], kind[kept]
        order = np.lexsort((kind, day, application))
        application, day, kind = application[order], day[order], kind[order]
        who = seeker[application]
        number = application - np.searchsorted(seeker, np.arange(self.size))[who] + 1
        channels = tuple(one.id for one in self.ladder.channels)
        return Events(
            who,
            number,
            day,
            kind,
            track[application],
            channel[application],
            self.kinds,
            channels,
            self.size,
            self.first,
        )

    def _sent(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The seeker and the day of every application, sorted by both; and the last day of every log."""
        rng, habits, today = self.rng, self.habits, self.as_of.toordinal()
        weeks = np.exp(np.log(habits.weeks) + habits.weeks_sd * rng.standard_normal(self.size))
        weeks = np.clip(weeks, 2, 80).astype(int)
        pace = np.exp(np.log(habits.per_week) + habits.per_week_sd * rng.standard_normal(self.size))
        monday = today - self.as_of.weekday() - 7 * np.arange(weeks.max())
        shape = (self.size, monday.size)
        busy = rng.gamma(habits.uneven, 1.0 / habits.uneven, shape) * (rng.random(shape) >= habits.idle)
        quiet = dict(habits.quiet)
        season = np.array([quiet.get(date.fromordinal(int(day) + 3).month, 1.0) for day in monday])
        mean = pace[:, None] * busy * season / (1.0 - habits.idle)
        counts = rng.poisson(np.where(np.arange(monday.size) < weeks[:, None], mean, 0.0))
        seeker, week = (np.repeat(place.ravel(), counts.ravel()) for place in np.indices(shape))
        day = monday[week] + rng.integers(0, 5, size=week.size)
        order = np.lexsort((day, seeker))
        seeker, day = seeker[order], day[order]
        place = np.arange(seeker.size) - np.searchsorted(seeker, np.arange(self.size))[seeker]
        kept = place < habits.most
        gone = rng.random(self.size) < habits.given_up
        last = np.where(gone, today - (7 * weeks * rng.random(self.size)).astype(int), today)
        return seeker[kept], day[kept], last

    def _channels(self, seeker: np.ndarray) -> np.ndarray:
        """The channel of every application, by each seeker's own shares."""
        known = [channel.id for channel in self.ladder.channels]
        mean = np.zeros(len(known))
        for name, share in self.habits.channels:
            if name in known:
                mean[known.index(name)] = share
        mean[0] = 1.0 - mean.sum()
        own = self.rng.gamma(np.maximum(_ALIKE * mean, 1e-9), size=(self.size, mean.size))
        upto = np.cumsum(own / own.sum(axis=1, keepdims=True), axis=1)
        point = self.rng.random(seeker.size)
        return np.minimum((point[:, None] > upto[seeker]).sum(axis=1), mean.size - 1)

    def _climb(
        self, name: str, channel: int, seeker: np.ndarray, track: np.ndarray, sent: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
        """What becomes of applications of one channel: their places, days and the kind of event, stage by stage."""
        path, rng, rates = self.ladder.path(name), self.rng, self.rates
        alive, day = np.arange(seeker.size), sent.copy()
        yield alive, sent, self.rank[path[0]]
        for stage, above in pairwise(path):
            step = self.ladder.step_index[stage]
            who, lane = seeker[alive], track[alive]
            yes = rng.random(alive.size) < rates["advance"][who, lane, channel, step]
            no = ~yes & (rng.random(alive.size) < rates["told_no"][who, lane, step])
            for kind, answered, event in (
                ("yes", yes, self.rank[above]),
                ("no", no, self.turned_down if stage == self.ladder.goal else self.no),
            ):
                ended, people = alive[answered], who[answered]
                median = np.log(rates[f"{kind}_days"][people, lane[answered], step])
                shape = rates[f"{kind}_shape"][people, step]
                wait = quantile(rng.random(ended.size), median, shape, self.horizon)
                on = day[ended] + np.maximum(np.ceil(wait - 0.5), 0).astype(int)
                yield ended, on, event
                if kind == "yes":
                    day[ended] = on
            alive = alive[yes]
