"""From a question nobody could answer to the citizen who is told: real log, drafts, releases and gateway.

The bot that is asked is a real index over what is live; only Rasa's wire is scripted.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from argon2 import PasswordHasher
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.channel import Capabilities
from bot.content.store import ContentStore
from bot.encoder.encoder import Encoder
from bot.jobs import Jobs
from bot.log.engine import open_engine
from bot.loop.build import Loop, add_loop, build_loop
from bot.loop.grouping import Grouping
from bot.loop.inbox import Wanted
from bot.loop.settling import Made
from bot.loop.telling import LOOKS, Telling
from bot.loop.waits import Waits
from bot.messages import Candidate
from bot.rasa import RasaClient
from bot.releases.live import open_live
from bot.releases.releases import Releases
from bot.retrieval.decision import decide
from bot.retrieval.index import AnswerIndex
from bot.rights.consents import Consents, Purpose
from bot.rights.wordings import Text
from bot.settings import ROOT, Settings
from bot.staff.accounts import Accounts
from bot.studio.answer_text import read_answer, write_answer
from bot.studio.compose import compose
from bot.studio.drafts import Drafts
from bot.text.recent import RecentMorphemes
from tests.gateway_support import LIMITS, City, Phone, open_city
from tests.scripted_rasa import Item, reply

SHIP, SHIP_TOO = "우주선 주차는 어디에 하나요? 010-1234-5678", "우주선 주차할 곳 있나요"
ANSWER = "우주선은 시청 옥상에 세울 수 있어요."
MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@dataclass
class Way:
    city: City
    engine: AsyncEngine
    settings: Settings
    loop: Loop
    telling: Telling
    drafts: Drafts
    operator: int
    seen: int = 0

    async def waits(self, user: str) -> None:
        """A citizen says yes to being told."""
        waits = Waits(self.engine, lambda: self.city.now)
        asked = await waits.asked("phone", user)
        assert asked
        assert await waits.add(asked)
        text = Text("consent:answer", "알려 드릴까요?")
        await Consents(self.engine, lambda: self.city.now).agree(asked.conversation_id, Purpose.ANSWER, text)

    async def publish(self) -> None:
        """Everything that is drafted."""
        releases = Releases(self.engine, self.settings, lambda: self.city.now)
        candidate, drafts = self.settings.var_dir / f"candidate{self.city.numbers}", await self.drafts.list()
        assert compose(self.settings.working, drafts, candidate) == []
        who = SimpleNamespace(operator_id=self.operator, name="김하늘")
        await releases.publish(candidate, who, "새 답변", {"blocked": False, "problems": []})
        await self.drafts.drop([draft.item for draft in drafts])

    async def told(self) -> list[str]:
        """Run the job; what came to the telephone since the last look."""
        await self.telling.run()
        await self.city.turns.idle()
        new = self.city.phone.shown[self.seen :]
        self.seen = len(self.city.phone.shown)
        return [wire["text"] for wire in new]

    def later(self, **time: float) -> None:
        self.city.now += timedelta(**time)


def answering(content: ContentStore, encoder: Encoder, morphemes: RecentMorphemes) -> Any:
    index = AnswerIndex(encoder, morphemes)

    def answer(text: str) -> list[Item]:
        index.load(content.answers())
        hits = index.search(text)
        candidates = tuple(Candidate(id=hit.answer.id, score=hit.score) for hit in hits)
        if decide(hits).kind != "answer":
            return reply("아직 답을 몰라요.", outcome="unanswered", intent="ask_faq", candidates=candidates)
        return reply(hits[0].answer.answer, intent="ask_faq", candidates=candidates)

    return answer


@pytest.fixture
def live(settings: Settings) -> Settings:
    """With two topics: what is live is a folder of its own."""
    for path in (settings.data_dir / "answers").iterdir():
        if path.stem not in ("parking", "passport"):
            path.unlink()
    for name in ("config.yml", "domain.yml"):
        shutil.copy(ROOT / name, settings.data_dir.parent)
    return open_live(settings)


@asynccontextmanager
async def open_way(
    live: Settings, encoder: Encoder, morphemes: RecentMorphemes, capabilities: Capabilities = LIMITS
) -> AsyncIterator[Way]:
    async with (
        open_city(live, 0, phone=Phone(capabilities=capabilities)) as city,
        aiohttp.ClientSession() as session,
    ):
        city.now = MORNING
        engine, content = open_engine(live.database), ContentStore(live)
        city.rasa.answer = answering(content, encoder, morphemes)
        accounts = Accounts(engine, lambda: city.now, PasswordHasher(time_cost=1, memory_cost=64))
        await accounts.create("haneul", "김하늘", ("approver",), ())
        loop = build_loop(live, engine, content, lambda: city.now)
        bot = RasaClient(session, city.rasa.url, city.rasa.url)
        jobs, channels = Jobs(ZoneInfo("Asia/Seoul")), {"phone": city.phone}
        telling = add_loop(jobs, loop, live, bot, city.gateway.tell, channels, lambda: city.now)
        drafts = Drafts(engine, lambda: city.now)
        yield Way(city, engine, live, loop, telling, drafts, next(iter(await accounts.names())))
        await engine.dispose()


async def drafted(way: Way, encoder: Encoder) -> str:
    """The one group becomes a new answer, which somebody writes; its item."""
    await way.loop.inflow.run()
    await Grouping(way.engine, encoder, lambda: way.city.now).run()
    [group] = (await way.loop.inbox.page(Wanted(), way.city.now, 0, 10)).groups
    [question] = await way.loop.settling.texts(group.id, [])
    item = await way.loop.making.answer(question, "parking", "parking", group.id, way.operator)
    await way.loop.settling.settle(group.id, [], Made("answer", item, (question,)), way.operator)
    draft = await way.drafts.find(item)
    assert draft
    written = read_answer(draft.text or "")
    fields = {**written.fields, "answer": ANSWER, "source": {"title": "한빛시"}}
    text = write_answer(written.topic, fields, draft.text)
    await way.drafts.save(item, draft.title, None, text, draft.version, way.operator)
    return item


async def test_the_whole_way(live: Settings, encoder: Encoder, morphemes: RecentMorphemes) -> None:
    async with open_way(live, encoder, morphemes) as way:
        assert await way.city.ask(SHIP) == ["아직 답을 몰라요."]
        await way.city.ask(SHIP_TOO, to="park")
        await way.waits("kim")
        item = await drafted(way, encoder)
        assert "1234" not in item + str([draft.text for draft in await way.drafts.list()])
        way.seen = len(way.city.phone.shown)

        assert await way.told() == []  # nothing is live yet
        way.later(minutes=30)
        assert await way.told() == []
        await way.publish()
        assert await way.told() == []  # who answers has not read it yet
        way.later(seconds=3)
        opening, answer = await way.told()
        assert "답이 생겼어요" in opening
        assert "우주선 주차는 어디에 하나요" in opening
        assert "1234" not in opening
        assert answer == ANSWER
        assert {wire["to"] for wire in way.city.phone.shown[-2:]} == {"kim"}
        assert all(key.startswith("loop:") for key in way.city.rasa.forgotten)

        assert await way.loop.settling.follow() == 1
        assert (await way.loop.inbox.page(Wanted(), way.city.now, 0, 10)).total == 0
        [done] = (await way.loop.inbox.page(Wanted(state="done"), way.city.now, 0, 10)).groups
        assert (done.lines, done.waiting) == (2, 0)

        for wait in LOOKS:  # and never again
            way.later(seconds=wait.total_seconds())
            assert await way.told() == []
        way.later(hours=2)
        await way.told()
        kim = await way.city.id("kim")
        assert not await Consents(way.engine).has(kim, Purpose.ANSWER)
        assert await Waits(way.engine).of(kim) == []


async def test_at_decent_hours_and_not_while_a_person_has_the_conversation(
    live: Settings, encoder: Encoder, morphemes: RecentMorphemes
) -> None:
    async with open_way(live, encoder, morphemes) as way:
        await way.city.ask(SHIP)
        await way.waits("kim")
        await drafted(way, encoder)
        await way.told()
        way.city.now = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # midnight in Korea
        await way.publish()
        way.seen = len(way.city.phone.shown)
        for _ in range(3):
            way.later(minutes=10)
            assert await way.told() == []
        kim = await way.city.id("kim")
        await way.city.desk.request(kim, "asked")
        way.city.now = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
        assert await way.told() == []
        await way.city.desk.withdraw(kim)
        assert len(await way.told()) == 2


async def test_a_window_that_is_shut_is_waited_for(
    live: Settings, encoder: Encoder, morphemes: RecentMorphemes
) -> None:
    async with open_way(live, encoder, morphemes, replace(LIMITS, window=24 * 3600.0)) as way:
        await way.city.ask(SHIP)
        await way.waits("kim")
        await drafted(way, encoder)
        way.later(days=2)
        await way.publish()
        await way.told()
        way.seen = len(way.city.phone.shown)
        way.later(minutes=1)
        assert await way.told() == []
        await way.city.ask("여권 값 얼마예요")
        way.seen = len(way.city.phone.shown)
        assert (await way.told())[-1] == ANSWER


async def test_who_stopped_or_was_erased_is_told_nothing(
    live: Settings, encoder: Encoder, morphemes: RecentMorphemes
) -> None:
    async with open_way(live, encoder, morphemes) as way:
        for user in ("kim", "park"):
            await way.city.ask(SHIP, to=user)
            await way.waits(user)
        await Consents(way.engine).withdraw(await way.city.id("park"), Purpose.ANSWER)
        await drafted(way, encoder)
        await way.city.gateway.erase(await way.city.id("kim"))
        await way.publish()
        await way.told()
        way.seen = len(way.city.phone.shown)
        way.later(minutes=1)
        assert await way.told() == []


async def test_told_once_even_when_the_program_ends_in_between(
    live: Settings, encoder: Encoder, morphemes: RecentMorphemes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_way(live, encoder, morphemes) as way:
        await way.city.ask(SHIP)
        await way.waits("kim")
        await drafted(way, encoder)
        await way.publish()
        await way.told()
        way.later(seconds=3)
        way.seen = len(way.city.phone.shown)

        async def crash(*_: object) -> None:
            raise RuntimeError

        with monkeypatch.context() as broken:
            broken.setattr(Waits, "told", crash)
            with pytest.raises(RuntimeError):
                await way.told()
        assert len(await way.told()) == 2
        assert await Waits(way.engine).of(await way.city.id("kim")) == []
