"""Before anything is published: two people at one answer, a table with mistakes, an open question."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opens
from tests.browser.looks import sideways, violations
from tests.browser.seeds import sow
from tests.browser.steps import rewrite
from tests.browser.town import Town

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

TABLE = """질문,답변,담당 부서,출처,주제
반려견 놀이터는 언제 여나요?,아침 7시부터 밤 10시까지 열어요.,civil-affairs,한빛시 공원 안내,공원
,질문이 없는 줄이에요.,civil-affairs,한빛시 공원 안내,공원
우주선은 어디에 세우나요?,시청 옥상에 세워요.,없는부서,한빛시,공원
"""


async def test_the_second_of_two_editors_is_told_and_loses_nothing(quiet_town: Town, opens: Opens) -> None:
    first, second = await opens(quiet_town, "editor"), await opens(quiet_town, "admin")
    path = f"{quiet_town.console}/studio/answers/passport-documents"
    await second.goto(path)
    await rewrite(first, quiet_town, "passport-documents", "김하늘이 고친 글이에요.")
    box = second.get_by_role("textbox", name="답변 꼭 적어요", exact=True)
    await box.fill("정가람이 고친 글이에요.")
    await expect(second.get_by_text("김하늘 님이 그 사이 이 답변을 저장했어요.")).to_be_visible()
    await second.get_by_role("button", name="저장", exact=True).click()
    alert = second.get_by_role("alert").filter(has_text="먼저 저장했어요")
    await expect(alert).to_contain_text("김하늘 님이")
    await expect(second.get_by_role("textbox", name="답변 꼭 적어요", exact=True)).to_have_value(
        "정가람이 고친 글이에요."
    )
    assert await violations(second) == []
    await first.reload()
    mine = first.get_by_role("textbox", name="답변 꼭 적어요", exact=True)
    await expect(mine).to_have_value(re.compile("^김하늘이 고친 글이에요"))

    await first.get_by_role("button", name="초안 버리기").click()
    await expect(first.get_by_text("초안을 버렸어요.").first).to_be_visible()
    await first.get_by_role("button", name="되돌리기").first.click()
    await expect(first.get_by_text("초안을 되살렸어요.").first).to_be_visible()


async def test_a_table_with_mistakes_says_which_rows_and_why(quiet_town: Town, opens: Opens) -> None:
    page = await opens(quiet_town, "editor")
    await page.goto(f"{quiet_town.console}/studio/import")
    table = {"name": "공원.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}
    await page.get_by_label("파일", exact=True).set_input_files([table])  # type: ignore[list-item]
    await page.get_by_role("button", name="파일 보내기").click()
    await page.get_by_role("button", name="무엇이 바뀌는지 보기").click(timeout=60_000)
    await expect(page.get_by_role("link", name="받지 못해요")).to_be_visible(timeout=60_000)
    assert await violations(page) == []
    assert await sideways(page) == []
    await page.get_by_role("link", name="받지 못해요").click()
    await expect(page.get_by_text("3행", exact=True)).to_be_visible()
    await expect(page.get_by_text(re.compile("질문"))).not_to_have_count(0)
    await page.get_by_role("button", name="초안으로 만들기").click()
    await expect(page.get_by_text("초안을 만들었어요.")).to_be_visible(timeout=60_000)
    await page.get_by_role("button", name="되돌리기").click()
    await expect(page.get_by_text("이 파일로 만든 초안을 모두 되돌렸어요.")).to_be_visible(timeout=60_000)


async def test_a_question_nobody_answered_becomes_an_answer(quiet_town: Town, opens: Opens) -> None:
    await sow(quiet_town)
    page = await opens(quiet_town, "editor")
    await page.goto(f"{quiet_town.console}/studio/inbox")
    await page.get_by_role("link", name="반려견 놀이터 언제 열어요?", exact=True).click()
    await page.get_by_label("분야").select_option(index=1)
    await page.get_by_role("button", name="새 답변 쓰기").click()
    await expect(page.get_by_label("질문 1", exact=True)).to_have_value("반려견 놀이터 언제 열어요?")
    assert await violations(page) == []
    await page.goto(f"{quiet_town.console}/studio/inbox")
    await page.get_by_role("link", name="게시를 기다려요").click()
    await expect(page.get_by_text("반려견 놀이터 언제 열어요?").first).to_be_visible()
