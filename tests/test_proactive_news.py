"""Reminders of what happens elsewhere: cases, deadlines, new services, the steps of a checklist."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date, time, timedelta

import pytest

from bot.catalogue.sync import synchronise
from bot.messages import Outbound
from bot.proactive.wish import CASE, CHECKLIST, DEADLINE, NEWS, Nothing, NotNow, Wish
from bot.settings import Settings
from demo.gov24.seed import Row
from tests.catalogue_support import api, served
from tests.proactive_support import SEOUL, Crash, Office, crashing_after, open_office

NUMBER = "2026-000123"
ONE = "000000000001"


@pytest.fixture
async def office(settings: Settings, free_port: int) -> AsyncIterator[Office]:
    async with open_office(settings, free_port, "2026-11-23 12:00") as opened:
        yield opened


def service(number: int, name: str, deadline: str, agency: str = "한빛시") -> Row:
    """A service as the public services' API tells it."""
    id_ = f"{number:012d}"
    agency_fields = {"소관기관명": agency, "소관기관유형": "시군구"}
    return {"서비스ID": id_, "서비스명": name, "신청기한": deadline, **agency_fields, "조건": {}}


async def sync(office: Office, *services: Row) -> None:
    """The catalogue is brought up to date with what the API tells now."""
    async with api(served(list(services))) as client:
        await synchronise(office.engine, client, lambda: office.city.now, allow_fewer=True)


async def test_a_case_that_moves_is_told_once_and_at_decent_hours(office: Office) -> None:
    await office.meet()
    await office.wish(Wish(kind=CASE, number=NUMBER))
    assert await office.told("2026-11-23 20:00") == []
    office.seeds.cases[NUMBER]["state"] = "보완 요청"
    office.go("2026-11-23 23:30")
    told = await office.told("2026-11-24 12:00", timedelta(minutes=30))
    assert [when for when, _ in told] == ["11-24 08:00"]
    assert all(part in told[0][1] for part in (NUMBER, "처리 중 → 보완 요청"))
    office.seeds.cases[NUMBER]["state"] = "완료"
    assert len(await office.told("2026-11-24 14:00")) == 1
    assert await office.subscriptions.of(await office.city.id()) == []  # nothing more can happen


async def test_a_case_that_moves_again_after_a_crash_is_told_again(office: Office) -> None:
    await office.meet()
    await office.wish(Wish(kind=CASE, number=NUMBER))
    office.go("2026-11-23 13:00")
    office.seeds.cases[NUMBER]["state"] = "보완 요청"
    with pytest.raises(Crash):
        await office.run(crashing_after(office.tell))
    assert len(await office.run()) == 1
    office.seeds.cases[NUMBER]["state"] = "처리 중"  # back where it was when the citizen subscribed
    assert len(await office.told("2026-11-23 15:00")) == 1
    assert await office.told("2026-11-23 20:00") == []


async def test_a_city_that_cannot_be_asked_is_asked_again(office: Office) -> None:
    await office.meet()
    with pytest.raises(Nothing, match="no_case"):
        await office.kinds[CASE].first(Wish(kind=CASE, number="2026-999999"), office.city.now)
    with pytest.raises(Nothing, match="done"):
        await office.kinds[CASE].first(Wish(kind=CASE, number="2026-000101"), office.city.now)
    await office.wish(Wish(kind=CASE, number=NUMBER))
    for fault in ("error", "malformed", "incomplete"):
        office.faults.fail = fault  # type: ignore[assignment]
        with pytest.raises(NotNow):
            await office.kinds[CASE].first(Wish(kind=CASE, number=NUMBER), office.city.now)
        assert await office.told(f"2026-11-23 {13 + len(fault) % 3}:00") == []
    office.faults.fail = None
    office.seeds.cases[NUMBER]["state"] = "완료"
    assert len(await office.told("2026-11-23 18:00")) == 1


async def test_a_deadline_is_told_a_week_and_a_day_before(office: Office) -> None:
    await office.meet()
    await sync(office, service(1, "청년 월세 지원", "2026.12.01~2026.12.20"))
    await office.wish(Wish(kind=DEADLINE, service_id=ONE))
    told = await office.told("2026-12-21 00:00")
    assert [when for when, _ in told] == ["12-13 09:00", "12-19 09:00"]
    assert "청년 월세 지원" in told[0][1]
    assert "7일" in told[0][1]
    assert await office.subscriptions.of(await office.city.id()) == []


