"""`offercast simulate`: made-up logs of many seekers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from offercast.cli.options import DEFAULT_SEED, Day, examples, today
from offercast.errors import CommandError
from offercast.files import refuse_to_overwrite

SUFFIXES = (".parquet", ".csv")


@click.command(
    "simulate",
    epilog=examples(
        "offercast simulate --seekers 300 -o made_up.parquet",
        "offercast simulate --seekers 30 --model my_model.toml --per-week 6 -o made_up.csv",
    ),
)
@click.option("--seekers", type=click.IntRange(1, 10_000_000), required=True, help="How many.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="The cohort's log (.parquet or .csv), one row an event.",
)
@click.option("--model", default="blueprint", show_default=True, help="The model file that the worlds are drawn from.")
@click.option("--as-of", type=Day(), help="The last day. Default: today.")
@click.option(
    "--per-week",
    type=click.FloatRange(0.1, 100),
    default=3.5,
    show_default=True,
    help="Applications a week, in the middle of people.",
)
@click.option(
    "--weeks",
    type=click.FloatRange(2, 80),
    default=12,
    show_default=True,
    help="How long people search, in the middle.",
)
@click.option(
    "--given-up",
    type=click.FloatRange(0, 1),
    default=0.15,
    show_default=True,
    help="The share of logs that are not kept to the end.",
)
@click.option("--seed", type=click.IntRange(0), default=DEFAULT_SEED, show_default=True, help="Of all random numbers.")
@click.option("--force", is_flag=True, help="Replace the output file if it exists.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no messages.")
def command(
    seekers: int, output: Path, model: str, as_of: date | None, per_week: float, weeks: float, given_up: float,
    seed: int, force: bool, quiet: bool,
) -> None:  # fmt: skip
    """Make up a cohort: for planning, for trying things out, and to see what a model file means.

    Each seeker lives in a world drawn from the model file, with tracks, channels and a pace of their own, uneven weeks,
    quieter months, and a log that may be given up early. Needs the extra [cohort].
    """
    from offercast.cli.progress import progress
    from offercast.cohort.simulating import Habits, write_cohort
    from offercast.modelfile import load_model

    if output.suffix not in SUFFIXES:
        raise CommandError(f"-o {output}: the name ends in {' or '.join(SUFFIXES)}.")
    refuse_to_overwrite(output, force=force)
    habits = Habits(per_week=per_week, weeks=weeks, given_up=given_up)
    with progress(quiet=quiet) as report:
        events = write_cohort(
            output, load_model(model), seekers, seed=seed, as_of=as_of or today(), habits=habits, progress=report
        )
    if not quiet:
        click.echo(f"written: {output} ({events:,} events of {seekers:,} made-up seekers)", err=True)
