"""The Monte Carlo engine against closed forms, brute force, and the exact curve."""

from dataclasses import replace
from datetime import date

import msgspec
import numpy as np
import pytest

from forecast.problems import random_problem
from offercast.errors import CommandError
from offercast.evidence import InFlight
from offercast.forecast import Outlook, Pace, Plan, exact_curve, forecast_offer
from offercast.forecast.streams import make_flights
from offercast.inference import Posterior
from offercast.inference.waits import cdf

EMPLOYERS = (
    "applied->response",
    "response->phone",
    "phone->interview",
    "interview->second_interview",
    "second_interview->offer",
)
SURE = dict.fromkeys(EMPLOYERS, 1.0)


def with_chance(q: float, *, instant: bool = False, draws: int = 4) -> Posterior:
    """One track whose applications bring an offer with chance q; `instant`: within a minute."""
    posterior = Posterior.from_chances({"A": {**SURE, "applied->response": q}}, draws=draws)
    if instant:
        posterior.draws["advance_log_days"][:] = np.log(1e-4)
        posterior.draws["advance_log_shape"][:] = np.log(0.01)
    return posterior


def flying(posterior: Posterior, *rows: InFlight) -> Posterior:
    return replace(posterior, evidence=replace(posterior.evidence, in_flight=rows))


def test_applications_to_the_first_offer_are_geometric() -> None:
    """Instant answers, one stream: the count at the first offer is geometric, the successful one included.

    Counted by days: with one application a day on average the offers are a Poisson stream of rate q.
    """
    q = 0.05
    posterior = with_chance(q, instant=True)
    every_day = Plan((Pace("A", 7.0),), weekdays=(1 / 7,) * 7)
    outlook = forecast_offer(posterior, every_day, horizon_weeks=104, searches=60_000)
    days = np.floor(outlook.days)
    for t in (5, 20, 60):
        exact = 1 - np.exp(-q * (t + 1))
        assert np.mean(days <= t) == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 60_000))
    needed = outlook.sent[np.isfinite(outlook.days)]
    assert needed.min() >= 1
    # until the end of the day of the first offer: geometric (mean 1/q) plus the same day's later ones
    assert needed.mean() == pytest.approx(1 / q + 0.5, rel=0.03)


def test_thinning_keeps_the_poisson_law() -> None:
    """P(none by the horizon) = exp(-q times what is sent), for several chances."""
    plan = Plan.per_week({"A": 10})
    for q in (0.001, 0.01, 0.3):
        outlook = forecast_offer(with_chance(q, instant=True), plan, horizon_weeks=4, searches=40_000, seed=7)
        exact = np.exp(-q * 40)
        assert outlook.chance_none == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 40_000) + 1e-9)


def test_what_is_sent_without_an_offer_is_the_plan() -> None:
    """With no chance at all every search sends a Poisson number with the plan's mean."""
    outlook = forecast_offer(with_chance(1e-12), Plan.per_week({"A": 6}), horizon_weeks=10, searches=20_000)
    assert outlook.chance_none == 1.0
    assert outlook.sent.mean() == pytest.approx(60, abs=0.25)
    assert outlook.sent.var() == pytest.approx(60, rel=0.05)
    assert outlook.days_quantile(0.5) == np.inf
    assert outlook.sent_quantile(0.5) is None


def own_world() -> Posterior:
    """Two tracks unlike in everything: chances, waits, noes; channels that matter; draws that differ."""
    posterior = Posterior.from_chances(
        {
            "A": dict.fromkeys(EMPLOYERS, 0.6),
            "B": {**dict.fromkeys(EMPLOYERS, 0.75), "applied->response": 0.15},
        },
        draws=8,
    )
    posterior.draws["advance_logit"][0, 4:] -= 0.6
    posterior.draws["told_no_logit"][0, :, 1] += 1.5
    posterior.draws["advance_log_days"][0, :, 0] -= 0.7
    posterior.draws["advance_log_days"][0, :, 1] += 0.5
    posterior.draws["no_log_days"][0, :, 1] += 0.8
    posterior.draws["channel_logit"][0, :, 1] = [1.0, 0.4]  # referral
    posterior.draws["channel_logit"][0, :, 3] = [-0.8, 0.5]  # recruiter
    return posterior


