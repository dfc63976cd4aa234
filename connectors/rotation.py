"""Second secrets: while one is replaced, a platform's request is believed with either of the two."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
from pydantic import SecretStr

from bot.channel import Channel
from bot.feed import Feed
from bot.settings import Settings
from connectors.build import build_channels

SECRETS: Mapping[str, str] = {
    "telegram": "telegram_secret",
    "kakao": "kakao_secret",
    "naver": "naver_secret",
    "line": "line_channel_secret",
    "messenger": "messenger_app_secret",
    "instagram": "instagram_app_secret",
    "whatsapp": "whatsapp_app_secret",
    "x": "x_consumer_secret",
    "webhook": "webhook_secret",
}
"""Channel → the setting that its platform proves itself with; the second one is `<channel>_other_secret`."""


def other_channels(
    settings: Settings, session: aiohttp.ClientSession, feed: Feed, telegram_secret: str
) -> dict[str, Channel]:
    """The channels that have a second secret, as they would be with it: only to verify requests."""
    given = {name: _value(settings, name) for name in SECRETS if _value(settings, name)}
    if not given:
        return {}
    changed = settings.model_copy(update={SECRETS[name]: SecretStr(value) for name, value in given.items()})
    built = build_channels(changed, session, feed, given.get("telegram", telegram_secret))
    return {name: channel for name, channel in built.items() if name in given}


def _value(settings: Settings, channel: str) -> str:
    found: SecretStr = getattr(settings, f"{channel}_other_secret")
    return found.get_secret_value()
