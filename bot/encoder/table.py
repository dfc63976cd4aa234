"""The table behind the default encoder: one vector and one weight for each Korean morpheme.

Only numpy: importing torch and sentence-transformers takes longer than the whole action server may take
to start. `bot.encoder.module` reads the same files for sentence-transformers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

from bot.text.morphemes import Morpheme

Vectors = npt.NDArray[np.float32]

_CONTENT = frozenset({"NNG", "NNP", "NR", "XR", "XPN", "MAG", "SL", "SH", "SN"})
_VERBS = frozenset({"VV", "VA"})
_ENDINGS = frozenset({"EC", "EF", "ETM", "ETN", "NNB"})
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
    names = []
    before = ""
    for morpheme in morphemes:
        lone = morpheme.tag == "VX" and before not in _ENDINGS  # 소파 버리기: no auxiliary without a verb
        if name := key(morpheme._replace(tag="VV") if lone else morpheme):
            names.append(name)
        before = morpheme.tag
    return names


@dataclass(frozen=True)
class Table:
    """`vectors[i]` (unit length, float16, n x d) and `weights[i]` (idf) of the morpheme `names[i]`."""

    names: tuple[str, ...]
    vectors: npt.NDArray[np.float16]
    weights: Vectors

    def save(self, folder: Path) -> None:
        """Write the table into the folder of a sentence-transformers module."""
        (folder / VOCABULARY).write_text(json.dumps(self.names, ensure_ascii=False), encoding="utf-8")
        save_file({"vectors": self.vectors, "weights": self.weights}, folder / WEIGHTS)

    @classmethod
    def load(cls, folder: Path) -> Table:
        """Read what `save` wrote; FileNotFoundError where there is none."""
        arrays = load_file(folder / WEIGHTS)
        names = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
        return cls(tuple(names), arrays["vectors"], arrays["weights"])


class TableReader:
    """Finds the rows of a text in a table."""

    def __init__(self, table: Table, morphemes: Analyser) -> None:
        self.table = table
        self._morphemes = morphemes
        self._rows = {name: row for row, name in enumerate(table.names)}

    def rows(self, text: str) -> list[int]:
        """Rows of the different known morphemes of `text`; a morpheme without a gloss says nothing."""
        names = dict.fromkeys(keys(self._morphemes.analyse(text)))
        return [self._rows[name] for name in names if name in self._rows]
