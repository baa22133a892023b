"""`offercast import FILE`."""

from __future__ import annotations

from pathlib import Path

import click

from offercast.cli.options import TextOutput, examples, log_options, say_notes


@click.command(
    "import",
    epilog=examples(
        "offercast import my_sheet.xlsx -o my_events.csv",
        "offercast import --from-git jobs.csv",
    ),
)
@log_options
@click.option("--from-git", is_flag=True, help="Read every committed version of FILE: its changes become dated events.")
def command(
    source: Path,
    mapping: Path | None,
    columns: tuple[str, ...],
    model: str,
    quiet: bool,
    output: TextOutput,
    from_git: bool,
) -> None:
    """Turn any log into the canonical one: a CSV with one row per event, which keeps everything.

    Without -o it is printed. From then on the canonical log is all you need: add a row when something happens.
    """
    from offercast.cli.logs import open_log, said_mapping
    from offercast.history.writing import canonical_text
    from offercast.modelfile import load_model

    output.check()
    ladder = load_model(model).ladder
    if from_git:
        from offercast.history.gitlog import read_git_history

        given = said_mapping(mapping, columns, ladder)
        history, notes = read_git_history(source, mapping=given, ladder=ladder)
    else:
        history = open_log(source, mapping, ladder, ask=not quiet, columns=columns)
        notes = history.reading.notes
    say_notes(history, notes, quiet=quiet)
    output.write(canonical_text(history), quiet=quiet)
