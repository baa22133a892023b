"""Write docs/real-logs.md: what each command that advises says of three published logs.

    OFFERCAST_HISTORIES=FOLDER uv run python docs/make_real_logs.py

The logs themselves are not part of the project.
"""

import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOGS = {
    "wide_dates_us": (date(2023, 3, 13), "A search in the United States, 177 applications in half a year, one offer."),
    "stage_date_columns_academic": (date(2018, 12, 12), "An academic search: 186 applications, answers of months."),
    "outcomes_with_never_applied": (date(2025, 7, 1), "A search that also logs the jobs that were not applied for."),
}
INTRO = """# On real logs

What the commands that advise say of three logs whose owners published them, each as of its own last day. They were
made by `docs/make_real_logs.py`; the logs are not part of this project. What the words mean is in
[the glossary](glossary.md), how each number is found in [what to do](what-to-do.md).

Read them as their owners might have: a bad week, and a page of numbers. Where one of them says more than the log can,
or says it unkindly, that is a fault of ours.
"""


def commands(day: date) -> list[list[str]]:
    """Every command that advises, with what it needs."""
    by = (day + timedelta(days=182)).isoformat()
    answer = (day + timedelta(days=14)).isoformat()
    return [
        ["compare"],
        ["insights"],
        ["plan", "--by", by, "--chance", "50%"],
        ["effort", "--by", by, "--hours", "10"],
        ["offer", "--value", "60000", "--usual", "60000", "--cost-per-week", "1000", "--answer-by", answer],
        ["waiting"],
        ["chains"],
    ]


def said(log: Path, name: str, arguments: list[str], day: date) -> str:
    """What a command prints."""
    mapping = ROOT / "tests" / "data" / "maps" / f"{name}.toml"
    rest = [*arguments[1:], "--map", str(mapping), "--as-of", day.isoformat(), "-q"]
    done = subprocess.run(
        [sys.executable, "-m", "offercast", arguments[0], str(log), *rest], capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 5):
        sys.exit(done.stderr)
    return done.stdout.split("\n\nTRUST")[0].rstrip()


def main() -> None:
    folder = Path(os.environ["OFFERCAST_HISTORIES"])
    parts = [INTRO]
    for name, (day, story) in LOGS.items():
        parts.append(f"## {story.split(':')[0].split(',')[0]}\n\n{story} Read as of {day.isoformat()}.\n")
        for arguments in commands(day):
            shown = " ".join([arguments[0], "LOG", *arguments[1:]])
            parts.append(f"`offercast {shown}`\n\n```text\n{said(folder / f'{name}.csv', name, arguments, day)}\n```\n")
    (ROOT / "docs" / "real-logs.md").write_text("\n".join(parts))


if __name__ == "__main__":
    main()
