"""A draft of a mapping file reads the log as it was read; what is unsure is marked; answers settle it."""

from pathlib import Path

import pytest

import offercast
from offercast.errors import InputError
from offercast.history import read_history
from offercast.history.draft import draft_mapping
from offercast.history.mapping import Mapping, read_mapping
from offercast.ladder import Ladder

LOG = 'Firma,Date,Status,"Weird ""name"" = [x]"\nA,13/01/2025,Applied,a\nB,14/01/2025,reeejected,b\nC,02/02/2025,Rejected (Interview),c\n'


def test_a_draft_reads_the_log_as_it_was_read(tmp_path: Path, ladder: Ladder) -> None:
    (tmp_path / "log.csv").write_text(LOG)
    history = read_history(tmp_path / "log.csv")
    text = draft_mapping("log.csv", history.reading, titles=[])
    (tmp_path / "map.toml").write_text(text)
    again = read_history(tmp_path / "log.csv", mapping=tmp_path / "map.toml")
    assert again.applications == history.applications
    assert 'date_order = "day first"' in text
    assert 'Date = "date of applied"   # CHECK: 13/01/2025' in text
    assert 'reeejected = "rejected"   # CHECK: rows: 1' in text
    assert 'Firma = "company"   # A | B | C' in text


def test_questions_are_drafted_and_an_unanswered_one_is_refused(tmp_path: Path, ladder: Ladder) -> None:
    (tmp_path / "log.csv").write_text(
        "Company,Applied,Updated,Status,Phone\nA,1/2/2025,,Zork,perhaps\nB,3/4/2025,,Zork,yes\nC,,,Zork,yes\nD,,,Zork,yes\n"
    )
    with pytest.raises(InputError) as caught:
        read_history(tmp_path / "log.csv")
    error = caught.value
    assert error.can_be_asked
    assert [(q.section, q.key) for q in error.questions] == [
        ("date_orders", "Applied"),
        ("statuses", "Zork"),
        ("flags", "perhaps"),
    ]
    text = draft_mapping("log.csv", error.reading, error.questions)
    (tmp_path / "map.toml").write_text(text)
    with pytest.raises(InputError) as still:
        read_mapping(tmp_path / "map.toml", ladder)
    assert "statuses.Zork: still" in str(still.value)
    answered = text.replace('Zork = "?"', 'Zork = "rejected"').replace('perhaps = "?"', 'perhaps = "no"')
    (tmp_path / "map.toml").write_text(answered.replace('Applied = "?"', 'Applied = "day first"'))
    history = read_history(tmp_path / "log.csv", mapping=tmp_path / "map.toml")
    assert [[e.kind for e in a.events] for a in history.applications] == [
        ["applied", "rejected"],
        ["applied", "phone", "rejected"],
        ["phone", "rejected"],
        ["phone", "rejected"],
    ]
    assert str(history.first_date) == "2025-02-01"


def test_tracks_are_proposed_from_titles(tmp_path: Path) -> None:
    rows = "".join(
        f"A,{title},2025-01-0{i}\n"
        for i, title in enumerate(["Senior Data Analyst", "Data Analyst II", "Data analyst", "Sales Lead"], 1)
    )
    (tmp_path / "log.csv").write_text(f"Company,Job title,Applied\n{rows}")
    history = read_history(tmp_path / "log.csv")
    text = draft_mapping("log.csv", history.reading, titles=[a.title for a in history.applications])
    assert '# "data analyst" = "Data Analyst"   # titles: 3' in text


def test_a_mapping_can_be_made_in_python(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("Company,Status\nA,Zork\n")
    history = offercast.read_history(tmp_path / "log.csv", mapping=Mapping(statuses={"Zork": "offer"}))
    assert [e.kind for e in history.applications[0].events] == ["offer"]
