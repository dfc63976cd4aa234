"""The tour names what there is, in the order in which a message comes by."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from bot.settings import ROOT, Settings
from docs.pictures.way import Step, steps
from tests.gateway_support import City, open_city

TOUR = (ROOT / "docs" / "tour.md").read_text("utf-8")
PASSED = ("Gateway.receive", "Feed.publish")
"""First and last step that the gateway takes by itself; the phone stands for Telegram, a script for Rasa."""


@pytest.fixture
async def here(settings: Settings, free_port: int) -> AsyncIterator[City]:
    async with open_city(settings, free_port) as made:
        yield made


def names(path: str) -> set[str]:
    """Functions, classes and methods of a file."""
    found = set()
    for node in ast.parse((ROOT / path).read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            inner = (each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
            found |= {f"{node.name}.{each.name}" for each in inner}
    return found


def test_every_step_exists_and_they_are_counted() -> None:
    told = steps()
    assert [step.number for step in told] == list(range(1, len(told) + 1))
    assert len(told) == TOUR.count("\n### ")
    assert [f"{step.path}: {step.name}" for step in told if step.name not in names(step.path)] == []


def test_every_file_that_is_named_exists() -> None:
    pages = [
        TOUR,
        (ROOT / "docs" / "architecture.md").read_text("utf-8"),
        (ROOT / "CONTRIBUTING.md").read_text("utf-8"),
    ]
    named = {
        path
        for page in pages
        for path in re.findall(r"`((?:bot|connectors|actions|tests|data|docs|bench|demo)/[\w./]*)`", page)
    }
    assert len(named) > 30
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


async def test_a_message_takes_the_steps_in_this_order(here: City) -> None:
    told = steps()
    first, last = (next(at for at, step in enumerate(told) if step.name == name) for name in PASSED)
    mine = [step for step in told[first : last + 1] if step.lane in (1, 2)]
    wanted = {(str(ROOT / step.path), step.name): step for step in mine}
    seen: list[Step] = []

    def watch(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            code = frame.f_code
            step = wanted.get((str(Path(code.co_filename)), code.co_qualname))
            if step is not None and step not in seen:
                seen.append(step)

    sys.setprofile(watch)
    try:
        await here.ask("여권 재발급 얼마예요?")
    finally:
        sys.setprofile(None)
    early = "Feed.publish"  # operators see the citizen's words before the answer, too
    assert {step.name for step in mine} == {step.name for step in seen}
    assert [step.name for step in seen if step.name != early] == [
        step.name for step in mine if step.name != early
    ]
