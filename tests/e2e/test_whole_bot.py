"""The whole bot: the real Rasa, action server, city API, Redis and gateway, and a citizen's browser wire.

One start of everything serves all tests here; each test is a new citizen.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from redis.asyncio import Redis
from rich.console import Console

from bot.app import Apps, build
from bot.cli.private_stack import private_stack
from bot.cli.train import train
from bot.handoff.said import Said
from bot.messages import Attachment, AttachmentKind, Inbound, utc_now
from bot.rasa import RasaClient
from bot.releases.signing import model_secret
from bot.settings import ROOT, Settings
from tests.identity_support import everything_in

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Settings of a bot without a gateway, everything of it a process of its own."""
    folder = tmp_path_factory.mktemp("whole")
    data = folder / "data"
    shutil.copytree(ROOT / "data", data)
    console = Console(quiet=True)
    key = SecretStr(model_secret(Settings(_env_file=None)))
    model = train(Settings(_env_file=None, var_dir=folder, model_key=key), console=console)
    assert model is not None
    base = Settings(_env_file=None, data_dir=data, database_url=f"sqlite+aiosqlite:///{folder}/log.db")
    with private_stack(base, model, folder, console) as settings:
        yield settings


@dataclass
class Citizen:
    """A page of the web chat, without the page."""

    socket: aiohttp.ClientWebSocketResponse
    apps: Apps
    settings: Settings

    async def ask(self, text: str = "", **tap: str) -> list[dict[str, Any]]:
        """Say something; the parts of what came back, until the turn was over."""
        frame = {"v": 1, "id": uuid.uuid4().hex, "ts": utc_now().isoformat()}
        kind = {"type": "user.action", **tap} if tap else {"type": "user.message", "text": text}
        await self.socket.send_json(frame | kind)
        parts: list[dict[str, Any]] = []
        acknowledged = False
        while True:
            try:
                received = (await asyncio.wait_for(self.socket.receive(), 0.4 if parts else 20)).json()
            except TimeoutError:
                assert acknowledged
                return parts
            acknowledged = acknowledged or received["type"] == "ack"
            assert received["type"] != "error", received
            if received["type"] in ("bot.message", "notice", "agent.message"):
                parts += received["parts"]


@pytest.fixture
async def citizen(running: Settings) -> AsyncIterator[Citizen]:
    async with build(running) as apps, TestServer(apps.public) as server, aiohttp.ClientSession() as session:
        origin = str(server.make_url("/")).rstrip("/")
        socket = await session.ws_connect(f"{origin}/chat/ws", headers={"Origin": origin})
        await socket.send_json({"v": 1, "type": "session.open"})
        assert (await socket.receive_json())["type"] == "session.ready"
        yield Citizen(socket, apps, running)
        await socket.close()


def cards(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [part for part in parts if part["kind"] == "card"]


def words(parts: list[dict[str, Any]]) -> str:
    return " ".join(str(value) for part in parts for value in part.values())


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("여권 재발급 얼마예요?", "수수료"),
        ("등본떼는법", "등본"),
        ("대형폐기물 어떻게 버려요 ㅠㅠ", "대형폐기물"),
        ("durnjs wowqkfrmq tntnfy", "여권"),
    ],
)
async def test_a_question_gets_its_answer_with_evidence(citizen: Citizen, question: str, title: str) -> None:
    (card,) = cards(await citizen.ask(question))
    assert title in card["title"]
    facts = {fact["label"]: fact for fact in card["facts"]}
    assert facts["전화"]["url"].startswith("tel:099")
    assert {"담당", "지금", "확인일", "출처"} <= facts.keys()


async def test_one_word_on_the_wrong_keyboard_offers_choices(citizen: Citizen) -> None:
    parts = await citizen.ask("durnjs")
    assert "여권" in words(parts)
    buttons = [button for part in parts for button in part.get("buttons", ())]
    first = next(button for button in buttons if "여권" in button["label"])
    (card,) = cards(await citizen.ask(payload=first["payload"], label=first["label"]))
    assert card["title"].startswith(first["label"].rstrip("…"))


