"""The ledger as plain text and as JSON: what was said, what came, and how often it came true."""

from __future__ import annotations

from typing import Any

from offercast.report.tables import table
from offercast.report.words import day, lines_of, percent, plural
from offercast.trust.ledger import SHARES, Ledger
from offercast.trust.scores import brier

SHOWN = 12


def ledger_text(found: Ledger) -> str:
    """Every kept forecast beside what came so far."""
    if not found.forecasts:
        return "KEPT FORECASTS\n  None of this log. Add --keep to a forecast, and look again when its days have come."
    until = day(found.known_until)
    lines = [f"KEPT FORECASTS, {plural(len(found.forecasts), 'forecast')} of this log, and what came until {until}"]
    rows = [["of", "sent", "a week", "even chance by", "8 in 10 by", "first offer after it"]]
    for forecast, offer in list(zip(found.forecasts, found.offers, strict=True))[-SHOWN:]:
        ends = (forecast.days.get(str(share)) for share in (0.5, 0.8))
        told = [day(end) if end else "beyond" for end in ends]
        came = day(offer) if offer else "none so far"
        rows.append([day(forecast.as_of), str(forecast.sent), f"{forecast.per_week:.2g}", *told, came])
    lines.append(table(rows))
    if len(found.forecasts) > SHOWN:
        lines.append(f"  and {len(found.forecasts) - SHOWN} before")
    lines += _settled_lines(found)
    return "\n".join(lines)


def _settled_lines(found: Ledger) -> list[str]:
    lines = ["WHAT IS SETTLED"]
    if not found.settled:
        return [*lines, f"  Nothing yet: {plural(found.waiting, 'stated chance')} still to come."]
    said = sum(one.chance for one in found.settled) / len(found.settled)
    came = sum(one.came for one in found.settled)
    number = plural(len(found.settled), "stated chance")
    told = [
        f"Of {number} whose day has come {came} came true. On average they said {percent(said)}.",
        *(_share_sentence(found, share) for share in SHARES),
        f"{plural(found.waiting, 'stated chance')} still to come.",
        "One search is one throw: forecasts of the same weeks come true, or not, together.",
    ]
    for sentence in told:
        lines += lines_of(sentence) if sentence else []
    return lines


def _share_sentence(found: Ledger, share: float) -> str:
    hits, number = found.came_true(share)
    return f"Our {percent(share)} dates came true {hits} times in {number}." if number else ""


def ledger_json(found: Ledger) -> dict[str, Any]:
    """The same as plain values."""
    settled = found.settled
    return {
        "known_until": str(found.known_until),
        "forecasts": [
            {
                "kept_on": str(one.kept_on), "as_of": str(one.as_of), "sent": one.sent, "per_week": one.per_week,
                "days": {share: str(end) if end else None for share, end in one.days.items()},
                "chances": one.chances, "first_offer": str(offer) if offer else None,
            }
            for one, offer in zip(found.forecasts, found.offers, strict=True)
        ],
        "settled": len(settled),
        "waiting": found.waiting,
        "mean_stated": sum(one.chance for one in settled) / len(settled) if settled else None,
        "share_came": sum(one.came for one in settled) / len(settled) if settled else None,
        "brier": brier([one.chance for one in settled], [one.came for one in settled]) if settled else None,
        "dates_came_true": {str(share): list(found.came_true(share)) for share in SHARES},
    }  # fmt: skip
