"""What each kind of log entry tells, worked by hand: one test for each rule."""

from dataclasses import replace

import pytest

from offercast.errors import CommandError
from offercast.evidence.spells import Climb, Spell, known_by, spells
from offercast.history.records import Application
from support import day, event

AS_OF = day("06-30")


@pytest.fixture
def tell(ladder):
    """Return a function from events to (step start, outcome, shortest, longest) of each spell."""

    def run(*events, channel="cold", as_of=AS_OF, inertia=False, full=False):
        application = Application("x", "A", channel, tuple(events))
        last = max((d for d in application.days), default=None)
        events = known_by(application, as_of, last)
        known = replace(application, events=events)
        read = list(spells(Climb(known, ladder, as_of=as_of), tracks_inertia=inertia)) if events else []
        if full:
            return read
        return [(ladder.steps[s.step].start, s.outcome, s.shortest, s.longest) for s in read]

    return run


def test_silence_is_open_and_in_flight(tell) -> None:
    """Sent on 20 June, nothing by 30 June: ten silent days."""
    (spell,) = tell(event("applied", "06-20"), full=True)
    assert spell == Spell(1, "open", 10, 10, in_flight=True)


def test_a_dated_climb_gives_exact_waits(tell) -> None:
    assert tell(event("applied", "03-01"), event("response", "03-08"), event("phone", "03-08")) == [
        ("applied", "advanced", 7, 7), ("response", "advanced", 0, 0), ("phone", "open", 114, 114),
    ]  # fmt: skip


def test_reached_through_implies_the_earlier_stages_between_their_neighbours(tell) -> None:
    """An interview 20 days after sending: three steps happened, each within those 20 days."""
    assert tell(event("applied", "03-01"), event("interview", "03-21"), event("rejected", "03-31")) == [
        ("applied", "advanced", 0, 20), ("response", "advanced", 0, 20), ("phone", "advanced", 0, 20),
        ("interview", "told no", 10, 10),
    ]  # fmt: skip


def test_an_interval_keeps_both_ends(tell) -> None:
    assert tell(event("applied", "03-01"), event("response", "03-05", "03-09"), event("rejected", "03-12")) == [
        ("applied", "advanced", 4, 8), ("response", "told no", 3, 7),
    ]  # fmt: skip


def test_rejected_with_no_stage_is_a_no_after_applied(tell) -> None:
    assert tell(event("rejected")) == [("applied", "told no", None, None)]


def test_an_undated_no_lies_between_sending_and_now(tell) -> None:
    assert tell(event("applied", "06-01"), event("rejected")) == [("applied", "told no", 0, 29)]


def test_closed_is_a_no_and_withdrawn_is_censored(tell) -> None:
    assert tell(event("applied", "03-01"), event("closed", "03-05")) == [("applied", "told no", 4, 4)]
    (spell,) = tell(event("applied", "03-01"), event("withdrawn", "03-05"), full=True)
    assert spell == Spell(1, "open", 4, 4, in_flight=False)


@pytest.mark.parametrize("exit_", ["declined", "lapsed"])
def test_an_offer_turned_down_was_an_offer(tell, exit_: str) -> None:
    told = tell(event("applied", "03-01"), event("second_interview", "03-11"), event(exit_, "03-21"))
    assert told[-2:] == [("second_interview", "advanced", 0, 10), ("offer", "told no", 0, 10)]


def test_an_offer_in_hand_is_not_in_flight(tell) -> None:
    told = tell(event("applied", "06-01"), event("offer", "06-20"), full=True)
    assert told[-1].outcome == "open"
    assert (told[-1].in_flight, told[-1].in_hand) == (False, True)
    left = tell(event("applied", "06-01"), event("offer", "06-20"), event("withdrawn", "06-22"), full=True)
    assert not left[-1].in_hand


def test_accepted_ends_the_ladder(tell) -> None:
    told = tell(event("applied", "06-01"), event("accepted", "06-20"))
    assert told[-1] == ("offer", "advanced", 0, 19)


def test_a_snapshots_stage_has_an_unknown_start(tell) -> None:
    """Applied on 10 June, "interview" without a date: the wait there has lasted 0 to 20 days."""
    told = tell(event("applied", "06-10"), event("interview"))
    assert told[-1] == ("interview", "open", 0, 20)
    assert told[0] == ("applied", "advanced", 0, 20)


def test_no_date_at_all_leaves_every_wait_open(tell) -> None:
    assert tell(event("applied"), event("response")) == [
        ("applied", "advanced", None, None), ("response", "open", None, None),
    ]  # fmt: skip


def test_at_least_says_nothing_about_what_came_after(tell) -> None:
    """At least an interview, then a no: the steps up to it happened, the last one is unknown."""
    told = tell(event("applied", "03-01"), event("interview", "03-10", at_least=True), event("rejected", "04-01"))
    assert [outcome for _, outcome, _, _ in told] == ["advanced"] * 3
    assert tell(event("applied", "03-01", at_least=True)) == []


