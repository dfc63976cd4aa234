"""Showing an operator the values that were taken out of what a citizen wrote, for some minutes.

Nothing else can be shown again: whatever is not in the vault was masked before it was written down. The vault
keeps a value for half an hour (`bot.identity.vault`), and some kinds, like resident numbers, never.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.identity.box import Box
from bot.identity.vault import Vault
from bot.log.records import ConversationView, Entry

LASTS = 300
"""Seconds; then everything is masked again by itself."""


class Unmasking:
    """Who may see whose values now. Kept where the values are: both go with the citizen's erasure."""

    def __init__(self, box: Box, vault: Vault, clock: Callable[[], datetime]) -> None:
        self._box = box
        self._vault = vault
        self._clock = clock

    async def begin(self, operator_id: int, conversation: ConversationView) -> None:
        """From now on the operator sees the values. Raises `bot.identity.box.NotKept`."""
        until = self._clock() + timedelta(seconds=LASTS)
        place = _place(operator_id, conversation.id)
        await self._box.put(place, until.isoformat(), _key(conversation), LASTS)

    async def end(self, operator_id: int, conversation: ConversationView) -> None:
        """Mask again at once. Raises `bot.identity.box.NotKept`."""
        await self._box.drop(_place(operator_id, conversation.id))

    async def until(self, operator_id: int, conversation: ConversationView) -> datetime | None:
        """The end of what `begin` began; None when it is over."""
        said = await self._box.get(_place(operator_id, conversation.id))
        until = datetime.fromisoformat(said) if said else None
        return until if until and until > self._clock() else None

    async def texts(self, conversation: ConversationView, lines: Sequence[Entry]) -> dict[int, str]:
        """The lines in which something can be shown, by their ids, with the values in their places."""
        shown: dict[int, str] = {}
        for line in lines:
            if line.kept:
                text = await self._vault.reveal(_key(conversation), line.text, line.kept)
                if text != line.text:
                    shown[line.id] = text
        return shown


def _key(conversation: ConversationView) -> str:
    return f"{conversation.channel}:{conversation.user_id}"


def _place(operator_id: int, conversation_id: int) -> str:
    return f"unmasked:{operator_id}:{conversation_id}"
