"""What reaches the messenger, whatever breaks on the way: in order, once, or marked as uncertain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.channel import Delivery, DeliveryError
from bot.messages import Notice, NoticeKind, Outbound
from bot.settings import Settings
from tests.gateway_support import LIMITS, City, Phone, open_city
from tests.log_support import found
from tests.scripted_rasa import reply
from tests.test_gateway import _operator


@dataclass
class Dying(Phone):
    """The program ends while the messenger is taking message number `at`."""

    at: int = 1
    keys: list[str] = field(default_factory=list)
    again: list[bool] = field(default_factory=list)

    async def send(self, delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        provider_id = await super().send(delivery, wires)
        self.keys.append(delivery.key)
        self.again.append(delivery.again)
        if len(self.keys) == self.at:
            raise asyncio.CancelledError
        return provider_id


@pytest.fixture
async def city(settings: Settings, free_port: int) -> AsyncIterator[City]:
    async with open_city(settings, free_port) as opened:
        yield opened


async def states(city: City) -> list[str | None]:
    lines = await city.log.history(await city.id())
    return [line.delivery for line in lines if line.author != "citizen"]


async def after_a_crash(settings: Settings, port: int, phone: Phone, *texts: str) -> list[str | None]:
    """States of the deliveries once the program that died in mid-send is up again."""
    async with open_city(settings, port, phone=phone) as city:
        city.rasa.answer = lambda text: reply(*texts)
        await city.ask("여권")
    async with open_city(settings, port, phone=phone) as city:
        await city.turns.recover()
        await city.turns.idle()
        return await states(city)


async def test_a_crash_in_mid_send_leaves_uncertain_what_nobody_can_know(
    settings: Settings, free_port: int
) -> None:
    phone = Dying()
    assert await after_a_crash(settings, free_port, phone, "하나", "둘") == ["uncertain", "delivered"]
    assert [wire["text"] for wire in phone.shown] == ["하나", "둘"]


async def test_where_the_platform_knows_our_keys_it_is_sent_again_under_the_same(
    settings: Settings, free_port: int
) -> None:
    phone = Dying(capabilities=replace(LIMITS, resend=True))
    assert await after_a_crash(settings, free_port, phone, "하나") == ["delivered"]
    assert len(phone.keys) == 2
    assert len(set(phone.keys)) == 1
    assert phone.again == [False, True]


async def test_a_long_text_goes_on_where_it_stopped(settings: Settings, free_port: int) -> None:
    phone = Dying(capabilities=replace(LIMITS, max_text=20, resend=True), at=2)
    text = " ".join(f"낱말{number:03}" for number in range(20))
    assert await after_a_crash(settings, free_port, phone, text) == ["delivered"]
    shown = [wire["text"] for wire in phone.shown]
    assert shown.count(shown[1]) == 2  # the one in mid-send, under its own key
    assert " ".join(dict.fromkeys(shown)) == text


async def test_messages_of_a_turn_share_a_call_where_that_is_possible(
    settings: Settings, free_port: int
) -> None:
    phone = Dying(capabilities=replace(LIMITS, batch=5), at=99)
    async with open_city(settings, free_port, phone=phone) as city:
        city.rasa.answer = lambda text: reply("하나", "둘", "셋")
        assert await city.ask("여권") == ["하나", "둘", "셋"]
        assert len(phone.keys) == 1
        assert await states(city) == ["delivered"] * 3


async def test_a_conversation_that_is_woken_twice_is_told_once(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = city.phone.send

    async def slow(delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        await asyncio.sleep(0.1)
        return await real(delivery, wires)

    monkeypatch.setattr(city.phone, "send", slow)
    await city.ask("여권")
    mine, outbox = await city.id(), city.turns._outbox
    await city.log.say(mine, [Outbound(text="하나")], author="bot")
    await asyncio.gather(*(outbox.deliver(mine) for _ in range(3)))
    assert [wire["text"] for wire in city.phone.shown] == ["답: 여권", "하나"]


async def test_what_was_delivered_while_the_disk_was_full_is_settled_when_it_is_not(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = city.log.taken, iter(range(3))

    async def full(*arguments: Any) -> None:
        if next(failures, None) is not None:
            raise OperationalError("UPDATE", None, Exception("database or disk is full"))
        await real(*arguments)

    monkeypatch.setattr(city.log, "taken", full)
    assert await city.ask("여권") == ["답: 여권"]
    assert await states(city) == ["delivered"]


@pytest.mark.parametrize(("resend", "state"), [(False, "uncertain"), (True, "delivered")])
async def test_a_call_that_breaks_in_a_way_nobody_thought_of_leaves_nothing_under_way(
    settings: Settings, free_port: int, monkeypatch: pytest.MonkeyPatch, *, resend: bool, state: str
) -> None:
    phone = Phone(capabilities=replace(LIMITS, resend=resend))
    real, calls = phone.send, iter(range(1))

    async def broken(delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        if next(calls, None) is not None:
            raise KeyError("message_id")
        return await real(delivery, wires)

    monkeypatch.setattr(phone, "send", broken)
    async with open_city(settings, free_port, phone=phone) as city:
        await city.ask("여권")
        await city.turns.idle()
        assert await states(city) == [state]


async def test_what_was_marked_though_the_log_did_not_say_so_is_sent(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = city.log.sending, iter(range(1))

    async def cut(sent_before: Mapping[int, int]) -> bool:
        claimed = await real(sent_before)
        if next(failures, None) is not None:
            raise OperationalError("COMMIT", None, Exception("connection is closed"))
        return claimed

    monkeypatch.setattr(city.log, "sending", cut)
    assert await city.ask("여권") == ["답: 여권"]
    assert await states(city) == ["delivered"]


async def test_after_the_platforms_window_nothing_is_sent(settings: Settings, free_port: int) -> None:
    phone = Phone(capabilities=replace(LIMITS, window=86400))
    async with open_city(settings, free_port, phone=phone) as city:
        await city.ask("여권")
        operator = await _operator(city)
        assert await city.gateway.claim(await city.id(), operator, "김한빛")
        await city.turns.idle()
        await city.gateway.say(await city.id(), "하루 안에", operator)
        await city.turns.idle()
        city.now += timedelta(days=365)
        await city.gateway.say(await city.id(), "너무 늦게", operator)
        await city.turns.idle()
        assert [wire["text"] for wire in phone.shown][::2] == ["답: 여권", "하루 안에"]
        assert await states(city) == ["delivered", "delivered", "delivered", "failed"]


async def test_what_nobody_can_know_even_by_key_is_uncertain(settings: Settings, free_port: int) -> None:
    phone = Phone(capabilities=replace(LIMITS, resend=True))
    phone.errors = [
        DeliveryError("broke", ambiguous=True),
        DeliveryError("?", ambiguous=True, permanent=True),
    ]
    async with open_city(settings, free_port, phone=phone) as city:
        await city.ask("여권")
        assert await states(city) == ["uncertain"]


async def test_tries_grow_apart_and_end(city: City) -> None:
    city.phone.errors = [DeliveryError("down")] * 8
    assert await city.ask("여권") == []
    assert await states(city) == ["failed"]
    assert await city.ask("여권") == ["답: 여권"]


async def test_who_has_left_is_written_to_no_more_until_they_write(city: City) -> None:
    await city.ask("여권")
    city.phone.errors = [DeliveryError("gone", later=True)]
    await city.ask("등본")
    await city.gateway.note(Notice(channel="phone", kind=NoticeKind.LEFT, user_id="kim"))
    assert await states(city) == ["delivered", "failed"]
    assert await city.ask("인감") == ["답: 인감"]
    await city.gateway.note(Notice(channel="phone", kind=NoticeKind.LEFT, user_id="nobody"))


async def test_a_message_taken_back_leaves_no_word(city: City) -> None:
    await city.ask("비밀 이야기", message_id="m-1")
    await city.gateway.note(Notice(channel="phone", kind=NoticeKind.DELETED, message_id="m-1"))
    await city.gateway.note(Notice(channel="phone", kind=NoticeKind.DELETED, message_id="unknown"))
    first = (await city.log.history(await city.id()))[0]
    assert "비밀" not in first.text
    assert await found(city.log, "비밀") == ["답: 비밀 이야기"]  # what we said stays


async def test_a_message_that_the_platform_could_not_bring_has_failed(city: City) -> None:
    await city.ask("여권")
    notice = Notice(channel="phone", kind=NoticeKind.FAILED, message_id="1", reason="131026")
    await city.gateway.note(notice)
    assert await states(city) == ["failed"]


async def test_in_standby_the_bot_listens(city: City) -> None:
    assert await city.ask("상담원님?", standby=True) == []
    assert city.rasa.asked == []
    assert await city.outcomes() == ["with_person"]
