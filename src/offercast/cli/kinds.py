"""Numbers for each kind of application on the command line: TRACK:CHANNEL=N."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from offercast.errors import CommandError

if TYPE_CHECKING:
    from offercast.inference.posterior import Posterior

takes_option = click.option(
    "--takes",
    multiple=True,
    metavar="[TRACK:]CHANNEL=HOURS",
    help="Hours that one application takes. Default: 1 for a cold one, 3 through any other channel.",
)


def read_by_kind(posterior: Posterior, option: str, texts: tuple[str, ...]) -> dict[tuple[str | None, str], float]:
    """The number of each [TRACK:]CHANNEL."""
    found: dict[tuple[str | None, str], float] = {}
    for text in texts:
        name, equals, number = text.rpartition("=")
        track, _, channel = (part.strip() for part in name.rpartition(":"))
        if not equals:
            raise CommandError(f"{option} {text}: write CHANNEL=N or TRACK:CHANNEL=N, such as referral=2.")
        posterior.channel_index(channel)
        if track:
            posterior.track_index(track)
        try:
            found[track or None, channel] = float(number)
        except ValueError:
            raise CommandError(f'{option} {text}: "{number}" is not a number.') from None
    return found