class OneByOne:
    """Follows single applications, from the raw draws and the equations alone."""

    def __init__(self, posterior: Posterior, seed: int) -> None:
        self.raw = {name: posterior.flat(name) for name in posterior.draws}
        self.rng = np.random.default_rng(seed)
        self.size = self.raw["scale"].shape[0]

    def chance(self, draw: int, k: int, c: int, s: int) -> float:
        first = {0: 1, 1: 1, 3: 2}[c]  # cold and referral step on at applied, a recruiter's call at response
        effect = 0.0 if c == 0 else self.raw["channel_logit"][draw, c, int(s != first)]
        return float(1 / (1 + np.exp(-self.raw["advance_logit"][draw, k, s] - effect)))

    def wait(self, kind: str, draw: int, k: int, s: int) -> float:
        m, b = self.raw[f"{kind}_log_days"][draw, k, s], np.exp(self.raw[f"{kind}_log_shape"][draw, s])
        while True:
            u = self.rng.random()
            days = float(np.exp(m + b * np.log(u / (1 - u))))
            if days <= 180.0:
                return days

    def climb(self, draw: int, k: int, c: int, steps: range) -> float:
        """Days until the offer, infinite where none comes."""
        time = 0.0
        for s in steps:
            if self.rng.random() >= self.chance(draw, k, c, s):
                return np.inf
            time += self.wait("advance", draw, k, s)
        return time

    def waiting(self, draw: int, row: InFlight) -> float:
        """Days until the offer of one that is silent so far: tried until it is as silent as it was."""
        k, c, s = row.track, row.channel, row.step
        while True:
            silent = (
                self.rng.uniform(row.shortest, row.longest + 1) if row.longest > row.shortest else row.shortest + 0.5
            )
            if self.rng.random() < self.chance(draw, k, c, s):
                time = self.wait("advance", draw, k, s)
                if time > silent:
                    return time - silent + self.climb(draw, k, c, range(s + 1, 6))
            else:
                w = 1 / (1 + np.exp(-self.raw["told_no_logit"][draw, k, s]))
                if self.rng.random() >= w or self.wait("no", draw, k, s) > silent:
                    return np.inf


def brute_force(posterior: Posterior, plan: Plan, days: int, n: int) -> np.ndarray:
    """Every application of every search, one at a time: no thinning, no skipping, no early stop."""
    world = OneByOne(posterior, seed=1)
    first = np.full(n, np.inf)
    channels = [channel.id for channel in posterior.ladder.channels]
    for i in range(n):
        draw = i * world.size // n
        offers = [world.waiting(draw, row) for row in posterior.evidence.in_flight for _ in range(row.count)]
        for pace in plan.paces:
            c = channels.index(pace.channel or "cold")
            start = 2 if c == 3 and pace.start is None else 1
            daily = plan.sent_by_day(pace, as_of=posterior.evidence.as_of, days=days)
            for day, number in enumerate(world.rng.poisson(daily)):
                offers += [
                    day + world.climb(draw, posterior.track_index(pace.track), c, range(start, 6))
                    for _ in range(number)
                ]
        first[i] = min(offers, default=np.inf)
    return np.where(first <= days, first, np.inf)


