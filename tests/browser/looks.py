"""What every page must be: without violations of axe's rules, and as wide as the screen."""

from __future__ import annotations

import os
from pathlib import Path

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

ANSWERED = (
    "403 (Forbidden)",
    "404 (Not Found)",
    "409 (Conflict)",
    "400 (Bad Request)",
    "401 (Unauthorized)",
    "422 (Unprocessable",
)
"""A browser says these in its console as errors too; a test that provokes one looks at the page itself."""


def at_work(page: Page, problems: list[str]) -> None:
    """Take down what goes wrong in a page's scripts."""
    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda line: (
            problems.append(f"{page.url}: {line.text}")
            if line.type == "error" and not any(text in line.text for text in ANSWERED)
            else None
        ),
    )


async def violations(page: Page) -> list[str]:
    """What axe finds, one line for each place. Something that is still fading in has no contrast yet."""
    await page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => 0)))")
    found = await Axe().run(page)
    return [
        f"{each['id']}: {node['html'][:160]} ({node['failureSummary'].splitlines()[-1].strip()[:160]})"
        for each in found.response["violations"]
        for node in each["nodes"]
    ]


async def sideways(page: Page) -> list[str]:
    """What makes a page wider than its window: the innermost such elements."""
    return list(
        await page.evaluate(
            """() => {
              if (document.documentElement.scrollWidth <= innerWidth) return [];
              const wide = [...document.body.querySelectorAll("*")].filter(
                (one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest("[role=region]"));
              return wide.filter((one) => !wide.some((other) => other !== one && one.contains(other)))
                .map((one) => one.outerHTML.slice(0, 160));
            }"""
        )
    )


async def looked_at(page: Page, name: str) -> None:
    """Sound for everybody, at the desk and on a phone; kept as a picture where a folder is named."""
    for width, height in ((1280, 900), (320, 700)):
        await page.set_viewport_size({"width": width, "height": height})
        assert await violations(page) == []
        assert await sideways(page) == []
        if folder := os.environ.get("SOTONG_SCREENSHOTS"):
            await page.screenshot(path=Path(folder, f"{name}-{width}.png"), full_page=True)
    await page.set_viewport_size({"width": 1280, "height": 900})
