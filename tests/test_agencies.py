"""Two installations that hand each other questions, over real HTTP: asked once, told once, trusted by key."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from bot.agencies.directory import BadEntry, Signed, own_agency
from bot.agencies.keys import fingerprint, own_key
from bot.agencies.letters import WINDOW, sealed
from bot.agencies.peers import Peers
from bot.agencies.referrals import Referrals
from bot.app import Apps, build
from bot.channel import DeliveryError
from bot.handoff.desk import HandoffDesk
from bot.log.engine import open_engine
from bot.messages import Inbound, Outbound, Reply, utc_now
from bot.settings import ROOT, Settings
from bot.staff.accounts import Accounts
from connectors.agency import AgencyReader
from connectors.api import Api
from tests.actions_support import free_port
from tests.scripted_rasa import Item, ScriptedRasa, reply

ABOUT = "id: {id}\nname: {name}\nplaces: [{name}]\nphone: 02-000-9000\n"


@dataclass
class Office:
    """One agency's whole gateway, its bot scripted."""

    apps: Apps
    peers: Peers
    rasa: ScriptedRasa
    url: str
    id: str
    settings: Settings

    async def work(self) -> None:
        await self.apps.agencies.handing.work()
        await self.apps.turns.idle()

    async def trust(self, other: Office, session: aiohttp.ClientSession) -> None:
        entry = await self.peers.meet(await AgencyReader(Api(session, "", {})).entry(other.url))
        assert entry is not None
        assert await self.peers.trust(other.id, fingerprint(entry.key))
        await self.work()

    async def helps(self, conversation_id: int, text: str) -> None:
        """A person here takes a conversation and answers."""
        engine = open_engine(self.settings.database)
        accounts = Accounts(engine)
        await accounts.create("haneul", "김하늘")
        operator = next(iter(await accounts.names()))
        assert await HandoffDesk(engine).claim(conversation_id, operator)
        await engine.dispose()
        said = [Outbound(text=text)]
        assert await self.apps.log.say(conversation_id, said, author="operator", operator_id=operator)
        self.apps.turns.wake(conversation_id)

    async def asks(self, agency: str, question: str) -> int:
        """A citizen here has said yes to having a question handed over; their conversation."""
        wrote = Inbound(
            channel="webchat", user_id="kim", message_id=str(uuid.uuid4()), sent_at=utc_now(), text=question
        )
        stored = await self.apps.log.receive(wrote)
        assert stored is not None
        await self.apps.log.finish_turn(stored.id, Reply(messages=(), outcome="answered_service"), 0)
        engine = open_engine(self.settings.database)
        await Referrals(engine).hand_over(stored.conversation_id, wrote.message_id, agency, question)
        await engine.dispose()
        return stored.conversation_id

    async def told(self, conversation: int) -> list[str]:
        """What the bot said there."""
        lines = await self.apps.log.history(conversation)
        return [line.text for line in lines if line.author == "bot"]


@asynccontextmanager
async def office(
    tmp_path: Path, redis_url: str, name: str, id_: str, near: Sequence[int]
) -> AsyncIterator[Office]:
    """One whose own port is the first of `near`; whoever listens on the others it may call."""
    folder = tmp_path / id_
    shutil.copytree(ROOT / "data", folder / "data", ignore=shutil.ignore_patterns("gloss", "thesaurus"))
    (folder / "data" / "agency.yml").write_text(ABOUT.format(id=id_, name=name), encoding="utf-8")
    rasa, port = ScriptedRasa(0), near[0]
    await rasa.start()
    settings = Settings(
        _env_file=None,
        data_dir=folder / "data",
        var_dir=folder / "var",
        redis_url=redis_url,
        rasa_url=rasa.url,
        actions_url=rasa.url,
        port=port,
        inside_origins=tuple(f"http://127.0.0.1:{each}" for each in near),
    )
    engine = open_engine(settings.database)
    try:
        async with build(settings) as apps, TestServer(apps.public, port=port):
            peers = Peers(engine, lambda: own_agency(settings.data_dir).current().id)
            yield Office(apps, peers, rasa, f"http://127.0.0.1:{port}", id_, settings)
    finally:
        await engine.dispose()
        await rasa.stop()


@pytest.fixture
def ports() -> list[int]:
    """Of three agencies."""
    return [free_port() for _ in range(3)]


@pytest.fixture
async def two(tmp_path: Path, redis_url: str, ports: list[int]) -> AsyncIterator[tuple[Office, Office]]:
    """한빛시 and 그린군, each sure of the other's key."""
    here, there = ports[:2]
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(
            office(tmp_path, redis_url, "한빛시", "hanbit.example", (here, *ports))
        )
        theirs = await stack.enter_async_context(
            office(tmp_path, redis_url, "그린군", "green.example", (there, *ports))
        )
        session = await stack.enter_async_context(aiohttp.ClientSession())
        await ours.trust(theirs, session)
        await theirs.trust(ours, session)
        yield ours, theirs


def says(*texts: str, outcome: str = "answered_faq") -> Callable[[str], list[Item]]:
    return lambda _: reply(*texts, outcome=outcome)


