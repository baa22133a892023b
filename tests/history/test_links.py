"""Where applications came from: ids, companies, contacts and events; circles; and what anonymising keeps of it."""

from datetime import date, timedelta
from pathlib import Path

import pytest

import offercast
from offercast.errors import InputError
from offercast.history.anonymous import anonymise
from offercast.history.links import Origin, Origins, check_loops, origins
from offercast.history.records import Application, Event, History

LOG = Path(__file__).parents[1] / "data" / "chains" / "years.csv"
ANY = "contact or event"


def log_of(ladder, *told: tuple[str, str, str]) -> History:
    """A log of applications from (id, company, came_from)."""
    return History(
        ladder, tuple(Application(i, "A", "cold", (Event("applied"),), company=c, came_from=f) for i, c, f in told)
    )


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("1", Origin("1")),
        (" 1 ", Origin("1")),
        ("birch gmbh", Origin("1")),
        ("contact: Ana", Origin("", "contact", "Ana")),
        ("Contact :  Ana  Lopez", Origin("", "contact", "Ana Lopez")),
        ("event: PyCon (2023-10-05)", Origin("", "event", "PyCon", date(2023, 10, 5))),
        ("PyCon 2024 (2024-05-15)", Origin("", ANY, "PyCon 2024", date(2024, 5, 15))),
        ("event: PyCon (2023-02-30)", Origin("", "event", "PyCon (2023-02-30)")),
        ("Ana, ex-colleague", Origin("", ANY, "Ana, ex-colleague")),
        ("https://meetup.com/x", Origin("", ANY, "https://meetup.com/x")),
        ("podcast: 3", Origin("", "podcast", "3")),
        ("contact: Birch GmbH", Origin("", "contact", "Birch GmbH")),
    ],
)
def test_a_text_is_an_application_or_a_named_link(ladder, text: str, origin: Origin) -> None:
    found = origins(log_of(ladder, ("1", "Birch GmbH", ""), ("2", "Alder", text)))
    assert (found.by_id, found.notes) == ({"2": origin}, ())


def test_a_company_of_several_applications_or_of_its_own_is_no_application(ladder) -> None:
    found = origins(
        log_of(ladder, ("1", "Birch", ""), ("2", "Birch", ""), ("3", "Alder", "Birch"), ("4", "Elm", "Elm"))
    )
    assert found.by_id == {"3": Origin("", ANY, "Birch"), "4": Origin("", ANY, "Elm")}
    assert found.notes == ('came_from "Birch" is a company applied to 2 times: write the id of the application',)
    (note,) = origins(log_of(ladder, ("1", "Birch", "17"))).notes
    assert note.startswith('came_from "17" is no application of this log')


def test_one_contact_is_one_however_it_is_spelled() -> None:
    assert Origin("", "contact", "Ana  López").key == Origin("", "Contact", "ana lópez").key
    assert Origin("", "contact", "Ana").key != Origin("", "event", "Ana").key
    assert Origin("", "event", "!!").key != Origin("", "event", "??").key


def test_circles_are_named_each_once(ladder) -> None:
    circle = (("1", "", "3"), ("2", "", "1"), ("3", "", "2"), ("4", "", "3"), ("5", "", "5"), ("6", "", "4"))
    history = log_of(ladder, *circle)
    with pytest.raises(InputError) as caught:
        check_loops(history, origins(history))
    first, second = (problem.message for problem in caught.value.problems)
    assert first.startswith('the applications "1", "3", "2" came from each other.')
    assert second.startswith('application "5" came from itself.')
    check_loops(history, Origins({"1": Origin("3"), "4": Origin("3")}))


def test_the_canonical_log_keeps_where_it_came_from(tmp_path: Path) -> None:
    history = offercast.read_history(LOG)
    offercast.write_history(history, tmp_path / "again.csv")
    again = offercast.read_history(tmp_path / "again.csv")
    assert again.applications == history.applications
    assert sum(bool(a.came_from) for a in again.applications) == 5


def test_a_log_without_anybody_keeps_its_links() -> None:
    history = offercast.read_history(LOG)
    days = timedelta(weeks=-100)
    hidden = anonymise(history, shift=days)
    assert [a.came_from for a in hidden.applications] == [
        f"event: 1 ({date(2023, 10, 5) + days})", "1", "", f"contact: 2 ({date(2024, 6, 1) + days})", "", "", "5",
        "contact: 2", "",
    ]  # fmt: skip
    strange = History(history.ladder, (Application("a", "A", "cold", (), came_from="Ana Lopez: lunch"),))
    assert anonymise(strange, shift=days).applications[0].came_from == f"{ANY}: 1"
