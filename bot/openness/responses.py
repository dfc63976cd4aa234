"""Responses of the open pages: readable from any site, kept for a minute, not sent twice to who has them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from bot.doors import address
from bot.pace import Pace

FRESH = 60
"""Seconds for which anybody may show a response without asking again."""
ANYWHERE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After",
    "Referrer-Policy": "no-referrer",
}
"""Every site's programs may read it: there is nothing that depends on who asks."""
PAGE = {
    **ANYWHERE,
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors *",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_KEPT = {"Cache-Control": f"public, max-age={FRESH}"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(web.HTTPException):
    """A request that cannot be answered, said as JSON: `{"error": {"code", "message"}}`."""

    def __init__(self, status: int, code: str, message: str, retry_after: int | None = None) -> None:
        self.status_code = status
        headers = dict(ANYWHERE)
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        super().__init__(
            text=dumps({"error": {"code": code, "message": message}}),
            content_type="application/json",
            headers=headers,
        )


def dumps(value: object) -> str:
    """JSON as people can read it too."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def data(request: web.Request, value: object, kind: str = "application/json") -> web.Response:
    """JSON that anybody may read and keep for a while."""
    return known(request, dumps(value).encode(), kind, ANYWHERE)


def known(
    request: web.Request, body: bytes, kind: str, headers: Mapping[str, str], status: int = 200
) -> web.Response:
    """The response, or 304 where the browser has it already."""
    mark = hashlib.blake2b(body, digest_size=12).hexdigest()
    everything = {**headers, **_KEPT}
    if status == 200 and any(each.value in (mark, "*") for each in request.if_none_match or ()):
        return web.Response(status=304, headers={**everything, "ETag": f'"{mark}"'})
    response = web.Response(
        body=body, status=status, content_type=kind, charset="utf-8", headers=dict(everything)
    )
    response.etag = mark
    return response


def paced(pace: Pace, proxies: int, handler: Handler) -> Handler:
    """The handler for who does not ask too often; `proxies` as for `bot.doors`."""

    async def check(request: web.Request) -> web.StreamResponse:
        if wait := pace.wait(address(request, proxies)):
            raise too_often(wait)
        return await handler(request)

    return check


def too_often(wait: float) -> Refused:
    """For who has to wait so many seconds."""
    seconds = max(1, round(wait + 0.5))
    return Refused(429, "too_often", f"요청이 너무 잦아요. {seconds}초 뒤에 다시 해 주세요.", seconds)


async def preflight(_: web.Request) -> web.Response:
    """What a browser asks before a page of another site may send JSON (CORS)."""
    allowed = {
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": "86400",
    }
    return web.Response(status=204, headers={**ANYWHERE, **allowed})


def text_of(query: Mapping[str, Any], name: str, most: int = 200) -> str:
    """A text of the query. Raises `Refused` for one that is too long or cannot be text."""
    value = str(query.get(name, "")).strip()
    if len(value) > most or "\x00" in value or any("\ud800" <= each <= "\udfff" for each in value):
        raise Refused(400, "bad_query", f"{name}: {most}자까지의 글이어야 해요.")
    return value


def number_of(query: Mapping[str, Any], name: str, default: int, most: int) -> int:
    """A number of the query from 1 to `most`. Raises `Refused`."""
    value = str(query.get(name, default))
    if not (value.isascii() and value.isdecimal() and len(value) < 7 and 1 <= int(value) <= most):
        raise Refused(400, "bad_query", f"{name}: 1부터 {most}까지의 수여야 해요.")
    return int(value)
