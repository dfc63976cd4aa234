"""Whose business something is: said with the way to them, and asked for the citizen where they let us."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from bot.agencies.directory import Entry, sign
from bot.agencies.jurisdiction import JurisdictionFile, Jurisdictions
from bot.agencies.keys import OwnKey, fingerprint
from bot.agencies.peers import Peers
from bot.agencies.referrals import Handed, Referrals
from bot.content.live_file import read_file
from bot.log.engine import open_engine
from bot.log.log import ConversationLog
from bot.messages import Inbound, utc_now
from bot.settings import ROOT
from tests.actions_support import Rasa

KEY = OwnKey(b"k" * 32)


@pytest.fixture
def green(rasa: Rasa) -> Iterator[None]:
    """그린군 is trusted, and the citizen `web:1` has a conversation."""

    async def meet() -> None:
        engine = open_engine(rasa.database)
        peers = Peers(engine, lambda: "hanbit.example")
        about = {"id": "green.example", "name": "그린군", "places": ("그린군",), "phone": "02-000-9000"}
        entry = Entry(**about, url="http://127.0.0.1:1", key=KEY.public, issued_at=utc_now())
        await peers.meet(sign(entry, KEY))
        assert await peers.trust("green.example", fingerprint(KEY.public))
        wrote = Inbound(channel="web", user_id="1", message_id="first", sent_at=utc_now(), text="안녕")
        await ConversationLog(engine).receive(wrote)
        await engine.dispose()

    async def forget() -> None:
        engine = open_engine(rasa.database)
        await Peers(engine, lambda: "hanbit.example").forget("green.example")
        await engine.dispose()

    asyncio.run(meet())
    yield
    asyncio.run(forget())


def handed(rasa: Rasa) -> list[Handed]:
    async def read() -> list[Handed]:
        engine = open_engine(rasa.database)
        mine = await ConversationLog(engine).find("web", "1")
        found = await Referrals(engine).of(mine.id) if mine else []
        await engine.dispose()
        return found

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("question", "subject", "place"),
    [
        ("고속도로에 구멍이 났어요", "expressway", ""),
        ("고속국도 말고 국도 관리요", None, ""),
        ("운전 면허 갱신", "driving-licence", ""),
        ("정 전 됐어요", "electricity", ""),
        ("부산에서 국민연금은요", "pension", "부산"),
        ("서초구 종량제 봉투", None, "서초구"),
        ("지방소득세 내고 싶어요", None, ""),
        ("강아지 등록", None, ""),
        ("전기차 보조금 얼마예요", None, ""),
        ("소비자 교육 신청", None, ""),
        ("전남친 결혼식 가야 하나요", None, ""),
        ("과천 경마 3경주 누가 이겨요", None, ""),
        ("전남에 사는데요", None, "전남"),
        ("미국 관광비자 예약", None, ""),
    ],
)
def test_the_most_specific_words_say_whose_business_it_is(
    question: str, subject: str | None, place: str
) -> None:
    file, _ = read_file(ROOT / "data" / "jurisdiction.yml", JurisdictionFile)
    owner = Jurisdictions(file).resolve(question)
    assert (owner.subject.id if owner and owner.subject else None) == subject
    assert (owner.place if owner else "") == place


def test_another_agencys_business_comes_with_its_phone(rasa: Rasa) -> None:
    reply, _ = rasa.ask("action_jurisdiction", "실업급여는 어디 담당이에요?", "ask_jurisdiction")
    (message,) = reply.messages
    assert "고용노동부" in message.text
    assert message.cards[0].facts[0].url == "tel:1350"
    assert reply.outcome == "refused"


def test_our_own_business_comes_with_the_department(rasa: Rasa) -> None:
    reply, _ = rasa.ask("action_jurisdiction", "골목길이 파였는데 누구 담당이에요?", "ask_jurisdiction")
    assert "도로" in reply.messages[0].text


def test_what_nobody_here_can_answer_is_sent_to_whom_it_concerns(rasa: Rasa) -> None:
    reply, _ = rasa.ask("action_answer", "군대 입영 연기 어떻게 하나요?", "out_of_scope")
    assert "병무청" in reply.messages[0].text


def test_a_question_is_handed_over_only_on_a_yes_and_once(rasa: Rasa, green: None) -> None:
    question = "그린군 축제는 누구한테 물어봐요?"
    reply, slots = rasa.ask("action_jurisdiction", question, "ask_jurisdiction")
    assert "그린군" in reply.messages[0].text
    assert slots["pending_offer"] == "referral"
    assert handed(rasa) == []
    for _ in range(2):  # a turn that is run again after a crash
        said, after = rasa.ask("action_affirm", "네", "affirm", slots=slots)
        assert "그린군" in said.messages[0].text
        assert after["refer_text"] is None
    (one,) = handed(rasa)
    assert (one.agency, one.question, one.state) == ("green.example", question, "waiting")
    told, _ = rasa.ask("action_my_voices", "다른 기관에 물어봐 준 거 어떻게 됐어요?", "ask_my_voices")
    (card,) = told.messages[-1].cards
    facts = {fact.label: fact.value for fact in card.facts}
    assert card.title == question
    assert facts["물어본 곳"] == "그린군"
    assert facts["상태"] == "전하고 있어요"
    assert facts["전화"] == "02-000-9000"
