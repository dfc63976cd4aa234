"""The roll-up: what is counted, again and again, and what stands out."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.figures.kinds import Kind
from bot.figures.period import Period
from bot.figures.reading import Figures, Totals
from bot.figures.rolling import Rolling
from bot.figures.tables import FigureCount, FigureWord
from bot.figures.turns import Turns, Wanted
from bot.figures.unusual import Watch
from bot.log.engine import changing, reading
from bot.log.log import ConversationLog
from bot.log.tables import Handoff, Message
from bot.messages import Candidate, Outbound, Reply
from bot.ratings.tables import Rating
from tests.console_support import Clock
from tests.log_support import NOON, database, inbound

SEOUL = ZoneInfo("Asia/Seoul")
TOPICS = {"passport-fee": "passport", "water-cut": "water"}
DAY = date(2026, 11, 23)


class Town:
    def __init__(self, engine: AsyncEngine) -> None:
        self.engine, self.clock = engine, Clock()
        self.log = ConversationLog(engine, self.clock)
        self.watch = Watch(engine, SEOUL)
        self.rolling = Rolling(engine, lambda: TOPICS, SEOUL, 30, self.clock)
        self.figures = Figures(engine, SEOUL)
        self.said = 0

    async def ask(
        self,
        text: str = "여권 얼마예요",
        outcome: str = "answered_faq",
        *,
        user: str = "",
        channel: str = "webchat",
        answer: str | None = "passport-fee",
        latency: int = 200,
        first: int | None = None,
    ) -> int:
        """A turn; `first` milliseconds after it the bot asks for patience."""
        self.said += 1
        began = self.clock.now
        stored = await self.log.receive(
            inbound(text, user=user or f"u{self.said}", message=f"m{self.said}", channel=channel)
        )
        assert stored is not None
        if first is not None:
            self.clock.now = began + timedelta(milliseconds=first)
            await self.log.say(stored.conversation_id, [Outbound(text="잠시만요")], "bot")
        self.clock.now = began + timedelta(milliseconds=latency)
        reply = Reply(
            messages=(Outbound(text="답"),),
            outcome=outcome,
            intent="ask_faq",
            candidates=(Candidate(id=answer, score=0.9, question="?"),) if answer else (),
        )
        await self.log.finish_turn(stored.id, reply, latency)
        self.clock.now = began
        return stored.id

    async def totals(self, since: date = DAY, until: date = DAY, channel: str = "") -> Totals:
        return await self.figures.totals(Period(since, until, SEOUL), channel)

    async def rows(self) -> list[tuple[object, ...]]:
        async with reading(self.engine) as session:
            found = await session.execute(select(*FigureCount.__table__.columns))
            return sorted(tuple(row) for row in found)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with database(f"sqlite+aiosqlite:///{tmp_path}/figures.db") as engine:
        yield Town(engine)


async def test_what_is_counted(town: Town) -> None:
    await town.ask()
    await town.ask(channel="kakao")
    await town.ask("단수예요?", "unanswered", answer=None)
    await town.ask("상담원", "handed_off", answer=None)
    await town.ask("언제까지", "clarified", latency=6000, first=2500)
    await town.rolling.run()
    totals = await town.totals()
    assert totals.turns == {
        ("webchat", "passport", "answered_faq"): 1,
        ("kakao", "passport", "answered_faq"): 1,
        ("webchat", "", "unanswered"): 1,
        ("webchat", "", "handed_off"): 1,
        ("webchat", "passport", "clarified"): 1,
    }
    assert totals.asked == 5
    assert totals.answer_rate == pytest.approx(0.4)
    assert totals.quantile(Kind.FULL, 1.0) == pytest.approx(6000, rel=0.05)
    assert totals.quantile(Kind.FIRST, 1.0) == pytest.approx(2500, rel=0.05)
    assert totals.quantile(Kind.FULL, 0.5) == pytest.approx(200, rel=0.05)
    assert (await town.totals(channel="kakao")).outcomes == {"answered_faq": 1}


async def test_people_ratings_and_messages_sent_unasked(town: Town) -> None:
    message = await town.ask(channel="line")
    async with changing(town.engine) as connection:
        came = NOON + timedelta(minutes=3)
        await connection.execute(
            Handoff.__table__.insert().values(
                conversation_id=1, reason="asked", requested_at=NOON, claimed_at=came
            )
        )
        await connection.execute(
            Rating.__table__.insert().values(
                conversation_id=1,
                message_id=message,
                about="answer",
                channel="line",
                topic="passport",
                asked_at=NOON,
                rated_at=NOON,
                score=5,
            )
        )
    for row in await town.log.say(1, [Outbound(text="알림이에요")], "bot"):
        await town.log.taken({row.id: 2}, [row.id], "p")
    await town.rolling.run()
    totals = await town.totals()
    assert totals.desk == {"claimed": 1, "asked": 1}
    assert totals.quantile(Kind.WAIT, 0.5) == pytest.approx(180_000, rel=0.05)
    assert totals.ratings == {("answer", 5): 1}
    assert totals.rating == 5
    assert totals.pushed == {"line": 2}


async def test_counting_again_changes_nothing_and_catches_up(town: Town) -> None:
    await town.ask()
    await town.rolling.run()
    before = await town.rows()
    await town.rolling.run()
    assert await town.rows() == before
    late = await town.ask("늦게 끝나는 질문", "unanswered")
    town.clock.pass_(hours=5)  # the program was away meanwhile
    await town.ask()
    await town.rolling.run()
    assert (await town.totals()).outcomes == {"answered_faq": 2, "unanswered": 1}
    async with changing(town.engine) as connection:
        await connection.execute(update(Message).where(Message.id == late).values(outcome="answered_faq"))
    await town.rolling.run()  # hours later it is not looked at again by itself
    assert (await town.totals()).outcomes["unanswered"] == 1
    assert await town.rolling.again(DAY, DAY) > 0
    assert (await town.totals()).outcomes == {"answered_faq": 3}


async def test_counts_stay_when_the_messages_have_gone(town: Town) -> None:
    town.rolling = Rolling(town.engine, lambda: TOPICS, SEOUL, 2, town.clock)
    await town.ask()
    await town.rolling.run()
    town.clock.pass_(days=40)
    async with changing(town.engine) as connection:
        await connection.execute(delete(Message))
    await town.ask()
    await town.rolling.run()
    assert await town.rolling.again(DAY, DAY) == 0
    assert (await town.totals()).outcomes == {"answered_faq": 1}
    town.clock.pass_(days=100)
    await town.rolling.run()
    async with reading(town.engine) as session:
        hours = select(func.count()).where(FigureCount.span == "hour", FigureCount.at < NOON)
        assert await session.scalar(hours) == 0
        assert await session.scalar(select(func.count()).select_from(FigureWord)) == 0
    assert (await town.totals()).outcomes == {"answered_faq": 1}


async def test_a_day_is_the_citys(town: Town) -> None:
    town.clock.now = datetime(2026, 11, 22, 14, 59, tzinfo=UTC)  # 23:59 in Seoul
    await town.ask()
    town.clock.pass_(minutes=1)
    await town.ask()
    await town.rolling.run()
    assert (await town.totals(DAY - timedelta(days=1), DAY - timedelta(days=1))).asked == 1
    assert (await town.totals()).asked == 1
    period = Period(DAY - timedelta(days=1), DAY, SEOUL)
    course = await town.figures.course(period)
    assert [moment.groups.total() for moment in course].index(1) == 23
    assert await town.figures.clock(period) == {(6, 23): 1, (0, 0): 1}


async def test_a_water_cut_stands_out(town: Town) -> None:
    """단수 ×9 since 08:00, against quiet mornings; what is asked every morning does not."""
    for day in range(6, 0, -1):
        town.clock.now = NOON - timedelta(days=day, hours=3)
        for hour in range(3):
            town.clock.now = NOON - timedelta(days=day, hours=3 - hour)
            for n in range(4):
                await town.ask("여권 얼마예요", user=f"usual{n}")
    for hour in (3, 2, 1, 0):
        town.clock.now = NOON - timedelta(hours=hour + 1, minutes=-5)
        for n in range(4):
            await town.ask("여권 얼마예요", user=f"usual{n}")
        for n, end in enumerate(("예요?", "인가요", " 언제 끝나요", "됐는데요", " 왜 해요")):
            await town.ask("단수" + end, "unanswered", user=f"dry{hour}-{n}", answer="water-cut")
    town.clock.now = NOON
    await town.rolling.run()
    assert await town.watch.run(NOON) >= 1
    found = await town.figures.unusual(Period(DAY, DAY, SEOUL))
    words = {each.subject: each for each in found if each.kind == "word"}
    assert set(words) == {"단수"}
    assert words["단수"].n == 20
    assert words["단수"].began_at == NOON - timedelta(hours=4)
    assert [each.subject for each in found if each.kind == "topic"] == ["water"]
    await town.watch.run(NOON + timedelta(minutes=5))
    assert len(await town.figures.unusual(Period(DAY, DAY, SEOUL))) == len(found)  # the same event


async def test_from_a_figure_to_its_turns(town: Town) -> None:
    for hour in range(5):
        town.clock.now = NOON - timedelta(hours=hour)
        await town.ask("여권 얼마예요")
        await town.ask("단수예요", "unanswered", answer=None, channel="kakao", latency=9000)
    town.clock.now = NOON + timedelta(minutes=1)
    await town.rolling.run()
    turns = Turns(town.engine, lambda: TOPICS)
    all_day = {"begin": NOON - timedelta(hours=12), "end": NOON + timedelta(hours=12)}

    async def texts(**wanted: object) -> Counter[str]:
        page, further = await turns.page(Wanted(**all_day, **wanted), None, 50)  # type: ignore[arg-type]
        assert further is None
        exported = [each async for some in turns.every(Wanted(**all_day, **wanted)) for each in some]  # type: ignore[arg-type]
        assert sorted(each.id for each in page) == sorted(each.id for each in exported)
        assert [each.at for each in page] == sorted((each.at for each in page), reverse=True)
        return Counter(each.text for each in page)

    assert await texts() == {"여권 얼마예요": 5, "단수예요": 5}
    assert await texts(topic="passport") == {"여권 얼마예요": 5}
    assert await texts(topic="", group="unanswered") == {"단수예요": 5}
    assert await texts(channel="kakao", topic="passport") == {}
    assert await texts(word="단수") == {"단수예요": 5}
    assert await texts(slower_ms=5000) == {"단수예요": 5}
    seen, place = [], None
    while True:
        some, place = await turns.page(Wanted(**all_day), place, 3)
        seen += [each.id for each in some]
        if place is None:
            break
    assert len(seen) == len(set(seen)) == 10
