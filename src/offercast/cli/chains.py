"""`offercast chains LOG`."""

from __future__ import annotations

import click

from offercast.cli.options import FIT_SUFFIX, Common, common_options, examples, finish, fit_evidence, read_log, say
from offercast.cli.terminal import show
from offercast.errors import CommandError


@click.command(
    "chains",
    epilog=examples(
        "offercast chains my_log.csv",
        "offercast chains my_log.csv --as-of 2026-06-30 --json",
    ),
)
@common_options(source="LOG")
def command(common: Common) -> None:
    """Trace every offer back to its first link, years ago perhaps, and say what each kind of first link has led to.

    The column came_from of LOG says where an application came from: the id of another one, "contact: Ana", or
    "event: PyCon (2023-10-05)".
    """
    from offercast.decisions.chains import chains

    if common.source.suffix == FIT_SUFFIX:
        raise CommandError(f"{common.source} is a fit, which knows no single application: give the log.")
    history, evidence = read_log(common)
    posterior = fit_evidence(common, evidence)
    found = chains(history, as_of=evidence.as_of, posterior=posterior, unknown_age_days=evidence.unknown_age_days)
    for note in found.notes:
        say(common, f"note: {note}")
    if common.as_json:
        from offercast.report.json import to_json
        from offercast.report.json_decisions import chains_json

        click.echo(to_json("chains", chains_json(found)))
    else:
        from offercast.report.chains import chains_text
        from offercast.report.text import trust_line

        show(lambda: chains_text(found, history.ladder), lambda: trust_line(posterior))
    finish(posterior)
