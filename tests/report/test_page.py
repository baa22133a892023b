"""The page: self-contained, escaped, small; its script computes what Python computes."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

import offercast
from offercast.decisions import compare, insights, open_applications, waiting
from offercast.decisions.knowing import how_much_more
from offercast.forecast import Plan, forecast_offer
from offercast.forecast.sliders import carry
from offercast.inference import Posterior
from offercast.report.page import Told, page
from support import command

HOSTILE = [
    "<script>alert(1)</script>",
    'x" onmouseover="alert(1)',
    "شركة المستقبل",
    "A" * 300,
    "{{ 7 * 7 }}",
    "</script>",
]
ROOT = Path(__file__).parents[2]


@pytest.fixture(name="told", scope="module")
def _told(example_posterior: Posterior) -> Told:
    history = offercast.read_history(offercast.example())
    plan = Plan.own_pace(example_posterior.evidence)
    outlook = forecast_offer(example_posterior, plan, searches=20_000)
    applications = open_applications(history, as_of=date(2026, 4, 2))
    named = [replace(a, name=name) for a, name in zip(applications, HOSTILE, strict=False)]
    return Told(
        posterior=example_posterior,
        outlook=outlook,
        carried=carry(example_posterior, outlook, channels=["referral"], draws=40),
        comparison=compare(example_posterior),
        more=how_much_more(example_posterior),
        silence=waiting(example_posterior, [*named, *applications[len(named) :]]),
        insights=insights(example_posterior, history, date_too=False),
        version="1.2.3",
    )


@pytest.fixture(name="html", scope="module")
def _html(told: Told) -> str:
    return page(told)


class Reader(HTMLParser):
    """Every tag, attribute and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag if tag in self.raw else self.inside

    def handle_endtag(self, tag: str) -> None:
        if tag == self.inside:
            self.inside = ""

    def handle_data(self, data: str) -> None:
        (self.raw[self.inside] if self.inside else self.text).append(data)


def test_hostile_names_are_shown_as_text(html: str) -> None:
    read = Reader(html)
    shown = "".join(read.text)
    for name in HOSTILE:
        assert name in shown, name
    assert [tag for tag, _ in read.tags].count("script") == 2
    assert not [name for _, attributes in read.tags for name in attributes if name.startswith("on")]


def test_it_asks_for_nothing(html: str) -> None:
    """No address of any kind, and a policy that would not let one through."""
    read = Reader(html)
    for tag, attributes in read.tags:
        assert not {"src", "href", "action", "data", "poster", "srcset"} & set(attributes), tag
        assert "style" not in attributes, f"{tag}: the policy forbids it"
    assert not re.search(
        r"https?://|//[a-z]|url\(|@import|fetch\(|XMLHttp|WebSocket|localStorage|eval\(",
        html.split('id="carried"', maxsplit=1)[0],
    )
    assert len(html.encode()) < 1_500_000


def test_the_policy_names_what_runs(html: str) -> None:
    read = Reader(html)
    policy = next(a["content"] for _, a in read.tags if a.get("http-equiv") == "Content-Security-Policy")
    for kind, text in (("style", read.raw["style"][0]), ("script", read.raw["script"][1])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_every_picture_has_words_and_every_slider_a_label(html: str) -> None:
    read = Reader(html)
    labels = {a["for"] for tag, a in read.tags if tag == "label"}
    ids = [a["id"] for _, a in read.tags if "id" in a]
    assert len(ids) == len(set(ids))
    pictures = [a for tag, a in read.tags if tag == "svg"]
    assert len(pictures) == 4
    assert all(a["role"] == "img" and a["aria-labelledby"] in ids for a in pictures)
    sliders = [a for tag, a in read.tags if tag == "input"]
    assert {a["id"] for a in sliders} == labels
    assert {a["min"] for a in sliders} == {"0"}


def test_the_numbers_are_those_of_the_commands(html: str, told: Told) -> None:
    from offercast.report.text import rates_text
    from offercast.report.words import percent

    shown = " ".join("".join(Reader(html).text).split())
    for weeks in (4, 13, 26, 52):
        assert percent(told.outlook.chance_by(7.0 * weeks)) in shown
    for line in rates_text(told.posterior).splitlines():
        for cell in re.findall(r"\d+ \(\d+-\d+\) %", line):
            assert cell in shown, cell


@pytest.mark.skipif(shutil.which("node") is None, reason="no JavaScript outside a browser here")
@pytest.mark.parametrize(
    ("factor", "more", "pause"), [(1.0, {}, 0), (3.0, {}, 5), (0.0, {0: 1.5, 3: 2.0}, 0), (1.0, {1: 1.1, 4: 30.0}, 2)]
)
def test_the_script_computes_what_python_computes(
    told: Told, factor: float, more: dict[int, float], pause: int, tmp_path: Path
) -> None:
    script = files("offercast.report").joinpath("templates/whatif.js").read_text()
    asked = {
        "carried": told.carried.as_json(),
        "perWeek": [factor * s.per_week for s in told.carried.streams],
        "more": {str(told.carried.steps.index(told.carried.steps[i])): f for i, f in more.items()},
        "pause": pause,
    }
    (tmp_path / "asked.json").write_text(json.dumps(asked))
    (tmp_path / "whatif.js").write_text(script)
    (tmp_path / "run.js").write_text(
        "const { unpackAll, curves, summary, evenWeek } = require('./whatif.js');"
        "const a = JSON.parse(require('fs').readFileSync('asked.json', 'utf8'));"
        "const c = unpackAll(a.carried);"
        "const s = summary(c, curves(c, a.perWeek, a.more, a.pause));"
        "console.log(JSON.stringify({ ...s, even: evenWeek(s.mean) }));"
    )
    done = subprocess.run(["node", "run.js"], cwd=tmp_path, capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout)
    mean, low, high = told.carried.summary(told.carried.curve(asked["perWeek"], more=more, pause=pause))
    assert theirs["mean"] == pytest.approx(mean, abs=2e-4)
    assert theirs["low"] == pytest.approx(low, abs=2e-4)
    assert theirs["high"] == pytest.approx(high, abs=2e-4)
    reached = np.flatnonzero(np.array(theirs["mean"]) >= 0.5)
    assert theirs["even"] == (int(reached[0]) + 1 if reached.size else None)


def test_the_command_writes_one_private_file_and_never_half_of_one(tmp_path: Path) -> None:
    example = str(offercast.example())
    done = command("report", example, "-o", "page.html", "--weeks", "26", "--seed", "7", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    written = tmp_path / "page.html"
    assert written.stat().st_mode & 0o077 == 0
    assert "Where this search stands" in written.read_text()
    again = command("report", example, "-o", "page.html", cwd=tmp_path)
    assert (again.returncode, "--force" in again.stderr) == (4, True)
    wrong = command("report", example, "-o", "page.pdf", cwd=tmp_path)
    assert (wrong.returncode, "ends in .html" in wrong.stderr) == (2, True)
    missing = command("report", example, "-o", "none/page.html", "--weeks", "4", "--seed", "7", cwd=tmp_path)
    assert missing.returncode == 4
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_page_of_nothing_and_of_one_track(tmp_path: Path) -> None:
    """Three applications, or none, already give a page."""
    for rows in ("", "1,2026-03-01,applied\n2,2026-03-02,applied\n3,2026-03-03,applied\n"):
        (tmp_path / "log.csv").write_text("application_id,date,event\n" + rows)
        done = command("report", "log.csv", "-o", "page.html", "--force", "-q", "--as-of", "2026-04-01", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "nan" not in "".join(Reader((tmp_path / "page.html").read_text()).text).lower().split()
