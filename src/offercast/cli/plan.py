"""`offercast plan LOG|FIT`."""

from __future__ import annotations

from datetime import date

import click

from offercast.cli.options import Common, Day, common_options, examples, finish, posterior_of
from offercast.cli.plans import PlanOptions, plan_options, read_plan
from offercast.cli.terminal import show
from offercast.errors import CommandError


class Chance(click.ParamType):
    """A chance, as 0.8 or 80%."""

    name = "chance"

    def convert(self, value: float | str, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read the chance, or fail with what to write instead."""
        if not isinstance(value, str):
            return float(value)
        text = value.strip()
        try:
            return float(text.removesuffix("%")) / 100 if text.endswith("%") else float(text)
        except ValueError:
            self.fail(f'"{value}" is not a chance. Write 0.8 or 80%.', param, ctx)


@click.command(
    "plan",
    epilog=examples(
        "offercast plan my_log.csv --by 2027-03-01",
        'offercast plan my_fit.npz --by 2027-03-01 --chance 50% --per-week "Sales Engineer=2" --per-week "Developer Advocate=1"',
    ),
)
@common_options()
@click.option("--by", type=Day(), required=True, help="The day by which there should be an offer.")
@click.option("--chance", type=Chance(), default=0.8, show_default=True, help="How likely it should be, as 0.8 or 80%.")
@click.option(
    "--most", type=float, default=40.0, show_default=True, help="The highest pace to propose, in applications a week."
)
@plan_options
def command(common: Common, options: PlanOptions, by: date, chance: float, most: float) -> None:
    """Work backwards from a date: the pace that it takes, and how far that many applications get.

    --per-week gives the mix: only its proportions count.
    """
    from offercast.cli.progress import progress
    from offercast.decisions.backwards import work_backwards

    if options.counts or options.budget is not None or options.costs:
        raise CommandError(
            "working backwards takes weeks that vary by chance: leave out --counts, --budget and --cost."
        )
    posterior = posterior_of(common)
    weeks = max(-(-(by - posterior.evidence.as_of).days // 7), 1)
    plan = read_plan(posterior, options, weeks=weeks)
    with progress(quiet=common.quiet) as report:
        found = work_backwards(
            posterior, plan, by=by, chance=chance, most_per_week=most, seed=common.seed, progress=report
        )
    if common.as_json:
        from offercast.report.json import plan_json, to_json

        click.echo(to_json("plan", plan_json(found)))
    else:
        from offercast.report.decisions import backwards_text
        from offercast.report.text import trust_line

        show(lambda: backwards_text(found, posterior.ladder), lambda: trust_line(posterior))
    finish(posterior)
