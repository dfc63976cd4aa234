"""What a messenger channel is: one file with `capabilities`, `verify`, `parse`, `render`, `send`.

No channel knows Rasa, SQL or aiohttp's server. `verify`, `handshake`, `parse` and `render` are pure, so a
recorded payload is a test; `send` is a thin call to the platform.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.messages import Inbound, Notice, Outbound, utc_now


@dataclass(frozen=True)
class WireRequest:
    """A platform's HTTP request, untouched: signatures are checked on the raw bytes."""

    method: str
    headers: Mapping[str, str]
    """Names in lower case."""
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    secret: str = ""
    """What follows the channel's name in the path: `/webhooks/<channel>/<secret>`."""
    received_at: datetime = field(default_factory=utc_now)
    """For platforms that give their events neither a time nor an id."""


@dataclass(frozen=True)
class WireAnswer:
    """Our HTTP response to a platform, where it is more than `200 ok`."""

    body: bytes
    content_type: str = "text/plain"
    status: int = 200


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
    converses: bool = True
    """Whether who asks can answer back. If not, what the bot cannot answer at once goes to a person."""
    text_unit: str = "characters"
    """`characters`, `utf16`, `bytes` or `weighted` (X): how the platform counts `max_text`."""
    batch: int = 1
    """Most rendered messages that one call of `send` takes."""
    body_within: float | None = None
    """Seconds within which the platform wants the reply in the response to its own request; None: it does
    not. The channel is a `BodyChannel` then."""
    resend: bool = False
    """Whether a message whose delivery is uncertain is sent again: only where the platform recognises
    `Delivery.key`, or a message shown twice harms nobody."""
    window: float | None = None
    """Seconds after a citizen's last message within which the platform lets us write to them."""
    max_text_with_buttons: int | None = None
    """Longest text above buttons, where that is shorter than `max_text`."""
    max_links: int | None = None
    """Most buttons that open an address in one message; if there are more, all stand in the text."""
    mixed: bool = True
    """Whether such buttons go under the same message as quick replies; if not, they stand in the text."""
    max_card: int | None = None
    """Longest card (title, text and facts together); a longer one becomes text. None: any."""
    phones: bool = True
    """Whether a button can hold a telephone number (`tel:`); if not, the number stands in the text."""


@dataclass(frozen=True)
class Delivery:
    """To whom a message goes and what it answers."""

    user_id: str
    key: str
    """A UUID, the same for every try of the same messages."""
    reply_to: str = ""
    """`Inbound.reply_to` of the message that is answered; empty when we write unasked."""
    heard_at: datetime | None = None
    """When we received the message that is answered, else the citizen's last one."""
    again: bool = False
    """Whether an earlier try may have reached the platform: it was ambiguous, or we crashed in it."""


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
        later: bool = False,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds the platform asks us to wait."""
        self.permanent = permanent
        """Trying again is useless (blocked by the user, unknown chat)."""
        self.ambiguous = ambiguous
        """The platform may have taken it (timed out after sending)."""
        self.later = later
        """There is no way to the citizen now: it goes with the reply to their next message."""


class NoMedia(StrEnum):
    """Why what a citizen sent cannot be looked at."""

    UNAVAILABLE = "unavailable"
    """The channel has no way to it."""
    GONE = "gone"
    """The platform has it no more, or not yet."""
    TOO_BIG = "too_big"
    FORBIDDEN = "forbidden"
    """Its address is none that we call."""
    UNREACHABLE = "unreachable"
    """The platform did not give it in time."""


class MediaError(ChannelError):
    """What a citizen sent could not be fetched."""

    def __init__(self, reason: NoMedia) -> None:
        super().__init__(reason.value)
        self.reason = reason


MAX_MEDIA = 10 * 1024 * 1024
"""Bytes of a photo or another thing sent by a citizen that are fetched."""

Take = Callable[[WireRequest], Awaitable[None]]
"""Commits what a request holds; when it raises, the platform is to bring it again."""


class Channel(ABC):
    """One messenger. Instances are made in `connectors.build` and nowhere else.

    What most platforms do not have need not be written.
    """

    name: str
    capabilities: Capabilities
    called: bool = True
    """Whether the platform calls us; where it does not, `/webhooks/<name>` is an unknown address."""
    abroad: bool = False
    """Whether the platform stores messages abroad: citizens are told (`bot.rights.notices`)."""
    own_notice: bool = False
    """The first notice stands on a page of ours, or nobody is there to read it: no message says it."""

    @abstractmethod
    def verify(self, request: WireRequest) -> None:
        """Raise `BadSignature` unless the platform sent this request."""

    def handshake(self, request: WireRequest) -> WireAnswer | None:
        """The answer to a GET by which a platform makes sure of us; None where there is no such thing.

        Raises `BadSignature` when the platform does not prove itself.
        """
        return None

    @abstractmethod
    def parse(self, request: WireRequest) -> Sequence[Inbound | Notice]:
        """The citizen messages and news in a request; none for events we do not need.

        Raises `BadPayload`, and nothing else, on any bytes.
        """

    @abstractmethod
    def render(self, message: Outbound) -> list[dict[str, Any]]:
        """The platform's own form of a message that `fit` has made to fit; pure."""

    @abstractmethod
    async def send(self, delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        """Deliver rendered messages, at most `capabilities.batch`, and return the platform's id for them.

        Raises `DeliveryError`.
        """

    async def typing(self, user_id: str) -> None:
        """Show that an answer is being written. Raises `DeliveryError`."""
        return

    async def acknowledge(self, request: WireRequest) -> None:
        """Tell the platform that a taken request was taken, where it wants to be told."""
        return

    async def receive(self, take: Take) -> None:
        """Fetch what the platform does not bring by itself, until cancelled."""
        return

    async def fetch(self, ref: str) -> bytes:
        """What a citizen attached (`Attachment.ref`), at most `MAX_MEDIA`, within seconds.

        Raises `MediaError`.
        """
        raise MediaError(NoMedia.UNAVAILABLE)

    async def close(self) -> None:
        """Release connections."""
        return


class BodyChannel(Channel):
    """A platform that takes the reply in the response to its own request (`Capabilities.body_within`).

    `send` is for what comes after that response.
    """

    @abstractmethod
    def body(self, wires: Sequence[dict[str, Any]]) -> WireAnswer:
        """The response that carries rendered messages, at most `capabilities.batch`, possibly none."""

    @abstractmethod
    def waiting(self, request: WireRequest, message: Outbound) -> WireAnswer:
        """The response when the reply is not ready in time.

        `message` says so to the citizen and has a button that fetches the reply.
        """
