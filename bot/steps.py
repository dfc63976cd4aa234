"""What may stand before and after the bot in a turn: each step is a small object, asked in order.

Every message passes through all of them, so a step keeps what it needs in memory and asks the database only
when it has something to do.
"""

from __future__ import annotations

from typing import Protocol

from bot.channel import Capabilities
from bot.log.records import StoredInbound
from bot.messages import Reply


class Before(Protocol):
    """Something that may answer instead of the bot: a person's takeover, a switch, a button of ours."""

    async def instead(self, stored: StoredInbound, tapped: str | None) -> Reply | None:
        """The reply when it is not for the bot to answer; None when it is.

        `tapped` is the stored payload of the button that was tapped.
        """


class After(Protocol):
    """Something that looks at the bot's reply before it is committed: to add to it, or to hold it back."""

    async def after(self, stored: StoredInbound, reply: Reply, can: Capabilities) -> Reply:
        """The reply as it is to be given."""
