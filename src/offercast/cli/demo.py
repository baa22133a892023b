"""`offercast demo`: the whole story on the example log."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from offercast.cli.options import DEFAULT_SEED, Common, examples, finish, fit_evidence, read_log
from offercast.cli.terminal import show

DEMO_WEEKS = 52
EXAMPLE_DAY = date(2026, 4, 2)
"""The last day of the example log: the story is the same whenever it is told."""


@click.command(
    "demo",
    epilog=examples(
        "offercast demo",
        "offercast demo --json",
    ),
)
@click.option("--seed", type=click.IntRange(0), default=DEFAULT_SEED, show_default=True, help="Of all random numbers.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no messages.")
@click.option(
    "--no-cache",
    "cache",
    is_flag=True,
    default=True,
    flag_value=False,
    help="Fit anew, and keep nothing in the cache folder.",
)
def command(seed: int, as_json: bool, quiet: bool, cache: bool) -> None:
    """Tell the whole story on an example log: one made-up seeker, three role tracks, five months.

    First numbers come at once, from counting alone. The full fit takes a second or two; it is kept, so that
    the next run is faster still.
    """
    from offercast.decisions.compare import compare
    from offercast.examples import example
    from offercast.forecast.engine import forecast_offer
    from offercast.inference.summary import first_numbers
    from offercast.report import text
    from offercast.report.outlook import Asked, default_dates, forecast_text

    source = example()
    common = Common(Path(source), None, "blueprint", EXAMPLE_DAY, None, "quick", seed, as_json, quiet, cache)
    history, evidence = read_log(common)
    if not as_json:
        ladder = history.ladder
        numbers = first_numbers(evidence, ladder.steps_to_goal(ladder.reference.id))
        show(lambda: text.first_numbers_text(ladder, numbers) + "\n")
    posterior = fit_evidence(common, evidence)
    outlook = forecast_offer(posterior, horizon_weeks=DEMO_WEEKS, seed=seed)
    asked = Asked(default_dates(outlook.as_of, DEMO_WEEKS))
    comparison = compare(posterior)
    if as_json:
        from offercast.report import json

        body = {
            "fit": json.fit_json(posterior),
            "forecast": json.outlook_json(outlook, asked.days),
            "compare": json.comparison_json(comparison),
        }
        click.echo(json.to_json("demo", body))
    else:
        show(
            lambda: text.rates_text(posterior),
            lambda: forecast_text(outlook, asked),
            lambda: text.compare_text(comparison, posterior.ladder),
            lambda: text.trust_line(posterior),
        )
    finish(posterior)
