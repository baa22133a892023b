"""`offercast models`: list, show, check, edit, learn and compare."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from offercast.cli import terminal
from offercast.cli.options import DEFAULT_SEED, Day, examples
from offercast.errors import CommandError
from offercast.files import refuse_to_overwrite, write_atomically

if TYPE_CHECKING:
    from offercast.modelfile import ModelFile
    from offercast.priors import Kind, Said

DEFAULT_TRACKS = 3

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
_TRACKS = click.option(
    "--tracks",
    type=click.IntRange(1, 50),
    default=DEFAULT_TRACKS,
    show_default=True,
    help="How many role tracks the person has.",
)
_WEIGHT = click.option(
    "--prior-weight", type=float, help="Count the priors so much; 1 as they stand, 0.25 makes them twice as wide."
)


@click.group(
    "models",
    invoke_without_command=True,
    epilog=examples(
        "offercast models show blueprint",
        'offercast models edit blueprint -o my_model.toml --step "applied->response" --counts 9/60',
    ),
)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Show, check and edit model files: a ladder, its assumptions, and every prior with its source.

    Without a command it lists the files that ship.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_command, as_json=False)


@command.command(
    "list",
    epilog=examples(
        "offercast models list",
        "offercast models list --json",
    ),
)
@_JSON
def list_command(as_json: bool) -> None:
    """List the model files that ship, with the question that each answers."""
    from offercast.modelfile import list_models, load_model
    from offercast.report.models import list_json, list_text

    found = [load_model(name) for name in list_models()]
    _print("models-list", as_json, lambda: list_json(found), lambda: list_text(found))


@command.command(
    "show",
    epilog=examples(
        "offercast models show blueprint",
        "offercast models show my_model.toml --json",
    ),
)
@click.argument("model", metavar="NAME|FILE", default="blueprint")
@_WEIGHT
@_JSON
def show(model: str, prior_weight: float | None, as_json: bool) -> None:
    """Show every prior in words, with its reason and its source."""
    from offercast.report.models import show_json, show_text

    chosen = read_model(model, prior_weight)
    _print("models-show", as_json, lambda: show_json(chosen), lambda: show_text(chosen))


@command.command(
    "check",
    epilog=examples(
        "offercast models check my_model.toml",
        "offercast models check blueprint --plot priors.svg",
    ),
)
@click.argument("model", metavar="NAME|FILE", default="blueprint")
@_TRACKS
@_WEIGHT
@click.option("--plot", type=click.Path(path_type=Path), help="Draw what the priors mean into this file (.svg).")
@click.option("--force", is_flag=True, help="Replace the picture if it exists.")
@click.option("-q", "--quiet", is_flag=True, help="No messages.")
@_JSON
def check(
    model: str, tracks: int, prior_weight: float | None, plot: Path | None, force: bool, quiet: bool, as_json: bool
) -> None:
    """Check a model file, and show what its priors mean together: how far applications come, what an offer takes."""
    from offercast.inference.prior import prior_pictures, prior_predictive
    from offercast.report.models import check_json, check_text

    if plot:
        if plot.suffix != ".svg":
            raise CommandError(f"--plot {plot}: the name of a picture ends in .svg.")
        refuse_to_overwrite(plot, force=force)
    chosen = read_model(model, prior_weight)
    found = prior_predictive(chosen, tracks=tracks)
    if plot:
        from offercast.report.pictures import prior_svg

        write_atomically(plot, prior_svg(chosen, prior_pictures(chosen, tracks=tracks)).encode())
        if not quiet:
            click.echo(f"picture written: {plot}", err=True)
    _print("models-check", as_json, lambda: check_json(chosen, found), lambda: check_text(chosen, found))


@command.command(
    "edit",
    epilog=examples(
        'offercast models edit blueprint -o my_model.toml --step "applied->response" --chance 0.2 --between 0.1 0.35',
        'offercast models edit my_model.toml -o mine.toml --step "applied->response" --answer no --days 20 --between 10 40',
    ),
)
@click.argument("model", metavar="NAME|FILE")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="The copy with the change (.toml)."
)
@click.option("--step", required=True, help='The step by both its stages, such as "applied->response".')
@click.option("--chance", type=float, help="Of people like you, half have a chance below this (0 to 1).")
@click.option("--days", type=float, help="Of people like you, half wait less than this for half of the answers.")
@click.option("--between", type=float, nargs=2, help="The range that holds 8 people like you in 10.")
@click.option("--counts", metavar="M/N", help="Instead: of N that you sent in an earlier search, M moved on.")
@click.option(
    "--answer",
    type=click.Choice(["yes", "no"]),
    default="yes",
    show_default=True,
    help="Whether it is about moving on, or about being told no otherwise.",
)
@click.option("--reason", default="given by the user", show_default=True, help="Why, in a few words.")
@click.option("--source", default="given by the user", show_default=True, help="Where the numbers come from.")
@click.option("--year", type=click.IntRange(1900, 2200), help="The year of the source. Default: this year.")
@_TRACKS
@click.option("--force", is_flag=True, help="Replace the output file if it exists.")
@click.option("-q", "--quiet", is_flag=True, help="No messages.")
@_JSON
def edit(
    model: str,
    output: Path,
    step: str,
    chance: float | None,
    days: float | None,
    between: tuple[float, float] | None,
    counts: str | None,
    answer: str,
    reason: str,
    source: str,
    year: int | None,
    tracks: int,
    force: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Write a copy of a model file with one prior changed to what you know of people like you.

    Give a middle and a range (--chance or --days, with --between), or the counts of an earlier search (--counts). Not
    those of the log that you will fit: they would count twice.
    """
    from offercast.cli.options import today
    from offercast.inference.prior import prior_predictive
    from offercast.priors import edit_prior, prior_range
    from offercast.report.models import edit_json, edit_text

    if output.suffix != ".toml":
        raise CommandError(f"-o {output}: the name of a model file ends in .toml.")
    refuse_to_overwrite(output, force=force)
    chosen = read_model(model, None)
    kind, said = _said(chance, days, between, counts, answer)
    edited = edit_prior(
        chosen, step, kind, said, name=output.stem, reason=reason, source=source, year=year or today().year
    )
    effect = (prior_predictive(chosen, tracks=tracks), prior_predictive(edited, tracks=tracks))
    before, now = (prior_range(getattr(m.step_prior(step), kind)) for m in (chosen, edited))
    write_atomically(output, edited.text.encode())
    if not quiet:
        click.echo(f"written: {output}; use it with --model {output}", err=True)
        if counts:
            click.echo("note: fit a log without these applications, or they count twice", err=True)
    _print(
        "models-edit",
        as_json,
        lambda: edit_json(step, kind, before, now, effect),
        lambda: edit_text(chosen.ladder, step, kind, before, now, effect),
    )


