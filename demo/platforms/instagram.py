"""Instagram's direct messages: Messenger's wire with other limits."""

from __future__ import annotations

from typing import Any, ClassVar

from demo.platforms.messenger import MessengerPlatform
from demo.platforms.messenger_format import buttons
from demo.platforms.platform import Deeds


class InstagramPlatform(MessengerPlatform):
    """The stand-in of Instagram's direct messages."""

    name = "instagram"
    kind = "instagram"
    deeds: ClassVar[Deeds] = {
        name: fields
        for name, fields in MessengerPlatform.deeds.items()
        if name not in ("location", "sticker")
    }
    token_name = "instagram_token"  # noqa: S105 - a setting's name
    page = "17840000000000001"

    def fault(self, message: dict[str, Any]) -> str:
        """A text of over 1000 bytes, or a telephone button."""
        if len(message.get("text", "").encode()) > 1000:
            return "Length of param message[text] must be less than or equal to 1000"
        if any(button["type"] == "phone_number" for button in buttons(message)):
            return "Button type phone_number is not supported"
        return ""
