"""Entities whose values are known: lookup tables, patterns and what the examples mark."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Iterator, List, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.text.normalise import Aligned, align

_FILE = "phrases.json"
_SURE = 3
"""A phrase of this many characters needs no word boundary after it."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class KnownEntityExtractor(GraphComponent, EntityExtractorMixin):
    """Entity extractor for `config.yml`: `name: bot.nlu.extractor.KnownEntityExtractor`.

    Rasa's RegexEntityExtractor wants word boundaries, and Korean particles leave none (소파를). This one
    looks for the known phrases in the normalised text, spaces set aside, where a morpheme begins and ends, so
    it also finds 소파 typed as thvk and 첫 번째 typed as 첫번째. The longest phrase wins.
    Patterns are those `regex` entries of the training data that are named like an entity.
    """

    @classmethod
    def required_components(cls) -> List[Type]:
        """A tokenizer comes before it."""
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """It has no settings."""
        return {}

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> KnownEntityExtractor:
        """An extractor that is still to be trained."""
        return cls(model_storage, resource, {}, {})

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> KnownEntityExtractor:
        """The extractor as it was trained."""
        with model_storage.read_from(resource) as folder:
            known = json.loads((folder / _FILE).read_text("utf-8"))
        return cls(model_storage, resource, known["phrases"], known["patterns"])

    def __init__(
        self,
        model_storage: ModelStorage,
        resource: Resource,
        phrases: Dict[str, Dict[str, str]],
        patterns: Dict[str, List[str]],
    ) -> None:
        self._model_storage = model_storage
        self._resource = resource
        self._phrases = phrases  # normalised without spaces -> entity -> as written in the data
        self._patterns = {name: [re.compile(one) for one in some] for name, some in patterns.items()}
        self._longest = max(map(len, phrases), default=0)

    def train(self, training_data: TrainingData) -> Resource:
        """Collect the phrases and patterns, and store them."""
        phrases: Dict[str, Dict[str, str]] = {}
        for entity, phrase in _known_phrases(training_data):
            phrases.setdefault(_key(phrase), {}).setdefault(entity, phrase)
        for spelling, meant in training_data.entity_synonyms.items():
            for entity in phrases.get(_key(meant), {}):
                phrases.setdefault(_key(spelling), {}).setdefault(entity, spelling)
        patterns: Dict[str, List[str]] = {}
        for regex in training_data.regex_features:
            if regex["name"] in training_data.entities:
                patterns.setdefault(regex["name"], []).append(regex["pattern"])
        for entities in phrases.values():  # what a pattern finds needs no list
            for entity in patterns:
                entities.pop(entity, None)
        phrases = {key: entities for key, entities in phrases.items() if key and entities}
        with self._model_storage.write_to(self._resource) as folder:
            known = {"phrases": phrases, "patterns": patterns}
            (folder / _FILE).write_text(json.dumps(known, ensure_ascii=False), "utf-8")
        self.__init__(self._model_storage, self._resource, phrases, patterns)  # type: ignore[misc]
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing: the examples are marked already."""
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the entities found to each message."""
        for message in messages:
            if message.get(TEXT):
                found = self.add_extractor_name(list(self._find(message)))
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages

    def _find(self, message: Message) -> Iterator[Dict[str, Any]]:
        aligned = align(message.get(TEXT))
        for entity, patterns in self._patterns.items():
            for pattern in patterns:
                for match in pattern.finditer(aligned.text):
                    if match[0]:
                        yield _entity(aligned, entity, match[0], match.start(), match.end())
        tokens = message.get(TOKENS_NAMES[TEXT], default=[])
        begins, ends = {token.start for token in tokens}, {token.end for token in tokens}
        at = 0
        while at < len(aligned.text):
            length = self._phrase_at(aligned, at, ends) if aligned.spans[at][0] in begins else 0
            for entity, phrase in self._phrases.get(_squeezed(aligned.text[at : at + length]), {}).items():
                yield _entity(aligned, entity, phrase, at, at + length)
            at += max(length, 1)

    def _phrase_at(self, aligned: Aligned, at: int, ends: set) -> int:
        """Length of the longest known phrase that begins at `at`; 0 when there is none."""
        best, letters, text = 0, "", aligned.text
        for end in range(at + 1, len(text) + 1):
            letters += "" if text[end - 1] == " " else text[end - 1].lower()
            if len(letters) > self._longest:
                break
            whole = len(letters) >= _SURE or aligned.spans[end - 1][1] in ends
            if text[end - 1] != " " and whole and letters in self._phrases:
                best = end - at
        return best


def _known_phrases(training_data: TrainingData) -> Iterator[tuple]:
    """(entity, phrase) of every lookup table and of every entity marked in an example."""
    for table in training_data.lookup_tables:
        elements = table["elements"]
        if isinstance(elements, str):
            with open(elements, encoding="utf-8") as file:
                elements = [line.strip() for line in file if line.strip()]
        for element in elements:
            yield table["name"], element
    for example in training_data.entity_examples:
        for entity in example.get(ENTITIES):
            yield entity["entity"], example.get(TEXT)[entity["start"] : entity["end"]]


def _key(phrase: str) -> str:
    return _squeezed(align(phrase).text)


def _squeezed(text: str) -> str:
    return text.replace(" ", "").lower()


def _entity(aligned: Aligned, entity: str, value: str, start: int, end: int) -> Dict[str, Any]:
    first, last = aligned.origin(start, end)
    return {"entity": entity, "start": first, "end": last, "value": value}
