"""What the documents say is true: code runs, commands exist, labels are explained, links lead somewhere."""

import contextlib
import io
import re
from datetime import date
from pathlib import Path

import pytest

import offercast
from offercast.cli.main import COMMANDS
from offercast.decisions import (
    Advice,
    Effort,
    Kind,
    Learning,
    Worth,
    chains,
    compare,
    counted_applications,
    insights,
    learn,
    spend_hours,
    waiting,
    weigh_offer,
    work_backwards,
)
from offercast.forecast import Plan, forecast_offer
from offercast.inference import Posterior
from offercast.report.insights import insights_json
from support import assert_documented

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("models/**/*.md")]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda p: p.name)
def test_every_python_block_runs(page: Path) -> None:
    """In the order of the page, in one namespace."""
    namespace: dict = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for block in blocks(page, "python"):
            exec(compile(block, page.name, "exec"), namespace)
    assert printed.getvalue()


def test_the_library_example_is_ten_lines() -> None:
    (block,) = blocks(ROOT / "README.md", "python")
    assert len([line for line in block.splitlines() if line.strip()]) <= 10


def test_the_readme_log_is_read(tmp_path: Path) -> None:
    (block,) = blocks(ROOT / "README.md", "csv")
    (tmp_path / "log.csv").write_text(block)
    (application,) = offercast.read_history(tmp_path / "log.csv").applications
    assert [event.kind for event in application.events] == ["applied", "phone", "rejected"]


def test_the_mapping_page_is_a_mapping(tmp_path: Path, ladder) -> None:
    from offercast.history.mapping import read_mapping

    (block,) = blocks(ROOT / "docs" / "mapping.md", "toml")
    (tmp_path / "map.toml").write_text(block)
    mapping = read_mapping(tmp_path / "map.toml", ladder)
    assert mapping.header("track") == "Team"


def test_every_command_is_in_the_readme_and_the_changelog() -> None:
    for page in ("README.md", "CHANGELOG.md"):
        for command in COMMANDS:
            assert re.search(rf"\b{command}\b", (ROOT / page).read_text()), f"{page} lacks {command}"


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def years() -> offercast.History:
    """A made-up log of chains over years."""
    return offercast.read_history(ROOT / "tests" / "data" / "chains" / "years.csv")


def some_hours(posterior: Posterior) -> Effort:
    return spend_hours(posterior, [Kind("Sales Engineer", "cold", 1.0)], hours=5.0, by=date(2026, 8, 1))


@pytest.fixture(scope="module")
def learned(example_posterior: Posterior) -> Learning:
    return learn(example_posterior, some_hours(example_posterior), searches=100, draws=100)


def an_offer(posterior: Posterior) -> Advice:
    return weigh_offer(posterior, value=50.0, worth=Worth(50.0), answer_by=date(2026, 4, 20))


def test_the_card_says_what_the_file_says(model) -> None:
    card = (ROOT / "models" / "cards" / "blueprint.md").read_text()
    assert f"H = {model.assumptions.horizon_days:.0f} days" in card


def test_no_page_speaks_of_this_machine() -> None:
    for path in [*PAGES, *ROOT.glob("src/**/*.py"), *ROOT.glob("tests/**/*.py"), *ROOT.glob(".ci/*")]:
        assert not re.search(r"/(work|root|home)/\w", path.read_text()), path


def test_every_json_key_is_documented(example_posterior, learned) -> None:
    from offercast.report import json as as_json
    from offercast.report.honesty import honesty_json
    from offercast.report.json_decisions import chains_json, learning_json

    history = offercast.read_history(offercast.example())
    outlook = forecast_offer(example_posterior, searches=2000)
    documents = {
        "check": as_json.check_json(history, example_posterior.evidence),
        "fit": as_json.fit_json(example_posterior) | honesty_json(example_posterior),
        "insights": insights_json(insights(example_posterior), example_posterior),
        "forecast": as_json.outlook_json(outlook, [date(2026, 6, 1)]),
        "chains": chains_json(chains(years(), as_of=date(2026, 4, 2))),
        "compare": as_json.comparison_json(compare(example_posterior)),
        "effort": as_json.effort_json(some_hours(example_posterior)) | learning_json(learned) | {"learning": None},
        "offer": as_json.offer_json(an_offer(example_posterior), Plan.own_pace(example_posterior.evidence)),
        "plan": as_json.plan_json(work_backwards(example_posterior, by=date(2026, 10, 1), chance=0.8)),
        "waiting": as_json.waiting_json(
            waiting(example_posterior, counted_applications(example_posterior)), example_posterior
        ),
    }
    for kind, body in documents.items():
        assert_documented(kind, body)
