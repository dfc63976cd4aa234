"""How long a search in the console takes: over 100,000 messages on SQLite, over 1,000,000 on PostgreSQL.

Builds databases of their own through the migrations (texts are put together from lists of words, always the
same), then asks the questions operators ask: frequent words, rare ones, several at once, nothing found, with
filters. Prints p50, p95 and the worst, writes `bench/results/search.json`, and fails if the worst is not
under 300 ms on SQLite and 1 s on PostgreSQL; without PostgreSQL's programs that part is left out.

On PostgreSQL it also says what a message costs to write down, with the index and without.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.history import LAST, START, fill
from bot.history.query import Query
from bot.history.search import History
from bot.log.engine import open_engine
from bot.log.log import ConversationLog
from bot.log.migrate import migrate
from bot.messages import Inbound, Outbound, Reply, utc_now
from tests.log_support import postgres_programs, postgres_server

ROUNDS = 15
LIMITS = {"sqlite": (100_000, 300), "postgresql": (1_000_000, 1000)}
"""Messages, and the milliseconds that the worst search may take."""
WRITTEN = 400
"""Turns written down to see what that costs."""
RESULTS = Path(__file__).parent / "results" / "search.json"
DAY = 86400

QUERIES: dict[str, Query] = {
    "frequent word": Query(("여권",)),
    "two words": Query(("재발급", "얼마")),
    "inside a word": Query(("민등록등",)),
    "one hit": Query(("무지개다리",)),
    "two syllables, one hit": Query(("말소",)),
    "no hit": Query(("존재하지않는말",)),
    "no hit, three words": Query(("여권", "상수도", "연금")),
    "one syllable": Query(("동",)),
    "no hit, one channel": Query(("존재하지않는말",), channel="telegram"),
    "no hit, one outcome": Query(("존재하지않는말",), outcome="unanswered"),
    "rare, one week": Query(("무지개",), since=START, until=START + 7 * LAST / 100),
    "old week, frequent word": Query(("여권",), since=START, until=START + LAST / 20),
    "frequent word, rare outcome": Query(("여권",), outcome="error_bot"),
    "words of the bot, rare outcome": Query(("안내",), author="bot", outcome="error_bot"),
    "rare answer, no words": Query(answers=frozenset({"answer-7"})),
    "an operator, no words": Query(operator_id=1),
    "rare outcome, no words": Query(outcome="error_bot"),
    "an old release, no words": Query(release=1),
    "frequent word, old release": Query(("여권",), release=1),
    "an intent on one channel": Query(intent="chitchat", channel="telegram"),
}


async def measure(engine: AsyncEngine) -> dict[str, dict[str, float]]:
    """Milliseconds of every query, and how many messages it found."""
    history, measured = History(engine), {}
    for name, query in QUERIES.items():
        times, found = [], 0
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            found = len((await history.search(query, limit=60)).hits)
            times.append((time.perf_counter() - begin) * 1000)
        measured[name] = {
            "found": found,
            "p50_ms": round(median(times), 1),
            "p95_ms": round(quantiles(times, n=20)[-1], 1),
            "max_ms": round(max(times), 1),
        }
    return measured


async def write(engine: AsyncEngine, run: str) -> dict[str, float]:
    """Milliseconds in which a question and its answer are written down, one after the other."""
    log, times = ConversationLog(engine), []
    answer = (
        "여권 재발급 말씀이군요! " + "신분증을 가지고 가까운 행정복지센터로 오시면 바로 처리해 드려요. " * 5
    )
    reply = Reply(messages=(Outbound(text=answer),), outcome="answered_faq", detail={"answer_id": "a"})
    for number in range(WRITTEN):
        inbound = Inbound(
            channel="webchat",
            user_id=f"writer-{number % 40}",
            message_id=f"{run}-{number}",
            sent_at=utc_now(),
            text=f"새솔동 사는데 여권 재발급 {number}번째 얼마예요?",
        )
        begin = time.perf_counter()
        stored = await log.receive(inbound)
        if stored is None:
            raise RuntimeError("written before")
        await log.finish_turn(stored.id, reply, 100)
        times.append((time.perf_counter() - begin) * 1000)
    return {"p50_ms": round(median(times), 2), "p99_ms": round(quantiles(times, n=100)[-1], 2)}


async def on_sqlite(messages: int) -> dict[str, Any]:
    """The figures of SQLite, in a file of its own."""
    with TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/search.db"
        await migrate(url)
        engine = open_engine(url)
        try:
            await fill(engine, messages)
            return {"messages": messages, "searches": await measure(engine)}
        finally:
            await engine.dispose()


async def on_postgres(url: str, messages: int) -> dict[str, Any]:
    """The figures of a PostgreSQL server."""
    await migrate(url)
    engine = open_engine(url)
    try:
        await fill(engine, messages)
        result: dict[str, Any] = {"messages": messages, "searches": await measure(engine)}
        async with engine.connect() as connection:
            size = "SELECT pg_relation_size('words'), pg_relation_size('ix_words_grams')"
            texts, index = (await connection.execute(text(size))).one()
        result |= {"texts_mb": round(texts / 1e6), "index_mb": round(index / 1e6)}
        result["write_with_index"] = await write(engine, "with")
        async with engine.begin() as connection:
            await connection.execute(text("DROP INDEX ix_words_grams"))
        result["write_without_index"] = await write(engine, "without")
        return result
    finally:
        await engine.dispose()


async def main() -> int:
    """Build, measure, report; 1 if a search was too slow."""
    report: dict[str, Any] = {}
    messages, _ = LIMITS["sqlite"]
    report["sqlite"] = await on_sqlite(messages)
    if programs := postgres_programs():
        with postgres_server(programs) as url:
            report["postgresql"] = await on_postgres(url, LIMITS["postgresql"][0])
    slow = False
    for database, part in report.items():
        limit = LIMITS[database][1]
        print(f"{part['messages']:,} messages on {database}; milliseconds over {ROUNDS} rounds")
        print(f"{'search':32}{'found':>6}{'p50':>8}{'p95':>8}{'max':>8}")
        for name, row in part["searches"].items():
            print(f"{name:32}{row['found']:6.0f}{row['p50_ms']:8.1f}{row['p95_ms']:8.1f}{row['max_ms']:8.1f}")
        part["limit_ms"] = limit
        part["worst_ms"] = max(row["max_ms"] for row in part["searches"].values())
        print(f"worst {part['worst_ms']:.0f} ms, allowed {limit} ms")
        slow = slow or part["worst_ms"] >= limit
    for name in ("write_with_index", "write_without_index"):
        if name in report.get("postgresql", {}):
            print(name, report["postgresql"][name])
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
