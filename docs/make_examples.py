"""Run every command that the pages show, and keep the outputs that stand below them true.

    uv run python docs/make_examples.py            # write what has changed
    uv run python docs/make_examples.py --check    # exit 1 where a page shows something else

A page is run from top to bottom in a folder of its own, with the files of docs/samples and the example log as
my_log.csv, unless the page makes that itself. A block of text that follows commands at once shows what the last of
them prints: without the trust lines where it has none; "..." stands for any lines, up to the heading after it. A block
with a title is written into the folder. A command that is refused must be followed by its message.
"""

import contextlib
import os
import re
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

import openpyxl
from click.testing import CliRunner

import offercast
from offercast.cli.main import cli
from offercast.errors import OffercastError
from offercast.modelfile import models_folder

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"\n]+)\")?\n(.*?)^```\n", flags=re.DOTALL | re.MULTILINE)
SKIPPED = "..."
OTHERS = {"git", "cd", "pip", "pytest", "python"}
"""Commands that are shown and not run here."""


def pages() -> list[Path]:
    """Every page with commands."""
    found = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")), ROOT / "models" / "README.md"]
    return [page for page in found if "```sh\n" in page.read_text()]


def prepare(page: Path, folder: Path) -> None:
    """Put the files into a folder that the commands of a page name."""
    for sample in (*(ROOT / "docs" / "samples").iterdir(), ROOT / "tests" / "data" / "chains" / "years.csv"):
        shutil.copyfile(sample, folder / sample.name)
    book = openpyxl.Workbook()
    for line in (folder / "my_sheet.csv").read_text().splitlines():
        book.worksheets[0].append(line.split(","))
    book.save(folder / "my_sheet.xlsx")
    (folder / "my_seekers").mkdir()
    shutil.copyfile(folder / "my_sheet.csv", folder / "my_seekers" / "Ada.csv")
    shutil.copyfile(offercast.example(), folder / "my_seekers" / "Ben.csv")
    if "-o my_log.csv" not in page.read_text():
        shutil.copyfile(offercast.example(), folder / "my_log.csv")


def calls(line: str) -> list[list[str]]:
    """The calls of offercast in a line as typed, each with its arguments."""
    found = []
    for part in shlex.join(shlex.split(line, comments=True)).split(" '&&' "):
        words = shlex.split(part)
        words = words[2:] if words[:2] == ["uv", "run"] else words
        if words and words[0] == "offercast":
            found.append(words[1:])
        elif words and words[0] not in OTHERS:
            raise SystemExit(f"this command is neither run nor known: {line}")
    return found


def run(arguments: list[str], folder: Path) -> tuple[str, bool]:
    """What a call prints in a folder, and whether it was done; a fit or a model file that it reads is made before."""
    read = [word for before, word in zip(["", *arguments], arguments, strict=False) if before not in {"-o", "--output"}]
    with contextlib.chdir(folder):
        if "my_fit.npz" in read and not Path("my_fit.npz").exists():
            run(["fit", "my_log.csv", "-o", "my_fit.npz", "-q"], folder)
        if "my_model.toml" in read and not Path("my_model.toml").exists():
            shutil.copyfile(models_folder() / "blueprint.toml", "my_model.toml")
        result = CliRunner().invoke(cli, arguments)
    if isinstance(result.exception, OffercastError):
        return f"{result.exception}\n", False
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return (result.stdout, True) if result.exit_code in (0, 5) else (result.stderr, False)


def as_shown(printed: str, before: str) -> str:
    """What is printed, as far as the block shows it that stood there before."""
    if "\nTRUST" not in before:
        printed = printed.split("\n\nTRUST", maxsplit=1)[0]
    lines, shown = [line.rstrip() for line in printed.strip("\n").splitlines()], []
    parts = re.split(r"(?m)^\.\.\.\n", before)
    for number, part in enumerate(parts):
        if number:
            shown.append(SKIPPED)
        wanted = part.splitlines()
        if number and wanted:
            heading = wanted[0].split(",")[0]
            lines = lines[next(i for i, line in enumerate(lines) if line.startswith(heading)) :]
        last = number == len(parts) - 1
        shown += lines if last and wanted else lines[: len(wanted)] if not last else []
        lines = lines[len(wanted) :]
    return "\n".join(shown) + "\n"


def renewed(page: Path, folder: Path) -> str:
    """The text of a page with every output as it is now."""
    prepare(page, folder)
    text, parts, last = page.read_text(), [], 0
    printed, done = "", True
    for block in [*BLOCK.finditer(text), None]:
        between = text[last : block.start(3) if block else len(text)]
        language, title, body = block.groups() if block else ("", None, "")
        answers = language == "text" and between.strip() == "```\n\n```text"
        if not (done or answers):
            raise SystemExit(f"{page.name}: {printed}")
        if answers and printed:
            body = as_shown(printed, body)
        parts += [between, body]
        last = block.end(3) if block else len(text)
        printed, done = "", True
        if title:
            (folder / title).write_text(body)
        for arguments in [call for line in body.splitlines() for call in calls(line)] if language == "sh" else []:
            if not done:
                raise SystemExit(f"{page.name}: {printed}")
            printed, done = run(arguments, folder)
    return "".join(parts)


def main() -> None:
    """Renew or check all pages, or those that are named."""
    named = [Path(word).resolve() for word in sys.argv[1:] if not word.startswith("-")]
    stale = []
    with tempfile.TemporaryDirectory() as cache:
        os.environ["OFFERCAST_CACHE"] = cache
        for page in named or pages():
            with tempfile.TemporaryDirectory() as folder:
                text = renewed(page, Path(folder))
            if text == page.read_text():
                continue
            stale.append(page.relative_to(ROOT).as_posix())
            if "--check" not in sys.argv:
                page.write_text(text)
    print("changed: " + ", ".join(stale) if stale else "every page shows what is printed")
    sys.exit(1 if stale and "--check" in sys.argv else 0)


if __name__ == "__main__":
    main()
