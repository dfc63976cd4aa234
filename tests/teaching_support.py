"""A console over a small content of its own, for the pages of intents, words and texts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import copy
from typing import Any

from aiohttp import ClientResponse, CookieJar
from aiohttp.test_utils import TestClient, TestServer

from bot.settings import ROOT
from bot.studio.drafts import Drafts
from tests.console_support import PASSWORD, Client, World, csrf, log_in, world

SOFA = """\
version: "3.1"
# 큰 물건을 버리는 말
nlu:
- intent: ask_bulky_waste
  examples: |
    - 대형폐기물 신청
    - [소파](item) 버리고 싶어요
    - [침대](item)랑 [매트리스](item) 같이 버릴 수 있나요
    - 책상 버리는 값
"""
GREET = """\
version: "3.1"
nlu:
- intent: greet
  examples: |
    - 안녕하세요
    - 안녕
    - 책상은 버리는 값
"""
WORDS = """\
version: "3.1"
nlu:
- synonym: 소파
  examples: |
    - 쇼파
- lookup: dong
  examples: |
    - 새솔동
"""
DOMAIN = """\
version: "3.1"
intents: # 알아듣는 뜻
  - ask_bulky_waste # 큰 물건
  - greet
entities:
  - item
  - dong
actions:
  - action_say
  - action_bulky_waste
"""
RULES = """\
version: "3.1"
# 첫 규칙
rules:
  - rule: Greeting
    steps:
      - intent: greet
      - action: action_say
"""
THESAURUS = """\
# 쓰레기
topic: 쓰레기
words:
- official: 대형폐기물
  everyday: [가구 버리, 큰 쓰레기]
"""


def content(folder: Path) -> Path:
    """A project's root with two intents, a rule, words and a persona."""
    files = {
        "config.yml": (ROOT / "config.yml").read_text(encoding="utf-8"),
        "domain.yml": DOMAIN,
        "data/nlu/ask_bulky_waste.yml": SOFA,
        "data/nlu/greet.yml": GREET,
        "data/nlu/synonyms.yml": WORDS.split("- lookup")[0],
        "data/nlu/lookups.yml": 'version: "3.1"\nnlu:\n- lookup' + WORDS.split("- lookup")[1],
        "data/rules/talk.yml": RULES,
        "data/thesaurus/waste.yml": THESAURUS,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for source in (ROOT / "data").glob("*.yml"):
        copy(source, folder / "data" / source.name)
    return folder


class Desk:
    """Somebody at the studio's pages."""

    def __init__(self, made: World, client: Client) -> None:
        self.made, self.client = made, client

    async def get(self, path: str) -> str:
        response = await self.client.get(path)
        assert response.status == 200, (path, response.status)
        return await response.text()

    async def post(self, to: str, /, **fields: Any) -> ClientResponse:
        """Send a form; its answer, without going on to the next page."""
        token = csrf(await self.get("/password"))
        return await self.client.post(to, data={"csrf": token, **fields}, allow_redirects=False)

    async def draft(self, path: str) -> str | None:
        """The draft's text of a file; None without one."""
        found = await Drafts(self.made.engine, self.made.clock).find(f"file:{path}")
        return found.text if found else None


@asynccontextmanager
async def desk(tmp_path: Path, **roles: Any) -> AsyncIterator[Desk]:
    """The pages over the small content, with an editor logged in."""
    root = content(tmp_path / "project")
    async with world(
        tmp_path, data_dir=root / "data", var_dir=tmp_path / "var", models_dir=tmp_path / "models"
    ) as made:
        await made.hire("haneul", "김하늘", PASSWORD, **{"roles": ("editor",), **roles})
        async with TestClient(TestServer(made.app()), cookie_jar=CookieJar(unsafe=True)) as client:
            await log_in(client, "haneul", PASSWORD)
            yield Desk(made, client)