async def test_a_question_goes_over_and_the_answer_comes_back_once(two: tuple[Office, Office]) -> None:
    ours, theirs = two
    theirs.rasa.answer = says("그린군은 월요일에 거둬요.")
    conversation = await ours.asks(theirs.id, "그린군 재활용 언제 버려요?")
    for _ in range(3):
        await ours.work()
        await theirs.work()
    (asked,) = theirs.rasa.asked
    assert asked["message"] == "그린군 재활용 언제 버려요?"
    assert "kim" not in json.dumps(asked)
    intro, answer = await ours.told(conversation)
    assert "그린군" in intro
    assert answer == "그린군은 월요일에 거둬요."


async def test_what_their_bot_cannot_answer_a_person_of_theirs_does(two: tuple[Office, Office]) -> None:
    ours, theirs = two
    theirs.rasa.answer = says("잘 모르겠어요", outcome="unanswered")
    conversation = await ours.asks(theirs.id, "그린군 축제 언제예요?")
    await ours.work()
    await theirs.work()
    assert await ours.told(conversation) == []
    (waiting,) = await theirs.apps.log.waiting()
    assert waiting.channel == "agency"
    await theirs.helps(waiting.id, "12월 5일에 열려요.")
    await theirs.work()
    assert (await ours.told(conversation))[-1] == "12월 5일에 열려요."


async def test_an_agency_that_is_down_is_asked_again_and_the_citizen_hears_of_it(
    two: tuple[Office, Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = two
    conversation = await ours.asks(theirs.id, "그린군 버스 시간표요")
    handing = ours.apps.agencies.handing
    later = utc_now()
    monkeypatch.setattr(handing._referrals, "_clock", lambda: later)

    async def unreachable(*_: Any) -> dict[str, Any]:
        raise DeliveryError("no connection")

    monkeypatch.setattr(handing._letters.api, "post", unreachable)
    await ours.work()
    assert await ours.told(conversation) == []
    for _ in range(2):
        later += timedelta(minutes=2)
        await ours.work()
    (told,) = await ours.told(conversation)
    assert "연결이 되지 않" in told
    assert "02-000-9000" in told
    for _ in range(2):
        later += timedelta(hours=13)
        await ours.work()
    *_, told = await ours.told(conversation)
    assert "전하지 못" in told
    assert len(await ours.told(conversation)) == 2


def letter(office: Office, to: str, body: bytes, *, ago: float = 0.0, signed_for: str = "") -> dict[str, str]:
    key = own_key(office.settings.var_dir)
    return sealed(key, office.id, signed_for or to, body, utc_now() - timedelta(seconds=ago))


async def test_letters_of_strangers_for_others_or_of_yesterday_are_refused(
    two: tuple[Office, Office], tmp_path: Path, redis_url: str
) -> None:
    ours, theirs = two
    body = json.dumps({"kind": "question", "id": str(uuid.uuid4()), "text": "여권 얼마예요?"}).encode()
    url = f"{theirs.url}/webhooks/agency"
    good = letter(ours, theirs.id, body)
    tried = {
        "as it should be": (good, body, 200),
        "another body": (good, body.replace(b"question", b"Question"), 401),
        "for somebody else": (letter(ours, theirs.id, body, signed_for="blue.example"), body, 401),
        "too old": (letter(ours, theirs.id, body, ago=WINDOW + 5), body, 401),
        "in another's name": ({**good, "X-Sotong-Agency": "blue.example"}, body, 401),
        "with no signature": ({**good, "X-Sotong-Signature": ""}, body, 401),
        "with nonsense": ({**good, "X-Sotong-Signature": "é%%"}, body, 401),
    }
    async with aiohttp.ClientSession() as session:
        for name, (headers, content, status) in tried.items():
            async with session.post(url, data=content, headers=headers) as answer:
                assert answer.status == status, name
        reply_to_nobody = json.dumps(
            {"kind": "reply", "id": str(uuid.uuid4()), "question": str(uuid.uuid4()), "messages": []}
        ).encode()
        headers = letter(theirs, ours.id, reply_to_nobody)
        at = f"{ours.url}/agencies/v1/replies"
        async with session.post(at, data=reply_to_nobody, headers=headers) as answer:
            assert answer.status == 404


async def test_another_key_under_a_known_name_does_not_take_its_place(two: tuple[Office, Office]) -> None:
    ours, theirs = two
    (theirs.settings.var_dir / "secrets" / "agency-key").unlink()
    stranger = own_key(theirs.settings.var_dir)
    (before,) = await ours.peers.all()
    entry = before.entry.model_copy(update={"key": stranger.public, "issued_at": utc_now()})
    text = entry.model_dump_json()
    await ours.peers.meet(Signed(entry=text, signature=stranger.sign(text.encode())))
    (after,) = await ours.peers.all()
    assert after.fingerprint == before.fingerprint
    assert after.offered == fingerprint(stranger.public)
    with pytest.raises(BadEntry):
        await ours.peers.meet(
            Signed(entry=text.replace("그린군", "한빛시"), signature=before.signed.signature)
        )


async def test_whom_they_trust_we_hear_of_but_do_not_trust(
    two: tuple[Office, Office], redis_url: str, ports: list[int]
) -> None:
    ours, theirs = two
    async with (
        office(
            ours.settings.var_dir.parent / "third", redis_url, "물결구", "wave.example", ports[2:]
        ) as third,
        aiohttp.ClientSession() as session,
    ):
        await theirs.trust(third, session)
        await ours.apps.agencies.handing.exchange()
    known = {one.entry.id: one.trusted for one in await ours.peers.all()}
    assert known == {"green.example": True, "wave.example": False}
