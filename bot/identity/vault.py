"""Values of citizens that a service needs: sealed, for half an hour, and known elsewhere by a token only."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence

from bot.identity.box import Box, who
from bot.masking import LABEL, TOKENS

KEEPS = 1800
"""Seconds."""
KINDS = frozenset({"mobile", "phone", "email", "birth", "vehicle"})
"""Of `bot.masking`: kept whenever a citizen writes one to us alone."""
ONLY_ASKED = frozenset({"account"})
"""Kept only where a service asked for one. Never kept are resident, passport and licence numbers
(고유식별정보, 개인정보 보호법 제24조, 제24조의2) and payment cards."""
_TOKEN = re.compile(r"⟦([a-z_]{1,20}):([A-Za-z0-9_-]{22})⟧")


class Vault:
    """Keeps values by conversation (`channel:user_id`): no other conversation's token opens anything."""

    def __init__(self, box: Box, seconds: int = KEEPS) -> None:
        self._box = box
        self._seconds = seconds

    async def put(self, key: str, kind: str, value: str) -> str:
        """Keep a value; its token is safe to write down. Raises `bot.identity.box.NotKept`."""
        name = secrets.token_urlsafe(16)
        await self._box.put(_place(key, kind, name), value, key, self._seconds)
        return f"⟦{kind}:{name}⟧"

    async def open(self, key: str, token: str) -> str | None:
        """The value as it was put; None for what is gone, another conversation's, or no token at all."""
        found = _TOKEN.fullmatch(token)
        return await self._box.get(_place(key, found[1], found[2])) if found else None

    async def reveal(self, key: str, text: str, tokens: Sequence[str]) -> str:
        """A masked text with its values in it again, to be read and not to be written down.

        Labels whose value is gone, or was never kept, stay.
        """
        values: dict[str, list[str | None]] = {}
        for token in tokens:
            values.setdefault(TOKENS.get(kind_of(token) or "", ""), []).append(await self.open(key, token))

        def value(label: re.Match[str]) -> str:
            waiting = values.get(label[1])
            return (waiting.pop(0) if waiting else None) or label[0]

        return LABEL.sub(value, text)

    async def ask(self, key: str, kind: str | None) -> None:
        """A service asks for a value of this kind: what comes next needs no label to be known as one.

        With None nothing is asked for any more. Raises `bot.identity.box.NotKept`.
        """
        if kind is None:
            await self._box.drop(_asked(key))
        else:
            await self._box.put(_asked(key), kind, key, self._seconds)

    async def asked(self, key: str) -> str | None:
        """The kind that a service asks the citizen for now."""
        return await self._box.get(_asked(key))

    async def forget(self, key: str) -> None:
        """Throw away a conversation's values. Raises `bot.identity.box.NotKept`."""
        await self._box.drop_all(key, "vault")
        await self._box.drop_all(key, "asked")


def kind_of(token: str) -> str | None:
    """The kind that a token says it is of; None when it is no token."""
    found = _TOKEN.fullmatch(token)
    return found[1] if found else None


def of_kinds(tokens: Sequence[str], kinds: Sequence[str]) -> list[str]:
    """Those tokens that are of one of the kinds, in order."""
    return [token for token in tokens if kind_of(token) in kinds]


def _place(key: str, kind: str, name: str) -> str:
    return f"vault:{who(key)}:{kind}:{name}"


def _asked(key: str) -> str:
    return f"asked:{who(key)}"
