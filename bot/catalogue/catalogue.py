"""The catalogue in memory: what there is for our citizens, and a search by what they need."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.catalogue.entries import whom
from bot.catalogue.service import PublicService
from bot.retrieval.index import AnswerIndex

SOURCE = "정부24"
"""Where all of it comes from."""
Said = Callable[[str], Collection[str]]
"""Codes of support conditions that somebody says hold for them."""

_FOR_OTHERS = 0.5
"""What the chance of a service counts that is only for companies and the like: few citizens ask for one."""
_MEANT, _UNSAID = 10.0, 0.1
"""What it counts when it is for people such as one says to be, and when for others as well or instead."""
_NARROW, _YEARS = 0.3, 25
"""What it counts when it is for people of few years of age."""
_EVER = 120
_LOOKED_AT = 20
_ORGANISATIONS = {"법인/시설/단체"}


@dataclass(frozen=True)
class Found:
    """A service that may help."""

    service: PublicService
    score: float
    """Chance that it is what was meant, 0 to 1; all of a search together make at most 1."""


class Catalogue:
    """What is known now. `lock` is held while an index is asked; all who use the same Kiwi share it."""

    def __init__(self, lock: threading.Lock, said: Said) -> None:
        self._lock = lock
        self._said = said
        self._services: Mapping[str, PublicService] = {}
        self._all: Sequence[PublicService] = ()
        self._index: AnswerIndex | None = None

    @property
    def services(self) -> Sequence[PublicService]:
        """All of them, by their numbers; the very same object until something changes."""
        return self._all

    def get(self, id_: str | None) -> PublicService | None:
        """One by its number; None when there is none, or it has ended."""
        return self._services.get(id_ or "")

    def show(self, services: Sequence[PublicService]) -> None:
        """Know these from now on."""
        self._services, self._all = {service.id: service for service in services}, tuple(services)

    def search_in(self, index: AnswerIndex) -> None:
        """Search this index of `bot.catalogue.entries` from now on."""
        self._index = index

    def search(self, need: str, k: int = 10) -> list[Found]:
        """The `k` services that fit best what somebody says they need, best first; perhaps none."""
        with self._lock:
            return self._search(need, k)

    async def find(self, need: str, k: int = 10) -> list[Found]:
        """The same; whoever else asks meanwhile is not held up."""
        if self._lock.acquire(blocking=False):
            try:
                return self._search(need, k)
            finally:
                self._lock.release()
        return await asyncio.to_thread(self.search, need, k)

    def _search(self, need: str, k: int) -> list[Found]:
        hits = self._index.search(need, _LOOKED_AT) if self._index else []
        said = frozenset(self._said(need))
        known = [(self._services.get(hit.answer.id), hit.score) for hit in hits]
        found = [Found(service, score * _matters(service)) for service, score in known if service]
        weights = [one.score * _fits(one.service, said) for one in found]
        share = sum(one.score for one in found) / max(sum(weights), 1e-9)
        fitting = [Found(one.service, weight * share) for one, weight in zip(found, weights, strict=True)]
        return sorted(fitting, key=lambda one: -one.score)[:k]


def _matters(service: PublicService) -> float:
    return _FOR_OTHERS if set(service.users) == _ORGANISATIONS else 1.0


def _fits(service: PublicService, said: frozenset[str]) -> float:
    """How well it suits one who says so of themselves; 1 for who says nothing."""
    if not said:
        return 1.0
    who = service.conditions
    span = (who.age_to if who.age_to is not None else _EVER) - (who.age_from or 0)
    weight = _NARROW if span <= _YEARS else 1.0
    for codes in whom(service):
        weight *= _MEANT if codes & said else _UNSAID
    return weight
