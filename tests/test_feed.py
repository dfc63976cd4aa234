"""Live events reach listeners here and in other processes, and survive a flushed or absent Redis."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis

from bot.feed import Feed


async def test_listeners_of_two_processes_hear_an_event_once(redis_url: str) -> None:
    one, two = Redis.from_url(redis_url), Redis.from_url(redis_url)
    here, there = Feed(one), Feed(two)
    await here.start()
    await there.start()
    async with here.subscribe("console") as near, there.subscribe("console") as far:
        await _linked(here, far)
        await here.publish("console", {"n": 1})
        await here.publish("other", {"n": 2})
        await here.publish("console", {"n": 3})
        heard: list[int] = []
        while len(heard) < 2:
            number = (await asyncio.wait_for(anext(far), 2))["n"]
            heard += [number] if number else []
        assert heard == [1, 3]
        nearby = [event async for event in _waiting(near)]
        assert [event["n"] for event in nearby if event["n"]] == [1, 3]
    await here.close()
    await there.close()
    await one.aclose()
    await two.aclose()


async def test_without_redis_listeners_here_still_hear(free_port: int) -> None:
    redis = Redis.from_url(f"redis://127.0.0.1:{free_port}/0", socket_connect_timeout=0.2)
    feed = Feed(redis)
    await feed.start()
    async with feed.subscribe("console") as events:
        await feed.publish("console", {"n": 1})
        assert await asyncio.wait_for(anext(events), 1) == {"n": 1}
    await feed.close()
    await redis.aclose()


async def test_a_slow_listener_loses_the_oldest_and_keeps_the_newest() -> None:
    feed = Feed()
    async with feed.subscribe("console") as events:
        for number in range(1500):
            await feed.publish("console", {"n": number})
        assert (await anext(events))["n"] == 500
    assert not feed.listening("console")


async def test_it_stops_at_any_moment(redis_url: str) -> None:
    redis = Redis.from_url(redis_url, socket_timeout=5, socket_connect_timeout=2)
    for steps in range(40):
        feed = Feed(redis)
        await feed.start()
        for _ in range(steps):
            await asyncio.sleep(0)
        await asyncio.wait_for(feed.close(), 5)
    await redis.aclose()


async def _linked(feed: Feed, far: object) -> None:
    """Publish until the other process hears: its subscription takes a moment."""
    for _ in range(100):
        await feed.publish("console", {"n": 0})
        try:
            await asyncio.wait_for(anext(far), 0.05)  # type: ignore[call-overload]
        except TimeoutError:
            continue
        return
    raise AssertionError("the feed never linked the two")


async def _waiting(events: object):  # type: ignore[no-untyped-def]
    while True:
        try:
            yield await asyncio.wait_for(anext(events), 0.1)  # type: ignore[call-overload]
        except TimeoutError:
            return
