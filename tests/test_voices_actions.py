"""The form as Rasa drives it, over HTTP: what the action server hears, asks, keeps and says."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.log.engine import open_engine
from bot.log.log import ConversationLog
from bot.messages import Inbound, Reply
from bot.voices.ideas import Ideas
from bot.voices.reports import Reports
from bot.voices.tables import Idea, Report
from tests.actions_support import Rasa, tracker


def now() -> datetime:
    return datetime(2026, 11, 23, 1, tzinfo=UTC)


@dataclass
class Citizen:
    """Somebody with a conversation, and Rasa's form between them and the action server."""

    rasa: Rasa
    slots: dict[str, Any] = field(default_factory=dict)
    open: bool = False
    user: str = field(default_factory=lambda: uuid.uuid4().hex)
    last: list[Reply] = field(default_factory=list)

    def __post_init__(self) -> None:
        async def begin() -> int:
            engine = open_engine(self.rasa.database)
            hello = Inbound(
                channel="web", user_id=self.user, message_id=uuid.uuid4().hex, sent_at=now(), text="x"
            )
            stored = await ConversationLog(engine).receive(hello)
            await engine.dispose()
            assert stored is not None
            return stored.conversation_id

        self.conversation = asyncio.run(begin())

    def ask(
        self, action: str, text: str, intent: str, events: list[str], **more: Any
    ) -> list[dict[str, Any]]:
        entities = {"voice_do": more["do"]} if "do" in more else {}
        known = [{"event": "action", "name": name} for name in events]
        form = "voice_form" if self.open else None
        asked = tracker(text, intent, entities, dict(self.slots), known, form)
        asked["sender_id"] = f"web:{self.user}"
        metadata = {"message_id": more.get("message", uuid.uuid4().hex), "attachments": more.get("sent", [])}
        asked["latest_message"]["metadata"] |= metadata
        answer = self.rasa.post(action, asked)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        self.slots |= {event["name"]: event["value"] for event in body["events"]}
        self.last += [Reply.model_validate(each["custom"]["sotong"]) for each in body["responses"]]
        return list(body["events"])

    def say(self, text: str = "", intent: str = "report_problem", **more: Any) -> str | None:
        """What comes back; None when the form leaves the message to another rule."""
        self.last = []
        if self.open:
            self.slots["requested_slot"] = "voice_done"
        events = self.ask("validate_voice_form", text, intent, ["voice_form"], **more)
        if not events:
            return None
        self.open = not any(event["name"] == "requested_slot" and event["value"] is None for event in events)
        action = "action_ask_voice_done" if self.open else "action_voice_done"
        self.ask(action, text, intent, ["voice_form"], **more)
        return self.text

    def do(self, action: str, text: str, intent: str, **more: Any) -> str:
        self.last = []
        self.ask(action, text, intent, [], **more)
        return self.text

    def tap(self, what: str, **more: Any) -> str | None:
        return self.say("/voice", "voice", do=what, **more)

    @property
    def text(self) -> str:
        return "\n".join(message.plain() for reply in self.last for message in reply.messages)

    def reports(self) -> list[Report]:
        return asyncio.run(self.mine())[0]

    def ideas(self) -> list[Idea]:
        return asyncio.run(self.mine())[1]

    async def mine(self, most: int = 5) -> tuple[list[Report], list[Idea]]:
        engine = open_engine(self.rasa.database)
        reports = await Reports(engine, now).mine(self.conversation, most)
        ideas = await Ideas(engine, now).mine(self.conversation, most)
        await engine.dispose()
        return list(reports), list(ideas)


async def publish(rasa: Rasa, idea: Idea) -> None:
    engine = open_engine(rasa.database)
    await Ideas(engine, now).publish(idea.id, idea.own_title, idea.own_text, "traffic", "parking")
    await engine.dispose()


PHOTO = {"kind": "photo", "ref": "file-1", "size": 1000}


def test_a_report_from_one_message_is_filed_once(rasa: Rasa) -> None:
    kim = Citizen(rasa)
    summary = kim.say("시청 앞 사거리 가로등 꺼졌어요", sent=[PHOTO])
    assert summary is not None
    for part in ("가로등", "시청 앞 사거리", "1장", "도로과", "[보내기]", "[고치기]"):
        assert part in summary
    before = dict(kim.slots)
    said = kim.tap("send", message="the same")
    assert said is not None
    assert "국민신문고" in said
    (row,) = kim.reports()
    assert row.number in said
    assert (row.category, row.place, row.delivery) == ("streetlight", "시청 앞 사거리", "pending")
    assert row.photos == [{"channel": "web", "ref": "file-1"}]
    kim.slots, kim.open = before, True  # the turn is run again after a crash
    again = kim.tap("send", message="the same")
    assert again is not None
    assert row.number in again
    assert len(kim.reports()) == 1
    assert "보낼 내용이 없어요" in kim.do("action_voice", "/voice", "voice", do="send")


def test_too_many_in_a_day_are_kept_for_the_next(rasa: Rasa) -> None:
    kim = Citizen(rasa)
    for number in range(20):
        kim.say(f"시청 앞 {number}번 가로등 꺼졌어요")
        kim.tap("send")
    kim.say("시청 앞 마지막 가로등 꺼졌어요")
    said = kim.tap("send")
    assert said is not None
    assert "20건까지" in said
    assert "도로과" in said
    assert len(asyncio.run(kim.mine(30))[0]) == 20
    again = kim.say("신고할게요")
    assert again is not None
    assert "시청 앞 마지막" in again


