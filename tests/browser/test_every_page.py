"""Every page of the console, wide and light, and as narrow as 400 % zoom makes it, in the dark, in English.

The list of pages is compared with the application's own routes: a page that is not in it fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest

from bot.settings import Settings
from tests.browser import town as towns
from tests.browser.conftest import Opens
from tests.browser.looks import sideways, violations
from tests.browser.pages import NO_PAGES, ON_THE_WAY, OPEN, PAGES
from tests.browser.seeds import Seeds, sow
from tests.browser.town import Town

WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
NARROW: dict[str, Any] = {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"}


@pytest.fixture(scope="module")
def sown(installed: Settings) -> Seeds:
    """Something on every page."""

    async def made() -> Seeds:
        async with towns.town(installed) as town:
            return await sow(town)

    return asyncio.run(made())


@pytest.fixture(params=["ko", "en"])
async def seen(request: pytest.FixtureRequest, installed: Settings) -> AsyncIterator[Town]:
    """A gateway whose console speaks one of the languages."""
    language: Literal["ko", "en"] = request.param
    async with towns.town(installed.model_copy(update={"console_language": language})) as town:
        yield town


def routes(town: Town) -> set[str]:
    """The addresses that the console answers to a GET."""
    return {
        route.resource.canonical
        for route in town.apps.console.router.routes()
        if route.method == "GET" and route.resource is not None and route.resource.canonical != "/static"
    }


async def test_no_page_is_forgotten(quiet_town: Town) -> None:
    assert routes(quiet_town) == PAGES.keys() | ON_THE_WAY | NO_PAGES


@pytest.mark.journey
@pytest.mark.timeout(300)
async def test_looks(seen: Town, sown: Seeds, opens: Opens) -> None:
    """Wide and light in Korean, narrow and dark in English: whole, and no wider than the window."""
    english = seen.settings.console_language == "en"
    look = NARROW if english else WIDE
    inside, outside = await opens(seen, "admin", **look), await opens(seen, **look)
    wrong = []
    for route, path in PAGES.items():
        page = outside if route in OPEN else inside
        answer = await page.goto(seen.console + path.format(**sown))
        assert answer is not None
        if answer.status != 200:
            wrong.append(f"{route}: {answer.status}")
        wrong += [f"{route} {each}" for each in [*await violations(page), *await sideways(page)]]
        headings = await page.locator("h1").count()
        if headings != 1:
            wrong.append(f"{route}: {headings} h1")
    assert "\n".join(wrong) == ""
