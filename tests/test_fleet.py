"""The Rasa server as citizens meet it: messages that come twice, new content, broken content and crashes."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import Iterator

import aiohttp
import pytest
import redis.asyncio
from pydantic import SecretStr

from bot.messages import utc_now
from bot.settings import Settings
from bot.studio.drafts import Draft
from bot.studio.training import Training
from bot.studio.training_quality import quality
from bot.studio.training_try import Candidate
from tests.fleet_support import MODEL_KEY, PYTHON, SHOWN, Office, action_server, citizens
from tests.fleet_telemetry import passes_the_turn_on, says_that_its_server_is_frozen, tells_numbers_and_health

pytestmark = [
    pytest.mark.rasa,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not PYTHON.exists(), reason="no Rasa environment (.venv-rasa): make setup"),
]


RICH = (
    {"text": "열었어요.\n\n고맙습니다."},
    {"text": "더 할 일이 있나요?", "buttons": [{"title": "네", "payload": "네"}]},
    {"custom": {"sotong": {"outcome": "answered", "candidates": [{"id": "가", "score": 0.5}]}}},
    {"image": "https://city.example/가.png"},
)
"""Messages of every kind; the first is two on the wire."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Office]:
    running = Office(tmp_path_factory.mktemp("office"), redis_url)
    running.start()
    yield running
    running.stop()


