"""The pages of answers, over HTTP: found, edited as drafts, previewed, undone, given up, told apart."""

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.messages import Candidate, Outbound, Reply
from tests.console_support import PASSWORD, Client, World, log_in, text
from tests.studio_support import FORM, TAX, draft_of, editors, send, small_city


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return small_city(tmp_path / "data")


@pytest.fixture
async def made(tmp_path: Path, data: Path) -> AsyncIterator[World]:
    async with editors(tmp_path, data) as made:
        yield made


@pytest.fixture
async def kim(made: World, aiohttp_client: Any) -> Client:
    client = await aiohttp_client(made.app())
    await log_in(client, "kim", PASSWORD)
    return client


@pytest.fixture
async def lee(made: World, aiohttp_client: Any) -> Client:
    client = await aiohttp_client(made.app())
    await log_in(client, "lee", PASSWORD)
    return client


def titles(page: str) -> list[str]:
    return [html.unescape(each) for each in re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)', page)]


class TestList:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["여권 수수료가 얼마예요?", "자동차세는 언제 내나요?", "옛 세금"]),
            ("q=자동 차세는언제", ["자동차세는 언제 내나요?"]),
            ("q=5만원", ["여권 수수료가 얼마예요?"]),
            ("topic=tax&sort=title", ["옛 세금", "자동차세는 언제 내나요?"]),
            ("owner=passport", ["여권 수수료가 얼마예요?"]),
            ("state=overdue", ["옛 세금"]),
            ("state=broken", ["자동차세는 언제 내나요?"]),
            ("state=draft", []),
            ("q=없는말&page=9", []),
        ],
    )
    async def test_finds(self, kim: Client, query: str, found: list[str]) -> None:
        assert titles(await text(kim, "/studio/answers?" + query)) == found

    async def test_how_often_answers_were_given_and_to_whose_content(self, made: World, kim: Client) -> None:
        for user in ("u1", "u2"):
            asked = await made.ask("자동차세", user=user)
            candidates = (Candidate(id="car-tax", score=0.9),)
            said = (Outbound(text="6월"),)
            await made.answer(asked, Reply(messages=said, outcome="answered_faq", candidates=candidates))
            await made.ask("답답해", user=user)
            await made.answer(asked, Reply(messages=said, outcome="chatted", intent="complain_about_bot"))
        picked = Reply(messages=said, outcome="answered_faq", detail={"answer_id": "passport-fee"})
        await made.answer(await made.ask("두 번째요", user="u3"), picked)
        page = await text(kim, "/studio/answers?state=low")
        assert titles(page) == ["자동차세는 언제 내나요?"]
        assert "시민 2명이 답답해했어요" in page
        assert len(titles(await text(kim, "/studio/answers?state=unused"))) == 1


