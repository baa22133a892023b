"""The exact curve against brute force, closed forms and the Monte Carlo engine, which know nothing of each other."""

from dataclasses import replace
from datetime import date

import msgspec
import numpy as np
import pytest
from scipy import special

from forecast.problems import SURE, flying, last_step, random_problem, varied_problem, with_chance
from offercast.errors import CommandError
from offercast.evidence import InFlight
from offercast.forecast import Counts, Lull, Pace, Pause, Plan, exact_curve, forecast_offer, semi_analytic_curve
from offercast.forecast.check import check_outlook
from offercast.forecast.exact import exact_sent, exact_sources
from offercast.forecast.streams import make_problem
from offercast.forecast.totals import Grid, total_by_strata, total_by_transform
from offercast.inference import Posterior
from offercast.inference.waits import cdf

EVERY_DAY = (1 / 7,) * 7
LAST = "second_interview"
PROBLEMS = 48
TIMES = (0.1, 0.25, 0.5, 0.75, 1.0)


def z_scores(seed: int, searches: int) -> list[float]:
    """Simulated minus exact chance, over its standard error, at five days of one problem."""
    posterior, plan, how = varied_problem(seed)
    outlook = forecast_offer(posterior, plan, searches=searches, seed=seed, **how)
    curve = exact_curve(posterior, plan, draws=6, **how).mean(axis=0)
    scores = []
    for share in TIMES:
        t = round(7 * how["horizon_weeks"] * share)
        p = curve[t]
        if searches * min(p, 1 - p) > 20:
            scores.append((outlook.chance_by(t) - p) / np.sqrt(p * (1 - p) / searches))
    return scores


def test_monte_carlo_agrees_with_the_exact_curve_on_many_problems() -> None:
    """48 problems of every law, with pauses, lulls, budgets, goals and markets: within the band of all comparisons."""
    scores = np.array([z for seed in range(PROBLEMS) for z in z_scores(seed, 30_000)])
    assert scores.size > 180
    assert np.abs(scores).max() < 4.0  # one comparison in 16,000
    assert np.sqrt(np.mean(scores**2)) == pytest.approx(1.0, abs=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_monte_carlo_agrees_with_the_exact_curve_to_the_last_digit(seed: int) -> None:
    """Two million searches of each law: errors of 0.0004 are seen."""
    assert max(np.abs(z_scores(seed, 2_000_000))) < 4.0


@pytest.mark.parametrize("seed", range(12))
def test_the_two_agree_on_plain_problems(seed: int) -> None:
    posterior, plan = random_problem(seed)
    n = 60_000
    outlook = forecast_offer(posterior, plan, horizon_weeks=26, searches=n, seed=seed)
    curve = exact_curve(posterior, plan, horizon_weeks=26, draws=6).mean(axis=0)
    for t in (7, 21, 49, 98, 182):
        p = curve[t]
        assert outlook.chance_by(t) == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / n) + 2e-5), t


def test_the_methods_agree_on_lognormal_waits_too() -> None:
    """And the family matters: with the same medians and shapes the curve is another one."""
    posterior, plan = random_problem(3)
    assumed = msgspec.structs.replace(posterior.model.assumptions, delay_family="lognormal")
    other = replace(posterior, model=replace(posterior.model, assumptions=assumed))
    n = 60_000
    outlook = forecast_offer(other, plan, horizon_weeks=26, searches=n, seed=3)
    curve = exact_curve(other, plan, horizon_weeks=26, draws=6).mean(axis=0)
    for t in (21, 49, 98, 182):
        assert outlook.chance_by(t) == pytest.approx(curve[t], abs=4 * np.sqrt(curve[t] * (1 - curve[t]) / n) + 2e-5)
    assert np.abs(curve - exact_curve(posterior, plan, horizon_weeks=26, draws=6).mean(axis=0)).max() > 0.005