async def logged(office: Office, words: str, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while words not in office.log.read_text("utf-8", errors="replace"):
        assert time.monotonic() < end, office.log.read_text("utf-8", errors="replace")[-3000:]
        await asyncio.sleep(0.1)


async def only_server(office: Office, seconds: float = 120) -> int:
    """The one child left when no training runs and those before have gone."""
    end, alone = time.monotonic() + seconds, 0
    while alone < 10:
        assert time.monotonic() < end, office.children()
        children = office.children()
        alone = alone + 1 if len(children) == 1 else 0
        await asyncio.sleep(0.1)
    return children[0]


async def test_a_message_that_comes_again_moves_the_form_once(office: Office) -> None:
    async with citizens(office, count=0) as there, action_server(office, *RICH) as actions:
        asked = await there.say("f", "민원 열기", "f-1")
        assert [one["text"] for one in asked] == ["첫 칸이에요.\n\n무엇을 적을까요?"]
        assert asked[0]["buttons"]
        first = await there.say("f", "가", "f-2")
        assert [one["text"] for one in first] == ["둘째 칸이에요.", "무엇을 적을까요?"]
        before = await there.conversation("f")
        assert await there.say("f", "가", "f-2") == first
        assert await there.say("f", "민원 열기", "f-1") == asked
        assert await there.conversation("f") == before
        assert actions.asked == []

        done = await there.say("f", "나", "f-3")
        assert [sorted(one.keys() - {"recipient_id"}) for one in done] == [
            ["text"],
            ["text"],
            ["buttons", "text"],
            ["custom"],
            ["image"],
        ]
        assert await there.say("f", "나", "f-3") == done
        assert [one["message_id"] for one in actions.asked] == ["f-3"]
        slots = (await there.conversation("f"))["slots"]
        assert (slots["first"], slots["second"]) == ("가", "나")


async def test_two_deliveries_at_once_are_one_turn(office: Office) -> None:
    async with citizens(office, count=0) as there, action_server(office, *RICH) as actions:
        deliveries = [there.say("g", "둘러보기", "g-1") for _ in range(3)]
        one, *others = await asyncio.gather(*deliveries)
        assert len(one) == 5
        assert others == [one, one]
        assert len(actions.asked) == 1
        assert await there.say("h", "둘러보기", "g-1") == [{**said, "recipient_id": "h"} for said in one]
        assert len(actions.asked) == 2  # another citizen's message may have the same id


async def test_a_turn_that_said_nothing_says_nothing_again(office: Office) -> None:
    async with citizens(office, count=0) as there, action_server(office) as actions:
        assert await there.say("i", "둘러보기", "i-1") == []
        assert await there.say("i", "둘러보기", "i-1") == []
        assert len(actions.asked) == 1


async def test_a_turn_without_its_action_has_not_been(office: Office) -> None:
    async with citizens(office, count=0) as there:
        await there.say("j", "민원 열기", "j-1")
        await there.say("j", "가", "j-2")
        before = await there.conversation("j")
        assert await there.say("j", "나", "j-3") == []  # nobody is there to run it
        assert await there.conversation("j") == before
        async with action_server(office, {"text": "열었어요."}) as actions:
            assert [one["text"] for one in await there.say("j", "나", "j-3")] == ["열었어요."]
            assert len(actions.asked) == 1
        assert (await there.conversation("j"))["slots"]["second"] == "나"


async def test_what_is_forgotten_is_new(office: Office, redis_url: str) -> None:
    async with citizens(office, count=0) as there, action_server(office, {"text": "네."}) as actions:
        for number in range(10):  # the store keeps eight turns
            await there.say("k", "둘러보기", f"k-{number}")
        assert len(actions.asked) == 10
        await there.say("k", "둘러보기", "k-9")
        assert len(actions.asked) == 10
        await there.say("k", "둘러보기", "k-0")
        assert len(actions.asked) == 11
        async with redis.asyncio.Redis.from_url(redis_url) as kept:
            await kept.flushall()
        await there.say("k", "둘러보기", "k-0")
        assert len(actions.asked) == 12
        await there.say("k", "둘러보기")
        await there.say("k", "둘러보기")  # without an id every message is new
        assert len(actions.asked) == 14


async def test_the_fleet_tells_those_who_look_after_it(office: Office) -> None:
    await tells_numbers_and_health(office)
    await passes_the_turn_on(office)
    await says_that_its_server_is_frozen(office, await only_server(office))


async def test_a_saved_file_answers_soon_and_nobody_notices_the_change(office: Office) -> None:
    async with citizens(office) as there:
        await there.hear("안내예요")
        for word in ("설명이에요", "도움말이에요"):
            there.slowest = 0.0
            office.save(word)
            await there.hear(word)
        assert there.slowest < 3  # seconds; the bench measures it on a quiet machine
        before = there.answered
        await asyncio.sleep(1)
        assert there.answered > before


async def test_a_candidate_is_trained_beside_and_swapped_without_losing_a_turn(office: Office) -> None:
    training = Training(
        Settings(var_dir=office.folder, models_dir=office.folder / "models", model_key=SecretStr(MODEL_KEY))
    )
    domain = (office.folder / "domain.yml").read_text("utf-8")
    new = re.sub(r"에 대한 \S+\.", "에 대한 새_안내예요.", domain)
    draft = Draft(1, "file:domain.yml", "", domain, new, 1, 1, "", None, utc_now(), "")
    async with citizens(office) as there:
        await only_server(office)
        before = there.last
        study = await training.begin("train", office.folder, [draft], "김하늘", folds=2)
        shares = []
        while study is not None and study.state == "running":
            shares.append(study.share)
            await asyncio.sleep(0.2)
            study = training.find(study.id)
        assert study is not None
        assert study.state == "done", study.reason
        assert shares == sorted(shares)
        assert not (study.folder / "log.txt").exists()  # the fleet did it, no process of our own
        assert before.partition("에 대한")[2] == there.last.partition("에 대한")[2]  # nothing went live
        found = quality(study)
        assert found is not None
        assert sum(score.examples for score in found.scores.values()) == 126
        candidate = Candidate(training.settings)
        tried = await candidate.ask(study.candidate, office.folder / "models" / study.model, "둘러보기")
        await candidate.close()
        assert tried.intent == "look_around"

        (office.folder / "domain.yml").write_text(new, "utf-8")  # what publishing does
        await there.hear("새_안내예요", 30)
    assert f"training {study.model}" not in office.log.read_text("utf-8", errors="replace")
    assert f"{study.model} answers" in office.log.read_text("utf-8", errors="replace")
    gone = await training.begin("train", office.folder, [], "김하늘")
    training.cancel(gone.id)
    assert training.find(gone.id).state == "cancelled"  # type: ignore[union-attr]
    await training.close()


async def test_broken_content_changes_nothing_and_the_next_save_heals(office: Office) -> None:
    rules = office.folder / "data" / "rules" / "questions.yml"
    good = rules.read_text("utf-8")
    async with citizens(office) as there:
        rules.write_text(good.replace("action: utter_ask_how_00", "action: utter_unheard_of"), "utf-8")
        await logged(office, "training has failed")
        before = there.answered
        await asyncio.sleep(1)
        assert there.answered > before
        rules.write_text(good, "utf-8")
        office.save("고친_글이에요")
        await there.hear("고친_글이에요")


async def test_a_server_that_dies_is_there_again(office: Office) -> None:
    async with citizens(office, count=0) as there:
        await there.ask("d", 0)
        server = await only_server(office)
        os.kill(server, signal.SIGKILL)
        await logged(office, "is started again")
        await asyncio.wait_for(there.ask("d", 1), 60)  # waits in the socket until somebody accepts
        assert office.children() != [server]


async def test_children_of_a_killed_fleet_leave_the_port_to_the_next(office: Office) -> None:
    async with citizens(office, count=0) as there:
        await there.ask("e", 0)
    office.process.kill()
    office.process.wait(10)
    office.launch()
    end = time.monotonic() + 60
    while not await asyncio.to_thread(_accepting, office):
        if office.process.poll() is not None:  # the port was still taken: whoever starts it tries again
            office.launch()
        assert time.monotonic() < end, office.log.read_text("utf-8", errors="replace")[-3000:]
        await asyncio.sleep(0.5)
    async with citizens(office, count=0) as there:
        await there.ask("e", 1)


async def test_nobody_is_heard_without_the_token(office: Office) -> None:
    await only_server(office)
    said = {"sender": "t", "message": "둘러보기"}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{office.port}") as session:
        for method, path in (
            ("GET", "/"), ("GET", "/version"), ("GET", "/status"), ("GET", "/domain"), ("GET", "/nowhere"),
            ("GET", "/conversations/t/tracker"), ("POST", "/conversations/t/tracker/events"),
            ("PUT", "/model"), ("DELETE", "/model"), ("POST", "/model/parse"), ("POST", "/model/train"),
            ("POST", "/webhooks/rest/webhook"), ("GET", "/webhooks/rest/"),
        ):  # fmt: skip
            for shown in ({}, {"Authorization": "Bearer wrong"}):
                async with session.request(method, path, json=said, headers=shown) as refused:
                    assert refused.status == 401, (method, path)
        async with session.get("/status", headers=SHOWN) as known:
            assert known.status == 200


async def test_a_model_that_was_tampered_with_is_not_loaded(office: Office) -> None:
    async with citizens(office) as there:
        office.save("봉한_안내예요")
        await there.hear("봉한_안내예요")
    await only_server(office)
    newest = max((office.folder / "models").glob("sotong-*.tar.gz"), key=lambda path: path.stat().st_mtime)
    content = bytearray(newest.read_bytes())
    content[-9] ^= 1
    newest.write_bytes(content)
    async with citizens(office, count=0) as there, aiohttp.ClientSession(headers=SHOWN) as session:
        model = f"http://127.0.0.1:{office.port}/model"
        async with session.put(model, json={"model_file": str(newest)}) as refused:
            assert refused.status == 404
        async with session.post(f"{model}/test/intents?model={newest}", data=b"") as refused:
            assert refused.status == 404
        os.kill(await only_server(office), signal.SIGKILL)
        await logged(office, "is gone or not signed by us: training")
        await only_server(office)
        await there.ask("t", 0)
    assert newest.read_bytes() != bytes(content)


def _accepting(office: Office) -> bool:
    """The fleet itself, not somebody it left behind, has a server that answers."""
    return office.process.poll() is None and bool(office.children())
