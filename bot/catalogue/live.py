"""The catalogue in use, as it stands in SQL: a synchronisation counts within a second or so."""

from __future__ import annotations

import asyncio
import threading

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.catalogue.catalogue import Catalogue, Said
from bot.catalogue.entries import Words, entry
from bot.catalogue.indexing import FOLDER, Indexer
from bot.catalogue.stored import Ours, services, version
from bot.content.live_file import read_file
from bot.content.live_thesaurus import LiveThesaurus
from bot.eligibility.hearing import Hearing
from bot.eligibility.hearing import Words as Heard
from bot.encoder.encoder import Encoder
from bot.messages import utc_now
from bot.retrieval.index import AnswerIndex
from bot.retrieval.lexical import encoder_or_none
from bot.settings import Settings
from bot.text.morphemes import Morphemes
from bot.text.recent import RecentMorphemes
from bot.text.thesaurus import Thesaurus


class LiveCatalogue:
    """Follows the database; `catalogue` is the one to ask. For one task at a time."""

    def __init__(
        self,
        engine: AsyncEngine,
        ours: Ours,
        indexer: Indexer,
        thesaurus: LiveThesaurus,
        words: Words,
        said: Said,
    ) -> None:
        self._engine = engine
        self._ours = ours
        self._indexer = indexer
        self._thesaurus = thesaurus
        self._words = words
        self._version = 0
        self._terms: Thesaurus | None = None
        self.catalogue = Catalogue(indexer.lock, said)

    async def refresh(self) -> bool:
        """Load what changed; False when nothing did.

        The services are known at once, and found by a search as soon as they have been read.
        """
        newest, terms = await version(self._engine), await asyncio.to_thread(self._thesaurus.current)
        if newest == self._version and (terms is self._terms or not newest):
            return False
        if newest != self._version:
            self.catalogue.show(await services(self._engine, self._ours))
        self.catalogue.search_in(await asyncio.to_thread(self._index, terms))
        self._version, self._terms = newest, terms
        return True

    def _index(self, terms: Thesaurus) -> AnswerIndex:
        entries = [entry(service, self._words) for service in self.catalogue.services]
        return self._indexer.index(entries, terms)


def open_catalogue(settings: Settings, engine: AsyncEngine) -> LiveCatalogue:
    """For a program of its own, with an encoder of its own; empty until it is refreshed.

    Raises ContentError when `data/eligibility/words.yml` is faulty or missing; so does `follow`.
    """
    morphemes, adapted = RecentMorphemes(Morphemes()), settings.var_dir / "encoder"
    encoder = encoder_or_none(settings.encoder, morphemes, adapted)
    return follow(settings, engine, encoder, morphemes, threading.Lock())


def follow(
    settings: Settings,
    engine: AsyncEngine,
    encoder: Encoder,
    morphemes: RecentMorphemes,
    lock: threading.Lock,
) -> LiveCatalogue:
    """The catalogue of these settings, beside others who use the encoder: `lock` keeps them apart."""
    folder, adapted = settings.var_dir / FOLDER, settings.var_dir / "encoder"
    indexer = Indexer(encoder, settings.encoder, adapted, morphemes, folder, lock)
    thesaurus = LiveThesaurus(settings.live_data / "thesaurus")
    heard = read_file(settings.live_data / "eligibility" / "words.yml", Heard)[0]
    hearing = Hearing(heard)
    return LiveCatalogue(
        engine,
        Ours(settings.service_agencies),
        indexer,
        thesaurus,
        heard.codes,
        lambda need: hearing.hear(need, utc_now().date()).has,
    )