async def test_a_deadline_that_is_put_off_is_told_later(office: Office) -> None:
    await office.meet()
    await sync(office, service(1, "청년 월세 지원", "2026.12.01~2026.12.20"))
    await office.wish(Wish(kind=DEADLINE, service_id=ONE, ahead=3, at=time(10)))
    await sync(office, service(1, "청년 월세 지원", "2026.12.01~2026.12.31"))
    assert [when for when, _ in await office.told("2027-01-01 00:00")] == ["12-28 10:00"]


@pytest.mark.parametrize(
    ("deadline", "why"),
    [
        ("상시신청", "always"),
        ("접수기관 별 상이", "no_deadline"),
        ("2026.11.01~2026.11.24", "soon"),
        ("2026.10.01~2026.10.24", "past"),
    ],
)
async def test_what_cannot_be_reminded_of_is_said_at_once(office: Office, deadline: str, why: str) -> None:
    await sync(office, service(1, "지원", deadline))
    with pytest.raises(Nothing, match=why):
        await office.kinds[DEADLINE].first(Wish(kind=DEADLINE, service_id=ONE), office.city.now)
    with pytest.raises(Nothing, match="ended"):
        await office.kinds[DEADLINE].first(Wish(kind=DEADLINE, service_id="000000000002"), office.city.now)


async def test_only_new_services_of_ours_that_fit_are_news(office: Office) -> None:
    await office.meet()
    old = service(1, "청년 월세 지원", "상시신청")
    await sync(office, old)
    await office.wish(Wish(kind=NEWS, about="청년 지원사업"))
    assert await office.told("2026-11-25 00:00", timedelta(hours=2)) == []  # what is there is no news
    new = service(2, "한빛 청년 이사비", "상시신청")
    unfit = service(3, "어르신 교통비", "상시신청")
    theirs = service(4, "먼나라시 청년 수당", "상시신청", "먼나라시")
    await sync(office, old, new, unfit, theirs)
    told = await office.told("2026-11-28 00:00", timedelta(hours=2))
    assert len(told) == 1
    assert "한빛 청년 이사비" in told[0][1]
    assert "어르신" not in told[0][1]
    assert "먼나라" not in told[0][1]


async def test_a_checklist_tells_of_the_steps_that_are_still_open(office: Office) -> None:
    mine = await office.meet()
    await office.checklists.begin(mine, "birth", date(2026, 11, 23))
    await office.wish(Wish(kind=CHECKLIST, event="birth", day=date(2026, 11, 23)))
    await office.checklists.mark(mine, "birth", "bcg", "done")
    told = await office.told("2026-12-23 12:00")
    assert [when for when, _ in told] == ["12-15 09:00", "12-19 09:00", "12-21 09:00"]
    assert all("출생신고" in text and "BCG" not in text for _, text in told)
    await office.checklists.mark(mine, "birth", "birth-report", "done")
    assert [when for when, _ in await office.told("2027-01-15 00:00", timedelta(hours=3))] == ["01-14 09:00"]


async def test_a_reminder_that_breaks_holds_nobody_up(office: Office) -> None:
    await office.meet()
    await office.meet("lee")
    await office.wish(Wish(kind=CHECKLIST, event="birth", day=date(2026, 11, 1)))
    tuesday = Wish(kind="schedule", about="물", day=date(2026, 11, 26))
    await office.wish(tuesday, user="lee")
    await office.checklists.begin(await office.city.id(), "birth", date(2026, 11, 1))

    async def refusing(conversation_id: int, messages: Sequence[Outbound], once: str) -> bool:
        if "출생" in messages[0].text:
            raise ValueError(once)
        return await office.tell(conversation_id, messages, once)

    office.go("2026-11-27 09:00")
    assert len(await office.run(refusing)) == 1
    assert office.city.now.tzinfo == SEOUL
    office.go("2026-11-27 09:15")
    assert len(await office.run()) == 1
