"""The web chat as a channel: the citizen's page is the platform, so both ends of the wire are ours.

A page never receives a message from the feed itself. The feed only says "look again", and the page's
connection reads the log from the last entry it has shown (`connectors.webchat.visit`). So a message is
neither lost nor shown twice, whatever happens to the connection or to Redis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from bot.channel import BadPayload, BadSignature, Capabilities, Channel, Delivery, WireRequest
from bot.messages import Button, Card, Inbound, Outbound
from connectors.faults import fault
from connectors.webchat.frames import UserAction, UserMessage, read_frame
from connectors.webchat.ports import Feed, topic

USER_HEADER = "x-webchat-user"
"""Set by our own routes after they have checked the visitor's token; never taken from a browser."""


class WebChat(Channel):
    """The channel; `verify`, `parse` and `render` are pure."""

    name = "webchat"
    own_notice = True
    capabilities = Capabilities(
        max_text=4000,
        max_buttons=10,
        max_label=60,
        max_payload_bytes=64,
        cards=True,
        images=True,
        typing=True,
        can_push=True,
        reply_within=5.0,
        resend=True,
    )
    called = False

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def verify(self, request: WireRequest) -> None:
        """Raise `BadSignature` unless our routes have named the visitor."""
        if not request.headers.get(USER_HEADER):
            raise BadSignature("web chat request without a visitor")

    def parse(self, request: WireRequest) -> Sequence[Inbound]:
        """One frame of the page; none for frames that are no message (`ping`, `user.typing` …)."""
        self.verify(request)
        try:
            frame = read_frame(request.body)
        except ValidationError as error:
            raise BadPayload(fault(error)) from error
        if not isinstance(frame, UserMessage | UserAction):
            return []
        user_id = request.headers[USER_HEADER]
        return [
            Inbound(
                channel=self.name,
                user_id=user_id,
                message_id=f"{user_id}:{frame.id}",
                sent_at=frame.ts,
                text=frame.text if isinstance(frame, UserMessage) else frame.label,
                payload=frame.payload if isinstance(frame, UserAction) else None,
            )
        ]

    def render(self, message: Outbound) -> list[dict[str, Any]]:
        """The message as the parts the page shows, in the order of `Outbound`."""
        parts: list[dict[str, Any]] = []
        if message.text:
            parts.append({"kind": "text", "text": message.text})
        if message.image_url:
            parts.append({"kind": "image", "url": message.image_url})
        parts += [_card(card) for card in message.cards]
        if message.buttons:
            parts.append({"kind": "buttons", "buttons": [_button(button) for button in message.buttons]})
        return [{"parts": parts}] if parts else []

    async def send(self, delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        """Tell the citizen's open pages that the log has something new; closed ones see it later."""
        for wire in wires:
            event = {"kind": "message", "id": delivery.key, "message": wire}
            await self._feed.publish(topic(delivery.user_id), event)
        return delivery.key

    async def typing(self, user_id: str) -> None:
        """Show the three dots on the citizen's open pages."""
        await self._feed.publish(topic(user_id), {"kind": "typing", "on": True})


def _button(button: Button) -> dict[str, Any]:
    return {"label": button.label, **({"url": button.url} if button.url else {"payload": button.payload})}


def _card(card: Card) -> dict[str, Any]:
    return {
        "kind": "card",
        "title": card.title,
        "text": card.text,
        "facts": [fact.model_dump(mode="json", exclude_none=True) for fact in card.facts],
        **({"image_url": card.image_url} if card.image_url else {}),
        "buttons": [_button(button) for button in card.buttons],
    }
