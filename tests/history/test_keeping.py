"""Keeping a log: the row that was asked for, nothing else touched, and nothing that contradicts the log."""

import csv
import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest

from offercast.errors import CommandError, OutputError
from offercast.history import keeping
from offercast.history.keeping import NEW, add_event, known_ids, undo
from offercast.history.reading import read_history
from offercast.ladder import Ladder
from support import command

LOG = (
    "date,application_id,mood,event,track,company,came_from\n"
    '2026-03-02,17,"fine, so far",applied,Sales,"Acme ""A"" Ltd",\n'
    "2026-03-04,A-2,,applied,Dev,'=Evil,\n"
)
"""Columns in an order of their own, with one that is not ours; and no column for the channel."""
TODAY = date(2026, 6, 1)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_bytes(LOG.encode())
    return path


def add(path: Path, identifier: str, event: str, ladder: Ladder, *, on: date = TODAY, **attributes: str) -> str:
    kept = path.with_suffix(".undo")
    done = add_event(path, identifier, event, on=on, today=TODAY, ladder=ladder, attributes=attributes, memory=kept)
    return done.id


def test_a_row_at_the_end_and_nothing_else(log: Path, ladder: Ladder) -> None:
    add(log, "17", "phone", ladder, on=date(2026, 3, 9))
    assert log.read_text() == LOG + '2026-03-09,17,,phone,Sales,"Acme ""A"" Ltd",\n'
    (first, _) = read_history(log, ladder=ladder).applications
    assert [(event.kind, str(event.on)) for event in first.events] == [
        ("applied", "2026-03-02"),
        ("phone", "2026-03-09"),
    ]


def test_words_of_the_ladder_are_written_as_ids(log: Path, ladder: Ladder) -> None:
    add(log, "17", "Phone screen", ladder)
    assert log.read_text().splitlines()[-1].startswith("2026-06-01,17,,phone,")


def test_a_new_one_gets_the_next_number(log: Path, ladder: Ladder) -> None:
    assert add(log, NEW, "applied", ladder, company='Say "hi", Inc.\nBerlin', track="Dev") == "18"
    assert log.read_text() == LOG + '2026-06-01,18,,applied,Dev,"Say ""hi"", Inc. Berlin",\n'
    assert add(log, NEW, "applied", ladder, company="+49 GmbH") == "19"
    assert log.read_text().endswith("2026-06-01,19,,applied,,'+49 GmbH,\n")
    assert read_history(log, ladder=ladder).applications[-1].company == "+49 GmbH"


@pytest.mark.parametrize("begun", [None, b"", b"\xef\xbb\xbf\r\n"])
def test_a_log_is_begun(tmp_path: Path, ladder: Ladder, begun: bytes | None) -> None:
    path = tmp_path / "mine.csv"
    if begun is not None:
        path.write_bytes(begun)
    assert add(path, NEW, "applied", ladder, channel="Referral", came_from="contact: Ana", note="n") == "1"
    head, row = path.read_text().splitlines()
    assert head == "application_id,date,event,track,channel,company,title,came_from,note"
    assert row == "1,2026-06-01,applied,,referral,,,contact: Ana,n"
    add(path, "1", "response", ladder)
    assert path.read_text().splitlines()[-1] == "1,2026-06-01,response,,referral,,,contact: Ana,"


@pytest.mark.parametrize(
    ("before", "end"),
    [
        (LOG.replace("\n", "\r\n").encode(), b"\r\n"),
        (LOG.rstrip("\n").encode(), b"\n"),
        (LOG.replace("\n", "\r\n").rstrip().encode(), b"\r\n"),
        (b"\xef\xbb\xbf" + LOG.encode(), b"\n"),
        (LOG.replace(",", ";").encode(), b"\n"),
    ],
)
def test_the_file_keeps_its_form(log: Path, ladder: Ladder, before: bytes, end: bytes) -> None:
    """Line ends, a missing last one, a byte order mark, semicolons; and undo brings back every byte."""
    log.write_bytes(before)
    add(log, "A-2", "rejected", ladder)
    after = log.read_bytes()
    assert after.startswith(before)
    assert after.endswith(end)
    text = after.decode("utf-8-sig")
    assert text.count("\r\n") in (0, text.count("\n"))
    mark = ";" if b";" in before else ","
    row = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))[-1]
    assert row[:4] == ["2026-06-01", "A-2", "", "rejected"]
    assert "A-2" in undo(log, memory=log.with_suffix(".undo"))
    assert log.read_bytes() == before


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_permissions_and_links_stay(log: Path, ladder: Ladder, tmp_path: Path) -> None:
    log.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(log)
    add(link, "17", "phone", ladder)
    assert log.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert ",phone," in log.read_text()
    assert {path.name for path in tmp_path.iterdir()} == {"log.csv", "link.csv", "link.undo"}


