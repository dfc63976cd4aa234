"""What the city's API may do to a citizen: fail, lie, be slow, say no; and orders, which are sent once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from demo.city_api.app import FAULTS, Faults
from tests.services_support import Citizen, Office, api, city, text

SLOT = {"start": "10:00", "end": "13:00"}
BOOKED = {"booking_id": "B-00007", "name": "소강당", "date": "2026-12-02", "won": 0, **SLOT}
FREE = {"name": "소강당", "date": "2026-12-02", "won": 0, "slots": [SLOT]}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_lie_is_never_shown_and_nothing_is_lost(office: Office, fault: Any) -> None:
    faults = Faults(fail=fault)
    async with city(office, faults):
        citizen = Citizen(office)
        await citizen.log_in()
        reply = await citizen.say("낼 세금 조회해 줘", "use_service")
        assert reply.outcome == "error_service"
        assert "세정과" in text(reply)  # whom to ask
        assert "많음" not in text(reply)
        faults.fail = None
        assert "245,900원" in text(await citizen.tap("다시 시도"))


async def test_a_lie_about_the_choices_keeps_what_was_said(office: Office) -> None:
    faults = Faults(fail="html")
    async with city(office, faults):
        citizen = Citizen(office)
        await citizen.log_in()
        down = await citizen.say("소강당 12월 3일에 예약해 주세요", "use_service")
        assert down.outcome == "error_service"
        assert citizen.slots["filling"]["values"] == {"facility": "hall", "date": "2026-12-03"}
        faults.fail = None
        assert "몇 시" in text(await citizen.tap("다시 시도"))


async def test_slow_is_said_and_tried_again(office: Office) -> None:
    faults = Faults(delay=2.5)
    async with city(office, faults):
        citizen = Citizen(office)
        slow = await citizen.say("2026-000236 어디까지 됐나요", "ask_case_status")
        assert slow.detail == {"error": "ServiceSlow"}
        faults.delay = 0
        assert "점용 허가" in text(await citizen.tap("다시 시도"))


class Halls:
    """An API of bookings that records its orders and answers them as a test says."""

    def __init__(self, *answers: web.Response | float) -> None:
        self.answers = list(answers)
        self.orders: list[tuple[dict[str, Any], str, str]] = []

    async def book(self, request: web.Request) -> web.StreamResponse:
        headers = request.headers
        self.orders.append((await request.json(), headers["Idempotency-Key"], headers["X-Citizen"]))
        answer = self.answers.pop(0)
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            return web.Response()
        return answer

    async def slots(self, _: web.Request) -> web.Response:
        return web.json_response(FREE)

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/bookings", self.book), web.get("/v1/facilities/hall/slots", self.slots)]


async def ready(office: Office) -> Citizen:
    """A citizen who has only to say yes."""
    citizen = Citizen(office)
    await citizen.log_in("oidc|한 사람".encode().hex())
    token = await citizen.keep("mobile", "01012345678")
    await citizen.say("12월 2일 10시 소강당 예약", "use_service")
    assert "소강당" in text(await citizen.say("[휴대전화]", kept=(token,)))
    return citizen


async def test_an_order_says_who_and_carries_its_key_and_the_value_itself(office: Office) -> None:
    halls = Halls(web.json_response(BOOKED, status=201))
    async with api(office, *halls.routes()):
        citizen = await ready(office)
        assert "B-00007" in text(await citizen.say("네", "affirm"))
    [(body, key, who)] = halls.orders
    assert body == {"facility": "hall", "date": "2026-12-02", "start": "10:00", "phone": "010-1234-5678"}
    assert who == "oidc|한 사람".encode().hex()
    assert len(key) == 32
    assert citizen.key not in key


@pytest.mark.parametrize(
    "broken",
    [web.Response(status=500), web.Response(text="<html>"), web.json_response({"booking_id": 7}, status=201)],
    ids=["error", "html", "incomplete"],
)
async def test_an_order_without_an_answer_is_not_sent_again_by_itself(
    office: Office, broken: web.Response
) -> None:
    halls = Halls(broken, web.json_response(BOOKED, status=201))
    async with api(office, *halls.routes()):
        citizen = await ready(office)
        uncertain = await citizen.say("네", "affirm")
        assert uncertain.detail == {"service": "facility_booking", "error": "Uncertain"}
        assert len(halls.orders) == 1
        assert "B-00007" in text(await citizen.tap("다시 시도"))
    first, second = halls.orders
    assert first == second  # the same key: carried out once


async def test_the_same_message_twice_is_the_same_order(office: Office) -> None:
    halls = Halls(*(web.json_response(BOOKED, status=201) for _ in range(2)))
    async with api(office, *halls.routes()):
        citizen = await ready(office)
        before, message_id = dict(citizen.slots), f"{citizen.key}-yes"
        for _ in range(2):
            citizen.slots, citizen.active, citizen.message_id = dict(before), True, message_id
            await asyncio.to_thread(citizen._turn, "네", "affirm", 0.9, {}, ())
    assert halls.orders[0][1] == halls.orders[1][1]


async def test_what_is_taken_meanwhile_is_asked_for_anew(office: Office) -> None:
    halls = Halls(web.json_response({}, status=409), web.json_response(BOOKED, status=201))
    async with api(office, *halls.routes()):
        citizen = await ready(office)
        taken = await citizen.say("네", "affirm")
        assert "다른 분" in text(taken)
        await citizen.tap("10:00~13:00")
        assert "B-00007" in text(await citizen.tap("네, 맞아요"))
    assert halls.orders[0][1] != halls.orders[1][1]  # another order


async def test_what_the_api_cannot_take_is_asked_for_with_its_reason(office: Office) -> None:
    said = {"error": "bad", "message": "이 번호는 받을 수 없어요.", "parameter": "phone"}
    halls = Halls(web.json_response(said, status=422))
    async with api(office, *halls.routes()):
        citizen = await ready(office)
        reply = await citizen.say("네", "affirm")
    assert "이 번호는 받을 수 없어요." in text(reply)
    assert "전화번호" in text(reply)
    assert "phone" not in citizen.slots["filling"]["values"]
    assert citizen.slots["filling"]["values"]["facility"] == "hall"


async def test_another_persons_business_is_refused(office: Office) -> None:
    async def no(_: web.Request) -> web.Response:
        return web.json_response({}, status=403)

    async with api(office, web.get("/v1/taxes/due", no)):
        citizen = Citizen(office)
        await citizen.log_in()
        reply = await citizen.say("내 세금 조회", "use_service")
    assert (reply.outcome, citizen.slots["service"]) == ("answered_service", None)
    assert "세정과" in text(reply)


async def test_answers_about_a_person_are_never_kept(office: Office, redis_url: str) -> None:
    from redis.asyncio import Redis

    redis = Redis.from_url(redis_url, decode_responses=True)
    await redis.flushdb()
    async with city(office):
        citizen = Citizen(office)
        await citizen.log_in()
        await citizen.say("내 세금 조회", "use_service")
        await citizen.say("2026-000123", "give_receipt_number")
    names = [str(name) for name in await redis.keys("sotong:service:*")]
    await redis.aclose()
    assert [name.split(":")[2] for name in names] == ["case_status"]
