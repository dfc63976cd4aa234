"""`sotong services …`: the catalogue of public services."""

# ruff: noqa: PLC0415 - a command imports its own module only when it is called: start-up stays quick
from __future__ import annotations

from typing import Annotated

import typer

from bot.settings import Settings

services = typer.Typer(help="정부24의 공공서비스(혜택) 목록을 다뤄요.", no_args_is_help=True)


@services.command("sync")
def sync_services(
    json: Annotated[bool, typer.Option("--json", help="결과를 JSON 하나로 적어요.")] = False,
    allow_fewer: Annotated[
        bool, typer.Option(help="앞서보다 10% 넘게 줄었어도 사라진 서비스를 끝난 것으로 적어요.")
    ] = False,
) -> None:
    """정부24에서 공공서비스 목록을 가져와요. 끊기면 다음에 이어서 가져와요."""
    from bot.cli.services import sync as start

    raise typer.Exit(start(Settings(), as_json=json, allow_fewer=allow_fewer))


@services.command("search")
def search_services(
    need: Annotated[str, typer.Argument(help='필요한 것: "아이 낳으면 뭐 받아요"')],
    json: Annotated[bool, typer.Option("--json", help="결과를 JSON 하나로 적어요.")] = False,
    most: Annotated[int, typer.Option(help="많아야 몇 개", min=1, max=100)] = 10,
) -> None:
    """가져온 공공서비스에서 필요한 것을 찾아요."""
    from bot.cli.services import search as start

    raise typer.Exit(start(Settings(), need, most, as_json=json))


@services.command("match")
def match_services(
    facts: Annotated[str, typer.Option(help='형편: \'{"age": 27, "sex": "female", "traits": ["JA0327"]}\'')],
    json: Annotated[bool, typer.Option("--json", help="결과를 JSON 하나로 적어요.")] = False,
) -> None:
    """형편에 맞는 공공서비스를 까닭과 함께 보여 주고, 다음에 물을 것을 알려 줘요."""
    from bot.cli.match import match as start

    raise typer.Exit(start(Settings(), facts, as_json=json))
