"""Keeps prepared answers on disk, so that a start with thousands of answers takes a second.

One file for each encoder. It may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import zipfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from bot.retrieval.prepared import Grams, Prepared, Preparer

log = logging.getLogger(__name__)

_FORM = 1
"""Raise it when `Prepared` or the way it is computed changes."""


class Store:
    """The file of one encoder in `folder`."""

    def __init__(self, folder: Path, encoder_name: str) -> None:
        mark = hashlib.sha256(f"{_FORM}:{encoder_name}".encode()).hexdigest()[:12]
        self.path = folder / f"answers-{mark}.npz"

    def fill(self, preparer: Preparer) -> None:
        """Give `preparer` what was saved; an unreadable file is reported and done again."""
        if not self.path.exists():
            return
        try:
            with np.load(self.path, allow_pickle=False) as arrays:
                self._read({name: arrays[name] for name in arrays.files}, preparer)
        except (OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
            log.warning("%s cannot be read (%s): answers are prepared anew", self.path, error)

    def save(self, preparer: Preparer) -> None:
        """Write everything `preparer` holds; a reader sees the old file or the new one, never half."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        answers = preparer.answers
        meta = {
            "marks": list(answers),
            "questions": [answer.questions for answer in answers.values()],
            "texts": [answer.text for answer in answers.values()],
            "squeezed": [answer.squeezed for answer in answers.values()],
            "words": list(preparer.words),
        }
        arrays: dict[str, Any] = {
            "meta": np.frombuffer(json.dumps(meta).encode(), np.uint8),
            "question_vectors": np.concatenate([a.question_vectors for a in answers.values()]),
            "text_vectors": np.stack([a.text_vector for a in answers.values()]),
            "word_vectors": np.stack(list(preparer.words.values())),
            **_packed("question", [grams for a in answers.values() for grams in a.question_grams]),
            **_packed("text", [a.text_grams for a in answers.values()]),
        }
        unfinished = self.path.with_name(f"{self.path.stem}.{os.getpid()}.npz")
        np.savez(unfinished, **arrays)
        unfinished.replace(self.path)

    @staticmethod
    def _read(arrays: dict[str, Any], preparer: Preparer) -> None:
        meta = json.loads(arrays["meta"].tobytes())
        question_grams, text_grams = _unpacked("question", arrays), _unpacked("text", arrays)
        start = 0
        for row, mark in enumerate(meta["marks"]):
            stop = start + len(meta["questions"][row])
            preparer.answers[mark] = Prepared(
                questions=tuple(tuple(words) for words in meta["questions"][row]),
                text=tuple(meta["texts"][row]),
                squeezed=tuple(meta["squeezed"][row]),
                question_grams=tuple(question_grams[start:stop]),
                text_grams=text_grams[row],
                question_vectors=arrays["question_vectors"][start:stop],
                text_vector=arrays["text_vectors"][row],
            )
            start = stop
        preparer.words.update(zip(meta["words"], arrays["word_vectors"], strict=True))


def _packed(name: str, rows: Sequence[Grams]) -> dict[str, Any]:
    return {
        f"{name}_columns": np.concatenate([row.columns for row in rows]),
        f"{name}_counts": np.concatenate([row.counts for row in rows]),
        f"{name}_bounds": np.cumsum([0, *(len(row.columns) for row in rows)]),
    }


def _unpacked(name: str, arrays: dict[str, Any]) -> list[Grams]:
    bounds = arrays[f"{name}_bounds"].tolist()
    columns, counts = arrays[f"{name}_columns"], arrays[f"{name}_counts"]
    return [Grams(columns[a:b], counts[a:b]) for a, b in pairwise(bounds)]
