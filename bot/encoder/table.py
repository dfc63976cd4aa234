"""The table behind the default encoder: one vector and one weight for each Korean morpheme.

Only numpy: importing torch and sentence-transformers takes longer than the whole action server may take
to start. `bot.encoder.module` reads the same files for sentence-transformers.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from bot.text.morphemes import Morpheme

Vectors = npt.NDArray[np.float32]

_CONTENT = frozenset({"NNG", "NNP", "NR", "XR", "XPN", "MAG", "SL", "SH", "SN"})
_VERBS = frozenset({"VV", "VA"})
_ENDINGS = frozenset({"EC", "EF", "ETM", "ETN", "NNB"})
_JOINED = frozenset({"NNG", "NNP", "NR", "XR", "XPN", "XSN", "SN", "SL"})
_READING = 2
"""Raise it when a text's rows are found in another way."""
_LONGEST = 5
"""Morphemes of a compound."""
_SHORTEST = 3
"""Syllables of a noun that may be taken apart."""
_HANGUL = re.compile("[가-힣]+")
WEIGHTS = "model.safetensors"
VOCABULARY = "vocabulary.json"


class Analyser(Protocol):
    """`bot.text.morphemes.Morphemes`, or something in front of it."""

    def analyse(self, text: str) -> list[Morpheme]:
        """The morphemes of `text` in order."""


def key(morpheme: Morpheme) -> str | None:
    """Name of a morpheme that carries meaning (가/V for 가다, 여권 for a noun); None for the others."""
    if morpheme.tag in _VERBS:
        return f"{morpheme.form}/V"
    return morpheme.form.lower() if morpheme.tag in _CONTENT else None


def keys(morphemes: Sequence[Morpheme]) -> list[str]:
    """Names of the morphemes that carry meaning, in order, repeated as in the text."""
    return [name for name in _names(morphemes) if name]


def _names(morphemes: Sequence[Morpheme]) -> Iterator[str | None]:
    before = ""
    for morpheme in morphemes:
        lone = morpheme.tag == "VX" and before not in _ENDINGS  # 소파 버리기: no auxiliary without a verb
        yield key(morpheme._replace(tag="VV") if lone else morpheme)
        before = morpheme.tag


@dataclass(frozen=True)
class Table:
    """`vectors[i]` (unit length, float16, n x d) and `weights[i]` (idf) of the morpheme `names[i]`."""

    names: tuple[str, ...]
    vectors: npt.NDArray[np.float16]
    weights: Vectors

    @property
    def mark(self) -> str:
        """Changes with the content, and with how `TableReader` reads a text."""
        digest = hashlib.blake2b(f"{_READING}".encode(), digest_size=6)
        for part in ("\n".join(self.names).encode(), self.vectors.tobytes(), self.weights.tobytes()):
            digest.update(part)
        return digest.hexdigest()

    def save(self, folder: Path) -> None:
        """Write the table into the folder of a sentence-transformers module."""
        (folder / VOCABULARY).write_text(json.dumps(self.names, ensure_ascii=False), encoding="utf-8")
        save_file({"vectors": self.vectors, "weights": self.weights}, folder / WEIGHTS)

    @classmethod
    def load(cls, folder: Path) -> Table:
        """Read what `save` wrote; FileNotFoundError where there is none, ValueError where it is broken."""
        names = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
        try:
            arrays = load_file(folder / WEIGHTS)
            table = cls(tuple(names), arrays["vectors"], arrays["weights"])
        except (SafetensorError, KeyError) as error:
            raise ValueError(f"{folder / WEIGHTS}: {error}") from error
        if not table.vectors.ndim == 2 or {len(table.vectors), len(table.weights)} != {len(names)}:
            raise ValueError(f"{folder}: {VOCABULARY} and {WEIGHTS} are of different tables")
        return table


class TableReader:
    """Finds the rows of a text in a table."""

    def __init__(self, table: Table, morphemes: Analyser) -> None:
        self.table = table
        self._morphemes = morphemes
        self._known = {name: row for row, name in enumerate(table.names)}

    def rows(self, text: str) -> list[int]:
        """Rows of the different known words of `text`; what the table has nothing for says nothing."""
        found = known_names(self._morphemes.analyse(text), self._known)
        return [self._known[name] for name in dict.fromkeys(found)]


def known_names(morphemes: Sequence[Morpheme], known: Container[str]) -> list[str]:
    """Names among `known` of a text, in order.

    Neighbours that together are a known word count as that word (쓰레기 + 봉투); a longer noun that is not
    known is read as the known words it consists of (인권정책과 is 인권, 정책, 과).
    """
    names = list(_names(morphemes))
    found: list[str] = []
    start = 0
    while start < len(morphemes):
        end = _compound_end(morphemes, start, known)
        if end:
            found.append("".join(m.form for m in morphemes[start:end]).lower())
        elif name := names[start]:
            found += [name] if name in known else _parts(name, known)
        start = end or start + 1
    return found


def _compound_end(morphemes: Sequence[Morpheme], start: int, known: Container[str]) -> int:
    """Behind the longest known word that begins with the morpheme at `start` and has another; 0 if none."""
    form, end, best = "", start, 0
    while end < len(morphemes) and end - start < _LONGEST and morphemes[end].tag in _JOINED:
        form += morphemes[end].form.lower()
        end += 1
        if end - start > 1 and form in known:
            best = end
    return best


def _parts(name: str, known: Container[str]) -> list[str]:
    """Known words, the longest first, that a noun of three and more syllables consists of."""
    if len(name) < _SHORTEST or not _HANGUL.fullmatch(name):
        return []
    found, start = [], 0
    while start < len(name):
        ends = range(len(name), start + 1, -1)
        end = next((end for end in ends if name[start:end] in known), 0)
        if end:
            found.append(name[start:end])
        start = end or start + 1
    return found
