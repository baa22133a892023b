"""Names that differ only in capitals, blanks and hyphens are one."""

from __future__ import annotations

import re
from collections import Counter


def one_spelling(names: Counter[str]) -> dict[str, str]:
    """Give every name the most frequent of its spellings, the first of the alphabet where several are.

    >>> one_spelling(Counter({"linkedin": 3, "LinkedIn": 5, "C": 1, "C++": 1}))
    {'linkedin': 'LinkedIn', 'LinkedIn': 'LinkedIn', 'C': 'C', 'C++': 'C++'}
    """
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(re.sub(r"[\s_-]+", "", name.casefold()) or name, []).append(name)
    best = {key: min(group, key=lambda name: (-names[name], name)) for key, group in groups.items()}
    return {name: best[key] for key, group in groups.items() for name in group}
