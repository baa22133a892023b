"""`offercast forecast LOG|FIT`."""

from __future__ import annotations

from datetime import date

import click

from offercast.cli.options import Common, Day, common_options, finish, posterior_of


@click.command(
    "forecast",
    epilog='Examples:  offercast forecast my_log.csv --per-week 8    offercast forecast my_fit.npz --per-week "Developer=5" --per-week "Developer:referral=1" --by 2027-03-01',
)
@common_options()
@click.option(
    "--per-week",
    multiple=True,
    metavar="[TRACK[:CHANNEL]=]N",
    help="Applications a week: one total, or a number for each track. Default: your own pace of the last eight weeks.",
)
@click.option(
    "--pause",
    "pauses",
    multiple=True,
    metavar="FIRST/LAST",
    help="Days without sending, such as 2026-12-20/2027-01-05.",
)
@click.option("--weeks", type=click.IntRange(1, 520), default=52, show_default=True, help="How far to look.")
@click.option(
    "--by",
    "dates",
    type=Day(),
    multiple=True,
    help="Say the chance by this day; may be given more than once.",
)
@click.option(
    "--searches",
    type=click.IntRange(1_000, 5_000_000),
    default=100_000,
    show_default=True,
    help="How many searches to simulate.",
)
def command(
    common: Common,
    per_week: tuple[str, ...],
    pauses: tuple[str, ...],
    weeks: int,
    dates: tuple[date, ...],
    searches: int,
) -> None:
    """Forecast when the first offer comes, after how many applications, and where it comes from."""
    from offercast.cli.plans import check_dates, read_plan
    from offercast.forecast.engine import forecast_offer
    from offercast.report.text import default_dates

    posterior = posterior_of(common)
    plan = read_plan(posterior, per_week, pauses)
    check_dates(dates, posterior.evidence.as_of, weeks)
    outlook = forecast_offer(posterior, plan, horizon_weeks=weeks, searches=searches, seed=common.seed)
    days = dates or default_dates(outlook.as_of, weeks)
    if common.as_json:
        from offercast.report.json import outlook_json, to_json

        click.echo(to_json("forecast", outlook_json(outlook, days)))
    else:
        from offercast.report.text import forecast_text, trust_line

        click.echo(f"{forecast_text(outlook, days)}\n\n{trust_line(posterior)}")
    finish(posterior)