async def test_a_case_is_looked_up(citizen: Citizen) -> None:
    assert "처리 중" in words(await citizen.ask("접수번호 2026-000123 어디까지 됐어요"))


async def test_a_form_takes_a_digression_and_comes_back(citizen: Citizen) -> None:
    assert "접수번호" in words(await citizen.ask("제 민원 어디까지 됐나요"))
    digression = words(await citizen.ask("근데 여권 수수료는 얼마예요?"))
    assert "여권" in digression
    assert "접수번호" in digression
    assert "2026-000123" in words(await citizen.ask("2026-000123"))


@pytest.mark.parametrize(
    ("begun", "asked"),
    [
        ("제 민원 어디까지 됐나요", "접수번호"),
        ("가로등이 꺼졌어요", "어디"),
        ("여권 재발급 받으라고 나중에 알려 주세요", "알려 드릴"),
    ],
)
async def test_a_talk_with_a_person_sets_a_form_aside(running: Settings, begun: str, asked: str) -> None:
    token, key = running.rasa_token.get_secret_value(), f"webchat:{uuid.uuid4().hex}"
    async with aiohttp.ClientSession() as session:
        bot = RasaClient(session, running.rasa, running.actions, token=token)

        async def says(text: str) -> str:
            replied = await bot.reply(key, text, {"channel": "webchat"})
            return " ".join(message.model_dump_json() for message in replied.messages)

        assert asked in await says(begun)
        back = await bot.remember(key, [Said("operator", "그 일은 제가 확인해 드릴게요.")])
        between = await says("여권 수수료는 얼마예요?")
        assert "수수료" in between
        assert asked not in between
        assert asked in await says(back)
        assert await bot.remember(key, [Said("citizen", "고마워요")]) == back, "it asks again"


async def test_a_report_with_a_digression_a_picture_and_a_place(citizen: Citizen) -> None:
    assert "어디" in words(await citizen.ask("가로등이 꺼졌어요"))
    (view,) = await citizen.apps.log.recent(limit=1)
    photo = Attachment(kind=AttachmentKind.PHOTO, ref="file-1")
    sent = Inbound(
        channel=view.channel, user_id=view.user_id, message_id="p", sent_at=utc_now(), attachments=(photo,)
    )
    stored = await citizen.apps.log.receive(sent)
    assert stored is not None
    citizen.apps.turns.wake(stored.conversation_id)
    await citizen.apps.turns.idle()
    shown: list[dict[str, Any]] = []
    with suppress(TimeoutError):
        while True:
            shown += (await asyncio.wait_for(citizen.socket.receive(), 1)).json().get("parts", [])
    assert "사진을 붙였어요" in words(shown)
    assert "여권" in words(await citizen.ask("근데 여권 수수료는 얼마예요?"))
    summary = await citizen.ask("시청 앞 사거리요")
    assert "사진: 1장" in words(summary)
    assert "위치: 시청 앞 사거리" in words(summary)
    send = next(each for part in summary for each in part.get("buttons", ()) if each["label"] == "보내기")
    assert "신고번호는 H-" in words(await citizen.ask(payload=send["payload"], label=send["label"]))
    assert "시청 앞 사거리" in words(await citizen.ask("내 신고 어떻게 됐어요"))


async def test_a_person_is_called(citizen: Citizen) -> None:
    parts = await citizen.ask("상담원 연결해줘")
    assert "상담" in words(parts)
    views = await citizen.apps.log.recent()
    waits = (views[0].state, views[0].handoff_reason) == ("waiting", "asked")
    asked = "연락" in words(parts)  # out of office hours a message and a contact are taken
    assert waits or asked


async def test_everything_is_in_the_log(citizen: Citizen) -> None:
    await citizen.ask("여권 재발급 얼마예요?")
    log = citizen.apps.log
    newest = (await log.recent())[0]
    asked, said = await log.history(newest.id)
    assert (asked.author, asked.outcome, asked.intent) == ("citizen", "answered_faq", "ask_faq")
    assert asked.confidence
    assert asked.latency_ms is not None
    assert asked.candidates[0].id == "passport-fee"
    assert said.delivery == "delivered"


