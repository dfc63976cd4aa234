import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import reading
from bot.log.log import ConversationLog
from bot.log.migrate import migrate
from bot.log.records import Filter
from bot.log.schema import Base
from bot.log.tables import Audit, ButtonRow, Conversation, Message, Words
from bot.messages import Attachment, AttachmentKind, Button, Candidate, Card, Fact, Inbound, Outbound, Reply
from tests.log_support import NOON, database, found, inbound


@pytest.fixture
def log(engine: AsyncEngine) -> ConversationLog:
    return ConversationLog(engine, clock=lambda: NOON)


async def received(log: ConversationLog, message: Inbound) -> tuple[int, int]:
    stored = await log.receive(message)
    assert stored is not None
    return stored.conversation_id, stored.id


def answer(*texts: str, **more: object) -> Reply:
    messages = tuple(Outbound(text=text) for text in texts)
    return Reply.model_validate({"messages": messages, "outcome": "answered_faq", **more})


async def count(engine: AsyncEngine, table: type[Base]) -> int:
    async with reading(engine) as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


class TestReceiving:
    async def test_first_message_makes_a_conversation_of_the_bot(self, log: ConversationLog) -> None:
        stored = await log.receive(inbound("여권 재발급 얼마예요?"))
        assert stored is not None
        assert (stored.seq, stored.state, stored.channel, stored.user_id) == (1, "bot", "webchat", "u1")
        found = await log.find("webchat", "u1")
        assert found is not None
        assert (found.id, found.last_text) == (stored.conversation_id, "여권 재발급 얼마예요?")
        assert found == await log.conversation(stored.conversation_id)

    async def test_same_message_twice_is_stored_once(self, log: ConversationLog) -> None:
        conversation, _ = await received(log, inbound(message="m1"))
        assert await log.receive(inbound(message="m1")) is None
        assert len(await log.history(conversation)) == 1
        view = await log.conversation(conversation)
        assert view is not None
        assert view.last_seq == 1

    async def test_three_deliveries_at_once_are_one_message(self, log: ConversationLog) -> None:
        results = await asyncio.gather(*(log.receive(inbound(message="same")) for _ in range(3)))
        assert sum(result is not None for result in results) == 1

    async def test_same_id_on_another_channel_is_another_message(self, log: ConversationLog) -> None:
        assert await log.receive(inbound(message="7"))
        assert await log.receive(inbound(message="7", channel="telegram"))

    async def test_numbers_rise_without_gap_under_concurrency(self, log: ConversationLog) -> None:
        async def citizen(number: int) -> None:
            conversation, _ = await received(log, inbound(message=f"in{number}"))
            await log.say(conversation, [Outbound(text="네"), Outbound(text="또 네")], "bot")

        await asyncio.gather(*(citizen(number) for number in range(8)))
        found = await log.find("webchat", "u1")
        assert found is not None
        assert [line.seq for line in await log.history(found.id)] == list(range(1, 25))

    async def test_hostile_text_comes_back_unchanged(self, log: ConversationLog) -> None:
        nasty = "'; DROP TABLE messages;-- <script>alert(1)</script> %_\\ 😀"
        conversation, _ = await received(log, inbound(nasty))
        turn = await log.next_turn(conversation)
        assert turn is not None
        assert turn.inbound.text == nasty

    async def test_photo_without_text_is_readable(self, log: ConversationLog) -> None:
        photo = Attachment(kind=AttachmentKind.PHOTO, ref="file-1")
        conversation, _ = await received(log, inbound("", attachments=(photo,)))
        assert (await log.history(conversation))[0].text == "[사진]"

    async def test_decomposed_hangul_is_found_by_composed_words(self, log: ConversationLog) -> None:
        await received(log, inbound("\u110b\u1167\u1100\u116f\u11ab"))  # 여권, as macOS writes it
        assert len(await found(log, "여권")) == 1


