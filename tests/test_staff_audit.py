"""The audit log: what it keeps, that nobody changes it, and finding something in it."""

import csv
import io
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import changing
from bot.log.tables import Audit, AuditEnd
from bot.messages import utc_now
from bot.staff.audit import AuditTrail
from bot.staff.trail import Change, Search, Trail
from tests.console_support import World, world
from tests.console_support import text as page_of
from tests.log_support import NOON
from tests.staff_support import person


class TestAppendOnly:
    @pytest.mark.parametrize(
        "statement",
        [
            update(Audit).values(detail="something else"),
            delete(Audit),
            delete(Audit).where(Audit.action == "login"),
        ],
        ids=["update", "delete all", "delete one"],
    )
    async def test_the_database_refuses(self, engine: AsyncEngine, statement: object) -> None:
        await AuditTrail(engine, utc_now).note(None, "login")
        with pytest.raises(DBAPIError, match="an audit row is never changed"):
            async with changing(engine, quick=False) as connection:
                await connection.execute(statement)  # type: ignore[call-overload]
        assert len(await Trail(engine).find(Search(), before=None, limit=9)) == 1

    async def test_what_is_over_goes_and_says_so(self, engine: AsyncEngine) -> None:
        for days in (800, 10):
            await AuditTrail(engine, lambda days=days: NOON - timedelta(days=days)).note(None, f"d{days}")  # type: ignore[misc]
        async with changing(engine, quick=False) as connection:
            await connection.execute(insert(AuditEnd).values(at=NOON, until=NOON - timedelta(days=730)))
            await connection.execute(delete(Audit).where(Audit.at < NOON - timedelta(days=730)))
        assert [row.action for row in await Trail(engine).find(Search(), before=None, limit=9)] == ["d10"]
        for statement in (delete(AuditEnd), update(AuditEnd).values(until=NOON)):
            with pytest.raises(DBAPIError, match="never changed"):
                async with changing(engine, quick=False) as connection:
                    await connection.execute(statement)


class TestKeeping:
    async def test_only_the_fields_that_differ(self, engine: AsyncEngine) -> None:
        trail = AuditTrail(engine, utc_now)
        before = {"question": "여권 얼마?", "answer": "5만 원", "tags": ["여권"]}
        await trail.note(None, "a", before=before, after={**before, "answer": "5만 3천 원"})
        await trail.note(None, "b", before=before, after=before)
        await trail.note(None, "c", before=None, after={"answer": "새로"})
        await trail.note(None, "d", before="앞", after="뒤")
        rows = await Trail(engine).find(Search(), before=None, limit=9)
        assert {row.action: row.changes for row in rows} == {
            "a": (Change("answer", "5만 원", "5만 3천 원"),),
            "b": (),
            "c": (Change("answer", None, "새로"),),
            "d": (Change("text", "앞", "뒤"),),
        }

    async def test_words_are_found_as_they_are(self, engine: AsyncEngine) -> None:
        trail = AuditTrail(engine, utc_now)
        await trail.note(None, "a", "answer:passport-fee", before={"t": "50%_할인"}, after={"t": "Passport"})
        await trail.note(None, "b", "answer:tax", "세금 고지")
        found = Trail(engine)

        async def actions(words: str) -> list[str]:
            return [row.action for row in await found.find(Search(words=words), before=None, limit=9)]

        assert await actions("할인 passport") == ["a"]
        assert await actions("50%_") == ["a"]
        assert await actions("0%할") == []
        assert await actions("answer:") == ["b", "a"]
        assert await actions("고지") == ["b"]


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as opened:
        yield opened


class TestPage:
    async def test_who_what_when_and_from_where(self, made: World) -> None:
        async with person(made, "boss", "administrator", name="박바다") as client:
            page = await page_of(client, "/audit")
            assert "로그인" in page
            assert "127.0.0.1" in page
            for query, shown in (
                ("action=login", True),
                ("action=logout", False),
                ("who=1", True),
                ("who=77", False),
                ("since=2026-11-23", True),
                ("since=2026-11-24", False),
                ("until=2026-11-23", True),
                ("until=2026-11-22", False),
                ("since=yesterday&who=x&before=-1&q=%00", True),
            ):
                page = await page_of(client, f"/audit?{query}")
                assert ("<table" in page) == shown, query

    async def test_hostile_text_is_only_text(self, made: World) -> None:
        nasty = "<script>alert(1)</script>"
        await made.staff.audit.note(None, nasty[:40], nasty, nasty, before={nasty: nasty}, after={})
        async with person(made, "boss", "administrator") as client:
            page = await page_of(client, "/audit")
            assert "<script>alert" not in page
            assert "&lt;script&gt;alert" in page

    async def test_pages_back_to_the_oldest(self, made: World) -> None:
        for number in range(120):
            await made.staff.audit.note(None, "view", f"conversation:{number}")
        async with person(made, "boss", "administrator") as client:
            seen, path = 0, "/audit?action=view"
            while path:
                page = await page_of(client, path)
                seen += page.count('href="/conversations/')
                older = page.split('rel="next" href="')
                path = older[1].split('"')[0].replace("&amp;", "&") if len(older) > 1 else ""
            assert seen == 120

    async def test_a_table_for_spreadsheets(self, made: World) -> None:
        await made.staff.audit.note(
            None, "x", "answer:a", '=HYPERLINK("http://evil")', before={"a": 1}, after={"a": 2}
        )
        async with person(made, "boss", "administrator") as client:
            response = await client.get("/audit.csv?action=x")
            body = (await response.read()).decode("utf-8-sig")
            rows = list(csv.reader(io.StringIO(body)))
            assert rows[0][0] == "때"
            assert rows[1][3:5] == ["answer:a", '\'=HYPERLINK("http://evil")']
            assert rows[1][6] == "a: 1 → 2"
        [noted] = await made.staff.trail.find(Search(action="audit_exported"), before=None, limit=2)
        assert noted.detail == "action=x"

    async def test_a_hundred_thousand_rows(self, made: World) -> None:
        changes = json.dumps({"answer": ["앞의 답이에요. " * 10, "뒤의 답이에요. " * 10]}, ensure_ascii=False)
        row = {"at": NOON, "operator_id": 1, "action": "answer_saved", "detail": "", "changes": changes}
        async with person(made, "boss", "administrator") as client:
            async with changing(made.engine, quick=False) as connection:
                rows = [{**row, "target": f"answer:{number}"} for number in range(100_000)]
                await connection.execute(insert(Audit), rows)
            for query in ("", "q=answer:77777", "q=없는말", "who=1&action=login", "since=2026-11-24"):
                best = 9.0
                for _ in range(3):
                    start = time.perf_counter()
                    await page_of(client, f"/audit?{query}")
                    best = min(best, time.perf_counter() - start)
                assert best < 0.3, query
