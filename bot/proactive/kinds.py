"""What every kind of wish has to know: when it is due for the first time, and what is told then.

Another source of news (an event that staff define, say) is one more `Kind` under one more name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bot.content.persona import Voice
from bot.messages import Button, Outbound
from bot.proactive.subscriptions import First, Standing
from bot.proactive.wish import Wish
from bot.proactive.wording import button


@dataclass(frozen=True)
class Due:
    """What a subscription comes to at its moment."""

    next_at: datetime | None
    """When it is due again; None: it is over."""
    messages: tuple[Outbound, ...] = ()
    """Empty: nothing has happened."""
    once: str = ""
    """Tells this occurrence from every other of the subscription."""
    wish: Wish | None = None
    state: Mapping[str, Any] | None = None
    dropped: bool = False
    """It came too late to be of use."""


class Kind(Protocol):
    """One kind of wish."""

    async def first(self, wish: Wish, now: datetime) -> First:
        """Where a subscription begins. Raises `Nothing` when there is nothing to tell, `NotNow` when that
        cannot be found out now.
        """

    async def due(self, standing: Standing, now: datetime) -> Due:
        """What is to be told. Raises `NotNow`."""


@dataclass(frozen=True)
class Fetched:
    """A case as the city's API tells it."""

    title: str
    state: str
    next_step: str = ""


@dataclass(frozen=True)
class Collection:
    """Days on which a neighbourhood may put out which waste, as letters of the week: 월수금."""

    dong: str
    days: Mapping[str, str]
    """By the kind of waste (`bot.proactive.wish.PARTS`)."""
    opens: str
    closes: str


class City(Protocol):
    """What is asked of the city's API. Every method raises `NotNow` when it cannot be asked."""

    async def case(self, number: str) -> Fetched | None:
        """A case; None when there is none of that number."""

    async def collection(self, dong: str) -> Collection | None:
        """A neighbourhood's days; None when the city has no such place."""

    async def dongs(self) -> Sequence[str]:
        """Every neighbourhood."""


class Speaking:
    """A kind that says the persona's sentences, with the button that ends the reminder."""

    def __init__(self, persona: Callable[[], Voice]) -> None:
        self._persona = persona

    def _say(self, standing: Standing, key: str, *buttons: Button, **values: object) -> tuple[Outbound]:
        voice, seed = self._persona(), f"{standing.id}:{int(standing.next_at.timestamp())}"
        stop = button(voice.say("remind_stop"), "unsubscribe", reminder=str(standing.id))
        return (Outbound(text=voice.say(key, seed, **values), buttons=(*buttons, stop)),)


def occurrence(moment: datetime) -> str:
    """Id of an occurrence by its moment."""
    return str(int(moment.timestamp()))


def digest(*texts: str) -> str:
    """Short id of some texts."""
    return hashlib.blake2b("\x1f".join(texts).encode(), digest_size=6).hexdigest()
