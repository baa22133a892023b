"""The log as a forest: tracing against a naive second method, days, order, and jobs that were only looked at."""

from datetime import date, timedelta

import numpy as np
import pytest

from offercast.decisions.trees import Forest
from offercast.errors import InputError
from offercast.history.records import Application, Event, History

START = date(2020, 1, 1)


def forest_of(history: History, as_of: date = date(2026, 1, 1)) -> Forest:
    return Forest(history, as_of=as_of, unknown_age_days=60, horizon=180.0)


def random_log(ladder, seed: int) -> tuple[History, dict[str, str]]:
    """Applications that each came from an earlier one, from one of four contacts, or from nothing; and from which."""
    rng = np.random.default_rng(seed)
    parents, applications = {}, []
    for number in range(60):
        choice = rng.random()
        parent = ""
        if choice < 0.5 and number:
            parent = str(rng.integers(number))
        elif choice < 0.7:
            parent = f"contact: {'ABCD'[rng.integers(4)]}"
        parents[str(number)] = parent
        on = START + timedelta(days=int(rng.integers(0, 2000)))
        events = [Event("applied", on)]
        if rng.random() < 0.3:
            events.append(Event("offer", on + timedelta(days=int(rng.integers(5, 90)))))
        applications.append(Application(str(number), "A", "cold", tuple(events), came_from=parent))
    order = rng.permutation(60)
    return History(ladder, tuple(applications[i] for i in order)), parents


@pytest.mark.parametrize("seed", range(20))
def test_every_way_back_is_that_of_a_naive_recursion(ladder, seed: int) -> None:
    history, parents = random_log(ladder, seed)

    def back(identifier: str) -> list[str]:
        parent = parents.get(identifier, "")
        return [*back(parent), identifier] if parent else [identifier]

    days = {a.id: a.events[0].on for a in history.applications}
    trees = forest_of(history).trees()
    seen = set()
    for tree in trees:
        for member in tree.members:
            way = [link.id or f"contact: {link.name}" for link in forest_of(history).way_back(member, tree)]
            assert way == back(member.application.id)
            assert way[0] == (tree.link.id or f"contact: {tree.link.name}")
            seen.add(member.application.id)
        below = [
            identifier for identifier in days if back(identifier)[0] == (tree.link.id or f"contact: {tree.link.name}")
        ]
        assert {m.application.id for m in tree.members} == set(below)
        assert tree.link.day == min(days[identifier] for identifier in below)
    assert seen == set(parents)


def test_the_day_of_a_contact_is_the_first_one_known(ladder) -> None:
    def made(identifier: str, came_from: str, on: date | None) -> Application:
        return Application(identifier, "A", "cold", (Event("applied", on),), came_from=came_from)

    log = History(
        ladder,
        (
            made("1", "contact: Ana (2023-05-02)", date(2024, 1, 1)),
            made("2", "Contact: ana", date(2024, 3, 1)),
            made("3", "event: E", date(2024, 5, 1)),
            made("4", "event: F", None),
            made("5", "contact: Bo (2024-06-01)", date(2024, 4, 1)),
            made("6", "contact: Cy (2030-01-01)", date(2024, 4, 1)),
            made("7", "contact: Di (2030-01-01)", None),
        ),
    )
    forest = forest_of(log)
    found = {tree.link.name: tree.link.day for tree in forest.trees()}
    assert found == {
        "Ana": date(2023, 5, 2),
        "E": date(2024, 5, 1),
        "F": None,
        "Bo": date(2024, 4, 1),
        "Cy": date(2024, 4, 1),
        "Di": None,
    }
    assert [note[:31] for note in forest.notes] == [
        'application "5" (2024-04-01) ca',
        'application "6" (2024-04-01) ca',
    ]


def test_an_application_older_than_what_it_came_from_is_noted(ladder) -> None:
    log = History(
        ladder,
        (
            Application("1", "A", "cold", (Event("applied", date(2025, 1, 1)),)),
            Application("2", "A", "cold", (Event("applied", date(2024, 3, 1)),), came_from="1"),
        ),
    )
    forest = forest_of(log)
    (note,) = forest.notes
    assert note.startswith('application "2" (2024-03-01) came from "1", which is later (2025-01-01)')
    (tree,) = forest.trees()
    assert tree.link.day == date(2024, 3, 1)
    early = forest_of(log, as_of=date(2024, 6, 1))  # by then nothing was known of what it came from
    assert list(early.members) == ["2"]
    assert early.trees()[0].link.id == "1"


def test_a_job_that_was_only_looked_at_is_no_link_but_leads_to_one(ladder) -> None:
    seen = Event("never_applied", date(2024, 1, 1))
    log = History(
        ladder,
        (
            Application("1", "A", "cold", (seen,)),
            Application("2", "A", "cold", (seen,)),
            Application("3", "A", "cold", (Event("applied", date(2024, 3, 1)),), came_from="2"),
        ),
    )
    assert [(tree.link.id, tree.link.day, len(tree.members)) for tree in forest_of(log).trees()] == [
        ("2", date(2024, 3, 1), 1)
    ]


def test_lead_in_stages_are_the_beginning(ladder) -> None:
    events = (Event("reached_out", date(2023, 1, 1)), Event("conversation", date(2023, 1, 9)), Event("phone"))
    log = History(ladder, (Application("1", "A", "networking", events),))
    (tree,) = forest_of(log).trees()
    assert tree.link.day == date(2023, 1, 1)
    assert tree.link.days_between == (8, None)


def test_a_circle_is_refused_and_never_hangs(ladder) -> None:
    told = tuple(Application(str(i), "A", "cold", (Event("applied"),), came_from=str((i + 1) % 50)) for i in range(50))
    with pytest.raises(InputError, match="came from each other"):
        forest_of(History(ladder, told))
