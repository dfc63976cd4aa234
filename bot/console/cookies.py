"""The console's cookies: what they are called, and what browsers may do with them."""

from __future__ import annotations

import secrets
from typing import Literal

from aiohttp import web

from bot.console.forgery import FORM
from bot.public_headers import by_https

SESSION = "sotong_console"


def set_cookie(
    request: web.Request,
    response: web.StreamResponse,
    name: str,
    value: str,
    samesite: Literal["Strict", "Lax"] = "Strict",
) -> None:
    """A cookie that scripts cannot read and other sites cannot make the browser send."""
    secure = by_https(request)
    response.set_cookie(
        cookie_name(request, name), value, httponly=True, samesite=samesite, secure=secure, path="/"
    )


def cookie_name(request: web.Request, name: str) -> str:
    """What one of our cookies is called here: under https in the way that no other host, and nobody on plain
    http, can set it (RFC 6265bis, section 4.1.3.2).
    """
    return f"__Host-{name}" if by_https(request) else name


def cookie(request: web.Request, name: str) -> str:
    """The value of one of our cookies, empty when there is none."""
    return request.cookies.get(cookie_name(request, name), "")


def drop_cookie(request: web.Request, response: web.StreamResponse, name: str) -> None:
    """Have the browser forget one of our cookies."""
    secure = by_https(request)
    response.del_cookie(cookie_name(request, name), httponly=True, secure=secure, path="/")


def form_token(request: web.Request) -> str:
    """The token of the log-in form: the one of an open form stays, so that two tabs both work."""
    return cookie(request, FORM) or secrets.token_urlsafe(24)
