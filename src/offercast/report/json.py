"""Results as JSON: a schema id, units in the key names, no NaN (null and a reason where a number is missing)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from offercast.decisions.compare import Comparison, Contest
from offercast.evidence.evidence import Evidence
from offercast.forecast.outlook import Outlook
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


def outlook_json(outlook: Outlook, dates: Sequence[date]) -> dict[str, Any]:
    """The forecast. A quantile beyond the horizon is null; `chance_none_by_horizon` says how much lies there."""
    return {
        "as_of": str(outlook.as_of),
        "seed": outlook.seed,
        "searches": int(outlook.days.size),
        "horizon_weeks": outlook.horizon_weeks,
        "clock": "real days from the end of as_of; applications leave at the start of a day",
        "plan": {
            "origin": outlook.plan.origin,
            "paces": [{"track": p.track, "channel": p.channel, "per_week": p.per_week} for p in outlook.plan.paces],
            "weekday_shares_from_monday": list(outlook.plan.weekdays),
            "pauses": [{"first": str(p.first), "last": str(p.last)} for p in outlook.plan.pauses],
        },
        "in_flight": outlook.in_flight,
        "chance_by": [
            {
                "date": str(d),
                "chance": outlook.chance_by(d),
                "simulation_standard_error": outlook.chance_error(d)[0],
                "posterior_draw_standard_error": outlook.chance_error(d)[1],
            }
            for d in dates
        ],
        "chance_none_by_horizon": outlook.chance_none,
        "quantiles": [
            {
                "share": share,
                "date": str(outlook.date_quantile(share)) if outlook.date_quantile(share) else None,
                "weeks": outlook.weeks_quantile(share),
                "applications_sent": outlook.sent_quantile(share),
            }
            for share in QUANTILES
        ],
        "null_means": "beyond the horizon",
        "restricted_mean_days": outlook.restricted_mean_days,
        "first_offer_from": [
            {"track": source[0], "channel": source[1] or None, "share": share}
            for source, share in outlook.source_shares().items()
        ],
    }


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison of tracks, whole ladder first, then each step."""
    return {
        "channel": comparison.channel,
        "credible_level": comparison.level,
        "stages_never_named": list(comparison.implied),
        "whole_ladder": _contest(comparison.whole),
        "steps": [{"step": contest.name, **_contest(contest)} for contest in comparison.steps],
    }


def _contest(contest: Contest) -> dict[str, Any]:
    return {
        "tracks": [
            {"track": t, "chance": _interval(chance), "chance_best": contest.chance_best[t]}
            for t, chance in contest.chances.items()
        ],
        "pairs": [
            {
                "first": p.first,
                "second": p.second,
                "chance_first_better": p.chance_first_better,
                "difference_first_minus_second": _interval(p.difference),
                "verdict": p.verdict,
            }
            for p in contest.pairs
        ],
    }


def _interval(value: Interval) -> dict[str, float]:
    return {"median": value.median, "low": value.low, "high": value.high}
