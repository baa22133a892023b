"""The options for what cannot be done all at once, read into Limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING

import click

from offercast.errors import CommandError

if TYPE_CHECKING:
    from offercast.forecast.limits import Limits


@dataclass(frozen=True)
class LimitOptions:
    """What was asked for, as typed."""

    at_once: int | None = None
    from_stage: str | None = None
    when_full: str | None = None
    patience_days: float | None = None
    pause_from: str | None = None
    learning: float | None = None
    accept: str | None = None
    hold_days: float | None = None

    def limits(self) -> Limits | None:
        """The limits; None where nothing was asked for.

        Raises:
            CommandError: a number is out of range, or an option that means nothing alone.
        """
        from offercast.forecast.limits import Limits

        given = {name: value for name, value in vars(self).items() if value is not None}
        if not given:
            return None
        if not set(given) & {"at_once", "pause_from", "learning", "accept"}:
            option = "--" + next(iter(given)).removesuffix("_days").replace("_", "-")
            raise CommandError(f"{option} means nothing alone: give --at-once, --pause-from, --learning or --accept.")
        if self.accept is not None and self.accept != "own":
            try:
                given["accept"] = float(self.accept)
            except ValueError:
                raise CommandError(f'--accept {self.accept}: give a chance such as 0.6, or "own".') from None
        return Limits(**given)


def limit_options[**P, R](function: Callable[P, R]) -> Callable[..., R]:
    """Add the options for what cannot be done all at once, and hand them on as `bounds`."""
    options = (
        click.option(
            "--at-once", type=click.IntRange(1), metavar="N", help="At most so many interview processes at once."
        ),
        click.option("--from-stage", metavar="STAGE", help="The stage where a process begins. Default: interview."),
        click.option(
            "--when-full",
            type=click.Choice(["wait", "lose"]),
            help="Whether a further process waits its turn, or is lost. Default: wait.",
        ),
        click.option(
            "--patience",
            "patience_days",
            type=float,
            metavar="DAYS",
            help="A process that is silent for so long gives its place away. Default: 30.",
        ),
        click.option(
            "--pause-from", metavar="STAGE", help="Send nothing while a process is at this stage or beyond it."
        ),
        click.option(
            "--learning",
            type=float,
            metavar="BETA",
            help="Suppose that every interview makes the next ones better, by so much in log-odds for each log(1 + done).",
        ),
        click.option(
            "--accept",
            metavar="CHANCE|own",
            help="Look for the first accepted offer; each is accepted with this chance.",
        ),
        click.option(
            "--hold", "hold_days", type=float, metavar="DAYS", help="An offer not accepted at once is held so long."
        ),
    )
    names = tuple(LimitOptions.__dataclass_fields__)

    @wraps(function)
    def gathered(*args: object, **given: object) -> R:
        typed = {name: given.pop(name) for name in names}
        return function(*args, **given, bounds=LimitOptions(**typed))  # ty: ignore[invalid-argument-type]

    for option in reversed(options):
        gathered = option(gathered)
    return gathered
