"""How Telegram's updates reach us: by long polling without a public address, else by webhook."""

from __future__ import annotations

import asyncio

import structlog
from telegram import Bot
from telegram.error import InvalidToken, RetryAfter, TelegramError

from bot.channel import Take, WireRequest

WANTED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""Kinds of update a civic bot needs."""
_LONG_POLL = 25
"""Seconds Telegram may hold a request open."""
_PAUSE, _LONG_PAUSE = 2.0, 30.0
"""Seconds to wait after an error before polling, or setting the webhook, again."""

log = structlog.get_logger(__name__)


async def receive(bot: Bot, secret: str, take: Take, public_url: str) -> None:
    """By webhook when there is a public https address, else by long polling, until cancelled."""
    if not public_url:
        await poll(bot, take, secret)
        return
    while True:
        try:
            await set_webhook(bot, public_url, secret)
        except TelegramError as error:
            log.warning("telegram_webhook_not_set", error=type(error).__name__)
            await asyncio.sleep(_LONG_PAUSE)
        else:
            log.info("telegram_webhook_set")
            return


async def set_webhook(bot: Bot, public_url: str, secret: str) -> None:
    """Ask Telegram to send updates to us. Raises `telegram.error.TelegramError`."""
    await bot.set_webhook(
        url=f"{public_url.rstrip('/')}/webhooks/telegram",
        secret_token=secret,
        allowed_updates=list(WANTED_UPDATES),
    )


async def poll(bot: Bot, take: Take, secret: str) -> None:
    """Fetch updates until cancelled; an update counts as fetched only after `take` returned."""
    offset: int | None = None
    ready = False
    while True:
        try:
            if not ready:
                await bot.initialize()
                await bot.delete_webhook()
                ready = True
                log.info("telegram_polling", bot=bot.username)
            updates = await bot.get_updates(
                offset=offset, timeout=_LONG_POLL, allowed_updates=list(WANTED_UPDATES)
            )
            for update in updates:
                headers = {"x-telegram-bot-api-secret-token": secret}
                await take(WireRequest("POST", headers, body=update.to_json().encode()))
                offset = update.update_id + 1
        except InvalidToken:
            log.error("telegram_token_refused", remedy="SOTONG_TELEGRAM_TOKEN을 확인하세요")
            return
        except RetryAfter as error:
            pause = error.retry_after
            await asyncio.sleep(pause.total_seconds() if hasattr(pause, "total_seconds") else pause)
        except TelegramError as error:
            log.warning("telegram_poll_failed", error=type(error).__name__)
            await asyncio.sleep(_PAUSE)
