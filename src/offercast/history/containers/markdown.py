"""Markdown pipe tables: a tracker kept as notes (career-ops, Obsidian and the like)."""

from __future__ import annotations

import re

from offercast.history.containers.sheet import Sheet

_RULE = re.compile(r"\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_CELLS = re.compile(r"(?<!\\)\|")
_IMAGE_OR_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_WIKI = re.compile(r"\[\[(?:[^\]|\\]*\\?\|)?([^\]]*)\]\]")
_MARKUP = re.compile(r"(\*\*|__|~~|`)(.+?)\1")


def has_table(text: str) -> bool:
    """Whether some line of dashes and bars rules off a header."""
    return any(("|" in line and _RULE.fullmatch(line)) for line in text.splitlines())


def read_markdown(text: str, name: str) -> list[Sheet]:
    """Return every pipe table of a Markdown text, each with its own header."""
    lines = text.splitlines()
    sheets, at = [], 0
    title = ""
    while at < len(lines):
        if lines[at].startswith("#"):
            title = lines[at].strip("# ").strip()
        ruled = at + 1 < len(lines) and "|" in lines[at + 1] and _RULE.fullmatch(lines[at + 1])
        if "|" not in lines[at] or not ruled:
            at += 1
            continue
        records = [(at + 1, _cells(lines[at]))]
        at += 2
        while at < len(lines) and "|" in lines[at]:
            records.append((at + 1, _cells(lines[at])))
            at += 1
        sheets.append(Sheet(name, records, "Markdown table", headed=True, title=title))
    return sheets


def _cells(line: str) -> list[str]:
    r"""The cells of one row, without the outer bars, links and emphasis.

    >>> _cells("| 1 | **Acme** | [role](https://x.example) | a \\| b |")
    ['1', 'Acme', 'role', 'a | b']
    """
    bare = line.strip().removeprefix("|")
    parts = _CELLS.split(bare)
    if parts and not parts[-1].strip():
        parts.pop()
    return [_plain(part) for part in parts]


def _plain(cell: str) -> str:
    cell = _WIKI.sub(r"\1", cell)
    cell = _IMAGE_OR_LINK.sub(r"\1", cell)
    cell = _MARKUP.sub(r"\2", cell)
    return cell.replace("\\|", "|").replace("<br>", " ").strip()
