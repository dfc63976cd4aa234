"""`sotong retention`, `sotong erase --replay`, `sotong receipt`: what is due, and what was erased."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import open_engine
from bot.log.migrate import migrate
from bot.messages import utc_now
from bot.rights.build import build_retention
from bot.rights.pseudonym import Pseudonyms
from bot.rights.receipts import Receipts
from bot.rights.tombstones import Tombstones, replay
from bot.settings import Settings

err = Console(stderr=True)


async def preview(settings: Settings, *, as_json: bool) -> int:
    """Shows how many rows of each kind go now and soon; the exit status."""
    engine = await _open(settings)
    try:
        due = await build_retention(settings, engine, Tombstones(settings.tombstones_file)).preview()
    finally:
        await engine.dispose()
    if as_json:
        print(json.dumps([asdict(one) for one in due], ensure_ascii=False, default=str))
        return 0
    zone = ZoneInfo(settings.timezone)
    table = Table("무엇", "보관", "있는 것", "가장 오래된 것", "지금 지울 것", "1일 안", "7일 안", "30일 안")
    for one in due:
        soon = [f"{count:,}" for count in one.soon.values()]
        table.add_row(
            one.title, f"{one.days}일", f"{one.rows:,}", _day(one.oldest, zone), f"{one.now:,}", *soon
        )
    Console().print(table)
    return 0


async def clean(settings: Settings, *, as_json: bool) -> int:
    """Removes what is due now; the exit status."""
    engine = await _open(settings)
    try:
        removed = await build_retention(settings, engine, Tombstones(settings.tombstones_file)).run()
    finally:
        await engine.dispose()
    if as_json:
        print(json.dumps(removed))
    else:
        Console().print(", ".join(f"{kind} {count:,}" for kind, count in removed.items()), highlight=False)
    return 0


async def erase_again(settings: Settings, *, as_json: bool) -> int:
    """Carries out again what a restored backup undid; the exit status."""
    engine = await _open(settings)
    try:
        stones = Tombstones(settings.tombstones_file)
        done = await replay(engine, stones, Pseudonyms(settings.var_dir), utc_now())
    finally:
        await engine.dispose()
    if as_json:
        print(json.dumps(asdict(done)))
    else:
        said = (
            f"되살아난 삭제 {done.erasures}건을 다시 했어요. 시민 {done.citizens}명의 기록이 다시 지워졌어요."
        )
        Console().print(said, highlight=False)
    return 0


async def receipt(settings: Settings, number: str, *, as_json: bool) -> int:
    """Shows what became of an erasure; 1 when there is no such number."""
    engine = await _open(settings)
    try:
        found = await Receipts(engine).find(number)
    finally:
        await engine.dispose()
    if found is None:
        said = f"[red]✗[/] 삭제 접수번호 {number}를 찾을 수 없어요. 번호를 다시 확인해 주세요."
        err.print(said, highlight=False)
        return 1
    if as_json:
        print(json.dumps(asdict(found), default=str))
        return 0
    at = found.at.astimezone(ZoneInfo(settings.timezone))
    state = "모두 지웠어요" if found.done else "챗봇의 기억을 지우는 중이에요"
    Console().print(f"{found.number}: {at:%Y-%m-%d %H:%M}, {found.rows:,}건, {state}", highlight=False)
    return 0


async def _open(settings: Settings) -> AsyncEngine:
    await migrate(settings.database)
    return open_engine(settings.database)


def _day(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d}" if moment else "-"
