"""`offercast log LOG ID EVENT`."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from offercast.cli.cache import cache_folder
from offercast.cli.options import Day, examples, today
from offercast.history.canonical import COLUMNS


def _ids(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The ids of the log that begin like what was typed, the newest first, each with its company."""
    from offercast.history.keeping import NEW, known_ids

    path = ctx.params.get("log")
    known = {**(known_ids(Path(path)) if path else {}), NEW: "one more application"}
    return [CompletionItem(name, help=about or None) for name, about in known.items() if name.startswith(incomplete)]


def _events(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The stages and exits of the ladder that begin like what was typed."""
    from offercast.ladder import REOPENED
    from offercast.modelfile import load_model

    ladder = load_model().ladder
    known = [*ladder.stage_ids, *ladder.exits_by_id, REOPENED]
    return [CompletionItem(name) for name in known if name.startswith(incomplete)]


def _plain(text: str) -> str:
    """A word of the command line as UTF-8, also where the locale knows no such letters and left their bytes as they were."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@click.command(
    "log",
    epilog=examples(
        "offercast log my_log.csv new applied --company Acme",
        "offercast log my_log.csv 1 phone",
        "offercast log my_log.csv --undo",
    ),
)
@click.argument("log", metavar="LOG", type=click.Path(path_type=Path))
@click.argument("identifier", metavar="[ID|new]", required=False, shell_complete=_ids)
@click.argument("event", metavar="[EVENT]", required=False, shell_complete=_events)
@click.option("--date", "on", type=Day(), help="The day on which it happened (YYYY-MM-DD). Default: today.")
@click.option("--track", help="The role track.")
@click.option("--channel", help="How it began, such as referral.")
@click.option("--company", help="The company.")
@click.option("--title", help="The title of the position.")
@click.option("--came-from", help="The id of another application that it came from, or a contact or an event.")
@click.option("--note", help="A note beside this event.")
@click.option("--undo", "take_back", is_flag=True, help="Take back the row that was added last.")
@click.option("--model", default="blueprint", show_default=True, help="A model file: a name or a path to a .toml file.")
@click.option("-q", "--quiet", is_flag=True, help="Print the id only.")
def command(
    log: Path,
    identifier: str | None,
    event: str | None,
    on: date | None,
    take_back: bool,
    model: str,
    quiet: bool,
    **given: str | None,
) -> None:
    """Add one row to LOG, a canonical log: EVENT of the application ID happened; "new" adds an application.

    EVENT is a stage or an exit. Every other program may write to LOG as well: it stays an ordinary CSV.
    """
    from offercast.history.keeping import add_event, undo
    from offercast.modelfile import load_model

    name = hashlib.sha256(str(log.resolve()).encode()).hexdigest()[:32]
    memory = cache_folder() / f"{name}.undo"
    if take_back:
        if identifier or event or on or any(given.values()):
            raise click.UsageError("--undo takes back the last row and stands alone.")
        click.echo(f"taken back: {undo(log, memory=memory)}")
        return
    if not identifier or not event:
        raise click.UsageError(
            "say which application and what happened: offercast log LOG 17 phone, or LOG new applied."
        )
    told = {name: _plain(text) for name, text in given.items() if text and name in COLUMNS}
    day = today()
    added = add_event(
        log, identifier, event, on=on or day, today=day, ladder=load_model(model).ladder, attributes=told, memory=memory
    )
    click.echo(added.id if quiet else f"application {added.id}: {added.kind} on {added.on}")
