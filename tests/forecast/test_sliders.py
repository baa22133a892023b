"""The carried forecast: the exact curve on weeks, what-ifs against the engine, and what its JSON holds."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest

from offercast.decisions.backwards import scaled
from offercast.decisions.levers import with_more
from offercast.forecast import Outlook, Pace, Pause, Plan, exact_curve, forecast_offer
from offercast.forecast.sliders import Carried, carry
from offercast.inference import Posterior

WEEKS = [3, 7, 12, 25, 51]


@pytest.fixture(name="outlook", scope="module")
def _outlook(example_posterior: Posterior) -> Outlook:
    return forecast_offer(example_posterior, Plan.own_pace(example_posterior.evidence), searches=40_000)


@pytest.fixture(name="carried", scope="module")
def _carried(example_posterior: Posterior, outlook: Outlook) -> Carried:
    return carry(example_posterior, outlook, channels=["referral"])


def thin(posterior: Posterior, draws: int) -> Posterior:
    """A posterior of its first few draws, all of which are then carried."""
    return replace(posterior, draws={name: a[:1, :draws] for name, a in posterior.draws.items()})


def test_it_is_the_exact_curve_at_the_end_of_each_week(example_posterior: Posterior) -> None:
    few = thin(example_posterior, 20)
    plan = Plan.own_pace(few.evidence)
    outlook = forecast_offer(few, plan, searches=2000)
    ours = np.sort(carry(few, outlook, draws=20).curve(), axis=0)
    exact = np.sort(exact_curve(few, plan, draws=20)[:, 7::7], axis=0)
    assert ours == pytest.approx(exact, abs=2e-4)  # many small chances in flight are added up


@pytest.mark.parametrize(("factor", "pause"), [(0.0, 0), (3.0, 0), (1.0, 6)])
def test_another_pace_and_a_pause_are_exact_too(example_posterior: Posterior, factor: float, pause: int) -> None:
    few = thin(example_posterior, 12)
    plan = Plan.own_pace(few.evidence)
    carried = carry(few, forecast_offer(few, plan, searches=2000), draws=12)
    ours = carried.curve([factor * s.per_week for s in carried.streams], pause=pause)
    weekly = [replace(p, per_week=(*[0.0] * pause, factor * p.each_week[0])) for p in plan.paces]
    exact = exact_curve(few, replace(plan, paces=tuple(weekly)), draws=12)[:, 7::7]
    assert np.sort(ours, axis=0) == pytest.approx(np.sort(exact, axis=0), abs=3e-4)


@pytest.mark.parametrize("step", ["applied->response", "phone->interview", "second_interview->offer"])
@pytest.mark.parametrize("factor", [1.1, 1.5, 2.0])
def test_more_past_a_step_is_exact_too(example_posterior: Posterior, step: str, factor: float) -> None:
    """New applications and those in flight alike."""
    few = thin(example_posterior, 10)
    plan = Plan.own_pace(few.evidence)
    carried = carry(few, forecast_offer(few, plan, searches=2000), draws=10)
    ours = carried.curve(more={carried.steps.index(step): factor})
    exact = exact_curve(with_more(few, few.ladder.step_index[step.split("->", maxsplit=1)[0]], factor), plan, draws=10)[
        :, 7::7
    ]
    assert np.sort(ours, axis=0) == pytest.approx(np.sort(exact, axis=0), abs=3e-3)


def test_what_is_shown_starts_from_the_forecast_and_moves_as_the_engine_does(
    example_posterior: Posterior, outlook: Outlook, carried: Carried
) -> None:
    """To half a point, although 200 of 4,000 draws are carried."""
    base = carried.shifted(carried.curve().mean(axis=0))
    assert base[WEEKS] == pytest.approx([outlook.chance_by(7.0 * (w + 1)) for w in WEEKS], abs=1e-6)
    faster = forecast_offer(example_posterior, scaled(outlook.plan, 2.0), searches=40_000)
    ours = carried.shifted(carried.curve([2 * s.per_week for s in carried.streams]).mean(axis=0))
    assert ours[WEEKS] == pytest.approx([faster.chance_by(7.0 * (w + 1)) for w in WEEKS], abs=0.006)
    referred = replace(outlook.plan, paces=(*outlook.plan.paces, Pace("Software Engineer", 1.0, "referral")))
    told = forecast_offer(example_posterior, referred, searches=40_000)
    track, channel = carried.tracks.index("Software Engineer"), carried.channels.index("referral")
    paces = [s.per_week + ((s.track, s.channel) == (track, channel)) for s in carried.streams]
    ours = carried.shifted(carried.curve(paces).mean(axis=0))
    assert ours[WEEKS] == pytest.approx([told.chance_by(7.0 * (w + 1)) for w in WEEKS], abs=0.006)


def test_a_pause_costs_what_the_engine_says(example_posterior: Posterior, outlook: Outlook, carried: Carried) -> None:
    from datetime import timedelta

    start = outlook.as_of + timedelta(days=1)
    paused = replace(outlook.plan, pauses=(Pause(start, start + timedelta(days=27)),))
    told = forecast_offer(example_posterior, paused, searches=40_000)
    ours = carried.shifted(carried.curve(pause=4).mean(axis=0))
    assert ours[WEEKS] == pytest.approx([told.chance_by(7.0 * (w + 1)) for w in WEEKS], abs=0.006)


def test_the_json_is_small_and_holds_the_same_numbers(carried: Carried) -> None:
    told = json.loads(json.dumps(carried.as_json(), allow_nan=False))
    assert len(json.dumps(told)) < 1_000_000
    for stream, shown in zip(carried.streams, told["streams"], strict=True):
        bits = np.frombuffer(base64.b64decode(shown["landed"]["bits"]), dtype="<u2")
        values = (bits / 65535 * shown["landed"]["most"]).reshape(stream.landed.shape)
        assert values == pytest.approx(stream.landed, abs=shown["landed"]["most"] / 65535)
    assert {s["channel"] for s in told["streams"]} >= {carried.channels.index("referral")}


def test_nothing_in_flight_and_nothing_planned_is_no_chance() -> None:
    bare = Posterior.from_chances({"A": {}})
    carried = carry(bare, forecast_offer(bare, Plan.per_week({"A": 3.0}), searches=2000))
    assert not carried.flights
    assert carried.curve([0.0]).max() == 0.0
