"""A plan is a calendar of expected applications."""

from datetime import date, timedelta

import numpy as np
import pytest

from offercast.errors import CommandError
from offercast.forecast import Counts, Lull, Pace, Pause, Plan
from offercast.forecast.counts import negative_binomial_law

SUNDAY = date(2026, 3, 1)


def test_a_week_holds_what_was_asked_on_working_days() -> None:
    plan = Plan.per_week({"A": 10})
    daily = plan.sent_by_day(plan.paces[0], as_of=SUNDAY, days=14)
    assert daily.tolist() == [2, 2, 2, 2, 2, 0, 0] * 2


def test_the_first_day_is_the_day_after(model) -> None:
    """As of a Thursday the next day is a Friday, then two days of rest."""
    plan = Plan((Pace("A", 5.0),))
    assert plan.sent_by_day(plan.paces[0], as_of=date(2026, 3, 5), days=4).tolist() == [1, 0, 0, 1]


def test_nothing_leaves_in_a_pause() -> None:
    plan = Plan.per_week(
        {"A": 5},
        pauses=(Pause(date(2026, 3, 3), date(2026, 3, 4)), Pause(date(2026, 1, 1), date(2026, 1, 9))),
    )
    assert plan.sent_by_day(plan.paces[0], as_of=SUNDAY, days=7).tolist() == [1, 0, 0, 1, 1, 0, 0]
    under_way = Plan.per_week({"A": 5}, pauses=(Pause(date(2026, 2, 20), date(2026, 3, 3)),))
    assert under_way.sent_by_day(under_way.paces[0], as_of=SUNDAY, days=21).tolist()[:7] == [0, 0, 1, 1, 1, 0, 0]


def test_the_own_pace_is_that_of_the_last_weeks(example_evidence) -> None:
    plan = Plan.own_pace(example_evidence)
    sent = sum(row[3] for row in example_evidence.recent)
    assert plan.total_per_week == pytest.approx(sent / 8)
    assert "your own pace" in plan.origin
    assert {pace.channel for pace in plan.paces} >= {"cold", "referral", "recruiter"}


def test_without_a_pace_an_assumption_is_made_aloud(ladder) -> None:
    from offercast import History, gather

    plan = Plan.own_pace(gather(History(ladder, ()), as_of=SUNDAY))
    assert plan.total_per_week == 5
    assert "assumption" in plan.origin


@pytest.mark.parametrize("per_week", [-1.0, np.inf, np.nan])
def test_an_impossible_pace_is_refused(per_week: float) -> None:
    with pytest.raises(CommandError, match="is not possible"):
        Plan.per_week({"A": per_week})


def test_an_impossible_week_or_pause_is_refused() -> None:
    with pytest.raises(CommandError, match="seven shares"):
        Plan((Pace("A", 1.0),), weekdays=(0.5, 0.4, 0, 0, 0, 0, 0))
    with pytest.raises(CommandError, match="ends before it starts"):
        Plan((Pace("A", 1.0),), pauses=(Pause(date(2026, 3, 4), date(2026, 3, 3)),))


def test_a_pace_goes_week_by_week_and_its_last_week_goes_on() -> None:
    plan = Plan((Pace("A", (5.0, 0.0, 10.0)),))
    assert plan.sent_by_day(plan.paces[0], as_of=SUNDAY, days=28).reshape(4, 7).sum(axis=1).tolist() == [5, 0, 10, 10]
    assert plan.total_per_week == 5
    assert not plan.is_empty
    assert Plan((Pace("A", (0.0, 0.0)),)).is_empty


def test_fixed_counts_are_whole_and_carry_fractions_on() -> None:
    plan = Plan((Pace("A", 2.5), Pace("B", 1 / 3)), counts=Counts("fixed"))
    assert plan.weekly(6).tolist() == [[2, 3, 2, 3, 2, 3], [0, 0, 1, 0, 0, 1]]


