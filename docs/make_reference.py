"""Write the reference of commands and of Python from the source itself.

    uv run python docs/make_reference.py [--check]

--check writes nothing, and ends with 1 where a page is not what the source says.
"""

import functools
import importlib
import inspect
import re
import sys
from pathlib import Path
from textwrap import wrap
from typing import Any

import click
import griffe

from offercast.cli.main import COMMANDS, cli

FOLDER = Path(__file__).parent / "reference"
DOORS = ("decisions", "trust", "plots")
"""Packages whose public names are told after those of the front door."""

TOP = click.Context(cli, info_name="offercast", **cli.context_settings)
ABOUT_COMMANDS = """Made from the source by `docs/make_reference.py`. `offercast COMMAND --help` says the same.

What a command finds goes to the standard output, messages and progress to the standard error stream. In a terminal
there are small charts and colour; a pipe gets plain text. `--json` gives [documents](../json.md).
"""
ABOUT_PYTHON = """Made from the source by `docs/make_reference.py`. `import offercast as oc` is the front door;
what is heavy is loaded when it is first used.
"""
EXITS = """| code | what it says |
| --- | --- |
| 0 | done; warnings, if any, are on the standard error stream |
| 2 | the command is wrong |
| 3 | the input is wrong: file, line, column, what was found, the smallest repair |
| 4 | something could not be written, or read: disk, permission |
| 5 | the model or a resource failed; what there is is shown, under a warning |
| 130 | interrupted; nothing was written |
"""
ENVIRONMENT = """| variable | what it does |
| --- | --- |
| `OFFERCAST_CACHE` | the folder in which fits are kept, in place of the user's cache folder |
| `OFFERCAST_LEDGER` | the file of kept forecasts, in place of the one in the user's data folder |
| `NO_COLOR` | no colour, whatever its value |
| `COLUMNS` | the width of the terminal, where it is not the real one |
"""


def commands() -> dict[str, click.Command]:
    """Every command by its full name, subcommands after their group."""
    found: dict[str, click.Command] = {}
    context = TOP
    for name in COMMANDS:
        command = cli.get_command(context, name)
        found[name] = command
        if isinstance(command, click.Group):
            found |= {f"{name} {sub}": one for sub, one in command.commands.items()}
    return found


def command_page() -> str:
    parts = [
        "# Commands\n",
        ABOUT_COMMANDS,
        "## Exit codes\n\n" + EXITS,
        "## Environment\n\n" + ENVIRONMENT,
    ]
    for name, command in commands().items():
        context = click.Context(command, info_name=name, parent=TOP)
        parts.append(f"## {name}\n\n{inspect.cleandoc(command.help or '')}\n")
        usage = command.get_usage(context).removeprefix("Usage: ")
        parts.append(f"```text\n{' '.join(usage.split())}\n```\n")
        rows = [row for p in command.get_params(context) if (row := p.get_help_record(context)) and row[1]]
        if rows:
            lines = [f"| `{_cell(option)}` | {_cell(text)} |" for option, text in rows]
            parts.append("| option | what it does |\n| --- | --- |\n" + "\n".join(lines) + "\n")
        if command.epilog:
            told = "\n".join(line.strip() for line in command.epilog.splitlines() if line.startswith("  "))
            parts.append(f"```text\n{told}\n```\n")
    return "\n".join(parts)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def python_page() -> str:
    """Every public name with its signature and docstring."""
    parts = ["# Python\n", ABOUT_PYTHON]
    told: set[str] = set()
    for door in ("", *DOORS):
        module = importlib.import_module(f"offercast.{door}".rstrip("."))
        parts.append(f"## {module.__name__}\n\n{inspect.cleandoc(module.__doc__ or '').splitlines()[0]}\n")
        for name in sorted(module.__all__, key=str.lower):
            value = getattr(module, name)
            if name not in told and callable(value) and hasattr(value, "__module__"):
                told.add(name)
                parts.append(_told(name, value))
    return "\n".join(parts)


def _told(name: str, value: Any) -> str:  # noqa: ANN401 - a class or a function
    """One name: its signature, what it means, its arguments, what it raises, an example that runs."""
    kind = "class " if inspect.isclass(value) else ""
    lines = [f"### {name}\n", f"```py\n{kind}{_signature(name, value)}\n```\n"]
    for section in griffe.Docstring(inspect.getdoc(value) or "", lineno=1).parse("google", warnings=False):
        if section.kind is griffe.DocstringSectionKind.text:
            lines.append(_fenced(section.value) + "\n")
        elif section.kind is griffe.DocstringSectionKind.examples:
            lines += [_fenced(text) + "\n" for _, text in section.value]
        elif isinstance(section.value, list):
            rows = [f"- {_term(item)}{' '.join(item.description.split())}" for item in section.value]
            lines.append(f"*{section.kind.value.capitalize()}*\n\n" + "\n".join(rows) + "\n")
    if inspect.isclass(value):
        lines += _members(value)
    return "\n".join(lines)


def _signature(name: str, value: Any) -> str:  # noqa: ANN401
    try:
        plain = inspect.signature(value)
    except ValueError:
        return name
    parameters = [one.replace(annotation=one.empty) for one in plain.parameters.values()]
    line = f"{name}{plain.replace(parameters=parameters, return_annotation=plain.empty)}"
    line = re.sub(r"<function (\w+) at 0x\w+>", r"\1", line)
    return "\n".join(wrap(line, 100, subsequent_indent=" " * 4, break_on_hyphens=False))


def _members(value: type) -> list[str]:
    """Public methods and properties, with the first line of what they say."""
    rows = []
    for name, member in vars(value).items():
        text = inspect.getdoc(member) if not name.startswith("_") else None
        known = isinstance(member, property | classmethod | functools.cached_property) or inspect.isfunction(member)
        if text and known:
            called = "()" if inspect.isfunction(member) or isinstance(member, classmethod) else ""
            first = " ".join(text.split("\n\n")[0].split())
            rows.append(f"- `{name}{called}`: {_plain(first)}")
    return ["\n".join(rows) + "\n"] if rows else []


def _term(item: Any) -> str:  # noqa: ANN401 - a parameter, an error, something returned
    name = getattr(item, "name", "") or getattr(item, "annotation", "") or ""
    return f"`{name}`: " if name else ""


def _fenced(text: str) -> str:
    """Prose, with examples as code."""
    blocks = [block.strip() for block in text.split("\n\n")]
    return "\n\n".join(f"```pycon\n{b}\n```" if b.startswith(">>>") else _plain(b) for b in blocks)


def _plain(text: str) -> str:
    """Brackets that would be links, and angles that would be tags, are only that."""
    return re.sub(r"(?<!`)([\[<])(?=[^`\n]*(?:`[^`\n]*`[^`\n]*)*$)", r"\\\1", text, flags=re.MULTILINE)


def main() -> None:
    pages = {"cli.md": command_page(), "api.md": python_page()}
    stale = [name for name, text in pages.items() if _text(FOLDER / name) != text]
    if "--check" in sys.argv:
        sys.exit(f"not what the source says: {', '.join(stale)}; run docs/make_reference.py" if stale else 0)
    for name in stale:
        (FOLDER / name).write_text(pages[name])


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


if __name__ == "__main__":
    main()
