"""The table as a module of sentence-transformers.

Read with `SentenceTransformer("bot/encoder/model", trust_remote_code=True)`; the flag, because the module's
code is in this repository. Gives the vectors of `bot.encoder.encoder.TableEncoder` (tested), and is there for
everything that sentence-transformers can do with a model: evaluate it, train on top of it, publish it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from sentence_transformers.base.modules.input_module import InputModule
from torch.nn import functional

from bot.encoder.table import VOCABULARY, WEIGHTS, Analyser, Table, TableReader
from bot.text.morphemes import Morphemes


class MorphemeEmbedding(InputModule):
    """Text to the weighted mean of its morphemes' vectors, of length 1."""

    def __init__(self, table: Table, morphemes: Analyser | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._reader = TableReader(table, morphemes or Morphemes())
        self.vectors = torch.nn.EmbeddingBag.from_pretrained(
            torch.from_numpy(table.vectors.astype(np.float32)), freeze=False, mode="sum"
        )
        self.register_buffer("weights", torch.from_numpy(table.weights))

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **_: Any
    ) -> dict[str, torch.Tensor]:
        """Rows of each text, one behind the other, and where each text begins."""
        rows = [self._reader.rows(f"{prompt or ''}{text}") for text in inputs]
        starts = np.cumsum([0, *map(len, rows)])[:-1]
        return {
            "input_ids": torch.tensor([row for text in rows for row in text], dtype=torch.long),
            "offsets": torch.tensor(starts, dtype=torch.long),
        }

    def forward(self, features: dict[str, torch.Tensor], **_: Any) -> dict[str, torch.Tensor]:
        """Adds `sentence_embedding`, float32[n, d]."""
        rows = features["input_ids"]
        summed = self.vectors(rows, features["offsets"], per_sample_weights=self.weights[rows])
        features["sentence_embedding"] = functional.normalize(summed, dim=-1)
        return features

    def get_embedding_dimension(self) -> int:
        """Length of a vector."""
        return int(self.vectors.embedding_dim)

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Write the table as it now is."""
        vectors = self.vectors.weight.detach().cpu().numpy().astype(np.float16)
        weights = self.weights.detach().cpu().numpy()
        Table(self._reader.table.names, vectors, weights).save(Path(output_path))

    @classmethod
    def load(
        cls,
        model_name_or_path: str,
        subfolder: str = "",
        token: bool | str | None = None,
        cache_folder: str | None = None,
        revision: str | None = None,
        local_files_only: bool = False,
        init_defaults: dict[str, Any] | None = None,
        **_: Any,
    ) -> Self:
        """Read a folder or a repository of the Hugging Face Hub; FileNotFoundError if a file is missing."""
        paths = [
            cls.load_file_path(
                model_name_or_path, name, subfolder, token, cache_folder, revision, local_files_only
            )
            for name in (VOCABULARY, WEIGHTS)
        ]
        if not paths[0] or not paths[1]:
            raise FileNotFoundError(f"{model_name_or_path}: {VOCABULARY} or {WEIGHTS} is missing")
        return cls(Table.load(Path(paths[1]).parent))
