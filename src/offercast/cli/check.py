"""`offercast check LOG`."""

from __future__ import annotations

import click

from offercast.cli.options import Common, common_options, read_log


@click.command(
    "check",
    epilog="Examples:  offercast check my_log.csv    offercast check my_log.csv --map my_map.toml --json",
)
@common_options(fits=False)
def command(common: Common) -> None:
    """Show what was read from LOG and how: each column, each status, what was counted."""
    history, evidence = read_log(common)
    if common.as_json:
        from offercast.report.json import check_json, to_json

        click.echo(to_json("check", check_json(history, evidence)))
        return
    from offercast.report.text import check_text

    click.echo(check_text(history, evidence))
