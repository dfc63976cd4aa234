"""Sparse sentence features: words, characters and letters in n-grams, each weighted by tf-idf."""

from __future__ import annotations

import copy
import functools
import itertools
import json
import math
from collections import Counter
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple, Type

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
_REMEMBERED = 2048
"""Words whose n-grams are kept at hand; citizens ask in few different ones. They take 2 kB each."""


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
            if len(stored) != len(component._kinds):
                raise ValueError(f"{len(stored)} kinds of n-grams, config.yml has {len(component._kinds)}")
            component._blocks = [
                _Block(grams, terms) for grams, terms in zip(component._kinds, stored, strict=False)
            ]
        return component

    def __init__(
        self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, name: str
    ) -> None:
        super().__init__(name, config)
        self._kinds = [_Grams(kind, *config[kind]) for kind in _KINDS if config.get(kind)]
        self._model_storage = model_storage
        self._resource = resource
        self._blocks: List[_Block] = []

    def train(self, training_data: TrainingData) -> Resource:
        """Learn which n-grams there are and how rare each is."""
        examples = [example for example in training_data.training_examples if example.get(TEXT)]
        texts = [_read(example) for example in examples]
        self._blocks = [_Block.learn(grams, texts) for grams in self._kinds]
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
                text = _read(message)
                for block in self._blocks:
                    row = block.row(text)
                    message.add_features(Features(row, FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages


class _Text(NamedTuple):
    """What n-grams are made of."""

    lemmas: List[str]
    """The dictionary forms of the tokens."""
    words: List[str]
    """What stands between spaces, as the tokenizer read it."""


class _Grams(NamedTuple):
    """A kind of n-grams."""

    kind: str
    shortest: int
    longest: int

    def pieces(self, text: _Text) -> List[str]:
        """What each has n-grams of its own."""
        if self.kind != "words":
            return text.words
        lengths = range(self.shortest, self.longest + 1)
        return [
            " ".join(text.lemmas[at : at + length])
            for length in lengths
            for at in range(len(text.lemmas) - length + 1)
        ]

    def of(self, piece: str) -> List[str]:
        """The n-grams of a piece."""
        if self.kind == "words":
            return [piece]
        word = _letters(piece) if self.kind == "letters" else piece
        return _inner_grams(word, self.shortest, self.longest) if word else []


class _Block:
    """The n-grams of one kind with their inverse document frequencies."""

    def __init__(self, grams: _Grams, weights: Dict[str, float]) -> None:
        self.weights = weights
        self._grams = grams
        self._rows = {term: row for row, term in enumerate(weights)}
        self._idf = np.fromiter(weights.values(), np.float32, len(weights))
        self._rarest = max(weights.values(), default=1.0)
        self._blank = csr_matrix((1, len(weights)), dtype=np.float32)
        self._found = functools.lru_cache(_REMEMBERED)(self._find)

    @classmethod
    def learn(cls, grams: _Grams, texts: Sequence[_Text]) -> _Block:
        """Smoothed inverse document frequency: ln((1 + texts) / (1 + texts with the term)) + 1."""
        seen: Dict[str, int] = {}
        for text in texts:
            for term in {term for piece in grams.pieces(text) for term in grams.of(piece)}:
                seen[term] = seen.get(term, 0) + 1
        total = 1 + len(texts)
        weights = {term: round(float(np.log(total / (1 + n))) + 1, 4) for term, n in sorted(seen.items())}
        return cls(grams, weights)

    def row(self, text: _Text) -> csr_matrix:
        """float32[1, n-grams] of one text: (1 + ln count) x idf, of length 1 with what was never seen.

        Terms that training did not see have no column, but make the others count for less, as they would if
        the text had been an example.
        """
        found = [self._found(piece) for piece in self._grams.pieces(text)]
        known = Counter(itertools.chain.from_iterable(rows for rows, _ in found))
        unseen = Counter(itertools.chain.from_iterable(unknown for _, unknown in found))
        columns = np.array(sorted(known), np.int32)
        often = np.array([known[at] for at in columns.tolist()], np.float32)
        values = (1 + np.log(often)) * self._idf[columns]
        others = sum((1 + math.log(count)) ** 2 for count in unseen.values())
        length = math.sqrt(float(values @ values) + others * self._rarest**2)
        row = copy.copy(self._blank)  # making one from its parts takes ten times as long, to check them
        row.data = values / np.float32(length) if length else values
        row.indices, row.indptr = columns, np.array([0, len(columns)], np.int32)
        return row

    def _find(self, piece: str) -> Tuple[List[int], List[str]]:
        """The rows of a piece's terms, as often as they occur, and the terms that have none."""
        terms = self._grams.of(piece)
        rows = [self._rows[term] for term in terms if term in self._rows]
        return rows, [term for term in terms if term not in self._rows]


def _read(message: Message) -> _Text:
    tokens: Sequence[Token] = message.get(TOKENS_NAMES[TEXT], default=[])
    return _Text([(token.lemma or token.text).lower() for token in tokens], _spaced(tokens).split())


def _inner_grams(word: str, shortest: int, longest: int) -> List[str]:
    """The n-grams of a word with a space at both ends; a shorter one counts once as a whole."""
    padded = f" {word} "
    found = []
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


def _letters(word: str) -> str:
    """A word that has Hangul in it, as letters; any other has no more letters than characters: empty."""
    if not any(map(is_syllable, word)):
        return ""
    return "".join("".join(decompose(c)) if is_syllable(c) else c for c in word)
