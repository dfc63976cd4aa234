"""Sparse sentence features: words, characters and letters in n-grams, each weighted by tf-idf."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any, Dict, Iterator, List, Sequence, Tuple, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix

from bot.nlu.parts import read_part
from bot.text.hangul import decompose, is_syllable

_FILE = "terms.json"
_KINDS = ("words", "characters", "letters")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SparseTextFeaturizer(SparseFeaturizer, GraphComponent):
    """Featurizer for `config.yml`: `name: bot.nlu.features.SparseTextFeaturizer`.

    Settings, each the shortest and the longest n-gram or null: `words` (dictionary forms of the tokens),
    `characters` and `letters` (inside words; letters are the jamo of Hangul, so that a wrong letter costs
    one syllable less). Features are of the whole sentence, no sequence, one set for each kind:
    float32[1, n-grams seen in training] of length 1 (less, when some of the sentence's are new).
    """

    @classmethod
    def required_components(cls) -> List[Type]:
        """A tokenizer comes before it."""
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Settings as they are when `config.yml` names none."""
        return {
            **SparseFeaturizer.get_default_config(),
            "words": [1, 1],
            "characters": [1, 3],
            "letters": [2, 6],
        }

    @classmethod
    def validate_config(cls, config: Dict[str, Any]) -> None:
        """InvalidConfigException when a setting is not a range of lengths, or all are null."""
        ranges = {kind: config.get(kind) for kind in _KINDS if config.get(kind) is not None}
        for kind, lengths in ranges.items():
            whole = isinstance(lengths, (list, tuple)) and all(isinstance(length, int) for length in lengths)
            if not whole or len(lengths) != 2 or not 0 < lengths[0] <= lengths[1]:
                raise InvalidConfigException(
                    f"SparseTextFeaturizer의 {kind}: {lengths!r} → [1, 3]처럼 두 길이를 적어 주세요."
                )
        if not ranges:
            raise InvalidConfigException(
                f"SparseTextFeaturizer에 쓸 것이 없어요 → {', '.join(_KINDS)} 가운데 하나는 적어 주세요."
            )

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SparseTextFeaturizer:
        """A featurizer that has seen no text yet."""
        return cls(config, model_storage, resource, execution_context.node_name)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SparseTextFeaturizer:
        """The featurizer as it was trained; BrokenPart when the model's file cannot be read."""
        component = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder, read_part(folder / _FILE):
            stored = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            component._blocks = [_Block(terms) for terms in stored]
        return component

    def __init__(
        self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, name: str
    ) -> None:
        super().__init__(name, config)
        self._ranges = [(kind, tuple(config[kind])) for kind in _KINDS if config.get(kind)]
        self._model_storage = model_storage
        self._resource = resource
        self._blocks: List[_Block] = []

    def train(self, training_data: TrainingData) -> Resource:
        """Learn which n-grams there are and how rare each is."""
        examples = [example for example in training_data.training_examples if example.get(TEXT)]
        every = [self._terms(example) for example in examples]
        self._blocks = [_Block.learn(terms) for terms in zip(*every, strict=False)]
        with self._model_storage.write_to(self._resource) as folder:
            stored = [block.weights for block in self._blocks]
            (folder / _FILE).write_text(json.dumps(stored, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add features to the examples."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Add features to each message that has a text."""
        for message in messages:
            if message.get(TEXT) is not None and self._blocks:
                for features in self._features(self._terms(message)):
                    message.add_features(features)
        return messages

    def _terms(self, message: Message) -> List[List[str]]:
        tokens: Sequence[Token] = message.get(TOKENS_NAMES[TEXT], default=[])
        lemmas = [(token.lemma or token.text).lower() for token in tokens]
        text = _spaced(tokens)
        made = {
            "words": lambda lengths: _word_grams(lemmas, *lengths),
            "characters": lambda lengths: _inner_grams(text, *lengths),
            "letters": lambda lengths: _inner_grams(_letters(text), *lengths),
        }
        return [made[kind](lengths) for kind, lengths in self._ranges]

    def _features(self, every: List[List[str]]) -> Iterator[Features]:
        for block, terms in zip(self._blocks, every, strict=False):
            at, values = block.row(terms)
            row = csr_matrix((values, at, [0, len(at)]), shape=(1, len(block.weights)))
            yield Features(row, FEATURE_TYPE_SENTENCE, TEXT, self._identifier)


class _Block:
    """The n-grams of one kind with their inverse document frequencies."""

    def __init__(self, weights: Dict[str, float]) -> None:
        self.weights = weights
        self._rows = {term: row for row, term in enumerate(weights)}
        self._idf = np.fromiter(weights.values(), np.float32, len(weights))
        self._rarest = max(weights.values(), default=1.0)

    @classmethod
    def learn(cls, texts: Sequence[Sequence[str]]) -> _Block:
        """Smoothed inverse document frequency: ln((1 + texts) / (1 + texts with the term)) + 1."""
        seen: Dict[str, int] = {}
        for terms in texts:
            for term in set(terms):
                seen[term] = seen.get(term, 0) + 1
        total = 1 + len(texts)
        return cls({term: round(float(np.log(total / (1 + n))) + 1, 4) for term, n in sorted(seen.items())})

    def row(self, terms: Sequence[str]) -> Tuple[np.ndarray, np.ndarray]:
        """Columns and values of one text, (1 + ln count) x idf, of length 1 with what was never seen.

        Terms that training did not see have no column, but make the others count for less, as they would if
        the text had been an example.
        """
        counts = Counter(terms)
        known = sorted((self._rows[term], count) for term, count in counts.items() if term in self._rows)
        columns = np.fromiter((at for at, _ in known), np.int32, len(known))
        often = np.fromiter((count for _, count in known), np.float32, len(known))
        values = (1 + np.log(often)) * self._idf[columns]
        unseen = sum((1 + math.log(count)) ** 2 for term, count in counts.items() if term not in self._rows)
        length = math.sqrt(float(values @ values) + unseen * self._rarest**2)
        return columns, (values / length if length else values).astype(np.float32)


def _word_grams(words: Sequence[str], shortest: int, longest: int) -> List[str]:
    return [
        " ".join(words[at : at + length])
        for length in range(shortest, longest + 1)
        for at in range(len(words) - length + 1)
    ]


def _inner_grams(text: str, shortest: int, longest: int) -> List[str]:
    """The n-grams of each word with a space at both ends; a shorter word counts once as a whole."""
    found = []
    for word in text.split():
        padded = f" {word} "
        for length in range(shortest, longest + 1):
            found += [padded[at : at + length] for at in range(max(len(padded) - length, 0) + 1)]
            if length >= len(padded):
                break
    return [gram for gram in found if gram != " "]


def _spaced(tokens: Sequence[Token]) -> str:
    """The text that the tokenizer read, with a space where tokens do not touch."""
    parts = []
    done = 0
    for token in tokens:
        parts += [" " if token.start > done else "", token.text]
        done = token.end
    return "".join(parts).lower()


def _letters(text: str) -> str:
    """The words that have Hangul in them, as letters; others have no more letters than characters."""
    words = [word for word in text.split() if any(map(is_syllable, word))]
    return " ".join("".join("".join(decompose(c)) if is_syllable(c) else c for c in word) for word in words)
