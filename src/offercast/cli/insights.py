"""`offercast insights LOG|FIT`."""

from __future__ import annotations

import click

from offercast.cli.options import Common, common_options, examples, finish, posterior_and_log
from offercast.cli.terminal import show


@click.command(
    "insights",
    epilog=examples(
        "offercast insights my_log.csv",
        "offercast insights my_fit.npz",
    ),
)
@common_options()
def command(common: Common) -> None:
    """Say what stands out in a log, in sentences that carry their numbers, and only what the numbers support.

    A fit does not know the order of the applications: what needs it is left out there.
    """
    from offercast.decisions.insights import insights

    posterior, history = posterior_and_log(common)
    found = insights(posterior, history)
    if common.as_json:
        from offercast.report.insights import insights_json
        from offercast.report.json import to_json

        click.echo(to_json("insights", insights_json(found, posterior)))
    else:
        from offercast.report.insights import insights_text
        from offercast.report.text import trust_line

        show(lambda: insights_text(found, posterior), lambda: trust_line(posterior))
    finish(posterior)