def test_a_second_chance_is_counted_once_by_where_it_led(tell) -> None:
    """Rejected on 10 March, interviewed on 1 April: the step was passed, 31 days after sending."""
    told = tell(event("applied", "03-01"), event("rejected", "03-10"), event("response", "04-01"), full=True)
    assert told == [
        Spell(1, "advanced", 31, 31),
        Spell(2, "open", 90, 90, in_flight=True, second_chance=True),
    ]


def test_a_reopened_application_waits_anew(tell) -> None:
    (spell,) = tell(event("applied", "03-01"), event("rejected", "03-10"), event("reopened", "06-20"), full=True)
    assert spell == Spell(1, "open", 10, 10, in_flight=True, second_chance=True)


def test_a_recruiters_call_starts_at_response(tell) -> None:
    assert tell(event("phone", "06-20"), channel="recruiter") == [
        ("response", "advanced", None, None), ("phone", "open", 10, 10),
    ]  # fmt: skip


def test_a_lower_stage_that_was_logged_is_climbed_from(tell) -> None:
    told = tell(event("applied", "06-01"), event("response", "06-05"), channel="recruiter")
    assert told[0] == ("applied", "advanced", 4, 4)


def test_lead_in_stages_are_steps_like_any_other(tell) -> None:
    told = tell(event("reached_out", "06-01"), event("introduction", "06-11"), channel="networking")
    assert told == [
        ("reached_out", "advanced", 0, 10), ("conversation", "advanced", 0, 10), ("introduction", "open", 19, 19),
    ]  # fmt: skip


def test_a_lead_in_stage_of_another_channel_is_refused(tell) -> None:
    with pytest.raises(CommandError, match='"conversation" is not on the way of channel "cold"'):
        tell(event("applied", "06-01"), event("conversation", "06-02"))


def test_what_was_sent_tells_of_inertia_only_in_a_log_that_has_some(tell) -> None:
    assert tell(event("applied", "06-20"), inertia=True)[0] == ("never_applied", "advanced", None, None)
    (spell,) = tell(event("never_applied", "06-20"), inertia=True, full=True)
    assert (spell.outcome, spell.in_flight) == ("open", False)


def test_what_came_later_is_not_seen(tell) -> None:
    """As of 10 March the answer of 20 March does not exist, and neither does an application of April."""
    assert tell(event("applied", "03-01"), event("rejected", "03-20"), as_of=day("03-10")) == [
        ("applied", "open", 9, 9)
    ]
    assert tell(event("applied", "04-01"), as_of=day("03-10")) == []


def test_an_undated_stage_is_known_once_a_later_dated_one_is(tell) -> None:
    events = (event("applied", "03-01"), event("response"), event("phone", "03-20"))
    assert [s for s, *_ in tell(*events, as_of=day("03-10"))] == ["applied"]
    assert [s for s, *_ in tell(*events, as_of=day("03-20"))] == ["applied", "response", "phone"]


def test_an_answer_stands_against_a_later_exit(tell) -> None:
    """Rejected on 20 March; noting a withdrawal afterwards does not turn the no into silence."""
    told = tell(event("applied", "03-01"), event("rejected", "03-20"), event("withdrawn", "03-25"))
    assert told == [("applied", "told no", 19, 19)]
    told = tell(event("applied", "03-01"), event("withdrawn", "03-20"), event("rejected", "03-25"))
    assert told == [("applied", "told no", 24, 24)]


def test_a_declined_offer_counts_whatever_follows(tell) -> None:
    for after in ("closed", "reopened"):
        told = tell(event("applied", "03-01"), event("declined", "03-20"), event(after, "03-25"))
        assert ("second_interview", "advanced", 0, 19) in told, after


def test_a_saved_job_that_closes_was_never_sent(tell) -> None:
    """It tells the step of applying, and that alone."""
    assert tell(event("never_applied", "06-01"), event("closed", "06-10")) == [("never_applied", "told no", 9, 9)]
    assert tell(event("never_applied", "06-01"), event("withdrawn", "06-10")) == [("never_applied", "open", 9, 9)]


def test_a_withdrawal_that_comes_back_is_no_second_chance(tell) -> None:
    told = tell(event("applied", "03-01"), event("withdrawn", "03-10"), event("response", "04-01"), full=True)
    assert not any(spell.second_chance for spell in told)


def test_a_second_chance_that_ends_in_a_no_was_one(tell) -> None:
    told = tell(
        event("applied", "03-01"),
        event("rejected", "03-10"),
        event("response", "04-01"),
        event("rejected", "04-09"),
        full=True,
    )
    assert [spell.second_chance for spell in told] == [False, True]


def test_an_exit_keeps_both_ends_of_its_interval(tell) -> None:
    assert tell(event("applied", "03-01"), event("rejected", "03-10", "03-20")) == [("applied", "told no", 9, 19)]


def test_an_undated_ending_is_not_known_before_the_log_is(tell) -> None:
    """Applied on 1 March, "rejected" without a date, a later day elsewhere in the log: unknown on 10 March."""
    application_events = (event("applied", "03-01"), event("rejected"))
    assert tell(*application_events) == [("applied", "told no", 0, 121)]
