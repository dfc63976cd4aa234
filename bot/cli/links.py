"""`sotong check --links`: whether the addresses in answers still lead anywhere."""

from __future__ import annotations

import asyncio

from rich.console import Console
from rich.progress import Progress

from bot.content.load import load_answers
from bot.messages import utc_now
from bot.outside import Outside
from bot.settings import Settings
from bot.studio.links import LinkBook, addresses, look


def check_links(settings: Settings) -> int:
    """Ask every address, keep what was found and name those that lead nowhere; 1 when any does."""
    console = Console(soft_wrap=True)
    wanted = addresses(load_answers(settings.answers).answers)
    with Progress(console=Console(stderr=True, soft_wrap=True), transient=True) as progress:
        task = progress.add_task("주소를 열어 보고 있어요", total=len(wanted))
        found = asyncio.run(
            look(
                list(wanted),
                LinkBook(settings.links_file),
                utc_now,
                outside=Outside(settings.inside_origins),
                progress=lambda done, _: progress.update(task, completed=done),
            )
        )
    broken = [each for each in found if each.wrong]
    for each in broken:
        answers = ", ".join(wanted[each.url][:5])
        console.print(
            f"● {each.url}: {each.wrong} ({answers})", markup=False, highlight=False, style="yellow"
        )
    console.print(f"주소 {len(found)}개를 물어봤어요. 열리지 않는 주소 {len(broken)}개.", highlight=False)
    return 1 if broken else 0
