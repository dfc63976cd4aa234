"""The table as a sentence-transformers module: `SentenceTransformer("bot/encoder/model")`.

Gives the vectors of `bot.encoder.encoder.TableEncoder` (tested), and is there for everything that
sentence-transformers can do with a model: evaluate it, train on top of it, publish it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from sentence_transformers.base.modules.input_module import InputModule
from torch.nn import functional

from bot.encoder.table import Analyser, Table, TableReader
from bot.text.morphemes import Morphemes


class MorphemeEmbedding(InputModule):  # type: ignore[misc]
    """Text to the weighted mean of its morphemes' vectors, of length 1."""

    def __init__(self, table: Table, morphemes: Analyser | None = None) -> None:
        super().__init__()
        self._reader = TableReader(table, morphemes or Morphemes())
        self.vectors = torch.nn.EmbeddingBag.from_pretrained(
            torch.from_numpy(table.vectors.astype(np.float32)), freeze=False, mode="sum"
        )
        self.register_buffer("weights", torch.from_numpy(table.weights))

    def preprocess(self, inputs: list[str], prompt: str | None = None, **_: Any) -> dict[str, torch.Tensor]:
        """Rows of each text, one behind the other, and where each text begins."""
        rows = [self._reader.rows((prompt or "") + text) for text in inputs]
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
    def load(cls, model_name_or_path: str, subfolder: str = "", **hub: Any) -> Self:
        """Read a folder, or a repository of the Hugging Face Hub."""
        wanted = {k: hub[k] for k in ("token", "cache_folder", "revision", "local_files_only") if k in hub}
        path = cls.load_file_path(
            model_name_or_path, filename="model.safetensors", subfolder=subfolder, **wanted
        )
        cls.load_file_path(model_name_or_path, filename="vocabulary.json", subfolder=subfolder, **wanted)
        return cls(Table.load(Path(path).parent))