def test_a_digression_leaves_the_form_as_it_was(rasa: Rasa) -> None:
    kim = Citizen(rasa)
    kim.say("가로등이 꺼졌어요")
    before = kim.slots["voice"]
    assert kim.say("여권 수수료는 얼마예요?", "ask_faq") is None
    kim.ask("validate_voice_form", "여권 수수료는 얼마예요?", "ask_faq", ["action_answer", "voice_form"])
    kim.ask("action_ask_voice_done", "여권 수수료는 얼마예요?", "ask_faq", ["action_answer", "voice_form"])
    assert kim.slots["voice"]["text"] == before["text"]
    assert "[그만두기]" in kim.text
    summary = kim.say("한내동 우체국 앞", "give_dong")
    assert summary is not None
    assert "한내동 우체국 앞" in summary


def test_bad_input_gets_a_sentence_and_the_form_goes_on(rasa: Rasa) -> None:
    kim = Citizen(rasa)
    kim.say("가로등이 꺼졌어요")
    big = kim.say("/send_attachment", "send_attachment", sent=[{**PHOTO, "size": 50 * 2**20}])
    assert big is not None
    assert "10 MB" in big
    strange = kim.say("가나동 우체국 앞", "nlu_fallback")
    assert strange is not None
    assert "가나동" in strange
    abroad = {"kind": "location", "latitude": 48.85, "longitude": 2.35}
    assert "우리나라 밖" in str(kim.say("/send_attachment", "send_attachment", sent=[abroad]))
    here = {"kind": "location", "latitude": 37.4, "longitude": 127.1}
    assert "지도 위치" in str(kim.say("/send_attachment", "send_attachment", sent=[here]))
    kim.say("네", "affirm")
    (row,) = kim.reports()
    assert (row.latitude, row.text) == (37.4, "가로등이 꺼졌어요")


def test_a_picture_first_is_kept_and_other_things_are_answered(rasa: Rasa) -> None:
    kim = Citizen(rasa)
    assert "[신고하기]" in kim.do("action_attachment", "/send_attachment", "send_attachment", sent=[PHOTO])
    assert "1장" in str(kim.say("시청 앞 가로등이 꺼졌어요"))
    lee = Citizen(rasa)
    for kind in ("voice", "video", "sticker", "contact", "file", "other"):
        assert (
            len(lee.do("action_attachment", "/send_attachment", "send_attachment", sent=[{"kind": kind}])) > 5
        )
    assert not lee.slots.get("voice")


def test_danger_comes_first_and_cancelling_forgets(rasa: Rasa) -> None:
    kim = Citizen(rasa)
    said = kim.say("한내동 시장 앞 옹벽이 무너질 것 같아요")
    assert said is not None
    assert said.index("119") < said.index("보낼까요")
    kim.say("취소", "cancel")
    assert kim.slots["voice"] is None
    assert kim.reports() == []


def test_how_to_report_is_answered(rasa: Rasa) -> None:
    kim = Citizen(rasa)
    assert "여기서 신고하기" in str(kim.say("가로등 신고는 어떻게 하나요?"))
    assert not kim.open


def test_what_others_take_care_of_goes_to_them(rasa: Rasa) -> None:
    citizen = Citizen(rasa)
    told = citizen.say("고속도로에 구멍이 났어요 위험해요")
    assert told is not None
    assert "한국도로공사" in told
    assert not citizen.open
    assert citizen.reports() == []


def test_everybody_sees_their_own_only(rasa: Rasa) -> None:
    kim, lee = Citizen(rasa), Citizen(rasa)
    kim.say("시청 앞 가로등이 꺼졌어요")
    kim.say("네", "affirm")
    (row,) = kim.reports()
    assert row.number in kim.do("action_my_voices", "내 신고 어떻게 됐어요", "ask_my_voices")
    assert row.number in kim.do("action_my_voices", row.number.lower(), "ask_my_voices")
    assert "아직 없어요" in lee.do("action_my_voices", "내 신고", "ask_my_voices")
    asked = lee.do("action_my_voices", f"{row.number} 어떻게 됐어요", "ask_my_voices")
    assert "없어요" in asked
    assert "가로등" not in asked


def test_an_idea_is_proposed_joined_and_left(rasa: Rasa) -> None:
    kim, lee = Citizen(rasa), Citizen(rasa)
    summary = kim.say("버스 막차를 늦춰 주세요. 야근하면 버스가 끊겨요", "make_suggestion")
    assert summary is not None
    assert "제목: 버스 막차를 늦춰 주세요" in summary
    assert "교통" in summary
    kim.tap("fix:title")
    assert "제목: 막차를 30분만 늦춰 주세요" in str(kim.say("막차를 30분만 늦춰 주세요", "make_suggestion"))
    kim.tap("send")
    (idea,) = kim.ideas()
    assert idea.number in kim.text
    asyncio.run(publish(rasa, idea))
    shown = lee.say("밤에 버스 막차가 너무 일찍 끊겨요 더 늦게까지 다니게 해 주세요", "make_suggestion")
    assert shown is not None
    assert idea.own_title in shown
    joined = lee.tap(f"join:{idea.id}")
    assert joined is not None
    assert "2명" in joined
    assert "알려 드릴게요" in lee.do("action_voice", "/voice", "voice", do=f"notify:{idea.id}")
    assert idea.number in lee.do("action_my_voices", "내 제안", "ask_my_voices")
    assert "거두었어요" in lee.do("action_voice", "/voice", "voice", do=f"leave:{idea.id}")
    assert "[나도 원해요]" in lee.do("action_voice", "/voice", "voice", do=f"notify:{idea.id}")
    assert "올라와 있지 않아요" in lee.do("action_voice", "/voice", "voice", do="join:999999")
