"""Reminders and checklists in chat, asked of a real action server as Rasa asks it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import open_engine
from bot.log.log import ConversationLog
from bot.messages import Inbound, Reply
from bot.proactive.subscriptions import Standing, Subscriptions
from bot.rights.consents import Consents, Purpose
from demo.city_api.app import create_app
from demo.city_api.seed import load
from tests.actions_support import Rasa, tracker

NUMBERS = itertools.count()
YES, NO = "/affirm", "/deny"


@dataclass
class Chat:
    """A citizen and the dialogue's side of the form."""

    rasa: Rasa
    engine: AsyncEngine
    channel: str
    user: str
    id: int
    slots: dict[str, Any] = field(default_factory=dict)
    now: str = "2026-11-23T10:00:00+09:00"
    message: str = ""
    before: list[dict[str, Any]] = field(default_factory=list)
    """What the dialogue did with the message before it came to the form."""

    async def call(self, action: str, text: str, intent: str, entities: dict[str, str]) -> dict[str, Any]:
        asked = tracker(text, intent, entities, self.slots, self.before, now=self.now)
        asked["sender_id"] = f"{self.channel}:{self.user}"
        asked["latest_message"]["metadata"]["message_id"] = self.message
        response = await asyncio.to_thread(self.rasa.post, action, asked)
        assert response.status_code == 200
        body: dict[str, Any] = response.json()
        self.slots |= {event["name"]: event["value"] for event in body["events"] if event["event"] == "slot"}
        return body

    async def act(self, action: str, text: str = "", intent: str = "", **entities: str) -> Reply:
        self.message = f"m{next(NUMBERS)}"
        [said] = (await self.call(action, text, intent, entities))["responses"]
        return Reply.model_validate(said["custom"]["sotong"])

    async def say(self, text: str, intent: str = "subscribe", **entities: str) -> Reply:
        """A message that comes to the form."""
        self.message = f"m{next(NUMBERS)}"
        body = await self.call("validate_wish_form", text, intent, entities)
        assert body["events"], "the form did not take it"
        ready = self.slots["wish_ready"]
        self.slots["requested_slot"] = None if ready else "wish_ready"
        action = "action_wish" if ready else "action_ask_wish_ready"
        [said] = (await self.call(action, text, intent, entities))["responses"]
        return Reply.model_validate(said["custom"]["sotong"])

    async def leaves(self, text: str, intent: str) -> bool:
        """Whether the form has no use for a message."""
        return not (await self.call("validate_wish_form", text, intent, {}))["events"]

    async def yes(self) -> str:
        return (await self.act("action_affirm", YES, "affirm")).messages[0].text

    async def subscriptions(self) -> list[Standing]:
        return await Subscriptions(self.engine).of(self.id)


@pytest.fixture
async def engine(rasa: Rasa) -> AsyncIterator[AsyncEngine]:
    opened = open_engine(rasa.database)
    app = create_app(load(), "demo-key", lambda: date(2026, 11, 23))
    async with TestServer(app, port=rasa.city_port):
        yield opened
    await opened.dispose()


async def meet(rasa: Rasa, engine: AsyncEngine, channel: str = "web") -> Chat:
    user = f"reminded{next(NUMBERS)}"
    log = ConversationLog(engine)
    hello = Inbound(channel=channel, user_id=user, message_id=user, sent_at=datetime.now(UTC), text="안녕")
    stored = await log.receive(hello)
    assert stored
    return Chat(rasa, engine, channel, user, stored.conversation_id)


@pytest.fixture
async def chat(rasa: Rasa, engine: AsyncEngine) -> Chat:
    return await meet(rasa, engine)


def text(reply: Reply) -> str:
    return "\n".join(message.plain() for message in reply.messages)


async def test_it_is_said_back_agreed_to_and_written_down(chat: Chat) -> None:
    asked = await chat.say("매주 화요일 재활용 알려줘")
    for part in ("매주 화요일 오전 9시", "재활용", "알림 그만", "보내 드려도 될까요"):
        assert part in text(asked)
    assert await chat.subscriptions() == []
    assert not await Consents(chat.engine).has(chat.id, Purpose.PUSH)
    assert "11월 24일" in (said := await chat.yes()) or "내일" in said
    assert await Consents(chat.engine).has(chat.id, Purpose.PUSH)
    [standing] = await chat.subscriptions()
    assert standing.next_at == datetime(2026, 11, 24, tzinfo=UTC)
    again = await chat.say("매주 목요일 분리수거 알려줘")
    assert "보내 드려도 될까요" not in text(again)  # agreed to once


async def test_a_turn_taken_again_switches_on_once(chat: Chat) -> None:
    await chat.say("매일 아침 8시에 물 마시라고 알려줘")
    slots = dict(chat.slots)
    first = await chat.yes()
    chat.slots = slots
    [said] = (await chat.call("action_affirm", YES, "affirm", {}))["responses"]
    assert Reply.model_validate(said["custom"]["sotong"]).messages[0].text == first
    assert len(await chat.subscriptions()) == 1


async def test_what_is_missing_is_asked_for(chat: Chat) -> None:
    assert "빛가온동" in text(await chat.say("쓰레기 배출일 전날 저녁에 알려줘"))
    assert "없는동" in text(await chat.say("없는동이요", "give_dong"))
    assert "전날 오후 7시" in text(await chat.say("빛가온동이요", "give_dong", dong="빛가온동"))
    await chat.yes()
    [standing] = await chat.subscriptions()
    assert standing.wish.rule == "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"


