"""The pieces of a canonical log of millions of rows, cut by polars (the extra `[big]`): see `wholesale`."""

from __future__ import annotations

import csv
import os
from collections import Counter
from pathlib import Path

# polars' allocator keeps what it freed for ten seconds, unless it is told otherwise before it is loaded
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:0,muzzy_decay_ms:0")

import polars as pl

from offercast.evidence.wholesale import NO_EXIT, Counted, Kinds, Pieces, numbered, tidied
from offercast.history.canonical import REQUIRED
from offercast.history.dates import EARLIEST, LATEST
from offercast.history.records import NO_TRACK, UNLABELLED

_SAME = pl.col("id") == pl.col("id").shift(1)


def counted_in_bulk(path: Path, kinds: Kinds, today: int) -> Counted | None:
    """Count the pieces of a canonical log; None where polars cannot read it as one."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header = next(csv.reader(stream), [])
    if not set(REQUIRED) <= set(header) or len(set(header)) < len(header) or "channel" not in header:
        return None
    if "track" not in header:
        return None
    try:
        rows = _sorted_rows(path, kinds)
    except pl.exceptions.PolarsError:
        return None
    pairs = [(track, channel) for track, channel in rows.select("track", "channel").unique().iter_rows()]
    nameless = UNLABELLED if any(track.strip() for track, _ in pairs) else NO_TRACK
    found = {pair: tidied(pair, kinds.ladder, nameless) for pair in pairs}
    rows, odd = _without_odd(rows, kinds, [pair for pair, where in found.items() if where is None])
    if odd is None:
        return None
    tidy = {pair: where for pair, where in found.items() if where is not None}
    tracks: Counter[str] = Counter()
    first = rows.filter(~_SAME.fill_null(value=False))
    for track, channel, count in first.group_by("track", "channel").len().iter_rows():
        tracks[tidy[track, channel][0]] += count
    (last_day,) = rows.select(pl.col("day").max().fill_null(0)).row(0) if rows.height else (0,)
    pieces = _cut(rows.filter(pl.col("day") <= today), kinds, tidy)
    return Counted(pieces, header, _rows_of(path, header, odd) if odd else [], tracks, last_day)


def _sorted_rows(path: Path, kinds: Kinds) -> pl.DataFrame:
    """Ids, days and ranks (null where a cell is not plain), tracks and channels; sorted by application and day."""
    day, event = pl.col("date"), pl.col("event")
    parsed = day.str.to_date("%Y-%m-%d", strict=False)
    plain_day = (day.str.len_bytes() == 10) & ~day.str.contains(" ", literal=True)
    plain_day &= parsed.dt.year().is_between(EARLIEST, LATEST)
    ordinal = parsed.dt.epoch("d") + 719_163  # the ordinal of 1970-01-01
    ranks = event.replace_strict(kinds.rank, default=None, return_dtype=pl.Int8)
    return (
        pl.scan_csv(path, infer_schema=False, low_memory=True, glob=False)
        .select(pl.col("application_id", "date", "event", "track", "channel").fill_null(""))
        .select(
            pl.col("application_id").alias("id"),
            pl.when(plain_day).then(ordinal).cast(pl.Int32).alias("day"),
            ranks.alias("rank"),
            pl.col("track").cast(pl.Categorical),
            pl.col("channel").cast(pl.Categorical),
        )
        .collect(engine="streaming")
        .sort("id", "day", "rank")
    )


def _without_odd(
    rows: pl.DataFrame, kinds: Kinds, unknown: list[tuple[str, str]]
) -> tuple[pl.DataFrame, set[str] | None]:
    """The rows of plain applications, and the ids of the others; None where ids have several spellings."""
    before = pl.col("rank").shift(1)
    rank, name = pl.col("rank"), pl.col("id")
    climbs = (rank > before) & (before < kinds.exits)
    alike = (pl.col("track") == pl.col("track").shift(1)) & (pl.col("channel") == pl.col("channel").shift(1))
    plain = pl.when(_SAME).then(climbs & alike).otherwise(rank < kinds.exits) & pl.col("day").is_not_null()
    odd = set(rows.filter(~plain.fill_null(value=False))["id"])
    names = rows["id"].unique()
    if odd & {""} or (names != names.str.strip_chars()).any() or names.str.starts_with("'").any():
        return rows, None
    for track, channel in unknown:
        odd |= set(rows.filter((pl.col("track") == track) & (pl.col("channel") == channel))["id"])
    return (rows.filter(~name.is_in(sorted(odd))) if odd else rows), odd


def _cut(rows: pl.DataFrame, kinds: Kinds, tidy: dict) -> Pieces:
    """The pieces of plain applications, each with how often it comes."""
    first = ~_SAME.fill_null(value=False)
    last = (pl.col("id") != pl.col("id").shift(-1)).fill_null(value=True)
    rank, day = pl.col("rank").cast(pl.Int32), pl.col("day")
    sent = (rank >= kinds.sent) & (rank < kinds.exits) & (first | (rank.shift(1) < kinds.sent))
    cut = rows.lazy().select(
        "track",
        "channel",
        rank,
        day,
        first.alias("first"),
        last.alias("last"),
        rank.shift(1).alias("before"),
        (day - day.shift(1)).alias("wait"),
        pl.when(first).then(rank).forward_fill().alias("head"),
        sent.alias("sent"),
    )
    stage = pl.col("rank") < kinds.exits

    def counted(chosen: pl.Expr, *columns: pl.Expr | str) -> Counter:
        kept = cut.filter(chosen).select("track", "channel", *columns)
        keys = kept.collect_schema().names()
        found: Counter = Counter()
        for track, channel, *rest, count in kept.group_by(keys).len().collect().iter_rows():
            found[(*tidy[track, channel], *rest)] += count
        return found

    nothing = pl.lit(NO_EXIT, dtype=pl.Int32).alias("exit")
    ends = counted(pl.col("last") & stage, "rank", nothing, "day")
    ends += counted(pl.col("last") & ~stage, "before", "rank", "wait")
    return Pieces(
        heads=counted(pl.col("first"), "rank"),
        moves=counted(~pl.col("first") & stage, "before", "rank", "wait"),
        ends=ends,
        starts=counted(pl.col("sent"), "head", "day"),
    )


def _rows_of(path: Path, header: list[str], odd: set[str]) -> list[tuple[int, list[str]]]:
    """The records of some applications with their physical lines."""
    at = header.index(REQUIRED[0])
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        next(reader)
        return [row for row in numbered(reader) if len(row[1]) > at and row[1][at] in odd]
