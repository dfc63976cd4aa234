"""Reminders go out once, in time, at decent hours, as the messenger allows; by a clock the test sets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, time, timedelta

import pytest

from bot.messages import Notice, NoticeKind
from bot.proactive.wish import COLLECTION, SCHEDULE, Wish
from bot.settings import Settings
from tests.gateway_support import LIMITS
from tests.proactive_support import DAY_WINDOW, Crash, Office, crashing_after, open_office

TUESDAYS = Wish(kind=SCHEDULE, about="재활용", rule="FREQ=WEEKLY;BYDAY=TU", start=date(2026, 11, 23))
AT_NIGHT = Wish(
    kind=SCHEDULE, about="약", rule="FREQ=DAILY", at=time(3), chosen=True, start=date(2026, 11, 23)
)
MONDAY = "2026-11-23 12:00"


@pytest.fixture
async def office(settings: Settings, free_port: int) -> AsyncIterator[Office]:
    async with open_office(settings, free_port, MONDAY) as opened:
        yield opened


async def test_every_tuesday_once(office: Office) -> None:
    await office.meet()
    await office.wish(TUESDAYS)
    told = await office.told("2026-12-09 00:00")
    assert [when for when, _ in told] == ["11-24 09:00", "12-01 09:00", "12-08 09:00"]
    assert all("재활용" in text for _, text in told)
    (_, buttons) = office.city.phone.shown[-1]["text"], office.city.phone.shown[-1]["buttons"]
    assert [label for label, _ in buttons] == ["알림 그만"]
    pushes = await office.subscriptions.pushes(date(2026, 11, 1))
    assert [(str(day), channel, kind, count) for day, channel, kind, count in pushes] == [
        (day, "phone", "schedule", 1) for day in ("2026-11-24", "2026-12-01", "2026-12-08")
    ]


async def test_a_crash_between_telling_and_moving_on_neither_loses_nor_doubles(office: Office) -> None:
    await office.meet()
    await office.wish(TUESDAYS)
    office.go("2026-11-24 09:00")
    with pytest.raises(Crash):
        await office.run(crashing_after(office.tell))
    assert len(await office.run()) == 1  # what was told before the crash, delivered now
    assert await office.run() == []
    assert [when for when, _ in await office.told("2026-12-02 00:00")] == ["12-01 09:00"]
    counts = [row[3] for row in await office.subscriptions.pushes(date(2026, 11, 1))]
    assert counts == [1, 1]


async def test_after_a_long_stop_only_what_is_still_of_use(office: Office) -> None:
    await office.meet()
    await office.wish(TUESDAYS)
    office.go("2026-12-02 10:00")  # two Tuesdays were slept through
    assert await office.run() == []
    office.go("2026-12-08 15:00")  # late, but still Tuesday
    assert len(await office.run()) == 1
    assert await office.run() == []


async def test_no_reminder_at_night_unless_the_hour_was_chosen(office: Office) -> None:
    await office.meet()
    once = Wish(kind=SCHEDULE, about="여권", day=date(2026, 11, 23), at=time(20, 30))
    await office.wish(once)
    office.go("2026-11-23 23:00")  # stopped for some hours: nobody is woken up
    assert await office.run() == []
    office.go("2026-11-24 08:00")
    assert len(await office.run()) == 1
    await office.wish(AT_NIGHT, message="yes 2")
    assert [when for when, _ in await office.told("2026-11-25 12:00")] == ["11-25 03:00"]
    office.go("2026-11-26 04:00")  # three was wanted, not four: it waits for the morning
    assert await office.run() == []
    office.go("2026-11-26 08:00")
    assert len(await office.run()) == 1


async def test_while_a_person_has_the_conversation_reminders_wait(office: Office) -> None:
    mine = await office.meet()
    await office.wish(TUESDAYS)
    await office.city.desk.request(mine, "asked")
    office.go("2026-11-24 10:00")
    assert await office.run() == []
    await office.city.desk.withdraw(mine)
    assert len(await office.run()) == 1


async def test_who_left_hears_nothing_until_they_are_back(office: Office) -> None:
    await office.meet()
    await office.wish(TUESDAYS)
    await office.city.gateway.note(Notice(channel="phone", kind=NoticeKind.LEFT, user_id="kim"))
    office.go("2026-11-24 09:00")
    assert await office.run() == []
    await office.city.ask("다시 왔어요")
    office.seen = len(office.city.phone.shown)
    assert len(await office.run()) == 1


async def test_without_consent_nothing_is_sent(office: Office) -> None:
    from bot.rights.consents import Consents

    mine = await office.meet()
    await office.wish(TUESDAYS)
    await Consents(office.engine).withdraw(mine)
    office.go("2026-11-24 09:00")
    assert await office.run() == []


async def test_what_the_citizen_ends_is_over(office: Office) -> None:
    mine = await office.meet()
    await office.wish(TUESDAYS)
    assert await office.subscriptions.end(mine) == 1
    assert await office.told("2026-12-02 00:00") == []


async def test_the_same_yes_twice_is_one_reminder(office: Office) -> None:
    mine = await office.meet()
    first = await office.kinds[SCHEDULE].first(TUESDAYS, office.city.now)
    assert await office.subscriptions.add(mine, "m", first) is True
    assert await office.subscriptions.add(mine, "m", first) is True  # the turn was taken again
    assert await office.subscriptions.add(mine, "n", first) is False  # it is there already
    assert len(await office.subscriptions.of(mine)) == 1


async def test_outside_the_window_it_comes_with_the_next_message(settings: Settings, free_port: int) -> None:
    async with open_office(settings, free_port, MONDAY, DAY_WINDOW) as office:
        await office.meet()
        await office.wish(TUESDAYS)
        office.go("2026-12-01 09:00")  # eight days later nobody may be written to
        assert await office.run() == []
        office.go("2026-12-01 14:00")
        await office.city.ask("여권 얼마예요")
        office.seen = len(office.city.phone.shown)
        assert len(await office.run()) == 1
        assert await office.run() == []


async def test_where_we_cannot_write_nothing_is_tried(settings: Settings, free_port: int) -> None:
    from dataclasses import replace

    async with open_office(settings, free_port, MONDAY, replace(LIMITS, can_push=False)) as office:
        await office.meet()
        await office.wish(TUESDAYS)
        office.go("2026-11-24 09:00")
        assert await office.run() == []


async def test_a_messenger_that_refuses_is_left_alone(office: Office) -> None:
    from bot.channel import DeliveryError

    await office.meet()
    await office.wish(Wish(kind=SCHEDULE, about="물", rule="FREQ=DAILY", start=date(2026, 11, 23)))
    office.city.phone.errors = [DeliveryError("blocked", permanent=True)]
    assert await office.told("2026-11-26 12:00") == []
    await office.city.ask("왜 안 와요")
    office.seen = len(office.city.phone.shown)
    assert [when for when, _ in await office.told("2026-11-27 12:00")] == ["11-26 13:00", "11-27 09:00"]


async def test_the_evening_before_collection_days(office: Office) -> None:
    await office.meet()
    wish = Wish(kind=COLLECTION, about="재활용", waste=("recycling",), dong="빛가온동", ahead=1, at=time(19))
    await office.wish(wish)
    told = await office.told("2026-11-27 00:00")  # Tuesdays and Thursdays
    assert [when for when, _ in told] == ["11-23 19:00", "11-25 19:00"]
    assert all("내일" in text and "재활용" in text and "빛가온동" in text for _, text in told)


async def test_a_collection_day_on_a_holiday_says_so(office: Office) -> None:
    await office.meet()
    office.go("2026-12-24 12:00")
    await office.wish(
        Wish(kind=COLLECTION, about="일반", waste=("general",), dong="빛가온동", ahead=1, at=time(19))
    )
    [(when, text)] = await office.told("2026-12-25 12:00")
    assert when == "12-24 19:00"
    assert "기독탄신일" in text or "성탄" in text


async def test_collection_days_the_city_changes(office: Office) -> None:
    await office.meet()
    wish = Wish(kind=COLLECTION, about="재활용", waste=("recycling",), dong="빛가온동", ahead=0, at=time(18))
    await office.wish(wish)
    office.seeds.schedules["빛가온동"]["recycling"] = ["금"]
    told = await office.told("2026-12-05 00:00", timedelta(hours=2))
    assert [when for when, _ in told] == ["11-27 18:00", "12-04 18:00"]


async def test_collection_days_while_the_city_is_down(office: Office) -> None:
    await office.meet()
    await office.wish(
        Wish(kind=COLLECTION, about="재활용", waste=("recycling",), dong="빛가온동", ahead=1, at=time(19))
    )
    office.faults.fail = "error"
    assert len(await office.told("2026-11-24 00:00")) == 1  # the days known last are better than silence
