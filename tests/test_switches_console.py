"""The emergency switch at the console: who may, what is shown first, the sign on every page, the audit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.staff.trail import Search
from tests.console_support import Client, World, csrf, text, world
from tests.gateway_support import Phone
from tests.staff_support import person

END = "2026-11-23T18:00"
"""The clock of these tests stands at 12:00 in Korea."""
NOTICE = {"text": "오늘 새솔동 단수", "reason": "수도관 파손", "ends": END, "words": "단수"}
OFF = {"off_topic": "passport", "off_instead": "phone", "off_reason": "수수료가 틀림", "off_ends": END}


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as here:
        here.channels["phone"] = Phone()
        yield here


async def _send(client: Client, path: str, data: dict[str, str]) -> tuple[int, str]:
    token = csrf(await text(client, "/switches"))
    response = await client.post(path, data={"csrf": token, **data})
    return response.status, await response.text()


async def test_a_notice_is_shown_as_citizens_see_it_before_it_goes_out(made: World) -> None:
    async with person(made, "bada", "approver") as client:
        status, page = await _send(client, "/switches/notices", NOTICE)
        assert status == 200
        assert "이렇게 보내요" in page
        assert "[긴급 안내]" in page
        assert "지금부터" in page
        assert "봇이 모두 켜져 있고" in await text(client, "/switches")
        status, page = await _send(client, "/switches/notices", NOTICE | {"sure": "1"})
        assert "1초 안에 모든 채널에서" in page
        assert "긴급 안내 중" in page
        assert "긴급 안내 중" in await text(client, "/account")  # on every page
        assert "긴급 안내 중" in await text(client, "/switches/banner")
        status, page = await _send(client, "/switches/notices/1/end", {})
        assert "긴급 안내를 끝냈어요." in page
        assert "긴급 안내 중" not in await text(client, "/account")
        status, page = await _send(client, "/switches/notices/1/again", {})
        assert "긴급 안내 중" in page
    found = await made.staff.trail.find(Search(), before=None, limit=9)
    actions = [entry.action for entry in found]
    assert actions[:3] == ["notice_resumed", "notice_ended", "notice_begun"]


async def test_a_form_that_cannot_be_says_what_is_wrong_and_keeps_what_was_typed(made: World) -> None:
    async with person(made, "bada", "approver") as client:
        wrong = {"text": "", "reason": "까닭만", "ends": "2026-11-22T10:00", "words": "물"}
        status, page = await _send(client, "/switches/notices", wrong)
        assert status == 422
        for said in ("무엇을 알릴지", "이미 지났거나", "두 글자 이상"):
            assert said in page
        assert "까닭만" in page
        late = NOTICE | {"ends": "2027-11-22T10:00"}
        assert "30일 안에서" in (await _send(client, "/switches/notices", late))[1]
        status, page = await _send(client, "/switches/offs", OFF | {"off_reason": "", "off_topic": "없는것"})
        assert status == 422
        assert "왜 끄는지" in page
        assert "목록에 있는 주제" in page


async def test_the_bot_is_off_with_a_reason_and_an_end_and_on_again(made: World) -> None:
    async with person(made, "bada", "approver") as client:
        _, page = await _send(
            client, "/switches/offs", OFF | {"off_says": "고치고 있어요", "off_ends": "2026-11-23T12:20"}
        )
        assert "봇이 꺼져 있어요" in page
        assert "여권" in page
        made.clock.now += timedelta(minutes=20)  # its end has come
        assert "봇이 모두 켜져 있고" in await text(client, "/switches")
        made.clock.now -= timedelta(minutes=20)
        _, page = await _send(client, "/switches/offs/1/end", {})
        assert "봇을 다시 켰어요." in page
        assert "그 사이 끝났어요." in (await _send(client, "/switches/offs/1/end", {}))[1]


async def test_only_those_who_may_switch_switch(made: World) -> None:
    async with person(made, "nuri", "operator") as client:
        page = await text(client, "/switches")
        assert "승인자와 관리자가" in page
        token = csrf(page)
        response = await client.post("/switches/offs", data={"csrf": token, **OFF})
        assert response.status == 403
        assert "긴급 안내를 보내고 봇 켜고 끄기" in await response.text()