@pytest.mark.parametrize("per_day", [1, 2])
def test_the_transform_is_a_convolution(per_day: int) -> None:
    """Tilting and wrapping lose nothing: the sums of masses are those of brute force, to 1e-9."""
    posterior, _ = random_problem(1)
    waits = make_problem(posterior, Plan.per_week({"T0": 1}), 20).streams[0].waits
    grid = Grid(140, per_day)
    product = np.prod([grid.of_wait(waits, step) for step in range(5)], axis=0)
    found = grid.back(product)[:, : grid.cells]
    parts = [grid.masses(waits, step) for step in range(5)]
    for draw in range(6):
        brute = parts[0][draw]
        for part in parts[1:]:
            brute = np.convolve(brute, part[draw])[: grid.cells]
        assert found[draw] == pytest.approx(brute, abs=1e-9)


def test_the_masses_keep_the_mean_of_a_wait() -> None:
    """Against the integral of the survival function; with a silence behind it, too."""
    posterior, _ = random_problem(1)
    waits = make_problem(posterior, Plan.per_week({"T0": 1}), 20).streams[0].waits
    fine = np.arange(0, 180 * 200 + 1) / 200
    for waited in (0.0, 3.5, 60.5):
        masses = Grid(182, 2).masses(waits, 2, waited)
        law = waits.cdf(fine, 2)
        left = np.where(fine >= waited, 1 - law, 0.0)
        mean = left.sum(axis=1) / 200 / (1 - waits.cdf(np.array([waited]), 2))[:, 0]
        assert masses.sum(axis=1) == pytest.approx(np.ones(6), abs=1e-12)
        assert masses @ np.arange(masses.shape[1]) / 2 == pytest.approx(mean, rel=0.003)


@pytest.mark.parametrize("law", ["poisson", "fixed", "negative-binomial", "rhythm"])
def test_the_curve_is_the_product_over_every_week_and_day(law: str) -> None:
    """Brute force over every application of every day, from the laws of the sums alone: to 1e-9."""
    posterior, _ = random_problem(5)
    tracks = posterior.tracks
    counts = Counts(
        law, 1.5 if law.startswith("neg") else None, ((1, 0, 3), (0, 2, 1), (4, 4, 0)) if law == "rhythm" else ()
    )
    paces = tuple(Pace(t, (4.0, 2.0, 3.0), "cold") for t in tracks)
    assert len(tracks) == 3
    plan = Plan(
        paces, (0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1), (Pause(date(2026, 1, 10), date(2026, 1, 12)),), counts=counts
    )
    posterior = replace(posterior, evidence=replace(posterior.evidence, in_flight=()))
    problem = make_problem(posterior, plan, 8)
    none = np.ones((6, 57))
    for week in range(8):
        landed = []
        for stream in sorted(problem.streams, key=lambda s: s.place):
            law_of_sum = total_by_transform(stream.waits, 56)
            came = np.zeros((6, 57))
            for weekday in range(7):
                day = 7 * week + weekday
                for t in range(day, 57):
                    came[:, t] += stream.shares[week, weekday] * law_of_sum[:, t - day]
            landed.append(stream.offer_chance[:, None] * came)
        mean = (4.0, 2.0, 3.0)[min(week, 2)]
        if law == "poisson":
            none *= np.exp(-mean * sum(landed))
        elif law == "fixed":
            none *= np.prod([(1 - h) ** mean for h in landed], axis=0)
        elif law == "negative-binomial":
            none *= np.prod([(1 + mean * h / 1.5) ** -1.5 for h in landed], axis=0)
        else:
            none *= np.mean(
                [np.prod([(1 - h) ** n for h, n in zip(landed, row, strict=True)], axis=0) for row in counts.weeks],
                axis=0,
            )
    assert exact_curve(posterior, plan, horizon_weeks=8, draws=6) == pytest.approx(1 - none, abs=1e-9)


