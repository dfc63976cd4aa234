"""A citizen logs in, from the chat's link to the chat's confirmation; and others try to."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio

from bot.identity.identities import Level
from bot.settings import Settings
from demo.identity.provider import CITIZENS
from tests.identity_support import KEY, Browser, Town, everything_in, town

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def whole(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> AsyncIterator[Town]:
    settings = Settings(_env_file=None, var_dir=tmp_path_factory.mktemp("town"), redis_url=redis_url)
    async with town(settings) as running:
        yield running


@pytest.fixture
def place(whole: Town) -> Town:
    return whole.for_somebody_else()


@pytest_asyncio.fixture(loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with Browser() as one:
        yield one


async def test_from_the_link_to_the_chat(place: Town, browser: Browser) -> None:
    link = await place.link(then='/use_service{"service":"tax"}', about="지방세 얼마예요? 김하늘이에요")
    status, page = await browser.open(link)
    assert status == 200
    assert "라인" in page
    assert "지방세 얼마예요? 김하…" in page
    address = await browser.leave(link)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == f"{place.settings.address}/in/callback"
    assert "prompt" not in asked
    status, page = await browser.open(await browser.log_in(address))
    assert status == 200
    assert "채팅으로 돌아가세요" in page
    who = await place.who()
    assert who
    assert (who.sub, who.name, who.level) == ("hanbit-1", "김○○", Level.LOGIN)
    assert len(who.subject) == 32
    (said,) = [line for line in await place.told() if "확인" in line]
    assert "김○○" in said
    assert "[이어서 하기]" in said


async def test_nothing_of_the_person_is_written_down(place: Town, browser: Browser) -> None:
    assert (await browser.whole_way(await place.link()))[0] == 200
    await place.told()
    with sqlite3.connect(place.settings.database.partition("///")[2]) as log:
        dump = "\n".join(log.iterdump())
    kept = await everything_in(place.personal.box._redis)
    assert "sotong:identity:" in kept
    assert place.key not in kept
    for hidden in ("hanbit-1", "김하늘"):
        assert hidden not in kept
        assert hidden not in dump


async def test_a_link_works_once_and_previews_do_not_use_it_up(place: Town, browser: Browser) -> None:
    link = await place.link()
    async with Browser() as preview:
        for _ in range(3):
            assert (await preview.open(link))[0] == 200
    assert (await browser.whole_way(link))[0] == 200
    assert (await browser.open(link))[0] == 410
    assert (await browser.press(link))[0] in (403, 410)


async def test_of_two_who_press_at_once_one_gets_on(place: Town) -> None:
    link = await place.link()
    async with Browser() as one, Browser() as other:
        await one.open(link)
        await other.open(link)
        answers = await asyncio.gather(one.press(link), other.press(link))
    assert sorted(status for status, _ in answers) == [200, 410]


async def test_a_callback_in_another_browser_binds_nothing(place: Town, browser: Browser) -> None:
    """Login CSRF: somebody else's answer of the provider, sent to a citizen to open."""
    back = await browser.log_in(await browser.leave(await place.link()))
    async with Browser() as victim:
        assert (await victim.open(back))[0] == 400
        await victim.open(await place.link())  # even one that has a cookie of ours
        assert (await victim.open(back))[0] == 400
    assert await place.who() is None
    assert (await browser.open(back))[0] == 200  # and the right one was not used up by it


async def test_an_answer_of_the_provider_counts_once(place: Town, browser: Browser) -> None:
    link = await place.link()
    back = await browser.log_in(await browser.leave(link))
    assert (await browser.open(back))[0] == 200
    await place.personal.identities.logout(place.key)
    assert (await browser.open(back))[0] == 400
    assert await place.who() is None


