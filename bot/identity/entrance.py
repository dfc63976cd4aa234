"""What of a citizen's message may be written down, and what of the rest is kept for a service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from bot.identity.box import NotKept
from bot.identity.vault import KINDS, ONLY_ASKED, Vault
from bot.masking import LABEL, TOKENS, Found, completes, find, is_second_half, may_answer, replace
from bot.messages import Inbound

_MOST = 20
"""Values that are kept of one message; of more nobody could say which is which."""

log = structlog.get_logger(__name__)


class Entrance:
    """Masks messages. `last_said` tells what a citizen (channel, user id) wrote last, as it was written down.

    Without a vault nothing is kept.
    """

    def __init__(self, vault: Vault | None, last_said: Callable[[str, str], Awaitable[str]]) -> None:
        self._vault = vault
        self._last_said = last_said

    async def admit(self, inbound: Inbound) -> Inbound:
        """The message as it may be written down: labels for personal data, and tokens for what is kept."""
        text = LABEL.sub(r"(\1)", inbound.text)
        if is_second_half(text) and completes(await self._last_said(inbound.channel, inbound.user_id), text):
            return inbound.model_copy(update={"text": f"[{TOKENS['rrn']}]", "kept": ()})
        key = f"{inbound.channel}:{inbound.user_id}"
        vault = None if inbound.public else self._vault
        asked = await vault.asked(key) if vault and may_answer(text) else None
        found = find(text, asked)
        kept = await self._keep(vault, key, text, found, asked) if vault else ()
        return inbound.model_copy(update={"text": replace(text, found), "kept": kept})

    async def _keep(
        self, vault: Vault, key: str, text: str, found: list[Found], asked: str | None
    ) -> tuple[str, ...]:
        wanted = [item for item in found if item.kind in KINDS or item.kind == asked]
        wanted = [item for item in wanted if item.kind in KINDS | ONLY_ASKED][:_MOST]
        try:
            return tuple([await vault.put(key, item.kind, text[item.start : item.end]) for item in wanted])
        except NotKept as error:
            log.warning("value_not_kept", error=str(error))
            return ()
