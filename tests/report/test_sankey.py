"""The block for SankeyMATIC: its lines are what that program reads, and they conserve."""

import re
from collections import Counter
from dataclasses import replace
from datetime import date

import offercast
from offercast.evidence.flows import BEGUN, WAITING, Flow, flows
from offercast.ladder import Ladder
from offercast.report.sankey import sankey_text
from support import command, day, event, history_of

FLOW, NODE = re.compile(r"([^\[\]#]+) \[(\d+)\] ([^\[\]#]+)"), re.compile(r":(.+) #[0-9a-f]{6}")
"""Written from the form that SankeyMATIC documents: Source [AMOUNT] Target, and :Node #colour."""


def read(block: str) -> list[tuple[str, int, str]]:
    """The flows of a block, every line of which must be one that SankeyMATIC knows."""
    found = []
    for line in block.splitlines():
        flow = FLOW.fullmatch(line)
        assert flow or NODE.fullmatch(line) or line.startswith("//") or not line, line
        if flow:
            found.append((flow[1], int(flow[2]), flow[3]))
    return found


def test_the_example(ladder: Ladder) -> None:
    done = command("sankey", str(offercast.example()), "-q")
    found = read(done.stdout)
    assert done.returncode == 0
    assert ("Applied", 67, "Waiting") in found
    enters, leaves = Counter(), Counter()
    for start, count, end in found:
        leaves[start] += count
        enters[end] += count
    for stage in ("Applied", "Response", "Phone screen", "Interview", "Second interview", "Offer"):
        assert enters[stage] == leaves[stage] > 0
    assert leaves["Applied"] == 105


def test_one_way_in_needs_no_line(ladder: Ladder) -> None:
    history = history_of(ladder, event("applied", "01-01"), n=4)
    assert read(sankey_text(flows(history, as_of=day("02-01")), ladder, as_of=day("02-01"))) == [
        ("Applied", 4, "Waiting")
    ]
    assert read(sankey_text((), ladder, as_of=day("02-01"))) == []


def test_labels_cannot_break_the_block(ladder: Ladder) -> None:
    """A ladder of one's own may name stages with what has a meaning to SankeyMATIC, or use our words."""
    applied, response = (ladder.stage(name) for name in ("applied", "response"))
    stages = (replace(applied, label=":Sent [all] #1\nnow"), replace(response, label="Waiting", aliases=()))
    own = Ladder("own", stages, ladder.exits, (replace(ladder.reference, steps_on="applied"),), "applied", "response")
    found = [Flow("applied", "response", 2), Flow("applied", WAITING, 3)]
    assert read(sankey_text(found, own, as_of=date(2025, 2, 1))) == [
        ("Sent (all) 1 now", 2, "Waiting"),
        ("Sent (all) 1 now", 3, "Waiting (so far)"),
    ]


def test_channels_are_told_apart_where_there_are_several(ladder: Ladder) -> None:
    two = [Flow(BEGUN, "applied", 2, "cold"), Flow(BEGUN, "response", 1, "recruiter")]
    assert read(sankey_text(two, ladder, as_of=date(2025, 2, 1))) == [
        ("via Cold application", 2, "Applied"),
        ("via Recruiter's call", 1, "Response"),
    ]


def test_the_command_draws_and_refuses(tmp_path) -> None:
    log, picture = str(offercast.example()), tmp_path / "a.svg"
    assert command("sankey", log, "--plot", str(picture)).returncode == 0
    assert "<title>Flows of applications" in picture.read_text()
    first = picture.read_bytes()
    again = command("sankey", log, "--plot", str(picture))
    assert (again.returncode, again.stdout) == (4, "")
    assert command("sankey", log, "--plot", str(picture), "--force", "-q").returncode == 0
    assert picture.read_bytes() == first
    wrong = command("sankey", log, "--plot", str(tmp_path / "a.png"))
    assert wrong.returncode == 2
    assert "ends in .svg" in wrong.stderr
    fit = command("sankey", "fit.npz")
    assert (fit.returncode, "give the log" in fit.stderr) == (2, True)
