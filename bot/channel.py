"""What a messenger channel is: one file with `capabilities`, `verify`, `parse`, `render`, `send`.

No channel knows Rasa, SQL or aiohttp's server. `verify`, `parse` and `render` are pure, so a
recorded payload is a test; `send` is a thin call to the platform.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.messages import Inbound, Outbound


@dataclass(frozen=True)
class WireRequest:
    """A platform's HTTP request, untouched: signatures are checked on the raw bytes."""

    method: str
    headers: Mapping[str, str]
    """Names in lower case."""
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Capabilities:
    """What a channel can show; `fit` makes every reply obey it."""

    max_text: int
    """Longest text, counted by `text_unit`."""
    max_buttons: int
    """Most buttons under one message."""
    max_label: int
    """Longest button label, in characters."""
    max_payload_bytes: int
    """Longest button id the platform carries back to us."""
    cards: bool
    """Whether cards are shown as such; if not, `fit` turns them into text."""
    images: bool
    typing: bool
    can_push: bool
    """Whether we may write without being asked. Without it there is no live takeover."""
    reply_within: float
    """Seconds within which a citizen should have a reply."""
    text_unit: str = "characters"
    """`characters`, `utf16` or `bytes`: how the platform counts `max_text`."""


class ChannelError(Exception):
    """Root of what a channel can raise; `str()` is safe to log (no personal data)."""


class BadSignature(ChannelError):
    """The request does not prove that it comes from the platform: HTTP 401."""


class BadPayload(ChannelError):
    """The request cannot be understood: HTTP 400. The text names the field."""


class DeliveryError(ChannelError):
    """The platform did not take a message."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        permanent: bool = False,
        ambiguous: bool = False,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds the platform asks us to wait."""
        self.permanent = permanent
        """Trying again is useless (blocked by the user, unknown chat)."""
        self.ambiguous = ambiguous
        """The platform may have taken it (timed out after sending)."""


class Channel(Protocol):
    """One messenger. Instances are made in `connectors.build` and nowhere else."""

    name: str
    capabilities: Capabilities

    def verify(self, request: WireRequest) -> None:
        """Raise `BadSignature` unless the platform sent this request."""

    def parse(self, request: WireRequest) -> Sequence[Inbound]:
        """The citizen messages in a request; none for events we do not need.

        Raises `BadPayload`, and nothing else, on any bytes.
        """

    def render(self, message: Outbound) -> list[dict[str, Any]]:
        """The platform's own form of a message that `fit` has made to fit."""

    async def send(self, user_id: str, wire: dict[str, Any]) -> str:
        """Deliver one rendered message and return the platform's id for it.

        Raises `DeliveryError`.
        """

    async def typing(self, user_id: str) -> None:
        """Show that an answer is being written; does nothing where unsupported."""

    async def acknowledge(self, request: WireRequest) -> None:
        """Tell the platform that a taken request was taken, where it wants to be told."""

    async def close(self) -> None:
        """Release connections."""
