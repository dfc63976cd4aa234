"""`sotong release …`: names, options and help; the work is done in `bot.cli.release`."""

# ruff: noqa: PLC0415 - a command imports its own module only when it is called: start-up stays quick
from __future__ import annotations

from typing import Annotated

import typer

from bot.settings import Settings

release = typer.Typer(help="게시한 판을 보고, 게시하고, 되돌려요.", no_args_is_help=True)

_JSON = Annotated[bool, typer.Option("--json", help="결과를 JSON 하나로 적어요.")]
_WHY = Annotated[str, typer.Option(help="무엇을 왜 바꾸는지. 기록에 남아요.")]


@release.command("list")
def list_releases(json: _JSON = False) -> None:
    """게시한 판을 새것부터 보여 줘요."""
    from bot.cli.release import list_releases as start

    raise typer.Exit(start(Settings(), as_json=json))


@release.command()
def publish(
    why: _WHY = "명령줄에서 게시",
    overrule: Annotated[str, typer.Option(help="점검을 통과하지 못해도 게시하는 까닭. 기록에 남아요.")] = "",
    json: _JSON = False,
) -> None:
    """data/를 지금 그대로 점검하고, 통과하면 새 판으로 게시해요. 모든 프로세스에 1초 안에 반영돼요."""
    from bot.cli.release import publish as start

    raise typer.Exit(start(Settings(), why, overrule, as_json=json))


@release.command()
def rollback(
    number: Annotated[int, typer.Argument(help="되돌아갈 판의 번호")],
    why: _WHY = "명령줄에서 되돌림",
    json: _JSON = False,
) -> None:
    """앞서 게시한 판으로 되돌려요. 모델도 함께 돌아가요."""
    from bot.cli.release import rollback as start

    raise typer.Exit(start(Settings(), number, why, as_json=json))


@release.command()
def diff(
    one: Annotated[int, typer.Argument(help="판의 번호")],
    other: Annotated[int | None, typer.Argument(help="견줄 판의 번호 (비우면 지금의 data/)")] = None,
    json: _JSON = False,
) -> None:
    """두 판에서 무엇이 다른지 답변은 칸마다, 다른 파일은 줄마다 보여 줘요."""
    from bot.cli.release import diff as start

    raise typer.Exit(start(Settings(), one, other, as_json=json))