async def test_a_code_of_another_login_is_refused(place: Town, browser: Browser) -> None:
    """Code injection: the nonce and PKCE tie a code to the login that asked for it."""
    first = await browser.log_in(await browser.leave(await place.link()), "hanbit-2")
    second = await browser.log_in(await browser.leave(await place.link()))
    code = parse_qs(urlsplit(first).query)["code"][0]
    own = parse_qs(urlsplit(second).query)["code"][0]
    assert (await browser.open(second.replace(own, code)))[0] == 403
    assert await place.who() is None


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("iss=", "xss="),
        lambda url: url.replace("iss=http", "iss=https"),
        lambda url: url + "&code=second",
        lambda url: url + "&state=second",
        lambda url: url.replace("state=", "state=x"),
        lambda url: url.replace("code=", "kode="),
        lambda url: url.partition("?")[0],
        lambda url: url + "&error=server_error",
    ],
)
async def test_a_changed_answer_binds_nothing(change, place: Town, browser: Browser) -> None:  # type: ignore[no-untyped-def]
    back = await browser.log_in(await browser.leave(await place.link()))
    status, page = await browser.open(change(back))
    assert status in (400, 403)
    assert "로그인" in page
    assert await place.who() is None


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"}, {"Origin": "https://evil.example"}],
)
async def test_no_other_site_presses_the_button(
    headers: dict[str, str], place: Town, browser: Browser
) -> None:
    link = await place.link()
    await browser.open(link)
    assert (await browser.press(link, **headers))[0] == 403
    async with Browser() as stranger:  # whose browser never saw the page
        assert (await stranger.press(link))[0] == 403
    assert (await browser.press(link))[0] == 200


async def test_the_pages_cannot_be_framed_and_tell_nobody_their_address(
    place: Town, browser: Browser
) -> None:
    headers = await browser.headers(await place.link())
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    cookie = headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/in"))


async def test_whoever_changes_their_mind_is_told_how_to_begin_again(place: Town, browser: Browser) -> None:
    status, page = await browser.whole_way(await place.link(), sub="")
    assert status == 400
    assert "로그인하지 않았어요" in page
    assert await place.who() is None


async def test_another_person_gets_nothing_of_the_one_before(place: Town, browser: Browser) -> None:
    await browser.whole_way(await place.link())
    token = await place.personal.vault.put(place.key, "mobile", "010-1234-5678")
    await browser.whole_way(await place.link())
    assert await place.personal.vault.open(place.key, token) == "010-1234-5678"
    await browser.whole_way(await place.link(), CITIZENS[1].sub)
    who = await place.who()
    assert who
    assert who.name == "이○○"
    assert await place.personal.vault.open(place.key, token) is None


async def test_another_chat_is_not_logged_in(place: Town, browser: Browser) -> None:
    await browser.whole_way(await place.link())
    assert await place.who("line:Usomeone") is None
    assert await place.who(place.key.replace("line", "telegram")) is None


async def test_erasing_ends_everything(place: Town, browser: Browser) -> None:
    await browser.whole_way(await place.link())
    link, begun = await place.link(), await browser.leave(await place.link())
    await place.personal.forget(place.key)
    assert await place.who() is None
    assert (await browser.open(link))[0] == 410
    assert (await browser.open(await browser.log_in(begun)))[0] == 400
    assert await place.who() is None


async def test_an_erased_chat_is_not_logged_in(place: Town, browser: Browser) -> None:
    link = await place.personal.links.make("line:Unobody")
    assert link
    status, page = await browser.whole_way(link)
    assert status == 410
    assert "대화" in page
    assert await place.who("line:Unobody") is None


async def test_a_provider_that_is_away_costs_no_link(settings: Settings, browser: Browser) -> None:
    async with town(settings) as place:
        link = await place.link()
        place.provider.status["/.well-known/openid-configuration"] = 503
        await browser.open(link)
        status, page = await browser.press(link)
        assert status == 503
        assert "tel:" in page
        place.provider.status.clear()
        assert (await browser.whole_way(link))[0] == 200


async def test_nobody_is_sent_to_a_login_that_is_not_there(settings: Settings) -> None:
    async with town(settings, oidc_issuer="", city_api_url="http://127.0.0.1:9") as place:
        assert await place.personal.links.make(KEY) is None
    async with town(settings, oidc_acr="") as place:
        assert await place.personal.links.make(KEY) is not None
        assert await place.personal.links.make(KEY, Level.STRONG) is None


async def test_an_answer_that_proves_nothing_is_explained(place: Town, browser: Browser) -> None:
    place.provider.claim = {"aud": "another-client"}
    status, page = await browser.whole_way(await place.link(Level.STRONG))
    assert status == 403
    assert "본인 확인이 되지 않았어요" in page
    assert "tel:" in page
    place.provider.claim = {}
    place.provider.status["/token"] = 500
    assert (await browser.whole_way(await place.link()))[0] == 503
    assert await place.who() is None
