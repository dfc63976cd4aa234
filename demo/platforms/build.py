"""The explicit list of stand-ins."""

from __future__ import annotations

from demo.platforms.instagram import InstagramPlatform
from demo.platforms.kakao import KakaoPlatform
from demo.platforms.line import LinePlatform
from demo.platforms.messenger import MessengerPlatform
from demo.platforms.naver import NaverPlatform
from demo.platforms.platform import Platform
from demo.platforms.telegram import TelegramPlatform
from demo.platforms.webhook import WebhookPlatform
from demo.platforms.whatsapp import WhatsAppPlatform
from demo.platforms.x import XPlatform
from demo.platforms.xmentions import XMentionsPlatform
from demo.platforms.youtube import YouTubePlatform

PLATFORMS: dict[str, type[Platform]] = {
    platform.name: platform
    for platform in (
        TelegramPlatform,
        KakaoPlatform,
        NaverPlatform,
        LinePlatform,
        MessengerPlatform,
        InstagramPlatform,
        WhatsAppPlatform,
        XPlatform,
        WebhookPlatform,
        XMentionsPlatform,
        YouTubePlatform,
    )
}
"""By the channel's name."""
