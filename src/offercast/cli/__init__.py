"""The command line: the only place that sees the clock, the terminal, typed paths and exit codes."""

from offercast.cli.main import main

__all__ = ["main"]
