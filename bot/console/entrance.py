"""The way in and out: password, second factor, the office's provider, and logging out."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime

import aiohttp_jinja2
import structlog
from aiohttp import web

from bot.console.cookies import SESSION, cookie, drop_cookie, form_token, set_cookie
from bot.console.forgery import FORM
from bot.console.guard import WHO
from bot.console.words import N_, told, words
from bot.identity.box import NotKept
from bot.identity.id_token import LoginRefused
from bot.identity.oidc import ProviderAway
from bot.messages import Frozen
from bot.pace import Pace
from bot.staff.accounts import FAILURES, LOCKED, AccountError
from bot.staff.audit import ADDRESS
from bot.staff.build import BACK, Staff
from bot.staff.sessions import IDLE, SessionsAway

SECOND = "sotong_second"
"""Cookie of a browser whose password was right and whose code is awaited."""
OFFICE = "sotong_office"
"""Cookie of a browser that is at the office's provider."""
DONE = "/login/done"
_SECOND_LASTS = 300
"""Seconds to type the code."""
_TRIES, _WITHIN = 30, 600.0
"""Failures that one address may have, and in how many seconds."""
_AT_ONCE = 2
"""Passwords looked at side by side: each takes a core and 64 MB, and a flood must not outrun its count."""
_OFFICE_FAILED = N_("기관 계정으로 로그인하지 못했어요. 다시 해 보고, 그래도 안 되면 관리자에게 알려 주세요.")
_OFFICE_AWAY = N_("기관 계정을 확인하는 곳이 답하지 않아요. 잠시 뒤 다시 해 주세요.")
_TOO_OFTEN = N_("이 자리에서 로그인을 너무 여러 번 틀렸어요. 10분 뒤에 다시 해 주세요.")
_NOTICES = {
    "expired": N_("로그인이 끝났어요. 다시 로그인해 주세요."),
    "late": N_("시간이 지났어요. 처음부터 다시 로그인해 주세요."),
    "out": N_("로그아웃했어요."),
}

log = structlog.get_logger(__name__)


class _Half(Frozen):
    """A log-in whose password was right."""

    operator_id: int
    wanted: str


