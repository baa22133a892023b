"""`offercast fit LOG`."""

from __future__ import annotations

from pathlib import Path

import click

from offercast.cli.options import FIT_SUFFIX, Common, common_options, examples, finish, posterior_of, say
from offercast.cli.terminal import show
from offercast.errors import CommandError
from offercast.files import refuse_to_overwrite


@click.command(
    "fit",
    epilog=examples(
        "offercast fit my_log.csv",
        "offercast fit my_log.csv -o my_fit.npz",
    ),
)
@common_options()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Keep the fit in this file (.npz) for other commands.",
)
@click.option("--force", is_flag=True, help="Replace the output file if it exists.")
def command(common: Common, output: Path | None, force: bool) -> None:
    """Estimate how likely each step is, how long answers take, and how many applications an offer takes."""
    if output:
        if output.suffix != FIT_SUFFIX:
            raise CommandError(f"-o {output}: the name of a fit ends in {FIT_SUFFIX}.")
        refuse_to_overwrite(output, force=force)
    posterior = posterior_of(common)
    if common.as_json:
        from offercast.report.honesty import honesty_json
        from offercast.report.json import fit_json, to_json

        click.echo(to_json("fit", fit_json(posterior) | honesty_json(posterior)))
    else:
        from offercast.report.honesty import fit_trust
        from offercast.report.text import rates_text

        show(lambda: rates_text(posterior), lambda: fit_trust(posterior))
    if output:
        posterior.save(output, force=force)
        say(common, f"kept in {output}")
    finish(posterior)
