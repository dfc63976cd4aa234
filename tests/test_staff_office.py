"""Logging in at the office's own provider: who comes in, with which roles, and what is refused."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from aiohttp.test_utils import TestServer

from bot.staff.trail import Search
from demo.identity.app import create_app
from demo.identity.provider import CITIZENS, Registered
from tests.console_support import PASSWORD, World, world
from tests.identity_support import Liar, free_port, lying

ROLES = {"bot-admins": "administrator", "bot-editors": "editor"}
MINE = CITIZENS[0].sub


@dataclass
class Office:
    made: World
    theirs: Liar
    address: str

    async def log_in(self, sub: str = MINE, wanted: str = "/account") -> httpx.Response:
        """The whole way in a browser of its own; the answer of the page that it ends on."""
        async with httpx.AsyncClient(follow_redirects=False) as browser:
            return await self.through(browser, sub, wanted)

    async def through(
        self, browser: httpx.AsyncClient, sub: str = MINE, wanted: str = "/account"
    ) -> httpx.Response:
        going = await browser.get(f"{self.address}/login/office", params={"next": wanted})
        assert going.status_code == 303
        there = await browser.post(going.headers["Location"], data={"sub": sub})
        assert there.status_code == 303, there.text
        return await browser.get(there.headers["Location"])


@asynccontextmanager
async def office(folder: Path, **settings: object) -> AsyncIterator[Office]:
    port, theirs = free_port(), free_port()
    issuer, address = f"http://127.0.0.1:{theirs}", f"http://127.0.0.1:{port}"
    client = Registered("sotong-console", "office-secret", f"{address}/login/office/back")
    provider = Liar(issuer, client)
    app = lying(create_app(issuer, client, CITIZENS, time.time, provider), provider)
    values: dict[str, object] = {
        "staff_oidc_issuer": issuer,
        "staff_oidc_client_secret": "office-secret",
        "staff_oidc_roles": ROLES,
        "console_url": address,
        **settings,
    }
    async with (
        world(folder, **values) as made,
        TestServer(app, host="127.0.0.1", port=theirs),
        TestServer(made.app(), host="127.0.0.1", port=port),
    ):
        yield Office(made, provider, address)


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as opened:
        yield opened


class TestComingIn:
    async def test_somebody_new_with_the_roles_of_the_claims(self, at: Office) -> None:
        at.theirs.claim = {"roles": ["bot-admins", "something-else"], "preferred_username": "haneul"}
        async with httpx.AsyncClient(follow_redirects=False) as browser:
            answer = await at.through(browser, wanted="/account")
            assert answer.status_code == 200
            assert 'content="0;url=/account"' in answer.text
            page = await browser.get(f"{at.address}/account")
            assert "기관 계정으로 로그인해요" in page.text
            cookies = {each.name: each for each in browser.cookies.jar}
            assert cookies["sotong_console"].get_nonstandard_attr("SameSite") == "Strict"
        account = await at.made.accounts.find("haneul")
        assert account
        assert (account.name, account.roles, account.external) == ("김하늘", {"administrator"}, True)
        assert (await at.made.accounts.verify("haneul", PASSWORD)) is None

    async def test_the_next_time_it_is_the_same_person_with_the_roles_of_then(self, at: Office) -> None:
        await at.made.hire("boss", "박바다", PASSWORD, ("administrator",))
        for roles in (["bot-admins"], "bot-editors bot-admins", ["bot-editors"]):
            at.theirs.claim = {"roles": roles, "preferred_username": "haneul"}
            assert (await at.log_in()).status_code == 200
        people = await at.made.accounts.all()
        assert len(people) == 2
        account = await at.made.accounts.find("haneul")
        assert account
        assert account.roles == {"editor"}

    async def test_the_last_administrator_stays_one(self, at: Office) -> None:
        for roles in (["bot-admins"], ["bot-editors"]):
            at.theirs.claim = {"roles": roles, "preferred_username": "haneul"}
            assert (await at.log_in()).status_code == 200
        account = await at.made.accounts.find("haneul")
        assert account
        assert account.roles == {"editor", "administrator"}

    async def test_a_taken_login_is_not_taken_over(self, at: Office) -> None:
        await at.made.hire("haneul", "박바다", PASSWORD, ("administrator",))
        at.theirs.claim = {"roles": ["bot-editors"], "preferred_username": "haneul"}
        assert (await at.log_in()).status_code == 200
        own, theirs = [await at.made.accounts.find(each) for each in ("haneul", "haneul-2")]
        assert own
        assert theirs
        assert (own.roles, theirs.roles) == ({"administrator"}, {"editor"})

    async def test_departments_of_a_claim(self, tmp_path: Path) -> None:
        async with office(tmp_path, staff_oidc_departments_claim="dept") as at:
            at.theirs.claim = {"roles": "bot-editors", "dept": ["tax"], "preferred_username": "haneul"}
            assert (await at.log_in()).status_code == 200
            account = await at.made.accounts.find("haneul")
            assert account
            assert account.departments == {"tax"}

    async def test_without_a_mapping_roles_are_given_in_the_console(self, tmp_path: Path) -> None:
        async with office(tmp_path, staff_oidc_roles={}) as at:
            assert (await at.log_in()).status_code == 200
            [account] = await at.made.accounts.all()
            assert account.roles == set()
            await at.made.accounts.appoint(account.id, ("viewer",), ())
            assert (await at.log_in()).status_code == 200
            [account] = await at.made.accounts.all()
            assert account.roles == {"viewer"}


class TestRefused:
    async def test_without_a_role_here(self, at: Office) -> None:
        at.theirs.claim = {"roles": ["something-else"]}
        answer = await at.log_in()
        assert answer.status_code == 403
        assert "맡은 역할이 없어요" in answer.text
        assert await at.made.accounts.all() == []

    async def test_who_has_left(self, at: Office) -> None:
        await at.made.hire("boss", "박바다", PASSWORD, ("administrator",))
        at.theirs.claim = {"roles": ["bot-editors"], "preferred_username": "haneul"}
        await at.log_in()
        await at.made.accounts.activate(2, False)
        answer = await at.log_in()
        assert answer.status_code == 403
        assert "sotong_console" not in answer.cookies

    @pytest.mark.parametrize(
        "lie",
        [{"nonce": "other"}, {"aud": "other"}, {"iss": "http://evil.example"}, {"exp": 1}, {"sub": None}],
        ids=["nonce", "audience", "issuer", "expired", "nobody"],
    )
    async def test_a_token_that_proves_nothing(self, at: Office, lie: dict[str, object]) -> None:
        at.theirs.claim = {"roles": ["bot-admins"], **lie}
        answer = await at.log_in()
        assert answer.status_code == 401
        assert "로그인하지 못했어요" in answer.text
        assert await at.made.accounts.all() == []
        [noted, *_] = await at.made.staff.trail.find(Search(), before=None, limit=5)
        assert noted.action == "login_refused"

    async def test_an_answer_in_another_browser_or_twice(self, at: Office) -> None:
        at.theirs.claim = {"roles": ["bot-admins"]}
        async with httpx.AsyncClient() as mine, httpx.AsyncClient() as other:
            going = await mine.get(f"{at.address}/login/office")
            there = await mine.post(going.headers["Location"], data={"sub": MINE})
            back = there.headers["Location"]
            assert (await other.get(back)).status_code == 401
            assert (await mine.get(back)).status_code == 401  # the state is used up

    async def test_a_no_at_the_provider(self, at: Office) -> None:
        assert (await at.log_in(sub="nobody")).status_code == 401

    async def test_a_provider_that_is_away(self, at: Office) -> None:
        at.theirs.status = {"/.well-known/openid-configuration": 500}
        async with httpx.AsyncClient() as browser:
            answer = await browser.get(f"{at.address}/login/office")
            assert answer.status_code == 503
            assert "답하지 않아요" in answer.text

    async def test_only_where_it_is_set_up(self, tmp_path: Path) -> None:
        async with world(tmp_path) as made, TestServer(made.app()) as server, httpx.AsyncClient() as browser:
            base = f"http://127.0.0.1:{server.port}"
            assert "/login/office" not in (await browser.get(f"{base}/login")).text
            assert (await browser.get(f"{base}/login/office")).status_code == 404
