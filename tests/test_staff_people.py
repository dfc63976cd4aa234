"""Administrators and their people: inviting, roles, locking, and what never happens to the last of them."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.staff.accounts import LastAdministrator
from bot.staff.trail import Search
from tests.console_support import PASSWORD, Client, World, csrf, log_in, text, world
from tests.staff_support import browser, person


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as opened:
        yield opened


@pytest.fixture
async def admin(made: World) -> AsyncIterator[Client]:
    async with person(made, "boss", "administrator", name="박바다") as client:
        yield client


async def send(client: Client, path: str, **fields: object) -> tuple[int, str]:
    data = {"csrf": csrf(await text(client, "/account")), **fields}
    response = await client.post(path, data=data)
    return response.status, await response.text()


async def actions(made: World) -> list[tuple[str, str]]:
    return [(row.action, row.target) for row in await made.staff.trail.find(Search(), before=None, limit=50)]


class TestInviting:
    async def test_an_invited_person_comes_in_and_edits_their_department(
        self, made: World, admin: Client
    ) -> None:
        status, page = await send(
            admin, "/people/new", login="kim", name="김하늘", role="editor", department="tax"
        )
        assert status == 200
        once = re.search(r'class="key">([a-z2-9-]+)<', page)
        assert once
        assert once[1] not in await text(admin, "/people/2")  # shown once
        account = await made.accounts.find("kim")
        assert account
        assert (account.roles, account.departments) == ({"editor"}, {"tax"})
        async with browser(made) as client:
            response = await log_in(client, "kim", once[1])
            assert response.status == 303
            assert (await client.get("/people")).url.path == "/password"
        [entry] = await made.staff.trail.find(Search(action="person_invited"), before=None, limit=9)
        assert {each.field: each.after for each in entry.changes}["departments"] == ["tax"]

    @pytest.mark.parametrize(
        ("fields", "why"),
        [
            ({"login": "", "name": "김하늘", "role": "viewer"}, "아이디를 적어 주세요"),
            ({"login": "kim", "name": " ", "role": "viewer"}, "이름을 적어 주세요"),
            ({"login": "kim", "name": "김하늘"}, "역할을 하나 이상"),
            ({"login": "kim", "name": "김하늘", "role": "king"}, "역할을 하나 이상"),
            ({"login": "kim", "name": "김하늘", "role": "editor"}, "부서를 골라"),
            ({"login": "kim", "name": "김하늘", "role": "editor", "department": "moon"}, "부서를 골라"),
        ],
    )
    async def test_what_is_missing_is_said_and_nothing_typed_is_lost(
        self, made: World, admin: Client, fields: dict[str, str], why: str
    ) -> None:
        status, page = await send(admin, "/people/new", **fields)
        assert status == 400
        assert why in page
        assert f'value="{fields["login"]}"' in page
        assert len(await made.accounts.all()) == 1

    async def test_an_invitation_sent_twice_makes_one_person(self, made: World, admin: Client) -> None:
        fields = {"login": "kim", "name": "김하늘", "role": "viewer"}
        token = csrf(await text(admin, "/account"))
        await admin.post("/people/new", data={"csrf": token, **fields}, allow_redirects=False)
        status, page = await send(admin, "/people/new", **fields)
        assert status == 409
        assert 'href="/people/2"' in page
        assert "일회용 비밀번호:" in await text(
            admin, "/people/2"
        )  # the first answer got lost; this still shows it


class TestChanging:
    async def test_roles_and_name_with_before_and_after(self, made: World, admin: Client) -> None:
        await made.hire("kim", "김하늘", PASSWORD, ("viewer",), ())
        status, page = await send(admin, "/people/2", name="김바람", role=["viewer", "editor"], reach="all")
        assert status == 200
        assert "저장했어요" in page
        account = await made.accounts.get(2)
        assert account
        assert (account.name, account.roles, account.departments) == ("김바람", {"viewer", "editor"}, {"*"})
        [entry] = await made.staff.trail.find(Search(action="person_changed"), before=None, limit=9)
        changed = {each.field: (each.before, each.after) for each in entry.changes}
        assert changed == {
            "name": ("김하늘", "김바람"),
            "roles": (["viewer"], ["editor", "viewer"]),
            "departments": ([], ["*"]),
        }
        log = await text(admin, "/audit?q=김바람")
        assert "역할·부서 변경" in log
        assert "김하늘" in log

    async def test_locked_means_out_at_once_and_until_unlocked(self, made: World, admin: Client) -> None:
        async with person(made, "kim", "viewer") as client:
            assert (await send(admin, "/people/2/lock"))[0] == 200
            assert (await client.get("/", allow_redirects=False)).status == 303
            made.clock.pass_(days=400)
            assert (await log_in(client, "kim", PASSWORD)).status == 401
        async with browser(made) as boss, browser(made) as client:
            await log_in(boss, "boss", PASSWORD)
            assert (await send(boss, "/people/2/unlock"))[0] == 200
            assert (await log_in(client, "kim", PASSWORD)).status == 303

    async def test_a_forgotten_password(self, made: World, admin: Client) -> None:
        async with person(made, "kim", "viewer") as client:
            _, page = await send(admin, "/people/2/password")
            once = re.search(r'class="key">([a-z2-9-]+)<', page)
            assert once
            assert (await client.get("/", allow_redirects=False)).status == 303
            assert (await log_in(client, "kim", PASSWORD)).status == 401
            assert (await log_in(client, "kim", once[1])).status == 303

    async def test_who_leaves_stays_in_the_records(self, made: World, admin: Client) -> None:
        async with person(made, "kim", "viewer") as client:
            assert (await send(admin, "/people/2/leave"))[0] == 200
            assert (await client.get("/", allow_redirects=False)).status == 303
            assert (await log_in(client, "kim", PASSWORD)).status == 401
            assert "사용 중지" in await text(admin, "/people")
            assert (await send(admin, "/people/2/back"))[0] == 200
            assert (await log_in(client, "kim", PASSWORD)).status == 303
        assert [row for row in await actions(made) if row[1] == "person:2"][:2] == [
            ("person_back", "person:2"),
            ("person_left", "person:2"),
        ]

    @pytest.mark.parametrize("what", ["lock", "leave", "password", "factor", "logout"])
    async def test_not_to_oneself(self, made: World, admin: Client, what: str) -> None:
        status, page = await send(admin, f"/people/1/{what}")
        assert status == 409
        assert "자기 계정" in page

    async def test_nobody_there(self, admin: Client) -> None:
        assert (await admin.get("/people/99")).status == 404


class TestLastAdministrator:
    async def test_stays_administrator(self, made: World, admin: Client) -> None:
        status, page = await send(admin, "/people/1", name="박바다", role="viewer")
        assert status == 400
        assert "마지막 관리자" in page
        account = await made.accounts.get(1)
        assert account
        assert account.roles == {"administrator"}

    async def test_neither_locked_nor_gone(self, made: World) -> None:
        boss = await made.hire("boss", "박바다", PASSWORD, ("administrator",))
        other = await made.hire("other", "김하늘", PASSWORD, ("administrator",))
        await made.accounts.lock(other, True)  # a locked one does not count
        for refused in (
            made.accounts.lock(boss, True),
            made.accounts.activate(boss, False),
            made.accounts.appoint(boss, ("viewer",), ()),
        ):
            with pytest.raises(LastAdministrator):
                await refused
