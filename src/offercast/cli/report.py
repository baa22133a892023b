"""`offercast report LOG|FIT -o FILE`."""

from __future__ import annotations

from pathlib import Path

import click

from offercast.cli.options import Common, common_options, examples, finish, posterior_and_log
from offercast.cli.plans import PlanOptions


@click.command(
    "report",
    epilog=examples(
        "offercast report my_log.csv -o my_search.html",
        'offercast report my_log.csv -o faster.html --per-week "Sales Engineer=5"',
    ),
)
@common_options(json=False)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="Write the page to this file (.html)."
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option(
    "--per-week",
    multiple=True,
    metavar="[TRACK[:CHANNEL]=]N",
    help="Applications a week that the page starts from. Default: your own pace of the last eight weeks.",
)
@click.option("--weeks", type=click.IntRange(2, 104), default=52, show_default=True, help="How far to look.")
def command(common: Common, output: Path, *, force: bool, per_week: tuple[str, ...], weeks: int) -> None:
    """Write one self-contained page: where the search stands, what may come, and sliders to try things out.

    It opens with a double click, asks nothing of the network, and can be printed. It holds the names of the companies
    in the log, and is readable by its owner only.
    """
    import offercast
    from offercast.cli.plans import read_plan
    from offercast.cli.progress import progress
    from offercast.decisions.compare import compare
    from offercast.decisions.insights import insights
    from offercast.decisions.knowing import how_much_more
    from offercast.decisions.waiting import open_or_counted, waiting
    from offercast.errors import CommandError
    from offercast.files import refuse_to_overwrite, write_atomically
    from offercast.forecast.engine import forecast_offer
    from offercast.forecast.sliders import carry
    from offercast.report.page import Told, page

    if output.suffix != ".html":
        raise CommandError(f"{output}: the name of a page ends in .html.")
    refuse_to_overwrite(output, force=force)
    posterior, history = posterior_and_log(common)
    plan = read_plan(posterior, PlanOptions(per_week=per_week), weeks=weeks)
    channels = ["referral"] if "referral" in posterior.ladder.channels_by_id else []
    with progress(quiet=common.quiet) as report:
        report("forecasting", 0.1)
        outlook = forecast_offer(posterior, plan, horizon_weeks=weeks, seed=common.seed)
        carried = carry(posterior, outlook, channels=channels)
        report("comparing tracks", 0.4)
        comparison, more = compare(posterior), how_much_more(posterior, seed=common.seed)
        report("looking at every silence", 0.5)
        silence = waiting(posterior, open_or_counted(posterior, history))
        report("looking for what stands out", 0.6)
        found = insights(posterior, history, plan=plan)
        report("drawing the page", 0.9)
        told = Told(posterior, outlook, carried, comparison, more, silence, found, version=offercast.__version__)
        whole = page(told).encode()
    write_atomically(output, whole, private=True)
    if not common.quiet:
        click.echo(f"written: {output}", err=True)
    finish(posterior)
