"""The event engine: equal to the exact curve where nothing binds, to a one-by-one simulation where something does."""

from dataclasses import replace
from datetime import date

import msgspec
import numpy as np
import pytest

from forecast.problems import EMPLOYERS, flying, with_chance
from forecast.reference import Reference
from offercast.errors import CommandError
from offercast.evidence import InFlight
from offercast.forecast import Pace, Plan, exact_curve, forecast_offer
from offercast.forecast.events import BLOCK, _block, forecast_events
from offercast.forecast.limits import Limits
from offercast.forecast.thinned import thin
from offercast.inference import Posterior

DAYS = (7, 21, 42, 70, 112)
PLAN = Plan((Pace("A", 2.5), Pace("B", 1.5, "referral"), Pace("B", 0.5, "recruiter")))
CROWD = (
    InFlight(0, 0, 1, 6, 6, 2),
    InFlight(1, 1, 3, 2, 5, 1),
    InFlight(1, 0, 4, 12, 12, 1),
    InFlight(0, 0, 4, 35, 35, 1),
    InFlight(0, 3, 5, 3, 3, 1),
)


def busy_world() -> Posterior:
    """Many get far, few get an offer: processes meet. Draws, tracks and channels that differ."""
    chances = {
        "A": dict(zip(EMPLOYERS, (0.6, 0.7, 0.75, 0.5, 0.25), strict=True)),
        "B": dict(zip(EMPLOYERS, (0.35, 0.6, 0.7, 0.6, 0.35), strict=True)),
    }
    posterior = Posterior.from_chances(chances, draws=4)
    posterior.draws["advance_logit"][0, 2:] -= 0.4
    posterior.draws["advance_log_days"][0, :, 1] += 0.3
    posterior.draws["told_no_logit"][0, :, 1] += 1.0
    posterior.draws["channel_logit"][0, :, 1] = [0.6, 0.2]  # referral
    posterior.draws["channel_logit"][0, :, 3] = [-0.3, 0.3]  # recruiter
    return replace(posterior, evidence=replace(posterior.evidence, in_flight=CROWD))


FEATURES = {
    "nothing": Limits(),
    "one at once": Limits(at_once=1, patience_days=150),
    "two at once from the phone screen": Limits(at_once=2, from_stage="phone", patience_days=20),
    "one at once, soon tired of": Limits(at_once=1, from_stage="phone", patience_days=5),
    "two at once, or lost": Limits(at_once=2, when_full="lose", from_stage="phone"),
    "sending pauses": Limits(pause_from="second_interview"),
    "sending pauses from the interview": Limits(pause_from="interview", patience_days=12),
    "learning": Limits(learning=0.7),
    "learning from the phone screen": Limits(learning=0.4, from_stage="phone"),
    "offers held": Limits(accept=0.2, hold_days=20),
    "all of it": Limits(
        at_once=2, from_stage="interview", patience_days=15, pause_from="phone", learning=0.5, accept=0.5, hold_days=9
    ),
}


