"""`offercast forecast LOG|FIT`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from offercast.cli.limits import LimitOptions, limit_options
from offercast.cli.options import FIT_SUFFIX, Common, Day, common_options, examples, finish, posterior_of, say, today
from offercast.cli.plans import PlanOptions, plan_options
from offercast.cli.terminal import show
from offercast.errors import CommandError

if TYPE_CHECKING:
    from offercast.forecast.outlook import Outlook
    from offercast.forecast.plan import Plan
    from offercast.inference.posterior import Posterior


@click.command(
    "forecast",
    epilog=examples(
        "offercast forecast my_log.csv --per-week 8",
        'offercast forecast my_fit.npz --per-week "Sales Engineer=5" --per-week "Sales Engineer:referral=1" --by 2027-03-01',
        'offercast forecast my_log.csv --what-if "Sales Engineer=+3" --holidays DE',
    ),
)
@common_options()
@plan_options
@limit_options
@click.option("--weeks", type=click.IntRange(1, 520), default=52, show_default=True, help="How far to look.")
@click.option(
    "--by",
    "dates",
    type=Day(),
    multiple=True,
    help="Say the chance by this day; may be given more than once.",
)
@click.option(
    "--keep",
    "keeping",
    is_flag=True,
    help="Keep this forecast, to be scored by `offercast ledger` when its days have come.",
)
@click.option("--goal", metavar="STAGE", help="Ask for the first time at this stage, such as interview or accepted.")
@click.option(
    "--what-if",
    "changes",
    multiple=True,
    metavar="TRACK[:CHANNEL]=±N",
    help='Say what another pace changes: "Sales Engineer=+3" adds three a week, "Sales Engineer=8" sends eight.',
)
@click.option(
    "--contract-ends", type=Day(), help="Say the chance by the end of your contract, and what comes after it."
)
@click.option(
    "--market",
    "market_sd",
    type=click.FloatRange(0, 5),
    default=0.0,
    metavar="SD",
    help="Suppose a market that shifts all first replies together, by so much in log-odds. An assumption of yours.",
)
@click.option(
    "--searches",
    type=click.IntRange(1_000, 5_000_000),
    default=100_000,
    show_default=True,
    help="How many searches to simulate.",
)
@click.option("--check", "checking", is_flag=True, help="Compute the same chances by a second method, and compare.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Threads that share the work. Default: 1.")
def command(
    common: Common,
    options: PlanOptions,
    bounds: LimitOptions,
    weeks: int,
    dates: tuple[date, ...],
    keeping: bool,
    goal: str | None,
    changes: tuple[str, ...],
    contract_ends: date | None,
    market_sd: float,
    searches: int,
    checking: bool,
    workers: int,
) -> None:
    """Forecast when the first offer comes, after how many applications, and where it comes from."""
    from offercast.cli.plans import change_plan, check_dates, read_plan
    from offercast.forecast.engine import forecast_offer
    from offercast.forecast.events import forecast_events
    from offercast.report.outlook import Asked, change_text, check_text, default_dates, forecast_text

    if keeping:
        _check_keeping(common, plain=not (goal or market_sd or bounds.limits()))
    posterior = posterior_of(common)
    as_of = posterior.evidence.as_of
    plan = read_plan(posterior, options, weeks=weeks)
    check_dates("--by", dates, as_of, weeks)
    check_dates("--contract-ends", (contract_ends,) if contract_ends else (), as_of, weeks)
    limits = bounds.limits()
    if limits is not None and (goal or market_sd or checking or workers > 1):
        raise CommandError("with limits only the offer is forecast: leave out --goal, --market, --check and --workers.")

    def forecast(chosen: Plan) -> Outlook:
        if limits is not None:
            return forecast_events(posterior, chosen, limits, horizon_weeks=weeks, searches=searches, seed=common.seed)
        return forecast_offer(
            posterior, chosen, horizon_weeks=weeks, searches=searches, seed=common.seed, goal=goal,
            market_sd=market_sd, workers=workers,
        )  # fmt: skip

    outlook = forecast(plan)
    other = forecast(change_plan(posterior, plan, changes)) if changes else None
    asked = Asked(dates or default_dates(as_of, weeks), contract_ends)
    checked = None
    if checking:
        from offercast.forecast.check import check_outlook

        checked = check_outlook(outlook, posterior, asked.days)
    if keeping:
        _keep(common, outlook, posterior, asked.days)
    if common.as_json:
        from offercast.report.json import outlook_json, to_json

        click.echo(to_json("forecast", outlook_json(outlook, asked.days, other, checked)))
    else:
        from offercast.report.text import trust_line

        label = posterior.ladder.stage(goal).label if goal and goal != posterior.ladder.goal else ""
        parts = [lambda: forecast_text(outlook, asked, goal_label=label)]
        if checked:
            parts.append(lambda: check_text(checked))
        if other:
            parts.append(lambda: change_text(other, outlook, asked.days, ", ".join(changes)))
        show(*parts, lambda: trust_line(posterior))
    finish(posterior)


def _check_keeping(common: Common, *, plain: bool) -> None:
    """Raise CommandError where a forecast cannot be scored later."""
    if common.source.suffix == FIT_SUFFIX:
        raise CommandError("--keep needs the log: a fit does not know which one it is of.")
    if not plain:
        raise CommandError(
            "--keep keeps forecasts of the offer as the log has it: leave out --goal, --market and limits."
        )


def _keep(common: Common, outlook: Outlook, posterior: Posterior, days: tuple[date, ...]) -> None:
    from offercast.cli.ledger import ledger_file
    from offercast.trust.ledger import keep, kept, search_of

    made = kept(outlook, posterior, days, search=search_of(common.source), kept_on=today())
    new = keep(ledger_file(), made)
    say(common, f"kept in {ledger_file()}" if new else "this forecast is kept already")
