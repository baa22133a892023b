"""`offercast anonymise LOG`."""

from __future__ import annotations

from pathlib import Path

import click

from offercast.cli.options import TextOutput, examples, log_options, say_notes


@click.command(
    "anonymise",
    epilog=examples(
        "offercast anonymise my_log.csv -o share.csv",
        "offercast anonymise my_log.csv --hide-tracks",
    ),
)
@log_options
@click.option("--hide-tracks", is_flag=True, help="Number the tracks as well.")
def command(
    source: Path,
    mapping: Path | None,
    columns: tuple[str, ...],
    model: str,
    quiet: bool,
    output: TextOutput,
    hide_tracks: bool,
) -> None:
    """Write a log that can be shared, in a bug report for instance: the same numbers, and nobody in it.

    Companies, applications, contacts and events become numbers, titles become their track, notes and web addresses
    are dropped, and all dates move by one secret number of weeks. Every wait stays, so that the log gives the same
    rates.
    """
    from offercast.cli.logs import open_log
    from offercast.history.anonymous import anonymise, random_shift
    from offercast.history.writing import canonical_text
    from offercast.modelfile import load_model

    output.check()
    history = open_log(source, mapping, load_model(model).ladder, ask=not quiet, columns=columns)
    say_notes(history, history.reading.notes, quiet=quiet)
    hidden = anonymise(history, shift=random_shift(), hide_tracks=hide_tracks)
    output.write(canonical_text(hidden), quiet=quiet)
