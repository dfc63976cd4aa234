"""Telegram by python-telegram-bot's `Bot` and `Update` (Bot API 10.0).

Limits and fields are those of the Bot API documentation: text 4096 characters (counted as UTF-16),
`callback_data` 64 bytes, secret token in `X-Telegram-Bot-Api-Secret-Token`.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import aiohttp
from telegram import (
    Bot,
    CallbackQuery,
    ChatMemberUpdated,
    InaccessibleMessage,
    InlineKeyboardMarkup,
    Message,
    Update,
)
from telegram.constants import ChatAction, ChatMemberStatus, ChatType, MessageLimit
from telegram.error import (
    BadRequest,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.channel import (
    BadPayload,
    BadSignature,
    Capabilities,
    Channel,
    Delivery,
    DeliveryError,
    Take,
    WireRequest,
)
from bot.messages import Attachment, AttachmentKind, Button, Inbound, Notice, NoticeKind, Outbound
from bot.settings import Settings
from connectors.fields import json_object
from connectors.media import Media
from connectors.telegram_files import fetch_file
from connectors.telegram_request import NEVER_SENT, SessionRequest
from connectors.telegram_updates import receive

_KINDS = (
    ("photo", AttachmentKind.PHOTO),
    ("sticker", AttachmentKind.STICKER),
    ("voice", AttachmentKind.VOICE),
    ("audio", AttachmentKind.VOICE),
    ("video", AttachmentKind.VIDEO),
    ("video_note", AttachmentKind.VIDEO),
    ("animation", AttachmentKind.VIDEO),
    ("venue", AttachmentKind.LOCATION),
    ("location", AttachmentKind.LOCATION),
    ("contact", AttachmentKind.CONTACT),
    ("document", AttachmentKind.FILE),
    ("dice", AttachmentKind.STICKER),
    ("poll", AttachmentKind.OTHER),
)


_UNREADABLE = (
    *(ValueError, TypeError, KeyError, AttributeError, RecursionError),
    *(OverflowError, OSError),  # a date of which the system's clock knows nothing
)
"""What the library raises for an update that is not as documented."""


class Telegram(Channel):
    """The channel. `bot` sends; `secret` is what Telegram repeats to us with every update.

    With a public https address updates come by webhook, without one by long polling.
    """

    name = "telegram"
    abroad = True
    capabilities = Capabilities(
        max_text=int(MessageLimit.MAX_TEXT_LENGTH),
        max_buttons=10,
        max_label=40,
        max_payload_bytes=64,
        cards=False,
        images=False,
        typing=True,
        can_push=True,
        reply_within=10.0,
        text_unit="utf16",
    )

    def __init__(self, bot: Bot, secret: str, media: Media, public_url: str = "") -> None:
        self.bot = bot
        self._media = media
        self.secret = secret
        self._public_url = public_url

    def verify(self, request: WireRequest) -> None:
        """Raise `BadSignature` unless the request carries our secret token."""
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not hmac.compare_digest(given.encode(errors="replace"), self.secret.encode()):
            raise BadSignature("Telegram's secret token is missing or wrong")

    def parse(self, request: WireRequest) -> Sequence[Inbound | Notice]:
        """The message or news in an update; none for updates that carry none. Raises `BadPayload`."""
        try:
            update = Update.de_json(json_object(request.body), self.bot)
            return _inbound(update)
        except BadPayload:
            raise
        except _UNREADABLE as error:
            raise BadPayload(f"update: {type(error).__name__}") from error

    def render(self, message: Outbound) -> list[dict[str, Any]]:
        """`sendMessage` parameters. Buttons go one a row, so a phone shows their labels whole."""
        text = message.text or "아래에서 골라 주세요."
        wire: dict[str, Any] = {"text": text}
        rows = [[_button(button)] for button in message.buttons if not _is_phone(button)]
        if rows:
            wire["reply_markup"] = {"inline_keyboard": rows}
        phones = [
            f"{b.label}: {b.url.removeprefix('tel:')}" for b in message.buttons if _is_phone(b) and b.url
        ]
        if phones:
            wire["text"] = "\n".join([text, *phones])
        return [wire]

    async def send(self, delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        """Deliver a rendered message; the id is Telegram's `message_id`. Raises `DeliveryError`."""
        (wire,) = wires
        markup = wire.get("reply_markup")
        try:
            sent = await self.bot.send_message(
                chat_id=int(delivery.user_id),
                text=wire["text"],
                reply_markup=InlineKeyboardMarkup.de_json(markup, self.bot) if markup else None,
            )
        except TelegramError as error:
            raise _delivery_error(error) from error
        return str(sent.message_id)

    async def typing(self, user_id: str) -> None:
        """Show "입력 중" for up to five seconds. Raises `DeliveryError`."""
        try:
            await self.bot.send_chat_action(chat_id=int(user_id), action=ChatAction.TYPING)
        except TelegramError as error:
            raise _delivery_error(error) from error

    async def acknowledge(self, request: WireRequest) -> None:
        """Stop the spinner on a tapped button. Raises `DeliveryError`."""
        query = json.loads(request.body).get("callback_query")
        if query:
            try:
                await self.bot.answer_callback_query(query["id"])
            except TelegramError as error:
                raise _delivery_error(error) from error

    async def receive(self, take: Take) -> None:
        """Have updates brought, or fetch them, until cancelled."""
        await receive(self.bot, self.secret, take, self._public_url)

    async def fetch(self, ref: str) -> bytes:
        """A file by its `file_id`. Raises `MediaError`."""
        return await fetch_file(self.bot, self._media, ref)

    async def close(self) -> None:
        """Release connections."""
        await self.bot.shutdown()


