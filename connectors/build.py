"""The explicit list of channels; a channel without its settings is left out, and so is its library."""

# ruff: noqa: PLC0415 - python-telegram-bot takes a second to import: only who uses it waits for it
from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.channel import Channel, WireRequest
from bot.feed import Feed
from bot.settings import Settings
from connectors.webchat.channel import WebChat


def build_channels(settings: Settings, feed: Feed, telegram_secret: str) -> dict[str, Channel]:
    """The channels that are set up, by name."""
    channels: list[Channel] = [WebChat(feed)]
    if settings.telegram_token.get_secret_value():
        from connectors.telegram import Telegram, telegram_bot

        channels.append(Telegram(telegram_bot(settings), telegram_secret))
    return {channel.name: channel for channel in channels}


async def receive_updates(
    channels: Mapping[str, Channel],
    take: Callable[[Channel, WireRequest], Awaitable[None]],
    public_url: str,
) -> None:
    """Fetch what platforms do not bring to us by themselves; runs until cancelled."""
    if "telegram" in channels:
        from connectors.telegram import Telegram
        from connectors.telegram_updates import receive

        channel = channels["telegram"]
        assert isinstance(channel, Telegram)  # noqa: S101 - for the type checker
        await receive(channel, lambda wire: take(channel, wire), public_url)
