"""What the commands share: options, reading a log or a fit, fitting with progress, and printing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING

import click

from offercast.errors import CommandError
from offercast.history.dates import NotADateError, parse_day

if TYPE_CHECKING:
    from offercast.evidence.evidence import Evidence
    from offercast.evidence.groups import Grouping
    from offercast.history.records import History
    from offercast.inference.posterior import Posterior
    from offercast.modelfile import ModelFile

FIT_SUFFIX = ".npz"
DEFAULT_SEED = 1


class Day(click.ParamType):
    """An ISO day."""

    name = "date"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read the day, or fail with what to write instead."""
        if isinstance(value, date):
            return value
        try:
            return parse_day(value)
        except NotADateError:
            self.fail(f'"{value}" is not a date. Write YYYY-MM-DD.', param, ctx)


@dataclass(frozen=True)
class Common:
    """The options of every command that reads a log or a fit."""

    source: Path
    mapping: Path | None
    model: str
    as_of: date | None
    assume_age: int | None
    engine: str
    seed: int
    as_json: bool
    quiet: bool
    cache: bool
    prior_weight: float | None = None
    vary_by: Grouping | None = None
    columns: tuple[str, ...] = ()

    @cached_property
    def model_file(self) -> ModelFile:
        """The model file, read once, with the weight of its priors that was asked for."""
        from offercast.modelfile import load_model

        model = load_model(self.model)
        if self.prior_weight is None:
            return model
        from offercast.priors import weigh_priors

        return weigh_priors(model, self.prior_weight)


