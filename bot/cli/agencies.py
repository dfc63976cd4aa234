"""`sotong agencies`: which other agencies' installations we exchange questions with."""

# ruff: noqa: PLC0415 - a command imports what it needs only when it is called: start-up stays quick
from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.agencies.peers import Peers

agencies = typer.Typer(help="다른 기관의 소통과 질문을 주고받게 이어요.", no_args_is_help=True)
_ID = Annotated[str, typer.Argument(help="기관 id. sotong agencies list에 나와요.")]


@agencies.command("show")
def show() -> None:
    """우리 기관의 이름과 지문을 보여 줘요. 상대 기관 담당자에게 전화로 불러 주세요."""
    from bot.agencies.directory import own_agency
    from bot.agencies.keys import fingerprint, own_key

    settings = Settings()
    about, key = own_agency(settings.data_dir).current(), own_key(settings.var_dir)
    console = _console()
    console.print(f"{about.name} ({about.id})  {settings.own_url}")
    console.print(f"지문: [bold]{fingerprint(key.public)}[/]")


@agencies.command("list")
def known() -> None:
    """아는 기관과 그 지문, 믿기로 했는지를 보여 줘요."""

    async def work(peers: Peers) -> int:
        table = Table("기관", "id", "주소", "지문", "상태", box=None, pad_edge=False)
        for one in await peers.all():
            state = "믿음" if one.trusted else "확인 전"
            if one.offered:
                state += f" · 다른 열쇠를 내밀었어요({one.offered})"
            table.add_row(one.entry.name, one.entry.id, one.entry.url, one.fingerprint, state)
        _console().print(table if table.row_count else "아는 기관이 없어요. sotong agencies add 주소")
        return 0

    raise typer.Exit(_run(work))


@agencies.command("add")
def add(url: Annotated[str, typer.Argument(help="상대 기관 소통의 주소: https://…")]) -> None:
    """상대 기관이 누구인지 읽어 와요. 지문을 전화로 확인한 뒤 trust로 믿어 주세요."""

    async def work(peers: Peers) -> int:
        import aiohttp

        from bot.agencies.directory import BadEntry
        from bot.channel import DeliveryError
        from bot.outside import Outside
        from connectors.agency import AgencyReader
        from connectors.api import Api

        console = _console()
        reader = AgencyReader(Api(Outside(Settings().inside_origins), "", {}))
        try:
            entry = await peers.meet(await reader.entry(url))
        except (DeliveryError, BadEntry, ValueError, aiohttp.InvalidURL) as error:
            console.print(f"[red]✗[/] {url}에서 읽지 못했어요: {error}")
            console.print("  → 주소가 맞는지, 상대 소통이 켜져 있는지 확인해 주세요.")
            console.print("  → 우리 망 안의 주소라면 SOTONG_INSIDE_ORIGINS에 적어 주세요.")
            return 1
        if entry is None:
            console.print("우리 자신이거나 이미 아는 소개예요. sotong agencies list로 보세요.")
            return 0
        found = next(one for one in await peers.all() if one.entry.id == entry.id)
        console.print(f"[green]✓[/] {entry.name}({entry.id})을(를) 알게 됐어요.")
        console.print(f"  지문: [bold]{found.fingerprint}[/]")
        console.print("  → 상대 담당자에게 전화해 지문이 같은지 확인하고 이어서 실행하세요:")
        console.print(f"     sotong agencies trust {entry.id} {found.fingerprint}")
        return 0

    raise typer.Exit(_run(work))


@agencies.command("trust")
def trust(
    agency: _ID, mark: Annotated[str, typer.Argument(help="전화로 확인한 지문", metavar="지문")]
) -> None:
    """지문을 확인한 기관을 믿어요. 그때부터 질문을 주고받아요."""

    async def work(peers: Peers) -> int:
        if await peers.trust(agency, mark):
            _console().print(f"[green]✓[/] 이제 {agency}와(과) 질문을 주고받아요.")
            return 0
        _console().print(f"[red]✗[/] {agency}의 지문이 {mark}이(가) 아니에요. 다시 확인해 주세요.")
        return 1

    raise typer.Exit(_run(work))


@agencies.command("drop")
def drop(agency: _ID) -> None:
    """기관을 잊어요. 열쇠를 새로 만든 기관은 잊은 뒤 다시 add 해 주세요."""

    async def work(peers: Peers) -> int:
        if await peers.forget(agency):
            _console().print(f"[green]✓[/] {agency}을(를) 잊었어요.")
            return 0
        _console().print(f"[red]✗[/] 모르는 기관이에요: {agency}")
        return 1

    raise typer.Exit(_run(work))


def _console() -> Console:
    return Console(soft_wrap=True, highlight=False)


def _run(work: Callable[[Peers], Awaitable[int]]) -> int:
    async def whole() -> int:
        async with _peers(Settings()) as peers:
            return await work(peers)

    return asyncio.run(whole())


@asynccontextmanager
async def _peers(settings: Settings) -> AsyncIterator[Peers]:
    from bot.agencies.directory import own_agency
    from bot.agencies.peers import Peers
    from bot.log.engine import open_engine
    from bot.log.migrate import migrate

    await migrate(settings.database)
    engine = open_engine(settings.database)
    about = own_agency(settings.data_dir)
    try:
        yield Peers(engine, lambda: about.current().id)
    finally:
        await engine.dispose()
