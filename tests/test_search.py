"""Search over everything that was said: any part of any word, filters, pages, what is erased."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.handoff.desk import HandoffDesk
from bot.history import search
from bot.history.query import Query
from bot.history.search import History, TooMuch
from bot.log.engine import writing
from bot.log.log import ConversationLog
from bot.log.tables import Operator
from bot.messages import Candidate, Outbound, Reply
from tests.console_support import Clock
from tests.log_support import NOON, inbound


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(engine: AsyncEngine, clock: Clock) -> ConversationLog:
    return ConversationLog(engine, clock, lambda: 7)


@pytest.fixture
def history(engine: AsyncEngine) -> History:
    return History(engine)


async def said(log: ConversationLog, question: str, reply: Reply, *, user: str = "u1", **more: str) -> int:
    """A turn: what a citizen wrote, and the answer. The conversation."""
    said.count += 1  # type: ignore[attr-defined]
    message = f"m{said.count}"  # type: ignore[attr-defined]
    stored = await log.receive(inbound(question, user=user, message=message, **more))
    assert stored is not None
    await log.finish_turn(stored.id, reply, 120)
    return stored.conversation_id


said.count = 0  # type: ignore[attr-defined]


def answer(words: str, id_: str = "passport-fee", **more: object) -> Reply:
    values = {"messages": (Outbound(text=words),), "outcome": "answered_faq", "intent": "ask_faq", **more}
    return Reply.model_validate({**values, "detail": {"answer_id": id_}})


async def found(history: History, *words: str, **more: object) -> list[str]:
    page = await history.search(Query(words, **more))  # type: ignore[arg-type]
    return [hit.entry.text for hit in page.hits]


class TestWords:
    @pytest.mark.parametrize(("newest", "common"), [(4000, 20_000), (1, 20_000), (7, 2)])
    async def test_every_part_of_every_word_is_found_and_nothing_else(
        self,
        log: ConversationLog,
        history: History,
        monkeypatch: pytest.MonkeyPatch,
        newest: int,
        common: int,
    ) -> None:
        monkeypatch.setattr(search, "_NEWEST", newest)
        monkeypatch.setattr(search, "_COMMON", common)
        chance, letters = random.Random(3), "여권비요금 재aB'%_\\\n&:*!"
        lines = ["".join(chance.choices(letters, k=chance.randrange(1, 14))) for _ in range(24)]
        for number in range(0, len(lines), 2):
            await said(log, lines[number], answer(lines[number + 1]))
        for _ in range(40):
            words = [w for w in "".join(chance.choices(letters, k=chance.randrange(1, 5))).split() if w]
            expected = [
                line for line in reversed(lines) if all(word.lower() in line.lower() for word in words)
            ]
            assert await found(history, *words) == (expected if words else lines[::-1]), words

    async def test_a_page_leads_to_the_next(self, log: ConversationLog, history: History) -> None:
        for number in range(5):
            await said(log, f"여권 {number}", answer("네"))
        first = await history.search(Query(("여권",)), limit=3)
        second = await history.search(Query(("여권",)), first.before, limit=3)
        assert [hit.entry.text for hit in (*first.hits, *second.hits)] == [
            f"여권 {number}" for number in (4, 3, 2, 1, 0)
        ]
        assert second.before is None

    async def test_a_very_long_message_can_be_written_and_found(
        self, log: ConversationLog, history: History
    ) -> None:
        long = "".join(chr(0xAC00 + number % 11172) + chr(0x4E00 + number // 3) for number in range(60_000))
        await said(log, long, answer("네"))
        assert len(await found(history, long[5000:5003])) == 1

    async def test_a_search_that_takes_too_long_ends(
        self, log: ConversationLog, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if engine.dialect.name != "postgresql":
            pytest.skip("SQLite reads everything in a bounded time.")
        await said(log, "여권", answer("네"))
        monkeypatch.setattr(search, "_SETTINGS", "SELECT set_config('statement_timeout', '20', true)")
        monkeypatch.setattr(search, "like", lambda words: [text("pg_sleep(1) IS NOT NULL")])
        with pytest.raises(TooMuch):
            await History(engine).search(Query(("여권",)))


class TestFilters:
    async def test_a_filter_holds_of_the_whole_turn(
        self, log: ConversationLog, history: History, clock: Clock
    ) -> None:
        await said(log, "여권 얼마예요", answer("5만 원이에요"), user="a")
        clock.pass_(days=2)
        unknown = Reply(messages=(Outbound(text="모르겠어요"),), outcome="unanswered", intent="ask_hours")
        await said(log, "놀이터 여권", unknown, user="b", channel="telegram")
        turn = ["5만 원이에요", "여권 얼마예요"]
        other = ["모르겠어요", "놀이터 여권"]
        assert await found(history, outcome="answered_faq") == turn
        assert await found(history, intent="ask_hours") == other
        assert await found(history, answers=frozenset({"passport-fee", "x"})) == turn
        assert await found(history, answers=frozenset()) == []
        assert await found(history, release=7) == other + turn
        assert await found(history, release=6) == []
        assert await found(history, channel="telegram") == other
        assert await found(history, since=NOON + timedelta(days=1)) == other
        assert await found(history, until=NOON + timedelta(days=1)) == turn
        assert await found(history, author="bot") == ["모르겠어요", "5만 원이에요"]
        assert await found(history, "원", outcome="answered_faq", author="bot") == ["5만 원이에요"]
        assert await found(history, "여권", outcome="unanswered") == ["놀이터 여권"]

    async def test_what_an_operator_said(
        self, log: ConversationLog, history: History, engine: AsyncEngine
    ) -> None:
        conversation = await said(log, "사람 불러줘", answer("네"))
        person = {"login": "k", "name": "김한빛", "password_hash": "", "must_change_password": False}
        async with writing(engine) as session:
            session.add(Operator(id=5, created_at=NOON, **person))
        assert await HandoffDesk(engine).claim(conversation, 5)
        await log.say(conversation, [Outbound(text="제가 도와드릴게요")], "operator", 5)
        assert await found(history, operator_id=5) == ["제가 도와드릴게요"]
        assert await found(history, "도와", operator_id=4) == []


class TestWhatIsKnownOfATurn:
    async def test_release_and_answer_stand_with_the_turn(self, log: ConversationLog) -> None:
        likely = (Candidate(id="passport-fee", score=0.9, question="수수료"),)
        conversation = await said(log, "여권 얼마", answer("5만 원", candidates=likely))
        asked, told = await log.history(conversation)
        assert (asked.release, asked.answer_id, asked.candidates) == (7, "passport-fee", likely)
        assert (told.release, told.delivery, told.attempts) == (None, "pending", 0)


class TestErasure:
    async def test_an_erased_citizen_is_found_no_more(
        self, log: ConversationLog, history: History, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(search, "_NEWEST", 1)
        conversation = await said(log, "비밀 이야기", answer("비밀 지킬게요", outcome="ignored"))
        assert len(await found(history, "비밀")) == 2
        rows = await log.outbox(conversation)
        await log.taken({row.id: 1 for row in rows}, [row.id for row in rows], "p")
        await log.erase(conversation)
        assert await found(history, "비밀") == []
        assert await found(history, channel="webchat") == []
        if engine.dialect.name == "postgresql":
            await _index_holds_nothing(engine)

    async def test_what_was_taken_back_is_found_no_more(
        self, log: ConversationLog, history: History, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(search, "_NEWEST", 1)
        await log.receive(inbound("비밀 이야기", message="gone"))
        await log.retract("webchat", "gone")
        assert await found(history, "비밀") == []


async def _index_holds_nothing(engine: AsyncEngine) -> None:
    """After a vacuum, which PostgreSQL does by itself, not even its letters are in the index."""
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("VACUUM words"))
        await connection.execute(text("SET enable_seqscan = off"))
        entries = "SELECT count(*) FROM words WHERE message_grams(text) @@ '''비밀'''::tsquery"
        assert await connection.scalar(text(entries)) == 0
