"""Logs on the command line: the standard input, questions in a terminal, drafts, import, anonymise; and no socket."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

import offercast
from support import command as run

ASKED = "Company,Applied,Status\nA,1/2/2025,Zork\nB,3/4/2025,Zork\nC,5/6/2025,Applied\n"


def in_a_terminal(answers: list[str], *arguments: str, cwd: Path) -> tuple[int, str]:
    """Run in a pseudo-terminal, giving each answer once a prompt waits for it."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.environ["PYTHONPATH"] = str(Path(offercast.__file__).parents[1])
        os.execv(sys.executable, [sys.executable, "-m", "offercast", *arguments])
    said, end, left = "", time.monotonic() + 60, list(answers)
    while time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], 0.3)
        if ready:
            try:
                said += os.read(terminal, 65536).decode(errors="replace")
            except OSError:
                break
        elif left and said.rstrip().endswith(("word:", "]:")):
            os.write(terminal, (left.pop(0) + "\n").encode())
            time.sleep(0.05)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), said


def test_a_log_from_the_standard_input() -> None:
    done = run("check", "-", stdin=b"Company\tApplied\tStatus\nA\t2025-01-02\tRejected\n")
    assert done.returncode == 0, done.stderr
    assert "date of applied" in done.stdout
    broken = run("check", "-", stdin=b"Company\tApplied\nA\t2025-02-30\n")
    assert broken.returncode == 3
    assert broken.stderr.startswith("standard input:2: Applied:") or "\nstandard input:2: Applied:" in broken.stderr