PROBLEMS = {
    "cold": (Plan.per_week({"A": 2, "B": 3}), ()),
    "channels": (
        Plan((Pace("B", 2.0, "referral"), Pace("A", 0.3, "recruiter"), Pace("B", 0.8, "recruiter", "applied"))),
        (),
    ),
    "in flight": (Plan(()), (InFlight(1, 0, 4, 12, 12, 2), InFlight(1, 3, 2, 5, 5, 1), InFlight(0, 1, 3, 0, 2, 1))),
    "in flight by a referral": (Plan(()), (InFlight(1, 1, 1, 6, 6, 4),)),
    "unknown starts": (Plan(()), (InFlight(1, 0, 5, 0, 60, 1), InFlight(1, 1, 4, 0, 90, 1))),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_engine_agrees_with_simulating_everything(name: str) -> None:
    """Its answer is that of following every application, from the raw draws, with nothing of ours in between."""
    plan, rows = PROBLEMS[name]
    posterior, n = flying(own_world(), *rows), 3_000
    slow = brute_force(posterior, plan, 84, n)
    fast = forecast_offer(posterior, plan, horizon_weeks=12, searches=60_000)
    for t in (7, 14, 28, 42, 84):
        b = fast.chance_by(t)
        assert np.mean(slow <= t) == pytest.approx(b, abs=3.5 * np.sqrt(b * (1 - b) / n) + 0.002), t


def test_an_application_in_flight_counts_with_its_silence() -> None:
    """One application at the last step, 10 silent days: its chance and its law, by hand."""
    chances = {**SURE, "second_interview->offer": 0.4}
    posterior = Posterior.from_chances({"A": chances}, told_no=0.7, draws=3)
    step = posterior.evidence.steps.index("second_interview->offer")
    waiting = flying(posterior, InFlight(0, 0, step, 10, 10, 1))
    outlook = forecast_offer(waiting, Plan(()), horizon_weeks=52, searches=100_000)
    m, b = (posterior.flat(f"advance_log_{name}")[0] for name in ("days", "shape"))
    no_m, no_b = (posterior.flat(f"no_log_{name}")[0] for name in ("days", "shape"))
    gone = float(cdf(10.5, m[0, step], np.exp(b[step]), 180.0))
    told = float(cdf(10.5, no_m[0, step], np.exp(no_b[step]), 180.0))
    alive = 0.4 * (1 - gone) / (0.4 * (1 - gone) + 0.6 * (1 - 0.7 * told))
    assert 1 - outlook.chance_none == pytest.approx(alive, abs=0.006)
    by_ten = alive * (float(cdf(20.5, m[0, step], np.exp(b[step]), 180.0)) - gone) / (1 - gone)
    assert outlook.chance_by(10) == pytest.approx(by_ten, abs=0.006)
    assert outlook.source_shares() == {("in flight", ""): 1.0}
    assert (outlook.sent == 0).all()


@pytest.mark.parametrize("longest", [3, 20, 60, 150])
def test_an_unknown_start_is_weighed_by_the_silence_itself(longest: int) -> None:
    """Against a fine integral over every moment at which the wait can have started."""
    posterior = own_world()
    (flight,) = make_flights(flying(posterior, InFlight(1, 0, 5, 0, longest, 1)))
    world = OneByOne(posterior, seed=1)
    moments = (np.arange(40_000) + 0.5) * (longest + 1) / 40_000
    for draw in (0, 7):
        p = world.chance(draw, 1, 0, 5)
        w = 1 / (1 + np.exp(-world.raw["told_no_logit"][draw, 1, 5]))
        law = {
            kind: cdf(
                moments,
                world.raw[f"{kind}_log_days"][draw, 1, 5],
                np.exp(world.raw[f"{kind}_log_shape"][draw, 5]),
                180.0,
            )
            for kind in ("advance", "no")
        }
        coming, silent = p * (1 - law["advance"]), (1 - p) * (1 - w * law["no"])
        exact = coming.sum() / (coming + silent).sum()
        assert flight.offer_chance[draw].mean() == pytest.approx(exact, rel=0.02)


def test_longer_silence_is_less_hope() -> None:
    posterior = Posterior.from_chances({"A": {**SURE, "applied->response": 0.2}})
    chances = []
    for waited in (0, 7, 30, 90, 170):
        (flight,) = make_flights(flying(posterior, InFlight(0, 0, 1, waited, waited, 1)))
        chances.append(float(flight.offer_chance[0, 0]))
    assert chances == sorted(chances, reverse=True)
    assert make_flights(flying(posterior, InFlight(0, 0, 1, 200, 200, 5))) == []


def test_many_in_flight_are_independent() -> None:
    """Twelve equal applications: the chance of none is the twelfth power."""
    posterior = Posterior.from_chances({"A": {**SURE, "applied->response": 0.2}})
    crowd = flying(posterior, InFlight(0, 0, 1, 5, 5, 12))
    (flight,) = make_flights(crowd)
    one = float(flight.offer_chance[0, 0])
    outlook = forecast_offer(crowd, Plan(()), horizon_weeks=520, searches=100_000)
    assert outlook.chance_none == pytest.approx((1 - one) ** 12, abs=0.006)


def test_the_methods_agree_on_lognormal_waits_too(model) -> None:
    """And the family matters: with the same medians and shapes the curve is another one."""
    posterior, plan = random_problem(3)
    assumed = msgspec.structs.replace(posterior.model.assumptions, delay_family="lognormal")
    other = replace(posterior, model=replace(posterior.model, assumptions=assumed))
    n = 60_000
    outlook = forecast_offer(other, plan, horizon_weeks=26, searches=n, seed=3)
    curve = exact_curve(other, plan, horizon_weeks=26, draws=6).mean(axis=0)
    for t in (21, 49, 98, 182):
        assert outlook.chance_by(t) == pytest.approx(curve[t], abs=4 * np.sqrt(curve[t] * (1 - curve[t]) / n) + 2e-4)
    assert np.abs(curve - exact_curve(posterior, plan, horizon_weeks=26, draws=6).mean(axis=0)).max() > 0.005


def test_the_share_of_each_source_is_right() -> None:
    """Two instant streams of different chance: sources in proportion to rate times chance."""
    posterior = Posterior.from_chances(
        {"A": {**SURE, "applied->response": 0.02}, "B": {**SURE, "applied->response": 0.01}}
    )
    posterior.draws["advance_log_days"][:] = np.log(1e-4)
    outlook = forecast_offer(posterior, Plan.per_week({"A": 3, "B": 2}), horizon_weeks=500, searches=40_000)
    assert outlook.source_shares()["A", "cold"] == pytest.approx(0.06 / 0.08, abs=0.01)


def test_one_draw_serves_a_whole_search() -> None:
    """Half the draws hopeless, half certain: the chance stays near one half for ever (a fresh draw per
    application would bring it to 1).
    """
    posterior = with_chance(0.5, instant=True, draws=2)
    posterior.draws["advance_logit"][0, 0, 0, 1] = -700.0
    outlook = forecast_offer(posterior, Plan.per_week({"A": 10}), horizon_weeks=52, searches=10_000)
    assert 1 - outlook.chance_none == 0.5


def test_the_same_seed_gives_the_same_answer_and_draws_are_used_equally(example_posterior) -> None:
    one = forecast_offer(example_posterior, searches=50_000, seed=3)
    two = forecast_offer(example_posterior, searches=50_000, seed=3)
    other = forecast_offer(example_posterior, searches=50_000, seed=4)
    assert np.array_equal(one.days, two.days)
    assert np.array_equal(one.sent, two.sent)
    assert not np.array_equal(one.days, other.days)
    used = np.bincount(one.draw)
    assert used.max() - used.min() <= 1


def test_wrong_plans_are_refused(example_posterior) -> None:
    with pytest.raises(CommandError, match='no track "Devrel"'):
        forecast_offer(example_posterior, Plan.per_week({"Devrel": 1}))
    with pytest.raises(CommandError, match='no channel "pigeon"'):
        forecast_offer(example_posterior, Plan((Pace("Sales Engineer", 1.0, "pigeon"),)))
    for weeks in (0, 521):
        with pytest.raises(CommandError, match="a horizon of"):
            forecast_offer(example_posterior, horizon_weeks=weeks)
    with pytest.raises(CommandError, match="at least 1"):
        forecast_offer(example_posterior, searches=0)


def outlook_of(days: list[float], sent: list[int]) -> Outlook:
    n = len(days)
    return Outlook(
        np.array(days), np.array(sent), np.array([-1 if np.isinf(d) else 0 for d in days]), (("in flight", ""),),
        np.arange(n), float(n), Plan(()), date(2026, 3, 1), 52, 0, 1,
    )  # fmt: skip


def test_quantiles_never_drop_the_searches_without_an_offer() -> None:
    """Three offers in ten searches: the median lies beyond the horizon, however early the three came."""
    outlook = outlook_of([3.4, 8.0, 20.0] + [np.inf] * 7, [1, 5, 9] + [40] * 7)
    assert outlook.chance_none == 0.7
    assert outlook.weeks_quantile(0.5) is None
    assert outlook.date_quantile(0.5) is None
    assert outlook.sent_quantile(0.5) is None
    assert outlook.weeks_quantile(0.1) == 1
    assert outlook.date_quantile(0.1) == date(2026, 3, 5)
    assert outlook.sent_quantile(0.3) == 9
    assert outlook.restricted_mean_days == pytest.approx((3.4 + 8 + 20 + 7 * 364) / 10)


def test_weeks_and_days_are_counted_from_as_of() -> None:
    """An offer at 3.4 days comes on the fourth day after; a started week counts."""
    outlook = outlook_of([7.0, 7.01], [1, 1])
    assert outlook.weeks_quantile(0.5) == 1
    assert outlook.weeks_quantile(1.0) == 2
    assert outlook.chance_by(date(2026, 3, 8)) == 0.5
    assert outlook.date_of(0.2) == date(2026, 3, 2)


def test_both_errors_are_stated() -> None:
    """Draws that disagree leave an error that more searches cannot remove."""
    posterior = with_chance(0.5, instant=True, draws=100)
    posterior.draws["advance_logit"][0, :50, 0, 1] = -700.0
    outlook = forecast_offer(posterior, Plan.per_week({"A": 10}), horizon_weeks=10, searches=100_000)
    simulation, drawn = outlook.chance_error(70.0)
    assert simulation == pytest.approx(np.sqrt(0.25 / 100_000), rel=0.01)
    assert drawn == pytest.approx(np.sqrt(0.25 / 100), rel=0.02)
    assert outlook.effective_draws == 100
    assert outlook.margin(70.0) == pytest.approx(1.96 * np.hypot(simulation, drawn))
    once = forecast_offer(posterior, Plan.per_week({"A": 10}), horizon_weeks=10, searches=100)
    assert once.chance_error(70.0)[1] == pytest.approx(np.sqrt(0.25 / 100), rel=0.05)
    fewer = replace(posterior, health=replace(posterior.health, ess_bulk=25.0))
    assert forecast_offer(fewer, Plan.per_week({"A": 10}), searches=1000).effective_draws == 25
    sure = forecast_offer(with_chance(0.01, draws=100), Plan.per_week({"A": 10}), horizon_weeks=10)
    assert sure.chance_error(35.0)[1] < 0.003


@pytest.mark.parametrize("searches", [3, 20])
def test_the_draws_error_is_their_own_spread(searches: int) -> None:
    """Chances that differ between draws by a known law: the noise of a few searches per draw is taken out."""
    rng = np.random.default_rng(1)
    size = 40_000
    chance = rng.beta(4, 6, size)
    draw = np.repeat(np.arange(size), searches)
    days = np.where(rng.random(draw.size) < chance[draw], 1.0, np.inf)
    outlook = replace(outlook_of(days.tolist(), [1] * draw.size), draw=draw, effective_draws=100.0)
    true_sd = np.sqrt(4 * 6 / (10**2 * 11))
    assert outlook.chance_error(5.0)[1] == pytest.approx(true_sd / 10, rel=0.03)


def test_more_applications_never_lower_the_chance(example_posterior) -> None:
    curves = [
        exact_curve(example_posterior, Plan.per_week({"Sales Engineer": n}), horizon_weeks=20, draws=50).mean(axis=0)
        for n in (0, 2, 4)
    ]
    assert (np.diff(np.array(curves), axis=0) >= -1e-12).all()
    assert (np.diff(curves[2]) >= -1e-9).all()


def test_the_exact_curve_is_a_gamma_delayed_poisson(model) -> None:
    """One step without a wait, one application a day at the start of the day: 1 - exp(-q n)."""
    posterior = with_chance(0.1, instant=True)
    every_day = Plan((Pace("A", 7.0),), weekdays=(1 / 7,) * 7)
    curve = exact_curve(posterior, every_day, horizon_weeks=4, draws=1)[0]
    assert curve[:5] == pytest.approx(1 - np.exp(-0.1 * np.arange(5)), abs=0.035)
    assert curve[28] == pytest.approx(1 - np.exp(-2.8), abs=0.01)


def test_a_search_with_nothing_to_send_and_nothing_in_flight_has_no_offer() -> None:
    outlook = forecast_offer(with_chance(0.5), Plan(()), searches=1000)
    assert outlook.chance_none == 1.0
    assert outlook.source_shares() == {("in flight", ""): 0.0}
