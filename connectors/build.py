"""The explicit list of channels; a channel without its settings is left out."""

from __future__ import annotations

from telegram import Bot
from telegram.request import HTTPXRequest

from bot.channel import Channel
from bot.feed import Feed
from bot.settings import Settings
from connectors.telegram import Telegram
from connectors.webchat.channel import WebChat


def build_channels(settings: Settings, feed: Feed, telegram_secret: str) -> dict[str, Channel]:
    """The channels that are set up, by name."""
    channels: list[Channel] = [WebChat(feed)]
    if settings.telegram_token.get_secret_value():
        channels.append(Telegram(telegram_bot(settings), telegram_secret))
    return {channel.name: channel for channel in channels}


def telegram_bot(settings: Settings) -> Bot:
    """The Bot API client, with time-outs fit for a chat (seconds)."""
    base = settings.telegram_api_url.rstrip("/")
    request = HTTPXRequest(connection_pool_size=64, connect_timeout=5, read_timeout=10, write_timeout=10)
    polling = HTTPXRequest(connection_pool_size=2, connect_timeout=5, read_timeout=40)
    return Bot(
        settings.telegram_token.get_secret_value(),
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=request,
        get_updates_request=polling,
    )
