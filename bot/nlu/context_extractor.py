"""Entities told by the words around them: a conditional random field for what no list knows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.crf_entity_extractor import CRFEntityExtractor, CRFToken
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_NAME_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from sklearn_crfsuite import CRF

_ORDER = "order.json"
"""The fields in the order in which they are asked; the later ones hear what the first said."""
_CONFIDENCE = "confidence_entity"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class ContextEntityExtractor(CRFEntityExtractor):
    """Entity extractor for `config.yml`: `name: bot.nlu.context_extractor.ContextEntityExtractor`.

    Rasa's CRF on our morphemes, after the extractors that know their values: 안마의자 버리려는데 names an
    `item` though no list has it. It keeps to the entities of the setting `entities`, says nothing about
    a message in which that entity is known already, and nothing below the probability `threshold`. With the
    setting `intents` only messages of these are read, which spares all others the time. Needs a featurizer
    before it, as Rasa's CRF does.
    """

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Rasa's settings, and our own."""
        around = ["low", "suffix2", "suffix1"]
        here = ["low", "bias", "prefix2", "suffix3", "suffix2", "suffix1", "digit"]
        return {
            **CRFEntityExtractor.get_default_config(),
            "features": [around, around, here, around, around],
            "split_entities_by_comma": False,
            "entities": [],
            "intents": None,
            "threshold": 0.8,
        }

    def persist(self, dataset: List[List[CRFToken]]) -> None:
        """Keep the trained fields themselves; CRFsuite's files hold numbers and names, no code.

        Rasa's own component keeps the examples and learns them again at every start: five of its six seconds.
        """
        with self._model_storage.write_to(self._resource) as folder:
            (folder / _ORDER).write_text(json.dumps(self.crf_order), "utf-8")
            for name, tagger in (self.entity_taggers or {}).items():
                shutil.copy(tagger.modelfile.name, folder / f"{name}.crfsuite")

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> ContextEntityExtractor:
        """The trained component; one that finds nothing where there were no examples to learn from."""
        try:
            with model_storage.read_from(resource) as folder:
                order = json.loads((folder / _ORDER).read_text("utf-8"))
                taggers = {name: _read(folder / f"{name}.crfsuite") for name in order}
        except ValueError:  # Rasa's way to say that nothing was kept
            return cls(config, model_storage, resource)
        loaded = cls(config, model_storage, resource, taggers)
        loaded.crf_order = order
        return loaded

    def process(self, messages: List[Message]) -> List[Message]:
        """Add what the context tells to each message."""
        for message in messages:
            if not message.get(TEXT) or not self._concerns(message):
                continue
            known = message.get(ENTITIES, [])
            names = {entity["entity"] for entity in known}
            found = [
                entity
                for entity in (_whole(message.get(TEXT), one) for one in self.extract_entities(message))
                if entity["entity"] in self.component_config["entities"]
                and entity["entity"] not in names
                and entity[_CONFIDENCE] >= self.component_config["threshold"]
                and not any(entity["start"] < one["end"] and one["start"] < entity["end"] for one in known)
            ]
            message.set(ENTITIES, known + self.add_extractor_name(found), add_to_output=True)
        return messages

    def _concerns(self, message: Message) -> bool:
        intents = self.component_config["intents"]
        return intents is None or (message.get(INTENT) or {}).get(INTENT_NAME_KEY) in intents


def _read(path: Path) -> CRF:
    """A trained field, wholly in memory: its file goes. Raises FileNotFoundError."""
    if not path.exists():
        raise FileNotFoundError(path)
    field = CRF(model_filename=str(path))
    _ = field.tagger_  # reads it
    return field


def _whole(text: str, entity: Dict[str, Any]) -> Dict[str, Any]:
    """From the beginning of the word it ends: 안마의자 and not 의자, which is a thing of its own."""
    start = entity["start"]
    while start and not text[start - 1].isspace():
        start -= 1
    return {**entity, "start": start, "value": text[start : entity["end"]]}
