"""A light intent classifier: one linear model over the features of every featurizer, with honest chances."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix

from bot.nlu.linear import Model, load_model, save_model, train_model
from bot.nlu.parts import read_part
from bot.nlu.project import code_digest
from bot.nlu.questions import is_borrowed

_BLOCKS = "features.json"
SCOPE = "scope"
"""Key of the scope in a message and in Rasa's parse output."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LightIntentClassifier(GraphComponent, IntentClassifier):
    """Intent classifier for `config.yml`: `name: bot.nlu.classifier.LightIntentClassifier`.

    Takes the sentence features of all featurizers before it, sparse and dense; longer rows are cut to 1.
    Settings: `C` (inverse strength of regularisation), `dense_weight` (of dense features beside sparse ones),
    `ranking_length` intents in the result (0: all).

    Adds to the parse output `intent` and `intent_ranking`, whose confidences are chances (temperature learned
    on examples that were held out), and `scope`, 0 to 1: the share of held-out training examples that were
    less like the rest than this message is. 0.02 means that only 2 of 100 examples looked as foreign.
    A message with nothing known in it has no intent, confidence 0 and scope 0.
    Figures, and what it was chosen over: `docs/adr/0003-korean-text.md`.
    """

    @classmethod
    def required_components(cls) -> List[Type]:
        """A featurizer comes before it."""
        return [Featurizer]

    @classmethod
    def required_packages(cls) -> List[str]:
        """The packages Rasa checks for before it trains."""
        return ["sklearn", "safetensors"]

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Changes with our code: Rasa's cache alone would look at this class, and not at what it calls."""
        return code_digest()

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Settings as they are when `config.yml` names none."""
        return {"C": 1.0, "dense_weight": 0.6, "ranking_length": 5}

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LightIntentClassifier:
        """A classifier that is still to be trained."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LightIntentClassifier:
        """The classifier as it was trained; BrokenPart when the model's files cannot be read."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder, read_part(folder / _BLOCKS):
            component._blocks = [tuple(block) for block in json.loads((folder / _BLOCKS).read_text("utf-8"))]
            component._model = load_model(folder)
        return component

    def __init__(self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        for name in ("C", "dense_weight"):
            if not isinstance(config[name], (int, float)) or config[name] <= 0:
                raise InvalidConfigException(
                    f"LightIntentClassifier의 {name}: {config[name]!r} → 0보다 큰 수를 적어 주세요."
                )
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._blocks: List[Tuple[str, int]] = []
        """(sparse or dense, width) of each featurizer's features, in the order of the pipeline."""
        self._model: Model = None

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples that have an intent, and store what was learnt.

        Raises InvalidConfigException when no featurizer left features of whole sentences.
        """
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        if examples:
            self._blocks = [(_kind(f), f.features.shape[-1]) for f in _sentence_features(examples[0])]
            if not self._blocks:
                raise InvalidConfigException(
                    "LightIntentClassifier 앞에 문장 특징을 만드는 부품이 없어요 "
                    "→ config.yml에서 그 위에 bot.nlu.features.SparseTextFeaturizer를 넣어 주세요."
                )
            intents = [example.get(INTENT) for example in examples]
            borrowed = np.array([is_borrowed(example) for example in examples])
            self._model = train_model(self._features(examples), intents, self._config["C"], borrowed)
        with self._model_storage.write_to(self._resource) as folder:
            (folder / _BLOCKS).write_text(json.dumps(self._blocks), encoding="utf-8")
            save_model(self._model, folder)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Set intent, ranking and scope of each message that has a text."""
        for message in messages:
            if message.get(TEXT) is not None:
                self._set(message, *self.judge(message))
        return messages

    def judge(self, message: Message) -> Tuple[np.ndarray, float]:
        """The chance of every intent of `intents` (all 0: nothing is known of the message), and scope."""
        if self._model is None:
            return np.zeros(0), 0.0
        columns, values = self._row(message)
        return self._model.judge(columns, values) if len(columns) else (np.zeros(len(self.intents)), 0.0)

    @property
    def intents(self) -> Tuple[str, ...]:
        """The intents it knows, in the order of the chances; none before training."""
        return () if self._model is None else self._model.intents

    def _set(self, message: Message, chances: np.ndarray, scope: float) -> None:
        best = np.argsort(-chances)[: self._config["ranking_length"] or None]
        ranking = [
            {"name": self.intents[at], "confidence": float(chances[at])} for at in best if chances[at] > 0
        ]
        first = ranking[0] if ranking else {"name": None, "confidence": 0.0}
        message.set(INTENT, first, add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        message.set(SCOPE, round(scope, 4), add_to_output=True)

    def _features(self, messages: Sequence[Message]) -> csr_matrix:
        rows = [self._row(message) for message in messages]
        ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns, values = (np.concatenate(parts) for parts in zip(*rows, strict=False))
        return csr_matrix((values, columns, ends), shape=(len(rows), sum(width for _, width in self._blocks)))

    def _row(self, message: Message) -> Tuple[np.ndarray, np.ndarray]:
        """Columns and values of a message's features, one featurizer's behind the other's."""
        columns, values = [], []
        offset = 0
        for features, (kind, width) in zip(self._checked(message), self._blocks, strict=False):
            at, data = _cut(features, self._config["dense_weight"] if kind == "dense" else 1.0)
            columns.append(at + offset)
            values.append(data)
            offset += width
        return np.concatenate(columns), np.concatenate(values)

    def _checked(self, message: Message) -> List[Features]:
        found = list(_sentence_features(message))
        blocks = [(_kind(features), features.features.shape[-1]) for features in found]
        if blocks != self._blocks:
            raise InvalidConfigException(
                f"LightIntentClassifier가 배운 특징({self._blocks})과 지금 특징({blocks})이 달라요 "
                "→ config.yml을 바꿨다면 sotong train으로 다시 학습해 주세요."
            )
        return found


def _sentence_features(message: Message) -> Iterator[Features]:
    return (f for f in message.features if f.attribute == TEXT and f.type == FEATURE_TYPE_SENTENCE)


def _kind(features: Features) -> str:
    return "sparse" if features.is_sparse() else "dense"


def _cut(features: Features, length: float) -> Tuple[np.ndarray, np.ndarray]:
    """Columns and values of one sentence's features, cut to `length`; zeros are left out."""
    if features.is_sparse():
        row = features.features.tocsr()
        at, values = row.indices, row.data
    else:
        values = features.features.ravel()
        at = np.flatnonzero(values)
        values = values[at]
    norm = max(1.0, float(np.sqrt(np.dot(values, values))))
    return at, (values * (length / norm)).astype(np.float32)
