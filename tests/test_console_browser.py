"""An operator's day in a real browser."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.messages import Button, Candidate, Card, Fact, Outbound, Reply
from tests.console_support import World, world

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="No Chromium here; the console is not tried in a browser."),
]
PASSWORD = "노란 우산을 쓴 고양이"

ANSWER = Reply(
    messages=(
        Outbound(
            text="여권 재발급 수수료를 찾았어요 😊",
            cards=(
                Card(
                    title="여권 재발급 수수료",
                    text="성인 10년 복수여권은 50,000원이에요.",
                    facts=(Fact(label="담당", value="민원여권과"), Fact(label="전화", value="099-120-2010")),
                ),
            ),
            buttons=(Button(label="준비물도 알려 줘", payload="/ask_faq"),),
        ),
    ),
    outcome="answered_faq",
    intent="ask_faq",
    confidence=0.93,
    candidates=(
        Candidate(id="passport-fee", score=0.91, question="여권 재발급 수수료가 얼마인가요?"),
        Candidate(id="passport-lost", score=0.42, question="여권을 잃어버렸어요"),
    ),
)


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[tuple[World, str]]:
    async with world(tmp_path) as made, TestServer(made.app()) as server:
        yield made, f"http://127.0.0.1:{server.port}"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield opened
        finally:
            await opened.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page on which any error of a script, and anything the CSP stops, fails the test."""
    opened = await browser.new_page(locale="ko-KR", timezone_id="Asia/Seoul")
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    yield opened
    refused = ("409 (Conflict)", "401 (Unauthorized)")  # what a test provokes itself
    unexpected = [line for line in problems if not any(text in line for text in refused)]
    assert unexpected == []


async def log_in(page: Page, address: str, login: str, password: str) -> None:
    await page.goto(address)
    await page.get_by_label("아이디").fill(login)
    await page.get_by_label("비밀번호").fill(password)
    await page.get_by_role("button", name="로그인").click()


async def accessible(page: Page) -> None:
    # A toast that is still fading in has no contrast yet.
    await page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => 0)))")
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


async def test_from_the_first_login_to_an_answer(console: tuple[World, str], page: Page) -> None:
    made, address = console
    first = await made.accounts.first()
    assert first is not None
    login, once = first

    await log_in(page, address, login, once)
    await expect(page.get_by_role("heading", name="비밀번호 바꾸기")).to_be_visible()
    await accessible(page)
    await page.get_by_label("지금 비밀번호").fill(once)
    await page.get_by_label("새 비밀번호", exact=True).fill(PASSWORD)
    await page.get_by_label("새 비밀번호 한 번 더").fill(PASSWORD)
    await page.get_by_role("button", name="바꾸기").click()
    await expect(page.get_by_text("시민이 말을 걸면 여기에 바로 나타나요.")).to_be_visible()
    await accessible(page)

    # messages arrive without a reload, the newest conversation first
    await page.evaluate("window.unchanged = true")
    passport = await made.ask("여권 재발급 얼마예요?", user="a")
    rows = page.get_by_role("navigation", name="대화 목록").get_by_role("link")
    await expect(rows).to_have_count(1)
    made.clock.pass_(minutes=1)
    await made.ask("<img src=x onerror=alert(1)> 등본떼는법", user="b", channel="telegram")
    await expect(rows.first).to_contain_text("<img src=x onerror=alert(1)> 등본떼는법")
    made.clock.pass_(minutes=1)
    await made.answer(passport, ANSWER)
    await expect(rows.first).to_contain_text("여권 재발급 수수료를 찾았어요")
    await expect(rows.first).to_contain_text("답변")

    # somebody asks for a person and stands on top, marked
    await made.desk.request(passport, "asked")
    await made.gateway.news(passport)
    await expect(page.get_by_role("heading", name="기다려요 1")).to_be_visible()
    await expect(page).to_have_title("(1) 대화 · 소통")
    assert await page.evaluate("window.unchanged")
    await accessible(page)

    await rows.first.click()
    talk = page.get_by_role("log", name="대화 내용")
    await expect(talk).to_contain_text("성인 10년 복수여권은 50,000원이에요.")
    await expect(talk).to_contain_text("민원 질문 93%")
    await expect(talk).to_contain_text("143ms")
    await talk.get_by_text("답변 후보 2개").click()
    await expect(talk.get_by_text("passport-lost")).to_be_visible()
    await made.ask("아직인가요?", user="a")
    await expect(talk).to_contain_text("아직인가요?")
    await expect(talk.get_by_text("passport-lost")).to_be_visible()  # what was opened stays open
    await accessible(page)

    await page.get_by_role("button", name="대화 맡기").click()
    await expect(page.get_by_text("관리자 상담 중").first).to_be_visible()
    box = page.get_by_label("시민에게 답하기")
    await expect(box).to_be_focused()  # and it stays so: nothing that is loaded later takes the focus away
    await box.fill("안녕하세요,")
    await made.ask("여보세요?", user="a")  # must not disturb what is being typed
    await expect(talk).to_contain_text("여보세요?")
    await expect(box).to_have_value("안녕하세요,")
    await expect(box).to_be_focused()
    await box.press("Shift+Enter")
    await box.press_sequentially("상담원이에요.")
    await box.press("Enter")
    await expect(talk.get_by_text("상담원이에요.")).to_be_visible()
    await expect(box).to_have_value("")
    assert (await made.log.history(passport))[-1].text == "안녕하세요,\n상담원이에요."
    await accessible(page)

    await page.get_by_text("상담 마치기", exact=True).click()
    await page.get_by_label("무슨 상담이었나요?").select_option(index=1)
    await page.get_by_role("button", name="마칠게요").click()
    await expect(page.get_by_text("마친 상담이에요.")).to_be_visible()

    await page.get_by_label("모든 메시지에서 찾기").fill("재발급 수수료")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="찾은 메시지 1개")).to_be_visible()
    await expect(page.locator("mark").first).to_have_text("재발급")
    await accessible(page)


