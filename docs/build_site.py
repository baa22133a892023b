"""Build the documentation site in build/site, with every warning an error.

    uv run python docs/build_site.py [FOLDER]

The pages keep the places that they have in the repository, so that every link works in both.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = (
    "docs/**/*.md",
    "docs/*.svg",
    "docs/*.css",
    "notebooks/*.*",
    "models/**/*.md",
    "models/*.toml",
    "models/reference/*.json",
    "*.md",
    "LICENSE",
)


def gather(folder: Path) -> None:
    """Copy the pages, and put the front page where a site has it."""
    shutil.rmtree(folder, ignore_errors=True)
    for pattern in PAGES:
        for page in ROOT.glob(pattern):
            target = folder / page.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(page, target)
    front = (ROOT / "docs" / "index.md").read_text()
    (folder / "index.md").write_text(front.replace("](", "](docs/").replace("](docs/../", "]("))
    (folder / "docs" / "index.md").unlink()


def build() -> None:
    """Gather and build; ends with the builder's own exit code where it fails."""
    gather(ROOT / "build" / "pages")
    command = [
        sys.executable,
        "-m",
        "zensical",
        "build",
        "--strict",
        "--clean",
        "--config-file",
        str(ROOT / "mkdocs.yml"),
    ]
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    build()
