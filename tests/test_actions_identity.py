"""Logging in and out by chat, asked of a running action server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.identity.identities import Level
from bot.identity.personal import Personal, open_personal
from bot.outcomes import Outcome
from bot.settings import Settings
from tests.actions_support import Rasa

KEY = "web:1"
"""Whose conversation `Rasa.ask` is."""


@pytest.fixture
async def personal(rasa: Rasa, redis_url: str) -> AsyncIterator[Personal]:
    """What the gateway, another process with the same secrets, has of the citizen."""
    one = open_personal(Settings(_env_file=None, redis_url=redis_url, var_dir=rasa.log.parent / "var"))
    await one.forget(KEY)
    yield one
    await one.forget(KEY)
    await one.close()


async def test_a_link_for_this_chat(rasa: Rasa, personal: Personal) -> None:
    reply, _ = rasa.ask("action_log_in", "본인인증 할게요", "log_in")
    (message,) = reply.messages
    (button,) = message.buttons
    assert button.url
    assert "주민등록번호" in message.text
    link = await personal.links.look(button.url.rpartition("/")[2])
    assert link
    assert (link.key, link.level, link.about, link.then) == (KEY, Level.LOGIN, "본인인증 할게요", "")


async def test_a_service_that_waits_goes_on_afterwards(rasa: Rasa, personal: Personal) -> None:
    reply, _ = rasa.ask("action_log_in", "로그인", "log_in", form="service_form")
    url = reply.messages[0].buttons[0].url
    assert url
    link = await personal.links.look(url.rpartition("/")[2])
    assert link
    assert link.then == "/use_service"


async def test_whoever_is_logged_in_is_told_so(rasa: Rasa, personal: Personal) -> None:
    await personal.identities.bind(KEY, "pseudonym", "sub", Level.LOGIN, "김○○")
    reply, _ = rasa.ask("action_log_in", "로그인", "log_in")
    assert "김○○ 님" in reply.messages[0].text
    assert not reply.messages[0].buttons


async def test_logging_out_forgets_values_too(rasa: Rasa, personal: Personal) -> None:
    await personal.identities.bind(KEY, "pseudonym", "sub", Level.LOGIN, "김○○")
    token = await personal.vault.put(KEY, "mobile", "010-1234-5678")
    reply, _ = rasa.ask("action_log_out", "로그아웃", "log_out")
    assert "로그아웃" in reply.messages[0].text
    assert await personal.identities.of(KEY) is None
    assert await personal.vault.open(KEY, token) is None
    again, _ = rasa.ask("action_log_out", "로그아웃", "log_out")
    assert "않" in again.messages[0].text


async def test_a_question_about_another_login_gets_its_answer(rasa: Rasa, personal: Personal) -> None:
    reply, _ = rasa.ask("action_log_in", "여권을 잃어버렸을 때는 어떻게 하나요?", "log_in", confidence=0.35)
    assert reply.outcome == Outcome.ANSWERED_FAQ


async def test_after_logging_in_and_other_words_the_form_offers_to_go_on(
    rasa: Rasa, personal: Personal
) -> None:
    slots = {"service": "library_loans", "filling": {}}
    asked = {"slots": slots, "form": "service_form"}
    before, _ = rasa.ask("action_ask_parameters", "로그인했어요", "log_in", **asked)  # type: ignore[arg-type]
    await personal.identities.bind(KEY, "pseudonym", "hanbit-1", Level.LOGIN, "김○○")
    after, _ = rasa.ask("action_ask_parameters", "로그인했어요", "log_in", **asked)  # type: ignore[arg-type]
    assert before.messages[0].buttons[0].label == "로그인하기"
    assert after.outcome == Outcome.ASKED_BACK
    assert after.messages[0].buttons[0].payload == "/use_service"