class TestTurns:
    async def test_turns_come_in_order_and_end(self, log: ConversationLog) -> None:
        conversation, first = await received(log, inbound("하나", message="1"))
        _, second = await received(log, inbound("둘", message="2"))
        for row_id in (first, second):
            turn = await log.next_turn(conversation)
            assert turn is not None
            assert turn.id == row_id
            await log.finish_turn(row_id, answer("네"), 12)
        assert await log.next_turn(conversation) is None

    async def test_finishing_twice_says_it_once(self, log: ConversationLog) -> None:
        conversation, row_id = await received(log, inbound())
        both = await asyncio.gather(*(log.finish_turn(row_id, answer("답"), 5) for _ in range(2)))
        assert sorted(len(rows) for rows in both) == [0, 1]
        assert await log.finish_turn(row_id, answer("답"), 5) == []
        assert [row.message.text for row in await log.outbox(conversation)] == ["답"]

    async def test_outcome_is_kept_on_the_citizens_line(self, log: ConversationLog) -> None:
        conversation, row_id = await received(log, inbound())
        candidates = (Candidate(id="passport-fee", score=0.91, question="여권 수수료"),)
        reply = answer("5만원이에요", intent="ask_faq", confidence=0.87, candidates=candidates)
        await log.finish_turn(row_id, reply, 143)
        asked, said = await log.history(conversation)
        assert (asked.intent, asked.confidence, asked.outcome) == ("ask_faq", 0.87, "answered_faq")
        assert (asked.latency_ms, asked.candidates) == (143, candidates)
        assert (said.author, said.delivery, said.text) == ("bot", "pending", "5만원이에요")
        view = await log.conversation(conversation)
        assert view is not None
        assert (view.intent, view.outcome, view.last_author) == ("ask_faq", "answered_faq", "bot")

    async def test_turn_without_a_message_ends_too(self, log: ConversationLog) -> None:
        conversation, row_id = await received(log, inbound())
        assert await log.finish_turn(row_id, answer(outcome="with_person"), 1) == []
        assert await log.pending() == []
        assert (await log.history(conversation))[0].outcome == "with_person"

    async def test_after_a_crash_the_work_is_known(self, log: ConversationLog, engine: AsyncEngine) -> None:
        answered, row_id = await received(log, inbound(user="a", message="1"))
        unanswered, _ = await received(log, inbound(user="b", message="2"))
        done, done_row = await received(log, inbound(user="c", message="3"))
        await log.finish_turn(row_id, answer("답"), 5)
        for row in await log.finish_turn(done_row, answer("답"), 5):
            await log.taken({row.id: 1}, [row.id], "p1")
        restarted = ConversationLog(engine)
        assert await restarted.pending() == [answered, unanswered]
        assert [row.message.text for row in await restarted.outbox(answered)] == ["답"]
        assert await restarted.next_turn(unanswered)
        assert await restarted.next_turn(done) is None


class TestDelivery:
    async def test_states_of_a_delivery(self, log: ConversationLog) -> None:
        conversation, row_id = await received(log, inbound())
        one, two, three = await log.finish_turn(row_id, answer("1", "2", "3"), 5)
        await log.failed([one.id], "connection refused", final=False)
        assert [row.attempts for row in await log.outbox(conversation)] == [1, 0, 0]
        await log.taken({one.id: 1}, [one.id], "tg-1")
        await log.failed([two.id], "blocked by the user", final=True)
        await log.uncertain([three.id], "timed out after sending")
        assert await log.outbox(conversation) == []
        lines = (await log.history(conversation))[1:]
        assert [(line.delivery, line.error) for line in lines] == [
            ("delivered", None),
            ("failed", "blocked by the user"),
            ("uncertain", "timed out after sending"),
        ]

    async def test_saying_something_to_nobody_is_an_error(self, log: ConversationLog) -> None:
        with pytest.raises(LookupError, match="404"):
            await log.say(404, [Outbound(text="?")], "bot")


