"""`offercast effort LOG|FIT`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from offercast.cli.kinds import read_by_kind, takes_option
from offercast.cli.options import Common, Day, common_options, examples, finish, posterior_of
from offercast.cli.terminal import show

if TYPE_CHECKING:
    from offercast.decisions.effort import Kind
    from offercast.inference.posterior import Posterior

MOST_OTHERS = 1.0
"""Applications a week of a track through a channel other than cold, where nothing is said. A judgement."""


@click.command(
    "effort",
    epilog=examples(
        "offercast effort my_log.csv --hours 10 --by 2027-03-01",
        'offercast effort my_fit.npz --hours 10 --by 2027-03-01 --takes cold=0.5 --takes "Sales Engineer:referral=4" --at-most referral=2',
        "offercast effort my_fit.npz --hours 10 --by 2027-03-01 --learn",
    ),
)
@common_options()
@click.option("--hours", type=float, required=True, help="Hours a week for the search.")
@click.option("--by", type=Day(), required=True, help="The day by which there should be an offer.")
@takes_option
@click.option(
    "--at-most",
    multiple=True,
    metavar="[TRACK:]CHANNEL=N",
    help="How many a week can be had at most. Default: 1 for each track and channel but cold, which has no bound.",
)
@click.option(
    "--learn", is_flag=True, help="Also simulate mixes that learn from the answers that come in (some ten seconds)."
)
def command(
    common: Common, *, hours: float, by: date, takes: tuple[str, ...], at_most: tuple[str, ...], learn: bool
) -> None:
    """Spread hours over tracks and channels for the best chance of an offer by a date.

    Cold applications are considered, the channels that the log has used, and those that --takes or --at-most name;
    contacts that come by themselves, such as a recruiter's, only where they are named.
    """
    from offercast.cli.progress import progress
    from offercast.decisions.effort import spend_hours
    from offercast.decisions.learning import learn as learn_on

    posterior = posterior_of(common)
    with progress(quiet=common.quiet) as report:
        effort = spend_hours(posterior, _kinds(posterior, takes, at_most), hours=hours, by=by, progress=report)
        learning = learn_on(posterior, effort, seed=common.seed, progress=report) if learn else None
    if common.as_json:
        from offercast.report.json import effort_json, to_json
        from offercast.report.json_decisions import learning_json

        told = learning_json(learning) if learning else None
        click.echo(to_json("effort", {**effort_json(effort), "learning": told}))
    else:
        from offercast.report.decisions import effort_text
        from offercast.report.learning import learning_text
        from offercast.report.text import trust_line

        learned = f"\n{learning_text(learning)}" if learning else ""
        show(lambda: effort_text(effort) + learned, lambda: trust_line(posterior))
    finish(posterior)


def _kinds(posterior: Posterior, takes: tuple[str, ...], at_most: tuple[str, ...]) -> list[Kind]:
    """Every track through every channel that is considered, with its hours and its bound."""
    from offercast.decisions.effort import Kind, hours_each

    cold = posterior.ladder.reference.id
    hours, bounds = read_by_kind(posterior, "--takes", takes), read_by_kind(posterior, "--at-most", at_most)
    channels = [channel.id for channel in posterior.ladder.channels]
    tried = {channels[row[1]] for row in posterior.evidence.rhythm}
    theirs = {c.id for c in posterior.ladder.channels if not c.lead_in and c.steps_on != posterior.ladder.sent}
    used = {cold, *(tried - theirs), *(c for _, c in (*hours, *bounds))}
    kinds = []
    for track in posterior.tracks:
        for channel in (c for c in channels if c in used):
            most = None if channel == cold else MOST_OTHERS
            one = hours_each(hours, track, channel, cold)
            bound = bounds.get((track, channel), bounds.get((None, channel), most))
            kinds.append(Kind(track, channel, one, bound))
    return kinds
