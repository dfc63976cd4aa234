"""The same journey through the whole bot: real Rasa, action server, Redis, city and gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from playwright.async_api import expect
from pydantic import SecretStr
from rich.console import Console

from bot.cli.private_stack import private_stack
from bot.cli.train import train
from bot.releases.signing import model_secret
from bot.settings import Settings
from tests.browser import town as towns
from tests.browser.conftest import Opens
from tests.browser.seeds import release
from tests.browser.steps import ask, judge, publish, rewrite

pytestmark = [pytest.mark.journey, pytest.mark.rasa, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """An installation with everything but the gateway, each a process of its own."""
    folder = tmp_path_factory.mktemp("whole")
    console = Console(quiet=True)
    key = SecretStr(model_secret(Settings(_env_file=None)))
    model = train(Settings(_env_file=None, var_dir=folder, model_key=key), console=console)
    assert model is not None
    own = folder / "var"
    own.mkdir()
    with private_stack(
        towns.installation(folder).model_copy(update={"model_key": key}), model, own, console
    ) as settings:
        yield settings


async def test_an_edit_reaches_the_citizen_within_a_second(running: Settings, opens: Opens) -> None:
    async with towns.town(running, whole=True) as town:
        await release(town, 1, "이보리")  # the first ever, after which every process reads everything anew
        staff, citizen = await opens(town, "editor"), await opens(town)
        await rewrite(staff, town, "passport-fee", "58면은 61,000원이에요.")
        await judge(staff)
        await publish(staff, "여권 수수료를 올렸어요")
        await asyncio.sleep(1)
        await citizen.goto(f"{town.public}/chat/")
        await ask(citizen, "여권 재발급 얼마예요?")
        await expect(citizen.locator(".card")).to_contain_text("61,000원", timeout=30_000)
