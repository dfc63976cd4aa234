"""Actions on live data: the city's API up, down, slow, lying, closed; over HTTP on both sides."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from redis.asyncio import Redis

from bot.messages import Reply
from demo.city_api.app import Faults, create_app
from demo.city_api.seed import load
from tests.actions_support import Rasa

NUMBER = {"receipt_number": "2026-000123"}


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    connection = Redis.from_url(redis_url)
    await connection.flushdb()
    yield connection
    await connection.aclose()


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
async def city(rasa: Rasa, redis: Redis, faults: Faults) -> AsyncIterator[City]:
    app = create_app(load(), "demo-key", lambda: date(2026, 11, 23), faults)
    async with TestServer(app, port=rasa.city_port):
        yield City(rasa)


class City:
    """Asks while the API of this test runs in the test's own event loop."""

    def __init__(self, server: Rasa) -> None:
        self.server = server

    async def ask(self, *args: object, **kwargs: object) -> tuple[Reply, dict[str, object]]:
        import asyncio

        return await asyncio.to_thread(self.server.ask, *args, **kwargs)  # type: ignore[arg-type]

    async def case(self, number: str = "2026-000123") -> Reply:
        given = {"service": "case_status", "filling": {"values": {"receipt_number": number}}}
        reply, slots = await self.ask("action_service", "어디까지 됐어요", "ask_case_status", slots=given)
        assert slots["parameters"] is None  # the next question asks anew
        return reply


async def test_a_case(city: City) -> None:
    reply = await city.case()
    assert reply.outcome == "answered_service"
    text = reply.messages[0].text
    for part in ("2026-000123", "도로 파손 보수 요청", "처리 중", "도로과", "11월 26일(목)"):
        assert part in text
    assert "전에 확인한" not in text
    assert reply.messages[0].buttons[0].url == "tel:0991202180"


async def test_a_case_nobody_knows(city: City) -> None:
    reply = await city.case("2026-999999")
    assert reply.outcome == "answered_service"
    assert not reply.detail["found"]
    assert "2026-999999" in reply.messages[0].text


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Faults(fail="error"), "ServiceUnavailable"),
        (Faults(fail="malformed"), "BadAnswer"),
        (Faults(fail="incomplete"), "BadAnswer"),
        (Faults(fail="wrong_types"), "BadAnswer"),
        (Faults(fail="html"), "BadAnswer"),
        (Faults(fail="huge"), "BadAnswer"),
        (Faults(delay=3), "ServiceSlow"),
    ],
)
async def test_each_failure_has_its_own_honest_reply(
    city: City, faults: Faults, fault: Faults, error: str
) -> None:
    faults.fail, faults.delay = fault.fail, fault.delay
    reply = await city.case()
    assert (reply.outcome, reply.detail) == ("error_service", {"error": error})
    said = reply.messages[0].text
    assert said in lines(city, error)
    assert "099-120-1000" in reply.messages[0].plain()


def lines(city: City, error: str) -> set[str]:
    """Every wording the persona file has for a failure, spoken by the call centre."""
    from bot.content.store import ContentStore
    from bot.settings import Settings

    key = {
        "ServiceUnavailable": "service_down",
        "BadAnswer": "service_bad_answer",
        "ServiceSlow": "service_slow",
        "NotPermitted": "service_denied",
    }[error]
    voice = ContentStore(Settings(_env_file=None)).persona()
    values = {"department": "한빛콜센터", "department_phone": "099-120-1000"}
    return {voice.say(key, seed, **values) for seed in range(len(voice.persona.says[key]))}


async def test_the_api_is_not_there(rasa: Rasa, redis: Redis) -> None:
    reply = await City(rasa).case()
    assert (reply.outcome, reply.detail) == ("error_service", {"error": "ServiceUnavailable"})


async def test_our_key_is_wrong(rasa: Rasa, redis: Redis) -> None:
    app = create_app(load(), "another key", lambda: date(2026, 11, 23))
    async with TestServer(app, port=rasa.city_port):
        city = City(rasa)
        reply = await city.case()
    assert reply.detail == {"error": "NotPermitted"}
    assert reply.messages[0].text in lines(city, "NotPermitted")


async def test_an_older_answer_shows_its_age(city: City, faults: Faults, redis: Redis) -> None:
    await city.case()
    [name] = await redis.keys("sotong:service:case_status:*")
    stored = json.loads(await redis.get(name))
    stored["fetched_at"] = (datetime.now(UTC) - timedelta(hours=2, minutes=5)).isoformat()
    await redis.set(name, json.dumps(stored))
    faults.fail = "error"
    reply = await city.case()
    assert reply.outcome == "answered_service"
    assert "처리 중" in reply.messages[0].text
    assert "2시간 전에 확인한" in reply.messages[0].text


async def test_leaving_the_form(rasa: Rasa) -> None:
    left = [{"event": "active_loop", "name": None}]
    reply, _ = rasa.ask("action_say", "취소", "cancel", events=left)
    plain, _ = rasa.ask("action_say", "취소", "cancel")
    assert reply.messages[0].text != plain.messages[0].text


