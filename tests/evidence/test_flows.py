"""Flows count every application once at each place, and lose none."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import offercast
from offercast.evidence.flows import BEGUN, IN_HAND, UNKNOWN, WAITING, flows
from offercast.history.records import Application, Event, History
from offercast.ladder import Ladder
from offercast.modelfile import load_model
from support import day, event, history_of

LADDER = load_model().ladder


def where(history: History) -> dict[tuple[str, str], int]:
    return {(flow.start, flow.end): flow.count for flow in flows(history, as_of=day("12-31"))}


def test_by_hand(ladder: Ladder) -> None:
    """Three of one kind, rejected after the phone screen; the response in between was not logged."""
    history = history_of(ladder, event("applied", "01-01"), event("phone", "01-09"), event("rejected", "02-01"), n=3)
    assert where(history) == {
        (BEGUN, "applied"): 3,
        ("applied", "response"): 3,
        ("response", "phone"): 3,
        ("phone", "rejected"): 3,
    }


@pytest.mark.parametrize(
    ("events", "last"),
    [
        ((event("applied", "01-01"),), ("applied", WAITING)),
        ((event("applied", "01-01"), event("withdrawn", "02-01")), ("applied", "withdrawn")),
        ((event("applied", "01-01"), event("offer", "02-01")), ("offer", IN_HAND)),
        ((event("applied", "01-01"), event("declined", "02-01")), ("offer", "declined")),
        ((event("applied", "01-01", at_least=True), event("rejected", "02-01")), ("applied", UNKNOWN)),
        ((event("applied", "01-01"), event("rejected", "02-01"), event("reopened", "03-01")), ("applied", WAITING)),
    ],
)
def test_what_became_of_it(ladder: Ladder, events: tuple[Event, ...], last: tuple[str, str]) -> None:
    assert list(where(history_of(ladder, *events)))[-1] == last


def test_nothing_after_the_day_counts(ladder: Ladder) -> None:
    history = history_of(ladder, event("applied", "01-01"), event("response", "03-01"))
    ends = [flow.end for flow in flows(history, as_of=day("02-01"))]
    assert ends == ["applied", WAITING]


def test_what_was_never_sent_is_left_out(ladder: Ladder) -> None:
    assert flows(history_of(ladder, event("never_applied", "01-01")), as_of=day("12-31")) == ()


def test_the_flows_are_those_of_the_evidence() -> None:
    """Against the counts of the fit: what moved on and what waits."""
    history = offercast.read_history(offercast.example())
    evidence = offercast.gather(history, as_of=history.last_date)
    found = flows(history, as_of=history.last_date)
    moved = Counter({(f.start, f.end): f.count for f in found})
    for step, (advanced, _, _) in zip(history.ladder.steps, evidence.step_totals(), strict=True):
        if step.start != "never_applied":
            assert moved[step.start, step.end] == pytest.approx(advanced)
    assert sum(f.count for f in found if f.end == WAITING) == evidence.open_now == 75
    assert sum(f.count for f in found if f.start == BEGUN) == evidence.sent == 105


KINDS = [*(stage.id for stage in LADDER.stages), *LADDER.exits_by_id, "reopened"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([channel.id for channel in LADDER.channels]),
            st.lists(st.tuples(st.sampled_from(KINDS), st.booleans(), st.integers(1, 12)), min_size=1, max_size=5),
        ),
        max_size=8,
    )
)
@settings(max_examples=150, deadline=None)
def test_what_enters_a_stage_leaves_it(made: list) -> None:
    """Whatever was logged: stages keep nothing but at the top, and every application that was sent ends once."""
    applications = tuple(
        Application(
            f"x{i}",
            "A",
            channel,
            tuple(
                event(kind, f"{month:02}-01", at_least=some and LADDER.is_stage(kind)) for kind, some, month in events
            ),
        )
        for i, (channel, events) in enumerate(made)
    )
    found = flows(History(LADDER, applications), as_of=day("12-31"))
    enters, leaves = Counter(), Counter()
    for flow in found:
        enters[flow.end] += flow.count
        leaves[flow.start] += flow.count
    top = LADDER.stages[-1].id
    for stage in LADDER.stage_ids:
        if stage != top:
            assert enters[stage] == leaves[stage], stage
    ended = sum(count for end, count in enters.items() if not LADDER.is_stage(end)) + enters[top]
    assert ended == leaves[BEGUN] <= len(applications)
    assert all(flow.count >= 1 for flow in found)
    assert len({(f.start, f.end, f.channel) for f in found}) == len(found)
