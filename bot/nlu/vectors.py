"""Dense sentence features: the meaning of the words in a static table."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Sequence, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from safetensors import SafetensorError

import bot.encoder
from bot.encoder.table import Table, known_names
from bot.text.morphemes import Morpheme

_OURS = {"sotong": "model", "english": "english"}
_NO_TAG = "MAG"
"""The tag for a token that has none: it is found by its spelling, and not joined with its neighbours."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceVectorFeaturizer(DenseFeaturizer, GraphComponent):
    """Featurizer for `config.yml`: `name: bot.nlu.vectors.SentenceVectorFeaturizer`.

    Setting `table`: `sotong` (Korean morphemes), `english`, or the folder of any table that
    `bot.encoder.table.Table.save` wrote. The features of a sentence are the weighted mean of its words'
    vectors, float32[1, dimensions] of length 1, or 0 when the table has none of them; there are no features
    of single tokens. Words are the tokens' dictionary forms, so any tokenizer will do.
    """

    @classmethod
    def required_components(cls) -> List[Type]:
        """A tokenizer comes before it."""
        return [Tokenizer]

    @classmethod
    def required_packages(cls) -> List[str]:
        """The packages Rasa checks for before it trains."""
        return ["safetensors"]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Settings as they are when `config.yml` names none."""
        return {**DenseFeaturizer.get_default_config(), "table": "sotong"}

    @classmethod
    def validate_config(cls, config: Dict[str, Any]) -> None:
        """InvalidConfigException when `table` is no text."""
        if not isinstance(config["table"], str) or not config["table"]:
            raise InvalidConfigException(
                f"SentenceVectorFeaturizer의 table: {config['table']!r} → sotong, english나 폴더를 적어요."
            )

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceVectorFeaturizer:
        """A featurizer with its table read; InvalidConfigException when there is none."""
        return cls(config, execution_context.node_name)

    def __init__(self, config: Dict[str, Any], name: str) -> None:
        super().__init__(name, config)
        table = _table(config["table"])
        self._rows = {word: row for row, word in enumerate(table.names)}
        self._vectors = table.vectors
        self._weights = table.weights

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add features to the examples."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Add features to each message that has a text."""
        for message in messages:
            if message.get(TEXT) is not None:
                vector = self._vector(message.get(TOKENS_NAMES[TEXT], default=[]))
                message.add_features(Features(vector, FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages

    def _vector(self, tokens: Sequence[Token]) -> np.ndarray:
        names = known_names([_morpheme(token) for token in tokens], self._rows)
        rows = [self._rows[name] for name in dict.fromkeys(names)]
        vector = self._weights[rows] @ self._vectors[rows].astype(np.float32)
        length = np.linalg.norm(vector)
        return (vector / length if length else vector).astype(np.float32)[np.newaxis]


def _morpheme(token: Token) -> Morpheme:
    form = (token.lemma or token.text).lower()
    return Morpheme(form, token.get("pos") or _NO_TAG, token.start, token.end)


def _table(name: str) -> Table:
    folder = Path(bot.encoder.__file__).parent / _OURS[name] if name in _OURS else Path(name)
    try:
        table = Table.load(folder)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise InvalidConfigException(
            f"SentenceVectorFeaturizer의 table: {folder}에서 낱말 벡터를 읽을 수 없어요 "
            f"({type(error).__name__}: {error}) → sotong, english 또는 표가 있는 폴더를 적어 주세요."
        ) from error
    if not len(table.names) == len(table.vectors) == len(table.weights):
        raise InvalidConfigException(
            f"SentenceVectorFeaturizer의 table: {folder}의 낱말과 벡터 수가 달라요 → 표를 다시 만들어 주세요."
        )
    return table
