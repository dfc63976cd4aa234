"""`bot.nlu.trial`: folds that never leak, and a small training through Rasa itself."""

import asyncio
import json
from io import StringIO
from pathlib import Path

import pytest
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.trial import ask, folds, train

EXAMPLES = """
version: "3.1"
nlu:
- intent: bulky
  examples: |
    - [소파](item) 버리고 싶어요
    - 침대 어떻게 버려요
    - 가구 버리는 방법
    - 버리는 수수료
    - 장롱 버려요
- intent: hours
  examples: |
    - 몇 시까지 열어요
    - 오늘 열었나요
    - 언제 열어요
    - 점심에도 열어요
    - 토요일에 열어요
- synonym: 소파
  examples: |
    - 쇼파
"""
CONFIG = {
    "recipe": "default.v1",
    "language": "ko",
    "pipeline": [
        {"name": "WhitespaceTokenizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "LogisticRegressionClassifier"},
    ],
    "policies": [],
}


@pytest.fixture(scope="module")
def data() -> TrainingData:
    return RasaYAMLReader().reads(EXAMPLES)


def test_every_example_is_asked_once_and_never_trained_on_in_its_round(data: TrainingData) -> None:
    rounds = list(folds(data, 5))
    asked = [row["text"] for _, rows in rounds for row in rows]
    assert sorted(asked) == sorted(example.get(TEXT) for example in data.intent_examples)
    for examples, rows in rounds:
        assert {row["text"] for row in rows}.isdisjoint(e.get(TEXT) for e in examples.intent_examples)
        assert sorted(row["intent"] for row in rows) == ["bulky", "hours"]
        assert examples.entity_synonyms == data.entity_synonyms


def test_a_pipeline_is_trained_and_asked(data: TrainingData, tmp_path: Path) -> None:
    model, times = train(CONFIG, data, tmp_path)
    out = StringIO()
    asyncio.run(ask(model, [{"id": "1", "text": "의자 버려요", "intent": "bulky"}], out))
    (line,) = map(json.loads, out.getvalue().splitlines())
    assert line["id"] == "1"
    assert line["ranking"][0][0] == "bulky"
    assert line["ms"] > 0
    assert times["train_s"] > 0


def test_nothing_to_train_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="trained no model"):
        train(CONFIG, TrainingData(), tmp_path)
