"""The group of commands, each imported only when it is called, and the exit codes.

Exit codes: 0 done, 2 the command is wrong, 3 the input data are wrong, 4 output failed, 5 the model or a
resource failed, 130 interrupted. 1 is never used on purpose.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from typing import NoReturn

import click

from offercast.errors import OffercastError

COMMANDS = {
    "demo": "The whole story on an example log: fit, forecast, comparison.",
    "check": "What was read from a log, and how; every problem at once.",
    "log": "Add an event or an application to the canonical log, in one line.",
    "import": "Any log as the canonical one; a sheet's versions in git as events.",
    "anonymise": "A log that can be shared: the same numbers, nobody in it.",
    "fit": "Rates per track and step, waits, and what stands behind them.",
    "forecast": "When the first offer comes, after how many applications.",
    "compare": "Which track converts better, and how sure that is.",
    "plan": "Work backwards from a date: the pace that it takes.",
    "effort": "Where to spend the hours: tracks and channels.",
    "offer": "An offer in hand: take it, or wait?",
    "waiting": "Every open application: the chance that it still speaks.",
    "insights": "What stands out in a log, and only what the numbers support.",
    "chains": "Where offers began: each one's way back to its first link.",
    "sankey": "Where applications went, as text that SankeyMATIC draws.",
    "report": "One page to keep open: everything, with sliders to try things out.",
    "ledger": "Kept forecasts beside what came since.",
    "backtest": "What would have been said at past days, and what came.",
    "cohort": "Many seekers: whom to call first, and what they show together.",
    "simulate": "Made-up logs of many seekers, for planning and for trying things out.",
    "models": "Model files: show, check and edit every prior, learn them from a cohort.",
}
"""Each command lives in the module of its name and is called `command` there."""


class LazyGroup(click.Group):
    """Lists its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order of a first visit."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of one command."""
        if cmd_name not in COMMANDS:
            return None
        return importlib.import_module(f"offercast.cli.{cmd_name}").command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command where there is none of this name."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from offercast.errors import did_you_mean

            ctx.fail(f'there is no command "{args[0]}". {did_you_mean(args[0], list(COMMANDS))}')
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Print the list from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with:  offercast demo    Then:  offercast check my_log.csv",
)
@click.version_option(package_name="offercast", message="offercast %(version)s")
def cli() -> None:
    """Honest numbers for a job hunt, from your own log of applications.

    How likely each step is for each role track, how long until an offer, and how many applications it
    takes. Everything runs on this machine; nothing is sent anywhere.
    """


def _give_up_stdout() -> None:
    """Let what is still buffered go nowhere when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _speak_utf8() -> None:
    """Write UTF-8 to files and pipes, whatever the locale; in a terminal, escape what it cannot show."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        told = sys.stdout.isatty() or "PYTHONIOENCODING" in os.environ
        sys.stdout.reconfigure(encoding=None if told else "utf-8", errors="backslashreplace")


def _last_line(error: Exception) -> str:
    """NumPy's advice on a failed import is a page, and its reason is the last line of it."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1].strip()


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    _speak_utf8()
    try:
        result = cli.main(standalone_mode=False)
        sys.stdout.flush()
        code = result if isinstance(result, int) else 0  # click hands an Exit's code back
    except click.ClickException as error:
        error.show()
        code = 2
    except OffercastError as error:
        click.echo(str(error), err=True)
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; nothing was written", err=True)
        code = 130
    except MemoryError:
        click.echo("there is not enough memory for this", err=True)
        code = 5
    except ImportError as error:  # too little memory to load a library, or one that is damaged
        click.echo(f"a library could not be loaded (too little memory?): {_last_line(error)}", err=True)
        code = 5
    except (BrokenPipeError, SystemExit):  # the reader of a pipe went away; click says so by SystemExit
        _give_up_stdout()
        code = 0
    except OSError as error:  # a full disk behind a redirection, a terminal that went away
        _give_up_stdout()
        click.echo(f"the output could not be written: {error.strerror}", err=True)
        code = 4
    sys.exit(code)
