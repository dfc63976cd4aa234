"""Whoever wants to be forgotten is, everywhere, and stays so when a backup is restored."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.log import ConversationLog
from bot.log.tables import Audit, Conversation
from bot.messages import Outbound, Reply
from bot.rasa import BotNotReady
from bot.retrieval.clicks import RedisClicks
from bot.rights.clicks import ClickMemory
from bot.rights.forgetting import Forgetting
from bot.rights.pseudonym import Pseudonyms
from bot.rights.tables import ConsentRow, Erasure
from bot.rights.tombstones import Tombstones
from bot.settings import Settings
from tests.gateway_support import City, open_city
from tests.log_support import NOON, found, inbound
from tests.rights_support import every, known, left
from tests.scripted_rasa import reply


class Memory:
    """Something beside the database that remembers citizens, and may be out of reach."""

    def __init__(self, *keys: str) -> None:
        self.keys = set(keys)
        self.down = False

    async def forget(self, key: str) -> None:
        if self.down:
            raise BotNotReady("down")
        self.keys.discard(key)


def forgetting(engine: AsyncEngine, folder: Path, *memories: Memory) -> Forgetting:
    stones = Tombstones(folder / "erased.jsonl")
    return Forgetting(engine, Pseudonyms(folder), stones, [one.forget for one in memories], lambda: NOON)


async def erase(engine: AsyncEngine, rights: Forgetting, user: str = "kim") -> str:
    log = ConversationLog(engine, clock=lambda: NOON)
    found = await log.find("phone", user)
    receipt = rights.receipt("phone", user)
    await log.erase(found.id if found else 0, receipt=receipt)
    await rights.settle(receipt)
    return receipt.number


async def test_no_table_says_anything_of_an_erased_citizen(engine: AsyncEngine, tmp_path: Path) -> None:
    kim, lee = await known(engine, "kim"), await known(engine, "lee")
    before = await left(engine, lee)
    assert (await left(engine, kim)).keys() == before.keys() > {"messages", "subscriptions", "consents"}
    rights = forgetting(engine, tmp_path)

    number = await erase(engine, rights)
    assert await left(engine, kim) == {}
    assert await left(engine, lee) == before
    assert [row.user_id for row in await every(engine, Conversation)] == ["lee"]
    [receipt] = await every(engine, Erasure)
    assert (receipt.number, receipt.memory_of, receipt.rows["messages"]) == (number, None, 1)
    proof = next(row for row in await every(engine, ConsentRow) if row.conversation_id is None)
    assert (proof.citizen, proof.withdrawn_at) == (receipt.citizen, NOON)
    [audit] = await every(engine, Audit)
    assert (audit.action, audit.detail) == ("erase", number)
    assert "kim" not in str(receipt) + str(proof.citizen) + str(audit)

    await erase(engine, rights)
    assert len(await every(engine, Erasure)) == len(await every(engine, Audit)) == 1


async def test_what_somebody_picked_is_forgotten_and_what_others_picked_is_not(redis_url: str) -> None:
    picked = RedisClicks(Redis.from_url(redis_url), "sotong:clicks:")
    for citizen in ("phone:kim", "phone:lee", "phone:park"):
        picked.record(f"{NOON:%f}-question", "passport-fee", citizen)
    async with AsyncRedis.from_url(redis_url) as redis:
        for _ in range(2):
            await ClickMemory(redis).forget("phone:kim")
    assert picked.citizens(f"{NOON:%f}-question") == {"passport-fee": 2}


async def test_a_memory_that_is_down_forgets_later(engine: AsyncEngine, tmp_path: Path) -> None:
    await known(engine)
    rasa, vault = Memory("phone:kim", "phone:lee"), Memory("phone:kim")
    rasa.down = True
    rights = forgetting(engine, tmp_path, rasa, vault)
    await erase(engine, rights)
    assert [row.memory_of for row in await every(engine, Erasure)] == ["phone:kim"]
    assert await rights.follow() == 1
    after_restart = forgetting(engine, tmp_path, rasa, vault)
    await after_restart.recover()
    rasa.down = False
    await after_restart.before("phone:lee")
    assert "phone:kim" in rasa.keys
    await after_restart.before("phone:kim")  # they write again: nothing old may be remembered now
    assert (rasa.keys, vault.keys) == ({"phone:lee"}, set())
    assert [row.memory_of for row in await every(engine, Erasure)] == [None]
    assert await after_restart.follow() == 0


async def test_a_restored_backup_brings_nobody_back(
    settings: Settings, free_port: int, tmp_path: Path
) -> None:
    file, backup = Path(settings.database.partition("///")[2]), tmp_path / "backup.db"

    def kim_says(answered: City) -> None:
        answered.rasa.answer = lambda said: (
            reply("지웠어요", outcome="erased", erase=True) if said == "지워 줘" else reply(f"답: {said}")
        )

    async with open_city(settings, free_port) as city:
        kim_says(city)
        await city.ask("비밀 이야기")
        await city.ask("남의 이야기", to="lee")
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(backup)) as target:
            source.backup(target)
        city.now += timedelta(minutes=1)
        await city.ask("지워 줘")
        city.rasa.forgotten.clear()
    for leftover in (file, *tmp_path.glob("log.db-*")):
        leftover.unlink()
    shutil.copy(backup, file)

    for forgets in (["phone:kim"], []):
        async with open_city(settings, free_port) as city:
            kim_says(city)
            assert await city.log.find("phone", "kim") is None
            assert await city.log.find("phone", "lee") is not None
            assert await found(city.log, "비밀") == []
            assert city.rasa.forgotten == forgets
            [receipt] = await every(city.log._engine, Erasure)
            assert receipt.replayed_at is not None
            assert receipt.rows["messages"] == 2
    async with open_city(settings, free_port) as city:
        await city.ask("다시 왔어요")
    async with open_city(settings, free_port) as city:
        assert await city.log.find("phone", "kim") is not None


async def test_a_tombstone_that_could_not_be_written_in_time_is_written_at_the_next_start(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    await known(engine)
    number = await erase(engine, forgetting(engine, tmp_path))
    (tmp_path / "erased.jsonl").write_text('{"number": "D-1", "cit')
    await forgetting(engine, tmp_path).recover()
    assert number in Tombstones(tmp_path / "erased.jsonl").read()


async def test_what_is_said_after_a_crash_in_mid_erasure(settings: Settings, free_port: int) -> None:
    async with open_city(settings, free_port) as city:
        await city.ask("비밀 이야기")
        stored = await city.log.receive(inbound("지워 줘", user="kim", channel="phone", message="m9"))
        assert stored is not None
        receipt = city.turns._forgetting.receipt("phone", "kim")
        gone = Reply(messages=(Outbound(text="지웠어요"),), outcome="erased", erase=True)
        await city.log.finish_turn(stored.id, gone, 1, receipt=receipt)
    async with open_city(settings, free_port) as city:
        assert city.rasa.forgotten == ["phone:kim"]
        await city.turns.recover()
        await city.turns.idle()
        assert [wire["text"] for wire in city.phone.shown] == ["지웠어요"]
        assert await city.log.find("phone", "kim") is None


async def test_the_bot_is_down_and_still_everything_goes(settings: Settings, free_port: int) -> None:
    async with open_city(settings, free_port) as city:
        await city.ask("비밀 이야기")
        await city.rasa.stop()
        number = await city.gateway.erase(await city.id())
        assert await city.log.find("phone", "kim") is None
        await city.rasa.start()
        assert city.rasa.forgotten == []
        await city.turns._forgetting.follow()
        assert city.rasa.forgotten == ["phone:kim"]
        [receipt] = await every(city.log._engine, Erasure)
        assert (receipt.number, receipt.memory_of) == (number, None)
