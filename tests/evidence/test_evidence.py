"""Evidence: a sufficient statistic whose size does not grow, and that adds up."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offercast.errors import CommandError
from offercast.evidence import EDGES, combine, gather
from offercast.evidence.bins import wait_window
from offercast.history import Application, Event, History
from offercast.modelfile import load_model
from support import day, event, history_of

LADDER = load_model().ladder
ADVANCED, TOLD_NO, OPEN = range(3)


def cells(evidence) -> dict:
    """Cells as {(step start, outcome): {(low days, high days): count}}."""
    found: dict = {}
    for (_, _, step, outcome, low, high), count in evidence.cells.items():
        found.setdefault((LADDER.steps[step].start, outcome), {})[EDGES[low], EDGES[high]] = count
    return found


def test_hand_worked_counts(ladder) -> None:
    history = history_of(ladder, event("applied", "06-01"), event("response", "06-08"), n=3)
    told = cells(gather(history, as_of=day("06-10")))
    assert told["applied", ADVANCED] == {(6.5, 7.5): 3}
    assert told["response", OPEN] == {(2.5, np.inf): 3}


def test_an_undated_log_lives_within_the_assumed_age(ladder) -> None:
    """Answers and silence alike: an answer lies in (0, 60], silence has lasted 60 days."""
    answered = cells(gather(history_of(ladder, event("rejected")), as_of=day("06-10")))
    assert answered == {("applied", TOLD_NO): {(0.0, 60.5): 1}}
    silent = gather(history_of(ladder, event("applied")), as_of=day("06-10"))
    assert cells(silent) == {("applied", OPEN): {(60.5, np.inf): 1.0}}
    assert silent.undated == 1
    younger = gather(history_of(ladder, event("applied")), as_of=day("06-10"), unknown_age_days=9)
    assert cells(younger) == {("applied", OPEN): {(9.5, np.inf): 1.0}}


def test_never_applied_is_counted_and_not_sent(ladder) -> None:
    rows = [
        Application("a", "A", "cold", (Event("never_applied"),)),
        Application("b", "A", "cold", (event("applied", "06-01"),)),
    ]
    evidence = gather(History(ladder, tuple(rows)), as_of=day("06-10"))
    assert (evidence.applications, evidence.sent, evidence.open_now) == (2, 1, 1)
    assert evidence.counts()[0, 0].tolist() == [1.0, 0.0, 1.0]


def test_in_flight_keeps_the_silence_so_far(ladder) -> None:
    evidence = gather(
        history_of(ladder, event("applied", "06-01"), event("interview"), n=2), as_of=day("06-10"), implied=()
    )
    (row,) = evidence.in_flight
    assert (ladder.steps[row.step].start, row.shortest, row.longest, row.count) == ("interview", 0, 9, 2)


def test_the_recent_pace_is_counted(ladder) -> None:
    rows = [Application(str(i), "A", "cold", (Event("applied", day("06-30") - timedelta(days=i)),)) for i in range(100)]
    evidence = gather(History(ladder, tuple(rows)), as_of=day("06-30"))
    assert (evidence.recent, evidence.recent_weeks) == (((0, 0, 1, 56),), 8.0)
    young = gather(history_of(ladder, event("applied", "06-30"), n=4), as_of=day("06-30"))
    assert (young.recent, young.recent_weeks) == (((0, 0, 1, 4),), 1.0)


def test_the_rhythm_is_kept_week_by_week(ladder) -> None:
    """Week 0 is the seven days up to `as_of`; half a year is kept."""
    ages = [0, 6, 7, 7, 30, 181, 182, 400]
    rows = [
        Application(str(i), "A", "cold", (Event("applied", day("06-30") - timedelta(days=age)),))
        for i, age in enumerate(ages)
    ]
    evidence = gather(History(ladder, tuple(rows)), as_of=day("06-30"))
    assert [(row[3], row[4]) for row in evidence.rhythm] == [(0, 2), (1, 2), (4, 1), (25, 1)]
    assert evidence.rhythm_weeks == 26.0
    assert (evidence.recent, evidence.recent_weeks) == (((0, 0, 1, 5),), 8.0)


def test_the_pace_knows_where_an_application_starts(ladder) -> None:
    """A recruiter's contact starts at response; one whose log begins with `applied` starts there; so does networking
    at reaching out.
    """

    def start(*events, channel: str) -> str:
        ((_, _, step, _),) = gather(history_of(ladder, *events, channel=channel), as_of=day("06-30")).recent
        return ladder.steps[step].start

    assert start(event("phone", "06-10"), channel="recruiter") == "response"
    assert start(event("applied", "06-10"), channel="recruiter") == "applied"
    assert start(event("reached_out", "06-10"), channel="networking") == "reached_out"
    assert start(event("interview", "06-10"), channel="cold") == "applied"


def test_an_empty_history_is_evidence_of_nothing(ladder) -> None:
    evidence = gather(History(ladder, ()), as_of=day("06-30"))
    assert (evidence.tracks, evidence.sent, evidence.cells) == (("all",), 0, {})
    assert evidence.counts().sum() == 0
    assert evidence.table.size == 0


def test_an_unknown_channel_is_refused(ladder) -> None:
    with pytest.raises(CommandError, match='"pigeon" is no channel'):
        gather(history_of(ladder, event("applied", "06-01"), channel="pigeon"), as_of=day("06-30"))


events = st.builds(
    lambda start, waits, end: (start, waits, end),
    st.integers(0, 300),
    st.lists(st.integers(0, 90), max_size=5),
    st.sampled_from([None, "rejected", "closed", "withdrawn", "declined"]),
)


def made(number: int, spec) -> Application:
    """An application that climbs some stages with given waits, and perhaps ends."""
    start, waits, end = spec
    on = day("01-01") + timedelta(days=start)
    told = [Event("applied", on)]
    for wait, stage in zip(waits, ("response", "phone", "interview", "second_interview", "offer"), strict=False):
        on += timedelta(days=wait)
        told.append(Event(stage, on))
    if end:
        told.append(Event(end, on + timedelta(days=5)))
    return Application(str(number), "AB"[number % 2], "cold", tuple(told))


@settings(max_examples=60, deadline=None)
@given(st.lists(events, min_size=1, max_size=30), st.randoms())
def test_splitting_a_log_and_adding_gives_equal_evidence(specs, random) -> None:
    """Each piece gathered with the whole log's tracks and inertia: everything adds up, to the last field."""
    saved = Application("saved", "A", "cold", (Event("never_applied", day("01-05")),))
    everyone = [saved, *(made(i, spec) for i, spec in enumerate(specs))]
    history = History(LADDER, tuple(everyone))
    as_of = max(history.last_date, day("02-01"))
    whole = gather(history, as_of=as_of)
    one = tuple(a for a in everyone if random.random() < 0.5)
    other = tuple(a for a in everyone if a not in one)
    same = {"as_of": as_of, "tracks": whole.tracks, "inertia": True, "implied": whole.implied}
    parts = [gather(History(LADDER, part), **same) for part in (one, other)]
    added = combine(parts)
    assert {k: pytest.approx(v) for k, v in whole.cells.items()} == added.cells
    assert added.rhythm_weeks == pytest.approx(whole.rhythm_weeks)
    assert replace(added, cells={}) == replace(whole, cells={}, rhythm_weeks=added.rhythm_weeks)


