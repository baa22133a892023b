"""Chains as plain text: where offers began, what first links have led to, and which old ones are still alive."""

from __future__ import annotations

from offercast.decisions.chains import OLD_DAYS, Chain, Chains, KindOfLink, OldLink
from offercast.decisions.trees import Link
from offercast.ladder import Ladder
from offercast.report.decisions import SHOWN, chance_to_bet_on, short
from offercast.report.tables import table
from offercast.report.words import day, lines_of, long_time, plural, two_digits


def chains_text(found: Chains, ladder: Ladder) -> str:
    """Each offer's way back, the yield and delay of each kind of first link, old links, noes that were not the end."""
    lines = [f"WHERE OFFERS BEGAN, {plural(len(found.offers), 'offer')}"] if found.offers else ["WHERE OFFERS BEGAN"]
    for chain in found.offers[:SHOWN]:
        lines += _chain_lines(chain, ladder)
    if len(found.offers) > SHOWN:
        lines.append(f"  and {len(found.offers) - SHOWN:,} more (--json has them all)")
    if not found.offers:
        lines.append(f"  This log has no offer by {day(found.as_of)}.")
    if not found.told:
        lines += [
            "  The log does not say where an application came from, so each counts as its own first link. The",
            "  column came_from would: the id of an application, contact: Ana, or event: PyCon (2023-10-05).",
        ]
    if found.kinds:
        lines += _kind_lines(found, ladder)
    return "\n".join([*lines, *_old_lines(found, ladder), *_no_lines(found)])


def _chain_lines(chain: Chain, ladder: Ladder) -> list[str]:
    offered = f"offer on {day(chain.offered_on)}" if chain.offered_on else "offer on an unknown day"
    after = "" if chain.delay_days is None else f", {long_time(chain.delay_days)} after its first link"
    lines = [f"  {short(chain.links[-1].name)}: {offered}{after}"]
    for link in chain.links:
        told = f"{day(link.day) if link.day else 'day unknown'}: {_name(link, ladder)}{_steps(link, ladder)}"
        lines += lines_of(told, first="    ", rest="      ")
    return lines


def _name(link: Link, ladder: Ladder) -> str:
    kind = link.kind if link.named else ladder.channels_by_id[link.kind].label
    return f"{short(link.name)} ({short(kind).lower()})"


def _steps(link: Link, ladder: Ladder) -> str:
    """What happened, with the days in between."""
    told = ""
    for (kind, _), days in zip(link.events, (None, *link.days_between), strict=False):
        after = "" if days is None else f", {plural(days, 'day')}" if days else ", the same day"
        told += f"{after} → {_label(kind, ladder)}" if told else _label(kind, ladder)
    return f": {told}" if told else ""


def _label(kind: str, ladder: Ladder) -> str:
    if kind in ladder.exits_by_id:
        return ladder.exits_by_id[kind].label
    return ladder.stage(kind).label if ladder.is_stage(kind) else kind.capitalize()


def _kind_lines(found: Chains, ladder: Ladder) -> list[str]:
    rows = [["", "first links", "to an interview", "to an offer", "in 100", "offer after", "still alive", "may yet"]]
    rows += [_kind_row(kind, ladder) for kind in found.kinds]
    for empty in [at for at in range(len(rows[0]) - 1, 0, -1) if not any(row[at] for row in rows[1:])]:
        rows = [row[:empty] + row[empty + 1 :] for row in rows]
    told = (
        "In 100: of 100 such first links so many lead to an offer, with 90 %, if nothing more came of those still "
        "alive. Those still run: the last column is how many of them may yet bring one by what is in flight."
    )
    return [
        "WHAT FIRST LINKS HAVE LED TO, so far",
        table(rows),
        *lines_of(told),
    ]


def _kind_row(kind: KindOfLink, ladder: Ladder) -> list[str]:
    name = f"named {short(kind.kind)}" if kind.named else ladder.channels_by_id[kind.kind].label
    share = kind.share
    return [
        name,
        f"{kind.links:,}",
        "" if kind.to_interview is None else f"{kind.to_interview:,}",
        f"{kind.to_offer:,}",
        f"{two_digits(100 * share.low)} to {two_digits(100 * share.high)}",
        "" if kind.usual_delay is None else long_time(kind.usual_delay),
        f"{kind.alive:,}",
        "" if kind.expected is None else two_digits(kind.expected),
    ]


def _old_lines(found: Chains, ladder: Ladder) -> list[str]:
    if not found.old:
        return []
    rows = [["", "first day", "an offer", "in flight"]]
    rows += [_old_row(old, ladder) for old in found.old[:SHOWN]]
    lines = [f"OLD FIRST LINKS THAT ARE STILL ALIVE, begun {OLD_DAYS} days ago or more", table(rows, align="lrrl")]
    if len(found.old) > SHOWN:
        lines.append(f"  and {len(found.old) - SHOWN:,} more, each less likely (--json has them all)")
    return lines


def _old_row(old: OldLink, ladder: Ladder) -> list[str]:
    chance = "" if old.chance is None or old.mean_chance is None else chance_to_bet_on(old.mean_chance, old.chance)
    more = f" and {len(old.in_flight) - 2:,} more" if len(old.in_flight) > 2 else ""
    waits = ", ".join(short(name) for name in old.in_flight[:2]) + more
    return [_name(old.link, ladder), day(old.link.day) if old.link.day else "", chance, waits]


def _no_lines(found: Chains) -> list[str]:
    again, lines = found.second_chances, []
    if again.reopened:
        lines.append(
            f"  Rejections that came back: {again.reopened:,}, and went further than before: {again.went_further:,}."
        )
        lines.append(f"  Offers from those: {again.offers:,}.")
    if again.followed:
        lines.append(
            f"  Applications that came from one that had said no: {again.followed:,}, and offers from "
            f"those: {again.followed_offers:,}."
        )
    return ["NOES THAT WERE NOT THE END", *lines] if lines else []
