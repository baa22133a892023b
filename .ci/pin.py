"""Pins the exact version of everything that is installed, in pyproject.toml, from what uv resolves today.

    python .ci/pin.py

uv.lock is not committed (it names registry addresses); this list takes its place, for every platform at once.
"""

import re
import subprocess
from pathlib import Path

HERE = Path(__file__).parents[1]
START, END = "# pinned by .ci/pin.py: do not edit by hand\n", "# end of pins\n"


def resolved() -> list[str]:
    """Every requirement with its exact version and markers."""
    command = ["uv", "export", "--no-hashes", "--all-groups", "--no-emit-project", "--no-annotate", "--no-header"]
    lines = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True).stdout.splitlines()
    return sorted(line.strip() for line in lines if "==" in line)


def main() -> None:
    target = HERE / "pyproject.toml"
    text = target.read_text()
    bare = re.sub(re.escape(START) + ".*?" + re.escape(END), "", text, flags=re.DOTALL).rstrip() + "\n\n"
    target.write_text(bare)
    (HERE / "uv.lock").unlink(missing_ok=True)
    pins = "".join(f'    "{line.replace(chr(34), chr(39))}",\n' for line in resolved())
    target.write_text(f"{bare}{START}[tool.uv]\nconstraint-dependencies = [\n{pins}]\n{END}")


if __name__ == "__main__":
    main()
