"""Whose page may talk to us, and who a request is from."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from aiohttp import web

from connectors.webchat.sessions import BadToken, Sessions


class Access:
    """Checks `Origin` and the visitor's token.

    The token travels in the first WebSocket frame or in the `Authorization` header, never in an
    address and never as a cookie; so no other site can act for a visitor.
    """

    def __init__(self, sessions: Sessions, origins: Sequence[str], public_url: str) -> None:
        self.sessions = sessions
        self.origins = tuple(_origin(origin) for origin in origins)
        """Other sites whose pages may embed the chat."""
        self._own = _origin(public_url) if public_url else None

    def same_site(self, request: web.Request, *, required: bool = False) -> None:
        """Raise `HTTPForbidden` when a page of a foreign site asks."""
        origin = request.headers.get("Origin")
        if origin is None and not required:
            return
        if origin is None or not self._known(origin, request.host):
            raise web.HTTPForbidden(text="이 사이트에서는 채팅을 열 수 없어요.")

    def _known(self, origin: str, host: str) -> bool:
        return urlsplit(origin).netloc == host or origin == self._own or origin in self.origins

    def user_id(self, request: web.Request) -> str:
        """The visitor of a request; raises `HTTPUnauthorized`."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            if scheme != "Bearer":
                raise BadToken
            return self.sessions.user_id(token)
        except BadToken as fault:
            raise web.HTTPUnauthorized(text="대화를 이어 갈 수 없어요. 화면을 새로 고쳐 주세요.") from fault

    def resume(self, token: str | None) -> tuple[str, str | None]:
        """The visitor of a token, and a new token when there was none; raises `BadToken`."""
        if token:
            return self.sessions.user_id(token), None
        new = self.sessions.new()
        return self.sessions.user_id(new), new


def _origin(address: str) -> str:
    parts = urlsplit(address.strip())
    return f"{parts.scheme}://{parts.netloc}"