class TestButtons:
    async def test_payloads_stay_here_and_short_ids_go_out(self, log: ConversationLog) -> None:
        conversation, row_id = await received(log, inbound())
        payload = '/choose_answer{"answer_id":"passport-fee"}'
        message = Outbound(
            text="이 중에 있나요?",
            buttons=(Button(label="여권 수수료", payload=payload), Button(label="홈", url="https://x.kr")),
            cards=(Card(title="카드", buttons=(Button(label="더 보기", payload="/show_more"),)),),
        )
        reply = Reply(messages=(message,), outcome="clarified")
        [row] = await log.finish_turn(row_id, reply, 5)
        asked, link = row.message.buttons
        assert asked.payload is not None
        assert len(asked.payload) <= 12
        assert (link.payload, link.url) == (None, "https://x.kr")
        stored = await log.button(conversation, asked.payload)
        assert stored is not None
        assert (stored.payload, stored.label) == (payload, "여권 수수료")
        in_card = row.message.cards[0].buttons[0].payload
        assert in_card is not None
        assert await log.button(conversation, in_card)
        assert [(one.id, one.message) for one in await log.outbox(conversation)] == [(row.id, row.message)]

    async def test_button_of_another_conversation_means_nothing(self, log: ConversationLog) -> None:
        mine, row_id = await received(log, inbound(user="a", message="1"))
        other, _ = await received(log, inbound(user="b", message="2"))
        message = Outbound(text="?", buttons=(Button(label="네", payload="/affirm"),))
        [row] = await log.finish_turn(row_id, Reply(messages=(message,), outcome="asked_back"), 5)
        button_id = row.message.buttons[0].payload
        assert button_id is not None
        assert await log.button(other, button_id) is None
        assert await log.button(mine, "/affirm") is None

    async def test_a_tap_reads_as_the_label(self, log: ConversationLog) -> None:
        conversation, row_id = await received(log, inbound())
        message = Outbound(text="?", buttons=(Button(label="빛가온동", payload="/give_dong"),))
        [row] = await log.finish_turn(row_id, Reply(messages=(message,), outcome="asked_back"), 5)
        await received(log, inbound("", message="2", payload=row.message.buttons[0].payload))
        assert (await log.history(conversation))[-1].text == "빛가온동"