def test_the_grid_is_fine_enough() -> None:
    """Against sixteen times the grid: the sum of five waits is right to 3e-5, whatever they are."""
    for seed in range(4):
        posterior, plan = random_problem(seed)
        for stream in make_problem(posterior, plan, 26).streams:
            coarse = total_by_transform(stream.waits, 182)
            assert coarse == pytest.approx(total_by_transform(stream.waits, 182, per_day=32), abs=3e-5)


@pytest.mark.parametrize(("median", "shape"), [(0.7, 0.3), (0.7, 0.05), (2.0, 0.1)])
def test_waits_of_hours_take_a_finer_grid(median: float, shape: float) -> None:
    """Five waits of less than a day, or all of one length: the simulation agrees."""
    posterior = Posterior.from_chances({"A": dict.fromkeys(SURE, 0.7)})
    posterior.draws["advance_log_days"][:] = np.log(median)
    posterior.draws["advance_log_shape"][:] = np.log(shape)
    n = 100_000
    outlook = forecast_offer(posterior, Plan.per_week({"A": 2}), horizon_weeks=6, searches=n)
    curve = exact_curve(posterior, Plan.per_week({"A": 2}), horizon_weeks=6, draws=1)[0]
    for t in range(2, 42, 4):
        assert outlook.chance_by(t) == pytest.approx(curve[t], abs=4 * np.sqrt(curve[t] * (1 - curve[t]) / n) + 3e-5)


def test_one_wait_has_a_closed_form() -> None:
    """A single step: expected offers are the sum over days of what was sent times the cdf of the wait."""
    posterior = Posterior.from_chances({"A": {**SURE, "second_interview->offer": 0.3}})
    plan = Plan((Pace("A", 7.0, start=LAST),), weekdays=EVERY_DAY)
    step = posterior.evidence.steps.index("second_interview->offer")
    m, b = posterior.flat("advance_log_days")[0, 0, step], np.exp(posterior.flat("advance_log_shape")[0, step])
    curve = exact_curve(posterior, plan, horizon_weeks=30, draws=1)[0]
    for t in (1, 10, 100, 210):
        offers = 0.3 * sum(float(cdf(float(t - day), m, b, 180.0)) for day in range(t))
        assert curve[t] == pytest.approx(1 - np.exp(-offers), abs=1e-7)


def test_fixed_counts_at_once_are_geometric_and_their_mixture_is_beta() -> None:
    """Answers within the minute: (1 - q)^n for one q; B(a, b + n) / B(a, b) where q is Beta(a, b)."""
    plan = Plan((Pace("A", 7.0, start=LAST),), weekdays=EVERY_DAY, counts=Counts("fixed"))
    curve = exact_curve(last_step(0.07), plan, horizon_weeks=10, draws=1)[0]
    assert 1 - curve[7 * np.arange(11)] == pytest.approx(0.93 ** (7 * np.arange(11)), abs=1e-7)
    a, b, size = 2.0, 20.0, 20_000
    mixed = last_step(0.5, draws=size)
    levels = special.betaincinv(a, b, (np.arange(size) + 0.5) / size)
    mixed.draws["advance_logit"][0, :, 0, 5] = np.log(levels) - np.log1p(-levels)
    whole = exact_curve(mixed, plan, horizon_weeks=10, draws=size).mean(axis=0)
    n = 7 * np.arange(11)
    assert 1 - whole[n] == pytest.approx(special.beta(a, b + n) / special.beta(a, b), abs=1e-6)


def test_overdispersed_weeks_make_the_chance_smaller_and_are_a_gamma_mixture() -> None:
    """(1 + m q / r)^-r for each week; between no applications at all and Poisson ones."""
    posterior = last_step(0.1)
    plain = exact_curve(posterior, Plan((Pace("A", 8.0, start=LAST),)), horizon_weeks=6, draws=1)[0, -1]
    for r in (0.3, 3.0, 1e6):
        plan = Plan((Pace("A", 8.0, start=LAST),), counts=Counts("negative-binomial", dispersion=r))
        chance = exact_curve(posterior, plan, horizon_weeks=6, draws=1)[0, -1]
        assert chance == pytest.approx(1 - (1 + 0.8 / r) ** (-6 * r), abs=1e-7)
        assert chance < plain + 1e-9
    assert chance == pytest.approx(plain, abs=1e-6)


