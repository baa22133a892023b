"""A ladder of one's own goes the whole way: read, counted, fitted with silence, forecast, compared."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import offercast

LADDER = """
[ladder]
name = "Short"
sent = "sent"
goal = "contract"

[[ladder.stages]]
id = "sent"
label = "Sent"
[[ladder.stages]]
id = "chat"
label = "Chat"
[[ladder.stages]]
id = "contract"
label = "Contract"

[[ladder.exits]]
id = "refused"
label = "Refused"
means = "no"
[[ladder.exits]]
id = "frozen"
label = "Frozen"
means = "censored"

[[ladder.channels]]
id = "board"
label = "Board"
steps_on = "sent"
[[ladder.channels]]
id = "network"
label = "Network"
steps_on = "chat"
[[ladder.channels.lead_in]]
id = "wrote"
label = "Wrote"
[[ladder.channels.lead_in]]
id = "coffee"
label = "Coffee"
"""

LOG = """application_id,date,event,track,channel
1,2025-03-03,sent,Writer,board
1,2025-03-10,chat,Writer,board
1,2025-03-20,contract,Writer,board
2,2025-03-04,sent,Writer,board
2,2025-03-30,refused,Writer,board
3,2025-04-01,sent,Editor,board
4,2025-04-01,wrote,Editor,network
4,2025-04-04,coffee,Editor,network
4,2025-04-20,chat,Editor,network
5,2025-04-08,wrote,Writer,network
6,2025-04-08,sent,Writer,board
6,2025-04-15,frozen,Writer,board
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory, model) -> tuple[Path, Path]:
    """A model file with this ladder and the Blueprint's wide priors for steps of one's own, and a log."""
    folder = tmp_path_factory.mktemp("own")
    start, end = model.text.index("[ladder]"), model.text.index("# Priors of each step")
    text = model.text[:start] + LADDER + "\n[priors]\nsteps = []\nchannels = []\n" + model.text[end:]
    named, wide = text.index("[[priors.steps]]"), text.index("[priors.any_other_step]")
    text = text[:named] + text[wide:]
    first, rest = text.index("[[priors.channels]]"), text.index("[priors.any_other_channel]")
    text = text[:first] + text[rest:]
    (folder / "short.toml").write_text(text)
    (folder / "log.csv").write_text(LOG)
    return folder / "short.toml", folder / "log.csv"


def test_it_is_counted_by_its_own_rules(own: tuple[Path, Path]) -> None:
    """Six applications: one contract, one refusal, one frozen (censored), two silent, one at the chat."""
    model = offercast.load_model(own[0])
    history = offercast.read_history(own[1], ladder=model.ladder)
    evidence = offercast.gather(history, as_of=history.last_date)
    assert evidence.steps == ("sent->chat", "chat->contract", "wrote->coffee", "coffee->chat")
    assert evidence.counts().sum(axis=0).tolist() == [[1, 1, 2], [1, 0, 1], [1, 0, 1], [1, 0, 0]]
    assert evidence.open_now == 3


def test_it_is_fitted_and_forecast_by_the_full_model(own: tuple[Path, Path]) -> None:
    """What is in flight in the lead-in stages and at the chat brings offers, too."""
    done = subprocess.run(
        [sys.executable, "-m", "offercast", "forecast", str(own[1]), "--model", str(own[0]), "--as-of", "2025-04-20",
         "--per-week", "Editor:network=2", "--json", "-q"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout)
    assert body["in_flight"] == 3
    sources = {(row["track"], row["channel"]): row["share"] for row in body["first_offer_from"]}
    assert set(sources) == {("in flight", None), ("Editor", "network")}
    assert all(share > 0.05 for share in sources.values())
    assert 0 < body["chance_none_by_horizon"] < 0.9
    compared = subprocess.run(
        [sys.executable, "-m", "offercast", "compare", str(own[1]), "--model", str(own[0]), "--as-of", "2025-04-20"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert compared.returncode == 0, compared.stderr
    assert "TRACKS COMPARED" in compared.stdout