@pytest.mark.parametrize("name", FEATURES)
def test_it_equals_simulating_every_application_one_by_one(name: str) -> None:
    """Chances by day, applications sent and sources, within the band of all these comparisons."""
    posterior, limits, n = busy_world(), FEATURES[name], 1_200
    days, source, sent = Reference(posterior, PLAN, limits, max(DAYS)).searches(n)
    outlook = forecast_events(posterior, PLAN, limits, horizon_weeks=max(DAYS) // 7, searches=30_000)
    z = []
    for t in DAYS:
        p = outlook.chance_by(t)
        z.append((np.mean(days <= t) - p) / np.sqrt(p * (1 - p) * (1 / n + 1 / 30_000)))
    z.append((sent.mean() - outlook.sent.mean()) / (sent.std() / np.sqrt(n)))
    for s in range(len(outlook.sources)):
        p = np.mean(outlook.source == s)
        z.append((np.mean(source == s) - p) / np.sqrt(p * (1 - p) * (1 / n + 1 / 30_000)))
    assert np.abs(z).max() < 3.8, z


def random_problem(seed: int) -> tuple[Posterior, Plan]:
    """Random chances, waits, paces, channels and things in flight, a lead-in channel among them."""
    rng = np.random.default_rng(seed)
    tracks = [f"T{i}" for i in range(rng.integers(1, 4))]
    posterior = Posterior.from_chances(
        {t: {step: float(rng.uniform(0.15, 0.8)) for step in EMPLOYERS} for t in tracks}, draws=6
    )
    posterior.draws["advance_logit"][:] += rng.normal(0, 0.3, posterior.draws["advance_logit"].shape)
    posterior.draws["advance_log_days"][:] += rng.normal(0, 0.4, posterior.draws["advance_log_days"].shape)
    rows = tuple(
        InFlight(int(rng.integers(len(tracks))), int(rng.integers(3)), int(rng.integers(1, 6)), low, low + more, 2)
        for low, more in zip(rng.integers(0, 90, 6).tolist(), (0, 0, 5, 40, 0, 0), strict=True)
    )
    lead_in = next(channel.id for channel in posterior.ladder.channels if channel.lead_in)
    channels = ("cold", "referral", "recruiter", lead_in)
    paces = tuple(Pace(t, float(rng.uniform(0.2, 6)), channels[int(rng.integers(4))]) for t in tracks)
    return replace(posterior, evidence=replace(posterior.evidence, in_flight=rows)), Plan(paces)


UNBOUND = (
    Limits(),
    Limits(at_once=100_000, from_stage="applied", patience_days=3.0),
    Limits(at_once=100_000, from_stage="phone", when_full="lose"),
    Limits(at_once=100_000, from_stage="second_interview"),
    Limits(pause_from="interview", patience_days=1e-9),
    Limits(learning=1e-12, from_stage="response"),
    Limits(accept=1.0, hold_days=3.0),
)


@pytest.mark.parametrize("seed", range(len(UNBOUND)))
def test_where_no_limit_binds_it_is_the_exact_curve(seed: int) -> None:
    """Every way to have limits that never bind, each on a random problem, and so wherever the thinning stops."""
    (posterior, plan), n = random_problem(seed), 40_000
    outlook = forecast_events(posterior, plan, UNBOUND[seed], horizon_weeks=26, searches=n, seed=seed)
    thinned = forecast_offer(posterior, plan, horizon_weeks=26, searches=n, seed=seed)
    curve = exact_curve(posterior, plan, horizon_weeks=26, draws=6).mean(axis=0)
    for t in (7, 21, 49, 98, 182):
        p = curve[t]
        assert outlook.chance_by(t) == pytest.approx(p, abs=3.6 * np.sqrt(p * (1 - p) / n) + 2e-4), t
    assert outlook.sent.mean() == pytest.approx(
        thinned.sent.mean(), abs=5 * np.hypot(outlook.sent.std(), thinned.sent.std()) / np.sqrt(n)
    )
    shares = thinned.source_shares()
    assert outlook.source_shares() == {s: pytest.approx(shares[s], abs=0.016) for s in shares}


@pytest.mark.parametrize("family", ["log-logistic", "lognormal"])
def test_what_waits_goes_on_by_its_own_law(family: str) -> None:
    """In flight alone, of both laws of waiting, which are far apart after a silence of four weeks."""
    posterior = flying(with_chance(0.4), InFlight(0, 0, 1, 28, 28, 2))
    assumed = msgspec.structs.replace(posterior.model.assumptions, delay_family=family)
    posterior, n = replace(posterior, model=replace(posterior.model, assumptions=assumed)), 40_000
    curve = exact_curve(posterior, Plan(()), horizon_weeks=26).mean(axis=0)
    outlook = forecast_events(posterior, Plan(()), UNBOUND[0], horizon_weeks=26, searches=n, seed=1)
    for t in (28, 49, 70, 98, 140):
        p = curve[t]
        assert outlook.chance_by(t) == pytest.approx(p, abs=3.6 * np.sqrt(p * (1 - p) / n) + 2e-4), t


def test_what_is_accepted_at_once_is_a_thinning() -> None:
    """Offers of a plan are a Poisson stream: accepting a share a of them makes P(none) its a-th power."""
    posterior, plan = random_problem(4)
    alone = replace(posterior, evidence=replace(posterior.evidence, in_flight=()))
    curve = exact_curve(alone, plan, horizon_weeks=26, draws=6)
    outlook = forecast_events(alone, plan, Limits(accept=0.35), horizon_weeks=26, searches=40_000)
    for t in (30, 60, 120, 182):
        p = float(np.mean(1 - (1 - curve[:, t]) ** 0.35))
        assert outlook.chance_by(t) == pytest.approx(p, abs=3.5 * np.sqrt(p * (1 - p) / 40_000) + 2e-4)


def test_the_posteriors_own_chance_of_accepting_is_that_of_its_last_step() -> None:
    posterior, plan = random_problem(4)
    posterior.draws["advance_logit"][..., posterior.evidence.steps.index("offer->accepted")] = np.log(0.35 / 0.65)
    own = forecast_events(posterior, plan, Limits(accept="own"), horizon_weeks=26, searches=20_000)
    given = forecast_events(posterior, plan, Limits(accept=0.35), horizon_weeks=26, searches=20_000)
    assert np.array_equal(own.days, given.days)


def test_a_queue_of_one_is_served_one_after_the_other() -> None:
    """Worked by hand: three that come to the interview on the same day; each then takes ten days to a sure offer.

    One at a time brings offers on days 10, 20 and 30, two at a time on days 10, 10 and 20. The second one is taken
    where a first is held for long; where those who find the room full are lost, one at a time brings no second.
    """
    posterior = Posterior.from_chances({"A": dict.fromkeys(EMPLOYERS, 1.0)}, draws=1)
    steps = posterior.evidence.steps
    median, shape = posterior.draws["advance_log_days"], posterior.draws["advance_log_shape"]
    median[:], shape[:] = np.log(1e-3), np.log(0.002)
    median[..., steps.index("phone->interview")] = np.log(0.52)
    median[..., steps.index("interview->second_interview")] = np.log(10.0)
    queue = replace(posterior.evidence, in_flight=(InFlight(0, 0, steps.index("phone->interview"), 0, 0, 3),))
    waiting = replace(posterior, evidence=queue)
    for at_once, second in ((1, 20.0), (2, 10.0), (3, 10.0)):
        never = forecast_events(waiting, Plan(()), Limits(at_once=at_once, accept=0.0), searches=50)
        assert np.isinf(never.days).all()
        held = forecast_events(waiting, Plan(()), Limits(at_once=at_once, accept=0.0, hold_days=365.0), searches=200)
        assert np.abs(held.days - second).max() < 1.5
        lost = Limits(at_once=at_once, accept=0.0, hold_days=365.0, when_full="lose")
        assert np.isinf(forecast_events(waiting, Plan(()), lost, searches=200).days).all() == (at_once == 1)


@pytest.mark.parametrize("pause_from", [None, "phone"])
def test_the_line_is_first_come_first_served(pause_from: str | None) -> None:
    """Worked by hand: C sits in the room for ten days; A, then B come; A needs five more, B fifty.

    The second offer comes on day 15 (were B served first, on day 60). With `pause_from` at an earlier stage the line
    is kept in another way.
    """
    posterior = Posterior.from_chances({t: dict.fromkeys(EMPLOYERS, 1.0) for t in "ABC"}, draws=1)
    steps = posterior.evidence.steps
    median, shape = posterior.draws["advance_log_days"], posterior.draws["advance_log_shape"]
    median[:], shape[:] = np.log(1e-3), np.log(0.002)
    phone, interview = steps.index("phone->interview"), steps.index("interview->second_interview")
    median[0, :, 0, phone], median[0, :, 1, phone] = np.log(0.52), np.log(0.9)
    median[0, :, :, interview] = np.log([5.0, 50.0, 10.5])
    crowd = (InFlight(1, 0, phone, 0, 0, 1), InFlight(0, 0, phone, 0, 0, 1), InFlight(2, 0, interview, 0, 0, 1))
    limits = Limits(at_once=1, patience_days=100.0, pause_from=pause_from, accept=0.0, hold_days=365.0)
    waiting = replace(posterior, evidence=replace(posterior.evidence, in_flight=crowd))
    outlook = forecast_events(waiting, Plan(()), limits, searches=100)
    assert np.abs(outlook.days - 15.0).max() < 1.0


def test_a_place_is_held_until_a_no_or_until_patience_ends() -> None:
    """Worked by hand: A enters the one room; half the time it brings an offer on day 3, else it is told no on day 5
    or, as often, never. B comes next and needs ten days: an offer on day 15, or on day 110 after a patience of 100.
    """
    chances = {"A": {**dict.fromkeys(EMPLOYERS, 1.0), "interview->second_interview": 0.5}}
    posterior = Posterior.from_chances(chances | {"B": dict.fromkeys(EMPLOYERS, 1.0)}, told_no=0.5, draws=1)
    steps = posterior.evidence.steps
    phone, interview = steps.index("phone->interview"), steps.index("interview->second_interview")
    for kind in ("advance", "no"):
        posterior.draws[f"{kind}_log_days"][:] = np.log(1e-3)
        posterior.draws[f"{kind}_log_shape"][:] = np.log(0.002)
    median = posterior.draws["advance_log_days"]
    median[0, :, :, phone] = np.log([0.52, 0.9])
    median[0, :, :, interview] = np.log([3.0, 10.0])
    posterior.draws["no_log_days"][0, :, 0, interview] = np.log(5.0)
    crowd = (InFlight(0, 0, phone, 0, 0, 1), InFlight(1, 0, phone, 0, 0, 1))
    waiting = replace(posterior, evidence=replace(posterior.evidence, in_flight=crowd))
    outlook = forecast_events(waiting, Plan(()), Limits(at_once=1, patience_days=100.0), searches=10_000)
    for day, share in ((3, 0.5), (15, 0.25), (110, 0.25)):
        there = np.abs(outlook.days - day) < 1.2
        assert there.mean() == pytest.approx(share, abs=0.016)


def test_a_silence_that_a_draw_takes_to_be_impossible_brings_nothing() -> None:
    """One draw says that an answer of either kind comes within two weeks; it has been sixty days."""
    posterior = Posterior.from_chances({"A": dict.fromkeys(EMPLOYERS, 0.9)}, told_no=1.0, draws=2)
    for kind in ("advance", "no"):
        posterior.draws[f"{kind}_log_days"][0, 0] = np.log(7.0)
        posterior.draws[f"{kind}_log_shape"][0, 0] = np.log(0.02)
    crowd = (InFlight(0, 0, posterior.evidence.steps.index("second_interview->offer"), 60, 60, 1),)
    silent = replace(posterior, evidence=replace(posterior.evidence, in_flight=crowd))
    outlook = forecast_events(silent, Plan(()), Limits(at_once=1), searches=2_000)
    assert np.isinf(outlook.days[outlook.draw == 0]).all()
    assert np.isfinite(outlook.days[outlook.draw == 1]).mean() > 0.2


def test_nothing_leaves_while_a_final_round_is_open() -> None:
    """One in flight sits in the final round for ever: patience says for how long nothing is sent."""
    hopeless = {**dict.fromkeys(EMPLOYERS, 0.5), "applied->response": 1e-9, "second_interview->offer": 1e-9}
    posterior = Posterior.from_chances({"A": hopeless}, told_no=1e-9, draws=2)
    step = posterior.evidence.steps.index("second_interview->offer")
    waiting = replace(posterior, evidence=replace(posterior.evidence, in_flight=(InFlight(0, 0, step, 4, 4, 1),)))
    plan = Plan((Pace("A", 14.0),), weekdays=(1 / 7,) * 7)
    for patience, free_days in ((25.0, 70 - 21), (4.0, 70), (500.0, 0)):
        limits = Limits(pause_from="second_interview", patience_days=patience)
        outlook = forecast_events(waiting, plan, limits, horizon_weeks=10, searches=8_000)
        assert outlook.sent.mean() == pytest.approx(2 * free_days, abs=4 * np.sqrt(2 * free_days / 8_000))


def test_a_tighter_limit_never_helps() -> None:
    posterior = busy_world()
    chances = [
        forecast_events(posterior, PLAN, Limits(at_once=m), horizon_weeks=16, searches=20_000).chance_by(112)
        for m in (1, 2, 4, 100)
    ]
    assert chances == sorted(chances)
    assert chances[0] < chances[-1] - 0.1


def test_the_same_seed_gives_the_same_bytes_whoever_computes_which_block() -> None:
    posterior, limits = busy_world(), FEATURES["all of it"]
    n = BLOCK + 500
    whole = forecast_events(posterior, PLAN, limits, horizon_weeks=8, searches=n, seed=5)
    again = forecast_events(posterior, PLAN, limits, horizon_weeks=8, searches=n, seed=5)
    other = forecast_events(posterior, PLAN, limits, horizon_weeks=8, searches=n, seed=6)
    assert whole.days.tobytes() == again.days.tobytes()
    assert not np.array_equal(whole.days, other.days)
    problem, (_, second) = thin(posterior, PLAN, limits, 56), np.random.SeedSequence(5).spawn(2)
    rng = np.random.Generator(np.random.SFC64(second))
    days, sent, source = _block(problem, limits, whole.draw[BLOCK:], 56, rng)  # the second block first, and alone
    assert days.tobytes() == whole.days[BLOCK:].tobytes()
    assert np.array_equal(sent, whole.sent[BLOCK:])
    assert np.array_equal(source, whole.source[BLOCK:])


def test_many_at_once_do_not_lose_each_other() -> None:
    """More processes inside than a table starts with, and a longer line: every one of them ends in its offer."""
    posterior = Posterior.from_chances({"A": dict.fromkeys(EMPLOYERS, 1.0)}, draws=1)
    crowd = replace(posterior.evidence, in_flight=(InFlight(0, 0, 3, 1, 1, 30), InFlight(0, 0, 5, 1, 1, 30)))
    full = replace(posterior, evidence=crowd)
    lined_up = Limits(at_once=1, accept=0.0, pause_from="phone")  # processes come one by one to where they are counted
    for limits in (Limits(at_once=40, accept=0.0), Limits(at_once=1, accept=0.0), lined_up):
        problem = thin(full, Plan(()), limits, 3640)
        count = _count_offers(problem, limits)
        assert (count == 60).all()


def _count_offers(problem, limits: Limits) -> np.ndarray:
    from offercast.forecast import events
    from offercast.forecast.floor import Entries, Floor

    offers = np.zeros(20, int)

    class Counting(Floor):
        def _offer(self, new: Entries) -> None:
            offers[new.search] += 1

    kept, events.Floor = events.Floor, Counting
    try:
        _block(problem, limits, np.zeros(20, int), 3640, np.random.default_rng(1))
    finally:
        events.Floor = kept
    return offers


def test_wrong_limits_are_refused() -> None:
    posterior = busy_world()
    for wrong, message in (
        ({"at_once": 0}, "at least 1"),
        ({"when_full": "shout"}, '"wait" or "lose"'),
        ({"patience_days": 0.0}, "more than 0"),
        ({"patience_days": np.inf}, "more than 0"),
        ({"learning": np.inf}, "learning is inf"),
        ({"accept": 1.2}, "not a chance"),
        ({"accept": "mine"}, 'or "own"'),
        ({"hold_days": -1.0, "accept": 0.5}, "cannot be held"),
        ({"hold_days": np.inf, "accept": 0.5}, "cannot be held"),
        ({"hold_days": 5.0}, "give accept, too"),
    ):
        with pytest.raises(CommandError, match=message):
            Limits(**wrong)
    for stage in ("intervew", "offer", "never_applied"):
        with pytest.raises(CommandError, match="limits cannot begin at"):
            forecast_events(posterior, PLAN, Limits(at_once=2, from_stage=stage), searches=10)
    with pytest.raises(CommandError, match='no track "Z"'):
        forecast_events(posterior, Plan.per_week({"Z": 1}), searches=10)
    with pytest.raises(CommandError, match="a horizon of"):
        forecast_events(posterior, PLAN, horizon_weeks=0)
    with pytest.raises(CommandError, match="at least 1"):
        forecast_events(posterior, PLAN, searches=0)


def test_the_seekers_own_pace_is_the_default_plan(example_posterior) -> None:
    outlook = forecast_events(example_posterior, searches=20_000, horizon_weeks=26)
    thinned = forecast_offer(example_posterior, searches=20_000, horizon_weeks=26)
    assert outlook.plan == thinned.plan
    assert outlook.effective_draws == thinned.effective_draws
    assert outlook.chance_by(90) == pytest.approx(thinned.chance_by(90), abs=4 * np.sqrt(0.5 / 20_000))
    assert outlook.as_of == example_posterior.evidence.as_of != date(2026, 1, 1)
