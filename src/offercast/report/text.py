"""Results as plain text: for a terminal, a pipe, and someone on a bad day."""

from __future__ import annotations

from collections.abc import Sequence

from offercast.decisions.compare import CLEAR, Comparison, Pair
from offercast.decisions.knowing import MoreToKnow
from offercast.inference.posterior import Posterior
from offercast.inference.summary import (
    FirstNumber,
    Interval,
    StepRate,
    Support,
    shown_steps,
    step_rates,
    step_waits,
    support,
    track_yields,
)
from offercast.ladder import Ladder
from offercast.report.log import step_label
from offercast.report.screen import bar, screen, span
from offercast.report.tables import table
from offercast.report.words import (
    count,
    lines_of,
    percent,
    percent_interval,
    plural,
    rounded_count,
    signed,
    two_digits,
)

TABLE_TRACKS = 4
"""More tracks than this, and the tables are turned: one row a track."""


def first_numbers_text(ladder: Ladder, numbers: Sequence[FirstNumber]) -> str:
    """The closed-form bounds, for the seconds before the full fit is there."""
    rows = [["", "moved on", "told no", "open", "share that moves on"]]
    rows += [
        [
            step_label(ladder, n.step),
            count(n.advanced),
            count(n.told_no),
            count(n.still_open),
            f"{percent(n.lowest)} to {percent(n.highest)}",
        ]
        for n in numbers
    ]
    return (
        "FIRST NUMBERS, from counting alone\n"
        + table(rows)
        + "\n"
        + "\n".join(
            lines_of(
                "The low end takes every open application for a no, the high end expects the open ones to turn out"
                " like the answered ones, each with a margin of 5 % for chance. The full model finds where in between,"
                " from how long they have waited."
            )
        )
    )


def rates_text(posterior: Posterior) -> str:
    """Rates per track and step, with what was counted, and the way from sending to an offer."""
    rates = step_rates(posterior)
    if len(posterior.tracks) > TABLE_TRACKS or screen().charts:
        body = _rates_by_row(posterior, rates)
    else:
        body = _rates_by_column(posterior, rates)
    yields = [["track", "offers in 100", "for an even chance", "for 8 in 10"], *needed_rows(posterior)]
    horizon = f"{posterior.model.assumptions.horizon_days:.0f}"
    merged_line = "".join(f"{line}\n" for line in lines_of(merged_sentence(posterior.ladder)))
    told = lines_of(
        f"chance to move on within {horizon} days, with its 90 % interval, of cold applications;"
        " in brackets: moved on / told no / open"
    )
    return (
        "HOW LIKELY EACH STEP IS\n" + "\n".join(told) + f"\n{body}\n{merged_line}\n"
        "APPLICATIONS TO A FIRST OFFER, sent cold, one after the other\n"
        + table(yields)
        + "\n\nHOW LONG AN ANSWER TAKES, in days; half of those that come have come by then\n"
        + _waits_table(posterior)
    )


def needed_rows(posterior: Posterior) -> list[list[str]]:
    """By track: offers in 100, and the applications to a first one with an even chance and with 8 in 10."""
    return [
        [
            found.track,
            in_a_hundred(found.offers_per_application),
            *(rounded_count(n, "over 100,000") for n in found.needed.values()),
        ]
        for found in track_yields(posterior)
    ]


def merged_sentence(ladder: Ladder) -> str:
    """Which steps are counted as one, since the log never names what lies between; empty where none are."""
    if not ladder.merged:
        return ""
    labels = " and ".join(stage.label for stage in ladder.merged)
    return f"The log never names {labels}: what lies on either side is counted as one step."


def _rates_by_column(posterior: Posterior, rates: Sequence[StepRate]) -> str:
    rows = [["", *posterior.tracks]]
    for s in shown_steps(posterior):
        name = posterior.ladder.steps[s].id
        of_step = [rate for rate in rates if rate.step == name]
        rows.append([step_label(posterior.ladder, name), *(percent_interval(r.chance) for r in of_step)])
        rows.append(["", *(counted(rate) for rate in of_step)])
    return table(rows)


def _rates_by_row(posterior: Posterior, rates: Sequence[StepRate]) -> str:
    rows: list[list[str]] = []
    drawn: list[Interval | None] = []
    for s in shown_steps(posterior):
        name = posterior.ladder.steps[s].id
        of_step = [rate for rate in rates if rate.step == name]
        rows.append([step_label(posterior.ladder, name), "", ""])
        rows += [[f"  {r.track}", percent_interval(r.chance), counted(r)] for r in of_step]
        drawn += [None, *(r.chance for r in of_step)]

    def draw(width: int) -> list[str]:
        return [span(one.low, one.median, one.high, width) if one else "" for one in drawn]

    return table(rows, draw=draw)


def counted(rate: StepRate) -> str:
    """What was counted at a step: moved on, told no, open."""
    return f"[{count(rate.advanced)}/{count(rate.told_no)}/{count(rate.still_open)}]"


def _waits_table(posterior: Posterior) -> str:
    rows = [["", "a yes", "a no"]]
    for wait in step_waits(posterior):
        both = [
            f"{two_digits(w.median)} ({two_digits(w.low)}-{two_digits(w.high)})"
            for w in (wait.advance_days, wait.no_days)
        ]
        rows.append([step_label(posterior.ladder, wait.step), *both])
    return table(rows)


