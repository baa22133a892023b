"""`offercast sankey LOG`."""

from __future__ import annotations

from pathlib import Path

import click

from offercast.cli.options import FIT_SUFFIX, Common, common_options, examples, read_log
from offercast.errors import CommandError


@click.command(
    "sankey",
    epilog=examples(
        "offercast sankey my_log.csv",
        "offercast sankey my_log.csv --plot my_search.svg",
    ),
)
@common_options(fits=False, json=False)
@click.option("--plot", type=click.Path(path_type=Path), help="Draw it as well, into this file (.svg).")
@click.option("--force", is_flag=True, help="Replace the picture if it exists.")
def command(common: Common, plot: Path | None, *, force: bool) -> None:
    """Print where the applications went as a block for sankeymatic.com/build: paste it there, nothing is sent.

    Every number is whole, and what enters a stage is what leaves it. Open applications flow to "Waiting".
    """
    from offercast.evidence.flows import flows
    from offercast.files import refuse_to_overwrite, write_atomically
    from offercast.report.sankey import sankey_text

    if common.source.suffix == FIT_SUFFIX:
        raise CommandError(f"{common.source} is a fit, which knows no single application: give the log.")
    if plot:
        if plot.suffix != ".svg":
            raise CommandError(f"--plot {plot}: the name of a picture ends in .svg.")
        refuse_to_overwrite(plot, force=force)
    history, evidence = read_log(common)
    found = flows(history, as_of=evidence.as_of)
    click.echo(sankey_text(found, history.ladder, as_of=evidence.as_of), nl=False)
    if plot:
        from offercast.report.figures import svg
        from offercast.report.plot_sankey import plot_sankey

        write_atomically(plot, svg(plot_sankey(found, history.ladder, as_of=evidence.as_of)).encode())
        if not common.quiet:
            click.echo(f"picture written: {plot}", err=True)
