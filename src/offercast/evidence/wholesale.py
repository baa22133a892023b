"""From a canonical log straight to its Evidence, without an object for each application: for large logs, and fast.

Nothing about what a log means is said here twice. An application that climbs the ladder with a day for each event tells
what its pieces tell: the way to its first stage, each move from one stage to the next, and its end. There are few
different pieces; each is read once, by `spells`, and counted as often as it comes. What is not plain (a day missing,
an interval, a second chance, a contradiction) goes the long way, as in `read_history`, with its messages.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

from offercast.evidence.evidence import Evidence, Tally, gather, known_history, never_named, tells_inertia
from offercast.evidence.spells import Climb, Spell, spells
from offercast.files import read_bytes
from offercast.history.canonical import REQUIRED, plain_text
from offercast.history.records import NO_TRACK, UNLABELLED, Application, Event, History
from offercast.history.spelling import one_spelling
from offercast.ladder import Ladder, normalise

SLOTS = 64
"""A code holds a day and the rank of a kind: day * SLOTS + rank. A ladder has at most 30 stages."""

LARGE = 20_000_000
"""Bytes. From this size on polars reads the file where it is installed (the extra `[big]`)."""

NO_EXIT = -1


@dataclass
class Pieces:
    """What plain applications have in common, and how often: (track, channel, ...) to a count.

    `heads`: the first stage logged. `moves`: from a stage to the next one logged, and the days between.
    `ends`: the last stage, the exit (or NO_EXIT), and the days to it (or the day of the last stage).
    `starts`: the first stage, and the day on which it left the seeker's desk.
    Stages and exits are ranks (see `Kinds`), days are ordinals.
    """

    heads: Counter[tuple[str, str, int]]
    moves: Counter[tuple[str, str, int, int, int]]
    ends: Counter[tuple[str, str, int, int, int]]
    starts: Counter[tuple[str, str, int, int]]


@dataclass
class Counted:
    """The pieces of a log, the rows that need the long way, and the last day of the others."""

    pieces: Pieces
    header: list[str]
    odd_rows: list[tuple[int, list[str]]]
    tracks: Counter[str]
    last_day: int


def gather_file(path: str | Path, *, as_of: date, unknown_age_days: int = 60, ladder: Ladder | None = None) -> Evidence:
    """Count what a log tells as of a day: `gather(read_history(path), ...)`, at a fraction of its cost.

    Args:
        path: the log. Only a canonical one (UTF-8) is read in bulk; any other goes through `read_history`.
        as_of: the last day that counts.
        unknown_age_days: the age given to an open application without any date.
        ladder: the stages, exits and channels; those of the Blueprint where None.

    Raises:
        InputError: as `read_history` does.

    >>> import offercast
    >>> from datetime import date
    >>> gather_file(offercast.example(), as_of=date(2026, 4, 2)).sent
    105
    """
    if ladder is None:
        from offercast.modelfile import load_model

        ladder = load_model().ladder
    kinds = Kinds(ladder)
    counted = _in_bulk(Path(path), kinds, as_of.toordinal()) or _counted(Path(path), kinds, as_of.toordinal())
    if counted is None:
        from offercast.history.reading import read_history

        return gather(read_history(path, ladder=ladder), as_of=as_of, unknown_age_days=unknown_age_days)
    return _evidence(Path(path), counted, kinds, as_of, unknown_age_days)


class Kinds:
    """The ranks of stages and exits: stages by the ladder, exits after them; only what a plain log can hold."""

    def __init__(self, ladder: Ladder) -> None:
        self.ladder = ladder
        plain_exits = [exit_.id for exit_ in ladder.exits if exit_.means != "turned_down"]  # those say: an offer came
        self.names = [*(stage.id for stage in ladder.stages), *plain_exits]
        self.exits = len(ladder.stages)
        self.sent = ladder.order[ladder.sent]
        self.rank = {name: rank for rank, name in enumerate(self.names)}

    def is_plain(self, codes: list[int]) -> bool:
        """Whether sorted codes climb the ladder, each stage once, with at most one exit at the end."""
        last = -1
        for code in codes:
            rank = code % SLOTS
            if rank <= last or last >= self.exits:
                return False
            last = rank
        return codes[0] % SLOTS < self.exits


def _in_bulk(path: Path, kinds: Kinds, today: int) -> Counted | None:
    """A large file, cut by polars where it is installed."""
    if not path.is_file() or path.stat().st_size < LARGE:
        return None
    try:
        from offercast.evidence.bulk import counted_in_bulk
    except ModuleNotFoundError:
        return None
    return counted_in_bulk(path, kinds, today)


def _counted(path: Path, kinds: Kinds, today: int) -> Counted | None:
    """Count the pieces of a canonical log; None where it is none, or not plain text in UTF-8."""
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    try:
        header, rows = _rows(text)
        if not set(REQUIRED) <= set(header) or len(set(header)) < len(header) or "<<<<<<< " in text:
            return None
        codes, about, odd = _grouped(rows, header, kinds)
        counted = _cut(codes, about, odd, kinds, today)
        at = header.index(REQUIRED[0])
        counted.odd_rows = [row for row in _rows(text)[1] if row[1] and row[1][at] in odd] if odd else []
        counted.header = header
    except (csv.Error, _NotPlainError):
        return None
    return counted


def _rows(text: str) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The header, and each record with the physical line on which it starts."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = [cell.strip() for cell in next(reader, [])]
    return header, numbered(reader)


class _NotPlainError(ValueError):
    """The file is no plain table."""


def numbered(reader) -> Iterator[tuple[int, list[str]]]:  # noqa: ANN001 - a csv reader
    """Each record with the physical line on which it starts."""
    line = reader.line_num + 1
    for record in reader:
        yield line, record
        line = reader.line_num + 1


def _grouped(
    rows: Iterable[tuple[int, list[str]]], header: list[str], kinds: Kinds
) -> tuple[dict[str, list[int]], dict[str, tuple[str, str]], set[str]]:
    """Each application's codes, its track and channel as written, and the ids of those that are not plain."""
    identifier, day, event = (header.index(name) for name in REQUIRED)
    track, channel = (header.index(name) if name in header else -1 for name in ("track", "channel"))
    width, rank = len(header), kinds.rank
    days: dict[str, int] = {}
    codes: dict[str, list[int]] = {}
    about: dict[str, tuple[str, str]] = {}
    odd: set[str] = set()
    for _, record in rows:
        if len(record) != width:
            if not any(map(str.strip, record)):
                continue
            raise _NotPlainError
        name, text = record[identifier], record[day]
        ordinal = days.get(text)
        if ordinal is None:
            ordinal = days[text] = _ordinal(text)
        place = rank.get(record[event])
        said = (record[track] if track >= 0 else "", record[channel] if channel >= 0 else "")
        if name != name.strip() or name[:1] == "'":
            raise _NotPlainError  # another spelling of an id that may be there as well
        if place is None or not ordinal or about.setdefault(name, said) != said or not name:
            odd.add(name)
            about[name] = said if said[0].strip() else about.get(name, said)
        else:
            codes.setdefault(name, []).append(ordinal * SLOTS + place)
    return codes, about, odd


