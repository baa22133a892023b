"""In a terminal the text fits, draws and colours; in a pipe it is plain; what takes long says how far it is."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import offercast
from offercast.report.screen import Screen, cells, shown_on, span
from offercast.report.tables import table

pty = pytest.importorskip("pty", reason="a terminal of a kind that Windows does not have")

EXAMPLE = offercast.example()
STYLES = re.compile(r"\x1b\[[0-9;]*m")
COMMANDS = {
    "check": [], "fit": [], "forecast": [], "compare": [], "waiting": [], "insights": [], "chains": [],
    "plan": ["--by", "2026-10-01"],
    "effort": ["--by", "2026-08-01", "--hours", "6"],
    "offer": ["--value", "60000", "--answer-by", "2026-04-20"],
}  # fmt: skip


def in_a_terminal(width: int, *arguments: str, errors: bool = False, **environment: str) -> str:
    """What one would see in a terminal of that width."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "offercast", *arguments],
        stdout=theirs, stderr=theirs if errors else subprocess.DEVNULL,
        env={**os.environ, "COLUMNS": str(width), "TERM": "xterm", **environment},
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # what Linux says when the other end is closed
            break
        if not part:
            break
        seen += part
    os.close(ours)
    assert process.wait() == 0, seen
    return seen.decode().replace("\r\n", "\n")


def told(command: str) -> list[str]:
    return [command, EXAMPLE, "--as-of", "2026-04-02", *COMMANDS[command]]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_line_is_wider_than_the_terminal(command: str) -> None:
    for width in (72, 90):
        for line in in_a_terminal(width, *told(command)).splitlines():
            assert cells(line) <= width, line


def test_a_pipe_is_plain_and_has_the_same_numbers() -> None:
    drawn = in_a_terminal(100, *told("forecast"))
    piped = subprocess.run(
        [sys.executable, "-m", "offercast", *told("forecast")], capture_output=True, text=True, check=True
    ).stdout
    assert not re.search("[█▒░━●▁\x1b]", piped)
    assert "\x1b[1mWHEN THE FIRST OFFER COMES" in drawn
    bare = [re.sub("[ ▏▎▍▌▋▊▉█]+$", "", line) for line in STYLES.sub("", drawn).splitlines()]
    assert [line for line in bare if "by week" not in line] == piped.splitlines()


def test_colour_is_left_out_where_it_is_not_wanted() -> None:
    assert "\x1b[34m" in in_a_terminal(100, *told("check"))
    for wish in ({"NO_COLOR": ""}, {"TERM": "dumb"}):
        seen = in_a_terminal(100, *told("check"), **wish)
        assert "\x1b" not in seen
        assert "█" in seen  # the marks still tell the parts apart


def test_a_terminal_that_cannot_draw_gets_no_charts() -> None:
    seen = in_a_terminal(100, *told("forecast"), PYTHONIOENCODING="latin-1:replace", PYTHONUTF8="0")
    assert "WHEN THE FIRST OFFER COMES" in seen
    assert "█" not in seen


def test_what_takes_long_says_how_far_it_is(monkeypatch, capsys) -> None:
    from offercast.cli.progress import progress

    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    for patience, seen in ((60.0, ""), (0.0, "counting ...\ndrawing ...\n")):
        with progress(quiet=False, patience=patience) as report:
            for what, share in (("counting", 0.0), ("counting", 0.5), ("drawing", 0.9)):
                report(what, share)
        assert capsys.readouterr().err == seen


def test_the_bar_names_the_work_and_leaves_nothing_behind(tmp_path: Path) -> None:
    seen = in_a_terminal(
        100, "fit", EXAMPLE, "--as-of", "2026-04-02", "--no-cache", "-o", str(tmp_path / "fit.npz"), errors=True
    )
    assert re.search("[━╸]", seen), "no bar"
    assert seen.endswith(f"kept in {tmp_path / 'fit.npz'}\n")


def test_wide_characters_and_styles_are_measured_as_they_are_seen() -> None:
    with shown_on(Screen(width=60, colour=True)):
        rows = [["", "of"], ["株式会社", "1"], ["Acme", "10"]]
        assert len({cells(line) for line in table(rows).splitlines()}) == 1


def test_a_table_that_is_too_wide_folds_its_head_then_cuts_names() -> None:
    rows = [["name", "chance of being the best", "lost by choosing it now"], ["A" * 40, "12 %", "3 %"]]
    with shown_on(Screen(width=60, fits=True)):
        folded = table(rows)
        assert max(map(cells, folded.splitlines())) <= 60
        assert "A" * 20 in folded
    with shown_on(Screen(width=40, fits=True)):
        assert "A…" in table(rows)
    with shown_on(Screen(width=40)):
        assert table(rows).count("\n") == 1  # in a pipe nothing is folded or cut


def test_an_interval_is_drawn_where_it_is() -> None:
    for low, middle, high in ((0.0, 0.0, 0.0), (0.0, 0.5, 1.0), (0.3, 0.31, 0.32)):
        drawn = span(low, middle, high, 20)
        assert len(drawn) == 20
        assert drawn.count("●") == 1
        assert drawn.index("●") == min(int(20 * middle), 19)
