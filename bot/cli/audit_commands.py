"""`sotong audit …`: the audit log of the console."""

# ruff: noqa: PLC0415 - a command imports its own module only when it is called: start-up stays quick

from __future__ import annotations

from typing import Annotated

import typer

from bot.settings import Settings

audit = typer.Typer(help="콘솔의 감사 기록을 살펴봐요.", no_args_is_help=True)


@audit.command()
def verify(
    as_json: Annotated[bool, typer.Option("--json", help="결과를 JSON으로 보여 줘요.")] = False,
) -> None:
    """감사 기록이 처음 적힌 그대로인지 처음부터 살펴봐요. 어긋났으면 1로 끝나요."""
    from bot.cli.audit import verify as start

    raise typer.Exit(start(Settings(), as_json=as_json))
