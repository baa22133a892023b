"""`offercast cohort`: many seekers at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from offercast.cli import terminal
from offercast.cli.options import DEFAULT_SEED, Day, examples, today
from offercast.errors import CommandError
from offercast.files import refuse_to_overwrite, write_atomically

if TYPE_CHECKING:
    from offercast.cohort.driver import Workers

_QUIET = click.option("-q", "--quiet", is_flag=True, help="No progress and no messages.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


@click.group(
    "cohort",
    epilog=examples(
        "offercast cohort run logs_of_my_seekers/ -o new_week --names",
        "offercast cohort show this_week --page this_week.html",
    ),
)
def command() -> None:
    """Many seekers: fit and forecast each of them, and say whom to call first.

    A cohort is a folder of logs (one file a seeker, in any form), a CSV or Parquet file of canonical events with a
    column "seeker", or a SQLite or DuckDB database. Needs the extra [cohort].
    """


def workers_of(number: int, scheduler: str | None) -> Workers:
    """Processes of this machine, or a cluster."""
    from offercast.cohort.executors import Cluster, Processes

    return Cluster(scheduler) if scheduler else Processes(number)


@command.command(
    "run",
    epilog=examples(
        "offercast cohort run logs_of_my_seekers/ -o new_week --names",
        "offercast cohort run cohort.parquet -o out --workers 2 --back 0",
    ),
)
@click.argument("source", metavar="COHORT", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="The folder for the rows; a run that was stopped goes on in it.",
)
@click.option("--table", help="Of a database: the table or view, or a query that begins with SELECT.")
@click.option(
    "--map",
    "mapping",
    type=click.Path(path_type=Path),
    help="A TOML file that says what columns and statuses mean, in all logs.",
)
@click.option("--model", default="blueprint", show_default=True, help="A model file: a name or a path to a .toml file.")
@click.option(
    "--as-of",
    type=Day(),
    help="The day of the look. Default: today, or the last day of a cohort that ended two weeks ago or more.",
)
@click.option(
    "--engine",
    type=click.Choice(["importance", "quick", "nuts"]),
    default="importance",
    show_default=True,
    help="How each seeker is fitted.",
)
@click.option(
    "--back",
    "back_days",
    type=click.IntRange(0, 365),
    default=28,
    show_default=True,
    help="Days before, to see whether a forecast has slipped; 0 for not, at half the cost.",
)
@click.option("--names", "named", is_flag=True, help="Keep the seekers' names. Without it each is a code.")
@click.option(
    "--workers",
    type=click.IntRange(1, 512),
    default=1,
    show_default=True,
    help="Processes of this machine; the rows are the same.",
)
@click.option("--scheduler", metavar="ADDRESS", help="A running Dask scheduler instead (needs the extra [dask]).")
@click.option("--seed", type=click.IntRange(0), default=DEFAULT_SEED, show_default=True, help="Of all random numbers.")
@_QUIET
def run(
    source: Path, output: Path, table: str | None, mapping: Path | None, model: str, as_of: date | None, engine: str,
    back_days: int, named: bool, workers: int, scheduler: str | None, seed: int, quiet: bool,
) -> None:  # fmt: skip
    """Fit and forecast every seeker, and keep a row about each in a folder.

    One bad log is told in its row and stops nobody else. A run that was killed goes on where it stopped.
    """
    from offercast.cli.progress import progress
    from offercast.cohort.run import run_cohort
    from offercast.history.mapping import read_mapping
    from offercast.modelfile import load_model

    chosen = load_model(model)
    with progress(quiet=quiet, patience=0.0) as report:
        done = run_cohort(
            source,
            output,
            today=as_of or today(),
            model=chosen,
            engine=engine,
            seed=seed,
            back_days=back_days,
            named=named,
            table=table,
            mapping=read_mapping(mapping, chosen.ladder) if mapping else None,
            workers=workers_of(workers, scheduler),
            progress=report,
        )
    if not quiet:
        bad = f"; {done.failed:,} of them could not be read (see `offercast cohort show`)" if done.failed else ""
        click.echo(f"{done.seekers:,} seekers as of {done.today}{bad}. Rows: {output}", err=True)


@command.command(
    "show",
    epilog=examples(
        "offercast cohort show this_week",
        "offercast cohort show this_week --totals --json",
        "offercast cohort show this_week --page this_week.html",
    ),
)
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--totals", "only_totals", is_flag=True, help="Only what tells nobody's own.")
@click.option(
    "--least", type=click.IntRange(2, 1000), default=5, show_default=True, help="Totals of fewer seekers are not told."
)
@click.option(
    "--most", type=click.IntRange(1, 10_000), default=20, show_default=True, help="Seekers shown for each reason."
)
@click.option("--page", type=click.Path(path_type=Path), help="Write it as one page (.html) instead.")
@click.option("--force", is_flag=True, help="Replace the page if it exists.")
@_QUIET
@_JSON
def show(
    folder: Path, only_totals: bool, least: int, most: int, page: Path | None, force: bool, quiet: bool, as_json: bool
) -> None:
    """Whom to call first and why, and the cohort in totals.

    In this order: logs that cannot be read, offers, logs with nothing new for weeks, nothing sent for four weeks, forecasts
    that have slipped, and steps that are passed less often than is usual.
    """
    from offercast.cohort.triage import triage
    from offercast.report.cohort import cohort_json, cohort_page, cohort_text

    if page and page.suffix != ".html":
        raise CommandError(f"--page {page}: the name of a page ends in .html.")
    if page and (only_totals or as_json):
        raise CommandError("--page goes with neither --totals nor --json.")
    if page:
        refuse_to_overwrite(page, force=force)
    found = triage(folder, least=least, shown=most)
    if page:
        from offercast.inference.fit import installed

        write_atomically(page, cohort_page(found, version=installed("offercast") or "").encode(), private=True)
        if not quiet:
            click.echo(f"written: {page}", err=True)
    elif as_json:
        from offercast.report.json import to_json

        click.echo(to_json("cohort", cohort_json(found, only_totals=only_totals)))
    else:
        terminal.show(lambda: cohort_text(found, only_totals=only_totals))
