"""`sotong backup`, `sotong restore`: everything into one file, and back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import SQLAlchemyError

from bot.backup import making
from bot.backup.archive import Tell
from bot.backup.manifest import Damaged, Manifest
from bot.backup.restoring import Refused, restore
from bot.backup.store import DumpFailed
from bot.cli.run import running_pid
from bot.log.migrate import NotAllowed
from bot.messages import utc_now
from bot.settings import Settings

_T = TypeVar("_T")
_FAULTS = (Damaged, DumpFailed, Refused, NotAllowed, SQLAlchemyError, OSError)


def backup(settings: Settings, out: Path | None) -> int:
    """Write a backup; the exit status. `out` is the file, or a folder for it."""
    zone = ZoneInfo(settings.timezone)
    name = f"sotong-{utc_now().astimezone(zone):%Y%m%d-%H%M%S}.tar.gz"
    target = settings.var_dir / "backups" / name if out is None else out / name if out.is_dir() else out
    console = _console()

    async def work(tell: Tell) -> Manifest:
        return await making.make(settings, target, tell)

    async def total() -> int:
        return await making.size(settings)

    made = _do(console, "백업하고 있어요", work, total)
    if made is None:
        return 1
    _show(console, made, zone)
    size = target.stat().st_size / 1024 / 1024
    console.print(f"[green]✓[/] {target} ({size:,.1f} MB)", highlight=False)
    console.print(
        f"  비밀 값({settings.var_dir / 'secrets'})은 없어요. 백업과 다른 곳에 따로 보관해 주세요.\n"
        "  백업에는 시민의 대화가 들어 있어요. 암호로 잠긴 곳에 두고, 보관 기간이 지나면 지워 주세요.",
        highlight=False,
    )
    return 0


def verify(settings: Settings, path: Path) -> int:
    """Look whether a backup is whole and can be used here; the exit status."""
    console = _console()

    async def work(tell: Tell) -> making.Verified:
        return await making.verify(settings, path, tell)

    found = _do(console, "백업을 살펴보고 있어요", work)
    if found is None:
        return 1
    _show(console, found.manifest, ZoneInfo(settings.timezone))
    _tell_lacking(console, found.lacking)
    console.print(f"[green]✓[/] 온전한 백업이에요. {path}", highlight=False)
    return 0


def restore_from(settings: Settings, path: Path, *, yes: bool, without_keys: bool) -> int:
    """Lay a backup in its place; the exit status."""
    console = _console()
    if pid := running_pid(settings):
        console.print(
            f"[red]✗[/] 소통이 켜져 있어요(프로세스 {pid}). 멈춘 뒤에 다시 해 주세요.", highlight=False
        )
        return 1
    where = settings.database_url.rpartition("@")[2] or settings.database.rpartition("///")[2]
    said = f"{where}의 기록과 {settings.data_dir}의 내용을 {path.name}의 것으로 바꿔요."
    console.print(said, "지금 있는 것은 따로 남겨요.", highlight=False)
    if not yes and console.input("계속하려면 '되살리기'라고 적어 주세요: ").strip() != "되살리기":
        console.print("아무것도 바꾸지 않았어요.")
        return 1

    async def work(tell: Tell) -> object:
        done = await restore(settings, path, without_keys=without_keys, tell=tell)
        _show(console, done.manifest, ZoneInfo(settings.timezone))
        _tell_lacking(console, done.lacking)
        if done.replayed.erasures:
            console.print(
                f"  백업 뒤에 지운 {done.replayed.erasures}건을 다시 지웠어요"
                f"(다시 나타난 시민 {done.replayed.citizens}명).",
                highlight=False,
            )
        for place in done.kept:
            console.print(
                f"  앞의 것: {place}. 확인한 뒤에 지워 주세요. 시민의 대화가 들어 있어요.", highlight=False
            )
        if done.seals:
            console.print(
                f"  앞의 감사 기록을 확인한 값: {done.seals}. 되살린 기록과는 맞지 않아서 따로 두었어요. "
                "지우지 말고 보관해 주세요.",
                highlight=False,
            )
        return done

    if _do(console, "되살리고 있어요", work) is None:
        return 1
    console.print("[green]✓[/] 되살렸어요. 이제 켜도 돼요.")
    return 0


def _do(
    console: Console,
    title: str,
    work: Callable[[Tell], Awaitable[_T]],
    total: Callable[[], Awaitable[int]] | None = None,
) -> _T | None:
    """Do it with a bar; None, and why, when it cannot be done."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())

    async def go() -> _T:
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task(title, total=await total() if total else None)
            return await work(lambda size: progress.advance(task, size))

    try:
        return asyncio.run(go())
    except FileExistsError as error:
        console.print(f"[red]✗[/] 이미 있는 파일이에요: {error}", highlight=False)
    except _FAULTS as error:
        console.print(f"[red]✗[/] {error}", highlight=False, markup=True)
    return None


def _show(console: Console, manifest: Manifest, zone: ZoneInfo) -> None:
    at: datetime = manifest.made_at.astimezone(zone)
    console.print(
        f"  {at:%Y-%m-%d %H:%M:%S} · 소통 {manifest.version} · {manifest.kind} {manifest.revision} · "
        f"기록 {sum(manifest.rows.values()):,}줄 · 파일 {len(manifest.parts):,}개",
        highlight=False,
    )


def _tell_lacking(console: Console, lacking: dict[str, bool]) -> None:
    for name, loss in sorted(lacking.items()):
        said = (
            "여기에 없어요. 되살리기 전에 되돌려 놓아 주세요."
            if loss
            else "달라요. 새로 만들어 쓰니 괜찮아요."
        )
        console.print(f"  [{'red' if loss else 'yellow'}]![/] 비밀 값 {name}: {said}", highlight=False)


def _console() -> Console:
    return Console(stderr=True, soft_wrap=True)