def compare_text(comparison: Comparison, ladder: Ladder, more: MoreToKnow | None = None) -> str:
    """Which track converts better, how sure that is, at which steps the tracks differ, and what would decide it."""
    whole = comparison.whole
    lines = ["TRACKS COMPARED, from sending to an offer"]
    if len(whole.chances) == 1:
        return lines[0] + f'\n  There is one track, "{next(iter(whole.chances))}": nothing to compare.'
    head = ["track", "offers in 100", "chance of being the best", "lost by choosing it now"]
    chances = sorted(whole.chance_best.values(), reverse=True)
    rows = [head, *compared_rows(comparison)]
    lines.append(table(rows, draw=lambda width: ["the best", *(bar(chance, width) for chance in chances)]))
    for sentence in compared_sentences(comparison, ladder, more):
        lines += lines_of(sentence)
    return "\n".join([*lines, *_as_sent_lines(comparison)])


def compared_rows(comparison: Comparison) -> list[list[str]]:
    """By track, the likeliest best first: offers in 100, the chance of being the best, what choosing it now loses."""
    whole = comparison.whole
    return [
        [track, in_a_hundred(whole.chances[track]), percent(chance), percent(whole.loss[track])]
        for track, chance in sorted(whole.chance_best.items(), key=lambda item: -item[1])
    ]


def compared_sentences(comparison: Comparison, ladder: Ladder, more: MoreToKnow | None = None) -> list[str]:
    """What the comparison says: pair by pair, at which steps, and what would decide it. Nothing of a single track."""
    if len(comparison.whole.chances) == 1:
        return []
    told = [pair_sentence(pair) for pair in _telling_pairs(comparison)]
    clear = [
        (step_label(ladder, contest.name), pair)
        for contest in comparison.steps
        for pair in contest.pairs
        if pair.verdict == "clear"
    ]
    told += [f"At {label}: {pair_sentence(pair)}" for label, pair in clear[:SHOWN_PAIRS]]
    if not clear:
        told.append("No single step separates them clearly yet.")
    return told + (_more_sentences(more) if more is not None else [])


def _as_sent_lines(comparison: Comparison) -> list[str]:
    """The same in the mix of channels that each track was begun through, and per hour."""
    sent, hourly = comparison.as_sent, comparison.per_hour
    if comparison.one_channel:
        return []
    rows = [["", "offers in 100", "in 100 hours", "chance of being the best per hour"]]
    for track, chance in sorted(hourly.chance_best.items(), key=lambda item: -item[1]):
        rows.append([track, in_a_hundred(sent.chances[track]), in_a_hundred(hourly.chances[track]), percent(chance)])
    lines = ["WITH YOUR OWN MIX OF CHANNELS, and the hours that it takes", table(rows)]
    if sent.best != comparison.whole.best:
        lines.append(
            f"  As you send them {sent.best} leads, through one channel {comparison.whole.best}: the channels differ."
        )
    return lines


def in_a_hundred(value: Interval) -> str:
    """A chance as a number in 100, with its interval."""
    return f"{two_digits(100 * value.median)} ({two_digits(100 * value.low)}-{two_digits(100 * value.high)})"


def _more_sentences(more: MoreToKnow) -> list[str]:
    """How many further applications would likely decide which track is best."""
    if more.decided:
        return ["Which is best is decided: no more applications are needed to tell."]
    if more.of_each is None and more.most_tried is None:
        told = ["How many more applications would decide it, these draws cannot tell."]
    elif more.of_each is None:
        told = [f"Not even {more.most_tried} more applications of each track would likely decide which is best."]
    else:
        told = [f"{more.of_each} more applications of each track, all answered, would likely decide which is best."]
    alone = [f"{n} of {track}" for track, n in more.of_one.items() if n]
    return [*told, f"Of one track alone: {', or '.join(alone)}."] if alone else told


SHOWN_PAIRS = 6


def _telling_pairs(comparison: Comparison) -> list[Pair]:
    """The pairs to tell: all of a few tracks, the surest of many."""
    pairs = sorted(comparison.whole.pairs, key=lambda p: -abs(p.chance_first_better - 0.5))
    return pairs[:SHOWN_PAIRS]


def pair_sentence(pair: Pair) -> str:
    """One difference in one sentence, with its chance and its interval in percentage points."""
    first_better = pair.better == pair.first
    better, other = (pair.first, pair.second) if first_better else (pair.second, pair.first)
    chance = max(pair.chance_first_better, 1 - pair.chance_first_better)
    ends = (pair.difference.low, pair.difference.high)
    low, high = ends if first_better else (-ends[1], -ends[0])
    if pair.chance_alike >= CLEAR:
        return f"{better} and {other} are as good as alike, with a chance of {percent(pair.chance_alike)}."
    told = f"with a chance of {percent(chance)}. The difference: {signed(100 * low)} to {signed(100 * high)} points."
    if pair.verdict == "cannot tell yet":
        return f"{better} or {other}: cannot tell yet; {better} is better {told}"
    word = "converts better" if pair.verdict == "clear" else "probably converts better"
    return f"{better} {word} than {other}, {told}"


def trust_line(posterior: Posterior) -> str:
    """What stands behind the numbers above, and whether the method can be trusted here."""
    return support_text(support(posterior), posterior.ladder)


def support_text(facts: Support, ladder: Ladder) -> str:
    """The trust line."""
    share_open = f"{facts.open_now} of them open" if facts.sent else "so every number here is the prior's"
    parts = [f"{plural(facts.sent, 'application')} sent, {share_open}"]
    prior = facts.mostly_prior
    if prior and facts.sent:
        labels = ", ".join(step_label(ladder, step) for step in prior)
        parts += lines_of(f"mostly prior, not yet your own data: {labels}", first="", less=7)
    if facts.engine == "independent":
        parts.append("counted on answered applications only (a baseline: too high while much is open)")
    elif facts.verdict == "good":
        parts.append("sampler healthy" + (", though not the first one tried" if facts.handed_over else ""))
    else:
        parts.append("SAMPLER NOT HEALTHY: " + "; ".join(facts.faults))
    return "TRUST  " + "\n       ".join(parts)
