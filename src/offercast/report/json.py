"""Results as JSON: a schema id, units in the key names, no NaN (null and a reason where a number is missing)."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from offercast.decisions.backwards import Backwards
from offercast.decisions.compare import Comparison, Contest
from offercast.decisions.effort import Effort
from offercast.decisions.knowing import MoreToKnow
from offercast.decisions.offer import Advice
from offercast.decisions.waiting import Silence
from offercast.evidence.evidence import Evidence
from offercast.forecast.check import Checked
from offercast.forecast.limits import NO_LIMITS
from offercast.forecast.outlook import Outlook
from offercast.forecast.plan import Plan
from offercast.history.records import History
from offercast.inference.posterior import Posterior
from offercast.inference.summary import Interval, step_rates, step_waits, support, track_yields

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


def to_json(kind: str, body: dict[str, Any]) -> str:
    """The document as text, with its schema id `offercast/KIND/1`."""
    return json.dumps({"schema": f"offercast/{kind}/1", **body}, indent=2, allow_nan=False, ensure_ascii=False)


def check_json(history: History, evidence: Evidence) -> dict[str, Any]:
    """How a log was read and what was counted."""
    reading = history.reading
    return {
        "source": history.source,
        "shape": reading.shape,
        "container": reading.container,
        "known_as": reading.known_as or None,
        "date_order": reading.date_order,
        "columns": [
            {"header": c.header, "role": c.role, "sure": c.sure, "examples": list(c.examples)} for c in reading.columns
        ],
        "statuses": [{"text": s.text, "means": s.means, "rows": s.rows, "sure": s.sure} for s in reading.statuses],
        "track_rules": [{"rule": rule, "track": track, "rows": rows} for rule, track, rows in reading.track_rules],
        "notes": list(reading.notes),
        **evidence_json(evidence),
    }


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """What was counted, by track and step."""
    counts = evidence.counts()
    return {
        "as_of": str(evidence.as_of),
        "applications": evidence.applications,
        "sent": evidence.sent,
        "open": evidence.open_now,
        "offers_in_hand": evidence.offers_in_hand,
        "second_chances": evidence.second_chances,
        "stages_never_named": list(evidence.implied),
        "tracks": list(evidence.tracks),
        "counts": [
            {"track": track, "step": step, "advanced": row[0], "told_no": row[1], "open": row[2]}
            for k, track in enumerate(evidence.tracks)
            for s, step in enumerate(evidence.steps)
            if (row := [float(n) for n in counts[k, s]]) and sum(row) > 0
        ],
    }


def fit_json(posterior: Posterior) -> dict[str, Any]:
    """Rates, waits, offers per application, and the health of the fit."""
    health, facts = posterior.health, support(posterior)
    return {
        "engine": posterior.engine,
        "sampler": posterior.sampler,
        "seed": posterior.seed,
        "model": posterior.model.name,
        "model_sha256": posterior.model.digest,
        "evidence_sha256": posterior.evidence.fingerprint,
        "versions": posterior.versions,
        "horizon_days": posterior.model.assumptions.horizon_days,
        "credible_level": 0.9,
        "evidence": evidence_json(posterior.evidence),
        "rates": [{"track": r.track, "step": r.step, "chance": _interval(r.chance)} for r in step_rates(posterior)],
        "waits": [
            {
                "step": w.step,
                "advance_median_days": _interval(w.advance_days),
                "no_median_days": _interval(w.no_days),
            }
            for w in step_waits(posterior)
        ],
        "tracks": [
            {
                "track": t.track,
                "offers_per_application": _interval(t.offers_per_application),
                "applications_to_first_offer": {str(at): n for at, n in t.needed.items()},
            }
            for t in track_yields(posterior)
        ],
        "health": {
            "verdict": health.verdict,
            "faults": list(health.faults),
            "r_hat": health.r_hat,
            "ess_bulk": health.ess_bulk,
            "ess_tail": health.ess_tail,
            "divergences": health.divergences,
            "e_bfmi": health.e_bfmi,
            "draws": health.draws,
            "pareto_k": health.pareto_k,
        },
        "posterior_sd_over_prior_sd": facts.prior_share,
        "posterior_mean_moved_in_prior_sds": facts.moved,
    }


def outlook_json(
    outlook: Outlook,
    dates: Sequence[date],
    what_if: Outlook | None = None,
    checked: Sequence[Checked] | None = None,
) -> dict[str, Any]:
    """The forecast. A quantile beyond the horizon is null; `chance_none_by_horizon` says how much lies there.

    `what_if` is the forecast of a changed plan, with the same seed; `checked` the same chances by the second method.
    """
    return {
        "as_of": str(outlook.as_of),
        "seed": outlook.seed,
        "searches": int(outlook.days.size),
        "horizon_weeks": outlook.horizon_weeks,
        "goal": outlook.goal,
        "market_sd_log_odds": outlook.market_sd,
        "clock": "real days from the end of as_of; applications leave at the start of a day",
        "plan": _plan(outlook.plan),
        "limits": None if outlook.limits == NO_LIMITS else asdict(outlook.limits),
        "in_flight": outlook.in_flight,
        "chance_by": [_chance(outlook, d) for d in dates],
        "chance_none_by_horizon": outlook.chance_none,
        "quantiles": [_quantile(outlook, share) for share in QUANTILES],
        "null_means": "beyond the horizon",
        "restricted_mean_days": outlook.restricted_mean_days,
        "first_offer_from": [
            {"track": source[0], "channel": source[1] or None, "share": share}
            for source, share in outlook.source_shares().items()
        ],
        "checked": None
        if checked is None
        else [
            {"date": str(c.day), "chance": c.exact, "low": c.low, "high": c.high, "z": c.z, "agrees": c.agrees}
            for c in checked
        ],
        "what_if": None if what_if is None else _what_if(what_if, outlook, dates),
    }


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "origin": plan.origin,
        "paces": [
            {"track": p.track, "channel": p.channel, "per_week": list(p.each_week), "cost": p.cost} for p in plan.paces
        ],
        "counts": {"law": plan.counts.law, "dispersion": plan.counts.dispersion, "weeks": plan.counts.weeks},
        "weekday_shares_from_monday": list(plan.weekdays),
        "pauses": [{"first": str(p.first), "last": str(p.last), "name": p.name or None} for p in plan.pauses],
        "lulls": [{"first": str(q.first), "last": str(q.last), "factor": q.factor} for q in plan.lulls],
        "budget": plan.budget,
    }


def _chance(outlook: Outlook, day: date) -> dict[str, Any]:
    simulation, draws = outlook.chance_error(day)
    return {
        "date": str(day),
        "chance": outlook.chance_by(day),
        "simulation_standard_error": simulation,
        "posterior_draw_standard_error": draws,
    }


def _quantile(outlook: Outlook, share: float) -> dict[str, Any]:
    on, error = outlook.date_quantile(share), outlook.days_error(share)
    return {
        "share": share,
        "date": str(on) if on else None,
        "days_margin_95": error if error < float("inf") else None,
        "weeks": outlook.weeks_quantile(share),
        "applications_sent": outlook.sent_quantile(share),
    }


def _what_if(changed: Outlook, base: Outlook, dates: Sequence[date]) -> dict[str, Any]:
    changes = [(d, changed.change(base, d)) for d in dates]
    return {
        "plan": _plan(changed.plan),
        "chance_by": [_chance(changed, d) for d in dates],
        "chance_none_by_horizon": changed.chance_none,
        "quantiles": [_quantile(changed, share) for share in QUANTILES],
        "difference_by": [
            {
                "date": str(d),
                "difference": c.difference,
                "simulation_standard_error": c.simulation_error,
                "simulation_standard_error_apart": c.apart,
                "posterior_draw_standard_error": c.draws_error,
            }
            for d, c in changes
        ],
    }


def waiting_json(silence: Silence, posterior: Posterior) -> dict[str, Any]:
    """Every open application and what its silence leaves of it, most hopeful first."""
    return {
        "as_of": str(posterior.evidence.as_of),
        "credible_level": 0.9,
        "horizon_days": posterior.model.assumptions.horizon_days,
        "open": silence.count,
        "chance_that_one_moves_on": silence.any_moves_on,
        "applications": [
            {
                "name": row.application.name or None,
                "count": row.application.count,
                "track": row.application.track,
                "channel": row.application.channel,
                "waits_at": row.application.stage,
                "silent_days": [row.application.shortest, row.application.longest],
                "mean_chance_to_move_on": row.mean_advances,
                "moves_on": _interval(row.advances),
                "ever_answers": _interval(row.answers),
                "brings_an_offer": _interval(row.offer),
                "mean_chance_of_an_offer": row.mean_offer,
                "days_to_nine_in_ten_answers": row.days_to_most,
                "follow_up": row.follow_up,
            }
            for row in silence.rows
        ],
    }


def plan_json(found: Backwards) -> dict[str, Any]:
    """What it takes to have an offer by a day; null where no pace up to `most_per_week` does."""
    return {
        "by": str(found.by),
        "chance": found.chance,
        "plan": _plan(found.plan),
        "most_per_week": found.most_per_week,
        "needed_per_week": found.per_week,
        "needed_per_week_of_one_track": found.by_track,
        "chance_in_flight_alone": found.in_flight,
        "chance_with_the_plan_as_it_is": found.usual,
        "chance_at_the_pace": found.best,
        "reached_on": str(found.reached_on) if found.reached_on else None,
        "chain": [{"stage": link.stage, "mean": link.mean, "low": link.low, "high": link.high} for link in found.chain],
        "last_day_of_use": {track: str(last) if last else None for track, last in found.last_days.items()},
        "referral_worth_in_cold_applications": {
            track: _interval(worth) for track, worth in found.referral_worth.items()
        },
    }


def offer_json(advice: Advice, plan: Plan) -> dict[str, Any]:
    """Take it or wait. Worths count the whole stay from the day of the answer on, in the unit of the values."""
    worth = advice.worth
    return {
        "value_per_year": advice.value,
        "answer_by": str(advice.answer_by),
        "horizon_weeks": advice.horizon_weeks,
        "supposed": {
            "usual_per_year": worth.usual,
            "spread_log_sd": worth.spread,
            "cost_per_week": worth.per_week,
            "stay_years": worth.stay_years,
            "worth_of_nothing": worth.nothing,
        },
        "plan": _plan(plan),
        "verdict": advice.verdict,
        "worth_of_taking": advice.taking,
        "worth_of_waiting": advice.waiting,
        "reservation_value_per_year_by_week": list(advice.reservation),
        "chance_of_a_better_one_before_the_answer": advice.before,
        "of_those_who_say_no": {
            "better_within_12_weeks": advice.better_soon,
            "nothing_taken_after_12_weeks": advice.none_soon,
            "better_in_the_end": advice.better,
            "worth_less": advice.worse,
            "none_by_the_horizon": advice.nothing,
        },
        "of_those_who_take_it_missed_a_better_one": advice.better_missed,
    }


def effort_json(effort: Effort) -> dict[str, Any]:
    """The best mix of kinds for the hours that there are."""
    return {
        "by": str(effort.by),
        "hours_per_week": effort.hours,
        "chance": effort.chance,
        "chance_with_even_hours": effort.evenly,
        "chance_in_flight_alone": effort.in_flight,
        "unused_hours": effort.unused,
        "largest_violation_of_the_conditions": effort.residual,
        "kinds": [
            {
                "track": kind.track,
                "channel": kind.channel,
                "hours_each": kind.hours,
                "most_per_week": kind.most_per_week,
                "per_week": number,
                "hours": spent,
                "chance_alone": alone,
            }
            for kind, number, spent, alone in zip(
                effort.kinds, effort.per_week, effort.spent, effort.alone, strict=True
            )
        ],
    }


def comparison_json(comparison: Comparison, more: MoreToKnow | None = None) -> dict[str, Any]:
    """The comparison of tracks, whole ladder first, then each step; and what would likely decide it."""
    return {
        "channel": comparison.channel,
        "credible_level": comparison.level,
        "whole_ladder": _contest(comparison.whole),
        "mix_of_channels": comparison.mixes,
        "hours_each": comparison.hours,
        "as_sent": _contest(comparison.as_sent),
        "per_hour": _contest(comparison.per_hour),
        "steps": [{"step": contest.name, **_contest(contest)} for contest in comparison.steps],
        "more_to_know": None
        if more is None
        else {
            "applications_of_each_track": more.of_each,
            "applications_of_one_track": more.of_one,
            "tried": list(more.numbers),
            "chance_decided": [None if math.isnan(c) else c for c in more.chances],
        },
    }


def _contest(contest: Contest) -> dict[str, Any]:
    return {
        "tracks": [
            {
                "track": t,
                "chance": _interval(chance),
                "chance_best": contest.chance_best[t],
                "chance_of_each_place": list(contest.ranks[t]),
                "expected_loss": contest.loss[t],
            }
            for t, chance in contest.chances.items()
        ],
        "pairs": [
            {
                "first": p.first,
                "second": p.second,
                "chance_first_better": p.chance_first_better,
                "difference_first_minus_second": _interval(p.difference),
                "chance_alike": p.chance_alike,
                "verdict": p.verdict,
            }
            for p in contest.pairs
        ],
    }


def _interval(value: Interval) -> dict[str, float]:
    return {"median": value.median, "low": value.low, "high": value.high}
