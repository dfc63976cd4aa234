"""What the bot would answer, for the operator who has the conversation: the action server is asked."""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp
import structlog

_WITHIN = aiohttp.ClientTimeout(total=2, sock_connect=1)
_MOST = 3

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Suggestion:
    """An answer that may be meant."""

    id: str
    question: str
    text: str
    owner: str
    """Name of the department that answers for it."""
    score: float
    """Chance that it is meant, from 0 to 1."""


class Suggestions:
    """Asks `/suggest` of the action server (`actions/suggest.py`)."""

    def __init__(self, actions_url: str, token: str) -> None:
        self._url = f"{actions_url.rstrip('/')}/suggest"
        self._headers = {"Authorization": f"Bearer {token}"}

    async def of(self, text: str) -> list[Suggestion] | None:
        """The likeliest answers, best first; None when nobody could be asked."""
        if not text.strip():
            return []
        asked = {"text": text, "limit": _MOST}
        try:
            async with (
                aiohttp.ClientSession(timeout=_WITHIN, headers=self._headers) as session,
                session.post(self._url, json=asked) as response,
            ):
                response.raise_for_status()
                return [Suggestion(**each) for each in await response.json()]
        except (aiohttp.ClientError, TimeoutError, ValueError, TypeError) as error:
            log.warning("no_suggestions", error=type(error).__name__)
            return None
