"""`sotong release`: what was published, publishing `data/` as it stands, going back, comparing."""

from __future__ import annotations

import asyncio
import getpass
import json
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from bot.gate.finding import Verdict
from bot.log.engine import open_engine
from bot.log.migrate import migrate
from bot.messages import utc_now
from bot.releases.activating import Unusable
from bot.releases.changes import Change, called, changes
from bot.releases.folder import take
from bot.releases.live import open_live
from bot.releases.releases import Meanwhile, NoSuchRelease, NothingNew, Releases
from bot.releases.stored import Damaged, Release
from bot.settings import Settings
from bot.staff.audit import AuditTrail

_KINDS = {"added": "새로", "removed": "없앰", "changed": "고침"}


@dataclass(frozen=True)
class Terminal:
    """Who publishes from a command line."""

    name: str
    operator_id: int | None = None


class Refused(Exception):
    """What was asked for cannot be done; the text says why and what to do."""


def list_releases(settings: Settings, *, as_json: bool) -> int:
    """All releases, the newest first; exit status."""

    async def work(releases: Releases, _: AuditTrail) -> int:
        active, found = await releases.active(), await releases.list()
        number = active.number if active else None
        if as_json:
            _print_json(
                {"active": number, "releases": [_plain(each, each.number == number) for each in found]}
            )
            return 0
        if not found:
            Console().print("아직 게시한 판이 없어요. data/를 고치면 바로 반영돼요.")
            return 0
        table = Table("판", "언제", "누가", "까닭", "점검")
        for each in found:
            mark = f"[bold green]{each.number} (지금)[/]" if each.number == number else str(each.number)
            gate = (
                f"문제를 알고도 게시: {each.overruled}" if each.overruled else "통과" if each.verdict else "-"
            )
            table.add_row(mark, f"{each.at:%Y-%m-%d %H:%M}", each.who or "-", each.why, gate)
        Console().print(table)
        if unpublished := await releases.unpublished():
            Console().print(
                f"data/에 아직 게시하지 않은 파일이 {len(unpublished)}개 있어요.", highlight=False
            )
        return 0

    return _run(settings, work)


def publish(settings: Settings, why: str, overrule: str, *, as_json: bool) -> int:
    """Publish `data/` as it stands through the gate; exit status, 1 when the gate does not let it pass."""

    async def work(releases: Releases, audit: AuditTrail) -> int:
        console = Console(stderr=True, soft_wrap=True)
        with tempfile.TemporaryDirectory(prefix="sotong-release-") as folder:
            candidate = Path(folder) / "candidate"
            await asyncio.to_thread(take, open_live(settings).working, candidate)
            active = await releases.active()
            against = await releases.unpack(active.number) if active else None
            verdict = await asyncio.to_thread(_judge, settings, candidate, against, console)
            if verdict.blocked and not overrule:
                return _blocked(verdict, console, as_json=as_json)
            if not settings.rasa_url and not await asyncio.to_thread(_trained, settings, candidate, console):
                raise Refused("학습하지 못해서 게시하지 않았어요. 위에 적힌 까닭을 고친 뒤 다시 해 주세요.")
            me = _me()
            release = await releases.publish(candidate, me, why, verdict.as_json(), overrule)
        action = "publish_overruled" if overrule else "publish"
        await audit.note(None, action, f"release:{release.number}", f"{me.name}: {overrule or why}")
        if as_json:
            _print_json(_plain(release, True))
        else:
            console.print(f"[green]✓[/] 판 {release.number}을(를) 게시했어요.", highlight=False)
        return 0

    return _run(settings, work)


def rollback(settings: Settings, number: int, why: str, *, as_json: bool) -> int:
    """Go back to a release; exit status."""

    async def work(releases: Releases, audit: AuditTrail) -> int:
        me, before = _me(), await releases.active()
        release, by_hand = await releases.rollback(number, me, why)
        await audit.note(
            None,
            "release_rolled_back",
            f"release:{number}",
            f"{me.name}: {why}",
            before={"release": before.number if before else None},
            after={"release": number},
        )
        console = Console(stderr=True, soft_wrap=True)
        if as_json:
            _print_json({**_plain(release, True), "edited_by_hand": list(by_hand)})
            return 0
        console.print(f"[green]✓[/] 판 {release.number}(으)로 되돌렸어요.", highlight=False)
        for path in by_hand:
            console.print(f"[yellow]![/] {path}: 손으로 고친 것이 있어 그대로 뒀어요.", highlight=False)
        return 0

    return _run(settings, work)