def test_a_lull_of_factor_one_changes_nothing_and_of_zero_sends_in_vain() -> None:
    posterior, plan = random_problem(2)
    posterior = replace(posterior, evidence=replace(posterior.evidence, in_flight=()))
    plain = exact_curve(posterior, plan, horizon_weeks=12, draws=6)
    first, last = date(2026, 1, 1), date(2026, 12, 31)
    one = exact_curve(posterior, replace(plan, lulls=(Lull(first, last, 1.0),)), horizon_weeks=12, draws=6)
    assert one == pytest.approx(plain, abs=3e-5)
    none = exact_curve(posterior, replace(plan, lulls=(Lull(first, last, 0.0),)), horizon_weeks=12, draws=6)
    assert none.max() < 1e-9


def test_what_is_in_flight_enters_later_stages_in_the_lull() -> None:
    """One at the last step is past every entry; one a step earlier enters it, most of the time, in the lull."""
    posterior = Posterior.from_chances({"A": SURE}, told_no=0.5)
    year = (Lull(date(2026, 1, 1), date(2026, 12, 31), 0.25),)
    for step, factor in (("second_interview->offer", 1.0), ("interview->second_interview", 0.25)):
        row = InFlight(0, 0, posterior.evidence.steps.index(step), 3, 3, 1)
        waiting = replace(posterior, evidence=replace(posterior.evidence, in_flight=(row,)))
        curves = [exact_curve(waiting, Plan((), lulls=lulls), horizon_weeks=60, draws=1)[0, -1] for lulls in ((), year)]
        assert curves[1] == pytest.approx(factor * curves[0], abs=1e-6)


def test_the_number_sent_is_what_the_simulation_counts() -> None:
    """The exact law of the applications sent by the first offer, v the engine's counts, over all numbers at once."""
    posterior, plan = random_problem(4)
    n = 100_000
    outlook = forecast_offer(posterior, plan, horizon_weeks=20, searches=n, seed=5)
    law = exact_sent(posterior, plan, horizon_weeks=20, draws=6)
    assert law.sum() == pytest.approx(1 - outlook.chance_none, abs=4 * np.sqrt(0.25 / n))
    counted = np.bincount(outlook.sent[np.isfinite(outlook.days)].astype(int), minlength=law.size)[: law.size]
    usual = law * n > 10
    chi2 = ((counted - law * n)[usual] ** 2 / (law * n)[usual]).sum()
    assert special.gammaincc(usual.sum() / 2, chi2 / 2) > 1e-4
    with pytest.raises(CommandError, match="Poisson counts only"):
        exact_sent(posterior, replace(plan, counts=Counts("fixed")))


@pytest.mark.parametrize("law", ["poisson", "fixed"])
def test_the_sources_are_what_the_simulation_counts(law: str) -> None:
    posterior, plan = random_problem(6)
    plan = replace(plan, counts=Counts(law))
    n = 100_000
    found = forecast_offer(posterior, plan, horizon_weeks=20, searches=n, seed=2).source_shares()
    exact = exact_sources(posterior, plan, horizon_weeks=20, draws=6)
    assert set(exact) <= set(found)
    for source, share in exact.items():
        assert found[source] == pytest.approx(share, abs=4 * np.sqrt(0.25 / n) + 0.003), source
    rhythm = Counts("rhythm", weeks=((1,) * len(plan.paces),))
    with pytest.raises(CommandError, match="share their weeks"):
        exact_sources(posterior, replace(plan, counts=rhythm))


