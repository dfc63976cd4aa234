"""The way from a chat to the provider and back: a short link, then a login under way. Each works once."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import AwareDatetime

from bot.identity.box import Box
from bot.identity.identities import Level
from bot.messages import Frozen, utc_now

LASTS = timedelta(minutes=10)
"""Time to follow a link, and again to log in."""
ABOUT = 12
"""Characters of the citizen's words that the page shows, so that they know their chat again."""
_CODE = re.compile(r"[A-Za-z0-9_-]{22}")


class Link(Frozen):
    """What a link is for."""

    key: str
    """The conversation that it was given to (`channel:user_id`)."""
    level: Level
    then: str = ""
    """Payload of the button that goes on with what the login was for."""
    about: str = ""
    """How what the citizen wrote begins."""
    made_at: AwareDatetime


class Login(Frozen):
    """A browser that is at the provider."""

    link: Link
    nonce: str
    verifier: str
    """PKCE (RFC 7636)."""
    browser: str
    """Digest of the cookie of the browser that began."""


class Links:
    """Makes and redeems links. `base` is our public address; `possible` says whether a level can be had."""

    def __init__(
        self,
        box: Box,
        base: str,
        possible: Callable[[Level], bool],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._box = box
        self._base = base
        self._possible = possible
        self._clock = clock

    async def make(
        self, key: str, level: Level = Level.LOGIN, *, then: str = "", about: str = ""
    ) -> str | None:
        """A link for one conversation, 128 bits strong; None when nobody can log in here at that level.

        Raises `bot.identity.box.NotKept`.
        """
        if not self._possible(level):
            return None
        code = secrets.token_urlsafe(16)
        link = Link(key=key, level=level, then=then, about=_beginning(about), made_at=self._clock())
        await self._box.put(_place("link", code), link.model_dump_json(), key, int(LASTS.total_seconds()))
        return f"{self._base}/in/{code}"

    async def look(self, code: str) -> Link | None:
        """What a link is for, without using it up; None when it is used, too old or invented."""
        kept = await self._box.get(_place("link", code)) if _CODE.fullmatch(code) else None
        return Link.model_validate_json(kept) if kept else None

    async def take(self, code: str) -> Link | None:
        """As `look`, and the link is used up."""
        kept = await self._box.take(_place("link", code)) if _CODE.fullmatch(code) else None
        return Link.model_validate_json(kept) if kept else None

    async def begin(self, link: Link, browser: str) -> tuple[str, Login]:
        """A login for a link in a browser, with its `state`. Raises `bot.identity.box.NotKept`."""
        state = secrets.token_urlsafe(16)
        login = Login(
            link=link,
            nonce=secrets.token_urlsafe(16),
            verifier=secrets.token_urlsafe(48),
            browser=_digest(browser),
        )
        seconds = int(LASTS.total_seconds())
        await self._box.put(_place("login", state), login.model_dump_json(), link.key, seconds)
        return state, login

    async def end(self, state: str, browser: str) -> Login | None:
        """The login that comes back, once, and only in the browser that began it."""
        place = _place("login", state)
        kept = await self._box.get(place) if _CODE.fullmatch(state) else None
        if kept is None or not secrets.compare_digest(
            Login.model_validate_json(kept).browser, _digest(browser)
        ):
            return None
        kept = await self._box.take(place)
        return Login.model_validate_json(kept) if kept else None


def _beginning(text: str) -> str:
    """The first words of a citizen; nothing of a button's payload."""
    plain = "" if text.startswith("/") else " ".join(text.split())
    return plain if len(plain) <= ABOUT else plain[:ABOUT].rstrip() + "…"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _place(kind: str, secret: str) -> str:
    """Codes and states stand in Redis as digests: who reads it cannot use them."""
    return f"{kind}:{_digest(secret)}"
