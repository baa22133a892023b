"""Chunks, workers and other plans change no random number: the same bytes, and differences better than their parts."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecast.problems import COUNTS, flying, random_problem, varied_problem, with_chance
from offercast.errors import CommandError
from offercast.evidence import InFlight
from offercast.forecast import Counts, Lull, Outlook, Pace, Plan, engine, forecast_offer


def same(one: Outlook, other: Outlook) -> bool:
    return all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in ("days", "sent", "source", "draw")
    )


@pytest.mark.parametrize("seed", range(4, 8))
def test_workers_and_chunks_change_no_byte(seed: int, monkeypatch) -> None:
    """Every law of counts, with lulls, pauses and what is in flight: 1, 2 and 4 workers, chunks of 2,000 and 7,000."""
    posterior, plan, how = varied_problem(seed)
    one = forecast_offer(posterior, plan, searches=21_500, seed=seed, **how)
    for workers in (2, 4):
        assert same(one, forecast_offer(posterior, plan, searches=21_500, seed=seed, workers=workers, **how))
    for chunk in (2_000, 7_000):
        monkeypatch.setattr(engine, "CHUNK", chunk)
        assert same(one, forecast_offer(posterior, plan, searches=21_500, seed=seed, workers=2, **how))


@pytest.mark.parametrize("law", [law for law in COUNTS if law != "rhythm"])
def test_another_track_changes_nothing_of_the_first(law: str) -> None:
    """With a hopeless track added, every search has its offer on the very day that it had before."""
    posterior = flying(random_problem(5)[0])
    posterior.draws["advance_logit"][:, :, 1] = -300.0
    counts = Counts(law, dispersion=0.7 if law.startswith("neg") else None)
    alone = Plan((Pace("T0", 4.0),), counts=counts)
    both = Plan((Pace("T1", 9.0), Pace("T0", 4.0)), counts=counts)
    one, two = (forecast_offer(posterior, plan, horizon_weeks=7, searches=5_000) for plan in (alone, both))
    assert one.days.tobytes() == two.days.tobytes()
    assert 0.05 < one.chance_none < 0.95
    assert (two.sent >= one.sent - 1e-9).mean() > 0.99


def test_more_of_a_track_is_sooner_in_every_search() -> None:
    """With Poisson counts the same offers leave earlier, so that no search is worse off."""
    posterior, _ = random_problem(3)
    few, many = (
        forecast_offer(posterior, Plan.per_week({"T0": n}), horizon_weeks=30, searches=20_000, seed=4) for n in (3, 6)
    )
    later = many.days > few.days + 7  # a weekend may come between
    assert later.mean() < 0.02
    assert many.chance_by(210.0) > few.chance_by(210.0)


def test_two_streams_of_one_name_have_luck_of_their_own() -> None:
    """Twice five a week are ten a week, not five twice."""
    posterior = with_chance(0.03, instant=True)
    twice = forecast_offer(posterior, Plan((Pace("A", 5.0), Pace("A", 5.0))), horizon_weeks=4, searches=60_000)
    assert twice.chance_none == pytest.approx(np.exp(-0.03 * 40), abs=0.008)


def test_a_difference_is_known_better_than_its_parts() -> None:
    """Its error is what repeated runs show, and much smaller than that of two runs with luck of their own."""
    posterior, plan = random_problem(6)
    more = plan.changed(posterior.tracks[0], "cold", 1.0, added=True)
    n = 4_000
    moved = [
        forecast_offer(posterior, more, horizon_weeks=20, searches=n, seed=seed).change(
            forecast_offer(posterior, plan, horizon_weeks=20, searches=n, seed=seed), 90.0
        )
        for seed in range(60)
    ]
    stated = np.mean([change.simulation_error for change in moved])
    seen = np.std([change.difference for change in moved], ddof=1)
    assert stated == pytest.approx(seen, rel=0.35)
    assert stated < 0.6 * np.mean([change.apart for change in moved])
    with pytest.raises(CommandError, match="same seed"):
        forecast_offer(posterior, plan, searches=n, seed=1).change(
            forecast_offer(posterior, plan, searches=n, seed=2), 9
        )


def test_a_change_of_plan_is_what_was_asked() -> None:
    plan = Plan((Pace("A", (2.0, 5.0), "cold"), Pace("A", 1.0, "cold", "response"), Pace("B", 1.0, "referral")))
    added = plan.changed("A", "cold", -3.0, added=True)
    assert added.paces[0].per_week == (0.0, 2.0)
    assert added.paces[1:] == plan.paces[1:]
    assert [p.per_week for p in plan.changed("A", "cold", 8.0, added=False).paces] == [(8.0, 8.0), 1.0]
    assert plan.changed("B", "cold", 2.0, added=True).paces[3] == Pace("B", 2.0, "cold")
    rhythm = Plan((Pace("A", 1.5, "cold"),), counts=Counts("rhythm", weeks=((0,), (3,))))
    assert rhythm.changed("A", "cold", 2.0, added=True).counts.weeks == ((2,), (5,))
    assert rhythm.changed("A", "cold", -2.0, added=True).counts.weeks == ((0,), (1,))
    assert rhythm.changed("B", "cold", 1.5, added=True).counts.weeks == ((0, 1), (3, 2))


def test_a_lull_spares_what_waits_already() -> None:
    """One at the last step has no stage left to enter; new ones are halved."""
    posterior = with_chance(0.5, instant=True)
    year = (Lull(date(2026, 1, 1), date(2026, 12, 31), 0.5),)
    step = posterior.evidence.steps.index("second_interview->offer")
    waiting = flying(with_chance(0.5), InFlight(0, 0, step, 0, 0, 1))
    plain, quiet = (forecast_offer(waiting, Plan((), lulls=lulls), searches=20_000) for lulls in ((), year))
    assert plain.chance_none == quiet.chance_none
    one_day = Plan((Pace("A", (1.0, 0.0)),), weekdays=(0, 0, 0, 0, 1.0, 0, 0), counts=Counts("fixed"))
    outlook = forecast_offer(posterior, replace(one_day, lulls=year), horizon_weeks=20, searches=40_000)
    assert 1 - outlook.chance_none == pytest.approx(0.5 * 0.5**5, abs=0.004)  # five stages are entered
    assert outlook.sent.max() == 1
