"""The services made ready for matching: nobody waits for a new list while there is an older one."""

from __future__ import annotations

import asyncio
import threading

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.service import PublicService
from bot.eligibility.live import LiveMatching


def services(count: int) -> list[PublicService]:
    return [PublicService(f"{place:012d}", f"혜택 {place}", "한빛시") for place in range(count)]


async def test_a_turn_does_not_wait_for_a_new_list() -> None:
    catalogue = Catalogue(threading.Lock(), lambda _: frozenset())
    live = LiveMatching(catalogue, ())
    catalogue.show(services(3))
    assert len((await live.current()).services) == 3  # the first one is waited for
    catalogue.show(services(4000))
    assert len((await live.current()).services) == 3
    async with asyncio.timeout(10):
        while len((await live.current()).services) != 4000:
            await asyncio.sleep(0.01)
