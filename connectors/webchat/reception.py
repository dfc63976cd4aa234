"""What a page sends, from its bytes to the answer it gets: one way for every transport."""

from __future__ import annotations

import json

import structlog

from bot.channel import BadPayload, WireRequest
from bot.messages import Inbound
from bot.pace import Pace
from connectors.webchat.channel import USER_HEADER, WebChat
from connectors.webchat.frames import Frame, ack, error
from connectors.webchat.ports import Feed, Gateway, Log, topic

logger = structlog.get_logger(__name__)

TOO_FAST = "메시지를 조금 빠르게 보내고 계세요. 잠시 뒤에 자동으로 다시 보낼게요."
NOT_STORED = "지금은 메시지를 받지 못했어요. 잠시 뒤에 자동으로 다시 보낼게요."
NOT_UNDERSTOOD = "보낸 내용을 읽지 못했어요. 화면을 새로 고친 뒤 다시 보내 주세요."
TOO_BIG = "한 번에 보내기에는 내용이 너무 길어요. 나누어서 보내 주세요."


class Reception:
    """Takes citizens' messages to the gateway."""

    def __init__(self, gateway: Gateway, log: Log, feed: Feed, channel: WebChat, pace: Pace) -> None:
        self._gateway = gateway
        self._log = log
        self._feed = feed
        self._channel = channel
        self._pace = pace

    async def take(self, user_id: str, raw: bytes) -> Frame:
        """`ack` once the message is committed, or an `error` that says what to do.

        An error that names the message's id and is retryable asks the page to send it again.
        """
        request = WireRequest("POST", {USER_HEADER: user_id}, body=raw)
        try:
            inbounds = self._channel.parse(request)
        except BadPayload as fault:
            logger.info("webchat_bad_frame", fault=str(fault))
            return error("bad_frame", NOT_UNDERSTOOD, client_id=claimed_id(raw))
        if not inbounds:
            return error("bad_frame", NOT_UNDERSTOOD, client_id=claimed_id(raw))
        return await self._commit(inbounds[0])

    async def typing(self, user_id: str, on: bool) -> None:
        """Let an operator see that the citizen is writing."""
        conversation = await self._log.find(self._channel.name, user_id)
        if conversation is not None and conversation.state == "operator":
            event = {"kind": "typing", "conversation_id": conversation.id, "on": on}
            await self._feed.publish("console", event)

    async def _commit(self, inbound: Inbound) -> Frame:
        client_id = inbound.message_id.rpartition(":")[2]
        if seconds := self._pace.wait(inbound.user_id):
            return error("rate", TOO_FAST, retryable=True, client_id=client_id, retry_after=seconds)
        try:
            fresh = await self._gateway.receive(inbound)
        except Exception:  # whatever broke, the page must keep the message and try again
            logger.exception("webchat_not_stored")
            return error("unavailable", NOT_STORED, retryable=True, client_id=client_id, retry_after=3.0)
        await self._feed.publish(topic(inbound.user_id), {"kind": "message", "id": client_id})
        return ack(client_id, fresh)


def claimed_id(raw: bytes) -> str | None:
    """The id in a frame that is otherwise wrong, so that the page knows which message it was."""
    try:
        frame = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    client_id = frame.get("id") if isinstance(frame, dict) else None
    return client_id[:40] if isinstance(client_id, str) else None
