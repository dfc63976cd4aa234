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
        self._one = asyncio.Lock()

    async def current(self) -> Matching:
        """The services as they are now; none before the first synchronisation."""
        async with self._one:
            services = self._catalogue.services
            if services is not self._services:
                self._matching = await asyncio.to_thread(Matching, services, self._generic)
                self._services = services
            return self._matching
