"""A plan is a calendar of expected applications."""

from datetime import date

import numpy as np
import pytest

from offercast.errors import CommandError
from offercast.forecast import Pace, Pause, Plan

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
