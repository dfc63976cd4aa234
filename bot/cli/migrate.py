"""`sotong migrate`: the database's schema, forward before the programs and back after them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rich.console import Console
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.log.engine import open_engine
from bot.log.grants import APP, grant
from bot.log.migrate import EMPTY, NEWEST, NotAllowed, move, revision
from bot.settings import Settings


def migrate(settings: Settings, to: str, *, yes: bool) -> int:
    """Bring the database to a revision, by default this version's; the exit status."""
    console = Console(stderr=True, soft_wrap=True)
    wanted = to or NEWEST
    if wanted != EMPTY and not (wanted.isdecimal() and len(wanted) == len(NEWEST) and wanted <= NEWEST):
        console.print(f"[red]✗[/] {wanted}: 0001에서 {NEWEST}까지 가운데서 적어 주세요.", highlight=False)
        return 1
    try:
        return asyncio.run(_migrate(settings, wanted, console, yes=yes))
    except (NotAllowed, SQLAlchemyError, OSError) as error:
        console.print(f"[red]✗[/] {error}", highlight=False)
        return 1


async def _migrate(settings: Settings, wanted: str, console: Console, *, yes: bool) -> int:
    address = make_url(settings.database)
    if address.get_backend_name() == "sqlite":
        Path(address.database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.database)
    try:
        found = await revision(engine)
        back = found > wanted or wanted == EMPTY
        if back and not yes:
            console.print(
                f"지금 {found}이에요. {wanted}(으)로 되돌리면 그 뒤에 생긴 표와 칸의 내용이 지워져요. "
                "봇을 모두 멈추고 sotong backup을 한 다음, --yes를 붙여 다시 해 주세요.",
                highlight=False,
            )
            return 1
        if found != wanted:
            await move(engine, wanted, back=back)
        granted = wanted == NEWEST and await grant(engine)
    finally:
        await engine.dispose()
    said = "이미 맞아요" if found == wanted else f"{found or '빈 데이터베이스'} → {wanted}"
    console.print(f"[green]✓[/] 데이터베이스: {said}", highlight=False)
    if granted:
        console.print(f"[green]✓[/] 봇의 계정 {APP}에게 필요한 권한만 주었어요", highlight=False)
    return 0