@pytest.mark.parametrize(
    ("identifier", "event", "on", "attributes", "told"),
    [
        ("17", "phne", TODAY, {}, 'Did you mean "phone"'),
        ("71", "phone", TODAY, {}, 'no application "71"'),
        ("a-2", "phone", TODAY, {}, 'Did you mean "A-2"'),
        ("17", "phone", TODAY + timedelta(days=1), {}, "has not come yet"),
        ("17", "phone", date(2026, 3, 1), {}, "before the first event"),
        ("17", "applied", TODAY, {}, "applied for on line 2 already"),
        ("17", "phone", TODAY, {"track": "Dev"}, "can have only one track"),
        ("17", "phone", TODAY, {"channel": "cold"}, 'no column "channel"'),
        ("17", "introduction", TODAY, {}, "lead-in stage of another channel"),
    ],
)
def test_what_cannot_be_is_refused(log: Path, ladder: Ladder, identifier, event, on, attributes, told) -> None:
    with pytest.raises(CommandError, match=told):
        add(log, identifier, event, ladder, on=on, **attributes)
    assert log.read_text() == LOG
    assert not log.with_suffix(".undo").exists()
    assert [path.name for path in log.parent.iterdir()] == ["log.csv"]


def test_an_open_quote_takes_no_row(log: Path, ladder: Ladder) -> None:
    log.write_text(LOG + '2026-03-05,9,,applied,Dev,"Half')
    before = log.read_text()
    with pytest.raises((CommandError, keeping.InputError)):
        add(log, "17", "phone", ladder)
    assert log.read_text() == before


def test_undo_takes_back_one_row_of_its_own(log: Path, ladder: Ladder) -> None:
    memory = log.with_suffix(".undo")
    with pytest.raises(CommandError, match="nothing was added"):
        undo(log, memory=memory)
    add(log, "17", "phone", ladder)
    add(log, "17", "interview", ladder)
    assert "interview" in undo(log, memory=memory)
    assert log.read_text().endswith(',phone,Sales,"Acme ""A"" Ltd",\n')
    with pytest.raises(CommandError, match="nothing was added"):
        undo(log, memory=memory)
    add(log, "17", "offer", ladder)
    log.write_text(changed := log.read_text().replace("fine", "bad!"))
    with pytest.raises(CommandError, match="has changed since"):
        undo(log, memory=memory)
    assert log.read_text() == changed


def test_two_writers_lose_nothing(log: Path, ladder: Ladder) -> None:
    """Eight at once, each with a number of its own; no row is half."""
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda i: add(log, NEW, "applied", ladder, company=f"Firm {i}"), range(8)))
    assert sorted(map(int, given)) == list(range(18, 26))
    found = {a.id: a.company for a in read_history(log, ladder=ladder).applications}
    assert len(found) == 10
    assert {found[name] for name in given} == {f"Firm {i}" for i in range(8)}


def test_a_change_by_another_program_is_kept(log: Path, ladder: Ladder, monkeypatch) -> None:
    other = LOG + "2026-04-01,99,,applied,Dev,By hand,\n"
    real = keeping._check

    def slow(*given) -> None:
        real(*given)
        log.write_text(other)

    monkeypatch.setattr(keeping, "_check", slow)
    with pytest.raises(OutputError, match="changed meanwhile"):
        add(log, "17", "phone", ladder)
    assert log.read_text() == other


def test_a_lock_left_behind_is_in_nobodys_way(log: Path, ladder: Ladder) -> None:
    lock = log.with_name(".log.csv.lock")
    lock.touch()
    add(log, "17", "phone", ladder)
    assert not lock.exists()


def test_a_log_that_is_held_is_waited_for(log: Path, ladder: Ladder, monkeypatch) -> None:
    monkeypatch.setattr(keeping, "PATIENCE", 0.05)
    with keeping.alone(log), pytest.raises(OutputError, match="another command is writing"):
        add(log, "17", "phone", ladder)
    assert log.read_text() == LOG


def test_the_command(log: Path) -> None:
    def call(*words: str, code: int = 0) -> str:
        done = command("log", str(log), *words)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    assert (
        call("new", "applied", "--company", "Acme", "--date", "2026-03-05") == "application 18: applied on 2026-03-05\n"
    )
    assert call("18", "phone", "--date", "2026-03-09", "-q") == "18\n"
    assert call("--undo") == "taken back: 2026-03-09,18,,phone,,Acme,\n"
    assert call("--undo", code=2).count("\n") == 1
    assert "stands alone" in call("17", "phone", "--undo", code=2)
    assert "say which application" in call("17", code=2)
    assert "has not come yet" in call("17", "phone", "--date", "2099-01-01", code=2)
    log.write_text("Company,Status\nAcme,applied\n")
    assert "offercast import" in call("17", "phone", code=3)
    assert "offercast import" in call("new", "applied", code=3)
    log.write_bytes(b"PK\x03\x04\x00\xff")
    assert "offercast import" in call("17", "phone", code=3)
    log.unlink()
    assert "no such file" in call("17", "phone", code=3)


def test_the_shell_completes(log: Path) -> None:
    """As the shell calls it; whatever the file is, there is no error."""

    def completed(words: str) -> list[str]:
        asked = {
            "_OFFERCAST_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        }
        code = "import sys; from offercast.cli.main import main; sys.argv = ['offercast']; main()"
        done = subprocess.run(
            [sys.executable, "-c", code], env=os.environ | asked, capture_output=True, text=True, check=True
        )
        return [line.removeprefix("plain,") for line in done.stdout.splitlines()]

    assert completed(f"offercast log {log} ") == ["A-2", "17", "new"]
    assert completed(f"offercast log {log} 1") == ["17"]
    assert completed(f"offercast log {log} 17 ph") == ["phone"]
    assert known_ids(log.with_name("none.csv")) == {}
    assert known_ids(log) == {"A-2": "=Evil", "17": 'Acme "A" Ltd'}