def telegram_bot(settings: Settings, session: aiohttp.ClientSession) -> Bot:
    """The Bot API client, with time-outs fit for a chat (seconds)."""
    base = settings.telegram_api_url.rstrip("/")
    return Bot(
        settings.telegram_token.get_secret_value(),
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=SessionRequest(session, timeout=10),
        get_updates_request=SessionRequest(session, timeout=40),
    )


def _inbound(update: Update) -> list[Inbound | Notice]:
    query = update.callback_query
    if query is not None:
        return _tapped(query)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member)
    message = update.message or update.edited_message
    if message is None or message.chat.type != ChatType.PRIVATE:
        return []
    if message.from_user is not None and message.from_user.is_bot:
        return []
    attachments = tuple(_attachments(message))
    text = message.text or message.caption or ""
    if not text and not attachments:
        return []  # service messages: a pinned message, a changed title …
    return [
        Inbound(
            channel="telegram",
            user_id=str(message.chat.id),
            message_id=str(update.update_id),
            sent_at=_aware(message.edit_date or message.date),
            text=text,
            attachments=attachments,
            edited=update.edited_message is not None,
            locale=_locale(message.from_user.language_code if message.from_user else None),
        )
    ]


def _membership(change: ChatMemberUpdated) -> list[Inbound | Notice]:
    """Telegram reports "kicked" when a citizen blocks the bot; unblocking comes with `/start`."""
    if change.chat.type != ChatType.PRIVATE or change.new_chat_member.status != ChatMemberStatus.BANNED:
        return []
    return [Notice(channel="telegram", kind=NoticeKind.LEFT, user_id=str(change.chat.id))]


def _tapped(query: CallbackQuery) -> list[Inbound | Notice]:
    """A tap. The chat is that of the message, or of the citizen when Telegram no longer has it."""
    where = query.message.chat if query.message is not None else None
    if where is not None and where.type not in (ChatType.PRIVATE, "private"):
        return []
    shown = query.message
    label = ""
    if isinstance(shown, Message) and shown.reply_markup is not None:
        for row in shown.reply_markup.inline_keyboard:
            label = next((b.text for b in row if b.callback_data == query.data), label)
    sent = shown.date if shown is not None and not isinstance(shown, InaccessibleMessage) else None
    return [
        Inbound(
            channel="telegram",
            user_id=str(where.id if where is not None else query.from_user.id),
            message_id=f"tap:{query.id}",
            sent_at=_aware(sent or datetime.fromtimestamp(0, UTC)),
            text=label,
            payload=str(query.data or ""),
            locale=_locale(query.from_user.language_code),
        )
    ]


def _attachments(message: Message) -> list[Attachment]:
    found: list[Attachment] = []
    for field, kind in _KINDS:
        value = getattr(message, field, None)
        if not value:
            continue
        if kind is AttachmentKind.LOCATION:
            place = value.location if field == "venue" else value
            found.append(Attachment(kind=kind, latitude=place.latitude, longitude=place.longitude))
        else:
            newest = value[-1] if field == "photo" else value
            ref, size = str(getattr(newest, "file_id", "")), getattr(newest, "file_size", None)
            found.append(Attachment(kind=kind, ref=ref, size=size))
        return found
    return found


def _button(button: Button) -> dict[str, str]:
    if button.url is not None:
        return {"text": button.label, "url": button.url}
    return {"text": button.label, "callback_data": button.payload or ""}


def _is_phone(button: Button) -> bool:
    """Telegram refuses `tel:` addresses on buttons; the number in the text can be tapped anyway."""
    return button.url is not None and button.url.startswith("tel:")


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _locale(code: str | None) -> str:
    return (code or "ko").split("-")[0]


def _delivery_error(error: TelegramError) -> DeliveryError:
    """What an error of the Bot API means for us (documented mapping of python-telegram-bot).

    The cause tells a connection that broke, when Telegram may have taken the message, from an answer 5xx.
    """
    name = type(error).__name__
    if isinstance(error, RetryAfter):
        pause = error.retry_after
        seconds = pause.total_seconds() if hasattr(pause, "total_seconds") else float(pause)
        return DeliveryError(name, retry_after=seconds)
    if isinstance(error, Forbidden | BadRequest | InvalidToken):
        return DeliveryError(f"{name}: {error.message}", permanent=True)
    broke = isinstance(error.__cause__, aiohttp.ClientError | TimeoutError)
    if isinstance(error, NetworkError) and broke and not isinstance(error.__cause__, NEVER_SENT):
        return DeliveryError(name, ambiguous=True)
    return DeliveryError(name, permanent=not isinstance(error, NetworkError))
