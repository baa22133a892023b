"""The guide: it builds without a warning, loads nothing from anywhere, and what its pages show is what is printed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import offercast
from support import script

ROOT = Path(__file__).parents[1]
EXAMPLES = script("docs/make_examples.py")
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


def alike(shown: str, printed: str) -> bool:
    """The same words, and numbers that differ by no more than another processor's rounding can make them."""
    words = [" ".join(NUMBER.sub("#", text).split()) for text in (shown, printed)]
    numbers = [[float(found.replace(",", "")) for found in NUMBER.findall(text)] for text in (shown, printed)]
    return words[0] == words[1] and all(
        abs(one - other) <= 1 + max(one, other) / 5 for one, other in zip(*numbers, strict=True)
    )


@pytest.mark.parametrize("page", EXAMPLES.pages(), ids=lambda p: p.stem)
def test_what_a_page_runs_works_and_prints_what_it_shows(page: Path, tmp_path: Path) -> None:
    """Where this fails: python docs/make_examples.py."""
    shown, printed = page.read_text(), EXAMPLES.renewed(page, tmp_path)
    assert alike(shown, printed), printed


def test_a_page_that_shows_something_else_is_found() -> None:
    assert alike("chance 86 %,  about 17 in 20", "chance 87 %, about 17 in 20")
    assert not alike("chance 86 %", "chance 46 %")
    assert not alike("probably better", "better")


@pytest.fixture(scope="module")
def site() -> Path:
    """The site, built. Every warning is an error: a link that leads nowhere, an anchor that is not there."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "build_site.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / "build" / "site"


def test_the_site_loads_nothing(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 25
    for page in pages:
        for tag in re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", page.read_text()):
            if 'rel="canonical"' not in tag:
                assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", tag), f"{page.name}: {tag}"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"""(?:url\(|@import\s*)["']?(?:https?:)?//""", sheet.read_text()), sheet.name
    front = (site / "index.html").read_text()
    assert "Honest numbers for a job hunt" in front


def test_the_references_say_what_the_source_says() -> None:
    reference = script("docs/make_reference.py")
    assert (ROOT / "docs" / "reference" / "cli.md").read_text() == reference.command_page()
    api = (ROOT / "docs" / "reference" / "api.md").read_text()
    assert api == reference.python_page()
    for name in offercast.__all__:
        assert f"### {name}\n" in api


def test_the_front_page_says_what_the_priors_say(model: offercast.ModelFile) -> None:
    from offercast.report.models import show_text

    said = re.search(r"about (\d+) of 100 .*?\((\d+) to (\d+) for", (ROOT / "docs/index.md").read_text(), re.DOTALL)
    assert said
    shown = show_text(model).split("Applied → Response")[1]
    assert re.findall(r"about (\d+) move on \((\d+) to (\d+)\)", shown)[0] == said.groups()


def test_every_page_is_in_the_menu() -> None:
    menu = (ROOT / "mkdocs.yml").read_text()
    for page in ROOT.glob("docs/**/*.md"):
        name = page.relative_to(ROOT).as_posix()
        listed = name in menu or name == "docs/index.md" or name.startswith("docs/decisions/")
        assert listed, name
    index = (ROOT / "docs" / "decisions" / "index.md").read_text()
    for page in ROOT.glob("docs/decisions/*.md"):
        assert page.name in index or page.name == "index.md", page.name


def test_troubleshooting_quotes_what_is_said() -> None:
    """A message that is reworded has to be reworded there."""
    source = "\n".join(p.read_text() for p in (ROOT / "src").rglob("*.py"))
    whole = re.sub(r'"\s*\n\s*f?"', "", source)  # strings that go on in the next line
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    quoted = [row.split("`")[1] for row in page.splitlines() if row.startswith("| `")]
    outside = {"externally managed", "requires-python", "command not found: offercast"}
    assert len(quoted) > 35
    for message in quoted:
        assert message in outside or message in whole, message