class TestEditing:
    async def test_a_change_is_a_draft_and_keeps_what_the_form_does_not_know(
        self, made: World, kim: Client, data: Path
    ) -> None:
        page = await text(kim, "/studio/answers/car-tax")
        assert "게시됨" in page
        fields = {**FORM, "answer": "7월에도 내요.\r\n\r\n- 아무 때나"}
        response = await send(kim, "/studio/answers/car-tax", fields)
        assert (response.status, response.headers["Location"]) == (
            303,
            "/studio/answers/car-tax?notice=saved",
        )
        draft, kept = await draft_of(made, "car-tax")
        assert kept["answer"] == "7월에도 내요.\n\n- 아무 때나\n"
        assert kept["hidden"] == "손대지 않는 것"
        assert "source: {title: 지방세법 제128조}" in draft.text
        assert (draft.department, draft.operator, draft.version) == ("tax", "김하늘", 1)
        assert (data / "answers/tax.yml").read_text() == TAX
        assert "7월에도 내요." in await text(kim, "/studio/answers/car-tax")
        assert "초안" in await text(kim, "/studio/answers?state=mine")

    async def test_autosave_answers_with_the_version(self, made: World, kim: Client) -> None:
        headers = {"Accept": "application/json"}
        first = await send(kim, "/studio/answers/car-tax/draft", {**FORM, "answer": "ㄱ"}, headers=headers)
        assert (await first.json())["version"] == 1
        again = await send(
            kim, "/studio/answers/car-tax/draft", {**FORM, "answer": "ㄴ", "version": "1"}, headers=headers
        )
        said = await again.json()
        assert (said["version"], said["saved"]) == (2, "저장됨 · 초안 (12:00:00)")
        same = await send(kim, "/studio/answers/car-tax/draft", {**FORM, "answer": "ㄷ"}, headers=headers)
        assert same.status == 409
        assert "김하늘" in (await same.json())["error"]

    async def test_nothing_changed_is_no_draft(self, made: World, kim: Client) -> None:
        fields = {**FORM, "question": ["옛 세금"], "answer": "없어졌어요.", "source_title": "옛 법"}
        await send(kim, "/studio/answers/old-tax", {**fields, "confirmed_on": "2020-01-01"})
        assert await draft_of(made, "old-tax") is None

    async def test_rows_without_a_script(self, made: World, kim: Client) -> None:
        fields = {**FORM, "question": ["하나", "둘"], "do": "question:add"}
        page = await (await send(kim, "/studio/answers/car-tax", fields)).text()
        assert re.findall(r'name="question" value="([^"]*)"', page) == ["하나", "둘", ""]
        fields = {**FORM, "question": ["하나", "둘"], "do": "question:down:0", "version": "1"}
        page = await (await send(kim, "/studio/answers/car-tax", fields)).text()
        assert re.findall(r'name="question" value="([^"]*)"', page) == ["둘", "하나"]
        fields |= {"do": "question:out:0", "version": "2"}
        await send(kim, "/studio/answers/car-tax", fields)
        assert (await draft_of(made, "car-tax"))[1]["questions"] == ["둘"]

    async def test_confirmed_today(self, made: World, kim: Client) -> None:
        await send(kim, "/studio/answers/car-tax", {**FORM, "do": "confirm"})
        assert (await draft_of(made, "car-tax"))[1]["confirmed_on"] == "2026-11-23"

    async def test_a_new_one_and_a_copy_and_one_that_goes(self, made: World, kim: Client) -> None:
        response = await kim.get("/studio/answers/-new?topic=tax", allow_redirects=False)
        address = response.headers["Location"]
        assert 'value="tax" selected' in await text(kim, address)
        id_ = address.partition("?")[0].rpartition("/")[2]
        await send(kim, f"/studio/answers/{id_}", {**FORM, "question": ["주민세는요?"]})
        assert titles(await text(kim, "/studio/answers?state=new")) == ["주민세는요?"]
        response = await send(kim, f"/studio/answers/{id_}/copy", {})
        assert "주민세는요? (사본)" in await text(kim, response.headers["Location"])
        await send(kim, "/studio/answers/car-tax/delete", {"version": "0"})
        assert (await draft_of(made, "car-tax"))[0].kind == "gone"
        assert "지울 답변" in await text(kim, "/studio/answers/car-tax")
        assert (await kim.get("/studio/answers/none")).status == 404

    async def test_undo_and_giving_up_and_taking_up_again(self, made: World, kim: Client) -> None:
        for version, words in enumerate(["하나", "둘"]):
            await send(kim, "/studio/answers/car-tax", {**FORM, "answer": words, "version": str(version)})
            made.clock.pass_(minutes=1)
        await send(kim, "/studio/answers/car-tax/undo", {"to": "1", "version": "2"})
        assert (await draft_of(made, "car-tax"))[1]["answer"].strip() == "하나"
        response = await send(kim, "/studio/answers/car-tax/discard", {"version": "3"})
        page = await text(kim, response.headers["Location"])
        assert await draft_of(made, "car-tax") is None
        assert 'action="/studio/answers/car-tax/restore"' in page
        await send(kim, "/studio/answers/car-tax/restore", {"version": "3"})
        assert (await draft_of(made, "car-tax"))[1]["answer"].strip() == "하나"


class TestTwoPeople:
    async def test_the_second_is_told_and_loses_nothing(self, made: World, kim: Client, lee: Client) -> None:
        await send(kim, "/studio/answers/car-tax", {**FORM, "answer": "김의 글"})
        response = await send(lee, "/studio/answers/car-tax", {**FORM, "answer": "이의 글"})
        page = await response.text()
        assert response.status == 409
        assert "김하늘 님이" in page
        assert "김의 글" in page
        assert "이의 글</textarea>" in page
        assert (await draft_of(made, "car-tax"))[1]["answer"].strip() == "김의 글"
        await send(lee, "/studio/answers/car-tax", {**FORM, "answer": "이의 글", "version": "1"})
        draft, fields = await draft_of(made, "car-tax")
        assert (fields["answer"].strip(), draft.operator) == ("이의 글", "이바다")
        assert "김의 글" in await text(kim, "/studio/answers/car-tax")

    async def test_only_of_ones_own_departments(self, made: World, kim: Client) -> None:
        assert "볼 수만 있어요" in await text(kim, "/studio/answers/passport-fee")
        for fields in ({**FORM, "owner": "passport"}, FORM):
            assert (await send(kim, "/studio/answers/passport-fee", fields)).status == 403
        assert (await send(kim, "/studio/answers/car-tax", {**FORM, "owner": "passport"})).status == 403
        for what in ("delete", "copy", "discard"):
            assert (await send(kim, f"/studio/answers/passport-fee/{what}", {})).status == 403
        assert await draft_of(made, "passport-fee") is None
