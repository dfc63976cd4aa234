"""The `sotong` command. Each command imports what it needs when it runs, so that `--help` is quick."""

from __future__ import annotations

from bot.cli.commands import app


def main() -> None:
    """Entry point of the installed command."""
    app()