async def test_a_question_in_between_is_no_answer(chat: Chat) -> None:
    assert "접수번호" in text(await chat.say("내 민원 결과 나오면 알려줘"))
    assert await chat.leaves("근데 여권 얼마예요", "ask_faq")
    assert "2026-000123처럼" in text(await chat.say("2026-12", "give_receipt_number"))
    assert "도로 파손 보수 요청" in text(await chat.say("2026-000123", "give_receipt_number"))
    await chat.yes()
    [standing] = await chat.subscriptions()
    assert standing.state == {"state": "처리 중", "changes": 0}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("2026-999999 결과 나오면 알려줘", "접수된 민원이 없어요"),
        ("2026-000101 처리되면 알려줘", "이미 끝났어요"),
        ("어제 알려줘", "이미 지났어요"),
        ("2월 30일에 알려줘", "달력에 없는 날"),
        ("없는지원 마감 전에 알려줘", "찾지 못했어요"),
    ],
)
async def test_what_cannot_be_is_said_clearly(chat: Chat, said: str, words: str) -> None:
    assert words in text(await chat.say(said))
    assert await chat.subscriptions() == []


async def test_a_service_it_came_into_can_be_gone_on_with(chat: Chat) -> None:
    go_on = "하던 일 이어서 하기"
    chat.slots = {"service": "facility_booking", "filling": {}}
    assert go_on not in text(await chat.say("매주 화요일 재활용 알려줘"))  # that was another day
    chat.before = [{"event": "action_execution_rejected", "name": "service_form"}]
    assert "빛가온동" in text(await chat.say("쓰레기 배출일 전날 저녁에 알려줘"))
    chat.before = []
    said = await chat.say("빛가온동이요", "give_dong", dong="빛가온동")
    [button] = [each for message in said.messages for each in message.buttons if each.label == go_on]
    assert button.payload == "/use_service"


async def test_an_answer_with_a_last_day_is_a_deadline_too(chat: Chat) -> None:
    asked = await chat.say("빛축제는 언제 하나요 마감 전에 알려줘")
    assert "12월 10일(목)" in text(asked)


async def test_again_means_the_answer_given_last(chat: Chat) -> None:
    chat.slots["last_answer_id"] = "passport-fee"
    assert "여권 재발급 수수료" in text(await chat.say("내일 9시에 다시 알려줘"))


@pytest.mark.parametrize("channel", ["kakao", "youtube", "xmentions"])
async def test_where_we_cannot_write_another_way_is_offered(
    rasa: Rasa, engine: AsyncEngine, channel: str
) -> None:
    chat = await meet(rasa, engine, channel)
    refused = await chat.say("매주 화요일 재활용 알려줘")
    assert refused.outcome == "refused"
    assert "웹챗" in text(refused)
    assert any(button.url and button.url.startswith("tel:") for button in refused.messages[0].buttons)


async def test_where_a_day_is_the_limit_it_is_said(rasa: Rasa, engine: AsyncEngine) -> None:
    chat = await meet(rasa, engine, "whatsapp")
    assert "하루 동안만" in text(await chat.say("매주 화요일 재활용 알려줘"))


async def test_they_are_listed_changed_and_ended(chat: Chat) -> None:
    assert "켜 둔 알림이 없어요" in text(await chat.act("action_list_subscriptions", "알림 목록"))
    for wish in (
        "매주 화요일 재활용 알려줘",
        "매달 25일에 수도요금 내라고 알려줘",
        "매일 아침 8시에 약 알려줘",
    ):
        await chat.say(wish)
        await chat.yes()
    assert "매주 수요일" in text(await chat.say("재활용 알림 수요일로 바꿔줘"))
    await chat.yes()
    listed = await chat.act("action_list_subscriptions", "알림 목록")
    assert "3개" in text(listed)
    assert "매주 수요일 오전 9시에 ‘재활용’" in text(listed)
    labels = [button.label for button in listed.messages[0].buttons]
    assert labels == ["1번 끄기", "2번 끄기", "3번 끄기", "모두 끄기"]
    second = (await chat.subscriptions())[1].id
    off = await chat.act("action_unsubscribe", "/unsubscribe", "unsubscribe", reminder=str(second))
    assert "수도요금" in text(off)
    again = await chat.act("action_unsubscribe", "/unsubscribe", "unsubscribe", reminder=str(second))
    assert "이미 꺼져" in text(again)
    await chat.act("action_unsubscribe", "재활용 알림 꺼줘", "unsubscribe")
    assert [each.wish.about for each in await chat.subscriptions()] == ["약"]
    assert "모두 껐어요" in text(await chat.act("action_unsubscribe", "알림 그만", "unsubscribe"))
    assert await chat.subscriptions() == []


async def test_nobody_ends_the_reminder_of_another(rasa: Rasa, engine: AsyncEngine, chat: Chat) -> None:
    await chat.say("매주 화요일 재활용 알려줘")
    await chat.yes()
    stranger = await meet(rasa, engine)
    await stranger.say("매주 화요일 재활용 알려줘")
    await stranger.yes()
    [mine] = await chat.subscriptions()
    await stranger.act("action_unsubscribe", "/unsubscribe", "unsubscribe", reminder=str(mine.id))
    assert len(await chat.subscriptions()) == 1