async def test_collection_days(city: City) -> None:
    reply, slots = await city.ask("action_waste_schedule", "쓰레기 언제 버려요", "ask_waste_day")
    payloads = [button.payload for button in reply.messages[0].buttons]
    assert len(payloads) == 8
    assert payloads[0] == '/give_dong{"dong":"빛가온동"}'
    reply, slots = await city.ask(
        "action_waste_schedule", payloads[0], "give_dong", entities={"dong": "빛가온동"}
    )
    assert "월·수·금" in reply.messages[0].text
    assert reply.messages[0].cards[0].text == "일반 쓰레기, 음식물"
    assert slots["dong"] == "빛가온동"
    later, _ = await city.ask(
        "action_waste_schedule", "오늘 재활용 날이에요?", "ask_waste_day", slots=slots,
        now="2026-11-24T09:00:00+09:00",
    )  # fmt: skip
    assert later.messages[0].cards[0].text == "재활용"
    assert later.messages[0].cards[0].title.startswith("오늘(화)")
    weekend, _ = await city.ask(
        "action_waste_schedule", "29일부터 30일까지 버려도 돼요?", "ask_waste_day", slots=slots,
        entities={"period": "2026-11-29/2026-11-30"}, now="2026-11-24T09:00:00+09:00",
    )  # fmt: skip
    assert weekend.messages[0].cards[0].text.splitlines() == [
        "11월 29일(일): 내놓는 날이 아니에요.",
        "11월 30일(월): 일반 쓰레기, 음식물",
    ]


@pytest.mark.parametrize(
    ("text", "intent"), [("역삼동 쓰레기 언제예요", "ask_waste_day"), ("영통면이요", "give_dong")]
)
async def test_a_neighbourhood_of_another_city(city: City, text: str, intent: str) -> None:
    reply, slots = await city.ask("action_waste_schedule", text, intent, slots={"dong": "한내동"})
    assert reply.outcome == "asked_back"
    assert text[:3] in reply.messages[0].text
    assert len(reply.messages[0].buttons) == 8
    assert slots["dong"] is None


async def test_bulky_waste(city: City, faults: Faults) -> None:
    async def ask(text: str, **entities: str) -> Reply:
        reply, _ = await city.ask("action_bulky_waste", text, "ask_bulky_waste", entities=entities)
        return reply

    assert "3인용 이상: 7,000원" in (await ask("쇼파 얼마예요", item="소파")).messages[0].text
    assert "안마의자" in (await ask("안마의자 버리려고요")).messages[0].text
    unknown = await ask("우주선 버리려고요", item="우주선")
    assert unknown.detail == {"found": False}
    assert "우주선" in unknown.messages[0].text
    faults.fail = "error"
    down = await ask("책상 버리려고요", item="책상")
    assert down.outcome == "error_service"
    assert "자원순환과" in down.messages[0].plain()
    how = await ask("큰 쓰레기는 어떻게 버려요")  # needs no API
    assert how.outcome != "error_service"


async def test_offices(city: City, faults: Faults) -> None:
    async def ask(text: str, intent: str = "ask_office", **entities: str) -> Reply:
        reply, _ = await city.ask("action_office_info", text, intent, entities=entities)
        return reply

    one = await ask("여권과 전화번호 알려줘", office="여권과")
    assert "099-120-2010" in one.messages[0].text
    assert "지금 열려 있어요" in one.messages[0].text
    assert one.messages[0].buttons[0].url == "tel:0991202010"
    hours = await ask("보건소 몇 시까지 해요", "ask_hours")
    assert "09:00~18:00" in hours.messages[0].text
    saturday = await ask("보건소 토요일에 해요?", "ask_hours", date="2026-11-28")
    assert "11월 28일(토)에는 쉬어요" in saturday.messages[0].text
    many = await ask("주민센터 어디예요")
    assert many.outcome == "clarified"
    chosen = await ask(many.messages[0].buttons[2].payload or "")
    assert chosen.messages[0].text.count("행정복지센터") == 1
    assert "099-120-3030" in chosen.messages[0].text
    by_task = await ask("저소득 담당 어디예요")  # only departments.yml knows this word
    assert "복지정책과" in by_task.messages[0].text
    faults.fail = "error"
    down = await ask("세정과 번호")
    assert down.outcome == "error_service"
    assert "099-120-2050" in down.messages[0].plain()


def requests(*parts: tuple[str, str]) -> list[dict[str, Any]]:
    """Consecutive requests as `bot.nlu.requests` gives them."""
    found, at = [], 0
    for text, intent in parts:
        found.append({"text": text, "intent": intent, "confidence": 0.9, "start": at, "end": at + len(text)})
        at += len(text) + 1
    return found


async def test_two_requests_are_both_answered(city: City) -> None:
    fee, trash = "여권 재발급 수수료는 얼마인가요?", "한내동 쓰레기 언제 버려요"
    reply, slots = await city.ask(
        "action_answer_several", f"{fee} {trash}", "several_requests",
        requests=requests((fee, "ask_faq"), (trash, "ask_waste_day")),
    )  # fmt: skip
    opening, first, second = reply.messages
    assert opening.text
    assert first.cards[0].title == fee
    assert "한내동 수거 요일" in second.text
    assert reply.outcome == "answered_faq"
    assert reply.candidates[0].id == "passport-fee"
    assert slots["last_answer_id"] == "passport-fee"
    assert slots["dong"] == "한내동"


async def test_one_that_fails_does_not_take_the_other_with_it(city: City, faults: Faults) -> None:
    faults.fail = "error"
    fee, trash = "여권 재발급 수수료는 얼마인가요?", "한내동 쓰레기 언제 버려요"
    reply, _ = await city.ask(
        "action_answer_several", f"{trash} {fee}", "several_requests",
        requests=requests((trash, "ask_waste_day"), (fee, "ask_faq")),
    )  # fmt: skip
    assert "자원순환과" in reply.messages[1].plain()
    assert reply.messages[2].cards[0].title == fee
    assert reply.outcome == "answered_faq"


async def test_several_without_parts_is_one_question(city: City) -> None:
    reply, _ = await city.ask("action_answer_several", "여권 재발급 수수료는 얼마인가요?", "several_requests")
    assert len(reply.messages) == 1
    assert reply.messages[0].cards
