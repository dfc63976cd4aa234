"""The pages on the way to logging in: `/in/<code>` from the chat, `/in/callback` from the provider."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp_jinja2
import structlog
from aiohttp import web
from jinja2 import FileSystemLoader, StrictUndefined

from bot.console.labels import CHANNELS
from bot.content.models import Department
from bot.content.persona import Voice
from bot.identity.box import NotKept
from bot.identity.id_token import LoginRefused
from bot.identity.identities import LASTS, Identity, Level
from bot.identity.links import Link, Login
from bot.identity.oidc import Provider, ProviderAway
from bot.identity.personal import Personal, Subjects
from bot.log.records import ConversationView
from bot.messages import Button, Outbound

HERE = Path(__file__).parent
_COOKIE = "sotong_in"
_BROWSER_FOR = 1200
"""Seconds that a browser is known: a link's ten minutes and a login's."""
_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_GONE = (
    "이 링크는 쓸 수 없어요",
    "링크는 10분 동안 한 번만 쓸 수 있어요. 채팅에 ‘로그인’이라고 적으시면 새 링크를 드려요.",
)
_NOT_OURS = (
    "로그인을 이어갈 수 없어요",
    "시간이 지났거나, 이미 끝났거나, 처음 링크를 연 브라우저가 아니에요. 채팅에 ‘로그인’이라고 적고 새 링크를 이 기기에서 열어 주세요.",  # noqa: E501
)
_STOPPED = ("로그인하지 않았어요", "다시 하시려면 채팅에 ‘로그인’이라고 적어 주세요.")
_REFUSED = (
    "본인 확인이 되지 않았어요",
    "로그인한 곳에서 온 답을 믿을 수 없어서 멈췄어요. 채팅에 ‘로그인’이라고 적고 다시 해 주세요.",
)
_AWAY = ("지금은 로그인할 수 없어요", "로그인하는 곳에 이어지지 않아요. 잠시 뒤에 이 쪽을 다시 열어 주세요.")
_AWAY_LATER = (
    "지금은 로그인할 수 없어요",
    "로그인하는 곳에 이어지지 않아요. 잠시 뒤에 채팅에 ‘로그인’이라고 적어 주세요.",
)
_NO_CHAT = ("대화를 찾을 수 없어요", "대화가 지워져서 로그인하지 않았어요. 채팅에서 다시 말을 걸어 주세요.")

Tell = Callable[[int, Sequence[Outbound], str], Awaitable[bool]]
"""As `bot.gateway.Gateway.tell`."""
Find = Callable[[str, str], Awaitable[ConversationView | None]]
"""As `bot.log.log.ConversationLog.find`."""

log = structlog.get_logger(__name__)


class LoginPages:
    """Takes a browser from a chat's link to the provider and back, and tells the chat who it is with.

    `place` is what citizens call the provider, `base` our public address.
    """

    def __init__(
        self,
        personal: Personal,
        provider: Provider,
        subjects: Subjects,
        issuer: str,
        place: str,
        base: str,
        find: Find,
        tell: Tell,
        voice: Callable[[], Voice],
        department: Callable[[], Department],
        clock: Callable[[], datetime],
    ) -> None:
        self._personal = personal
        self._provider = provider
        self._subjects = subjects
        self._issuer = issuer
        self._place = place
        self._base = base
        self._find = find
        self._tell = tell
        self._voice = voice
        self._department = department
        self._clock = clock

    async def confirm(self, request: web.Request) -> web.Response:
        """`GET /in/<code>`: for which chat it is. Uses nothing up: previews look at links, too."""
        link = await self._personal.links.look(request.match_info["code"])
        if link is None:
            return self._problem(request, _GONE, 410)
        context = {
            "channel": _channel(link),
            "about": link.about,
            "ago": _ago(int((self._clock() - link.made_at).total_seconds() // 60)),
            "strong": link.level >= Level.STRONG,
        }
        response = self._page(request, "confirm.html", context)
        if not _browser(request):
            response.set_cookie(
                _COOKIE,
                secrets.token_urlsafe(32),
                max_age=_BROWSER_FOR,
                path="/in",
                secure=self._base.startswith("https:"),
                httponly=True,
                samesite="Lax",
            )
        return response

    async def start(self, request: web.Request) -> web.Response:
        """`POST /in/<code>`: the citizen says that it is their chat; the link is used up."""
        browser = _browser(request)
        if not browser or not _from_here(request):
            return self._problem(request, _NOT_OURS, 403)
        links, code = self._personal.links, request.match_info["code"]
        link = await links.look(code)
        if link is None:
            return self._problem(request, _GONE, 410)
        try:
            state, login = await links.begin(link, browser)
            address = await self._provider.address(
                self._back, state=state, nonce=login.nonce, verifier=login.verifier, level=link.level
            )
        except (NotKept, ProviderAway) as error:
            log.error("login_not_begun", error=type(error).__name__, reason=str(error))
            return self._problem(request, _AWAY, 503)
        if await links.take(code) is None:  # another tab was faster
            return self._problem(request, _GONE, 410)
        return self._page(request, "going.html", {"address": address})

    async def callback(self, request: web.Request) -> web.Response:
        """`GET /in/callback`: back from the provider; the conversation is bound to whoever logged in."""
        given = {name: request.query.getall(name, [""]) for name in ("state", "code", "error", "iss")}
        if any(len(values) > 1 for values in given.values()):
            return self._problem(request, _NOT_OURS, 400)
        state, code, error, iss = (values[0] for values in given.values())
        login = await self._personal.links.end(state, _browser(request))
        if login is None:
            return self._problem(request, _NOT_OURS, 400)
        try:
            await self._provider.check_answer(iss or None)
            if error == "access_denied":
                return self._problem(request, _STOPPED, 400)
            if error or not code:
                raise LoginRefused(f"the provider answered with an error: {error[:40]!r}")
            conversation, identity = await self._bind(login, code)
        except LoginRefused as refused:
            log.warning("login_refused", reason=str(refused))
            return self._problem(request, _REFUSED, 403)
        except (ProviderAway, NotKept) as away:
            log.error("login_not_ended", error=type(away).__name__, reason=str(away))
            return self._problem(request, _AWAY_LATER, 503)
        except LookupError:
            return self._problem(request, _NO_CHAT, 410)
        await self._tell(conversation.id, [self._news(login, identity)], f"login:{login.nonce}")
        who = f"{identity.name} 님, " if identity.name else ""
        response = self._page(request, "done.html", {"who": who, "channel": _channel(login.link)})
        response.del_cookie(_COOKIE, path="/in")
        return response

    async def _bind(self, login: Login, code: str) -> tuple[ConversationView, Identity]:
        person = await self._provider.person(
            code, self._back, nonce=login.nonce, verifier=login.verifier, level=login.link.level
        )
        key = login.link.key
        channel, _, user_id = key.partition(":")
        conversation = await self._find(channel, user_id)
        if conversation is None:
            raise LookupError("no such conversation")
        identities, subject = self._personal.identities, self._subjects.of(self._issuer, person.sub)
        before = await identities.of(key)
        if before is not None and before.subject != subject:
            await self._personal.vault.forget(key)  # what one person typed is not the next one's
        name = f"{person.name[0]}○○" if person.name else ""
        return conversation, await identities.bind(key, subject, person.sub, login.link.level, name)

    def _news(self, login: Login, identity: Identity) -> Outbound:
        voice, then = self._voice(), login.link.then
        text = voice.say("logged_in", login.nonce, person=identity.name, minutes=_minutes())
        goes_on = (Button(label=voice.say("log_in_continue"), payload=then),) if then else ()
        return Outbound(text=text, buttons=goes_on)

    @property
    def _back(self) -> str:
        return f"{self._base}/in/callback"

    def _problem(self, request: web.Request, said: tuple[str, str], status: int) -> web.Response:
        department = self._department()
        context = {
            "title": said[0],
            "text": said[1],
            "department": department.name,
            "phone": department.phone,
        }
        return self._page(request, "problem.html", context, status)

    def _page(
        self, request: web.Request, template: str, context: dict[str, Any], status: int = 200
    ) -> web.Response:
        voice = self._voice()
        common = {
            "city": voice.persona.city,
            "name": voice.name,
            "minutes": _minutes(),
            "place": self._place,
        }
        return aiohttp_jinja2.render_template(template, request, common | context, status=status)


def build_login(pages: LoginPages) -> web.Application:
    """The pages as an application, to be mounted at `/in`."""
    app = web.Application()
    aiohttp_jinja2.setup(
        app,
        loader=FileSystemLoader(HERE / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    app.add_routes(
        [
            web.get("/callback", pages.callback, allow_head=False),
            web.get("/{code:[A-Za-z0-9_-]{22}}", pages.confirm),
            web.post("/{code:[A-Za-z0-9_-]{22}}", pages.start),
            web.static("/static", HERE / "static"),
        ]
    )
    app.on_response_prepare.append(_protect)
    return app


async def _protect(_: web.Request, response: web.StreamResponse) -> None:
    """Nothing foreign on the pages, nobody's frame around them, and no address of theirs told to others."""
    headers = {
        "Content-Security-Policy": _POLICY,
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    response.headers.update(headers)


def _browser(request: web.Request) -> str:
    return request.cookies.get(_COOKIE, "")


def _from_here(request: web.Request) -> bool:
    """Whether a page of ours sent the form. Browsers that say nothing have at least the cookie."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        return site == "same-origin"
    return origin is None or urlsplit(origin).netloc == request.host


def _channel(link: Link) -> str:
    name = link.key.partition(":")[0]
    return CHANNELS.get(name, name)


def _ago(minutes: int) -> str:
    return f"{minutes}분 전" if minutes > 0 else "방금"


def _minutes() -> int:
    return int(LASTS.total_seconds() // 60)