def diff(settings: Settings, one: int, other: int | None, *, as_json: bool) -> int:
    """What differs between two releases, or between one and `data/` as it stands; exit status."""

    async def work(releases: Releases, _: AuditTrail) -> int:
        before = await releases.unpack(one)
        after = await releases.unpack(other) if other is not None else open_live(settings).working
        found = await asyncio.to_thread(changes, before, after)
        if as_json:
            _print_json([asdict(each) for each in found])
        else:
            _show(found, Console(soft_wrap=True))
        return 0

    return _run(settings, work)


def _run(settings: Settings, work: Callable[[Releases, AuditTrail], Awaitable[int]]) -> int:
    console = Console(stderr=True, soft_wrap=True)

    async def whole() -> int:
        await migrate(settings.database)
        engine = open_engine(settings.database)
        try:
            return await work(Releases(engine, settings), AuditTrail(engine, utc_now))
        finally:
            await engine.dispose()

    try:
        return asyncio.run(whole())
    except NoSuchRelease as error:
        said = f"판 {error}이(가) 없어요.\n  → sotong release list 로 번호를 확인해 주세요."
    except NothingNew:
        said = "지금 쓰는 판과 내용이 같아요. 할 일이 없어요."
    except Meanwhile as error:
        files = "".join(f"\n    {path} ({called(path)})" for path in error.paths)
        said = f"그 사이 내용이 바뀌어 아무것도 하지 않았어요.{files}\n  → 다시 실행해 주세요."
    except (Refused, Unusable, Damaged) as error:
        said = str(error)
    except (SQLAlchemyError, OSError) as error:
        said = f"하지 못했어요: {error}\n  → sotong doctor 로 데이터베이스와 디스크를 확인해 주세요."
    console.print(f"[red]✗[/] {said}", highlight=False)
    return 2


def _judge(settings: Settings, candidate: Path, against: Path | None, console: Console) -> Verdict:
    from bot.gate.gate import judge  # noqa: PLC0415 - seconds, which other commands need not wait

    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("살펴보고 있어요", total=1.0)
        return judge(
            candidate,
            against,
            settings=settings,
            progress=lambda what, share: progress.update(task, description=what, completed=share),
        )


def _trained(settings: Settings, candidate: Path, console: Console) -> bool:
    """Whether there is a model for the candidate, which is stored with the release."""
    from bot.cli.train import train  # noqa: PLC0415

    return train(settings, root=candidate, console=console) is not None


def _blocked(verdict: Verdict, console: Console, *, as_json: bool) -> int:
    if as_json:
        _print_json(verdict.as_json())
        return 1
    for problem in verdict.problems:
        if problem.severity == "error":
            console.print(f"[red]●[/] [bold]{problem.path}:{problem.line}[/] {problem.rule}", highlight=False)
            console.print(f"    {problem.message}\n    → {problem.remedy}", markup=False, highlight=False)
    console.print("[red]✗[/] 점검을 통과하지 못해서 게시하지 않았어요.", highlight=False)
    console.print(
        '  → 고친 뒤 다시 하거나, 까닭이 있으면 --overrule "까닭"을 붙여 주세요. 까닭은 기록에 남아요.'
    )
    return 1


def _show(found: list[Change], console: Console) -> None:
    colours = {"+": "green", "-": "red", " ": "dim"}
    for change in found:
        console.print(
            f"[bold]{_KINDS[change.kind]}[/] {change.title} ({change.item})", highlight=False, markup=True
        )
        parts = [*((field.name, field.lines) for field in change.fields), ("", change.lines)]
        for name, lines in parts:
            if name:
                console.print(f"  {name}", style="bold", markup=False, highlight=False)
            for sign, line in lines:
                console.print(f"    {sign} {line}", style=colours[sign], markup=False, highlight=False)
        if change.more:
            console.print(f"    … {change.more}줄 더", highlight=False)
    if not found:
        console.print("다른 곳이 없어요.")


def _me() -> Terminal:
    return Terminal(f"명령줄({getpass.getuser()})")


def _plain(release: Release, active: bool) -> dict[str, Any]:
    row = asdict(release)
    return {**row, "at": release.at.isoformat(), "active": active}


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1))
