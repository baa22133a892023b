"""The guide: it builds without a warning, loads nothing from anywhere, and what its pages show is what is printed."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import offercast
from offercast.cli.main import COMMANDS
from support import command as run
from support import script

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "docs" / "samples"
PAGES = sorted(
    p for p in [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("models/*.md")] if "```sh" in p.read_text()
)
EXAMPLE = str(offercast.example())
SKIPPED = "..."
"""A line that stands for any lines."""
FENCE = re.compile(r"```(\w+)\n(.*?)```", flags=re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody's folder: the samples, and the example log and fit under the names that the pages use."""
    made = tmp_path_factory.mktemp("guide")
    fit = run("fit", EXAMPLE, "--as-of", "2026-04-02", "-q", "-o", str(made / "kept.npz"))
    assert fit.returncode == 0, fit.stderr
    return made


def fresh(page: Path, folder: Path, tmp_path: Path) -> Path:
    """A copy of it, with what this page does not make itself."""
    for sample in SAMPLES.iterdir():
        shutil.copy(sample, tmp_path)
    text = page.read_text()
    if "-o my_fit.npz" not in text:
        shutil.copy(folder / "kept.npz", tmp_path / "my_fit.npz")
    if "-o my_log.csv" not in text or page.name == "README.md":
        shutil.copy(SAMPLES / "my_sheet.csv" if page.stem == "mapping" else EXAMPLE, tmp_path / "my_log.csv")
    return tmp_path


def calls(block: str) -> list[list[str]]:
    """The calls of offercast in a block, without comments and without what installs it."""
    found = []
    for line in block.splitlines():
        words = shlex.split(line, comments=True)
        for word in ("uv", "run"):
            words = words[1:] if words[:1] == [word] else words
        if words[:1] == ["offercast"]:
            found.append(words[1:])
    return found


def told(expected: str) -> str:
    """A pattern: the lines as they stand, and any others where some are skipped."""
    parts = [".*?" if line == SKIPPED else re.escape(line) for line in expected.rstrip().splitlines()]
    return r"\n".join(parts) + r"\s*"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_what_a_page_runs_works_and_prints_what_it_shows(page: Path, folder: Path, tmp_path: Path) -> None:
    here, ran, printed = fresh(page, folder, tmp_path), 0, None
    of_example = (here / "my_log.csv").exists() and page.stem != "mapping"
    for language, block in FENCE.findall(page.read_text()):
        if language == "sh":
            for words in calls(block):
                if words[0] == "demo" or "my_sheet.xlsx" in words:
                    continue
                done = run(*(with_day(words) if of_example else words), cwd=here)
                assert done.returncode == 0, (words, done.stderr)
                printed, ran = done.stdout, ran + 1
        elif language == "text" and printed is not None:
            assert re.fullmatch(told(block), printed, flags=re.DOTALL), (
                f"{page.name} shows:\n{block}\nprinted:\n{printed}"
            )
            printed = None
    assert ran or page.stem == "README"


def with_day(words: list[str]) -> list[str]:
    """Days in the pages are of the example's spring: a log is read as of then, unless the page says another day."""
    reads = any(word == "my_log.csv" for word in words) and words[0] not in {
        "log",
        "import",
        "anonymise",
        "check",
        "sankey",
    }
    if not reads or "--as-of" in words:
        return words
    return [*words, "--as-of", "2026-04-02"]


def test_the_site_builds_and_loads_nothing(tmp_path: Path) -> None:
    """Every warning is an error: a link that leads nowhere, a page that no menu names."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "build_site.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    site = ROOT / "build" / "site"
    pages = list(site.rglob("*.html"))
    assert len(pages) > 25
    for page in pages:
        for tag in re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", page.read_text()):
            if 'rel="canonical"' not in tag:
                assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", tag), f"{page.name}: {tag}"
    front = (site / "index.html").read_text()
    assert "Honest numbers for a job hunt" in front


def test_the_references_say_what_the_source_says() -> None:
    reference = script("docs/make_reference.py")
    assert (ROOT / "docs" / "reference" / "cli.md").read_text() == reference.command_page()
    api = (ROOT / "docs" / "reference" / "api.md").read_text()
    assert api == reference.python_page()
    for name in offercast.__all__:
        assert f"### {name}\n" in api


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


def test_commands_that_pages_name_exist() -> None:
    for page in PAGES:
        for words in (words for _, block in FENCE.findall(page.read_text()) for words in calls(block)):
            assert words[0] in COMMANDS, (page.name, words)