class TestReading:
    async def test_history_in_pages(self, log: ConversationLog) -> None:
        conversation, _ = await received(log, inbound())
        await log.say(conversation, [Outbound(text=str(number)) for number in range(2, 11)], "bot")

        async def seqs(**page: int) -> list[int]:
            return [line.seq for line in await log.history(conversation, **page)]

        assert await seqs(limit=4) == [7, 8, 9, 10]
        assert await seqs(before=7, limit=4) == [3, 4, 5, 6]
        assert await seqs(before=3, limit=4) == [1, 2]
        assert await seqs(after=3, limit=4) == [4, 5, 6, 7]
        assert await seqs(after=10) == []

    async def test_newest_conversation_first_and_in_pages(self, engine: AsyncEngine) -> None:
        for number in range(5):
            at = NOON + timedelta(minutes=number // 2)
            await ConversationLog(engine, clock=lambda at=at: at).receive(
                inbound(user=f"u{number}", message=f"m{number}")
            )
        log = ConversationLog(engine)
        first = await log.recent(limit=3)
        rest = await log.recent(before=(first[-1].last_at, first[-1].id), limit=3)
        assert [view.user_id for view in first + rest] == ["u4", "u3", "u2", "u1", "u0"]

    async def test_filters(self, engine: AsyncEngine) -> None:
        log = ConversationLog(engine, clock=lambda: NOON)
        later = ConversationLog(engine, clock=lambda: NOON + timedelta(days=1))
        _, fee = await received(log, inbound("여권 수수료", user="a", message="1"))
        _, lost = await received(later, inbound("여권 분실", user="b", message="2", channel="telegram"))
        await log.finish_turn(fee, answer("5만원", intent="ask_faq"), 5)
        await later.finish_turn(lost, answer("몰라요", intent="nlu_fallback", outcome="unanswered"), 5)

        async def users(**wanted: object) -> set[str]:
            chosen = Filter(**wanted)  # type: ignore[arg-type]
            return {view.user_id for view in await log.recent(chosen)}

        assert await users() == {"a", "b"}
        assert await users(channel="telegram") == {"b"}
        assert await users(outcome="answered_faq") == {"a"}
        assert await users(intent="nlu_fallback") == {"b"}
        assert await users(state="waiting") == set()
        assert await users(until=NOON + timedelta(hours=1)) == {"a"}
        assert await users(since=NOON + timedelta(hours=1)) == {"b"}
        assert await log.channels() == ["telegram", "webchat"]
        assert await log.intents() == ["ask_faq", "nlu_fallback"]

    async def test_every_word_must_occur_in_the_message(self, log: ConversationLog) -> None:
        texts = [
            "대형폐기물 어떻게 버려요",
            "대형마트 휴무일",
            "폐기물 신고",
            "할인 100%",
            "할인 1000",
            "Wi-Fi 되나요",
        ]
        for number, words in enumerate(texts):
            await received(log, inbound(words, message=str(number)))
        assert await found(log, "폐기물") == ["폐기물 신고", "대형폐기물 어떻게 버려요"]
        assert await found(log, "기물", "버려") == ["대형폐기물 어떻게 버려요"]
        assert await found(log, "100%") == ["할인 100%"]
        assert await found(log, "_") == []
        assert await found(log, "wi-fi") == ["Wi-Fi 되나요"]

    async def test_answers_of_the_bot_are_searched_with_their_cards(self, log: ConversationLog) -> None:
        conversation, _ = await received(log, inbound())
        card = Card(title="여권", facts=(Fact(label="담당", value="민원여권과"),))
        await log.say(conversation, [Outbound(cards=(card,))], "bot")
        assert len(await found(log, "민원여권과")) == 1


class TestErasing:
    async def test_nothing_stays_but_an_audit_row(self, log: ConversationLog, engine: AsyncEngine) -> None:
        conversation, row_id = await received(log, inbound("비밀이에요"))
        message = Outbound(text="?", buttons=(Button(label="네", payload="/affirm"),))
        [row] = await log.finish_turn(row_id, Reply(messages=(message,), outcome="asked_back"), 5)
        await log.taken({row.id: 1}, [row.id], "p1")
        assert await log.erase(conversation) == 2
        assert await log.erase(conversation) == 0
        for table in (Conversation, Message, Words, ButtonRow):
            assert await count(engine, table) == 0
        async with reading(engine) as session:
            [audit] = await session.scalars(select(Audit))
        assert (audit.action, audit.target, audit.detail) == ("erase", f"conversation:{conversation}", "")

    async def test_the_confirmation_still_arrives(self, log: ConversationLog, engine: AsyncEngine) -> None:
        conversation, first = await received(log, inbound("제 이름은 길동", message="1"))
        await log.finish_turn(first, answer("반가워요"), 5)
        for row in await log.outbox(conversation):
            await log.taken({row.id: 1}, [row.id], "p")
        _, second = await received(log, inbound("지워 주세요", message="2"))
        [row] = await log.finish_turn(second, answer("모두 지웠어요", outcome="erased", erase=True), 5)
        assert [line.text for line in await log.history(conversation)] == ["모두 지웠어요"]
        assert [(one.id, one.message) for one in await log.outbox(conversation)] == [(row.id, row.message)]
        await log.taken({row.id: 1}, [row.id], "p2")
        assert await log.conversation(conversation) is None
        assert await count(engine, Message) == 0

    async def test_who_writes_again_before_that_is_answered(self, log: ConversationLog) -> None:
        conversation, first = await received(log, inbound("지워 주세요", message="1"))
        [row] = await log.finish_turn(first, answer("모두 지웠어요", outcome="erased", erase=True), 5)
        again, _ = await received(log, inbound("아, 하나만 더요", message="2"))
        await log.taken({row.id: 1}, [row.id], "p")
        assert again == conversation
        turn = await log.next_turn(conversation)
        assert turn is not None
        assert turn.inbound.text == "아, 하나만 더요"

    async def test_a_new_conversation_never_takes_an_erased_id(self, log: ConversationLog) -> None:
        erased, row_id = await received(log, inbound())
        await log.finish_turn(row_id, answer(outcome="ignored"), 1)
        await log.erase(erased)
        fresh, _ = await received(log, inbound(message="2"))
        assert fresh > erased


class TestSchema:
    async def test_migrations_make_exactly_the_tables(self, engine: AsyncEngine) -> None:
        def differences(connection: Connection) -> list[object]:
            context = MigrationContext.configure(connection, opts={"compare_type": False})
            return compare_metadata(context, Base.metadata)  # type: ignore[no-any-return]

        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []

    async def test_migrating_again_keeps_everything(self, tmp_path: Path) -> None:
        url = f"sqlite+aiosqlite:///{tmp_path}/again.db"
        async with database(url) as opened:
            await ConversationLog(opened).receive(inbound())
        await migrate(url)
        async with database(url) as opened:
            assert await ConversationLog(opened).find("webchat", "u1")


def test_the_newest_revision_is_named() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from bot.log import migrate as module

    config = Config()
    config.set_main_option("script_location", str(Path(module.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == module.NEWEST
