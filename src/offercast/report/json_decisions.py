"""Decisions about a whole search as JSON: chains, and mixes that learn."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from offercast.decisions.chains import OLD_DAYS, PRIOR, Chain, Chains
from offercast.decisions.learning import Learning
from offercast.decisions.trees import Link


def chains_json(found: Chains) -> dict[str, Any]:
    """Where offers began, and what each kind of first link has led to."""
    again = found.second_chances
    return {
        "as_of": str(found.as_of),
        "credible_level": 0.9,
        "prior_beta": [PRIOR, PRIOR],
        "old_from_days": OLD_DAYS,
        "applications": found.applications,
        "say_where_from": found.told,
        "offers": [_chain(chain) for chain in found.offers],
        "first_links": [
            {
                "kind": kind.kind,
                "named": kind.named,
                "links": kind.links,
                "led_to_interview": kind.to_interview,
                "led_to_offer": kind.to_offer,
                "share_so_far": asdict(kind.share),
                "days_to_offers": list(kind.delays),
                "still_alive": kind.alive,
                "expected_to_bring_one": kind.expected,
            }
            for kind in found.kinds
        ],
        "old_and_alive": [
            {
                "first_link": _link(old.link),
                "age_days": old.age_days,
                "in_flight": list(old.in_flight),
                "mean_chance_of_offer": old.mean_chance,
                "chance_of_offer": asdict(old.chance) if old.chance else None,
            }
            for old in found.old
        ],
        "rejections": {
            "reopened": again.reopened,
            "went_further": again.went_further,
            "offers": again.offers,
            "followed_by_another": again.followed,
            "followed_by_an_offer": again.followed_offers,
        },
        "notes": list(found.notes),
    }


def _chain(chain: Chain) -> dict[str, Any]:
    return {
        "offered_on": str(chain.offered_on) if chain.offered_on else None,
        "delay_days": chain.delay_days,
        "links": [_link(link) for link in chain.links],
    }


def _link(link: Link) -> dict[str, Any]:
    return {
        "application_id": link.id or None,
        "kind": link.kind,
        "name": link.name,
        "first_day": str(link.day) if link.day else None,
        "events": [{"event": kind, "date": str(on) if on else None} for kind, on in link.events],
    }


def learning_json(found: Learning) -> dict[str, Any]:
    """Ways to spend the hours, compared on the same simulated searches."""
    return {
        "looked_at_every_weeks": found.every_weeks,
        "searches": found.searches,
        "draws_believed": found.draws,
        "share_held_back": found.flattened,
        "verdict": found.verdict,
        "ways": [
            {
                "name": way.name,
                "learns": way.learns,
                "chance": way.chance,
                "gain_over_keeping_the_mix": way.gain,
                "gain_standard_error": way.gain_error,
                "mean_applications": way.applications,
            }
            for way in found.ways
        ],
    }
