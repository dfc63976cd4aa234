"""The offer to be told once there is an answer, asked of a real action server as Rasa asks it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import open_engine
from bot.log.log import ConversationLog
from bot.loop.waits import Waits
from bot.messages import Button, Inbound, Outbound, Reply
from bot.rights.consents import Consents, Purpose
from bot.rights.mine import overview
from tests.actions_support import Rasa, tracker

NUMBERS = itertools.count()
UNKNOWN = "우주선 주차는 어디에 하나요"
OFFER = "답이 생기면 이 대화로 알려 드릴까요"


@dataclass
class Chat:
    """A citizen whose turns are in the log, as the gateway puts them there."""

    rasa: Rasa
    engine: AsyncEngine
    channel: str = "webchat"
    slots: dict[str, Any] = field(default_factory=dict)
    day: str = "2026-11-23"
    user: str = field(default_factory=lambda: f"asker{next(NUMBERS)}")
    public: bool = False

    async def say(
        self,
        text: str,
        action: str = "action_answer",
        intent: str = "ask_faq",
        tapped: str = "",
        ranking: dict[str, float] | None = None,
        **entities: str,
    ) -> Reply:
        log, message = ConversationLog(self.engine), f"loop{next(NUMBERS)}"
        inbound = Inbound(
            channel=self.channel,
            user_id=self.user,
            message_id=message,
            sent_at=datetime.now(UTC),
            text="" if tapped else text,
            payload="short" if tapped else None,
        )
        stored = await log.receive(inbound)
        assert stored
        asked = tracker(tapped or text, intent, entities, self.slots, now=f"{self.day}T10:00:00+09:00")
        asked["sender_id"] = f"{self.channel}:{self.user}"
        asked["latest_message"]["metadata"] |= {"message_id": message, "public": self.public}
        if ranking:
            asked["latest_message"]["intent_ranking"] = [
                {"name": name, "confidence": chance} for name, chance in ranking.items()
            ]
        body = (await asyncio.to_thread(self.rasa.post, action, asked)).json()
        self.slots |= {event["name"]: event["value"] for event in body["events"] if event["event"] == "slot"}
        reply = Reply.model_validate(body["responses"][0]["custom"]["sotong"])
        await log.finish_turn(stored.id, reply, 5)
        return reply

    async def yes(self) -> Outbound:
        return (await self.say("", "action_affirm", "affirm", "/affirm")).messages[-1]

    async def waits(self) -> list[str]:
        return await Waits(self.engine).of(await self.id())

    async def id(self) -> int:
        found = await ConversationLog(self.engine).find(self.channel, self.user)
        assert found
        return found.id


@pytest.fixture
async def engine(rasa: Rasa) -> AsyncIterator[AsyncEngine]:
    opened = open_engine(rasa.database)
    yield opened
    await opened.dispose()


@pytest.fixture
def chat(rasa: Rasa, engine: AsyncEngine) -> Chat:
    return Chat(rasa, engine)


def labels(message: Outbound) -> list[str]:
    return [button.label for button in message.buttons]


def button(message: Outbound, label: str) -> Button:
    return next(each for each in message.buttons if each.label == label)


async def test_offered_agreed_to_and_written_down(chat: Chat) -> None:
    [offered] = (await chat.say(UNKNOWN)).messages
    assert OFFER in offered.text
    assert "상담원을 연결해" not in offered.text
    assert labels(offered)[:2] == ["답 생기면 알림", "상담원 연결"]
    assert await chat.waits() == []
    said = await chat.yes()
    assert "알려 드릴게요" in said.text
    assert await chat.waits() == [UNKNOWN]
    assert await Consents(chat.engine).has(await chat.id(), Purpose.ANSWER)
    held = await overview(chat.engine, await chat.id())
    assert "답을 기다리는 질문" in [each.title for each in held]


async def test_a_typed_yes_counts_and_a_second_one_makes_no_second_row(chat: Chat) -> None:
    await chat.say(UNKNOWN)
    await chat.say("네", "action_affirm", "affirm")
    assert await chat.waits() == [UNKNOWN]
    await chat.say("네", "action_affirm", "affirm")
    assert await chat.waits() == [UNKNOWN]


async def test_once_a_day(chat: Chat) -> None:
    assert OFFER in (await chat.say(UNKNOWN)).messages[0].text
    again = (await chat.say("외계인 등록은 어디서 해요")).messages[0]
    assert OFFER not in again.text
    assert chat.slots["pending_offer"] == "handoff"
    chat.day = "2026-11-24"
    assert OFFER in (await chat.say("외계인 등록은 어디서 해요")).messages[0].text


async def test_after_none_of_the_offered_the_question_before_it_is_kept(chat: Chat) -> None:
    await chat.say(UNKNOWN, "action_say", "thank")  # answered in some other way
    chat.slots |= {"pending_offer": "choice", "offered": ["passport-fee", "passport-lost"]}
    none = await chat.say("", "action_deny", "deny", "/deny")
    assert OFFER in none.messages[0].text
    await chat.yes()
    assert await chat.waits() == [UNKNOWN]


@pytest.mark.parametrize("intent", ["crisis", "emergency", "abuse"])
async def test_never_after_distress(chat: Chat, intent: str) -> None:
    await chat.say("너무 힘들어요", "action_say", intent)
    assert OFFER not in (await chat.say(UNKNOWN)).messages[-1].text


async def test_never_where_danger_is_suspected_or_it_is_talk(chat: Chat) -> None:
    suspected = await chat.say(UNKNOWN, ranking={"ask_faq": 0.6, "crisis": 0.3})
    talk = await chat.say(
        "심심해 죽겠네", intent="nlu_fallback", ranking={"nlu_fallback": 0.5, "chitchat": 0.4}
    )
    for reply in (suspected, talk, await chat.say("ㅇㄹ", intent="nlu_fallback")):
        assert not any(OFFER in message.text for message in reply.messages)


@pytest.mark.parametrize("channel", ["kakao", "youtube", "xmentions"])
async def test_not_where_the_bot_cannot_write_first(rasa: Rasa, engine: AsyncEngine, channel: str) -> None:
    chat = Chat(rasa, engine, channel)
    assert OFFER not in (await chat.say(UNKNOWN)).messages[0].text


async def test_not_in_public_and_not_to_a_child(rasa: Rasa, engine: AsyncEngine) -> None:
    public = Chat(rasa, engine, public=True)
    assert OFFER not in (await public.say(UNKNOWN)).messages[0].text
    child = Chat(rasa, engine, slots={"minor": "yes"})
    assert OFFER not in (await child.say(UNKNOWN)).messages[0].text


async def test_a_messenger_with_a_window_says_so(rasa: Rasa, engine: AsyncEngine) -> None:
    chat = Chat(rasa, engine, "whatsapp")
    await chat.say(UNKNOWN)
    assert "왓츠앱" in (await chat.yes()).text


async def test_stopped_by_the_button_by_a_word_and_shown_among_the_reminders(chat: Chat) -> None:
    await chat.say(UNKNOWN)
    stop = button(await chat.yes(), "알리지 않기")
    assert stop.payload == '/withdraw_consent{"purpose":"answer"}'
    shown = await chat.say("알림 목록", "action_list_subscriptions", "list_subscriptions")
    assert UNKNOWN in shown.messages[-1].text
    await chat.say("", "action_withdraw_consent", "withdraw_consent", stop.payload, purpose="answer")
    assert await chat.waits() == []
    assert not await Consents(chat.engine).has(await chat.id(), Purpose.ANSWER)

    chat.slots.pop("answer_offered")
    await chat.say(UNKNOWN + " 정말로요")
    await chat.yes()
    assert len(await chat.waits()) == 1
    off = await chat.say("알림 그만", "action_unsubscribe", "unsubscribe")
    assert "1개의 알림을 껐어요" in off.messages[0].text
    assert await chat.waits() == []
    assert not await Consents(chat.engine).has(await chat.id(), Purpose.ANSWER)


async def test_erasing_takes_it_all(chat: Chat) -> None:
    await chat.say(UNKNOWN)
    await chat.yes()
    id_ = await chat.id()
    await ConversationLog(chat.engine).erase(id_)
    assert await Waits(chat.engine).of(id_) == []
