"""The catalogue in use, ready to be matched."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.service import PublicService
from bot.eligibility.matching import Matching


class LiveMatching:
    """Follows a catalogue: made ready anew when its services change. `generic` as in `Matching`."""

    def __init__(self, catalogue: Catalogue, generic: Collection[str]) -> None:
        self._catalogue = catalogue
        self._generic = tuple(generic)
        self._services: Sequence[PublicService] = ()
        self._matching = Matching((), self._generic)
        self._making: asyncio.Task[None] | None = None

    async def current(self) -> Matching:
        """The services as they are now; none before the first synchronisation.

        Ten thousand take seconds to be made ready: until they are, everybody gets those of before. Raises
        what went wrong when they were made ready.
        """
        if self._making is not None and self._making.done():
            making, self._making = self._making, None
            making.result()
        if self._making is None and self._catalogue.services is not self._services:
            self._making = asyncio.create_task(self._make(self._catalogue.services), name="match-services")
        if self._making is not None and not self._services:  # there is nothing yet to answer with
            await asyncio.shield(self._making)
        return self._matching

    async def _make(self, services: Sequence[PublicService]) -> None:
        self._matching = await asyncio.to_thread(Matching, services, self._generic)
        self._services = services
