"""`offercast backtest LOG`."""

from __future__ import annotations

from datetime import date

import click

from offercast.cli.options import Common, Day, common_options, examples, read_log
from offercast.cli.terminal import show


@click.command(
    "backtest",
    epilog=examples("offercast backtest my_log.csv", "offercast backtest my_log.csv --every 28 --workers 2 --json"),
)
@common_options(source="LOG")
@click.option("--every", type=click.IntRange(1, 365), default=14, show_default=True, help="Days between two looks.")
@click.option(
    "--until", type=Day(), help="The last day on which the log is known to have been looked at. Default: as of."
)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes; the answer is the same."
)
def command(common: Common, every: int, until: date | None, workers: int) -> None:
    """Replay a log: what would have been said at past days from what it held then, and what came.

    Each time a model is fitted and asked how many of those that wait are heard of, or reach a stage, within two, four
    and eight weeks. Simpler ways to forecast are asked the same.
    """
    from offercast.cli.progress import progress
    from offercast.trust.backtest import Plans, backtest

    history, evidence = read_log(common)
    with progress(quiet=common.quiet, patience=0.0) as report:
        found = backtest(
            history,
            end=until or evidence.as_of,
            plans=Plans(every_days=every),
            model=common.model_file,
            engine=common.engine,
            seed=common.seed,
            workers=workers,
            progress=report,
        )
    if common.as_json:
        from offercast.report.backtest import backtest_json
        from offercast.report.json import to_json

        click.echo(to_json("backtest", backtest_json(found)))
    else:
        from offercast.report.backtest import backtest_text

        show(lambda: backtest_text(found, history.ladder))
