"""What people do about their own account: password, second factor, and where they are logged in."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp_jinja2
import segno
from aiohttp import web

from bot.console.browsers import browser_name
from bot.console.cookies import SESSION, set_cookie
from bot.console.guard import WHO
from bot.console.role_names import PERMISSION_NAMES
from bot.console.words import N_, words
from bot.identity.box import NotKept
from bot.staff.accounts import AccountError
from bot.staff.audit import ADDRESS
from bot.staff.build import Staff
from bot.staff.passwords import SHORTEST
from bot.staff.roles import may
from bot.staff.sessions import LoggedIn, SessionsAway

_FACTOR_LASTS = 900
"""Seconds to put the secret into the app."""
_NOTICES = {
    "password": N_("비밀번호를 바꿨어요. 다른 기기에서는 로그아웃했어요."),
    "device": N_("그 기기에서 로그아웃했어요."),
    "others": N_("다른 기기에서 모두 로그아웃했어요."),
    "factor": N_("2단계 인증을 껐어요."),
    "late": N_("시간이 지났어요. 처음부터 다시 해 주세요."),
    "wrong": N_("코드가 맞지 않아서 바꾸지 않았어요."),
}


class AccountPages:
    """Everything a person does about their own account."""

    def __init__(self, staff: Staff, departments: Callable[[], Mapping[str, str]]) -> None:
        self._staff = staff
        self._departments = departments

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/account", self.account),
            web.get("/password", self.password_form),
            web.post("/password", self.change_password),
            web.get("/account/factor", self.factor_form),
            web.post("/account/factor", self.add_factor),
            web.get("/account/factor.svg", self.picture),
            web.post("/account/factor/end", self.end_factor),
            web.post("/account/codes", self.renew_codes),
            web.post("/account/devices/close", self.close_device),
        ]

    async def account(self, request: web.Request) -> web.StreamResponse:
        """Who I am here, what I may do, and where I am logged in."""
        who = request[WHO]
        account = await self._staff.accounts.get(who.operator_id)
        context = {
            "account": account,
            "may_do": [name for each, name in PERMISSION_NAMES.items() if may(who, each)],
            "department_names": self._departments(),
            "devices": await self._staff.sessions.devices(who.operator_id),
            "browser_name": browser_name,
            "spare": await self._staff.factors.spare(who.operator_id),
            "notice": _NOTICES.get(request.query.get("notice", ""), ""),
        }
        return aiohttp_jinja2.render_template("account.html", request, context)

    async def password_form(self, request: web.Request) -> web.StreamResponse:
        """The form, by choice or because the password was a one-time one."""
        return self._password_page(request)

    async def change_password(self, request: web.Request) -> web.StreamResponse:
        """Take the new password and log in afresh, here and nowhere else."""
        form, who = await request.post(), request[WHO]
        new = str(form.get("new", ""))
        if new != str(form.get("again", "")):
            _ = words(request)
            return self._password_page(request, _("새 비밀번호 두 칸이 서로 달라요. 다시 적어 주세요."))
        try:
            await self._staff.accounts.change_password(who.operator_id, str(form.get("old", "")), new)
        except AccountError as error:
            return self._password_page(request, str(error))
        await self._staff.audit.note(who.operator_id, "change_password", _target(who))
        await self._staff.sessions.close_all(who.operator_id)
        response = web.HTTPSeeOther(
            "/?notice=password" if who.must_change_password else "/account?notice=password"
        )
        agent = request.headers.get("User-Agent", "")
        token = await self._staff.sessions.open(who.operator_id, address=ADDRESS.get(), agent=agent)
        set_cookie(request, response, SESSION, token)
        raise response

    async def factor_form(self, request: web.Request) -> web.StreamResponse:
        """The QR code for an app; the secret waits a quarter of an hour for its first code."""
        if await self._pending(request) is None:
            await self._keep(request, self._staff.factors.new_secret())
        return await self._factor_page(request)

    async def picture(self, request: web.Request) -> web.Response:
        """The QR code."""
        secret = await self._pending(request)
        if secret is None:
            raise web.HTTPNotFound
        code = segno.make(self._staff.factors.uri(secret, request[WHO].login), error="m")
        drawn = io.BytesIO()
        code.save(drawn, kind="svg", scale=5, border=3, dark="#000", light="#fff")
        return web.Response(body=drawn.getvalue(), content_type="image/svg+xml")

    async def add_factor(self, request: web.Request) -> web.StreamResponse:
        """Take the first code, and show the recovery codes once."""
        form, who, _ = await request.post(), request[WHO], words(request)
        secret = await self._pending(request)
        if secret is None:
            raise web.HTTPSeeOther("/account?notice=late")
        if await self._staff.accounts.verify(who.login, str(form.get("password", ""))) != who.operator_id:
            return await self._factor_page(request, _("비밀번호가 맞지 않아요. 다시 적어 주세요."))
        codes = await self._staff.factors.begin(who.operator_id, secret, str(form.get("code", "")))
        if codes is None:
            wrong = _(
                "코드가 맞지 않아요. 앱에 지금 보이는 숫자 여섯 개를 적고, 전화의 시각도 확인해 주세요."
            )
            return await self._factor_page(request, wrong)
        await self._staff.box.take(_place(who))
        await self._staff.sessions.close_all(who.operator_id, but=who.device)
        await self._staff.audit.note(who.operator_id, "factor_added", _target(who))
        return aiohttp_jinja2.render_template("codes.html", request, {"codes": codes})

    async def end_factor(self, request: web.Request) -> web.StreamResponse:
        """No second factor any more, for whoever can still show it."""
        who = request[WHO]
        if not await self._shown(request):
            raise web.HTTPSeeOther("/account?notice=wrong")
        await self._staff.factors.end(who.operator_id)
        await self._staff.audit.note(who.operator_id, "factor_ended", _target(who))
        raise web.HTTPSeeOther("/account?notice=factor")

    async def renew_codes(self, request: web.Request) -> web.StreamResponse:
        """New recovery codes, shown once; the old ones are worth nothing any more."""
        who = request[WHO]
        if not await self._shown(request):
            raise web.HTTPSeeOther("/account?notice=wrong")
        codes = await self._staff.factors.renew(who.operator_id)
        await self._staff.audit.note(who.operator_id, "codes_renewed", _target(who))
        return aiohttp_jinja2.render_template("codes.html", request, {"codes": codes})

    async def close_device(self, request: web.Request) -> web.StreamResponse:
        """Log out on one of the devices, or on all but this one."""
        who, device = request[WHO], str((await request.post()).get("device", ""))
        if device:
            await self._staff.sessions.close_device(who.operator_id, device)
        else:
            await self._staff.sessions.close_all(who.operator_id, but=who.device)
        await self._staff.audit.note(who.operator_id, "device_closed", _target(who))
        raise web.HTTPSeeOther(f"/account?notice={'device' if device else 'others'}")

    async def _shown(self, request: web.Request) -> bool:
        """Whether the form holds a right code; wrong ones count as failures to log in."""
        who = request[WHO]
        right = await self._staff.factors.check(who.operator_id, str((await request.post()).get("code", "")))
        return await self._staff.accounts.judge(who.operator_id, right) is not None

    async def _pending(self, request: web.Request) -> str | None:
        return await self._staff.box.get(_place(request[WHO]))

    async def _keep(self, request: web.Request, secret: str) -> None:
        try:
            await self._staff.box.put(_place(request[WHO]), secret, "staff", _FACTOR_LASTS)
        except NotKept as error:
            raise SessionsAway(str(error)) from error

    async def _factor_page(self, request: web.Request, error: str = "") -> web.StreamResponse:
        secret = await self._pending(request) or ""
        grouped = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        context: dict[str, Any] = {"secret": grouped, "error": error}
        return aiohttp_jinja2.render_template("factor.html", request, context, status=400 if error else 200)

    def _password_page(self, request: web.Request, error: str = "") -> web.StreamResponse:
        context = {"error": error, "shortest": SHORTEST}
        status = 400 if error else 200
        return aiohttp_jinja2.render_template("password.html", request, context, status=status)


def _place(who: LoggedIn) -> str:
    return f"staff-factor:{who.device}"


def _target(who: LoggedIn) -> str:
    return f"person:{who.operator_id}"
