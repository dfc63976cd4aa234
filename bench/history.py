"""A long history to search in: conversations of some years, put together from lists, always the same."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.log.engine import writing
from bot.log.tables import Conversation, Message, Operator, Words
from bot.messages import Outbound

TURNS = 10
START = datetime(2024, 1, 1, tzinfo=UTC)
LAST = timedelta(days=1000)
"""How long the history is."""


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
_FIRST, _SYLLABLES = 0xAC00, 11172


def _vocabulary(chance: random.Random) -> list[str]:
    """Words of no meaning, so that there are about as many different pairs of syllables as people write."""
    syllables = [chr(_FIRST + chance.randrange(_SYLLABLES)) for _ in range(900)]
    return ["".join(chance.choices(syllables, k=chance.choice((2, 2, 3)))) for _ in range(4000)]


def conversations(messages: int) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each conversation and its messages, question and answer by turns; every 50th talk has an operator."""
    chance = random.Random(20261123)
    names = _vocabulary(chance)
    count = messages // (2 * TURNS)
    for number in range(1, count + 1):
        yield _conversation(number, START + LAST * (number / count), chance, names)


def _conversation(
    number: int, begin: datetime, chance: random.Random, names: list[str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    channel = chance.choice(["webchat", "telegram"])
    lines: list[dict[str, Any]] = []
    for turn in range(TURNS):
        at = begin + timedelta(seconds=40 * turn)
        topic = chance.choice(TOPICS)
        more = " ".join(chance.choices(names, k=chance.randrange(4)))
        question = f"{chance.choice(PLACES)} 사는데 {topic} {chance.choice(ASKS)} {more}"
        if (number, turn) == (17, 3):
            question = RARE
        answer = f"{topic} 말씀이군요! " + " ".join(chance.sample(ANSWERS, 4))
        answer += f"\n담당: {chance.choice(names)}과\n출처: {chance.choice(names)} 안내"
        row = (number - 1) * 2 * TURNS + 2 * turn + 1
        outcome = chance.choices(("answered_faq", "unanswered", "error_bot"), (3000, 1000, 1))[0]
        common = {"conversation_id": number, "channel": channel, "attempts": 0, "parts_sent": 0, "at": at}
        incoming = {
            "direction": "in",
            "author": "citizen",
            "text": question,
            "content": {"text": question, "user_id": f"u{number}", "message_id": f"{number}-{turn}"},
            "platform_id": f"{number}-{turn}",
            "turn_state": "done",
            "intent": chance.choices(("ask_faq", "chitchat"), (30, 1))[0],
            "confidence": 0.9,
            "outcome": outcome,
            "latency_ms": 140,
            "candidates": [{"id": f"answer-{k}", "score": 0.5, "question": topic} for k in range(10)],
            "release": 1 + row // 20_000,
            "answer_id": f"answer-{TOPICS.index(topic)}" if outcome == "answered_faq" else None,
        }
        by_hand = number % 50 == 0
        outgoing = {
            "direction": "out",
            "author": "operator" if by_hand else "bot",
            "operator_id": 1 if by_hand else None,
            "text": answer,
            "content": Outbound(text=answer).model_dump(mode="json"),
            "turn_id": row,
            "delivery": "delivered",
        }
        lines += [
            {**_EMPTY, **common, **incoming, "id": row, "seq": 2 * turn + 1},
            {**_EMPTY, **common, **outgoing, "id": row + 1, "seq": 2 * turn + 2},
        ]
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


_EMPTY: dict[str, Any] = dict.fromkeys(
    (
        "operator_id", "platform_id", "turn_state", "asked", "intent", "confidence", "outcome",
        "latency_ms", "candidates", "release", "answer_id", "turn_id", "delivery", "provider_id", "error",
    )
)  # fmt: skip


_JSON = ("content", "candidates")


async def fill(engine: AsyncEngine, messages: int) -> None:
    """Write all messages, in bites of 100 conversations; PostgreSQL's index of words is made at the end."""
    postgres = engine.dialect.name == "postgresql"
    async with engine.begin() as connection:
        person = {"login": "kim", "name": "김한빛", "password_hash": "", "must_change_password": False}
        await connection.execute(insert(Operator), [{"id": 1, "created_at": START, **person}])
        if postgres:
            made = "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_words_grams'"
            again = await connection.scalar(text(made)) or ""
            await connection.execute(text("DROP INDEX ix_words_grams"))
    bite: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    for each in conversations(messages):
        bite.append(each)
        if len(bite) == 100:
            await _write(engine, bite)
            bite = []
    await _write(engine, bite)
    if postgres:
        async with engine.begin() as connection:
            await connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
            await connection.execute(text(again))
            for table in ("conversations", "messages", "operators"):
                last = f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"
                await connection.execute(text(last))
        async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            await connection.execute(text("VACUUM ANALYZE"))


async def _write(engine: AsyncEngine, bite: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> None:
    if not bite:
        return
    people = [conversation for conversation, _ in bite]
    lines = [line for _, some in bite for line in some]
    texts = [{"message_id": line["id"], "text": line.pop("text")} for line in lines]
    if engine.dialect.name == "postgresql":
        async with engine.begin() as connection:
            await _copy(connection, "conversations", people)
            await _copy(connection, "messages", lines)
            await _copy(connection, "words", texts)
        return
    async with writing(engine) as session:
        await session.execute(insert(Conversation), people)
        await session.execute(insert(Message), lines)
        await session.execute(insert(Words), texts)


async def _copy(connection: AsyncConnection, table: str, rows: list[dict[str, Any]]) -> None:
    """PostgreSQL's COPY, which takes a tenth of the time."""
    driver = (await connection.get_raw_connection()).driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    names = tuple(rows[0])
    records = [
        tuple(
            json.dumps(row[name]) if name in _JSON and row[name] is not None else row[name] for name in names
        )
        for row in rows
    ]
    await driver.copy_records_to_table(table, records=records, columns=names)
