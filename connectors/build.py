"""The explicit list of channels; a channel without its settings is left out, and so is its library."""

# ruff: noqa: PLC0415 - python-telegram-bot takes a second to import: only who uses it waits for it
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import aiohttp
import structlog

from bot.channel import Channel
from bot.feed import Feed
from bot.messages import utc_now
from bot.settings import Settings
from connectors.api import Api
from connectors.media import Media
from connectors.webchat.channel import WebChat

log = structlog.get_logger(__name__)


def build_channels(
    settings: Settings,
    session: aiohttp.ClientSession,
    feed: Feed,
    telegram_secret: str,
    now: Callable[[], datetime] = utc_now,
) -> dict[str, Channel]:
    """The channels that are set up, by name. `now` tells those the time that need it."""
    for name, missing in settings.half_set_up().items():
        log.error("channel_half_set_up", channel=name, missing=[f"SOTONG_{one.upper()}" for one in missing])
    channels: list[Channel] = [WebChat(feed)]
    if settings.is_on("telegram"):
        from connectors.telegram import Telegram, telegram_bot

        media = Media(settings.telegram_api_url)
        bot = telegram_bot(settings, session)
        channels.append(Telegram(bot, telegram_secret, media, settings.public_url))
    if settings.is_on("x"):
        from connectors.x import X
        from connectors.x_api import x_api

        channels.append(
            X(
                settings.x_user_id,
                settings.x_consumer_secret.get_secret_value(),
                x_api(settings, Api(session, settings.x_api_url, {}), now),
                Media(settings.x_media_hosts),
            )
        )
    if settings.is_on("kakao"):
        from connectors.kakao import Kakao

        channels.append(
            Kakao(
                Api(session, settings.kakao_callback_url, {}),
                settings.kakao_secret.get_secret_value(),
                settings.kakao_bot_id,
                settings.kakao_callback_url,
                Media(settings.kakao_media_hosts),
            )
        )
    if settings.is_on("naver"):
        from connectors.naver import Naver

        headers = {"Authorization": settings.naver_authorization.get_secret_value()}
        api = Api(session, settings.naver_api_url, headers)
        secret = settings.naver_secret.get_secret_value()
        channels.append(Naver(api, secret, Media(settings.naver_media_hosts)))
    if settings.is_on("line"):
        from connectors.line import Line

        token = settings.line_access_token.get_secret_value()
        api = Api(session, settings.line_api_url, {"Authorization": f"Bearer {token}"})
        secret = settings.line_channel_secret.get_secret_value()
        channels.append(Line(api, secret, settings.line_content_url, token))
    if settings.is_on("messenger"):
        from connectors.messenger import Messenger

        channels.append(
            Messenger(
                Api(session, settings.messenger_api_url, {}),
                Media(settings.messenger_media_hosts),
                secret=settings.messenger_app_secret.get_secret_value(),
                verify_token=settings.messenger_verify_token.get_secret_value(),
                token=settings.messenger_page_token.get_secret_value(),
            )
        )
    if settings.is_on("instagram"):
        from connectors.instagram import Instagram

        channels.append(
            Instagram(
                Api(session, settings.instagram_api_url, {}),
                Media(settings.instagram_media_hosts),
                secret=settings.instagram_app_secret.get_secret_value(),
                verify_token=settings.instagram_verify_token.get_secret_value(),
                token=settings.instagram_token.get_secret_value(),
            )
        )
    if settings.x_mentions and settings.is_on("x"):
        from connectors.xmentions import xmentions

        channels.append(xmentions(settings, session))
    if settings.is_on("youtube"):
        from connectors.youtube import youtube

        channels.append(youtube(settings, session))
    if settings.is_on("whatsapp"):
        from connectors.whatsapp import WhatsApp

        channels.append(
            WhatsApp(
                Api(session, settings.whatsapp_api_url, {}),
                Media(settings.whatsapp_media_hosts),
                secret=settings.whatsapp_app_secret.get_secret_value(),
                verify_token=settings.whatsapp_verify_token.get_secret_value(),
                token=settings.whatsapp_token.get_secret_value(),
                phone_number_id=settings.whatsapp_phone_number_id,
            )
        )
    if settings.is_on("webhook"):
        from connectors.webhook import Webhook

        secret = settings.webhook_secret.get_secret_value()
        media = Media(settings.webhook_media_hosts)
        channels.append(Webhook(Api(session, "", {}), settings.webhook_url, secret, media, now))
    return {channel.name: channel for channel in channels}
