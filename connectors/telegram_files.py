"""What citizens sent, by the Bot API's `getFile` (at most 20 MB)."""

from __future__ import annotations

from telegram import Bot
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.channel import MAX_MEDIA, MediaError, NoMedia
from connectors.media import Media


async def fetch_file(bot: Bot, media: Media, file_id: str) -> bytes:
    """The bytes of a file; its address, good for an hour, has the bot's token in it. Raises `MediaError`."""
    try:
        file = await bot.get_file(file_id)
    except (BadRequest, Forbidden) as error:
        raise MediaError(NoMedia.GONE) from error
    except TelegramError as error:
        raise MediaError(NoMedia.UNREACHABLE) from error
    if (file.file_size or 0) > MAX_MEDIA:
        raise MediaError(NoMedia.TOO_BIG)
    return await media.get(file.file_path or "")
