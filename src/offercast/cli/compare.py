"""`offercast compare LOG|FIT`."""

from __future__ import annotations

import click

from offercast.cli.kinds import read_by_kind, takes_option
from offercast.cli.options import Common, common_options, examples, finish, posterior_of
from offercast.cli.terminal import show


@click.command(
    "compare",
    epilog=examples(
        "offercast compare my_log.csv",
        "offercast compare my_fit.npz --channel referral --takes cold=0.5",
    ),
)
@common_options()
@click.option("--channel", help="Compare the tracks in this channel. Default: the ladder's first one (cold).")
@takes_option
def command(common: Common, channel: str | None, takes: tuple[str, ...]) -> None:
    """Compare role tracks by posterior conversion: which is better, how sure, and at which step."""
    from offercast.decisions.compare import compare
    from offercast.decisions.knowing import how_much_more

    posterior = posterior_of(common)
    comparison = compare(posterior, channel=channel, hours=read_by_kind(posterior, "--takes", takes))
    more = how_much_more(posterior, channel=channel, seed=common.seed)
    if common.as_json:
        from offercast.report.json import comparison_json, to_json

        click.echo(to_json("compare", comparison_json(comparison, more)))
    else:
        from offercast.report.text import compare_text, trust_line

        show(lambda: compare_text(comparison, posterior.ladder, more), lambda: trust_line(posterior))
    finish(posterior)