class EntrancePages:
    """Log-in and log-out."""

    def __init__(self, staff: Staff, clock: Callable[[], datetime], office_name: str) -> None:
        self._staff = staff
        self._office_name = office_name
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._failed = Pace(lambda: clock().timestamp(), _TRIES, _WITHIN)

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/login", self.form),
            web.post("/login", self.login),
            web.get("/login/code", self.code_form),
            web.post("/login/code", self.code),
            web.get("/login/office", self.office),
            web.get(BACK, self.office_back),
            web.get(DONE, self.done),
            web.post("/logout", self.logout),
            web.post("/session", self.stay),
        ]

    async def form(self, request: web.Request) -> web.StreamResponse:
        """The form; `next` is the page that was asked for without being logged in."""
        notice = next((text for name, text in _NOTICES.items() if name in request.query), "")
        return self._page(request, notice=notice)

    async def login(self, request: web.Request) -> web.StreamResponse:
        """Check login and password; one answer for every way to be wrong."""
        form = await request.post()
        login, password = str(form.get("login", "")), str(form.get("password", ""))
        async with self._room:
            if self._failed.left(ADDRESS.get()):
                return self._page(request, error=told(request, _TOO_OFTEN), login=login, status=429)
            operator_id = await self._staff.accounts.verify(login, password)
            if operator_id is None:
                return await self._refuse(request, None, login)
        wanted = page_of_ours(str(form.get("next", "")))
        if not await self._staff.factors.wanted(operator_id):
            raise await self._let_in(request, operator_id, wanted)
        token = secrets.token_urlsafe(32)
        half = _Half(operator_id=operator_id, wanted=wanted)
        try:
            await self._staff.box.put(_place(token), half.model_dump_json(), "staff", _SECOND_LASTS)
        except NotKept as error:
            raise SessionsAway(str(error)) from error
        response = web.HTTPSeeOther("/login/code")
        set_cookie(request, response, SECOND, token)
        raise response

    async def code_form(self, request: web.Request) -> web.StreamResponse:
        """The form for the code; whoever comes too late begins again."""
        if await self._half(request) is None:
            raise web.HTTPSeeOther("/login?late=1")
        return self._page(request, template="code.html")

    async def code(self, request: web.Request) -> web.StreamResponse:
        """Check the code of the app, or a recovery code."""
        half = await self._half(request)
        if half is None:
            raise web.HTTPSeeOther("/login?late=1")
        given = str((await request.post()).get("code", ""))
        async with self._room:
            if self._failed.left(ADDRESS.get()):
                return self._page(request, told(request, _TOO_OFTEN), template="code.html", status=429)
            right = await self._staff.factors.check(half.operator_id, given)
            if await self._staff.accounts.judge(half.operator_id, right) is None:
                return await self._refuse(request, half.operator_id, "", template="code.html")
        await self._staff.box.take(_place(cookie(request, SECOND)))
        raise await self._let_in(request, half.operator_id, half.wanted)

    async def office(self, request: web.Request) -> web.StreamResponse:
        """To the office's provider."""
        if self._staff.office is None:
            raise web.HTTPNotFound
        try:
            address, browser = await self._staff.office.begin(page_of_ours(request.query.get("next", "")))
        except (ProviderAway, NotKept) as error:
            log.error("office_login_away", error=str(error))
            return self._page(request, error=told(request, _OFFICE_AWAY), status=503)
        response = web.HTTPSeeOther(address)
        # Lax: the browser comes back from another site and must bring it along
        set_cookie(request, response, OFFICE, browser, samesite="Lax")
        raise response

    async def office_back(self, request: web.Request) -> web.StreamResponse:
        """Back from there. A page of ours goes on: only what it asks for brings our own cookie along."""
        if self._staff.office is None:
            raise web.HTTPNotFound
        _ = words(request)
        try:
            person, wanted = await self._staff.office.end(request.query, cookie(request, OFFICE))
        except ProviderAway as error:
            log.error("office_login_away", error=str(error))
            return self._page(request, error=_(_OFFICE_AWAY), status=503)
        except LoginRefused as error:
            log.warning("office_login_refused", why=str(error))
            await self._staff.audit.note(None, "login_refused", detail="office")
            return self._page(request, error=_(_OFFICE_FAILED), status=401)
        except AccountError as error:
            await self._staff.audit.note(None, "login_refused", detail="office")
            return self._page(request, error=str(error), status=403)
        response = aiohttp_jinja2.render_template("entered.html", request, {"wanted": wanted, "done": False})
        await self._open(request, response, person.id, external=True)
        drop_cookie(request, response, OFFICE)
        return response

    async def done(self, request: web.Request) -> web.StreamResponse:
        """What a window says in which somebody logged in only to go on in another one."""
        return aiohttp_jinja2.render_template("entered.html", request, {"wanted": "/", "done": True})

    async def logout(self, request: web.Request) -> web.StreamResponse:
        """End this session."""
        await self._staff.sessions.close(cookie(request, SESSION))
        await self._staff.audit.note(request[WHO].operator_id, "logout")
        response = web.HTTPSeeOther("/login?out=1", headers={"Clear-Site-Data": '"cache"'})
        drop_cookie(request, response, SESSION)
        raise response

    async def stay(self, request: web.Request) -> web.StreamResponse:
        """The answer to the warning that the session is about to end; `guard` has extended it."""
        return web.json_response({"idle_seconds": int(IDLE.total_seconds())})

    async def _half(self, request: web.Request) -> _Half | None:
        token = cookie(request, SECOND)
        kept = await self._staff.box.get(_place(token)) if token else None
        return _Half.model_validate_json(kept) if kept else None

    async def _refuse(
        self, request: web.Request, operator_id: int | None, login: str, *, template: str = "login.html"
    ) -> web.StreamResponse:
        self._failed.wait(ADDRESS.get())
        await self._staff.audit.note(operator_id, "login_refused")
        _, values = words(request), {"n": FAILURES, "minutes": int(LOCKED.total_seconds() // 60)}
        error = (
            _("코드가 맞지 않아요. %(n)d번 틀린 계정은 %(minutes)d분 동안 잠겨요.", **values)
            if template == "code.html"
            else _(
                "아이디나 비밀번호가 맞지 않아요. %(n)d번 틀린 계정은 %(minutes)d분 동안 잠겨요.", **values
            )
        )
        return self._page(request, error, login=login, template=template, status=401)

    async def _let_in(self, request: web.Request, operator_id: int, wanted: str) -> web.HTTPSeeOther:
        response = web.HTTPSeeOther(wanted)
        await self._open(request, response, operator_id)
        drop_cookie(request, response, FORM)
        drop_cookie(request, response, SECOND)
        return response

    async def _open(
        self, request: web.Request, response: web.StreamResponse, operator_id: int, *, external: bool = False
    ) -> None:
        token = await self._staff.sessions.open(
            operator_id,
            address=ADDRESS.get(),
            agent=request.headers.get("User-Agent", ""),
            external=external,
        )
        if old := cookie(request, SESSION):  # somebody else's, at this machine before
            await self._staff.sessions.close(old)
        await self._staff.accounts.seen(operator_id)
        await self._staff.audit.note(operator_id, "login", detail="office" if external else "")
        set_cookie(request, response, SESSION, token)

    def _page(
        self,
        request: web.Request,
        error: str = "",
        *,
        notice: str = "",
        login: str = "",
        template: str = "login.html",
        status: int = 200,
    ) -> web.StreamResponse:
        token, _ = form_token(request), words(request)
        context = {
            "csrf": token,
            "error": error,
            "notice": notice,
            "login": login,
            "next": page_of_ours(request.query.get("next", "")),
            "office": (self._office_name or _("기관 계정")) if self._staff.office else "",
        }
        response = aiohttp_jinja2.render_template(template, request, context, status=status)
        set_cookie(request, response, FORM, token)
        return response


def page_of_ours(wanted: str) -> str:
    """A page of ours to go to after the log-in; anything else becomes the front page."""
    own = wanted.startswith("/") and not wanted.startswith(
        ("//", "/\\", "/login/office", "/logout", "/events")
    )
    return wanted if own and wanted.isprintable() and len(wanted) < 1000 and wanted != "/login" else "/"


def _place(token: str) -> str:
    return f"staff-second:{hashlib.sha256(token.encode()).hexdigest()}"
