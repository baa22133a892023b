"""A ladder is fully editable, and one that contradicts itself says how."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offercast.errors import InputError
from offercast.ladder import Channel, Exit, Ladder, Stage, normalise


def ladder(ids=("applied", "offer"), *, channels=None, exits=(("rejected", "no"),), sent=None, goal=None) -> Ladder:
    return Ladder(
        "test",
        tuple(Stage(i, i.replace("_", " ")) for i in ids),
        tuple(Exit(i, i, means) for i, means in exits),
        channels if channels is not None else (Channel("cold", "Cold", ids[0]),),
        sent=sent or ids[0],
        goal=goal or ids[-1],
    )


def test_the_default_is_the_blueprint(model) -> None:
    """Stages 0 to 7, in this order and by these names."""
    assert [stage.id for stage in model.ladder.stages] == [
        "never_applied", "applied", "response", "phone", "interview", "second_interview", "offer", "accepted",
    ]  # fmt: skip
    assert (model.ladder.sent, model.ladder.goal) == ("applied", "offer")
    own = [step.id for step in model.ladder.steps if step.decided_by == "seeker"]
    assert own == ["never_applied->applied", "offer->accepted"]


@given(st.integers(2, 30))
def test_any_number_of_stages_from_2_to_30(count: int) -> None:
    made = ladder([f"stage_{i}" for i in range(count)])
    assert len(made.steps) == count - 1
    assert made.steps_to_goal("cold") == tuple(range(count - 1))


def test_a_recruiters_call_steps_on_higher_up(model) -> None:
    path = model.ladder.path("recruiter")
    assert path[0] == "response"
    assert "applied" not in path
    steps = [model.ladder.steps[s].id for s in model.ladder.steps_to_goal("recruiter")]
    assert steps == [
        "response->phone", "phone->interview", "interview->second_interview", "second_interview->offer",
    ]  # fmt: skip


def test_lead_in_stages_come_before_the_ladder() -> None:
    lead_in = tuple(Stage(i, i) for i in ("reached_out", "conversation", "introduction"))
    channels = (Channel("cold", "Cold", "applied"), Channel("net", "Network", "phone", (), lead_in))
    made = ladder(("applied", "phone", "offer"), channels=channels)
    assert made.path("net") == ("reached_out", "conversation", "introduction", "phone", "offer")
    assert [made.steps[s].id for s in made.steps_to_goal("net")] == [
        "reached_out->conversation", "conversation->introduction", "introduction->phone", "phone->offer",
    ]  # fmt: skip
    assert made.first_step("net") == made.step_index["reached_out"]


def test_own_exits_keep_their_meaning() -> None:
    made = ladder(exits=(("frozen", "censored"), ("refused", "no")))
    assert made.exits_by_id["frozen"].means == "censored"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ids": ("applied",)}, "has 1 stages; it must have 2 to 30"),
        ({"ids": [f"s{i}" for i in range(31)]}, "has 31 stages"),
        ({"ids": ("applied", "applied")}, 'the id "applied" names 2 stages or exits'),
        ({"ids": ("applied", "rejected")}, 'the id "rejected" names 2 stages or exits'),
        ({"ids": ("Applied!", "offer")}, 'the id "Applied!" must be lower-case letters'),
        ({"ids": ("applied", "reopened")}, '"reopened" is an event of its own'),
        ({"sent": "aplied"}, 'sent = "aplied" is not one of its stages. Did you mean "applied"?'),
        ({"goal": "job"}, 'goal = "job" is not one of its stages'),
        ({"sent": "offer", "goal": "applied"}, 'sent = "offer" must come before goal = "applied"'),
        ({"channels": ()}, "it has no channel"),
        (
            {"channels": (Channel("a", "A", "ofer"),)},
            'steps on at "ofer", which is no stage. Did you mean "offer"?',
        ),
        ({"channels": (Channel("a", "A", "offer"),)}, "the offer is already there"),
        (
            {"channels": (Channel("a", "A", "applied"), Channel("a", "B", "applied"))},
            'the id "a" names 2 channels',
        ),
        (
            {"channels": (Channel("a", "A", "applied", ("x",)), Channel("b", "B", "applied", ("X",)))},
            "means both",
        ),
    ],
)
def test_a_contradiction_is_named_with_its_repair(given, message: str) -> None:
    with pytest.raises(InputError) as caught:
        ladder(**given)
    assert message in str(caught.value)


def test_every_contradiction_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        ladder(("applied", "offer"), sent="x", goal="y", channels=(Channel("a", "A", "z"),))
    assert len(caught.value.problems) == 3


def test_normalise_joins_what_people_write_differently() -> None:
    assert normalise("Second-Interview") == normalise("second_interview ") == "second interview"
