"""The pages of search, replay and unmasking, as a browser asks for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from bot.identity.personal import Personal, open_personal
from bot.log.engine import reading
from bot.log.tables import Audit
from bot.messages import Outbound, Reply
from bot.releases.folder import take
from bot.releases.live import open_live
from bot.releases.releases import Releases
from tests.browser.town import installation
from tests.console_support import PASSWORD, Client, World, console_over, csrf, log_in, text, world
from tests.console_support import Clock as Clock
from tests.log_support import NOON, database, inbound

KEY = "webchat:u1"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


@pytest.fixture
async def client(office: World) -> AsyncIterator[Client]:
    await office.hire("kim", "김한빛", PASSWORD)
    async with TestClient(TestServer(office.app())) as made:
        await log_in(made, "kim", PASSWORD)
        yield made


async def fee(office: World, user: str = "u1", words: str = "여권 얼마예요?") -> int:
    conversation = await office.ask(words, user=user)
    told = Reply(
        messages=(Outbound(text="여권 수수료는 50,000원이에요."),),
        outcome="answered_faq",
        intent="ask_faq",
        confidence=0.931,
        detail={"answer_id": "passport-fee"},
    )
    await office.answer(conversation, told)
    return conversation


async def audited(office: World) -> list[tuple[str, str, str]]:
    async with reading(office.engine) as session:
        rows = await session.execute(select(Audit.action, Audit.target, Audit.detail).order_by(Audit.id))
        return [(row.action, row.target, row.detail) for row in rows]


class TestSearch:
    async def test_a_word_leads_to_the_line_in_its_conversation(self, office: World, client: Client) -> None:
        conversation = await fee(office)
        page = await text(client, "/search?q=수수료")
        assert f'href="/conversations/{conversation}?at=2#line-2"' in page
        assert "<mark>수수료</mark>는 50,000원" in page
        assert ("search", "", "") in await audited(office)

    async def test_filters_and_nonsense_in_the_address(self, office: World, client: Client) -> None:
        await fee(office)
        assert "찾은 메시지 2개" in await text(client, "/search?topic=passport")
        assert "찾은 메시지 2개" in await text(client, "/search?intent=ask_faq&outcome=answered_faq")
        assert "찾은 메시지가 없어요" in await text(client, "/search?topic=tax")
        assert "찾은 메시지가 없어요" in await text(client, "/search?department=tax&q=여권")
        assert "무엇을 찾을까요?" in await text(client, "/search?since=언제&release=한&before=x&q=%00")

    async def test_a_saved_search_is_there_again_and_goes_again(self, office: World, client: Client) -> None:
        token = csrf(await text(client, "/password"))
        form = {"csrf": token, "query": "q=여권&channel=webchat", "name": "여권 웹챗"}
        page = await (await client.post("/search/saved", data=form)).text()
        assert "검색을 저장했어요." in page
        assert page.count("여권 웹챗") >= 1
        dropped = await client.post("/search/saved/1/delete", data={"csrf": token})
        assert "여권 웹챗" not in await dropped.text()
        again = await client.post("/search/saved/1/delete", data={"csrf": token})
        assert again.status == 404
        assert [action for action, *_ in await audited(office) if action.startswith("search_")] == [
            "search_saved",
            "search_dropped",
        ]

    async def test_a_search_for_personal_data_is_not_saved(self, client: Client) -> None:
        form = {"csrf": csrf(await text(client, "/password")), "query": "q=010-1234-5678", "name": "그분"}
        page = await (await client.post("/search/saved", data=form)).text()
        assert "개인정보가 든 낱말은 저장할 수 없어요" in page
        assert "저장한 검색</h2>" not in page

    async def test_only_ones_own_and_shared_searches_are_seen(self, office: World, client: Client) -> None:
        token = csrf(await text(client, "/password"))
        for name, more in (("내 것", {}), ("우리 것", {"shared": "1"})):
            form = {"csrf": token, "query": "q=가", "name": name, **more}
            await client.post("/search/saved", data=form)
        await office.hire("lee", "이보리", PASSWORD, roles=("viewer",))
        async with TestClient(TestServer(office.app())) as other:
            await log_in(other, "lee", PASSWORD)
            page = await text(other, "/search")
        assert "우리 것" in page
        assert "내 것" not in page


class TestUnmasking:
    @pytest.fixture
    async def personal(self, office: World) -> AsyncIterator[Personal]:
        opened = open_personal(office.settings)
        yield opened
        await opened.close()

    async def phone(self, office: World, personal: Personal) -> int:
        """A citizen whose number is in the vault."""
        token = await personal.vault.put(KEY, "mobile", "010-1234-5678")
        masked = inbound("[휴대전화]로 연락 주세요", message="masked", kept=(token,))
        stored = await office.log.receive(masked)
        assert stored is not None
        return stored.conversation_id

    async def test_a_reason_shows_the_value_and_is_written_down(
        self, office: World, client: Client, personal: Personal
    ) -> None:
        conversation = await self.phone(office, personal)
        path = f"/conversations/{conversation}"
        assert "010-1234-5678" not in await text(client, path)
        form = await text(client, f"{path}/unmask")
        assert "볼 수 있는 메시지가 1개" in form
        short = await client.post(f"{path}/unmask", data={"csrf": csrf(form), "reason": "그냥"})
        assert short.status == 400
        assert "010-1234-5678" not in await text(client, path)
        reason = "전화 확인, 010-9999-8888로 온 요청"
        shown = await client.post(f"{path}/unmask", data={"csrf": csrf(form), "reason": reason})
        assert "010-1234-5678로 연락 주세요" in await shown.text()
        assert ("unmask", f"conversation:{conversation}", "전화 확인, [휴대전화]로 온 요청") in await audited(
            office
        )
        hidden = await client.post(f"{path}/mask", data={"csrf": csrf(form)})
        assert "010-1234-5678" not in await hidden.text()

    async def test_it_ends_by_itself_and_is_for_one_person_and_one_conversation(
        self, office: World, client: Client, personal: Personal
    ) -> None:
        conversation = await self.phone(office, personal)
        path = f"/conversations/{conversation}"
        form = {"csrf": csrf(await text(client, f"{path}/unmask")), "reason": "전화를 걸어야 해요"}
        await client.post(f"{path}/unmask", data=form)
        await office.hire("lee", "이보리", PASSWORD)
        async with TestClient(TestServer(office.app())) as other:
            await log_in(other, "lee", PASSWORD)
            assert "010-1234-5678" not in await text(other, path)
        assert "010-1234-5678" in await text(client, path)
        office.clock.pass_(seconds=301)
        assert "010-1234-5678" not in await text(client, path)

    async def test_who_may_only_watch_sees_no_way_there(self, office: World) -> None:
        conversation = await fee(office)
        await office.hire("lee", "이보리", PASSWORD, roles=("viewer",))
        async with TestClient(TestServer(office.app())) as viewer:
            await log_in(viewer, "lee", PASSWORD)
            assert "unmask" not in await text(viewer, f"/conversations/{conversation}")
            assert (await viewer.get(f"/conversations/{conversation}/unmask")).status == 403


class TestTranscript:
    async def test_a_line_says_what_was_decided_and_from_where(self, office: World, client: Client) -> None:
        conversation = await fee(office)
        page = await text(client, f"/conversations/{conversation}")
        for said in ("확신 93.1%", "<code>ask_faq</code>", "passport-fee", "143ms", "전달됨", "게시 전"):
            assert said in page


class TestReplay:
    async def test_what_was_said_on_a_day(self, office: World, client: Client) -> None:
        for user in ("u1", "u2"):
            await fee(office, user)
        office.clock.pass_(days=1)
        await fee(office, "u3")
        await log_in(client, "kim", PASSWORD)
        page = await text(client, "/replay?day=2026-11-23&q=여권+얼마")
        assert "<b>2번</b>" in page
        assert "여권 수수료는 50,000원이에요." in page
        assert "‘여권 얼마예요?’" in page
        assert "시민 3" not in page
        assert "그때 한 말이 없어요." in await text(client, "/replay?day=2026-11-22")
        assert "그때 한 말이 없어요." in await text(client, "/replay?day=2026-11-23&time=09:00")
        assert "<b>2번</b>" in await text(client, "/replay?day=2026-11-23&time=12:20")
        assert "2026-05-03처럼" in await text(client, "/replay?day=5월")

    async def test_the_release_of_that_day_says_what_it_said_then(self, tmp_path: Path) -> None:
        settings = installation(tmp_path)
        async with database(settings.database) as engine:
            clock = Clock(NOON)
            releases = Releases(engine, open_live(settings), clock)
            who = SimpleNamespace(operator_id=None, name="박바다")
            for number, price in enumerate(("61,000원", "72,000원")):
                candidate = settings.var_dir / f"candidate-{number}"
                take(open_live(settings).working, candidate)
                file = candidate / "data" / "answers" / "passport.yml"
                now = file.read_text("utf-8")
                file.write_text(now.replace("50,000원" if number == 0 else "61,000원", price), "utf-8")
                await releases.publish(candidate, who, f"{price}으로", {"blocked": False, "problems": []})
                clock.pass_(days=1)
            more = {"data_dir": settings.data_dir, "var_dir": settings.var_dir}
            async with console_over(engine, clock, **more) as office:
                await office.hire("kim", "김한빛", PASSWORD)
                async with TestClient(TestServer(office.app())) as client:
                    await log_in(client, "kim", PASSWORD)
                    first = await text(client, "/replay?day=2026-11-23&time=12:30&q=수수료")
                    second = await text(client, f"/replay?day={(NOON + timedelta(days=1)).date()}&q=수수료")
        assert "61,000원" in first
        assert "72,000원" not in first
        assert "2번 판" in first
        assert "72,000원으로" in second
        assert "72,000원" in second
