"""`load_encoder` gives the encoder that a setting names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bot.encoder.table import Analyser, Table, TableReader, Vectors
from bot.text.morphemes import Morphemes

MODEL = Path(__file__).parent / "model"
"""The default encoder, a sentence-transformers model of its own."""
OWN = "sotong"
"""Name of the default encoder in the settings."""
MADE_FROM = "made-from"
"""File beside an adapted table: mark of the default it started from, fingerprint of the content."""


class EncoderUnavailable(OSError):
    """No encoder of that name can be used; says which, why and what to do."""


class Encoder(Protocol):
    """Turns sentences into vectors whose dot product says how close they are in meaning."""

    @property
    def name(self) -> str:
        """Changes when the vectors do, so that stored vectors are not mixed with those of another encoder."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32[n, d]; rows of length 1, or 0 for a text nothing is known about."""


class TableEncoder:
    """The default encoder without torch: weighted mean of the vectors of a text's words."""

    def __init__(self, reader: TableReader, name: str) -> None:
        self._reader = reader
        self._vectors = reader.table.vectors.astype(np.float32)
        self._name = name

    @property
    def name(self) -> str:
        """`sotong` and a mark of the table's content."""
        return self._name

    def encode(self, texts: Sequence[str]) -> Vectors:
        """As in `Encoder`."""
        result = np.zeros((len(texts), self._vectors.shape[1]), np.float32)
        for place, text in enumerate(texts):
            if rows := self._reader.rows(text):
                result[place] = self._reader.table.weights[rows] @ self._vectors[rows]
        return unit(result)


class HubEncoder:
    """Any sentence-transformers model, on one thread."""

    def __init__(self, name: str) -> None:
        """Raises EncoderUnavailable where the model cannot be read or gives no vectors."""
        try:
            import torch  # noqa: PLC0415 - seconds to import; only who asks for another model pays
            from sentence_transformers import SentenceTransformer  # noqa: PLC0415

            torch.set_num_threads(1)
            self._model: Any = SentenceTransformer(name, device="cpu")
            self._name = name
            found = self.encode(["여권"])
        except Exception as error:
            raise _unavailable(name, error) from error
        if found.ndim != 2 or not np.isfinite(found).all():
            raise _unavailable(name, "벡터에 숫자가 아닌 값이 있어요")

    @property
    def name(self) -> str:
        """Name or path of the model."""
        return self._name

    def encode(self, texts: Sequence[str]) -> Vectors:
        """As in `Encoder`."""
        if not texts:
            return np.zeros((0, self._model.get_embedding_dimension()), np.float32)
        found = self._model.encode(list(texts), show_progress_bar=False, convert_to_numpy=True)
        return unit(np.asarray(found, np.float32))


def unit(vectors: Vectors) -> Vectors:
    """Rows brought to length 1; rows of zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return result


def load_encoder(name: str, morphemes: Analyser | None = None, adapted: Path | None = None) -> Encoder:
    """The encoder called `name`: `sotong` for the one in this repository, else a sentence-transformers name.

    A path to such a model will do as well. `morphemes` is the process's one Kiwi, used by `sotong` only;
    so is `adapted`, where `bot.encoder.adapt` put a table of the agency's own: it is read if it is there and
    was made from the present default. Raises EncoderUnavailable.
    """
    if name != OWN:
        return HubEncoder(name)
    try:
        table = Table.load(MODEL)
    except (OSError, ValueError) as error:
        raise _unavailable(str(MODEL), error) from error
    if adapted:
        table = adapted_table(adapted, table) or table
    return TableEncoder(TableReader(table, morphemes or Morphemes()), f"{OWN}:{table.mark}")


def adapted_table(folder: Path, default: Table) -> Table | None:
    """The table in `folder`; None where there is none or it was made from another default.

    Raises EncoderUnavailable for a broken one.
    """
    made_from = folder / MADE_FROM
    try:
        if not made_from.exists() or made_from.read_text(encoding="utf-8").split()[:1] != [default.mark]:
            return None
        return Table.load(folder)
    except (OSError, ValueError) as error:
        raise _unavailable(str(folder), error) from error


def _unavailable(name: str, why: object) -> EncoderUnavailable:
    return EncoderUnavailable(
        f"문장 인코더 ‘{name}’ 사용 불가: {why} → 설정 SOTONG_ENCODER에 sentence-transformers 모델의 "
        "이름이나 폴더를 적어 주세요. 지우면 기본 인코더(sotong)를 써요."
    )
