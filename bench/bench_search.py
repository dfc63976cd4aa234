"""How long a search in the console takes over 100,000 messages on SQLite.

Builds a database in a temporary folder through the migrations (texts are put together from lists of
words, always the same), then asks the questions operators ask: frequent words, rare ones, several at
once, nothing found, with filters. Prints p50, p95 and the worst, writes `bench/results/search.json`,
and fails if the worst is not under 300 ms.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import open_engine, writing
from bot.log.log import ConversationLog
from bot.log.migrate import migrate
from bot.log.records import Filter
from bot.log.tables import Conversation, Message, Words
from bot.messages import Outbound

MESSAGES = 100_000
TURNS = 10
ROUNDS = 15
LIMIT_MS = 300
RESULTS = Path(__file__).parent / "results" / "search.json"
START = datetime(2026, 8, 1, tzinfo=UTC)


def words(text: str) -> list[str]:
    """The entries of a list written with `|` and line breaks."""
    return [entry.strip() for line in text.splitlines() for entry in line.split("|")]


TOPICS = words(
    """여권 재발급|주민등록등본|전입신고|출생신고|자동차 등록|거주자 주차|재산세|대형폐기물|재활용품|기초연금
    아동수당|청년 월세|임대주택|예방접종|도서관 회원증|상수도 요금|영업 허가|외국인 등록|민원 접수"""
)
ASKS = words(
    """어떻게 하나요?|얼마예요?|어디서 해요?|필요한 서류가 뭐예요|언제까지 해야 돼요 ㅠㅠ|인터넷으로 되나요?
    대리인이 가도 되나요|며칠 걸려요?|전화번호 알려 주세요|지금 문 열었나요?"""
)
PLACES = words("빛가온동|새솔동|한내동|두물동|은하동|별마루동|솔빛읍|가람면")
ANSWERS = words(
    """신분증을 가지고 가까운 행정복지센터로 오시면 바로 처리해 드려요.|정부24에서 집에서도 신청할 수 있어요.
    수수료는 접수할 때 카드로 내실 수 있어요.|처리까지 보통 사흘쯤 걸려요.
    담당 부서에 전화하시면 자세히 알려 드려요.|기한이 지나면 과태료가 나올 수 있으니 서둘러 주세요.
    평일 오전 아홉 시부터 오후 여섯 시까지 열어요."""
)
RARE = "무지개다리 너머 강아지 등록 말소"

QUERIES: dict[str, tuple[list[str], Filter]] = {
    "frequent word": (["여권"], Filter()),
    "two words": (["재발급", "얼마"], Filter()),
    "inside a word": (["민등록등"], Filter()),
    "one hit": (["무지개다리"], Filter()),
    "no hit": (["존재하지않는말"], Filter()),
    "no hit, three words": (["여권", "상수도", "연금"], Filter()),
    "one syllable": (["동"], Filter()),
    "no hit, one channel": (["존재하지않는말"], Filter(channel="telegram")),
    "no hit, one outcome": (["존재하지않는말"], Filter(outcome="unanswered")),
    "rare, one week": (["무지개"], Filter(since=START, until=START + timedelta(days=7))),
}


def rows(number: int, chance: random.Random) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A conversation and its messages, question and answer by turns."""
    begin = START + timedelta(minutes=number * 13)
    channel = chance.choice(["webchat", "telegram"])
    lines: list[dict[str, Any]] = []
    for turn in range(TURNS):
        at = begin + timedelta(seconds=40 * turn)
        topic = chance.choice(TOPICS)
        question = f"{chance.choice(PLACES)} 사는데 {topic} {chance.choice(ASKS)}"
        if (number, turn) == (17, 3):
            question = RARE
        answer = f"{topic} 말씀이군요! " + " ".join(chance.sample(ANSWERS, 4))
        common = {"conversation_id": number, "at": at, "channel": channel, "attempts": 0}
        lines.append(
            common
            | {
                "id": (number - 1) * 2 * TURNS + 2 * turn + 1,
                "seq": 2 * turn + 1,
                "direction": "in",
                "author": "citizen",
                "text": question,
                "content": {"text": question, "user_id": f"u{number}", "message_id": f"{number}-{turn}"},
                "platform_id": f"{number}-{turn}",
                "turn_state": "done",
                "intent": "ask_faq",
                "confidence": 0.9,
                "outcome": chance.choice(["answered_faq", "answered_faq", "answered_faq", "unanswered"]),
                "latency_ms": 140,
                "candidates": [{"id": f"answer-{k}", "score": 0.5, "question": topic} for k in range(10)],
                "delivery": None,
            }
        )
        lines.append(
            common
            | {
                "id": (number - 1) * 2 * TURNS + 2 * turn + 2,
                "seq": 2 * turn + 2,
                "direction": "out",
                "author": "bot",
                "text": answer,
                "content": Outbound(text=answer).model_dump(mode="json"),
                "platform_id": None,
                "turn_state": None,
                "intent": None,
                "confidence": None,
                "outcome": None,
                "latency_ms": None,
                "candidates": None,
                "delivery": "delivered",
            }
        )
    conversation = {
        "id": number,
        "channel": channel,
        "user_id": f"u{number}",
        "state": "bot",
        "created_at": begin,
        "last_at": lines[-1]["at"],
        "last_seq": 2 * TURNS,
        "last_text": answer,
        "last_author": "bot",
        "erasing": False,
    }
    return conversation, lines


