"""What stands before every page: who asks, is the form ours, and which headers go out."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable

import aiohttp_jinja2
import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware
from yarl import URL

from bot.console.operators import Operators
from bot.console.sessions import LoggedIn

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SESSION = "sotong_console"
FORM = "sotong_form"
"""Cookie that proves, before anybody is logged in, that the log-in form was ours."""
BACKGROUND = "X-Background"
"""Header of requests that a page makes by itself; they do not count as activity."""
OPEN = ("/login", "/static/")

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
ERRORS = {
    400: ("요청을 이해하지 못했어요", "주소나 입력한 내용을 확인하고 다시 시도해 주세요."),
    403: ("이 요청은 받을 수 없어요", "화면을 새로 고친 뒤 다시 시도해 주세요."),
    404: ("찾을 수 없어요", "대화가 삭제되었거나 주소가 잘못되었어요."),
    409: ("지금은 할 수 없어요", "그 사이 대화의 상태가 바뀌었어요. 화면을 새로 고쳐 주세요."),
    413: ("내용이 너무 길어요", "글을 나누어 보내 주세요."),
    500: ("문제가 생겼어요", "잠시 뒤 다시 시도해 주세요. 계속되면 담당자에게 알려 주세요."),
}
WHO: web.RequestKey[LoggedIn] = web.RequestKey("who", LoggedIn)

log = structlog.get_logger(__name__)


@web.middleware
async def headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Security headers on everything that leaves, and a page for every error."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            error.headers.update(HEADERS)
            raise
        response = _error(request, error.status, error.text if error.status == 409 else None)
    except Exception:
        # The outermost boundary of the console: the cause is logged, the operator gets a page.
        log.exception("console_failed", path=request.path)
        response = _error(request, 500, None)
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        static = request.path.startswith("/static/")
        response.headers.setdefault("Cache-Control", "no-cache" if static else "no-store")
    return response


def guard(operators: Operators) -> Middleware:
    """The middleware that lets only logged-in operators, and only our own forms, through."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method == "POST":
            await _own_form(request, None)
        if request.path.startswith(OPEN):
            return await handler(request)
        token = request.cookies.get(SESSION, "")
        background = BACKGROUND in request.headers or request.path == "/events"
        who = await operators.sessions.find(token, active=not background) if token else None
        if who is None:
            if background:
                raise web.HTTPUnauthorized
            wanted = {} if request.path == "/" or request.method == "POST" else {"next": request.path}
            raise web.HTTPSeeOther(URL("/login").with_query(wanted))
        if request.method == "POST":
            await _own_form(request, who.csrf)
        if who.must_change_password and request.path not in ("/password", "/logout"):
            raise web.HTTPSeeOther("/password")
        request[WHO] = who
        return await handler(request)

    return check


async def _own_form(request: web.Request, expected: str | None) -> None:
    """Refuse a form that another site sent. Raises `web.HTTPForbidden`."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise web.HTTPForbidden
    if expected is None and not request.path.startswith("/login"):
        return
    given = (await request.post()).get("csrf", "")
    wanted = expected if expected is not None else request.cookies.get(FORM, "")
    if not wanted or not isinstance(given, str) or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise web.HTTPForbidden


def set_cookie(request: web.Request, response: web.StreamResponse, name: str, value: str) -> None:
    """A cookie that scripts cannot read and other sites cannot make the browser send."""
    secure = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
    response.set_cookie(name, value, httponly=True, samesite="Strict", secure=secure, path="/")


def form_token(request: web.Request) -> str:
    """The token of the log-in form: the one of an open form stays, so that two tabs both work."""
    return request.cookies.get(FORM) or secrets.token_urlsafe(24)


def _error(request: web.Request, status: int, detail: str | None) -> web.Response:
    if status == 401 or "application/json" in request.headers.get("Accept", ""):
        title, remedy = ERRORS.get(status, ERRORS[400])
        return web.json_response({"error": detail or f"{title}. {remedy}"}, status=status)
    title, remedy = ERRORS.get(status, ERRORS[400])
    context = {"title": title, "remedy": detail or remedy, "who": request.get(WHO)}
    return aiohttp_jinja2.render_template("error.html", request, context, status=status)
