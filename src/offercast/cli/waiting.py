"""`offercast waiting LOG|FIT`."""

from __future__ import annotations

import click

from offercast.cli.options import FIT_SUFFIX, Common, common_options, finish, fit_evidence, posterior_of, read_log


@click.command(
    "waiting",
    epilog="Examples:  offercast waiting my_log.csv    offercast waiting my_log.csv --all    (a fit knows no names)",
)
@common_options()
@click.option("--all", "everything", is_flag=True, help="Show every open application, not only the likeliest.")
def command(common: Common, *, everything: bool) -> None:
    """Say for every open application how likely it still moves on, and until when to expect an answer."""
    from offercast.decisions.waiting import counted_applications, open_applications, waiting

    if common.source.suffix == FIT_SUFFIX:
        posterior = posterior_of(common)
        applications = counted_applications(posterior)
    else:
        history, evidence = read_log(common)
        posterior = fit_evidence(common, evidence)
        applications = open_applications(history, as_of=evidence.as_of, unknown_age_days=evidence.unknown_age_days)
    silence = waiting(posterior, applications)
    if common.as_json:
        from offercast.report.json import to_json, waiting_json

        click.echo(to_json("waiting", waiting_json(silence, posterior)))
    else:
        from offercast.report.decisions import waiting_text
        from offercast.report.text import trust_line

        click.echo(f"{waiting_text(silence, posterior.ladder, everything=everything)}\n\n{trust_line(posterior)}")
    finish(posterior)
