"""The canonical event log: what it accepts, what it refuses, and that writing and reading agree."""

from datetime import date
from pathlib import Path

import pytest

import offercast
from offercast.errors import InputError, OutputError
from offercast.history import Event, read_history, write_history
from offercast.history.writing import canonical_text

HEADER = "application_id,date,event,track,channel\n"


def read(tmp_path: Path, rows: str, header: str = HEADER):
    path = tmp_path / "log.csv"
    path.write_text(header + rows)
    return read_history(path)


def test_events_are_grouped_and_put_in_order(tmp_path: Path) -> None:
    history = read(
        tmp_path,
        "7,2025-03-09,rejected,,\n7,2025-03-01,Applied,SWE,Referral\n8,,applied,SWE,\n7,2025-03-04,phone screen,SWE,\n",
    )
    first, second = history.applications
    assert [(e.kind, e.on) for e in first.events] == [
        ("applied", date(2025, 3, 1)), ("phone", date(2025, 3, 4)), ("rejected", date(2025, 3, 9)),
    ]  # fmt: skip
    assert (first.track, first.channel) == ("SWE", "referral")
    assert second.events == (Event("applied"),)
    assert second.channel == "cold"


def test_intervals_at_least_and_reopened_are_kept(tmp_path: Path) -> None:
    history = read(
        tmp_path,
        "1,2025-03-01,applied,,\n1,2025-03-05/2025-03-09,>=interview,,\n1,2025-03-20,rejected,,\n1,2025-04-01,reopened,,\n",
    )
    events = history.applications[0].events
    assert events[1] == Event("interview", date(2025, 3, 5), date(2025, 3, 9), at_least=True)
    assert [event.kind for event in events] == ["applied", "interview", "rejected", "reopened"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("1,2025-02-30,applied,,\n", ':2: date: "2025-02-30" is not a date (February 2025 has 28 days). Write YYYY-MM-DD.'),
        ("1,2025-02-03,intervew,,\n", ':2: event: "intervew" is no stage and no exit. Did you mean "interview"?'),
        ("1,2025-02-03,,,\n", ":2: event: the event is missing."),
        (",2025-02-03,applied,,\n", ":2: application_id: every event needs the id"),
        ("1,02/03/2025,applied,,\n", ":2: date: "),
        ("1,2025-02-03,applied,,\n1,2025-02-09,applied,,\n", ':3: application_id: "1" was applied for on line 2 already'),
        ("1,2025-02-03,applied,A,\n1,2025-02-09,phone,B,\n", ':3: track: "B" here, "A" before'),
        ("1,2025-02-03,applied,,refferal\n", ':2: channel: "refferal" is no channel. Did you mean "referral"?'),
        ("1,2025-02-10,applied,,\n1,2025-02-03,interview,,\n", ':3: date: "interview" on 2025-02-03 is before "applied" on 2025-02-10 (line 2)'),
        ("1,2025-02-10,applied,,\n1,2025-02-03,rejected,,\n", ':3: date: "rejected" on 2025-02-03 is before "applied"'),
        ("1,2025-02-10,conversation,,\n", '"conversation" is a lead-in stage of another channel'),
        ("1,2025-02-10/2025-02-01,applied,,\n", "ends before it starts"),
    ],
)  # fmt: skip
def test_bad_input_is_one_message_with_its_place(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, rows)
    assert message in str(caught.value)
    assert len(caught.value.problems) == 1


def test_all_problems_come_in_one_pass_and_fifty_are_shown(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, "".join(f"{i},2025-02-30,applied,,\n" for i in range(60)))
    lines = str(caught.value).splitlines()
    assert len(caught.value.problems) == 60
    assert len(lines) == 51
    assert lines[-1] == "and 10 more"


def test_a_rejection_that_comes_back_is_no_contradiction(tmp_path: Path) -> None:
    """The exit stands before the later stage, and after the first one."""
    history = read(tmp_path, "1,2025-02-01,applied,,\n1,2025-02-10,rejected,,\n1,2025-03-03,interview,,\n")
    assert [event.kind for event in history.applications[0].events] == ["applied", "rejected", "interview"]


def test_writing_and_reading_agree(tmp_path: Path) -> None:
    history = offercast.read_history(offercast.example())
    write_history(history, tmp_path / "copy.csv")
    again = read_history(tmp_path / "copy.csv")
    assert again.applications == history.applications
    assert canonical_text(again) == offercast.example().read_text()
    with pytest.raises(OutputError, match="--force"):
        write_history(history, tmp_path / "copy.csv")


def test_formulas_are_neutralised(tmp_path: Path, ladder) -> None:
    application = offercast.Application("1", "=1+1", "cold", (Event("applied"),), company="@cmd")
    text = canonical_text(offercast.History(ladder, (application,)))
    assert "'=1+1" in text
    assert "'@cmd" in text


def test_a_mapping_serves_an_event_log_too(tmp_path: Path) -> None:
    """Words, channels, tracks and the order of dates; the events stay events."""
    (tmp_path / "log.csv").write_text(
        HEADER + "1,2.11.2025,applied,swe,mate\n1,10.11.2025,chat,swe,\n2,15.11.2025,applied,SE,\n"
    )
    (tmp_path / "map.toml").write_text(
        'date_order = "day first"\n[statuses]\nchat = ["response", "phone"]\n[channels]\nmate = "referral"\n[tracks]\nswe = "Software"\n'
    )
    history = read_history(tmp_path / "log.csv", mapping=tmp_path / "map.toml")
    first = history.applications[0]
    assert history.reading.shape == "canonical"
    assert [(e.kind, e.on) for e in first.events] == [
        ("applied", date(2025, 11, 2)), ("response", date(2025, 11, 10)), ("phone", date(2025, 11, 10)),
    ]  # fmt: skip
    assert (first.track, first.channel) == ("Software", "referral")


def test_a_remark_on_silence_is_no_event(tmp_path: Path) -> None:
    history = read(tmp_path, "1,2025-02-01,applied,,\n1,2025-03-01,ghosted,,\n2,2025-03-01,no response,,\n")
    assert [[event.kind for event in a.events] for a in history.applications] == [["applied"], ["applied"]]


def test_events_of_one_day_stand_in_the_ladders_order(tmp_path: Path) -> None:
    """An interview and its rejection on one day, written the wrong way round, are no second chance."""
    history = read(tmp_path, "1,2025-02-10,rejected,,\n1,2025-02-10,interview,,\n1,2025-02-01,applied,,\n")
    assert [event.kind for event in history.applications[0].events] == ["applied", "interview", "rejected"]


def test_an_event_log_without_ids_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs a column application_id"):
        read(tmp_path, "2025-02-10,rejected\n", header="date,event\n")


def test_spellings_of_one_track_are_joined_aloud(tmp_path: Path) -> None:
    history = read(tmp_path, "1,2025-02-01,applied,SWE,\n2,2025-02-01,applied,swe,\n3,2025-02-01,applied, SWE ,\n")
    assert history.tracks == ("SWE",)
    assert 'tracks joined as "SWE": SWE, swe' in history.reading.notes
