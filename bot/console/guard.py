"""What stands before every page: who asks, is the form ours, and which headers go out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar, cast

import aiohttp_jinja2
import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware
from yarl import URL

from bot.console.cookies import SESSION, cookie
from bot.console.forgery import FORM, SAFE, Sender, given_token, same, same_person, sender
from bot.console.role_names import PERMISSION_NAMES, ROLE_NAMES
from bot.console.unsent import unsent
from bot.console.words import N_, words
from bot.doors import address
from bot.public_headers import hsts
from bot.staff.audit import ADDRESS
from bot.staff.build import Staff
from bot.staff.roles import Permission, allowed, may
from bot.staff.sessions import LoggedIn, SessionsAway

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_Page = TypeVar("_Page", bound=Callable[..., Awaitable[web.StreamResponse]])

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
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
ERRORS = {
    400: (N_("요청을 이해하지 못했어요"), N_("주소나 입력한 내용을 확인하고 다시 시도해 주세요.")),
    403: (N_("이 요청은 받을 수 없어요"), N_("화면을 새로 고친 뒤 다시 시도해 주세요.")),
    404: (N_("찾을 수 없어요"), N_("대화가 삭제되었거나 주소가 잘못되었어요.")),
    409: (N_("지금은 할 수 없어요"), N_("그 사이 대화의 상태가 바뀌었어요. 화면을 새로 고쳐 주세요.")),
    413: (N_("내용이 너무 길어요"), N_("글을 나누어 보내 주세요.")),
    503: (
        N_("지금은 로그인을 확인할 수 없어요"),
        N_("로그인 정보를 두는 곳이 답하지 않아요. 잠시 뒤 다시 해 주세요."),
    ),
    500: (N_("문제가 생겼어요"), N_("잠시 뒤 다시 시도해 주세요. 계속되면 담당자에게 알려 주세요.")),
}
WHO: web.RequestKey[LoggedIn] = web.RequestKey("who", LoggedIn)
NEEDED = "sotong_needs"
"""Attribute of a handler: the permission that it asks for."""

log = structlog.get_logger(__name__)


class NotAllowed(web.HTTPForbidden):
    """The person may not do this; the page that they get says who can give them the permission."""

    def __init__(self, permission: Permission) -> None:
        super().__init__()
        self.permission = permission


@web.middleware
async def headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Security headers on everything that leaves, and a page for every error."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            error.headers.update((*HEADERS.items(), *hsts(request)))
            raise
        response = _error(request, error.status, error.text if error.status == 409 else None)
    except SessionsAway as error:
        log.error("console_sessions_away", error=str(error))
        response = _error(request, 503, None)
    except Exception:
        # The outermost boundary of the console: the cause is logged, the operator gets a page.
        log.exception("console_failed", path=request.path)
        response = _error(request, 500, None)
    if not response.prepared:
        for name, value in (*HEADERS.items(), *hsts(request)):
            response.headers.setdefault(name, value)
        static = request.path.startswith("/static/")
        response.headers.setdefault("Cache-Control", "no-cache" if static else "no-store")
    return response


def needs(permission: Permission) -> Callable[[_Page], _Page]:
    """Only for people with a permission. Raises `NotAllowed` for all others.

    A decorator for handlers, functions and methods alike. What belongs to one department is asked for in the
    handler itself: `demand(request[WHO], "edit", department)`.
    """

    def decorate(handler: _Page) -> _Page:
        @wraps(handler)
        async def checked(*args: Any) -> web.StreamResponse:
            demand(args[-1][WHO], permission)
            return await handler(*args)

        setattr(checked, NEEDED, permission)
        return cast(_Page, checked)

    return decorate


def demand(who: LoggedIn, permission: Permission, department: str | None = None) -> None:
    """Raises `NotAllowed` unless a person has a permission, for a department where one is named."""
    if not may(who, permission, department):
        raise NotAllowed(permission)


def guard(staff: Staff, proxies: int) -> Middleware:
    """The middleware that lets only logged-in people, and only our own forms, through."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        ADDRESS.set(address(request, proxies))
        unsafe = request.method not in SAFE
        if unsafe and sender(request) is Sender.STRANGE:
            raise web.HTTPForbidden
        if request.path.startswith(OPEN):
            if unsafe:
                await _own_form(request, cookie(request, FORM))
            return await handler(request)
        token = cookie(request, SESSION)
        background = BACKGROUND in request.headers or request.path == "/events"
        who = await staff.sessions.find(token, active=not background) if token else None
        if who is None:
            return await _nobody(request, background)
        request[WHO] = who
        if unsafe:
            await _own_form(request, who.csrf)
            if await _of_another_page(request, who):
                return await unsent(request, 409, who)
        if who.must_change_password and request.path not in ("/password", "/logout"):
            raise web.HTTPSeeOther("/password")
        if who.must_add_factor and not request.path.startswith(("/account/factor", "/password", "/logout")):
            raise web.HTTPSeeOther("/account/factor")
        if request.path == "/" and not may(who, "watch"):
            raise web.HTTPSeeOther("/studio/answers" if may(who, "view") else "/account")
        try:
            return await handler(request)
        except NotAllowed as error:
            return await _refused(request, error.permission, staff)

    return check


async def _nobody(request: web.Request, background: bool) -> web.StreamResponse:
    """To the log-in; what somebody typed meanwhile stays theirs."""
    if background:
        raise web.HTTPUnauthorized
    if request.method not in SAFE and sender(request) is Sender.OURS:
        return await unsent(request, 401)
    wanted = {} if request.path == "/" or request.method not in SAFE else {"next": request.path_qs}
    if cookie(request, SESSION):
        wanted["expired"] = "1"
    raise web.HTTPSeeOther(URL("/login").with_query(wanted))


async def _own_form(request: web.Request, wanted: str) -> None:
    """Where the browser did not say whose page it was, the token must. Raises `web.HTTPForbidden`."""
    if sender(request) is Sender.UNSAID and not same(await given_token(request), wanted):
        raise web.HTTPForbidden


async def _of_another_page(request: web.Request, who: LoggedIn) -> bool:
    """Whether a form was opened by somebody else who used this browser before."""
    if request.content_type != "application/x-www-form-urlencoded":
        return False
    given = await given_token(request)
    return bool(given) and not same_person(given, who.csrf)


async def _refused(request: web.Request, permission: Permission, staff: Staff) -> web.Response:
    if _wants_json(request):
        _ = words(request)
        return _error(request, 403, _("이 일을 할 수 있는 역할이 아니에요."))
    people = await staff.accounts.all()
    context = {
        "permission": PERMISSION_NAMES[permission],
        "roles": [ROLE_NAMES[role] for role in allowed(permission)],
        "whom": [each.name for each in people if each.active and may(each, "people")],
    }
    return aiohttp_jinja2.render_template("refused.html", request, context, status=403)


def _wants_json(request: web.Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _error(request: web.Request, status: int, detail: str | None) -> web.Response:
    _ = words(request)
    title, remedy = (_(each) for each in ERRORS.get(status, ERRORS[400]))
    if status == 401 or _wants_json(request):
        return web.json_response({"error": detail or f"{title}. {remedy}"}, status=status)
    context = {"title": title, "remedy": detail or remedy}
    return aiohttp_jinja2.render_template("error.html", request, context, status=status)
