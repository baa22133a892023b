"""`offercast ledger LOG`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from offercast.cli.options import Common, common_options, examples, read_log
from offercast.cli.terminal import show

FILE_VARIABLE = "OFFERCAST_LEDGER"


def ledger_file() -> Path:
    """The file of kept forecasts: `OFFERCAST_LEDGER`, or the system's place for a user's data."""
    import platformdirs

    chosen = os.environ.get(FILE_VARIABLE)
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("offercast", appauthor=False)) / "ledger.jsonl"


@click.command(
    "ledger", epilog=examples("offercast ledger my_log.csv", "offercast ledger my_log.csv --as-of 2026-11-01 --json")
)
@common_options(fits=False)
def command(common: Common) -> None:
    """Set the forecasts that `forecast --keep` has kept of LOG beside what came.

    A stated chance is settled when its day has passed.
    """
    from offercast.trust.ledger import read_ledger, score, search_of

    history, evidence = read_log(common)
    search = search_of(common.source)
    rows = [one for one in read_ledger(ledger_file()) if one.search == search]
    found = score(rows, history, as_of=evidence.as_of)
    if common.as_json:
        from offercast.report.json import to_json
        from offercast.report.ledger import ledger_json

        click.echo(to_json("ledger", ledger_json(found)))
    else:
        from offercast.report.ledger import ledger_text

        show(lambda: ledger_text(found))