def test_a_budget_ends_the_sending() -> None:
    """Twelve to spend, B costs 4: two whole weeks of 5 + ... ; the last week buys what is left, the cheap ones first."""
    paces = (Pace("A", 3.0), Pace("B", 1.0, cost=4.0))
    plan = Plan(paces, counts=Counts("fixed"), budget=12.0)
    assert plan.weekly(4).tolist() == [[3, 3, 0, 0], [1, 0, 0, 0]]
    assert Plan((Pace("A", 3.0),), counts=Counts("fixed"), budget=7.0).weekly(4).tolist() == [[3, 3, 1, 0]]
    assert Plan((Pace("A", 3.0),), counts=Counts("fixed"), budget=0.0).weekly(2).tolist() == [[0, 0]]


def test_the_own_rhythm_is_the_weeks_of_the_log(ladder) -> None:
    """Two applications this week, none last week, three two weeks ago; the week that is not whole is left out."""
    from offercast import History, gather
    from offercast.history.records import Application, Event

    ages = [0, 3, 14, 15, 20, 22]
    rows = [
        Application(str(i), "A", "cold", (Event("applied", SUNDAY - timedelta(days=age)),))
        for i, age in enumerate(ages)
    ]
    plan = Plan.own_rhythm(gather(History(ladder, tuple(rows)), as_of=SUNDAY))
    assert plan.counts.weeks == ((2,), (0,), (3,))
    assert plan.paces[0].per_week == pytest.approx(5 / 3)
    assert "3 weeks, drawn anew" in plan.origin
    with pytest.raises(CommandError, match="no rhythm to repeat"):
        Plan.own_rhythm(gather(History(ladder, ()), as_of=SUNDAY))


def test_an_over_dispersed_week_has_its_mean_and_variance() -> None:
    for mean, r in ((5.0, 0.5), (0.4, 3.0), (40.0, 1.0), (5.0, 0.01), (800.0, 1e6), (10_000.0, 1e4), (15.0, 1e17)):
        masses = np.diff(negative_binomial_law(mean, r), prepend=0.0)
        n = np.arange(masses.size)
        assert masses @ n == pytest.approx(mean, rel=1e-9)
        assert masses @ (n - mean) ** 2 == pytest.approx(mean + mean**2 / r, rel=1e-7)
    assert negative_binomial_law(0.0, 1.0).tolist() == [1.0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Counts("binomial"), "no law of weekly counts"),
        (lambda: Counts("negative-binomial"), "dispersion"),
        (lambda: Counts("negative-binomial", dispersion=0.0), "positive number"),
        (lambda: Counts("negative-binomial", dispersion=1e-9), "at least 0.001"),
        (lambda: Counts("poisson", dispersion=1.0), "dispersion"),
        (lambda: Counts("rhythm"), "past weeks"),
        (lambda: Counts("rhythm", weeks=((-1,),)), "fewer than 0"),
        (lambda: Plan((Pace("A", 1.0),), counts=Counts("rhythm", weeks=((1, 2),))), "one number for each pace"),
        (lambda: Plan((Pace("A", ()),)), "is not possible"),
        (lambda: Plan((Pace("A", 1.0, cost=0.0),)), "costs 0.0"),
        (lambda: Plan((Pace("A", 1.0),), budget=5.0), "needs fixed"),
        (lambda: Plan((Pace("A", 1.0),), counts=Counts("fixed"), budget=-1.0), "a budget of -1"),
        (lambda: Lull(SUNDAY, SUNDAY, 1.5), "from 0 to 1"),
        (lambda: Lull(SUNDAY, date(2026, 2, 1), 0.5), "ends before"),
    ],
)
def test_what_cannot_be_planned_is_refused(make, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        make()


def test_a_changed_rhythm_tells_the_pace_of_its_weeks() -> None:
    """One less a week where a third of the weeks hold none: those stay at none, so that a third of one is still sent."""
    rhythm = Plan((Pace("A", 1.0, "cold"),), counts=Counts("rhythm", weeks=((0,), (2,), (1,))))
    less = rhythm.changed("A", "cold", -1.0, added=True)
    assert less.counts.weeks == ((0,), (1,), (0,))
    assert less.paces[0].per_week == pytest.approx(1 / 3)
