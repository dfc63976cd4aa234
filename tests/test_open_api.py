"""The open API: as its document says, asked by anybody, disturbing nobody and keeping nothing."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import insert

from bot.catalogue.tables import ServiceEntry, ServiceSync
from bot.log.engine import changing
from bot.openness.pages import WEB
from bot.settings import Settings
from tests.doors_support import Served, served
from tests.open_support import Open, open_pages

SCHEMA = schemathesis.openapi.from_path(WEB / "openapi.yml")
SCHEMA.config.phases.coverage.enabled = False
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ASK = "/open/api/ask"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the gateway writes."""
    return tmp_path_factory.mktemp("open")


@pytest.fixture(scope="module")
def gateway(folder: Path, redis_url: str) -> Iterator[Served]:
    """The whole gateway; it runs in a thread, for Schemathesis does not know asyncio."""
    plenty = {"address_requests": 1e6, "address_refusals": 1e6, "open_requests": 1e6, "open_questions": 1e6}
    fresh = Settings(_env_file=None, var_dir=folder, redis_url=redis_url)
    found: list[Served] = []
    ready, done = threading.Event(), threading.Event()

    async def run() -> None:
        async with served(fresh, **plenty) as at:
            found.append(at)
            ready.set()
            await asyncio.to_thread(done.wait)
            await at.apps.turns.close(within=0.1)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert ready.wait(60)
    yield found[0]
    done.set()
    thread.join(30)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Open]:
    async with open_pages(tmp_path, open_questions=1e4, open_requests=1e4) as made:
        yield made


@SCHEMA.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
def test_the_document_is_true(case: schemathesis.Case, gateway: Served) -> None:
    case.validate_response(case.call(base_url=gateway.url("/open"), timeout=10), checks=CHECKS)


def test_the_document_is_served_and_says_where_we_are(gateway: Served) -> None:
    document = requests.get(gateway.url("/open/api/openapi.json"), timeout=10).json()
    schemathesis.openapi.from_dict(document)
    assert [each["url"].endswith("/open") for each in document["servers"]] == [True]
    assert set(document["paths"]) >= {"/api/answers", "/api/services", "/api/departments", "/api/ask"}


def test_a_question_is_kept_nowhere(gateway: Served, folder: Path) -> None:
    words = "제 번호는 010-1234-5678인데 여권 얼마예요"
    assert requests.post(gateway.url(ASK), json={"question": words}, timeout=10).status_code == 200
    assert "010-1234" not in json.dumps(gateway.rasa.asked[-1], ensure_ascii=False)
    with sqlite3.connect(folder / "sotong.db") as connection:
        for table in ("conversations", "messages", "words", "inbox_lines", "buttons"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
        everything = "\n".join(connection.iterdump())
    assert "여권 얼마예요" not in everything


def test_another_sites_page_may_ask(gateway: Served) -> None:
    before = requests.options(
        gateway.url(ASK),
        headers={"Origin": "https://blog.example", "Access-Control-Request-Method": "POST"},
        timeout=10,
    )
    assert before.status_code == 204
    assert before.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Type" in before.headers["Access-Control-Allow-Headers"]
    for answer in (
        requests.post(gateway.url(ASK), json={"question": "여권"}, timeout=10),
        requests.post(gateway.url(ASK), json={}, timeout=10),
        requests.get(gateway.url("/open/api/answers/none"), timeout=10),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"question": 7}',
        b'{"question": " "}',
        b"\xff",
        b"[" * 9000,
        b'{"question": "\\ud800"}',
    ],
    ids=range(8),
)
def test_bad_bodies_are_told_what_is_wrong(gateway: Served, body: bytes) -> None:
    answer = requests.post(gateway.url(ASK), data=body, timeout=10)
    if b"ud800" in body:  # half a letter is taken for a letter that cannot be read
        assert answer.status_code == 200
        return
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_lists_are_searched_filtered_and_paged(gateway: Served) -> None:
    def page(**query: object) -> dict[str, Any]:
        got = requests.get(gateway.url("/open/api/answers"), params=query, timeout=10)  # type: ignore[arg-type]
        return dict(got.json())

    found = page(q="여권 수수료", size=1)
    assert found["total"] >= 1
    assert len(found["answers"]) == 1
    one = found["answers"][0]
    assert one["source"]["title"]
    assert one["department"]["phone"]
    assert requests.get(gateway.url(f"/open/api/answers/{one['id']}"), timeout=10).json() == one
    assert page(topic=one["topic"])["total"] < page()["total"]
    assert page(department=one["department"]["id"])["total"] < page()["total"]
    assert page(q="없는말이지요")["answers"] == []
    first, second = page(page=1, size=7)["answers"], page(page=2, size=7)["answers"]
    assert not {each["id"] for each in first} & {each["id"] for each in second}
    assert requests.get(gateway.url("/open/api/answers?page=0"), timeout=10).status_code == 400
    departments = requests.get(gateway.url("/open/api/departments"), timeout=10).json()
    assert departments["total"] == len(departments["departments"]) > 5


async def test_services_of_our_citizens_are_paged_and_found(here: Open) -> None:
    def row(number: int, name: str, kind: str, agency: str, ended: bool = False) -> dict[str, Any]:
        listed = {"서비스명": name, "소관기관유형": kind, "소관기관명": agency, "서비스목적": "도와드려요"}
        seen = {"first_at": here.now, "changed_at": here.now, "fetched_at": here.now, "seen_in": 1}
        ended_at = here.now if ended else None
        return {
            **{"id": f"{number:012}", "listed": listed, "detail": {}, "conditions": {}, "fingerprint": ""},
            **{**seen, "ended_at": ended_at},
        }

    rows = [
        row(1, "청년 월세", "중앙행정기관", "국토교통부"),
        row(2, "출산 축하금", "시군구", "한빛시"),
        row(3, "남의 도시 축하금", "시군구", "다른시"),
        row(4, "끝난 축하금", "중앙행정기관", "복지부", ended=True),
    ]
    assert (await (await here.client.get("/open/api/services")).json())["total"] == 0
    sync = {"holder": "", "source": "", "size": 1, "progress": {}, "started_at": here.now, "seconds": 0.0}
    counts = {"trouble": "", "new": 3, "changed": 0, "ended": 0, "total": 3, "finished_at": here.now}
    async with changing(here.engine) as connection:
        await connection.execute(insert(ServiceEntry), rows)
        await connection.execute(insert(ServiceSync).values(**sync, **counts))

    async def found(query: str) -> list[str]:
        body = await (await here.client.get(f"/open/api/services?{query}")).json()
        return [one["name"] for one in body["services"]]

    assert await found("") == ["청년 월세", "출산 축하금"]
    assert await found("q=축하금") == ["출산 축하금"]
    assert await found("size=1&page=2") == ["출산 축하금"]
    statuses = [(await here.client.get(f"/open/api/services/{n:012}")).status for n in range(1, 6)]
    assert statuses == [200, 200, 404, 404, 404]
