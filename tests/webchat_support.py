"""The web chat on a real port, with the real gateway, log and feed; only the understanding is scripted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.answering import Answering
from bot.bodies import Bodies
from bot.content.models import Department
from bot.content.store import ContentStore
from bot.fallback import Fallback
from bot.feed import Feed
from bot.gateway import Gateway
from bot.handoff.build import desk_rules
from bot.handoff.desk import HandoffDesk
from bot.handoff.takeover import Takeover
from bot.log.engine import open_engine
from bot.log.log import ConversationLog
from bot.log.migrate import migrate
from bot.messages import Button, Card, Fact, Outbound, Reply
from bot.outbox import Outbox
from bot.outcomes import Outcome
from bot.public_replies import PublicReplies
from bot.rights.build import build_rights
from bot.settings import Settings
from bot.speech import Speech
from bot.staff.accounts import Accounts
from bot.turns import Turns
from connectors.webchat.channel import WebChat
from connectors.webchat.routes import build_webchat

CARD = Card(
    title="여권을 새로 만들 때 수수료가 얼마예요?",
    text=(
        "10년 동안 쓰는 복수여권은 50,000원이에요.\n\n- 26쪽: 47,000원\n- 58쪽: 50,000원\n\n"
        "민원여권과(099-120-2010)로 전화하거나 https://www.passport.go.kr/home 에서 확인하세요."
    ),
    facts=(
        Fact(label="담당", value="민원여권과"),
        Fact(label="전화", value="099-120-2010", url="tel:0991202010"),
        Fact(label="지금", value="지금 열려 있어요 · 18:00까지"),
        Fact(label="확인일", value="2026-03-02"),
        Fact(label="출처", value="외교부 여권안내", url="https://www.passport.go.kr/home"),
    ),
    buttons=(Button(label="더 보기", payload='/show_more{"answer_id":"passport-fee"}'),),
)
CHOICES = (
    Button(label="여권 재발급 수수료", payload='/choose_answer{"answer_id":"passport-fee"}'),
    Button(label="여권 사진 규격", payload='/choose_answer{"answer_id":"passport-photo"}'),
    Button(label="둘 다 아니에요", payload="/deny"),
)


class ScriptedBot:
    """Understands a few words; everything else comes back as it was said."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.forgotten: list[str] = []
        self.pause = 0.0

    async def reply(self, key: str, text: str, metadata: dict[str, Any]) -> Reply:
        """As `bot.rasa.Bot`."""
        self.asked.append(text)
        await asyncio.sleep(self.pause)
        if "수수료" in text or text.startswith("/choose_answer"):
            return Reply(messages=(Outbound(cards=(CARD,)),), outcome=Outcome.ANSWERED_FAQ)
        if "여권" in text:
            return Reply(
                messages=(Outbound(text="이 중에 있나요?", buttons=CHOICES),), outcome=Outcome.CLARIFIED
            )
        if "상담원" in text:
            return Reply(messages=(), outcome=Outcome.HANDED_OFF, handoff="asked")
        if "지워" in text:
            return Reply(messages=(Outbound(text="모두 지웠어요."),), outcome=Outcome.ERASED, erase=True)
        return Reply(messages=(Outbound(text=f"잘 들었어요: {text}"),), outcome=Outcome.CHATTED)

    async def ready(self) -> bool:
        """As `bot.rasa.Bot`."""
        return True

    async def forget(self, key: str) -> None:
        """As `bot.rasa.Bot`."""
        self.forgotten.append(key)


@dataclass
class Place:
    """A running web chat."""

    server: TestServer
    log: ConversationLog
    gateway: Gateway
    desk: HandoffDesk
    turns: Turns
    bot: ScriptedBot
    operators: Accounts

    async def operator(self) -> int:
        """A person at the desk: 김하늘."""
        await self.operators.create("haneul", "김하늘")
        return next(iter(await self.operators.names()))

    def url(self, path: str = "") -> str:
        """Address of a page below `/chat/`."""
        return str(self.server.make_url(f"/chat/{path}"))


@asynccontextmanager
async def running(
    tmp_path: Path, port: int | None = None, origins: tuple[str, ...] = ()
) -> AsyncIterator[Place]:
    """The web chat on a free port of its own; starting it twice on a folder goes on where it stopped."""
    settings = Settings(_env_file=None, var_dir=tmp_path, webchat_origins=origins)
    await migrate(settings.database)
    engine = open_engine(settings.database)
    content = ContentStore(settings)
    log, desk, feed, bot = ConversationLog(engine), HandoffDesk(engine), Feed(), ScriptedBot()

    def department() -> Department:
        file = content.departments()
        return next(one for one in file.departments if one.id == file.default)

    channels = {"webchat": WebChat(feed)}
    speech = Speech(content.persona, department)
    fallback = Fallback(speech, log.answered_before)
    rights = build_rights(settings, engine, content, channels, [bot.forget])
    turns = Turns(
        log,
        Takeover(desk, speech, department, desk_rules(settings)),
        Answering(bot, speech, fallback, start_timeout=1),
        fallback,
        PublicReplies(log, content.persona, settings.private_chat),
        speech,
        rights.notices,
        rights.forgetting,
        Outbox(log, channels, speech.rest),
        Bodies(),
        channels,
        feed,
    )
    gateway = Gateway(log, desk, speech, rights.forgetting, turns, feed, channels=channels)
    app = web.Application()
    app.add_subapp(
        "/chat", build_webchat(gateway, log, feed, settings, content.persona, rights.wordings.first)
    )
    server = TestServer(app, host="127.0.0.1", **({"port": port} if port else {}))
    await server.start_server(shutdown_timeout=1)
    try:
        yield Place(server, log, gateway, desk, turns, bot, Accounts(engine))
    finally:
        await server.close()
        await turns.close(within=1)
        await engine.dispose()
