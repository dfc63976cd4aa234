"""The client of the public services' API over real HTTP: every way in which it says no."""

from __future__ import annotations

import json
import logging
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.client import ATTEMPTS, Gov24, Operation
from bot.catalogue.envelope import DailyLimit, Gov24Error, Page, Passing, Refused, Unreadable, read
from demo.gov24.app import Fault, Faults, create_app
from tests.catalogue_support import KEY, api, rows, served

FIVE = served(rows(5))
XML = (
    "<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>{}</errMsg><returnAuthMsg>{}</returnAuthMsg>"
    "<returnReasonCode>{}</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>"
)
"""Of data.go.kr's gateway: two fields for the token, one for the number."""


@pytest.mark.parametrize("operation", Operation)
async def test_pages_hold_the_rows_of_their_operation(operation: Operation) -> None:
    async with api(FIVE) as client:
        first, last = await client.page(operation, 1, 3), await client.page(operation, 2, 3)
    assert (first.matched, first.size, len(first.rows), len(last.rows)) == (5, 3, 3, 2)
    assert [row["서비스ID"] for row in (*first.rows, *last.rows)] == [f"{n:012d}" for n in range(1, 6)]


@pytest.mark.parametrize("key", [KEY, quote(KEY, safe="")], ids=["decoding", "encoding"])
async def test_the_key_is_taken_in_both_spellings(key: str) -> None:
    async with api(FIVE, key=key) as client:
        assert (await client.page(Operation.LIST, 1, 10)).matched == 5


@pytest.mark.parametrize("status", [200, 400, 401])
async def test_a_wrong_key_is_refused_at_once_whatever_the_status(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    faults = Faults(status=status)
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.CRITICAL, logger="aiohttp.access")  # the fake's own
    async with api(FIVE, faults, key="geheim%2B1") as client:
        with pytest.raises(Refused) as caught:
            await client.page(Operation.LIST, 1, 10)
    assert "code -4" in str(caught.value)
    assert "geheim" not in str(caught.value) + caplog.text
    assert faults.calls == 0  # counted only behind the key


@pytest.mark.parametrize("fault", ["json-200", "json-500", "xml", "html", "cut", "busy"])
async def test_what_passes_is_asked_again(fault: Fault) -> None:
    faults = Faults(fail=fault, times=2)
    async with api(FIVE, faults) as client:
        assert (await client.page(Operation.LIST, 1, 10)).matched == 5
    assert faults.calls == 3


async def test_what_does_not_pass_is_given_up() -> None:
    faults = Faults(fail="html")
    async with api(FIVE, faults) as client:
        with pytest.raises(Passing, match="502"):
            await client.page(Operation.LIST, 1, 10)
    assert faults.calls == ATTEMPTS


async def test_the_daily_limit_ends_it_at_once() -> None:
    faults = Faults(daily=0)
    async with api(FIVE, faults) as client:
        with pytest.raises(DailyLimit):
            await client.page(Operation.LIST, 1, 10)
    assert faults.calls == 1


async def test_a_slow_api_and_none_at_all_are_passing_faults(free_port: int) -> None:
    async with (
        TestServer(create_app(FIVE, KEY, Faults(delay=5))) as server,
        aiohttp.ClientSession() as session,
    ):
        slow = Gov24(session, str(server.make_url("/api")), KEY, each=0.05, pause=0.01)
        with pytest.raises(Passing, match="제때"):
            await slow.page(Operation.LIST, 1, 10)
        none = Gov24(session, f"http://127.0.0.1:{free_port}/api", KEY, pause=0.01)
        with pytest.raises(Passing, match="이어지지"):
            await none.page(Operation.LIST, 1, 10)
        nonsense = Gov24(session, "http://[", KEY)
        with pytest.raises(Refused, match="SOTONG_GOV24_URL"):
            await nonsense.page(Operation.LIST, 1, 10)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, '{"code": -1, "msg": "x"}', Passing),
        (401, '{"code": "-401", "msg": "x"}', Refused),
        (500, '{"code": -9, "msg": "종료"}', Refused),
        (200, '{"code": -999}', Passing),
        (200, '{"code": -77}', Passing),
        (400, '{"code": -77}', Refused),
        (200, '{"code": 0, "msg": "정상"}', Unreadable),
        (200, '{"data": {}, "matchCount": 1}', Unreadable),
        (200, '{"data": []}', Unreadable),
        (200, "[1]", Unreadable),
        (200, "", Passing),
        (401, "Unauthorized", Refused),
        (404, "not found", Refused),
        (418, "teapot", Unreadable),
        (503, "", Passing),
        (200, "<html><body>점검 중</body></html>", Passing),
        (404, "<html></html>", Refused),
        (200, XML.format("SERVICE ERROR", "SERVICE_KEY_IS_NOT_REGISTERED_ERROR", "30"), Refused),
        (200, XML.format("DB_ERROR", "데이터베이스", "99"), Passing),
        (200, XML.format("", "", "22"), DailyLimit),
        (200, XML.format("", "", "5"), Passing),
        (200, XML.format("", "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR", "20"), DailyLimit),
        (200, XML.format("a", "b", "1")[:60], Passing),
        (200, '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + XML, Unreadable),
        (200, json.dumps({"OpenAPI_ServiceResponse": {"cmmMsgHeader": {"returnReasonCode": "31"}}}), Refused),
    ],
)  # fmt: skip
def test_every_no_is_understood(status: int, body: str, kind: type[Gov24Error]) -> None:
    with pytest.raises(kind):
        read(status, body.encode())


@pytest.mark.parametrize(
    ("body", "page"),
    [
        ('\ufeff {"matchCount": "7", "perPage": "2", "data": [{"a": 1}, 5, null]}', Page(({"a": 1},), 7, 2)),
        ('{"code": 0, "totalCount": 3, "data": null}', Page((), 3)),
        (XML.format("", "NODATA_ERROR", "03"), Page((), 0)),
        (XML.format("", "", "03"), Page((), 0)),
    ],
)
def test_pages_are_read_leniently(body: str, page: Page) -> None:
    assert read(200, body.encode()) == page


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["code", "data", "matchCount", "perPage", "msg", "OpenAPI_ServiceResponse", "cmmMsgHeader"]
            ),
            inner,
        )
    ),
)


@given(
    st.integers(100, 599),
    st.binary(max_size=60)
    | st.text(max_size=60).map(str.encode)
    | JSON.map(lambda x: json.dumps(x).encode()),
)
def test_nothing_else_ever_comes_of_a_body(status: int, body: bytes) -> None:
    try:
        page = read(status, body)
    except Gov24Error:
        return
    assert page.matched >= 0
    assert page.size is None or page.size > 0
