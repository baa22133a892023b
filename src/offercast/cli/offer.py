"""`offercast offer LOG|FIT`."""

from __future__ import annotations

from datetime import date

import click

from offercast.cli.options import Common, Day, common_options, examples, finish, posterior_of
from offercast.cli.plans import PlanOptions, plan_options, read_plan
from offercast.cli.terminal import show


@click.command(
    "offer",
    epilog=examples(
        "offercast offer my_log.csv --value 62000 --answer-by 2027-03-01",
        "offercast offer my_fit.npz --value 62000 --usual 65000 --cost-per-week 900 --answer-by 2027-03-01",
    ),
)
@common_options()
@click.option("--value", type=float, required=True, help="What the offer in hand is worth to you, a year.")
@click.option("--answer-by", type=Day(), required=True, help="The day on which your answer is due.")
@click.option(
    "--usual", type=float, help="What a later offer would usually be worth, a year. Default: as much as this one."
)
@click.option(
    "--spread",
    type=click.FloatRange(0, 3),
    default=0.15,
    show_default=True,
    help="How much offers differ: 0.15 means that two in three lie within 15 % of the usual one.",
)
@click.option(
    "--cost-per-week",
    type=click.FloatRange(0),
    help="What a week without this job costs you. Default: a week of its value; 0 if you are employed and content.",
)
@click.option(
    "--stay",
    "stay_years",
    type=click.FloatRange(0, 50, min_open=True),
    default=2.0,
    show_default=True,
    help="How many years of a job to count.",
)
@click.option(
    "--nothing", type=float, default=0.0, show_default=True, help="What it is worth in all to end without an offer."
)
@click.option("--weeks", type=click.IntRange(1, 500), default=52, show_default=True, help="How long you would go on.")
@plan_options
def command(
    common: Common,
    options: PlanOptions,
    value: float,
    answer_by: date,
    usual: float | None,
    spread: float,
    cost_per_week: float | None,
    stay_years: float,
    nothing: float,
    weeks: int,
) -> None:
    """Weigh an offer in hand against waiting for a better one."""
    from offercast.cli.progress import progress
    from offercast.decisions.offer import Worth, weigh_offer

    posterior = posterior_of(common)
    held = max((answer_by - posterior.evidence.as_of).days, 0)
    plan = read_plan(posterior, options, weeks=weeks + -(-held // 7))
    worth = Worth(
        usual=value if usual is None else usual,
        spread=spread,
        per_week=value / 52 if cost_per_week is None else cost_per_week,
        stay_years=stay_years,
        nothing=nothing,
    )
    with progress(quiet=common.quiet) as report:
        advice = weigh_offer(
            posterior, plan, value=value, worth=worth, answer_by=answer_by, horizon_weeks=weeks, progress=report
        )
    if common.as_json:
        from offercast.report.json import offer_json, to_json

        click.echo(to_json("offer", offer_json(advice, plan)))
    else:
        from offercast.report.offer import offer_text
        from offercast.report.text import trust_line

        show(lambda: offer_text(advice, plan), lambda: trust_line(posterior))
    finish(posterior)