async def fill(engine: AsyncEngine) -> None:
    """Write all messages, in bites of 100 conversations."""
    chance = random.Random(20261123)
    made = [rows(number, chance) for number in range(1, MESSAGES // (2 * TURNS) + 1)]
    for start in range(0, len(made), 100):
        bite = made[start : start + 100]
        lines = [line for _, some in bite for line in some]
        texts = [{"message_id": line["id"], "text": line.pop("text")} for line in lines]
        async with writing(engine) as session:
            await session.execute(insert(Conversation), [conversation for conversation, _ in bite])
            await session.execute(insert(Message), lines)
            await session.execute(insert(Words), texts)


async def measure(log: ConversationLog) -> dict[str, dict[str, float]]:
    """Milliseconds of every query, and how many messages it found."""
    measured = {}
    for name, (words, wanted) in QUERIES.items():
        times, found = [], 0
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            found = len(await log.search(words, wanted, 60))
            times.append((time.perf_counter() - begin) * 1000)
        measured[name] = {
            "found": found,
            "p50_ms": round(median(times), 1),
            "p95_ms": round(quantiles(times, n=20)[-1], 1),
            "max_ms": round(max(times), 1),
        }
    return measured


async def main() -> int:
    """Build, measure, report; 1 if a search was too slow."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "search.db"
        url = f"sqlite+aiosqlite:///{file}"
        await migrate(url)
        engine = open_engine(url)
        try:
            await fill(engine)
            size = file.stat().st_size / 1e6
            measured = await measure(ConversationLog(engine))
        finally:
            await engine.dispose()
    print(f"{MESSAGES:,} messages, {size:.0f} MB on SQLite; milliseconds over {ROUNDS} rounds")
    print(f"{'search':24}{'found':>6}{'p50':>8}{'p95':>8}{'max':>8}")
    for name, row in measured.items():
        print(f"{name:24}{row['found']:6.0f}{row['p50_ms']:8.1f}{row['p95_ms']:8.1f}{row['max_ms']:8.1f}")
    worst = max(row["max_ms"] for row in measured.values())
    RESULTS.parent.mkdir(exist_ok=True)
    report = {"messages": MESSAGES, "limit_ms": LIMIT_MS, "worst_ms": worst, "searches": measured}
    RESULTS.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"worst {worst:.0f} ms, allowed {LIMIT_MS} ms")
    return 0 if worst < LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