@command.command(
    "learn",
    epilog=examples(
        "offercast models learn cohort.parquet -o ours.toml",
        "offercast models learn cohort.parquet -o ours.toml --workers 2 --no-check --json",
    ),
)
@click.argument("cohort", metavar="COHORT", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The learned model file (.toml).")
@click.option("--model", default="blueprint", show_default=True, help="The model file to start from.")
@click.option("--table", help="Of a database: the table or view, or a query that begins with SELECT.")
@click.option("--as-of", type=Day(), help="The day of the look. Default: today.")
@click.option("--seekers", type=click.IntRange(20), default=2000, show_default=True, help="Learn from so many at most.")
@click.option(
    "--no-check", "checked", is_flag=True, default=True, flag_value=False,
    help="Do not see whether what one half teaches forecasts the other half better.",
)  # fmt: skip
@click.option(
    "--workers", type=click.IntRange(1, 512), default=1, show_default=True, help="Processes; the file is the same."
)
@click.option("--scheduler", metavar="ADDRESS", help="A running Dask scheduler instead (needs the extra [dask]).")
@click.option("--seed", type=click.IntRange(0), default=DEFAULT_SEED, show_default=True, help="Of all random numbers.")
@click.option("--force", is_flag=True, help="Replace the output file if it exists.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no messages.")
@_JSON
def learn(
    cohort: Path,
    output: Path,
    model: str,
    table: str | None,
    as_of: date | None,
    seekers: int,
    checked: bool,
    workers: int,
    scheduler: str | None,
    seed: int,
    force: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Learn from a cohort how much people differ, and write it as a model file for the next one.

    What fewer than 20 seekers tell about stays as it is in the file to start from. Then one half of the cohort is learned
    from, and the other half forecast with it and without: it is said whether that helped. Needs the extra [cohort].
    """
    from tempfile import TemporaryDirectory

    from offercast.cli.cohort import workers_of
    from offercast.cli.options import today
    from offercast.cli.progress import progress
    from offercast.cohort.learn import learn as learned_from
    from offercast.cohort.source import open_cohort
    from offercast.cohort.transport import FEWEST, transport
    from offercast.report.learned import learned_json, learned_text

    if output.suffix != ".toml":
        raise CommandError(f"-o {output}: the name of a model file ends in .toml.")
    refuse_to_overwrite(output, force=force)
    chosen, day = read_model(model, None), as_of or today()
    with TemporaryDirectory(prefix="offercast-") as work, progress(quiet=quiet, patience=0.0) as report:
        found = open_cohort(cohort, work=Path(work), table=table)
        where = workers_of(workers, scheduler)
        made = learned_from(
            found, chosen, today=day, name=output.stem, seed=seed, seekers=seekers, workers=where, progress=report
        )
        carried = None
        if checked and found.seekers >= FEWEST:
            carried = transport(found, chosen, today=day, name=output.stem, seed=seed, workers=where, progress=report)
    write_atomically(output, made.model.text.encode())
    if not quiet:
        click.echo(f"written: {output}; use it with --model {output}", err=True)
        if checked and carried is None:
            click.echo(f"note: with fewer than {FEWEST} seekers it cannot be seen whether this carries over", err=True)
    _print("models-learn", as_json, lambda: learned_json(made, carried), lambda: learned_text(made, carried))


@command.command(
    "compare",
    epilog=examples(
        "offercast models compare blueprint my_model.toml",
        "offercast models compare blueprint my_model.toml --json",
    ),
)
@click.argument("first", metavar="NAME|FILE")
@click.argument("second", metavar="NAME|FILE")
@_TRACKS
@_JSON
def compare(first: str, second: str, tracks: int, as_json: bool) -> None:
    """Show what is different between two model files, prior by prior, and what it means for a whole search."""
    from offercast.inference.prior import prior_predictive
    from offercast.report.models import compare_json, compare_text

    models = (read_model(first, None), read_model(second, None))
    if models[0].ladder != models[1].ladder:
        raise CommandError("these model files are for different ladders: their priors are not of the same things.")
    effect = tuple(prior_predictive(model, tracks=tracks) for model in models)
    _print("models-compare", as_json, lambda: compare_json(models, effect), lambda: compare_text(models, effect))


def read_model(name_or_path: str, weight: float | None) -> ModelFile:
    """Read a model file, with another weight of its priors where one is given."""
    from offercast.modelfile import load_model
    from offercast.priors import weigh_priors

    chosen = load_model(name_or_path)
    return chosen if weight is None else weigh_priors(chosen, weight)


def _said(
    chance: float | None, days: float | None, between: tuple[float, float] | None, counts: str | None, answer: str
) -> tuple[Kind, Said]:
    """Which prior is meant, and what was said of it."""
    from offercast.priors import chance_between, chance_from_counts, days_between

    given = [
        name for name, value in (("--chance", chance), ("--days", days), ("--counts", counts)) if value is not None
    ]
    if len(given) != 1:
        raise CommandError("give one of --chance, --days and --counts: a middle with --between, or M/N.")
    of_chance, of_wait = ("advance", "advance_wait") if answer == "yes" else ("told_no", "no_wait")
    if counts is not None:
        numbers = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", counts)
        if between or not numbers:
            raise CommandError(f"--counts {counts}: write M/N, such as 9/60, and no --between.")
        return of_chance, chance_from_counts(int(numbers[1]), int(numbers[2]))
    if between is None:
        raise CommandError(f"{given[0]} needs its range: add --between LOW HIGH, which holds 8 people like you in 10.")
    if chance is not None:
        return of_chance, chance_between(chance, *between)
    assert days is not None
    return of_wait, days_between(days, *between)


def _print(kind: str, as_json: bool, body, text) -> None:  # noqa: ANN001 - two functions without arguments
    """Print one of the two, and compute no other."""
    if as_json:
        from offercast.report.json import to_json

        click.echo(to_json(kind, body()))
    else:
        terminal.show(text)
