"""Sentences as the gate compares them: a vector and the words that say something, kept by text on disk."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.encoder.encoder import Encoder
from bot.encoder.table import Vectors, keys
from bot.text.morphemes import Morpheme
from bot.text.normalise import normalise
from bot.text.recent import RecentMorphemes

Progress = Callable[[int, int], None]
"""Gets how many are done and how many there are."""

NOT = "아니"
"""Stands among the words of a sentence that says no."""
_SAYS_LITTLE = frozenset(
    (
        *(
            "하/V",
            "되/V",
            "있/V",
            "알/V",
            "주/V",
            "싶/V",
            "이/V",
            "보/V",
            "대하/V",
            "위하/V",
            "관하/V",
            "따르/V",
        ),
        *(
            "궁금하/V",
            "알리/V",
            "가르치/V",
            "어떻/V",
            "어떻게",
            "무엇",
            "궁금",
            "방법",
            "문의",
            "안내",
            "설명",
        ),
        *("질문", "부탁", "혹시", "좀", "가능", "경우", "관련", "때", "것", "거", "수", "란", "및"),
    )
)
"""Words that any question may have and none is about."""
_ASKING = frozenset(["어디", "언제", "누구", "왜", "몇"])
"""Words that say what is wanted to know, though grammar counts them as pronouns."""
_NO = frozenset(["안", "못", "않", "말", "아니", "아니하"])
_NO_TAGS = frozenset({"MAG", "VX", "VCN"})
_AT_ONCE = 32
_SAVED_EVERY = 2048
_TABLE = "CREATE TABLE IF NOT EXISTS sentences (mark BLOB PRIMARY KEY, vector BLOB, words TEXT)"
_FORM = 1
"""Raise it when words or vectors of a text are found in another way."""


@dataclass(frozen=True)
class Sentences:
    """Texts taken apart; all three run parallel."""

    texts: tuple[str, ...]
    vectors: Vectors
    """float32[n, d], rows of length 1, or 0 where the encoder knows no word of a text."""
    words: tuple[frozenset[str], ...]


def telling_words(morphemes: Sequence[Morpheme]) -> frozenset[str]:
    """Words that carry meaning, those that ask for something certain, and `NOT` where something is denied."""
    found = {name for name in keys(morphemes) if name not in _SAYS_LITTLE and name not in _NO}
    found |= {one.form for one in morphemes if one.form in _ASKING and one.tag in {"NP", "MM", "MAG"}}
    if any(one.form in _NO and one.tag in _NO_TAGS for one in morphemes):
        found.add(NOT)
    return frozenset(found)


class Reader:
    """Takes sentences apart, each text once: results are kept in a file of one encoder.

    Not for several threads at once (Kiwi is not); several processes may share the file.
    """

    def __init__(self, encoder: Encoder, morphemes: RecentMorphemes, folder: Path | None) -> None:
        """`folder` is where results are kept; None keeps them in memory only."""
        self.encoder = encoder
        self._morphemes = morphemes
        self._path: Path | None = None
        self._known: dict[bytes, tuple[bytes, frozenset[str]]] = {}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            mark = hashlib.sha256(f"{_FORM}:{encoder.name}".encode()).hexdigest()[:12]
            self._path = folder / f"sentences-{mark}.db"
            self._load(self._path)

    def read(self, texts: Sequence[str], progress: Progress = lambda done, total: None) -> Sentences:
        """Vectors and words of texts; only new texts take time, half a millisecond each."""
        marks = [_mark(text) for text in texts]
        asked = dict(zip(marks, texts, strict=True))
        missing = [text for mark, text in asked.items() if mark not in self._known]
        new: list[str] = []
        for start in range(0, len(missing), _AT_ONCE):
            part = missing[start : start + _AT_ONCE]
            self._take_apart(part)
            new += part
            progress(start + len(part), len(missing))
            if len(new) >= _SAVED_EVERY:
                self._save(new)
                new = []
        self._save(new)
        found = [self._known[mark] for mark in marks]
        joined = b"".join(vector for vector, _ in found)
        width = len(found[0][0]) // 2 if found else 1
        vectors = np.frombuffer(joined, np.float16).reshape(len(found), width).astype(np.float32)
        return Sentences(tuple(texts), vectors, tuple(words for _, words in found))

    def _take_apart(self, texts: Sequence[str]) -> None:
        plain = [normalise(text) for text in texts]
        vectors = self.encoder.encode(plain).astype(np.float16)
        for text, read, vector in zip(texts, plain, vectors, strict=True):
            self._known[_mark(text)] = vector.tobytes(), telling_words(self._morphemes.analyse(read))

    def _load(self, path: Path) -> None:
        with closing(sqlite3.connect(path, timeout=30)) as kept, kept:
            kept.execute("PRAGMA journal_mode=WAL")
            kept.execute(_TABLE)
            for mark, vector, words in kept.execute("SELECT mark, vector, words FROM sentences"):
                self._known[mark] = vector, frozenset(words.split())

    def _save(self, texts: Sequence[str]) -> None:
        if self._path is None or not texts:
            return
        rows = []
        for text in texts:
            mark = _mark(text)
            vector, words = self._known[mark]
            rows.append((mark, vector, " ".join(sorted(words))))
        with closing(sqlite3.connect(self._path, timeout=30)) as kept, kept:
            kept.executemany("INSERT OR REPLACE INTO sentences VALUES (?, ?, ?)", rows)


def _mark(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()