async def test_an_edited_answer_is_live_within_a_second_of_being_seen(citizen: Citizen) -> None:
    path = Path(citizen.settings.data_dir) / "answers" / "passport.yml"
    before = path.read_text(encoding="utf-8")
    try:
        path.write_text(
            before.replace("  - id: passport-fee", _NEW + "  - id: passport-fee"), encoding="utf-8"
        )
        await asyncio.sleep(1.0)
        (card,) = cards(await citizen.ask("고양이 여권은 어디서 만들어요?"))
        assert "고양이는 여권이 없어도" in card["text"]
    finally:
        path.write_text(before, encoding="utf-8")


_NEW = """  - id: passport-cat
    questions: [고양이 여권은 어디서 만들어요?]
    answer: 고양이는 여권이 없어도 돼요.
    source: {title: 시험}
"""


@pytest.mark.parametrize(
    "text",
    [
        *("/restart", '/ask_faq{"a":"b"}', "<script>alert(1)</script>", "'; DROP TABLE messages;--"),
        *("👍👍", "ㅁㄴㅇㄹ", "여권 " * 700, "asdkfjh qwpeoiru", "시발 답답하네", "내일 날씨 어때"),
    ],
)
async def test_no_words_are_met_with_silence(citizen: Citizen, text: str) -> None:
    parts = await citizen.ask(text)
    assert words(parts)
    assert "alert(1)" not in words(parts)


async def test_in_danger_the_number_comes_first(citizen: Citizen) -> None:
    assert "109" in words(await citizen.ask("죽고 싶어요"))
    assert "119" in words(await citizen.ask("우리집에 불났어요"))


async def test_erasing_asks_first_and_then_leaves_nothing(citizen: Citizen) -> None:
    await citizen.ask("여권 재발급 얼마예요?")
    mine = (await citizen.apps.log.recent())[0].id
    assert words(await citizen.ask("내 대화 기록 지워줘"))
    assert await citizen.apps.log.conversation(mine) is not None
    assert "지웠" in words(await citizen.ask("네"))
    await citizen.apps.turns.idle()
    assert await citizen.apps.log.conversation(mine) is None
    assert words(await citizen.ask("다시 말해줘"))
    assert (await citizen.apps.log.recent())[0].outcome == "asked_back", "the bot remembers the answer"


async def test_no_personal_value_is_written_anywhere(citizen: Citizen) -> None:
    """Neither in the log, nor in Rasa's memory, nor in Redis, nor in any file of the program."""
    for text in (
        "제 번호는 010-2468-1357이에요",
        "주민번호 880808-2468135 로 봐 주세요",
        "770707-",
        "2468135",
        "98다 7531 차 검사 언제예요?",
        "sol.example@hanbit.example 로 보내 주세요",
    ):
        assert words(await citizen.ask(text))
    settings, conversation = citizen.settings, (await citizen.apps.log.recent())[0]
    key = f"{conversation.channel}:{conversation.user_id}"
    address = f"{settings.rasa}/conversations/{key}/tracker?token={settings.rasa_token.get_secret_value()}"
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        tracker = await response.text()
    redis = Redis.from_url(settings.redis)
    places = {"tracker": tracker, "Redis": await everything_in(redis)}
    folder = Path(settings.database.partition("///")[2]).parent
    places |= {
        str(path): path.read_bytes().decode("utf-8", "replace")
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".gz"
    }
    assert "휴대전화" in str(json.loads(tracker))
    assert len([name for name in places if name.endswith((".log", ".db"))]) >= 4
    hidden = ("2468-1357", "880808", "2468135", "770707", "98다 7531", "98다7531", "sol.example")
    assert [(name, one) for name, text in places.items() for one in hidden if one in text] == []

    kept = [line for line in await citizen.apps.log.history(conversation.id) if line.author == "citizen"]
    assert [line.text for line in kept][2:4] == ["[생년월일]-", "[주민등록번호]"]
    await redis.aclose()


async def test_where_nobody_can_log_in_one_hears_where_to_go(citizen: Citizen) -> None:
    said = words(await citizen.ask("로그인 할래요"))
    assert "신분증" in said
    assert "099-" in said
    assert re.search("로그인돼 있지 않|로그인하지 않으신", words(await citizen.ask("로그아웃")))
