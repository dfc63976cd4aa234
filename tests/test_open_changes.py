"""The Atom feed: what releases brought, changed and took away."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import changing
from bot.messages import utc_now
from bot.openness import atom
from bot.openness.card import Publisher
from bot.openness.changes import Changed, Changes, compare
from bot.releases.releases import Releases
from bot.releases.tables import ReleaseFile, ReleaseRow
from bot.settings import ROOT
from tests.log_support import NOON, database
from tests.releases_support import PASSED, PASSPORT, Editor, answer, candidate, city

NEW = "data/answers/tax.yml"
ATOM = "{http://www.w3.org/2005/Atom}"
HANBIT = Publisher(id="hanbit.example", name="한빛시")


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    async with database(f"sqlite+aiosqlite:///{tmp_path}/log.db") as opened:
        yield opened


async def test_the_feed_follows_what_is_published_and_rolled_back(
    tmp_path: Path, engine: AsyncEngine
) -> None:
    settings = city(tmp_path, ROOT)
    releases, changes = Releases(engine, settings), Changes(engine, utc_now)
    assert await changes.run() == 0

    async def publish(name: str, files: dict[str, str | None]) -> None:
        made = candidate(settings, tmp_path / name, files)
        await releases.publish(made, Editor(), "시험", PASSED)

    async def told() -> list[tuple[str, str, str]]:
        await changes.run()
        return [(one.kind, one.answer_id, one.text) for one in await changes.latest()]

    await publish("one", {PASSPORT: answer("6만 원이에요.")})
    assert await told() == [("changed", "passport-fee", "6만 원이에요.")]
    added = answer("7월과 9월이에요.").replace("passport-fee", "tax-property")
    await publish("two", {NEW: added})
    await publish("three", {NEW: None, "data/persona.yml": persona(settings)})
    assert (await told())[:2] == [
        ("removed", "tax-property", ""),
        ("added", "tax-property", "7월과 9월이에요."),
    ]
    await releases.rollback(1, Editor(), "되돌려요")
    assert (await told())[0] == ("changed", "passport-fee", "5만 원이에요.")
    before = await changes.latest()
    assert await changes.run() == 0
    async with changing(engine) as connection:  # releases are forgotten, what the feed told is not
        await connection.execute(delete(ReleaseFile).where(ReleaseFile.number == 2))
        await connection.execute(delete(ReleaseRow).where(ReleaseRow.number == 2))
    assert await changes.run() == 0
    assert await changes.latest() == before


def persona(settings: Any) -> str:
    return str((settings.data_dir / "persona.yml").read_text("utf-8")) + "\n# 고침\n"


def test_what_only_editors_notice_is_no_news() -> None:
    text = answer("5만 원이에요.")
    assert compare({PASSPORT: text.encode()}, {PASSPORT: f"# 다시 봤어요\n{text}".encode()}) == []
    assert compare({PASSPORT: text.encode()}, {"data/answers/other.yml": text.encode()}) == []
    dated = text.replace("confirmed_on: 2026-11-01", "confirmed_on: 2026-11-20")
    assert compare({PASSPORT: text.encode()}, {PASSPORT: dated.encode()}) == []


def test_a_file_that_cannot_be_read_tells_nothing() -> None:
    text = answer("5만 원이에요.").encode()
    assert compare({PASSPORT: text}, {PASSPORT: b"topic: [\n"}) == []
    assert compare({PASSPORT: b"\xff"}, {PASSPORT: text}) == []


@given(title=st.text(max_size=40), text=st.text(max_size=200), kind=st.sampled_from(["added", "removed"]))
def test_the_feed_is_xml_whatever_an_answer_says(title: str, text: str, kind: str) -> None:
    change = Changed(7, NOON, 3, "passport-fee", kind, title, text)
    root = ET.fromstring(atom.feed("https://hanbit.example/open", HANBIT, [change], NOON))
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == "tag:hanbit.example,2026:sotong/answers/passport-fee/7"
    assert root.findtext(f"{ATOM}updated") == entry.findtext(f"{ATOM}updated") == "2026-11-23T03:00:00+00:00"
    assert entry.find(f"{ATOM}content") is not None
    for part in ("id", "title", "updated"):
        assert root.findtext(f"{ATOM}{part}")
        assert entry.findtext(f"{ATOM}{part}")


def test_a_feed_without_changes_is_a_feed() -> None:
    root = ET.fromstring(atom.feed("https://hanbit.example/open", HANBIT, [], NOON))
    assert root.findtext(f"{ATOM}updated") == "2026-11-23T03:00:00+00:00"
    assert {link.get("rel") for link in root.findall(f"{ATOM}link")} == {"self", "alternate"}
