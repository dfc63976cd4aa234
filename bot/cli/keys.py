"""`sotong keys`: what secrets there are, and the vault's key replaced under a running bot."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.identity.resealing import Resealed, reseal
from bot.identity.ring import NAME, Ring, vault_keys
from bot.log.engine import open_engine
from bot.log.migrate import NotAllowed, migrate
from bot.messages import utc_now
from bot.secrets import keep_secrets, new_secret, secret_file, secret_names
from bot.settings import Settings
from bot.staff.audit import AuditTrail
from bot.staff.sessions import LONGEST

KEYS = {
    NAME: ("연락처, 2단계 인증, 로그인, 시민이 적은 값을 잠가요", "sotong keys rotate. 멈추지 않아요"),
    "pseudonyms": ("지운 시민을 백업에서 다시 찾아요", "바꾸지 마세요. 앞서 지운 시민을 찾지 못해요"),
    "subjects": ("로그인한 시민의 가명을 만들어요", "바꾸면 로그인한 시민이 다시 로그인해요"),
    "webchat": ("웹 채팅에서 시민이 이어 오게 해요", "바꾸면 웹 채팅의 시민이 모두 새 시민이 돼요"),
    "agency-key": ("다른 기관의 소통이 우리를 알아봐요", "바꾸면 다른 기관이 새 지문을 다시 믿어야 해요"),
    "model-key": ("우리가 학습한 모델에 서명해요", "앞 공개 열쇠를 SOTONG_MODEL_PUBLIC_KEYS에 적고 바꿔요"),
    "rasa-token": ("Rasa를 우리만 부르게 해요", "파일을 지우고 모두 다시 켜요. 그동안 온 말은 뒤에 답해요"),
    "telegram-webhook": ("텔레그램이 보낸 것인지 알아요", "파일을 지우고 다시 켜요. 텔레그램은 다시 보내요"),
    "alerts-webhook": ("직원에게 가는 알림에 서명해요", "파일을 지우고 다시 켠 뒤, 받는 곳에 새 값을 적어요"),
    "simulator": ("메신저를 흉내 낼 때 써요", "파일을 지우면 새로 만들어요"),
}
"""Secrets of an installation: what for, and how one is replaced."""


def list_keys(settings: Settings) -> int:
    """Shows which there are; the exit status."""
    zone, there = ZoneInfo(settings.timezone), secret_names(settings.var_dir)
    table = Table("비밀 값", "무엇에", "만든 날", "바꾸려면", box=None)
    for name in sorted({*KEYS, *there}, key=lambda name: (name not in KEYS, [*KEYS, name].index(name))):
        use, how = KEYS.get(name, ("", ""))
        at = "–"
        if name in there:
            stamp = secret_file(settings.var_dir, name).stat().st_mtime
            at = f"{datetime.fromtimestamp(stamp, UTC).astimezone(zone):%Y-%m-%d}"
        elif name == NAME and settings.vault_key.get_secret_value():
            at = "설정에 있어요"
        table.add_row(name, use, at, how)
    Console(soft_wrap=True).print(table)
    return 0


def rotate(settings: Settings) -> int:
    """A new key for the vault, and everything sealed with it; the exit status."""
    console = _console()
    own = not settings.vault_key.get_secret_value()

    async def work(engine: AsyncEngine) -> int:
        if own:
            # All processes look at the file before each use: from the renaming on they know both keys.
            keep_secrets(settings.var_dir, NAME, [new_secret(), *vault_keys(settings)])
        ring = Ring(settings)
        found = await reseal(engine, ring)
        await _noted(engine, "keys_rotated")
        _show(console, found)
        return 0 if not any(one.shut for one in found) else 1

    done = _do(settings, console, work)
    if done == 0 and own:
        hours = LONGEST.total_seconds() / 3600
        console.print(
            f"[green]✓[/] 새 열쇠를 써요. {hours:.0f}시간 뒤에 sotong keys retire로 쓰던 열쇠를 버려 주세요. "
            "앞서 만든 백업을 되살리려면 쓰던 열쇠가 있어야 하니 백업과 다른 곳에 보관해 주세요.",
            highlight=False,
        )
    elif done == 0:
        console.print(
            "[green]✓[/] SOTONG_VAULT_KEY로 다시 잠갔어요. "
            f"{LONGEST.total_seconds() / 3600:.0f}시간 뒤에 SOTONG_VAULT_OLD_KEY를 비우고 다시 켜 주세요.",
            highlight=False,
        )
    return done


def retire(settings: Settings) -> int:
    """Forget the keys before the newest; the exit status."""
    console = _console()
    if settings.vault_key.get_secret_value():
        console.print("[red]✗[/] 열쇠가 설정에 있어요. SOTONG_VAULT_OLD_KEY를 비우고 다시 켜 주세요.")
        return 1
    first, *older = vault_keys(settings)
    if not older:
        console.print("[green]✓[/] 쓰던 열쇠가 없어요.")
        return 0
    age = time.time() - secret_file(settings.var_dir, NAME).stat().st_mtime
    if age < LONGEST.total_seconds():
        left = (LONGEST.total_seconds() - age) / 3600
        console.print(
            f"[red]✗[/] 쓰던 열쇠로 잠긴 로그인이 아직 있을 수 있어요. {left:.1f}시간 뒤에 다시 해 주세요.",
            highlight=False,
        )
        return 1

    async def work(engine: AsyncEngine) -> int:
        found = await reseal(engine, Ring(settings), write=False)
        if any(one.again for one in found):
            _show(console, found)
            console.print("[red]✗[/] 쓰던 열쇠로 잠긴 것이 남아 있어요. sotong keys rotate를 다시 해 주세요.")
            return 1
        keep_secrets(settings.var_dir, NAME, [first])
        await _noted(engine, "keys_retired")
        console.print("[green]✓[/] 쓰던 열쇠를 버렸어요.")
        return 0

    return _do(settings, console, work)


def _show(console: Console, found: list[Resealed]) -> None:
    for one in found:
        shut = f", [red]어느 열쇠로도 열리지 않아요 {one.shut}개[/]" if one.shut else ""
        console.print(
            f"  {one.name}: 다시 잠갔어요 {one.again}개, 그대로 {one.fresh}개{shut}", highlight=False
        )


def _do(settings: Settings, console: Console, work: Callable[[AsyncEngine], Awaitable[int]]) -> int:
    async def go() -> int:
        await migrate(settings.database)
        engine = open_engine(settings.database)
        try:
            return await work(engine)
        finally:
            await engine.dispose()

    try:
        return asyncio.run(go())
    except (NotAllowed, SQLAlchemyError, OSError) as error:
        console.print(f"[red]✗[/] {error}", highlight=False)
        return 1


async def _noted(engine: AsyncEngine, action: str) -> None:
    await AuditTrail(engine, utc_now).note(None, action, f"key:{NAME}", "sotong keys")


def _console() -> Console:
    return Console(stderr=True, soft_wrap=True)
