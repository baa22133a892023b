"""`offercast insights LOG|FIT`."""

from __future__ import annotations

import click

from offercast.cli.options import FIT_SUFFIX, Common, common_options, finish, fit_evidence, posterior_of, read_log


@click.command(
    "insights",
    epilog="Examples:  offercast insights my_log.csv    offercast insights my_fit.npz    (a fit knows no order)",
)
@common_options()
def command(common: Common) -> None:
    """Say what stands out in a log, in sentences that carry their numbers, and only what the numbers support."""
    from offercast.decisions.insights import insights

    if common.source.suffix == FIT_SUFFIX:
        posterior, history = posterior_of(common), None
    else:
        history, evidence = read_log(common)
        posterior = fit_evidence(common, evidence)
    found = insights(posterior, history)
    if common.as_json:
        from offercast.report.insights import insights_json
        from offercast.report.json import to_json

        click.echo(to_json("insights", insights_json(found, posterior)))
    else:
        from offercast.report.insights import insights_text
        from offercast.report.text import trust_line

        click.echo(f"{insights_text(found, posterior)}\n\n{trust_line(posterior)}")
    finish(posterior)
