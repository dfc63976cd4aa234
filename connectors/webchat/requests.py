"""The doors for browsers whose WebSocket is blocked: POST, server-sent events, long polling."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import structlog
from aiohttp import web
from pydantic import ValidationError

from bot.doors import read_body
from connectors.webchat.access import Access
from connectors.webchat.frames import MAX_BODY, MAX_SEQ, Frame, SessionOpen, error, read_frame
from connectors.webchat.ports import Gateway, Log
from connectors.webchat.reception import NOT_UNDERSTOOD, TOO_BIG, Reception
from connectors.webchat.sessions import BadToken
from connectors.webchat.visit import Visits

logger = structlog.get_logger(__name__)

NOT_ERASED = "지금은 대화를 지우지 못했어요. 잠시 뒤에 다시 해 주세요."
_STATUS = {"bad_frame": 400, "rate": 429, "unavailable": 503, "too_big": 413}


class Requests:
    """Serves plain HTTP; the visitor's token is in the `Authorization` header of every request."""

    def __init__(
        self,
        access: Access,
        visits: Visits,
        reception: Reception,
        gateway: Gateway,
        log: Log,
        *,
        channel: str,
        poll: float = 25.0,
        most: int = 2000,
    ) -> None:
        self._access = access
        self._visits = visits
        self._reception = reception
        self._gateway = gateway
        self._log = log
        self._channel = channel
        self._poll = poll
        self._most = most
        self._streams: set[asyncio.Task[None]] = set()

    async def session(self, request: web.Request) -> web.Response:
        """`POST /chat/session` with a `session.open` frame: a token for a visitor without one."""
        self._access.same_site(request)
        try:
            frame = read_frame(await _body(request) or b"")
            if not isinstance(frame, SessionOpen):
                return _answer(error("bad_frame", NOT_UNDERSTOOD))
            _, token = self._access.resume(frame.resume_token)
        except ValidationError:
            return _answer(error("bad_frame", NOT_UNDERSTOOD))
        except BadToken as fault:
            raise web.HTTPUnauthorized from fault
        return web.json_response({"v": 1, "type": "session.token", "resume_token": token})

    async def message(self, request: web.Request) -> web.Response:
        """`POST /chat/messages`: a `user.message` or `user.action` frame; 202 once it is stored.

        `Idempotency-Key` is the frame's id; the same key again is the same message.
        """
        self._access.same_site(request)
        user_id = self._access.user_id(request)
        raw = await _body(request)
        if raw is None:
            return _answer(error("too_big", TOO_BIG, client_id=request.headers.get("Idempotency-Key")))
        answer = await self._reception.take(user_id, raw)
        if answer["type"] == "ack" and request.headers.get("Idempotency-Key", answer["id"]) != answer["id"]:
            return _answer(error("bad_frame", NOT_UNDERSTOOD, client_id=answer["id"]))
        return _answer(answer)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """`GET /chat/stream`: server-sent events from `Last-Event-ID` on; 503 when too many are open."""
        self._access.same_site(request)
        user_id = self._access.user_id(request)
        after = _seq(request.headers.get("Last-Event-ID"))
        if len(self._streams) >= self._most:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "5"})
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream; charset=utf-8",
                "Cache-Control": "no-cache",
                "X-Accel-Buffering": "no",
            }
        )
        await response.prepare(request)
        writing = asyncio.create_task(self._write(response, user_id, after))
        self._streams.add(writing)
        try:
            await writing
        except (asyncio.CancelledError, ConnectionError):
            writing.cancel()
        finally:
            self._streams.discard(writing)
        return response

    async def poll(self, request: web.Request) -> web.Response:
        """`GET /chat/poll?after=<seq>`: what is new, as soon as something is, or nothing after a while.

        `wait=0`: what is new now.
        """
        self._access.same_site(request)
        user_id = self._access.user_id(request)
        after = _seq(request.query.get("after"))
        at_once = after is None or request.query.get("wait") == "0"
        frames: list[Frame] = []
        try:
            async with asyncio.timeout(self._poll):
                async with aclosing(self._visits.follow(user_id, after)) as visit:
                    async for batch in visit:
                        frames += batch
                        if at_once or any(frame["type"] != "session.ready" for frame in frames):
                            break
        except TimeoutError:
            pass  # nothing new: the page asks again
        return web.json_response({"frames": frames})

    async def history(self, request: web.Request) -> web.Response:
        """`GET /chat/history?before=<seq>`: a page of older lines."""
        self._access.same_site(request)
        before = _seq(request.query.get("before"))
        if not before:
            return _answer(error("bad_frame", NOT_UNDERSTOOD))
        frames, more = await self._visits.earlier(self._access.user_id(request), before)
        return web.json_response({"frames": frames, "earlier": more})

    async def erase(self, request: web.Request) -> web.Response:
        """`POST /chat/erase`: all is removed; the citizen gets a receipt and a new, empty conversation."""
        self._access.same_site(request)
        conversation = await self._log.find(self._channel, self._access.user_id(request))
        receipt = ""
        if conversation is not None:
            try:
                receipt = await self._gateway.erase(conversation.id)
            except Exception:  # whatever broke, the citizen must learn that nothing was erased
                logger.exception("webchat_not_erased")
                return _answer(error("unavailable", NOT_ERASED, retryable=True, retry_after=5.0))
        token = self._access.sessions.new()
        return web.json_response({"v": 1, "type": "session.token", "resume_token": token, "receipt": receipt})

    async def close(self) -> None:
        """End the open streams; the pages come back by themselves."""
        for stream in tuple(self._streams):
            stream.cancel()

    async def _write(self, response: web.StreamResponse, user_id: str, after: int | None) -> None:
        await response.write(b"retry: 3000\n\n")
        async with aclosing(self._visits.follow(user_id, after)) as visit:
            async for frames in visit:
                if not frames:
                    await response.write(b": keep-alive\n\n")
                for frame in frames:
                    await response.write(_event(frame))


async def _body(request: web.Request) -> bytes | None:
    """The body; None when it is too big."""
    try:
        return await read_body(request, MAX_BODY)
    except web.HTTPRequestEntityTooLarge:
        return None


def _event(frame: Frame) -> bytes:
    number = f"id: {frame['seq']}\n" if "at" in frame and "seq" in frame else ""
    return f"{number}event: {frame['type']}\ndata: {json.dumps(frame, ensure_ascii=False)}\n\n".encode()


def _answer(frame: Frame) -> web.Response:
    if frame["type"] == "ack":
        return web.json_response(frame, status=202)
    headers = {"Retry-After": str(round(frame["retry_after"] + 0.5))} if "retry_after" in frame else {}
    return web.json_response(frame, status=_STATUS[frame["code"]], headers=headers)


def _seq(value: str | None) -> int | None:
    """A line number from the wire; None when there is none or it is none."""
    if not value or not value.isascii() or not value.isdecimal() or len(value) > 16:
        return None
    return min(int(value), MAX_SEQ)