async def test_without_javascript_and_who_was_faster_is_named(
    console: tuple[World, str], browser: Browser
) -> None:
    made, address = console
    me = await made.hire("mine", "김하늘", PASSWORD)
    other = await made.hire("other", "박바다", PASSWORD)
    number = await made.ask("상담원 연결해줘")
    await made.desk.request(number, "asked")
    page = await browser.new_page(java_script_enabled=False)
    await log_in(page, address, "mine", PASSWORD)
    await page.get_by_role("link", name="시민 1").click()
    await made.desk.claim(number, other)  # the page cannot hear of it
    await page.get_by_role("button", name="대화 맡기").click()
    await expect(page.get_by_role("alert")).to_have_text("박바다 상담원이 먼저 맡았어요.")
    await expect(page.get_by_role("button", name="대화 맡기")).to_have_count(0)

    await made.desk.release(number, other)
    await made.desk.claim(number, me)
    await page.reload()
    await page.get_by_label("시민에게 답하기").fill("무엇을 도와드릴까요?")
    await page.get_by_role("button", name="보내기").click()
    await expect(page.get_by_role("log")).to_contain_text("무엇을 도와드릴까요?")


async def test_losing_the_conversation_while_typing(console: tuple[World, str], page: Page) -> None:
    made, address = console
    me = await made.hire("mine", "김하늘", PASSWORD)
    number = await made.ask("상담원 연결해줘")
    await made.desk.claim(number, me)
    await log_in(page, address, "mine", PASSWORD)
    await page.get_by_role("link", name="시민 1").click()
    await page.get_by_label("시민에게 답하기").fill("잠시만요")
    await made.desk.release(number, me)
    await page.get_by_role("button", name="보내기").click()
    await expect(page.get_by_role("alert").filter(has_text="먼저 대화를 맡아 주세요")).to_be_visible()
    await expect(page.get_by_label("시민에게 답하기")).to_have_value("잠시만요")


async def test_a_session_that_ran_out_leads_to_the_login(console: tuple[World, str], page: Page) -> None:
    made, address = console
    await made.hire("mine", "김하늘", PASSWORD)
    await log_in(page, address, "mine", PASSWORD)
    await expect(page.get_by_text("시민이 말을 걸면 여기에 바로 나타나요.")).to_be_visible()
    made.clock.pass_(minutes=31)
    await made.ask("안녕하세요")
    await expect(page.get_by_text("로그인이 끝났어요.")).to_be_visible()
    await expect(page.get_by_text("안녕하세요")).to_have_count(0)


@pytest.mark.parametrize("width", [320, 390])
async def test_phone_and_400_percent_zoom_need_no_sideways_scrolling(
    console: tuple[World, str], page: Page, width: int
) -> None:
    made, address = console
    me = await made.hire("mine", "김하늘", PASSWORD)
    number = await made.ask("가나다라마바사" * 30 + " https://hanbit.example/" + "a" * 120)
    await made.answer(number, ANSWER)
    await made.desk.claim(number, me)
    await page.set_viewport_size({"width": width, "height": 256 if width == 320 else 844})
    await log_in(page, address, "mine", PASSWORD)
    for _ in range(2):
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await accessible(page)
        if await page.get_by_label("시민에게 답하기").count() == 0:
            await page.get_by_role("link", name="시민 1").click()
            await expect(page.get_by_label("시민에게 답하기")).to_be_visible()


async def test_by_keyboard_alone(console: tuple[World, str], page: Page) -> None:
    made, address = console
    await made.hire("mine", "김하늘", PASSWORD)
    number = await made.ask("상담원 연결해줘")
    await made.desk.request(number, "asked")
    await page.goto(address)
    await page.keyboard.type("mine")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="기다려요 1")).to_be_visible()

    async def tab_to(name: str) -> None:
        for _ in range(60):
            await page.keyboard.press("Tab")
            if name in await page.evaluate("document.activeElement.innerText || ''"):
                return
        raise AssertionError(f"{name} cannot be reached with Tab")

    await tab_to("상담원 연결해줘")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("log")).to_be_visible()
    await tab_to("대화 맡기")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/conversations/*notice=claimed*")
    await page.get_by_label("시민에게 답하기").focus()
    await page.keyboard.type("네, 말씀하세요")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("log")).to_contain_text("네, 말씀하세요")
