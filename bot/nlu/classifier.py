"""A light intent classifier: logistic regression on morphemes and character n-grams."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Type

import numpy as np
import skops.io
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from bot.text.normalise import normalise

_FILE = "intents.skops"
_TRUSTED = ["scipy.sparse._csr.csr_matrix"]
"""What the file holds beside scikit-learn's own types: the idf weights."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LightIntentClassifier(GraphComponent, IntentClassifier):
    """Intent classifier for `config.yml`: `name: bot.nlu.classifier.LightIntentClassifier`.

    Settings: `C` (inverse strength of regularisation), `characters` (shortest and longest n-gram),
    `ranking_length` intents in the result. A message with nothing known in it has no intent, confidence 0.
    Figures, and what it was chosen over: `docs/adr/0003-korean-text.md`.
    """

    @classmethod
    def required_components(cls) -> List[Type]:
        """A tokenizer comes before it."""
        return [Tokenizer]

    @classmethod
    def required_packages(cls) -> List[str]:
        """The packages Rasa checks for before it trains."""
        return ["sklearn", "skops"]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Settings as they are when `config.yml` names none."""
        return {"C": 30.0, "characters": [1, 3], "ranking_length": 5}

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
        """The classifier as it was trained; skops' UntrustedTypesFoundException for any other file."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            parts = skops.io.load(folder / _FILE, trusted=_TRUSTED)
        component._words, component._characters, component._model = parts
        return component

    def __init__(self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._words = TfidfVectorizer(token_pattern=r"\S+", sublinear_tf=True)  # noqa: S106 (no password)
        self._characters = TfidfVectorizer(
            analyzer="char_wb", ngram_range=tuple(config["characters"]), sublinear_tf=True
        )
        self._model = LogisticRegression(
            C=config["C"],
            solver="liblinear",
            dual=True,
            class_weight="balanced",
            max_iter=500,
            random_state=0,
        )

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples that have an intent, and store what was learnt."""
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        words, texts = _words(examples), _texts(examples)
        features = hstack([self._words.fit_transform(words), self._characters.fit_transform(texts)]).tocsr()
        self._model.fit(features, [example.get(INTENT) for example in examples])
        for vectorizer in (self._words, self._characters):  # skops writes a file for each numpy integer
            vectorizer.vocabulary_ = {term: int(at) for term, at in vectorizer.vocabulary_.items()}
        with self._model_storage.write_to(self._resource) as folder:
            skops.io.dump([self._words, self._characters, self._model], folder / _FILE)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Classify the examples themselves, for components that come later."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Set intent and ranking of each message that has a text."""
        asked = [message for message in messages if message.get(TEXT) is not None]
        if asked:
            features = self._features(asked)
            probabilities = self._model.predict_proba(features)
            for message, row, count in zip(asked, probabilities, np.diff(features.indptr), strict=True):
                known = count > 1  # the space at the edge of words is a feature of every text
                self._set(message, row if known else np.zeros_like(row))
        return messages

    def _set(self, message: Message, probabilities: np.ndarray) -> None:
        best = np.argsort(-probabilities)[: self._config["ranking_length"]]
        ranking = [
            {"name": str(self._model.classes_[at]), "confidence": float(probabilities[at])}
            for at in best
            if probabilities[at] > 0
        ]
        first = ranking[0] if ranking else {"name": None, "confidence": 0.0}
        message.set(INTENT, first, add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)

    def _features(self, messages: Sequence[Message]) -> csr_matrix:
        words, texts = self._words.transform(_words(messages)), self._characters.transform(_texts(messages))
        return hstack([words, texts]).tocsr()


def _words(messages: Sequence[Message]) -> List[str]:
    """The dictionary forms of each message, with spaces between."""
    return [
        " ".join(token.lemma for token in message.get(TOKENS_NAMES[TEXT], default=[])) for message in messages
    ]


def _texts(messages: Sequence[Message]) -> List[str]:
    return [normalise(message.get(TEXT)) for message in messages]
