"""Nearness to training examples, and the scope that is made of it."""

from __future__ import annotations

import csv
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rasa.engine.training.fingerprinting import calculate_fingerprint_key
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix
from sklearn.metrics import roc_auc_score

from bot.nlu.classifier import LightIntentClassifier
from bot.nlu.linear import load_model, save_model, train_model
from bot.nlu.nearest import keep_examples, read_examples
from bot.nlu.parts import BrokenPart
from bot.nlu.pipeline import Pipeline

BANKING77 = Path(__file__).resolve().parents[3] / "shared" / "data" / "banking77" / "train.csv"
ENGLISH: list[dict] = [
    {"name": "bot.nlu.tokenizer.KoreanTokenizer", "language": "en"},
    {"name": "bot.nlu.features.SparseTextFeaturizer", "words": [1, 2], "characters": [2, 5]},
    {"name": "bot.nlu.vectors.SentenceVectorFeaturizer", "table": "english"},
    {"name": "bot.nlu.classifier.LightIntentClassifier", "dense_weight": 1.5},
]


def test_likeness_is_the_cosine_with_the_nearest_example_of_the_intent() -> None:
    features = csr_matrix(np.array([[2, 0, 0], [3, 4, 0], [0, 0, 5], [0, 0, 0]], np.float32))
    kept = keep_examples(features, np.array([0, 0, 1, 2]), 4)
    columns, values = np.array([0, 1]), np.array([0.0, 2.0], np.float32)
    found = [kept.likeness(intent, columns, values) for intent in range(4)]
    assert found == pytest.approx([0.8, 0.0, 0.0, 0.0])
    assert kept.likeness(0, np.array([], int), np.array([], np.float32)) == 0.0


def test_several_texts_are_as_like_as_one_by_one() -> None:
    chance = np.random.default_rng(3)
    rows = csr_matrix(chance.random((60, 20)) * (chance.random((60, 20)) > 0.7), dtype=np.float32)
    labels = chance.integers(0, 4, 60)
    kept = keep_examples(rows[:40], labels[:40], 5)
    texts, intents = rows[40:], np.append(labels[40:59], 4)  # nobody wrote an example of the last one
    alone = [kept.likeness(int(i), texts[at].indices, texts[at].data) for at, i in enumerate(intents)]
    assert kept.likenesses(intents, texts) == pytest.approx(np.array(alone), abs=1e-6)
    assert max(alone) > 0.5


def test_of_many_examples_the_written_ones_are_kept() -> None:
    features = csr_matrix(np.eye(400, dtype=np.float32))
    borrowed = np.arange(400) % 4 != 0
    (kept,) = keep_examples(features, np.zeros(400, int), 1, borrowed).of
    assert kept.shape[0] == 256
    assert set(np.flatnonzero(~borrowed)) <= set(kept.indices)


def test_what_is_stored_is_read_again() -> None:
    features = csr_matrix(np.eye(6, dtype=np.float32))
    kept = keep_examples(features, np.array([0, 0, 2, 2, 2, 3]), 4)
    again = read_examples(kept.arrays(), 6)
    assert [part.toarray().tolist() for part in again.of] == [part.toarray().tolist() for part in kept.of]


def test_examples_of_fewer_intents_than_the_model_has_are_a_broken_part(tmp_path: Path) -> None:
    features = csr_matrix(np.eye(8, dtype=np.float32))
    model = train_model(features, ["a", "b"] * 4, 1.0)
    save_model(model, tmp_path)
    assert load_model(tmp_path) is not None
    save_model(replace(model, examples=replace(model.examples, of=model.examples.of[:1])), tmp_path)
    with pytest.raises(BrokenPart, match=r"intents\.safetensors"):
        load_model(tmp_path)


def test_rasas_cache_does_not_keep_what_older_code_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    def key() -> str:
        return calculate_fingerprint_key(
            LightIntentClassifier, LightIntentClassifier.get_default_config(), {}
        )

    now = key()
    assert key() == now
    monkeypatch.setattr("bot.nlu.classifier.code_digest", lambda: "code of another day")
    assert key() != now


@pytest.mark.skipif(not BANKING77.exists(), reason="no public data beside the repository (../shared)")
def test_scope_tells_intents_that_were_never_taught(tmp_path: Path) -> None:
    with BANKING77.open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    chance = random.Random(4)
    chance.shuffle(rows)
    strange = set(chance.sample(sorted({intent for _, intent in rows}), 19))
    known = [row for row in rows if row[1] not in strange]
    taught, asked = known[1000:], known[:1000]
    asked += [row for row in rows if row[1] in strange][:1000]
    data = TrainingData([Message.build(text, intent) for text, intent in taught])
    parsed = Pipeline.train(ENGLISH, data, tmp_path).parse_all([text for text, _ in asked])
    inside = [intent not in strange for _, intent in asked]
    assert roc_auc_score(inside, [p["scope"] for p in parsed]) >= 0.85
