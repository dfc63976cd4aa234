"""The WebSocket door: `/chat/ws`."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import ValidationError

from connectors.webchat.access import Access
from connectors.webchat.frames import (
    MAX_BODY,
    MAX_FRAME,
    Frame,
    Ping,
    SessionOpen,
    UserTyping,
    error,
    read_frame,
)
from connectors.webchat.reception import NOT_UNDERSTOOD, TOO_BIG, Reception
from connectors.webchat.sessions import BadToken
from connectors.webchat.visit import Visits

UNKNOWN_VISITOR, IDLE, TOO_MUCH, OVERLOADED = 4401, 4408, 4429, 4503
"""Close codes of our own; the page reads them."""


class Sockets:
    """Serves open WebSockets; closes them when the program stops."""

    def __init__(
        self,
        access: Access,
        visits: Visits,
        reception: Reception,
        *,
        most: int = 2000,
        first_frame: float = 10.0,
        idle: float = 90.0,
    ) -> None:
        self._access = access
        self._visits = visits
        self._reception = reception
        self._most = most
        self._first_frame = first_frame
        self._idle = idle
        self._open: set[web.WebSocketResponse] = set()

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """One connection from its first frame to its end."""
        self._access.same_site(request, required=True)
        socket = web.WebSocketResponse(timeout=2.0, heartbeat=25.0, max_msg_size=4 * MAX_BODY)
        await socket.prepare(request)
        if len(self._open) >= self._most:
            await socket.close(code=OVERLOADED, message=b"overloaded")
            return socket
        self._open.add(socket)
        try:
            await self._serve(socket)
        finally:
            self._open.discard(socket)
        return socket

    async def close(self) -> None:
        """Send every page away; they come back by themselves."""
        await asyncio.gather(
            *(socket.close(code=WSCloseCode.GOING_AWAY, message=b"restart") for socket in tuple(self._open))
        )

    async def _serve(self, socket: web.WebSocketResponse) -> None:
        try:
            opening = read_frame(await socket.receive_str(timeout=self._first_frame))
            if not isinstance(opening, SessionOpen):
                raise BadToken
            user_id, new_token = self._access.resume(opening.resume_token)
        except (TimeoutError, TypeError, ValidationError, BadToken):
            await socket.close(code=UNKNOWN_VISITOR, message=b"session.open")
            return
        sending = asyncio.create_task(self._send(socket, user_id, opening.last_seq, new_token))
        try:
            await self._listen(socket, user_id)
        finally:
            sending.cancel()
            (result,) = await asyncio.gather(sending, return_exceptions=True)
        if isinstance(result, Exception) and not isinstance(result, ConnectionError):
            raise result

    async def _send(
        self, socket: web.WebSocketResponse, user_id: str, after: int | None, new_token: str | None
    ) -> None:
        """Everything new to the page; a failure ends the connection, and the page comes back."""
        try:
            async with aclosing(self._visits.follow(user_id, after, new_token)) as visit:
                async for frames in visit:
                    for frame in frames:
                        await socket.send_json(frame)
        finally:
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)

    async def _listen(self, socket: web.WebSocketResponse, user_id: str) -> None:
        refused = 0
        while True:
            try:
                message = await socket.receive(timeout=self._idle)
            except TimeoutError:
                await socket.close(code=IDLE, message=b"idle")
                return
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            answer = await self._answer(user_id, message.data)
            if answer is None:
                continue
            refused = refused + 1 if answer["type"] == "error" else 0
            await socket.send_json(answer)
            if refused >= 50:
                await socket.close(code=TOO_MUCH, message=b"too many refused frames")
                return

    async def _answer(self, user_id: str, data: str | bytes) -> Frame | None:
        raw = data.encode() if isinstance(data, str) else data
        if len(raw) > MAX_FRAME:
            return error("too_big", TOO_BIG)
        try:
            frame = read_frame(raw)
        except ValidationError:
            return await self._reception.take(user_id, raw)
        if isinstance(frame, Ping):
            return {"v": 1, "type": "pong"}
        if isinstance(frame, UserTyping):
            await self._reception.typing(user_id, frame.on)
            return None
        if isinstance(frame, SessionOpen):
            return error("bad_frame", NOT_UNDERSTOOD)
        return await self._reception.take(user_id, raw)
