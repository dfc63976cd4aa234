"""Several gateways on one database: whoever dies or freezes, a citizen is answered once, in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from demo.platforms.platform import Trouble
from tests.gateways_support import Gateways, eventually, gateways, restart_postgres
from tests.webchat_wire import Page, message

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def running(
    tmp_path_factory: pytest.TempPathFactory, postgres: str, redis_url: str
) -> AsyncIterator[Gateways]:
    async with gateways(postgres, redis_url, tmp_path_factory.mktemp("gateways")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def two(running: Gateways) -> AsyncIterator[Gateways]:
    """Both up, the one before the tests left dead too."""
    running.rasa.gate.set()
    for at in range(2):
        await running.up(at)
    yield running
    running.rasa.gate.set()
    assert running.rasa.overlapping == []


async def test_messages_at_both_gateways_are_answered_once_and_in_order(two: Gateways) -> None:
    who = two.citizen()
    for number in range(12):
        assert await two.say(number % 2, who, f"질문 {number}") == 200
    assert await two.settled(who) == {"delivered"}
    assert two.answers(who) == [f"답: 질문 {number}" for number in range(12)]


async def test_a_response_gets_its_answer_though_another_gateway_has_the_conversation(two: Gateways) -> None:
    who = two.citizen()
    await two.say(0, who, "안녕", two.kakao)
    two.rasa.hold()
    async with asyncio.TaskGroup() as group:
        group.create_task(two.say(0, who, "하나", two.kakao))
        await two.rasa.held.wait()
        group.create_task(two.say(1, who, "둘", two.kakao))
        await eventually(lambda: two.heard(who, 3))
        two.rasa.gate.set()
    assert await two.settled(who) == {"delivered"}
    assert two.answers(who, two.kakao) == ["답: 안녕", "답: 하나", "답: 둘"]
    promised = [shown for shown in two.kakao.shown if shown.user_id == who and shown.unfinished]
    assert len(promised) <= sum(seconds > 3.3 for seconds in two.kakao.took), "only when the time is over"


async def test_an_open_page_sees_what_another_gateway_answers(two: Gateways) -> None:
    chats = [one.url + "/chat" for one in two.ones]
    async with two.session.post(f"{chats[0]}/session", json={"v": 1, "type": "session.open"}) as response:
        token = (await response.json())["resume_token"]
    async with two.session.ws_connect(f"{chats[0]}/ws", origin=two.ones[0].url) as socket:
        page = Page(socket)
        await socket.send_json({"v": 1, "type": "session.open", "resume_token": token})
        await page.until("session.ready")
        headers = {"Authorization": f"Bearer {token}"}
        there = f"{chats[1]}/messages"
        async with two.session.post(there, json=message("여권"), headers=headers) as response:
            assert response.status == 202
        assert "답: 여권" in str(await page.until("bot.message"))


async def test_a_database_that_dies_in_mid_turn_loses_nothing(two: Gateways) -> None:
    who = two.citizen()
    two.rasa.hold()
    assert await two.say(0, who, "하나") == 200
    await asyncio.wait_for(two.rasa.held.wait(), 5)
    restart_postgres(two.postgres)
    two.rasa.gate.set()
    assert await two.say(1, who, "둘") == 200
    assert await two.settled(who) == {"delivered"}
    assert two.answers(who) == ["답: 하나", "답: 둘"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_everything_goes_on_elsewhere_when_a_gateway_dies_or_freezes(
    two: Gateways, how: signal.Signals
) -> None:
    """It was in the midst of a turn, of a delivery, and on duty."""
    await eventually(two.fetched)
    dead = await two.on_duty("receive:telegram")
    asking, hearing, fetched = two.citizen(), two.citizen(), str(7000 + how)
    two.app.troubles.append(Trouble(delay=0.8))
    assert await two.say(dead, hearing, "배달") == 200
    await eventually(lambda: two.sending(hearing))
    two.rasa.hold()
    assert await two.say(dead, asking, "하나") == 200
    await asyncio.wait_for(two.rasa.held.wait(), 5)
    two.ones[dead].signal(how)
    two.rasa.at_once.clear()
    assert await two.say(1 - dead, asking, "둘") == 200
    await two.telegram.say(fetched, "전보")
    two.rasa.gate.set()
    assert await two.settled(asking) == await two.settled(hearing) == {"delivered"}
    await eventually(lambda: two.heard(fetched, 1))
    assert await two.on_duty("receive:telegram") == 1 - dead
    if how is signal.SIGSTOP:
        two.ones[dead].signal(signal.SIGCONT)
    await two.up(dead)
    assert await two.say(dead, asking, "셋") == 200
    assert await two.settled(asking) == {"delivered"}
    assert two.answers(asking) == ["답: 하나", "답: 둘", "답: 셋"]
    assert two.answers(hearing) == ["답: 배달"]
    assert await two.settled(fetched) == {"delivered"}
    assert two.answers(fetched, two.telegram) == ["답: 전보"]


async def test_who_is_told_to_end_answers_first_and_leaves_the_rest_to_others(two: Gateways) -> None:
    who, waiting = two.citizen(), two.citizen()
    await two.say(0, waiting, "안녕", two.kakao)
    two.rasa.hold()
    async with asyncio.TaskGroup() as group:
        group.create_task(two.say(0, waiting, "하나", two.kakao))
        await two.rasa.held.wait()
        two.ones[0].signal(signal.SIGTERM)
        await eventually(lambda: two.answers_with(0, "/readyz", 503))
        assert await two.say(0, who, "하나") == 200
        two.rasa.gate.set()
    assert two.answers(waiting, two.kakao) == ["답: 안녕", "답: 하나"]
    await eventually(lambda: two.ended(0))
    assert await two.values("SELECT count(*) FROM gateways") == [1]
    assert await two.say(1, who, "둘") == 200
    assert await two.settled(who) == await two.settled(waiting) == {"delivered"}
    assert two.answers(who) == ["답: 하나", "답: 둘"]
