"""`sotong keys …`: names, options and help; the work is done in `bot.cli.keys`."""

# ruff: noqa: PLC0415 - a command imports its own module only when it is called: start-up stays quick
from __future__ import annotations

import typer

from bot.settings import Settings

keys = typer.Typer(help="열쇠와 비밀 값을 보고, 봇을 멈추지 않고 바꿔요.", no_args_is_help=True)


@keys.command("list")
def list_keys() -> None:
    """어떤 비밀 값이 있고, 무엇에 쓰고, 어떻게 바꾸는지 보여 줘요. 값은 보여 주지 않아요."""
    from bot.cli.keys import list_keys as start

    raise typer.Exit(start(Settings()))


@keys.command("rotate")
def rotate_keys() -> None:
    """금고의 열쇠를 바꾸고, 잠가 둔 값을 새 열쇠로 다시 잠가요. 켜져 있는 봇은 바로 새 열쇠를 써요."""
    from bot.cli.keys import rotate as start

    raise typer.Exit(start(Settings()))


@keys.command("retire")
def retire_keys() -> None:
    """쓰던 열쇠를 버려요. 그 열쇠로 잠긴 것이 남아 있으면 버리지 않아요."""
    from bot.cli.keys import retire as start

    raise typer.Exit(start(Settings()))
