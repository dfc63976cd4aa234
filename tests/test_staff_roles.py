"""Who may do what, on the table and on every page."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console.guard import NEEDED, OPEN
from bot.staff.roles import ALL, MAY, Permission, Role, allowed, may
from tests.console_support import World, csrf, text, world
from tests.staff_support import person

OWN_PAGES = ("/account", "/password", "/logout", "/session")
"""Everybody's, whatever they may do."""


@dataclass(frozen=True)
class Somebody:
    roles: frozenset[str]
    departments: frozenset[str] = frozenset()


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as opened:
        yield opened


class TestTable:
    @given(
        st.frozensets(st.sampled_from(list(Role))), st.frozensets(st.sampled_from(["tax", "parking", ALL]))
    )
    def test_more_roles_never_take_anything_away(
        self, roles: frozenset[Role], departments: frozenset[str]
    ) -> None:
        both = Somebody(frozenset(map(str, roles)), departments)
        for role in roles:
            one = Somebody(frozenset({str(role)}), departments)
            for permission in MAY[role]:
                for department in (None, "tax"):
                    assert may(both, permission, department) or not may(one, permission, department)

    def test_an_editor_edits_and_publishes_own_departments(self) -> None:
        editor = Somebody(frozenset({"editor"}), frozenset({"tax"}))
        permissions: tuple[Permission, ...] = ("edit", "publish")
        for permission in permissions:
            assert may(editor, permission)
            assert may(editor, permission, "tax")
            assert not may(editor, permission, "parking")
        assert may(Somebody(frozenset({"editor"}), frozenset({ALL})), "edit", "parking")
        assert not may(Somebody(frozenset({"editor"})), "edit")

    def test_only_an_approver_overrules(self) -> None:
        assert allowed("overrule") == (Role.APPROVER,)
        assert not may(Somebody(frozenset({"administrator"})), "overrule")

    def test_nobody_without_a_role_may_anything(self) -> None:
        assert not any(may(Somebody(frozenset()), permission) for role in Role for permission in MAY[role])

    def test_a_permission_that_does_not_exist_is_a_mistake(self) -> None:
        with pytest.raises(ValueError, match="fly"):
            may(Somebody(frozenset({"viewer"})), "fly")  # type: ignore[arg-type]


class TestPages:
    async def test_every_page_asks_for_a_permission(self, made: World) -> None:
        free = [
            f"{route.method} {route.resource.canonical}"
            for route in made.app().router.routes()
            if route.resource is not None
            and not route.resource.canonical.startswith((*OPEN, *OWN_PAGES, "/static"))
            and not hasattr(route.handler, NEEDED)
        ]
        assert free == []

    async def test_a_viewer_watches_and_does_not_step_in(self, made: World) -> None:
        number = await made.ask("상담원 연결해줘")
        async with person(made, "viewer", "viewer") as client:
            page = await text(client, f"/conversations/{number}")
            assert "상담원 연결해줘" in page
            assert "/claim" not in page
            token = csrf(await text(client, "/account"))
            response = await client.post(f"/conversations/{number}/claim", data={"csrf": token})
            assert response.status == 403
            assert await made.desk.state(number) == "bot"

    async def test_who_may_not_see_a_page_learns_whom_to_ask(self, made: World) -> None:
        await made.hire("boss", "박바다", "노란 우산을 쓴 고양이", ("administrator",))
        async with person(made, "editor", "editor") as client:
            response = await client.get("/people")
            page = await response.text()
            assert response.status == 403
            assert "박바다" in page
            assert "관리자" in page
            json = await client.get("/people", headers={"Accept": "application/json"})
            assert (json.status, "역할" in (await json.json())["error"]) == (403, True)

    async def test_the_menu_shows_only_what_one_may_open(self, made: World) -> None:
        async with person(made, "editor", "editor") as client:
            page = await text(client, "/account")
            assert 'href="/people"' not in page
            assert 'href="/reports"' not in page
        async with person(made, "admin2", "administrator") as client:
            page = await text(client, "/people")
            assert 'href="/people"' in page
            assert 'href="/audit"' in page

    async def test_the_front_page_of_somebody_who_does_not_watch(self, made: World) -> None:
        async with person(made, "nobody") as client:
            response = await client.get("/")
            assert response.status == 200
            assert response.url.path == "/account"
            assert "아직 없어요" in await response.text()

    async def test_a_role_given_or_taken_holds_at_once(self, made: World) -> None:
        async with person(made, "haneul", "viewer") as client:
            assert (await client.get("/people")).status == 403
            await made.accounts.appoint(1, ("administrator",), ())
            assert (await client.get("/people")).status == 200
