"""`offercast check LOG`."""

from __future__ import annotations

from pathlib import Path

import click

from offercast.cli.options import Common, common_options, examples, read_log, say
from offercast.cli.terminal import show
from offercast.errors import InputError
from offercast.files import refuse_to_overwrite, write_atomically


@click.command(
    "check",
    epilog=examples(
        "offercast check my_log.csv",
        "offercast check my_log.csv -o my_map.toml",
    ),
)
@common_options(fits=False)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write a mapping file (.toml) that reads LOG this way, with CHECK on what is unsure, for you to correct.",
)
@click.option("--force", is_flag=True, help="Replace the output file if it exists.")
def command(common: Common, output: Path | None, force: bool) -> None:
    """Show what was read from LOG and how: each column, each status, what was counted.

    LOG is a CSV or TSV file, an Excel workbook, a Markdown table, JSON, SQLite, the zip of a data export, or - for the
    standard input. What it is, is found out from its content.
    """
    if output:
        refuse_to_overwrite(output, force=force)
    try:
        history, evidence = read_log(common)
    except InputError as error:
        if output and error.reading:
            from offercast.history.draft import draft_mapping

            draft = draft_mapping(common.source.name, error.reading, error.questions)
            write_atomically(output, draft.encode(), private=True)
            say(common, f"a draft of the mapping file, with the open questions, is in {output}\n")
        elif error.reading and error.questions:
            say(
                common,
                "to answer in a file: offercast check LOG -o my_map.toml, fill it in, then add --map my_map.toml\n",
            )
        raise
    if output:
        from offercast.cli.logs import draft_of

        write_atomically(output, draft_of(common.source, history).encode(), private=True)
        say(common, f"mapping file written: {output}")
    if common.as_json:
        from offercast.report.json import check_json, to_json

        click.echo(to_json("check", check_json(history, evidence)))
        return
    from offercast.report.log import check_text

    show(lambda: check_text(history, evidence))