@settings(max_examples=60, deadline=None)
@given(st.lists(events, min_size=1, max_size=20), st.integers(0, 400))
def test_the_future_changes_nothing(specs, offset: int) -> None:
    """Dropping every event after a day leaves the whole evidence of that day as it was: tracks, pace and all."""
    as_of = day("01-01") + timedelta(days=offset)
    everyone = tuple(made(i, spec) for i, spec in enumerate(specs))
    later = as_of + timedelta(days=9)
    to_come = (
        Application("saved", "A", "cold", (Event("never_applied", later),)),
        Application("new", "a track of its own", "cold", (Event("applied", later),)),
    )
    cut = tuple(replace(a, events=tuple(e for e in a.events if e.on <= as_of)) for a in everyone)
    full = gather(History(LADDER, everyone + to_come), as_of=as_of)
    assert full == gather(History(LADDER, tuple(a for a in cut if a.events)), as_of=as_of)


def test_the_size_does_not_grow_with_the_log() -> None:
    rng = np.random.default_rng(5)

    def size(n: int) -> int:
        rows = []
        for i in range(n):
            spec = (
                int(rng.integers(0, 300)),
                rng.integers(0, 90, rng.integers(0, 6)).tolist(),
                rng.choice([None, "rejected"]),
            )
            rows.append(made(i, spec))
        return len(gather(History(LADDER, tuple(rows)), as_of=day("12-31")).cells)

    assert size(20_000) < 1.3 * size(4_000) < 1500


def test_pieces_that_do_not_fit_are_not_added(ladder) -> None:
    a = gather(history_of(ladder, event("applied", "06-01")), as_of=day("06-30"))
    b = gather(history_of(ladder, event("applied", "06-01")), as_of=day("06-29"))
    with pytest.raises(CommandError, match="as_of"):
        combine([a, b])


def test_steps_around_a_stage_that_is_never_named_are_one(ladder) -> None:
    """Applied, then an interview: response and phone were passed, and nothing tells their steps apart."""
    rows = (
        Application("a", "A", "cold", (event("applied", "06-01"), event("interview", "06-20"))),
        Application("b", "A", "cold", (event("applied", "06-10"),)),
    )
    evidence = gather(History(ladder, rows), as_of=day("06-30"))
    assert evidence.implied == ("response", "phone")
    assert evidence.steps[1:3] == ("applied->interview", "interview->second_interview")
    assert cells(evidence)["applied", ADVANCED] == {(EDGES[wait_window(19, 19)[0]], EDGES[wait_window(19, 19)[1]]): 1}
    assert [(evidence.steps[row.step], row.shortest) for row in evidence.in_flight] == [
        ("applied->interview", 20), ("interview->second_interview", 10),
    ]  # fmt: skip
    apart = gather(History(ladder, rows), as_of=day("06-30"), implied=())
    assert (apart.implied, len(apart.steps)) == ((), len(ladder.steps))
    named = history_of(ladder, event("applied", "06-01"), event("response", "06-02"), event("phone", "06-09"))
    assert gather(named, as_of=day("06-30")).implied == ()
    turned_down = history_of(ladder, event("applied", "06-01"), event("declined", "06-20"))
    assert gather(turned_down, as_of=day("06-30")).steps[1] == "applied->offer"