def common_options(*, fits: bool = True, source: str = "LOG|FIT", json: bool = True) -> Callable[[Callable], Callable]:
    """The argument LOG (or LOG|FIT) and the shared options, handed to the command as one `Common`."""
    options = [
        click.argument("source", metavar=source if fits else "LOG", type=click.Path(path_type=Path)),
        click.option("--map", "mapping", type=click.Path(path_type=Path), help="A TOML file that says what columns and statuses mean."),
        click.option("--column", "columns", multiple=True, metavar="HEADER=ROLE", help="What one column means, such as Team=track, without a file."),
        click.option("--model", default="blueprint", show_default=True, help="A model file: a name or a path to a .toml file."),
        click.option("--as-of", type=Day(), help="The last day that the log knows (YYYY-MM-DD). Default: today, if the log is kept up to date, else its last day."),
        click.option("--assume-age", type=click.IntRange(0, 3650), help="Days since sending, for open applications without any date."),
        click.option("--seed", type=click.IntRange(0), default=DEFAULT_SEED, show_default=True, help="Of all random numbers."),
        *([click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")] if json else []),
        click.option("-q", "--quiet", is_flag=True, help="No progress and no messages."),
    ]  # fmt: skip
    if fits:
        options += [
            click.option("--engine", type=click.Choice(["quick", "nuts", "independent"]), default="quick", show_default=True, help="The full model, by our sampler or by PyMC; or the closed-form baseline."),
            click.option("--prior-weight", type=float, help="Count the priors of the model file so much: 1 as they stand, 0.25 makes them twice as wide."),
            click.option("--vary-by", type=click.Choice(["month", "season", "company", "title"]), help="Let the chance of the first step vary by the month, season, company or title of an application."),
            click.option("--no-cache", "cache", is_flag=True, default=True, flag_value=False, help="Fit anew, and keep nothing in the cache folder."),
        ]  # fmt: skip

    def decorate(command: Callable) -> Callable:
        @wraps(command)
        def run(**given: object) -> None:
            names = Common.__dataclass_fields__
            defaults = {"engine": "quick", "cache": True, "as_json": False, "columns": ()}
            shared = {name: given.pop(name, defaults.get(name)) for name in names}
            command(Common(**shared), **given)  # ty: ignore[invalid-argument-type]

        for option in reversed(options):
            run = option(run)
        return run

    return decorate


def examples(*lines: str) -> str:
    """The end of a command's help: one example a line, as it would be typed."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


@dataclass(frozen=True)
class TextOutput:
    """Where a command's text goes: a file, or the standard output."""

    path: Path | None
    force: bool

    def check(self) -> None:
        """Raise OutputError before any work is done, if the file is there and may not be replaced."""
        from offercast.files import refuse_to_overwrite

        if self.path:
            refuse_to_overwrite(self.path, force=self.force)

    def write(self, text: str, *, quiet: bool) -> None:
        """Print the text, or write it for its owner's eyes only."""
        from offercast.files import write_atomically

        if self.path is None:
            click.echo(text, nl=False)
            return
        write_atomically(self.path, text.encode(), private=True)
        if not quiet:
            click.echo(f"written: {self.path}", err=True)


def log_options(command: Callable) -> Callable:
    """The argument FILE and the options of commands that turn a log into another one."""
    options = [
        click.argument("source", metavar="FILE", type=click.Path(path_type=Path)),
        click.option("--map", "mapping", type=click.Path(path_type=Path), help="A TOML file that says what columns and statuses mean."),
        click.option("--column", "columns", multiple=True, metavar="HEADER=ROLE", help="What one column means, such as Team=track, without a file."),
        click.option("--model", default="blueprint", show_default=True, help="A model file: a name or a path to a .toml file."),
        click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file (.csv) instead of printing."),
        click.option("--force", is_flag=True, help="Replace the output file if it exists."),
        click.option("-q", "--quiet", is_flag=True, help="No messages, no questions."),
    ]  # fmt: skip

    @wraps(command)
    def run(*, output: Path | None, force: bool, **given: object) -> None:
        command(output=TextOutput(output, force), **given)

    for option in reversed(options):
        run = option(run)
    return run


def say_notes(history: History, notes: Iterable[str], *, quiet: bool) -> None:
    """Say how a log was read, on the standard error stream."""
    from offercast.report.log import shape_text

    if quiet:
        return
    span = f"{history.first_date} to {history.last_date}" if history.first_date else "no dates"
    click.echo(f"read {len(history.applications):,} applications, {span} ({shape_text(history.reading)})", err=True)
    for note in notes:
        click.echo(f"note: {note}", err=True)


def say(common: Common, message: str) -> None:
    """Print a message about the work on the standard error stream."""
    if not common.quiet:
        click.echo(message, err=True)


def read_log(common: Common) -> tuple[History, Evidence]:
    """Read the log, count it, and say what was read and guessed."""
    from offercast.cli.logs import open_log
    from offercast.evidence.evidence import gather
    from offercast.report.log import notes, reading_line

    model = common.model_file
    ask = not common.quiet and not common.as_json
    history = open_log(common.source, common.mapping, model.ladder, ask=ask, columns=common.columns)
    now = today()
    history, later = history.until(max(now, common.as_of or now))
    if later:
        say(common, f"note: dated after today and not counted: {later} (a mistyped year, or still to come)")
    as_of = common.as_of or history.as_of(now)
    if common.as_of:
        why = "as given"
    elif as_of == now:
        why = "today"
    else:
        why = "the log's last day"
    if history.first_date and as_of < history.first_date:
        raise CommandError(f"--as-of {as_of} is before the first day of the log, {history.first_date}.")
    age = model.assumptions.unknown_age_days if common.assume_age is None else common.assume_age
    evidence = gather(history, as_of=as_of, unknown_age_days=age, vary_by=common.vary_by)
    say(common, reading_line(history, evidence, why))
    for note in notes(history, evidence):
        say(common, f"note: {note}")
    if common.as_of is None:
        _say_age(common, as_of, "if you looked later, add --as-of DATE")
    return history, evidence


def posterior_of(common: Common) -> Posterior:
    """Load the fit, or read the log and fit it (taking the fit from the cache where it is there)."""
    if common.source.suffix == FIT_SUFFIX:
        return _load_fit(common)
    _, evidence = read_log(common)
    return fit_evidence(common, evidence)


def posterior_and_log(common: Common) -> tuple[Posterior, History | None]:
    """The same with the log itself, for what depends on single applications; None where a fit was given."""
    if common.source.suffix == FIT_SUFFIX:
        return _load_fit(common), None
    history, evidence = read_log(common)
    return fit_evidence(common, evidence), history


def _load_fit(common: Common) -> Posterior:
    from offercast.inference.storage import load_posterior

    ctx = click.get_current_context()
    fixed = {
        "mapping": "--map",
        "columns": "--column",
        "model": "--model",
        "as_of": "--as-of",
        "assume_age": "--assume-age",
        "engine": "--engine",
        "prior_weight": "--prior-weight",
        "vary_by": "--vary-by",
    }
    for name, option in fixed.items():
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise CommandError(f"{option} belongs to a log; {common.source} is a fit and was made already.")
    posterior = load_posterior(common.source)
    evidence = posterior.evidence
    say(common, f"loaded a fit of {evidence.sent:,} applications, as of {evidence.as_of}")
    _say_age(common, evidence.as_of, "if the log has gone on, fit it again")
    return posterior


def today() -> date:
    """The user's own calendar day."""
    return date.today()  # noqa: DTZ011 - the user's own calendar day is meant


def _say_age(common: Common, as_of: date, repair: str) -> None:
    """Say so where the numbers are those of some time ago."""
    days = (today() - as_of).days
    if days > 0:
        say(common, f"note: this is the view of {as_of}, {days:,} days ago; {repair}")


def fit_evidence(common: Common, evidence: Evidence) -> Posterior:
    """Fit, with progress on the standard error stream."""
    from offercast.cli.cache import cached_fit
    from offercast.cli.progress import progress
    from offercast.inference.fit import fit

    model = common.model_file

    def run() -> Posterior:
        with progress(quiet=common.quiet, patience=0.0) as report:
            return fit(evidence, model=model, engine=common.engine, seed=common.seed, progress=report)

    posterior = cached_fit(evidence, model, common.engine, common.seed, run) if common.cache else run()
    if posterior.health.faults:
        say(common, "WARNING: the sampler's diagnostics are poor: " + "; ".join(posterior.health.faults))
    return posterior


def finish(posterior: Posterior) -> None:
    """Leave with exit code 5 where the fit is not healthy: what there is has been shown."""
    if posterior.health.verdict != "good":
        sys.stdout.flush()
        raise click.exceptions.Exit(5)
