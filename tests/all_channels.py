"""Every channel with settings of its own, for tests that hold for all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import aiohttp

from bot.channel import Channel
from bot.feed import Feed
from bot.messages import utc_now
from bot.settings import Settings
from connectors.build import build_channels

CREDENTIALS: dict[str, Any] = {
    "telegram_token": "100:TEST",
    "telegram_secret": "wire-secret",
    "kakao_secret": "test-kakao-secret",
    "kakao_bot_id": "66f0c0ffee0000000000beef",
    "naver_secret": "test-naver-secret",
    "naver_authorization": "ct_test",
    "line_channel_secret": "test-channel-secret",
    "line_access_token": "test-line-token",
    "messenger_app_secret": "test-app-secret",
    "messenger_verify_token": "test-verify-token",
    "messenger_page_token": "test-page-token",
    "instagram_app_secret": "test-instagram-secret",
    "instagram_verify_token": "test-verify-token",
    "instagram_token": "test-instagram-token",
    "whatsapp_app_secret": "test-app-secret",
    "whatsapp_verify_token": "test-verify-token",
    "whatsapp_token": "test-whatsapp-token",
    "whatsapp_phone_number_id": "100200300400",
    "x_user_id": "1000",
    "x_consumer_key": "test-consumer-key",
    "x_consumer_secret": "test-consumer-secret",
    "x_access_token": "test-access-token",
    "x_access_secret": "test-access-secret",
    "x_mentions": True,
    "youtube_channel_id": "UCtest0000000000000000000",
    "youtube_client_id": "test-client",
    "youtube_client_secret": "test-client-secret",
    "youtube_refresh_token": "test-refresh-token",
    "webhook_secret": "test-webhook-secret",
    "webhook_url": "http://127.0.0.1:1/replies",
}
"""Invented; `tests/wire` is signed with them."""


def channels(
    session: aiohttp.ClientSession, now: Callable[[], datetime] = utc_now, **settings: Any
) -> dict[str, Channel]:
    """All channels by name; `settings` says where their platforms' stand-ins listen."""
    return build_channels(Settings(**CREDENTIALS | settings), session, Feed(), "wire-secret", now)
