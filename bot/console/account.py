"""Logging in and out, and changing one's password."""

from __future__ import annotations

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import FORM, SESSION, WHO, form_token, set_cookie
from bot.console.operators import FAILURES, LOCKED, SHORTEST, OperatorError, Operators
from bot.console.sessions import IDLE

MINUTES = int(LOCKED.total_seconds() // 60)
REFUSED = f"아이디나 비밀번호가 맞지 않아요. {FAILURES}번 틀린 계정은 {MINUTES}분 동안 잠겨요."


class AccountPages:
    """Everything an operator does about their own account."""

    def __init__(self, operators: Operators) -> None:
        self._operators = operators

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/login", self.login_form),
            web.post("/login", self.login),
            web.get("/password", self.password_form),
            web.post("/password", self.change_password),
            web.post("/logout", self.logout),
            web.post("/session", self.stay),
        ]

    async def login_form(self, request: web.Request) -> web.StreamResponse:
        """The form; `next` is the page that was asked for without being logged in."""
        expired = "expired" in request.query
        return self._login_page(
            request, notice="오래 쉬어서 로그아웃했어요. 다시 로그인해 주세요." if expired else ""
        )

    async def login(self, request: web.Request) -> web.StreamResponse:
        """Check login and password; one answer for every way to be wrong."""
        form = await request.post()
        login, password = str(form.get("login", "")), str(form.get("password", ""))
        operator_id = await self._operators.verify(login, password)
        if operator_id is None:
            await self._operators.audit.note(None, "login_refused")
            return self._login_page(request, error=REFUSED, login=login, status=401)
        await self._operators.audit.note(operator_id, "login")
        response = web.HTTPSeeOther(_page(str(form.get("next", ""))))
        set_cookie(request, response, SESSION, await self._operators.sessions.open(operator_id))
        response.del_cookie(FORM)
        raise response

    async def password_form(self, request: web.Request) -> web.StreamResponse:
        """The form, by choice or because the password was a one-time one."""
        return self._password_page(request)

    async def change_password(self, request: web.Request) -> web.StreamResponse:
        """Take the new password and log in afresh, here and nowhere else."""
        form, who = await request.post(), request[WHO]
        new = str(form.get("new", ""))
        if new != str(form.get("again", "")):
            return self._password_page(request, "새 비밀번호 두 칸이 서로 달라요. 다시 적어 주세요.")
        try:
            await self._operators.change_password(who.operator_id, str(form.get("old", "")), new)
        except OperatorError as error:
            return self._password_page(request, str(error))
        await self._operators.audit.note(who.operator_id, "change_password")
        response = web.HTTPSeeOther("/?notice=password")
        set_cookie(request, response, SESSION, await self._operators.sessions.open(who.operator_id))
        raise response

    async def logout(self, request: web.Request) -> web.StreamResponse:
        """End this session."""
        await self._operators.sessions.close(request.cookies[SESSION])
        await self._operators.audit.note(request[WHO].operator_id, "logout")
        response = web.HTTPSeeOther("/login")
        response.del_cookie(SESSION)
        raise response

    async def stay(self, request: web.Request) -> web.StreamResponse:
        """The answer to the warning that the session is about to end; `guard` has extended it."""
        return web.json_response({"idle_seconds": int(IDLE.total_seconds())})

    def _login_page(
        self, request: web.Request, *, error: str = "", notice: str = "", login: str = "", status: int = 200
    ) -> web.StreamResponse:
        token = form_token(request)
        context = {
            "csrf": token,
            "error": error,
            "notice": notice,
            "login": login,
            "next": _page(request.query.get("next", "")),
        }
        response = aiohttp_jinja2.render_template("login.html", request, context, status=status)
        set_cookie(request, response, FORM, token)
        return response

    def _password_page(self, request: web.Request, error: str = "") -> web.StreamResponse:
        context = {"who": request[WHO], "error": error, "shortest": SHORTEST}
        status = 400 if error else 200
        return aiohttp_jinja2.render_template("password.html", request, context, status=status)


def _page(wanted: str) -> str:
    """A page of ours to go to after the login; anything else becomes the front page."""
    return wanted if wanted.startswith("/conversations/") else "/"
