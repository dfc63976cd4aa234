"""`sotong services …`: the catalogue of public services from the command line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict

import aiohttp
from aiohttp import web
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from bot.catalogue.catalogue import Found
from bot.catalogue.client import Gov24, Operation
from bot.catalogue.crawl import Overtaken
from bot.catalogue.envelope import DailyLimit, Gov24Error, Refused
from bot.catalogue.live import open_catalogue
from bot.catalogue.publish import Report
from bot.catalogue.stored import version
from bot.catalogue.sync import Step, synchronise
from bot.log.engine import open_engine
from bot.log.migrate import migrate
from bot.messages import utc_now
from bot.settings import Settings

_NAMES = {Operation.LIST: "목록", Operation.DETAIL: "자세한 안내", Operation.CONDITIONS: "지원 조건"}
_PAUSE = 0.25
"""Seconds before what failed is tried again: somebody is waiting."""
_LISTENS = 0.3
"""Seconds in which a server on this machine takes a connection."""


def sync(settings: Settings, *, as_json: bool, allow_fewer: bool) -> int:
    """Bring the catalogue up to date; exit status."""
    console = Console(stderr=True, soft_wrap=True)
    try:
        report = asyncio.run(_sync(settings, console, allow_fewer=allow_fewer))
    except KeyboardInterrupt:
        console.print("멈췄어요. 다시 실행하면 이어서 가져와요.")
        return 130
    except (Gov24Error, Overtaken) as error:
        console.print(f"[red]✗[/] 공공서비스 목록을 다 가져오지 못했어요. {error}", highlight=False)
        console.print(f"  {_remedy(settings, error)}", highlight=False)
        return 1
    except (SQLAlchemyError, OSError) as error:
        console.print(f"[red]✗[/] 데이터베이스를 쓸 수 없어요({getattr(error, 'orig', error)}).")
        return 1
    if report.trouble:
        console.print(f"[yellow]![/] {report.trouble}", highlight=False)
    if as_json:
        told = {name: value for name, value in asdict(report).items() if name != "trouble"}
        print(json.dumps(told))
    else:
        console.print(
            f"[green]✓[/] 새로 생긴 것 {report.new}개, 바뀐 것 {report.changed}개, 끝난 것 {report.ended}개, "
            f"모두 {report.total}개 ({report.seconds:.1f}초)",
            highlight=False,
        )
    return 0


async def _sync(settings: Settings, console: Console, *, allow_fewer: bool) -> Report:
    await migrate(settings.database)
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(_api(settings, console))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        engine = open_engine(settings.database)
        stack.push_async_callback(engine.dispose)
        api = Gov24(session, base, settings.gov24_key.get_secret_value(), pause=_PAUSE)
        with _Bars(console) as bars:
            return await synchronise(engine, api, utc_now, show=bars.show, allow_fewer=allow_fewer)


@asynccontextmanager
async def _api(settings: Settings, console: Console) -> AsyncIterator[str]:
    """Base address of the API; the demo's is started meanwhile when it is wanted but not up."""
    if settings.gov24_url or await _listens(settings.gov24_port):
        yield settings.gov24
        return
    from demo.gov24.app import create_app  # noqa: PLC0415 - a real installation has no demo
    from demo.gov24.seed import load  # noqa: PLC0415

    console.print("시범 정부24 API가 꺼져 있어서 잠깐 켜고 가져와요.")
    served = web.AppRunner(create_app(load(), settings.gov24_key.get_secret_value()), access_log=None)
    await served.setup()
    try:
        site = web.TCPSite(served, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{served.addresses[0][1]}/api"
    finally:
        await served.cleanup()


async def _listens(port: int) -> bool:
    try:
        async with asyncio.timeout(_LISTENS):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def _remedy(settings: Settings, error: Gov24Error | Overtaken) -> str:
    if isinstance(error, Overtaken):
        return "다른 곳에서 시작한 가져오기가 이어서 하고 있어요."
    if isinstance(error, DailyLimit):
        return "오늘 쓸 수 있는 횟수를 다 썼어요. 받은 것은 남아 있고, 내일 이어서 가져와요."
    if isinstance(error, Refused):
        return "SOTONG_GOV24_KEY와 SOTONG_GOV24_URL을 확인하세요. 새 인증키는 한 시간쯤 뒤에 쓸 수 있어요."
    if settings.gov24_url:
        return "받은 것은 남아 있어요. 잠시 뒤에 다시 실행하면 이어서 가져와요."
    return "시범 API가 켜져 있는지 보세요: sotong run, 또는 python -m demo.gov24"


def search(settings: Settings, need: str, most: int, *, as_json: bool) -> int:
    """What the catalogue has for a need; exit status."""
    console = Console(stderr=True, soft_wrap=True)
    try:
        known, found = asyncio.run(_search(settings, need, most))
    except (SQLAlchemyError, OSError) as error:
        console.print(f"[red]✗[/] 데이터베이스를 쓸 수 없어요({getattr(error, 'orig', error)}).")
        return 1
    if not known:
        console.print("[red]✗[/] 가져온 공공서비스가 없어요. 먼저 sotong services sync를 실행하세요.")
        return 1
    if as_json:
        print(json.dumps([_row(hit) for hit in found], ensure_ascii=False, indent=2))
        return 0
    table = Table("확률", "서비스", "기관", "번호")
    for hit in found:
        table.add_row(f"{hit.score:.3f}", hit.service.name, hit.service.agency, hit.service.id)
    Console().print(table)
    return 0


async def _search(settings: Settings, need: str, most: int) -> tuple[int, list[Found]]:
    """How many services there are, and those that fit."""
    await migrate(settings.database)
    engine = open_engine(settings.database)
    try:
        if not await version(engine):
            return 0, []
        live = open_catalogue(settings, engine)
        await live.refresh()
    finally:
        await engine.dispose()
    return len(live.catalogue.services), live.catalogue.search(need, most)


def _row(hit: Found) -> dict[str, object]:
    service = hit.service
    return {
        "id": service.id,
        "name": service.name,
        "score": round(hit.score, 4),
        "purpose": service.purpose,
        "agency": service.agency,
        "department": service.department,
        "deadline": service.deadline,
        "ways": list(service.ways),
        "url": service.url,
        "updated_at": service.updated_at.isoformat() if service.updated_at else None,
        "fetched_at": service.fetched_at.isoformat() if service.fetched_at else None,
    }


class _Bars:
    """A bar for each operation on a terminal; silence elsewhere."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._tasks: dict[Operation, TaskID] = {}

    def __enter__(self) -> _Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, step: Step) -> None:
        """Bring the operation's bar to where it is."""
        if step.operation not in self._tasks:
            name = _NAMES[step.operation] + (" (이어서)" if step.resumed and step.rows else "")
            self._tasks[step.operation] = self._progress.add_task(name, total=None)
        self._progress.update(self._tasks[step.operation], completed=step.rows, total=step.matched or None)
