"""The people of the console: who they are, what they may do, and letting them in or out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import WHO, needs
from bot.console.role_names import PERMISSION_NAMES, ROLE_NAMES
from bot.console.words import N_, told, words
from bot.identity.box import NotKept
from bot.staff.accounts import FOR_GOOD, Account, AccountError
from bot.staff.build import Staff
from bot.staff.roles import ALL, MAY, Role
from bot.staff.sessions import LoggedIn, SessionsAway

_ONCE_LASTS = 3600
"""Seconds in which a one-time password can be looked at, once."""
_NOTICES = {
    "invited": N_("초대했어요. 아래의 일회용 비밀번호를 본인에게만 알려 주세요."),
    "changed": N_("저장했어요. 바로 적용돼요."),
    "same": N_("바뀐 것이 없어요."),
    "lock": N_("잠갔어요. 풀어 줄 때까지 로그인할 수 없어요."),
    "unlock": N_("잠금을 풀었어요."),
    "password": N_("비밀번호를 다시 정했어요. 아래의 일회용 비밀번호를 본인에게만 알려 주세요."),
    "factor": N_("2단계 인증을 풀었어요. 본인에게 다시 켜 달라고 해 주세요."),
    "logout": N_("모든 기기에서 로그아웃시켰어요."),
    "leave": N_("이제 로그인할 수 없어요. 한 일의 기록은 그대로 남아요."),
    "back": N_("다시 쓸 수 있어요."),
}
_SELF = N_("자기 계정에는 할 수 없어요. ‘내 계정’에서 하거나 다른 관리자에게 부탁해 주세요.")


class PeoplePages:
    """For administrators."""

    def __init__(
        self, staff: Staff, departments: Callable[[], Mapping[str, str]], clock: Callable[[], datetime]
    ) -> None:
        self._staff = staff
        self._departments = departments
        self._clock = clock
        self._acts: Mapping[str, tuple[str, Callable[[int], Awaitable[object]]]] = {
            "lock": ("person_locked", self._lock),
            "unlock": ("person_unlocked", lambda id_: staff.accounts.lock(id_, False)),
            "factor": ("factor_reset", staff.factors.end),
            "logout": ("logged_out", staff.sessions.close_all),
            "leave": ("person_left", self._leave),
            "back": ("person_back", lambda id_: staff.accounts.activate(id_, True)),
        }

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        one = r"/people/{id:\d{1,15}}"
        return [
            web.get("/people", self.index),
            web.get("/people/new", self.invitation),
            web.post("/people/new", self.invite),
            web.get(one, self.person),
            web.post(one, self.change),
            web.post(one + "/password", self.reset_password),
            web.post(one + "/{what:lock|unlock|factor|logout|leave|back}", self.act),
        ]

    @needs("people")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """Everybody, and what the roles mean."""
        wanted = " ".join(request.query.get("q", "").split())[:80].lower()
        role = request.query.get("role", "")
        asked = {role} & set(ROLE_NAMES)
        people = [
            each
            for each in await self._staff.accounts.all()
            if wanted in f"{each.name} {each.login}".lower() and asked <= each.roles
        ]
        context = {"people": people, "wanted": wanted, "role": role, "table": self._table(), **self._common()}
        return aiohttp_jinja2.render_template("people.html", request, context)

    @needs("people")
    async def invitation(self, request: web.Request) -> web.StreamResponse:
        """The form for somebody new."""
        given = {"login": "", "name": "", "roles": set(), "departments": set()}
        return self._form(request, "person_new.html", given, {})

    @needs("people")
    async def invite(self, request: web.Request) -> web.StreamResponse:
        """Make the account; the one-time password is shown once on the person's page."""
        given = await self._given(request)
        login, name, roles, departments = (given[key] for key in ("login", "name", "roles", "departments"))
        if errors := self._errors(request, given, new=True):
            if there := await self._staff.accounts.find(login):
                given["there"] = there.id
            return self._form(request, "person_new.html", given, errors, status=400)
        try:
            password = await self._staff.accounts.create(login, name, roles, departments)
        except AccountError as error:
            # A form that was sent twice comes here: the person is there, and so is the password to show.
            there = await self._staff.accounts.find(login)
            given["there"] = there.id if there else 0
            return self._form(request, "person_new.html", given, {"login": str(error)}, status=409)
        account = await self._staff.accounts.find(login)
        if account is None:
            raise LookupError("an account that was just made is gone")
        await self._note(request, "person_invited", None, account)
        await self._show_once(request[WHO], account.id, password)
        raise web.HTTPSeeOther(f"/people/{account.id}?notice=invited")

    @needs("people")
    async def person(self, request: web.Request) -> web.StreamResponse:
        """One person, and what can be done about their account."""
        account = await self._account(request)
        given = {"name": account.name, "roles": account.roles, "departments": account.departments}
        return await self._person_page(request, account, given, {})

    @needs("people")
    async def change(self, request: web.Request) -> web.StreamResponse:
        """New name, roles or departments. They hold from the person's next click on."""
        account, given = await self._account(request), await self._given(request)
        errors = self._errors(request, given, new=False)
        if not errors:
            try:
                if given["name"] != account.name:
                    await self._staff.accounts.rename(account.id, given["name"])
                if (given["roles"], given["departments"]) != (account.roles, account.departments):
                    await self._staff.accounts.appoint(account.id, given["roles"], given["departments"])
            except AccountError as error:
                errors = {"roles": str(error)}
        if errors:
            return await self._person_page(request, account, given, errors, status=400)
        after = await self._account(request)
        if after == account:
            raise web.HTTPSeeOther(f"/people/{account.id}?notice=same")
        await self._note(request, "person_changed", account, after)
        raise web.HTTPSeeOther(f"/people/{account.id}?notice=changed")

    @needs("people")
    async def reset_password(self, request: web.Request) -> web.StreamResponse:
        """A one-time password for somebody who forgot theirs; they are logged out everywhere."""
        account = await self._another(request)
        password = await self._staff.accounts.reset_password(account.id)
        await self._staff.sessions.close_all(account.id)
        await self._note(request, "password_reset", None, account, changed=False)
        await self._show_once(request[WHO], account.id, password)
        raise web.HTTPSeeOther(f"/people/{account.id}?notice=password")

    @needs("people")
    async def act(self, request: web.Request) -> web.StreamResponse:
        """Lock or unlock, take the second factor away, log out, take the access away or give it back."""
        account, what = await self._another(request), request.match_info["what"]
        action, do = self._acts[what]
        try:
            await do(account.id)
        except AccountError as error:
            raise web.HTTPConflict(text=str(error)) from error
        await self._note(request, action, account, await self._account(request))
        raise web.HTTPSeeOther(f"/people/{account.id}?notice={what}")

    async def _lock(self, id_: int) -> None:
        await self._staff.accounts.lock(id_, True)
        await self._staff.sessions.close_all(id_)

    async def _leave(self, id_: int) -> None:
        await self._staff.accounts.activate(id_, False)
        await self._staff.sessions.close_all(id_)

    async def _account(self, request: web.Request) -> Account:
        account = await self._staff.accounts.get(int(request.match_info["id"]))
        if account is None:
            raise web.HTTPNotFound
        return account

    async def _another(self, request: web.Request) -> Account:
        account = await self._account(request)
        if account.id == request[WHO].operator_id:
            raise web.HTTPConflict(text=told(request, _SELF))
        return account

    async def _given(self, request: web.Request) -> dict[str, Any]:
        """What the form holds. Departments are an editor's only."""
        form = await request.post()
        roles = frozenset(str(each) for each in form.getall("role", []))
        everywhere = form.get("reach") == "all"
        chosen = {str(each) for each in form.getall("department", [])} & set(self._departments())
        departments = frozenset({ALL} if everywhere else chosen) if Role.EDITOR in roles else frozenset()
        return {
            "login": str(form.get("login", "")).strip(),
            "name": str(form.get("name", "")).strip(),
            "roles": roles & set(ROLE_NAMES),
            "departments": departments,
        }

    def _errors(self, request: web.Request, given: Mapping[str, Any], *, new: bool) -> dict[str, str]:
        _, errors = words(request), {}
        if not given["name"]:
            errors["name"] = _("이름을 적어 주세요.")
        if new and not given["login"]:
            errors["login"] = _("아이디를 적어 주세요.")
        if new and not given["roles"]:
            errors["roles"] = _("역할을 하나 이상 골라 주세요.")
        if Role.EDITOR in given["roles"] and not given["departments"]:
            errors["departments"] = _("편집자가 고칠 부서를 골라 주세요.")
        return errors

    async def _person_page(
        self,
        request: web.Request,
        account: Account,
        given: Mapping[str, Any],
        errors: dict[str, str],
        status: int = 200,
    ) -> web.StreamResponse:
        context = {
            "account": account,
            "devices": len(await self._staff.sessions.devices(account.id)),
            "once": await self._staff.box.take(_once(request[WHO], account.id)),
            "notice": _NOTICES.get(request.query.get("notice", ""), ""),
            "mine": account.id == request[WHO].operator_id,
        }
        return self._form(request, "person.html", {**given, "login": account.login}, errors, status, context)

    def _form(
        self,
        request: web.Request,
        template: str,
        given: Mapping[str, Any],
        errors: dict[str, str],
        status: int = 200,
        more: Mapping[str, Any] | None = None,
    ) -> web.StreamResponse:
        context = {"given": given, "errors": errors, **self._common(), **(more or {})}
        return aiohttp_jinja2.render_template(template, request, context, status=status)

    def _common(self) -> dict[str, Any]:
        return {
            "department_names": self._departments(),
            "MAY_WORDS": {
                role: [name for each, name in PERMISSION_NAMES.items() if each in MAY[role]] for role in Role
            },
            "FOR_GOOD": FOR_GOOD,
            "ALL": ALL,
            "now": self._clock(),
        }

    def _table(self) -> list[tuple[str, list[bool]]]:
        """Permission → for each role whether it has it: the table of `bot.staff.roles` as people read it."""
        return [(name, [each in MAY[role] for role in Role]) for each, name in PERMISSION_NAMES.items()]

    async def _show_once(self, who: LoggedIn, id_: int, password: str) -> None:
        try:
            await self._staff.box.put(_once(who, id_), password, "staff", _ONCE_LASTS)
        except NotKept as error:
            raise SessionsAway(str(error)) from error

    async def _note(
        self,
        request: web.Request,
        action: str,
        before: Account | None,
        after: Account,
        *,
        changed: bool = True,
    ) -> None:
        await self._staff.audit.note(
            request[WHO].operator_id,
            action,
            f"person:{after.id}",
            after.login,
            before=before.noted() if before else None,
            after=after.noted() if changed else None,
        )


def _once(who: LoggedIn, id_: int) -> str:
    """Where a one-time password waits for the administrator who made it."""
    return f"staff-once:{who.operator_id}:{id_}"