def test_a_silence_that_one_draw_takes_to_be_impossible_is_still_hope_in_the_others() -> None:
    """In one draw of two every application is answered within two weeks; it has been sixty days."""
    posterior = Posterior.from_chances({"A": SURE | {"second_interview->offer": 0.9}}, told_no=1.0, draws=2)
    for kind in ("advance", "no"):
        posterior.draws[f"{kind}_log_days"][0, 0] = np.log(7.0)
        posterior.draws[f"{kind}_log_shape"][0, 0] = np.log(0.02)
    silent = flying(posterior, InFlight(0, 0, posterior.evidence.steps.index("second_interview->offer"), 60, 60, 1))
    outlook = forecast_offer(silent, Plan(()), searches=4_000)
    assert np.isinf(outlook.days[outlook.draw == 0]).all()
    assert np.isfinite(outlook.days[outlook.draw == 1]).mean() > 0.2
    assert 1 - outlook.chance_none == pytest.approx(exact_curve(silent, Plan(())).mean(axis=0)[-1], abs=0.03)


def test_the_shares_of_the_sources_sum_to_one_or_to_nothing() -> None:
    """Where waits are of minutes, the grid's ripples would give one lone source more than all; where nothing is sent, 0."""
    quick = with_chance(0.5)
    quick.draws["advance_log_days"][:] = np.log(0.02)
    assert exact_sources(quick, Plan.per_week({"A": 0.7}))["A", "cold"] == pytest.approx(1.0, abs=1e-12)
    assert exact_sources(quick, Plan.per_week({"A": 0.0})) == {("A", "cold"): 0.0}


@pytest.mark.parametrize("seed", range(3))
def test_stratified_delays_are_right_on_average(seed: int) -> None:
    """Many strata: the law of the sum; few: the average curve over many draws, without bias."""
    posterior, plan = random_problem(seed)
    waits = make_problem(posterior, plan, 20).streams[0].waits
    many = total_by_strata(waits, 140, strata=40_000, rng=np.random.default_rng(1))
    assert many == pytest.approx(total_by_transform(waits, 140), abs=0.008)  # 3 sd of one share are 0.0075
    grown = replace(posterior, draws={k: np.repeat(v, 400, axis=1) for k, v in posterior.draws.items()})
    curve = semi_analytic_curve(grown, plan, horizon_weeks=20, draws=2400).mean(axis=0)
    exact = exact_curve(posterior, plan, horizon_weeks=20, draws=6).mean(axis=0)
    assert curve[14:] == pytest.approx(exact[14:], abs=0.0015)
    with pytest.raises(CommandError, match="use exact_curve"):
        semi_analytic_curve(posterior, replace(plan, lulls=(Lull(date(2026, 1, 1), date(2026, 1, 2), 0.5),)))


def test_a_forecast_is_checked_by_the_second_method() -> None:
    """The two agree; the band is that of the draws; a plan that is not the one simulated is found out."""
    posterior, plan = random_problem(9)
    outlook = forecast_offer(posterior, plan, horizon_weeks=26, searches=100_000)
    days = (date(2026, 2, 1), date(2026, 5, 1))
    found = check_outlook(outlook, posterior, days)
    assert all(checked.agrees for checked in found)
    curve = exact_curve(posterior, plan, horizon_weeks=26, draws=6)[:, [31, 120]]
    assert [c.exact for c in found] == pytest.approx(curve.mean(axis=0).tolist())
    assert [(c.low, c.high) for c in found] == [tuple(np.quantile(column, (0.1, 0.9))) for column in curve.T]
    other = replace(outlook, plan=replace(plan, counts=Counts("negative-binomial", dispersion=0.2)))
    assert not all(checked.agrees for checked in check_outlook(other, posterior, days))
    grown = replace(posterior, draws={k: np.repeat(v, 100, axis=1) for k, v in posterior.draws.items()})
    outlook = forecast_offer(grown, plan, horizon_weeks=26, searches=100_000)
    (sampled,) = check_outlook(outlook, grown, days[1:])
    assert sampled.agrees
    assert sampled.exact == pytest.approx(float(curve[:, 1].mean()), abs=0.002)
