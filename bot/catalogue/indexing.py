"""Makes the index of a catalogue; reading a service takes 5 ms, and nobody who asks meanwhile may notice."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bot.content.models import Answer
from bot.encoder.encoder import Encoder
from bot.retrieval.index import AnswerIndex
from bot.retrieval.lexical import encoder_or_none
from bot.retrieval.store import Store
from bot.retrieval.words import fingerprint
from bot.text.morphemes import Morphemes
from bot.text.recent import RecentMorphemes
from bot.text.thesaurus import Thesaurus

FOLDER = "services-index"
"""In `var_dir`."""
_MANY, _MANY_OF = 50, 0.02
"""So many new ones, or this share, are read by a process of their own, which keeps them on disk."""
_PIECE = 16
"""Fewer are read here, so many while others wait."""
_NICE = 10


@dataclass(frozen=True)
class Indexer:
    """Makes indexes, and keeps what was read in `folder`.

    `encoder_name` and `adapted` are what `encoder` was made of; `lock` is shared by all who use `morphemes`.
    """

    encoder: Encoder
    encoder_name: str
    adapted: Path
    morphemes: RecentMorphemes
    folder: Path
    lock: threading.Lock

    def index(self, entries: Sequence[Answer], thesaurus: Thesaurus) -> AnswerIndex:
        """An index of these; takes seconds to minutes when there is much to read.

        Raises BrokenProcessPool when the process that reads is killed, OSError when nothing can be kept.
        """
        new = self._new(entries)
        if len(new) >= max(_MANY, _MANY_OF * len(entries)):
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(1, context, initializer=os.nice, initargs=(_NICE,)) as reader:
                reader.submit(_read, self.encoder_name, self.adapted, self.folder, tuple(entries)).result()
            new = self._new(entries)
        made = AnswerIndex(self.encoder, self.morphemes, self.folder, thesaurus=thesaurus)
        unread = {entry.id for entry in new}
        known = [entry for entry in entries if entry.id not in unread]
        made.load(known)  # all of it was read before: nothing for Kiwi to do
        for start in range(0, len(new), _PIECE):
            known += new[start : start + _PIECE]
            with self.lock:
                made.load(known)
        return made

    def _new(self, entries: Sequence[Answer]) -> list[Answer]:
        stored = Store(self.folder, self.encoder.name).read()
        marks = {mark.tobytes() for segment in stored for mark in segment.marks}
        return [entry for entry in entries if fingerprint(entry) not in marks]


def _read(encoder_name: str, adapted: Path, folder: Path, entries: Sequence[Answer]) -> None:
    """In a process of its own: read these and keep them."""
    morphemes = RecentMorphemes(Morphemes())
    AnswerIndex(encoder_or_none(encoder_name, morphemes, adapted), morphemes, folder).load(entries)
