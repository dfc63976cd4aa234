"""How to reach a citizen beside the messenger: asked for by nobody, sealed where it is given."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.identity.hint import hint
from bot.identity.seal import Broken, Seal
from bot.identity.vault import Vault, kind_of
from bot.log.engine import changing
from bot.rights.consents import Consents, Purpose
from bot.rights.wordings import Text, keep
from bot.voices.tables import Report

PLACE = "voices:contact"
"""What a kept contact is sealed for."""


class Contacts:
    """Takes a contact out of the vault, where it lives for minutes, and keeps it with a report."""

    def __init__(self, vault: Vault, seal: Seal, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self._vault = vault
        self._seal = seal
        self._engine = engine
        self._clock = clock
        self._consents = Consents(engine, clock)

    async def shown(self, text: Text) -> None:
        """Keep the words by which a citizen may agree that the contact is passed on."""
        async with changing(self._engine) as connection:
            await keep(connection, text, self._clock())

    async def keep(self, citizen: str, token: str) -> str | None:
        """The sealed contact behind a token of the vault; None without one, or when it is gone."""
        value = await self._vault.open(citizen, token) if token else None
        return base64.b64encode(self._seal.close(value, PLACE)).decode() if value else None

    async def hint(self, citizen: str, token: str) -> str:
        """Enough of it for the citizen to know it again; empty when it is gone."""
        value = await self._vault.open(citizen, token)
        return hint(kind_of(token) or "", value) if value else ""

    async def of(self, report: Report) -> str:
        """The contact for who deals with a report; empty when there is none that can be read, or when the
        citizen has withdrawn their consent.
        """
        if not report.contact or report.conversation_id is None:
            return ""
        if not await self._consents.has(report.conversation_id, Purpose.CONTACT):
            return ""
        try:
            return self._seal.open(base64.b64decode(report.contact), PLACE)
        except (Broken, binascii.Error):
            return ""
