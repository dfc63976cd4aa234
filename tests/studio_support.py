"""Answers of two departments in a folder of their own, and two people who edit them."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.studio.answer_text import read_answer
from bot.studio.drafts import Drafts
from tests.console_support import PASSWORD, Client, World, csrf, text, world

ROOT = Path(__file__).parent.parent
TAX = """\
topic: 세금  # 세정과
entries:
  - id: car-tax
    questions:
      - 자동차세는 언제 내나요?
    answer: |
      6월과 12월에 내요.
    owner: tax
    source: {title: 지방세법 제128조}
    confirmed_on: 2026-11-05
    hidden: 손대지 않는 것
  - id: old-tax
    questions: [옛 세금]
    answer: 없어졌어요.
    owner: tax
    source: {title: 옛 법}
    confirmed_on: 2020-01-01
"""
PASSPORT = """\
topic: 여권
entries:
  - id: passport-fee
    questions: [여권 수수료가 얼마예요?]
    answer: 5만 원이에요.
    owner: passport
    source: {title: 여권법}
    confirmed_on: 2026-11-05
"""
FORM = {
    "question": ["자동차세는 언제 내나요?"],
    "answer": "6월과 12월에 내요.",
    "owner": "tax",
    "topic": "tax",
    "source_title": "지방세법 제128조",
    "confirmed_on": "2026-11-05",
    "version": "0",
}
"""The form of `car-tax`, unchanged."""


def small_city(folder: Path) -> Path:
    """A data folder with the demo city's departments and persona, and three answers."""
    (folder / "answers").mkdir(parents=True)
    for path in (ROOT / "data").glob("*.yml"):
        shutil.copy(path, folder)
    for name in ("eligibility", "life_events"):
        shutil.copytree(ROOT / "data" / name, folder / name)
    (folder / "answers/tax.yml").write_text(TAX)
    (folder / "answers/passport.yml").write_text(PASSPORT)
    return folder


@asynccontextmanager
async def editors(folder: Path, data: Path) -> AsyncIterator[World]:
    """A console; kim edits the tax office's answers, lee everybody's."""
    async with world(folder, data_dir=data, public_url="https://chat.hanbit.go.kr/") as made:
        await made.hire("kim", "김하늘", PASSWORD, roles=("editor",), departments=("tax",))
        await made.hire("lee", "이바다", PASSWORD, roles=("editor",), departments=("*",))
        yield made


async def send(client: Client, path: str, fields: dict[str, Any], **more: Any) -> Any:
    """Send a form of ours."""
    token = csrf(await text(client, "/password"))
    return await client.post(path, data={"csrf": token, **fields}, allow_redirects=False, **more)


async def draft_of(made: World, id_: str) -> Any:
    """The draft of an answer and its fields."""
    found = await Drafts(made.engine, made.clock).find("answer:" + id_)
    return found and (found, read_answer(found.text).fields if found.text else None)