def _cut(
    codes: dict[str, list[int]], about: dict[str, tuple[str, str]], odd: set[str], kinds: Kinds, today: int
) -> Counted:
    """Cut plain applications into pieces; the ids of applications that turn out not to be plain are added to `odd`."""
    tidy: dict[tuple[str, str], tuple[str, str] | None] = {}
    pieces = Pieces(Counter(), Counter(), Counter(), Counter())
    tracks: Counter[str] = Counter()
    last_day = 0
    nameless = UNLABELLED if any(said[0].strip() for said in about.values()) else NO_TRACK
    for name, events in codes.items():
        said = about[name]
        if said not in tidy:
            tidy[said] = tidied(said, kinds.ladder, nameless)
        where = tidy[said]
        events.sort()
        if where is None or name in odd or not kinds.is_plain(events):
            odd.add(name)
            continue
        tracks[where[0]] += 1
        last_day = max(last_day, events[-1] // SLOTS)
        _cut_one(pieces, where, [code for code in events if code // SLOTS <= today], kinds)
    return Counted(pieces, [], [], tracks, last_day)


def _cut_one(pieces: Pieces, where: tuple[str, str], events: list[int], kinds: Kinds) -> None:
    """The pieces of one application, of which only the past is known."""
    if not events:
        return
    first, last = events[0] % SLOTS, events[-1] % SLOTS
    pieces.heads[*where, first] += 1
    ended = last >= kinds.exits
    stages = events[:-1] if ended else events
    for before, after in pairwise(stages):
        pieces.moves[*where, before % SLOTS, after % SLOTS, after // SLOTS - before // SLOTS] += 1
    top, day = stages[-1] % SLOTS, stages[-1] // SLOTS
    pieces.ends[(*where, top, last, events[-1] // SLOTS - day) if ended else (*where, top, NO_EXIT, day)] += 1
    started = next((code // SLOTS for code in stages if code % SLOTS >= kinds.sent), 0)
    if started:
        pieces.starts[*where, first, started] += 1


def _ordinal(text: str) -> int:
    """The number of an ISO day between 1970 and 2100; 0 for anything else."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        return 0
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return 0
    return day.toordinal() if 1970 <= day.year <= 2100 else 0


def tidied(said: tuple[str, str], ladder: Ladder, nameless: str) -> tuple[str, str] | None:
    """Track and channel as `read_history` gives them; None where the channel is not known."""
    track = " ".join(plain_text(said[0].strip()).split()) or nameless
    word = plain_text(said[1].strip())
    channel = ladder.channel_words.get(normalise(word)) if word else ladder.reference.id
    return (track, channel) if channel else None


def _evidence(path: Path, counted: Counted, kinds: Kinds, as_of: date, unknown_age_days: int) -> Evidence:
    """The Evidence of the pieces and of what went the long way."""
    ladder, pieces = kinds.ladder, counted.pieces
    odd = _long_way(path, counted, ladder)
    spelling = one_spelling(counted.tracks + Counter(application.track for application in odd.applications))
    odd = replace(odd, applications=tuple(replace(a, track=spelling[a.track]) for a in odd.applications))
    days = [day for day in (date.fromordinal(counted.last_day) if counted.last_day else None, odd.last_date) if day]
    past = known_history(odd, as_of, max(days, default=None))
    named = {event.kind for application in past.applications for event in application.events}
    named |= {kinds.names[rank] for _, _, *ranks in pieces.ends for rank in ranks[:2] if rank != NO_EXIT}
    named |= {kinds.names[rank] for _, _, *ranks in pieces.moves for rank in ranks[:2]}
    inertia = tells_inertia(named, ladder)
    tracks = {spelling[track] for track, _, _ in pieces.heads} | {a.track for a in past.applications}
    channels = {channel for _, channel, _ in pieces.heads} | {a.channel for a in past.applications}
    merged = ladder.without(never_named(ladder, named, channels))
    tally = Tally(tuple(sorted(tracks)) or (NO_TRACK,), merged, unknown_age_days)
    for application in past.applications:
        tally.add(application, as_of, tracks_inertia=inertia)
    _add_pieces(tally, pieces, kinds, spelling, as_of, inertia=inertia)
    return tally.evidence(as_of, named, inertia=inertia)


def _add_pieces(
    tally: Tally, pieces: Pieces, kinds: Kinds, spelling: dict[str, str], as_of: date, *, inertia: bool
) -> None:
    """Read each different piece once, as an application of its own, and count it as often as it comes."""
    ladder, today = tally.ladder, as_of.toordinal()
    step, order = ladder.step_index, kinds.ladder.order

    @cache
    def read(channel: str, first: int, second: int, wait: int) -> tuple[Spell, ...]:
        """What an application tells that entered one stage and, after a wait, another (or an exit, or nothing)."""
        start = as_of - timedelta(days=wait)
        events = [Event(kinds.names[first], start)]
        if second != NO_EXIT:
            events.append(Event(kinds.names[second], as_of))
        climb = Climb(Application("piece", NO_TRACK, channel, tuple(events)), ladder, as_of=as_of)
        return tuple(spells(climb, tracks_inertia=inertia))

    for (track, channel, first), times in pieces.heads.items():
        own = step.get(kinds.names[first])
        before = [spell for spell in read(channel, first, NO_EXIT, 0) if spell.step != own]
        tally.add_spells(spelling[track], channel, before, times)
    for (track, channel, first, second, wait), times in pieces.moves.items():
        passed = {step[name] for name in kinds.names[first:second] if name in step}
        between = [spell for spell in read(channel, first, second, wait) if spell.step in passed]
        tally.add_spells(spelling[track], channel, between, times)
    for (track, channel, top, end, day), times in pieces.ends.items():
        own = step.get(kinds.names[top])
        last = [spell for spell in read(channel, top, end, today - day if end == NO_EXIT else day) if spell.step == own]
        tally.add_spells(spelling[track], channel, last, times)
        tally.applications += times
        tally.sent += times * (top >= kinds.sent)
    for (track, channel, first, day), times in pieces.starts.items():
        path = ladder.path(channel)[0]
        stage = kinds.names[max(min(first, order[path]) if path in order else first, kinds.sent)]
        tally.add_start(spelling[track], channel, stage, today - day, times)


def _long_way(path: Path, counted: Counted, ladder: Ladder) -> History:
    """The applications that are not of a plain form, with the messages that `read_history` would give."""
    if not counted.odd_rows:
        return History(ladder, ())
    from offercast.history.events import canonical_mapping, read_events
    from offercast.history.mapping import Mapping
    from offercast.history.table import Row, Table

    places = {name: place for place, name in enumerate(counted.header)}
    rows = tuple(Row(line, [cell.strip() for cell in record], places) for line, record in counted.odd_rows)
    table = Table(str(path), 1, tuple(counted.header), rows)
    applications, _ = read_events(table, ladder, canonical_mapping(table, Mapping()), canonical=True)
    return History(ladder, applications)
