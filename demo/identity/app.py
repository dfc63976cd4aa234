"""The provider's server: discovery, the page on which one picks who to be, tokens and keys."""

from __future__ import annotations

import html
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from pathlib import Path
from string import Template
from urllib.parse import unquote_plus, urlencode

from aiohttp import web
from aiohttp.typedefs import Handler

from demo.identity.provider import STRONG, BadRequest, Citizen, Provider, Registered, Request

_PAGE = Path(__file__).parent / "login.html"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


class Pages:
    """The handlers over one provider."""

    def __init__(self, provider: Provider, citizens: Sequence[Citizen]) -> None:
        self._provider = provider
        self._citizens = citizens
        self._page = Template(_PAGE.read_text("utf-8"))

    async def discovery(self, _: web.Request) -> web.Response:
        """GET /.well-known/openid-configuration."""
        issuer = self._provider.issuer
        return web.json_response(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "scopes_supported": ["openid", "profile"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def keys(self, _: web.Request) -> web.Response:
        """GET /keys."""
        return web.json_response(self._provider.keys())

    async def ask(self, request: web.Request) -> web.Response:
        """GET /authorize: who do you want to be?"""
        asked = Request.of(request.query, self._provider.client)
        buttons = "".join(
            f'<button name="sub" value="{html.escape(each.sub)}"><strong>{html.escape(each.name)}</strong>'
            f"<span>{html.escape(each.about)}</span></button>"
            for each in self._citizens
        )
        how = "공동인증서로 확인하는 자리예요." if asked.acr == STRONG else "간편인증을 하는 자리예요."
        page = self._page.substitute(buttons=buttons, how=how)
        return web.Response(text=page, content_type="text/html", headers=_HEADERS)

    async def answer(self, request: web.Request) -> web.Response:
        """POST /authorize?…: back to the client, with a code or with a no."""
        asked = Request.of(request.query, self._provider.client)
        chosen = str((await request.post()).get("sub", ""))
        back = {"state": asked.state, "iss": self._provider.issuer}
        citizen = next((each for each in self._citizens if each.sub == chosen), None)
        if citizen is None:
            back["error"] = "access_denied"
        else:
            back["code"] = self._provider.grant(asked, citizen)
        raise web.HTTPSeeOther(f"{asked.redirect}?{urlencode(back)}")

    async def token(self, request: web.Request) -> web.Response:
        """POST /token."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        try:
            scheme, _, given = request.headers.get("Authorization", "").partition(" ")
            name, _, secret = b64decode(given, validate=True).decode().partition(":")
        except (NotBase64, ValueError) as error:
            raise BadRequest("invalid_client") from error
        if scheme.lower() != "basic":
            raise BadRequest("invalid_client")
        tokens = self._provider.redeem(form, unquote_plus(name), unquote_plus(secret))
        return web.json_response(tokens, headers={"Cache-Control": "no-store"})


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except BadRequest as error:
        return web.json_response({"error": str(error)}, status=400)


def create_app(
    issuer: str,
    client: Registered,
    citizens: Sequence[Citizen],
    clock: Callable[[], float],
    provider: Provider | None = None,
) -> web.Application:
    """The server of a provider at `issuer`; tests bring a `provider` of their own."""
    pages = Pages(provider or Provider(issuer, client, clock), citizens)
    app = web.Application(middlewares=[_errors])
    app.add_routes(
        [
            web.get("/.well-known/openid-configuration", pages.discovery),
            web.get("/keys", pages.keys),
            web.get("/authorize", pages.ask),
            web.post("/authorize", pages.answer),
            web.post("/token", pages.token),
        ]
    )
    return app
