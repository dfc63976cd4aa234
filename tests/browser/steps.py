"""What staff and citizens do in a browser, in their own words: controls are found by role and name."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.town import Town

JUDGED = 240_000
"""Milliseconds that a look at everything may take on a busy machine."""


async def rewrite(page: Page, town: Town, answer: str, text: str) -> None:
    """Change what an answer says; the draft is saved."""
    await page.goto(f"{town.console}/studio/answers/{answer}")
    await page.get_by_role("textbox", name="답변 꼭 적어요", exact=True).fill(text)
    await page.get_by_role("button", name="저장", exact=True).click()
    await expect(page.get_by_role("link", name="게시하러 가기")).to_be_visible()


async def judge(page: Page) -> None:
    """From a draft's page to what the gate says."""
    await page.get_by_role("link", name="게시하러 가기").click()
    await page.get_by_role("button", name="점검하기").click()
    await expect(page.get_by_role("heading", name="무엇이 바뀌나요")).to_be_visible(timeout=JUDGED)


async def publish(page: Page, why: str) -> None:
    """Publish what has passed."""
    await page.get_by_label("무엇을 바꾸나요 꼭 적어요").fill(why)
    await page.get_by_role("button", name="게시하기", exact=True).click()
    await expect(page.get_by_text("게시했어요. 1초 안에 시민에게 나가요.")).to_be_visible()


async def ask(page: Page, question: str) -> None:
    """A citizen writes in the web chat."""
    await page.get_by_role("textbox").fill(question)
    await page.get_by_role("textbox").press("Enter")
