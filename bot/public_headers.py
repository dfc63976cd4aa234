"""What the answers of the citizens' port say about themselves, where a page does not say it better.

OWASP Secure Headers Project; Content Security Policy Level 3; RFC 6797 (HSTS); the Fetch standard (CORS).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from aiohttp import web

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""Policy of what is no page."""
SECURE_FOR = "max-age=31536000"
"""Seconds for which a browser comes by https only, once it did."""
ANYBODY = "*"
_ALLOWED = "Access-Control-Allow-Origin"
_DEFAULTS = {
    "Content-Security-Policy": NOTHING,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

Signal = Callable[[web.Request, web.StreamResponse], Awaitable[None]]


def public_headers(open_origins: Collection[str]) -> Signal:
    """Headers of every answer (`on_response_prepare` of the whole application, before those of its parts).

    What is for everybody's programs is for pages of `open_origins` only, unless `ANYBODY` is among them.
    """

    async def say(request: web.Request, response: web.StreamResponse) -> None:
        headers = response.headers
        headers.popall("Server", None)
        for name, value in _DEFAULTS.items():
            headers.setdefault(name, value)
        if "frame-ancestors 'none'" in headers["Content-Security-Policy"]:
            headers.setdefault("X-Frame-Options", "DENY")
        for name, value in hsts(request):
            headers.setdefault(name, value)
        if headers.get(_ALLOWED) == ANYBODY and ANYBODY not in open_origins:
            _narrow(request, response, open_origins)

    return say


def hsts(request: web.BaseRequest) -> tuple[tuple[str, str], ...]:
    """The header that keeps a browser with https, once it came by it."""
    return (("Strict-Transport-Security", SECURE_FOR),) if by_https(request) else ()


def by_https(request: web.BaseRequest) -> bool:
    """Whether the browser came by https, to us or to the proxy before us."""
    return request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"


def _narrow(request: web.Request, response: web.StreamResponse, origins: Collection[str]) -> None:
    origin = request.headers.get("Origin", "")
    response.headers.add("Vary", "Origin")
    if origin in origins:
        response.headers[_ALLOWED] = origin
    else:
        for name in [each for each in response.headers if each.startswith("Access-Control-")]:
            del response.headers[name]
