"""Two agencies' whole installations hand a citizen's question over, and the answer back.

    python bench/two_offices.py [--folder FOLDER]

한빛시 and 그린군 are each a gateway, Rasa, action server, Redis and city API of their own, with their own
content, database and keys; only the trained model is one. They get to know each other by the commands that
staff uses, citizens write on a messenger's stand-in, and a person answers at the other one's console. Ends
with status 1 when something that `docs/agencies.md` promises was not so.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
from office import About, Citizen, NotSo, Office, Operator, office
from rich.console import Console
from stack_with_platforms import free_ports

from bot.cli.train import train
from bot.settings import Settings

HANBIT = About("hanbit.example", "한빛시", "02-000-0120")
GREEN = About("green.example", "그린군", "02-000-9000")
YES, NO = "대신 물어봐 주세요", "괜찮아요"
STATUS = "다른 기관에 물어봐 준 거 어떻게 됐어요?"

Tell = Callable[[str], None]


async def by_a_person(ours: Office, operator: Operator, tell: Tell) -> None:
    """What their bot does not know a person answers; until then the citizen may ask how it stands."""
    citizen = Citizen(ours, "1001")
    question = "그린군 반딧불 야시장에 우리 동아리도 자리를 낼 수 있나요? 제 번호는 010-2345-6789예요"
    await citizen.says(question)
    await citizen.hears(GREEN.name)
    await citizen.taps(YES)
    await citizen.hears(GREEN.name)
    path = await operator.waiting("반딧불 야시장")
    page = await operator.page(path)
    if "2345" in page or citizen.id in page:
        raise NotSo("they see who asked")
    tell("질문이 가려진 채 그린군 상황판에 왔어요")
    await citizen.says(STATUS)
    await citizen.hears("기다리고 있어요")
    tell("기다리는 동안 물으면 어디까지 갔는지 말해요")
    await operator.answers(path, "네, 12월 5일까지 관광과로 신청하시면 돼요.")
    await citizen.hears("관광과로 신청")
    await citizen.says(STATUS)
    await citizen.hears("답이 왔어요")
    if citizen.times("관광과로 신청") != 1:
        raise NotSo("the answer was told more than once")
    tell("그린군 상담원의 답이 시민의 메신저로 한 번 왔어요")


async def not_agreed(ours: Office, tell: Tell) -> None:
    """Without a yes nothing leaves."""
    citizen = Citizen(ours, "1003")
    await citizen.says("그린군 물놀이터 언제 열어요?")
    await citizen.hears(GREEN.name)
    await citizen.taps(NO)
    await citizen.says(STATUS)
    await citizen.hears("없어요")
    tell("싫다고 하면 아무것도 보내지 않아요")


async def while_off(ours: Office, theirs: Office, operator: Operator, tell: Tell) -> None:
    """They are off: the citizen hears so, and gets the answer when they are back."""
    await theirs.off()
    tell("그린군이 꺼졌어요")
    citizen = Citizen(ours, "1004")
    await citizen.says("그린군 달맞이 열차는 몇 시에 떠나요?")
    await citizen.hears(GREEN.name)
    await citizen.taps(YES)
    await citizen.hears("연결이 되지 않아요", 120)
    await citizen.says(STATUS)
    await citizen.hears("다시 전하고 있어요")
    tell("시민은 늦어진다는 말을 들었어요")
    await theirs.on()
    began = time.monotonic()
    path = await operator.waiting("달맞이 열차", 180)
    tell(f"그린군이 다시 켜지고 {time.monotonic() - began:.0f}초 만에 질문이 갔어요")
    await operator.answers(path, "저녁 7시에 떠나요.")
    await citizen.hears("저녁 7시에 떠나요")
    tell("그 답도 시민에게 왔어요")


async def directories(ours: Office, theirs: Office) -> None:
    """Each knows and trusts the other, by the fingerprint that the other shows."""
    await ours.trusts(theirs)
    await theirs.trusts(ours)
    for one, other in ((ours, theirs), (theirs, ours)):
        known = await one.sotong("agencies", "list")
        if other.about.id not in known or "믿음" not in known:
            raise NotSo(f"{one.about.name} does not trust {other.about.name}: {known}")


async def day(folder: Path, model: Path, tell: Tell) -> None:
    """The whole story. Raises `NotSo`, and `TimeoutError` when one of them does not start."""
    ports = free_ports(2)
    async with (
        office(folder / "hanbit", model, HANBIT, ports[0], ports) as ours,
        office(folder / "green", model, GREEN, ports[1], ports) as theirs,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser,
    ):
        tell("한빛시와 그린군이 켜졌어요")
        await directories(ours, theirs)
        tell("서로의 소개를 읽고 지문을 견줬어요")
        operator = Operator(theirs, browser)
        await operator.comes("bada", "박바다")
        await by_a_person(ours, operator, tell)
        await not_agreed(ours, tell)
        await while_off(ours, theirs, operator, tell)


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folder", type=Path, help="keep what they write here")
    options = parser.parse_args()
    console = Console(soft_wrap=True, highlight=False)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C: no process stays behind
    model = train(Settings(_env_file=None), console=console)
    if model is None:
        return 1
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sotong-offices-") as name:
        folder = options.folder or Path(name)
        try:
            asyncio.run(
                day(folder, model, lambda said: console.print(f"· {time.monotonic() - began:4.0f}초 {said}"))
            )
        except NotSo as error:
            console.print(f"[red]✗[/] {error}")
            return 1
    console.print("[green]✓[/] 두 기관이 질문과 답을 주고받았어요")
    return 0


if __name__ == "__main__":
    sys.exit(main())