def test_a_stage_on_which_a_channel_steps_on_is_kept(ladder) -> None:
    """A recruiter's call was a response, whether the log says so or not; channels that nobody used go."""
    rows = [Application("a", "A", "recruiter", (event("interview", "06-20"),))]
    evidence = gather(History(ladder, tuple(rows)), as_of=day("06-30"))
    assert evidence.implied == ("phone",)
    assert "recruiter" in evidence.channels
    rows = [Application("a", "A", "cold", (event("applied", "06-01"), event("interview", "06-20")))]
    assert gather(History(ladder, tuple(rows)), as_of=day("06-30")).channels == ("cold", "referral", "direct")


def test_what_is_still_to_come_has_not_happened(ladder) -> None:
    """An interview booked for next month, and a year mistyped: neither moves the log's last day."""
    rows = [
        Application("a", "A", "cold", (event("applied", "06-01"), event("interview", "07-15"))),
        Application("b", "A", "cold", (event("applied", "12-01"),)),
        Application("c", "A", "cold", (event("applied", "06-20"), event("interview"))),
    ]
    history, later = History(ladder, tuple(rows)).until(day("06-30"))
    assert later == 2
    assert history.as_of(day("06-30")) == day("06-30")
    evidence = gather(history, as_of=day("06-30"), implied=())
    assert evidence.sent == 2
    assert evidence.counts()[0, 3].tolist() == [1, 0, 0]  # c's undated interview still counts


def test_a_second_chance_is_one_however_many_steps_follow(ladder) -> None:
    history = history_of(ladder, event("applied", "03-01"), event("rejected", "03-10"), event("interview", "04-01"))
    assert gather(history, as_of=day("06-30")).second_chances == 1


def test_offers_in_hand_are_counted(ladder) -> None:
    evidence = gather(history_of(ladder, event("applied", "06-01"), event("offer", "06-20"), n=3), as_of=day("06-30"))
    assert (evidence.offers_in_hand, evidence.open_now) == (3, 0)


def test_an_undated_ending_is_known_once_the_log_was_written(ladder) -> None:
    """A row that only says "rejected" was written by the log's last day, and is not known before it."""
    rows = (
        Application("a", "A", "cold", (event("applied", "03-01"), event("rejected"))),
        Application("b", "A", "cold", (event("applied", "05-01"),)),
    )
    early = gather(History(ladder, rows), as_of=day("03-10"))
    assert early.counts()[0, 1].tolist() == pytest.approx([0, 0, 1])
    late = gather(History(ladder, rows), as_of=day("05-01"))
    assert late.counts()[0, 1].tolist() == pytest.approx([0, 1, 1])


def test_a_goal_in_the_middle_of_the_ladder(ladder) -> None:
    """Above the goal nothing is in flight: the thing waited for has come."""
    halfway = replace(ladder, goal="interview")
    history = history_of(halfway, event("applied", "06-01"), event("second_interview", "06-20"))
    evidence = gather(history, as_of=day("06-30"))
    assert (evidence.in_flight, evidence.offers_in_hand) == ((), 1)


def test_evidence_says_whether_the_log_holds_what_was_never_sent(ladder) -> None:
    on = date(2025, 1, 6)
    sent = Application("1", "A", "cold", (Event("applied", on),))
    found = Application("2", "A", "cold", (Event("never_applied", on),))
    assert not gather(History(ladder, (sent,)), as_of=on).inertia
    assert gather(History(ladder, (sent, found)), as_of=on).inertia


def test_groups_stand_in_their_order_and_those_unknown_apart(ladder) -> None:
    days = {"1": date(2025, 3, 3), "2": date(2024, 12, 2), "3": date(2025, 7, 7), "4": None}
    applications = tuple(Application(i, "A", "cold", (Event("applied", day),)) for i, day in days.items())
    seasons = gather(History(ladder, applications), as_of=date(2025, 8, 1), vary_by="season")
    months = gather(History(ladder, applications), as_of=date(2025, 8, 1), vary_by="month")
    assert seasons.groups == ("winter", "spring", "summer")
    assert months.groups[0] == "2024-12"
    assert months.groups[-1] == "2025-07"
    assert sorted({cell[-1] for cell in seasons.by_group}) == [-1, 0, 1, 2]


def test_why_pieces_by_groups_are_not_added(ladder) -> None:
    piece = gather(
        History(ladder, (Application("1", "A", "cold", (Event("applied", date(2025, 1, 6)),)),)),
        as_of=date(2025, 2, 1),
        vary_by="month",
    )
    with pytest.raises(CommandError, match="evidence by groups cannot be added: gather it in one piece"):
        combine([piece, piece])
