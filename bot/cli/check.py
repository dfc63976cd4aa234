"""`sotong check`: the gate on the terminal, for the content as it stands or against a release."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bot.gate.finding import Finding, Verdict
from bot.gate.folders import Content
from bot.gate.gate import Gate
from bot.log.engine import open_engine
from bot.log.migrate import migrate
from bot.releases.releases import NoSuchRelease, Releases
from bot.settings import Settings

NOW = "active"
"""`--against active`: the release that citizens get now."""


def check(settings: Settings, against: str = "", *, as_json: bool = False, intents: bool = False) -> int:
    """Print every fault; 1 when something blocks, 0 with warnings or nothing, 2 when there is no `against`.

    `against` is a release's number, `active` or a folder with `data`. `intents` measures the intents too,
    changed or not (minutes).
    """
    errors = Console(stderr=True, soft_wrap=True)
    try:
        before = _before(settings, against)
    except (NoSuchRelease, FileNotFoundError) as error:
        errors.print(f"[red]✗[/] 견줄 릴리스가 없어요: {error}", highlight=False)
        errors.print("    → sotong release list 로 번호를 확인해 주세요.", highlight=False)
        return 2
    root = settings.data_dir.absolute().parent
    content = Content(root, settings.data_dir, settings.answers, root / "config.yml", root / "domain.yml")
    with Progress(console=errors, transient=True) as progress:
        task = progress.add_task("준비하고 있어요", total=1.0)
        verdict = Gate(settings).judge(
            content,
            before,
            intents=intents,
            progress=lambda what, share: progress.update(task, description=what, completed=share),
        )
    placed = tuple(replace(one, path=str(content.place(one.path))) for one in verdict.problems)
    if as_json:
        plain = replace(verdict, problems=placed).as_json()
        print(json.dumps(plain, ensure_ascii=False, indent=1))
    else:
        _show(placed, verdict, Console(soft_wrap=True))
    return 1 if verdict.blocked else 0


def _before(settings: Settings, against: str) -> Content | None:
    """The content to compare with. Raises `NoSuchRelease` and FileNotFoundError."""
    if not against:
        return None
    if not against.isdecimal() and against != NOW:
        if not Path(against, "data").is_dir():
            raise FileNotFoundError(f"{against}/data")
        return Content.at(Path(against))
    return Content.at(asyncio.run(_unpacked(settings, against)))


async def _unpacked(settings: Settings, against: str) -> Path:
    await migrate(settings.database)
    engine = open_engine(settings.database)
    try:
        releases = Releases(engine, settings)
        active = await releases.active() if against == NOW else None
        if against == NOW and active is None:
            raise NoSuchRelease(against)
        return await releases.unpack(active.number if active else int(against))
    finally:
        await engine.dispose()


def _show(problems: Sequence[Finding], verdict: Verdict, console: Console) -> None:
    for problem in sorted(problems, key=lambda one: (one.path, one.line, one.rule)):
        colour = "red" if problem.severity == "error" else "yellow"
        console.print(
            f"[{colour}]●[/] [bold]{problem.path}:{problem.line}[/] {problem.rule}", highlight=False
        )
        console.print(f"    {problem.message}\n    → {problem.remedy}", markup=False, highlight=False)
    errors = sum(problem.severity == "error" for problem in problems)
    if golden := verdict.golden:
        before = "" if golden["right_before"] is None else f" (전에는 {golden['right_before']}개)"
        console.print(
            f"점검 질문 {golden['asked']}개 가운데 {golden['right']}개가 맞아요{before}", highlight=False
        )
    if not problems:
        console.print("[green]✓[/] 잘못된 곳이 없어요.")
    else:
        console.print(f"고쳐야 할 것 {errors}개, 살펴볼 것 {len(problems) - errors}개")
