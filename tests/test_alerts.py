"""Alerts: sent once when they begin and once when they end, by whichever of several gateways."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.alerts.measures import Measures
from bot.alerts.posting import SIGNATURE, Letter, NotSent, Posting, Ways
from bot.alerts.rules import Rules, good_address, good_rule
from bot.alerts.sending import Sending
from bot.alerts.tables import AlertLetter, AlertRule
from bot.alerts.watching import Watching
from bot.console.alerts_words import Wording
from bot.console.labels import Calendar
from bot.console.words import Words
from bot.figures.tables import Unusual
from bot.log.engine import changing, open_engine, reading
from bot.log.log import ConversationLog
from bot.log.tables import Conversation
from bot.messages import Reply
from bot.outside import Outside
from tests.console_support import Clock
from tests.log_support import NOON, database, inbound
from tests.test_figures import SEOUL


class Office:
    """A webhook of staff, and gateways that share a database."""

    def __init__(self, engine: AsyncEngine, address: str) -> None:
        self.engine, self.clock, self.address = engine, Clock(), address
        self.rules = Rules(engine, self.clock)
        self.log = ConversationLog(engine, self.clock)
        self.got: list[dict[str, Any]] = []
        self.answers = [200]

    def gateway(self, engine: AsyncEngine | None = None) -> tuple[Watching, Sending]:
        engine = engine or self.engine
        words = Words("ko")
        wording = Wording(
            words, Calendar(SEOUL, words), lambda: {"water": "상하수도"}, "http://console", self.clock
        )
        measures = Measures(engine, list, NOON.date, self.clock)
        posting = Posting(Ways("", "", "", "", lambda: "s3cret", Outside([self.address])))
        return Watching(engine, measures, self.clock), Sending(engine, posting, wording.letter, self.clock)

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.read()
        signed = hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
        assert request.headers[SIGNATURE] == f"sha256={signed}"
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if status == 200:
            self.got.append(json.loads(body))
        return web.Response(status=status)

    async def only(self, kind: str, threshold: float, minutes: int = 60) -> int:
        async with changing(self.engine) as connection:
            await connection.execute(delete(AlertRule))
        return await self.rules.save_rule(
            None, kind=kind, name="", threshold=threshold, minutes=minutes, active=True
        )

    async def tick(self, *gateways: tuple[Watching, Sending], **passed: float) -> None:
        self.clock.pass_(**(passed or {"seconds": 30}))
        await asyncio.gather(*(watching.run() for watching, _ in gateways))
        await asyncio.gather(*(sending.run() for _, sending in gateways))

    async def wait_for_a_person(self, since: timedelta) -> None:
        stored = await self.log.receive(inbound())
        assert stored is not None
        values = {"state": "waiting", "waiting_since": self.clock.now - since}
        async with changing(self.engine) as connection:
            await connection.execute(update(Conversation).values(**values))

    async def nobody_waits(self) -> None:
        async with changing(self.engine) as connection:
            await connection.execute(update(Conversation).values(state="bot", waiting_since=None))


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    application = web.Application()
    async with database(f"sqlite+aiosqlite:///{tmp_path}/alerts.db") as engine:
        made = Office(engine, "")
        application.router.add_post("/hook", made.hear)
        async with TestServer(application) as server:
            made.address = f"http://127.0.0.1:{server.port}/hook"
            await made.rules.save_target(None, kind="webhook", name="당직", address=made.address, active=True)
            yield made


async def test_once_when_it_begins_and_once_when_it_ends(office: Office, tmp_path: Path) -> None:
    await office.only("waiting", 10)
    other = open_engine(f"sqlite+aiosqlite:///{tmp_path}/alerts.db")
    gateways = [office.gateway(), office.gateway(other), office.gateway()]
    try:
        await office.wait_for_a_person(timedelta(minutes=4))
        await office.tick(*gateways)
        assert office.got == []
        for _ in range(4):
            await office.tick(*gateways, minutes=3)
        assert [each["phase"] for each in office.got] == ["began"]
        assert office.got[0]["title"] == "[소통] 상담을 오래 기다릴 때"
        assert office.got[0]["text"].startswith("가장 오래 기다린 시간 10")
        await office.nobody_waits()
        await office.tick(*gateways, minutes=1)
        assert len(office.got) == 1  # it may come back at once
        for _ in range(3):
            await office.tick(*gateways, minutes=4)
        assert [each["phase"] for each in office.got] == ["began", "ended"]
        assert await office.rules.open_count() == 0
    finally:
        await other.dispose()


async def test_silence_holds_it_back_and_a_fault_is_tried_again(office: Office) -> None:
    rule, gateway = await office.only("queue", 1), office.gateway()
    await office.rules.silence(rule, office.clock.now + timedelta(hours=1))
    await office.wait_for_a_person(timedelta(0))
    await office.tick(gateway, minutes=30)
    assert office.got == []
    assert len(await office.rules.alerts()) == 1  # the page shows it all the same
    office.answers = [500, 200]
    await office.tick(gateway, minutes=31)
    assert office.got == []
    assert [letter.error for letter, _ in (await office.rules.alerts())[0].letters] == ["HTTP 500"]
    await office.tick(gateway, minutes=2)
    assert [each["phase"] for each in office.got] == ["began"]


async def test_a_letter_of_a_gateway_that_died_is_taken_up(office: Office) -> None:
    await office.only("queue", 1)
    watching, sending = office.gateway()
    await office.wait_for_a_person(timedelta(0))
    await watching.run()
    async with changing(office.engine) as connection:
        due = office.clock.now + timedelta(minutes=2)
        await connection.execute(update(AlertLetter).values(state="sending", attempts=1, due_at=due))
    await sending.run()
    assert office.got == []
    office.clock.pass_(minutes=3)
    await sending.run()
    assert len(office.got) == 1


async def test_what_is_unusual_has_an_alert_of_its_own(office: Office) -> None:
    await office.only("unusual", 5)
    gateway = office.gateway()
    since = NOON - timedelta(hours=4)
    row = {"began_at": since, "seen_at": office.clock.now, "n": 36, "usual": 4.0}
    async with changing(office.engine) as connection:
        await connection.execute(insert(Unusual).values(kind="word", subject="단수", **row))
        await connection.execute(insert(Unusual).values(kind="topic", subject="water", **row))
        await connection.execute(insert(Unusual).values(kind="word", subject="여권", **{**row, "n": 8}))
    await office.tick(gateway)
    assert {each["text"].partition(".")[0] for each in office.got} == {
        "상하수도: 오전 8:00부터 36번, 평소의 9배",
        "‘단수’: 오전 8:00부터 36번, 평소의 9배",
    }
    assert len(office.got) == 2


async def test_shares_need_questions_enough(office: Office) -> None:
    await office.only("unanswered", 40)
    gateway = office.gateway()
    for n in range(24):
        if n == 12:
            await office.tick(gateway)
            assert await office.rules.open_count() == 0  # twelve of twelve, which are too few
        stored = await office.log.receive(inbound(user=f"u{n}", message=f"m{n}"))
        assert stored is not None
        outcome = "unanswered" if n < 12 else "answered_faq"
        await office.log.finish_turn(stored.id, Reply(messages=(), outcome=outcome), 100)
    await office.tick(gateway)
    assert [each["value"] for each in office.got] == [50]
    assert "질문 24건 가운데 12건" in office.got[0]["text"]


async def test_a_rule_that_is_switched_off_ends_its_alert(office: Office) -> None:
    rule, gateway = await office.only("queue", 1), office.gateway()
    await office.wait_for_a_person(timedelta(0))
    await office.tick(gateway)
    await office.rules.save_rule(rule, kind="queue", name="", threshold=1, minutes=60, active=False)
    await office.tick(gateway)
    await office.tick(gateway)
    assert [each["phase"] for each in office.got] == ["began", "ended"]


class Mailbox(asyncio.Protocol):
    """Enough of an SMTP server (RFC 5321) to receive one message."""

    received: bytes = b""

    def connection_made(self, transport: Any) -> None:
        self.transport, self.data, self.rest = transport, False, b""
        transport.write(b"220 mail\r\n")

    def data_received(self, chunk: bytes) -> None:
        self.rest += chunk
        if self.data:
            if self.rest.endswith(b"\r\n.\r\n"):
                Mailbox.received, self.rest, self.data = self.rest[:-5], b"", False
                self.transport.write(b"250 kept\r\n")
            return
        while b"\r\n" in self.rest:
            line, _, self.rest = self.rest.partition(b"\r\n")
            self.data = line.upper() == b"DATA"
            self.transport.write(b"354 go on\r\n" if self.data else b"250 fine\r\n")


LETTER = Letter("[소통] 시험", "본문이에요.", "http://console/alerts", {})


async def test_by_mail_and_by_telegram() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Mailbox, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    heard: list[Any] = []

    async def telegram(request: web.Request) -> web.Response:
        heard.append((request.path, await request.json()))
        return web.json_response({"ok": True})

    application = web.Application()
    application.router.add_post("/{path:.*}", telegram)
    async with server, TestServer(application) as api:
        url = str(api.make_url(""))
        outside = Outside([url])
        ways = Ways(f"smtp://127.0.0.1:{port}", "sotong@hanbit.example", "12:ab", url, str, outside)
        await Posting(ways).send("email", "duty@hanbit.example", LETTER)
        await Posting(ways).send("telegram", "-100200", LETTER)
        with pytest.raises(NotSent, match="SOTONG_MAIL_SERVER"):
            await Posting(Ways("", "", "", "", str, outside)).send("email", "duty@hanbit.example", LETTER)
    mail = message_from_bytes(Mailbox.received, policy=default)
    assert (mail["To"], mail["Subject"]) == ("duty@hanbit.example", "[소통] 시험")
    assert "본문이에요." in mail.get_body().get_content()  # type: ignore[union-attr]
    assert heard == [
        (
            "/bot12:ab/sendMessage",
            {"chat_id": "-100200", "text": "[소통] 시험\n\n본문이에요.\nhttp://console/alerts"},
        )
    ]


def test_what_can_be_a_rule_and_an_address() -> None:
    assert good_rule("waiting", 10, 15)
    assert not any([good_rule("waiting", 0, 15), good_rule("waiting", 1, 7), good_rule("moon", 1, 15)])
    for kind, good, bad in (
        ("email", "a@hanbit.go.kr", "a@b"),
        ("email", "kim.lee@hanbit.go.kr", "a@b.kr\r\nBcc: x@y.kr"),
        ("webhook", "https://hook.example/x", "file:///etc/passwd"),
        ("telegram", "-1001234", "12 34"),
    ):
        assert good_address(kind, good), good
        assert not good_address(kind, bad), bad


async def test_the_first_rules_make_sense(office: Office) -> None:
    async with reading(office.engine) as session:
        rules = (await session.scalars(select(AlertRule))).all()
    assert len(rules) == 6
    assert all(good_rule(rule.kind, rule.threshold, rule.minutes) for rule in rules)
