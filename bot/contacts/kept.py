"""What a citizen leaves of themselves: sealed, with their yes."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import structlog

from bot.contacts.tables import ContactRequest
from bot.identity.box import NotKept
from bot.identity.hint import hint
from bot.identity.seal import Broken, Seal
from bot.identity.vault import Vault, kind_of, of_kinds
from bot.log.records import StoredInbound
from bot.rights.consents import Consents
from bot.rights.wordings import Wordings

PLACE = "contacts:contact"
"""What a kept contact is sealed for."""
_KINDS = ("mobile", "phone", "email")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Kept:
    """Where contacts come from and how they are kept."""

    vault: Vault
    seal: Seal
    consents: Consents
    wordings: Wordings

    async def contact(self, stored: StoredInbound) -> tuple[str | None, str]:
        """The contact in a message, sealed, and what of it may be shown; None without one."""
        for token in of_kinds(stored.inbound.kept, _KINDS):
            value = await self.vault.open(stored.key, token)
            if value:
                sealed = base64.b64encode(self.seal.close(value, PLACE)).decode()
                return sealed, hint(kind_of(token) or "", value)
        return None, ""

    async def expect(self, stored: StoredInbound, kind: str | None) -> None:
        """What comes next is a number, also in an odd form. Without the vault only the usual forms count."""
        try:
            await self.vault.ask(stored.key, kind)
        except NotKept as error:
            log.warning("contact_not_expected", error=str(error))


def opened(seal: Seal, form: ContactRequest) -> str:
    """The contact that a request keeps; empty when there is none, or none that can be read."""
    try:
        return seal.open(base64.b64decode(form.contact), PLACE) if form.contact else ""
    except (Broken, binascii.Error):
        return ""