def test_in_a_pipe_a_question_is_an_error_that_names_the_option(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(ASKED)
    done = run("check", "log.csv", cwd=tmp_path)
    assert done.returncode == 3
    assert "--map" in done.stderr
    assert "offercast check LOG -o my_map.toml" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["log.csv"]


def test_in_a_terminal_each_question_is_asked_and_the_answers_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(ASKED)
    code, said = in_a_terminal(["perhaps", "day first", "rejected", "y"], "check", "log.csv", cwd=tmp_path)
    assert code == 0, said
    assert "that is none of them" in said
    assert "What does the status" in said
    assert "2025-02-01 to 2025-06-05" in said
    assert 'Zork = "rejected"' in (tmp_path / "log.map.toml").read_text()
    again = run("check", "log.csv", "--map", "log.map.toml", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "2025-02-01 to 2025-06-05" in again.stderr


def test_a_plain_no_leaves_the_error(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("Company,Applied,Interview\nA,2025-03-01,2025-02-01\nB,2025-03-01,\n")
    code, said = in_a_terminal(["n"], "check", "log.csv", cwd=tmp_path)
    assert code == 3
    assert "is before" in said
    code, said = in_a_terminal(["y", "n"], "check", "log.csv", cwd=tmp_path)
    assert code == 0, said


def test_check_writes_a_mapping_file_and_a_draft_with_the_questions(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(ASKED)
    done = run("check", "log.csv", "-o", "map.toml", cwd=tmp_path)
    assert done.returncode == 3
    draft = (tmp_path / "map.toml").read_text()
    assert 'Zork = "?"' in draft
    assert run("check", "log.csv", "-o", "map.toml", cwd=tmp_path).returncode == 4
    (tmp_path / "map.toml").write_text(
        draft.replace('Zork = "?"', 'Zork = "open"').replace('Applied = "?"', 'Applied = "month first"')
    )
    done = run("check", "log.csv", "--map", "map.toml", "-o", "again.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (
        run("check", "log.csv", "--map", "again.toml", cwd=tmp_path).stdout.split("COUNTED")[1]
        == done.stdout.split("COUNTED")[1]
    )


def test_import_writes_the_canonical_log_for_its_owner_only(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("Company,Applied,Status\n=cmd(),2025-01-02,Rejected\n")
    done = run("import", "log.csv", "-o", "out.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o600
    text = (tmp_path / "out.csv").read_text()
    assert ",'=cmd()," in text
    assert run("import", "log.csv", cwd=tmp_path).stdout == text
    assert run("import", "log.csv", "-o", "out.csv", cwd=tmp_path).returncode == 4
    assert run("import", "out.csv", cwd=tmp_path).stdout == text


def test_import_from_git_and_a_link_survives_writing(tmp_path: Path) -> None:
    environment = {**os.environ, "GIT_AUTHOR_DATE": "2025-01-05T12:00:00", "GIT_COMMITTER_DATE": "2025-01-05T12:00:00"}
    name = ["-c", "user.name=a", "-c", "user.email=a@x.example"]
    (tmp_path / "jobs.csv").write_text("Company,Status\nA,Applied\n")
    for command in (["init", "-q"], ["add", "-A"], [*name, "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True, env=environment)
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    done = run("import", "--from-git", "jobs.csv", "-o", "link.csv", "--force", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "versions in git: 1, the last of 2025-01-05" in done.stderr
    assert (tmp_path / "link.csv").is_symlink()
    assert "applied" in (tmp_path / "real.csv").read_text()


def test_anonymise_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        "Company,Title,Track,Applied,Notes\nAcme,Dev at Acme,Backend,2025-01-02,Ann 555\n"
    )
    done = run("anonymise", "log.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not any(word in done.stdout for word in ("Acme", "Ann", "2025-01-02", "Dev"))
    assert "Company 1,Backend" in done.stdout
    assert "track 1" in run("anonymise", "log.csv", "--hide-tracks", cwd=tmp_path).stdout


def test_the_draft_of_a_canonical_log_reads_it_again(tmp_path: Path) -> None:
    """Its "declined" has one meaning, whether or not a mapping names the columns."""
    drafted = run("check", str(offercast.example()), "-o", "map.toml", cwd=tmp_path)
    again = run("check", str(offercast.example()), "--map", "map.toml", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (0, drafted.stdout)


def test_answers_added_to_an_export_without_outcomes_need_the_silence_too(tmp_path: Path) -> None:
    """Three sendings, one interview: one of one, until the other two are said to be silent; then one of three."""
    (tmp_path / "log.csv").write_text(
        "application_id,date,event\n1,2026-01-05,>=applied\n1,2026-01-20,interview\n"
        "2,2026-01-06,>=applied\n3,2026-01-07,>=applied\n"
    )
    partly = run("check", "log.csv", cwd=tmp_path)
    assert "not known what became of them, and not counted: 2 (>=applied)" in partly.stderr
    text = (tmp_path / "log.csv").read_text().replace(">=applied", "applied")
    (tmp_path / "log.csv").write_text(text)
    whole = run("check", "log.csv", cwd=tmp_path)
    assert "not known what became" not in whole.stderr
    rows = [re.findall(r"Applied → Interview +(\d+) +(\d+) +(\d+)", done.stdout) for done in (partly, whole)]
    assert rows == [[("1", "0", "0")], [("1", "0", "2")]]


NO_SOCKET = """
import sys
def refuse(event, arguments):
    if event.startswith(("socket.", "urllib.", "http.", "ftplib.", "smtplib.")):
        raise SystemExit(f"it touched the network: {event}")
sys.addaudithook(refuse)
import offercast
for path in sys.argv[1:]:
    offercast.read_history(path)
print("read", len(sys.argv) - 1)
"""


def test_reading_opens_no_socket(tmp_path: Path) -> None:
    import json
    import sqlite3
    import zipfile

    import openpyxl

    text = "Company,Applied,Status\nMüller,2025-01-02,Absage\n"
    (tmp_path / "a.csv").write_bytes(text.encode("cp1252"))
    (tmp_path / "b.json").write_text(json.dumps([{"company": "A", "status": "applied"}]))
    (tmp_path / "c.md").write_text("| Company | Status |\n|---|---|\n| A | Applied |\n")
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("log.csv", text)
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Company", "Status"])
    book.worksheets[0].append(["A", "Applied"])
    book.save(tmp_path / "e.xlsx")
    with sqlite3.connect(tmp_path / "f.db") as database:
        database.execute("CREATE TABLE stage_events (application_id, from_stage, to_stage, occurred_at)")
        database.execute("INSERT INTO stage_events VALUES ('1', NULL, 'applied', 1735776000)")
    database.close()
    files = [str(path) for path in sorted(tmp_path.iterdir())]
    done = subprocess.run([sys.executable, "-c", NO_SOCKET, *files], capture_output=True, text=True, check=False)
    assert done.stdout == "read 6\n", done.stderr
    proof = NO_SOCKET.replace("import offercast", "import socket; socket.socket()")
    assert subprocess.run([sys.executable, "-c", proof], capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("locale", ["C", "tr_TR.UTF-8", "de_DE.UTF-8"])
def test_days_never_depend_on_the_locale(tmp_path: Path, locale: str) -> None:
    (tmp_path / "log.csv").write_text(
        'Company,Applied\nA,"July 1, 2025"\nB,3-Mar-2025\nC,13/02/2025\nD,4 de marzo de 2025\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "offercast", "import", str(tmp_path / "log.csv"), "-q"],
        capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": locale, "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert [line.split(",")[1] for line in done.stdout.splitlines()[1:]] == [
        "2025-07-01",
        "2025-03-03",
        "2025-02-13",
        "2025-03-04",
    ], done.stderr


def test_a_column_is_said_without_a_file(tmp_path: Path) -> None:
    sheet = Path(__file__).parents[2] / "docs" / "samples" / "my_sheet.csv"
    read = json.loads(run("check", str(sheet), "--column", "Role=track", "--json", "-q").stdout)
    assert read["tracks"] == ["Analyst", "Engineer"]
    assert next(c["role"] for c in read["columns"] if c["header"] == "Where from") == "channel"
    done = run("import", str(sheet), "--column", "Role=track", "-q")
    assert ",Analyst,referral," in done.stdout
    hidden = run("anonymise", str(sheet), "--column", "Role=track", "-q")
    assert ",Analyst,referral," in hidden.stdout
    for wrong, told in (("Role", "write HEADER=ROLE"), ("Role=trak", 'is no role. Did you mean "track"?')):
        done = run("check", str(sheet), "--column", wrong, "-q")
        assert (done.returncode, done.stdout) == (2, "")
        assert told in done.stderr
    done = run("check", str(sheet), "--column", "Rle=track", "-q")
    assert done.returncode in {2, 3}
    assert "Rle" in done.stderr
