"""`offercast waiting LOG|FIT`."""

from __future__ import annotations

import click

from offercast.cli.options import Common, common_options, examples, finish, posterior_and_log
from offercast.cli.terminal import show


@click.command(
    "waiting",
    epilog=examples(
        "offercast waiting my_log.csv",
        "offercast waiting my_log.csv --all",
    ),
)
@common_options()
@click.option("--all", "everything", is_flag=True, help="Show every open application, not only the likeliest.")
def command(common: Common, *, everything: bool) -> None:
    """Say for every open application how likely it still moves on, and until when to expect an answer.

    A fit knows no names: there, applications that are alike stand together.
    """
    from offercast.decisions.waiting import open_or_counted, waiting

    posterior, history = posterior_and_log(common)
    silence = waiting(posterior, open_or_counted(posterior, history))
    if common.as_json:
        from offercast.report.json import to_json, waiting_json

        click.echo(to_json("waiting", waiting_json(silence, posterior)))
    else:
        from offercast.report.decisions import waiting_text
        from offercast.report.text import trust_line

        show(lambda: waiting_text(silence, posterior.ladder, everything=everything), lambda: trust_line(posterior))
    finish(posterior)
