"""Where applications came from: another application of the log, or a contact or an event that is named.

A cell of `came_from` is read in this order: the id of an application; `kind: name`, such as `contact: Ana`; the company
of exactly one other application; anything else is the name of a contact or an event. A day in brackets at the end is
the day of what is named: `event: PyCon (2023-10-05)`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from offercast.errors import InputError, Problem
from offercast.history.records import Application, History
from offercast.ladder import normalise

UNNAMED_KIND = "contact or event"
"""The kind of a first link whose text names none."""
PLAIN_KINDS = ("contact", "event")
"""The usual kinds. Any other word before a colon is a kind as well."""

_KIND = re.compile(r"([^\W\d][^:/]{0,23}?)\s*:(?!//)\s*(\S.*)", re.DOTALL)
_DAY = re.compile(r"(.+?)\s*\((\d{4}-\d{2}-\d{2})\)", re.DOTALL)


@dataclass(frozen=True)
class Origin:
    """What an application came from: `application` is the id of another one; where it is empty, `kind` and `name`
    tell a contact or an event, and `day` its day where the log gives it.
    """

    application: str = ""
    kind: str = ""
    name: str = ""
    day: date | None = None

    @property
    def key(self) -> tuple[str, str]:
        """The same for one contact however it is spelled: its kind and name in plain lower-case words."""
        return normalise(self.kind), normalise(self.name) or self.name


@dataclass(frozen=True)
class Origins:
    """What each application came from, by its id, where the log says so; and what was noticed."""

    by_id: dict[str, Origin]
    notes: tuple[str, ...] = ()


def origins(history: History) -> Origins:
    """Read every `came_from`.

    >>> from offercast.modelfile import load_model
    >>> told = (("1", "contact: Ana (2023-05-02)"), ("2", "1"))
    >>> log = History(load_model().ladder, tuple(Application(i, "A", "cold", (), came_from=text) for i, text in told))
    >>> found = origins(log).by_id
    >>> found["1"].kind, found["1"].name, str(found["1"].day), found["2"].application
    ('contact', 'Ana', '2023-05-02', '1')
    """
    ids = {application.id for application in history.applications}
    by_company: dict[str, list[str]] = defaultdict(list)
    for application in history.applications:
        if key := normalise(application.company):
            by_company[key].append(application.id)
    found: dict[str, Origin] = {}
    notes: list[str] = []
    for application in history.applications:
        text = " ".join(application.came_from.split())
        if text:
            found[application.id] = _origin(application, text, ids, by_company, notes)
    return Origins(found, tuple(dict.fromkeys(notes)))


def _origin(
    application: Application, text: str, ids: set[str], by_company: dict[str, list[str]], notes: list[str]
) -> Origin:
    if text in ids:
        return Origin(text)
    if told := _KIND.fullmatch(text):
        return _named(told[1].casefold(), told[2])
    others = [other for other in by_company.get(normalise(text), ()) if other != application.id]
    if len(others) == 1:
        return Origin(others[0])
    if others:
        notes.append(f'came_from "{text}" is a company applied to {len(others)} times: write the id of the application')
    elif text.isdecimal():
        notes.append(f'came_from "{text}" is no application of this log: taken for the name of a contact or an event')
    return _named(UNNAMED_KIND, text)


def _named(kind: str, text: str) -> Origin:
    dated = _DAY.fullmatch(text)
    if dated:
        try:
            return Origin("", kind, dated[1], date.fromisoformat(dated[2]))
        except ValueError:
            pass  # "(2023-02-30)" is no day, and so a part of the name
    return Origin("", kind, text)


def check_loops(history: History, found: Origins) -> None:
    """Refuse applications that came from each other.

    Raises:
        InputError: an application came from itself, perhaps through others; every such circle is named.
    """
    done: set[str] = set()
    problems = []
    for start in found.by_id:
        trail: list[str] = []
        at = start
        while at in found.by_id and at not in done:
            done.add(at)
            trail.append(at)
            at = found.by_id[at].application
        if at in trail:
            circle = trail[trail.index(at) :]
            problems.append(Problem(history.source, None, "came_from", _circle(circle)))
    if problems:
        raise InputError(problems)


def _circle(ids: list[str]) -> str:
    if len(ids) == 1:
        return f'application "{ids[0]}" came from itself. Write what it came from, or leave came_from empty.'
    shown = ", ".join(f'"{one}"' for one in ids)
    return f"the applications {shown} came from each other. Leave came_from empty for the one that was first."
