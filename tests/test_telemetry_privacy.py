"""No log, no number and no trace tells who a citizen is or what they wrote, whatever goes wrong."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator, Sequence
from urllib.parse import quote

import aiohttp
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from sqlalchemy.exc import SQLAlchemyError

from bot.settings import Settings
from bot.telemetry.logs import set_up_logging
from demo.platforms.build import PLATFORMS
from tests.all_channels import CREDENTIALS
from tests.doors_support import Served, served
from tests.telemetry_support import Collector, collecting, listening, numbers

NAME, USER = "김하늘이에요", "7705501"
PERSONAL = ("900101-1234568", "010-9876-5432", "4111-1111-1111-1111", "haneul.kim@example.com")
WORDS = f"저는 {NAME} {' '.join(PERSONAL)} 여권 얼마예요"
HIDDEN = (NAME, USER, *PERSONAL, "9001011234568", "01098765432", "4111111111111111", quote(NAME), "여권 얼마")
CHANNELS = ("line", "kakao")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """All that a process would log, as it would log it."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    set_up_logging("gateway", "DEBUG", stream)
    structlog.configure(cache_logger_on_first_use=False)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


async def write(at: Served, number: str, channels: Sequence[str] = CHANNELS) -> set[int]:
    """A citizen writes, rightly and wrongly; the statuses of our answers."""
    seen = set()
    async with aiohttp.ClientSession() as session:
        for name in channels:
            one = PLATFORMS[name]("http://127.0.0.1", CREDENTIALS).message(USER, WORDS, number)
            async with session.post(at.url(one.path), data=one.body, headers=one.headers) as answer:
                seen.add(answer.status)
            async with session.post(at.url(one.path), data=one.body + b"}", headers=one.headers) as answer:
                seen.add(answer.status)
    await at.apps.turns.idle()
    return seen


def leaks(*told: str) -> list[str]:
    return [hidden for hidden in HIDDEN for text in told if hidden in text]


async def test_a_day_with_all_that_can_go_wrong(settings: Settings, written: io.StringIO) -> None:
    async with collecting() as collector:
        watched = settings.model_copy(update={"traces_url": collector.url, "address_refusals": 1000.0})
        async with served(watched) as at, listening(at.apps.inner) as inside:
            assert 200 in await write(at, "1")
            at.rasa.answer = lambda text: f"{text}: {WORDS} is no JSON"
            await write(at, "2")
            at.rasa.answer = lambda text: [{"custom": {"sotong": {"messages": WORDS, "outcome": text}}}]
            await write(at, "3")
            structlog.get_logger("bot").error("not_foreseen", text=WORDS, reason=f"said {PERSONAL[1]}")
            logging.getLogger("bot.nlu").error("%s", PERSONAL[0])
            logging.getLogger("sqlalchemy.pool").error("lost '%s'", WORDS)
            told = await numbers(inside)
            async with at.apps.log._engine.begin() as connection:
                await connection.exec_driver_sql("ALTER TABLE words RENAME TO lost")
            assert 503 in await write(at, "4", ("line",))
    logged = written.getvalue()
    assert leaks(logged, told.text, collector.text) == []
    assert {"turn_failed", "not_written_down", "webhook_unreadable"} <= events(logged)
    assert {json.loads(line)["process"] for line in logged.splitlines()} == {"gateway"}
    assert told("sotong_turns_total", channel="line") == 3
    follow_one_turn(collector, at, logged)


def follow_one_turn(collector: Collector, at: Served, logged: str) -> None:
    """The number of a turn is in its trace, in its log lines, and went to Rasa with the trace's."""
    turns = [span for span in collector.spans if span.name == "turn"]
    assert len(turns) == 3 * len(CHANNELS)
    first = next(span for span in turns if attribute(span, "sotong.channel") == "line")
    number = attribute(first, "sotong.turn")
    calls = [span for span in collector.spans if span.parent_span_id == first.span_id]
    assert "call rasa" in {span.name for span in calls}
    assert len(calls) >= 2  # and the platform
    (heard,) = [each for each in at.rasa.headers if each.get("baggage") == f"sotong.turn={number}"]
    asked = [span for span in calls if span.name == "call rasa"]
    assert heard["traceparent"].split("-")[1:3] in [
        [span.trace_id.hex(), span.span_id.hex()] for span in asked
    ]
    failed = [json.loads(line) for line in logged.splitlines() if '"turn_failed"' in line]
    assert {line["turn"] for line in failed} <= {int(attribute(span, "sotong.turn")) for span in turns}


def attribute(span: Span, name: str) -> str:
    (value,) = [each.value for each in span.attributes if each.key == name]
    return value.string_value or str(value.int_value)


def events(logged: str) -> set[str]:
    return {json.loads(line)["event"] for line in logged.splitlines()}


async def test_without_a_collector_nobody_is_told_of_a_trace(settings: Settings) -> None:
    async with served(settings) as at:
        assert await write(at, "1", ("line",))
        assert all("traceparent" not in headers for headers in at.rasa.headers)
        assert all(headers["baggage"].startswith("sotong.turn=") for headers in at.rasa.headers)


@given(st.text("가나다라마바사아자차카타파하", min_size=4, max_size=30))
def test_no_way_to_log_tells_what_was_said(words: str) -> None:
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        set_up_logging("gateway", "DEBUG", stream)
        structlog.configure(cache_logger_on_first_use=False)
        log = structlog.get_logger("bot.x")
        try:
            try:
                int(words)
            except ValueError as error:
                raise SQLAlchemyError(words) from error
        except SQLAlchemyError as error:
            log.exception("broke", text=words, row=3)
            log.error("broke", exc_info=error, payload={"text": words})
            logging.getLogger("aiohttp.server").exception("Error handling request: %s", words)
            logging.getLogger("asyncio").error(f"Task exception\nfuture: <Task exception={words}>")
            logging.getLogger("rasa.core.processor").warning(f"Failed for sender '{words}'.")
            logging.getLogger("rasa.core.actions").error(f"could not run: {words}")
    finally:
        structlog.reset_defaults()
        root.handlers[:] = handlers
        root.setLevel(level)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(lines) == 6
    assert words not in stream.getvalue()
    assert lines[0]["exception"].startswith("SQLAlchemyError at tests/test_telemetry_privacy.py")
    assert "because of ValueError" in lines[0]["exception"]
    assert lines[0]["row"] == 3
    assert [line["event"] for line in lines[2:4]] == ["Error handling request:…", "Task exception"]
