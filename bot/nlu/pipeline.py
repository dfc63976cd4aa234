"""Rasa's NLU pipeline without the rest of Rasa: for tests and benchmarks, of our components or of any others.

p = Pipeline.train([{"name": "WhitespaceTokenizer"}, ...], training_data, folder)
p.parse("여권 재발급")["intent"]
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Sequence

from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

_PREPARING = {
    DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER,
    DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER,
}
"""Kinds of components that Rasa has work on the examples before later ones are trained."""


class Pipeline:
    """The components of a `config.yml`'s `pipeline`, trained."""

    def __init__(self, components: Sequence[GraphComponent]) -> None:
        self.components = components

    @classmethod
    def train(cls, config: Sequence[Dict[str, Any]], data: TrainingData, folder: Path) -> Pipeline:
        """Train in the order of `config`; what the components learn is kept in `folder`."""
        storage = LocalModelStorage.create(folder)
        components = []
        for place, entry in enumerate(config):
            known = DefaultV1Recipe._from_registry(entry["name"])
            arguments = _arguments(known.clazz, entry, storage, place)
            component = known.clazz.create(*arguments)
            if known.is_trainable:
                component.train(data)
                component = known.clazz.load(*arguments)
            if known.types & _PREPARING:
                data = component.process_training_data(data)
            components.append(component)
        return cls(components)

    @classmethod
    def load(cls, config: Sequence[Dict[str, Any]], folder: Path) -> Pipeline:
        """What `train` left in `folder`; what a component raises when its part cannot be read."""
        storage = LocalModelStorage(folder)
        classes = [DefaultV1Recipe._from_registry(entry["name"]) for entry in config]
        return cls(
            [
                (known.clazz.load if known.is_trainable else known.clazz.create)(
                    *_arguments(known.clazz, entry, storage, place)
                )
                for place, (known, entry) in enumerate(zip(classes, config, strict=False))
            ]
        )

    def parse(self, text: str) -> Dict[str, Any]:
        """What Rasa's `/model/parse` gives: intent, intent_ranking, entities, and what components add."""
        return self.parse_all([text])[0]

    def parse_all(self, texts: Sequence[str]) -> List[Dict[str, Any]]:
        """The same for several texts, faster than one after another."""
        messages = [Message({TEXT: text}) for text in texts]
        for component in self.components:
            messages = component.process(messages)
        nothing: Dict[str, Any] = {INTENT: {"name": None, "confidence": 0.0}, ENTITIES: []}
        return [{**nothing, **message.as_dict(only_output_properties=True)} for message in messages]


def _arguments(component: type, entry: Dict[str, Any], storage: LocalModelStorage, place: int) -> tuple:
    settings = {**component.get_default_config(), **{k: v for k, v in entry.items() if k != "name"}}
    name = f"{entry['name']}{place}"
    return settings, storage, Resource(name), ExecutionContext(GraphSchema({}), node_name=f"run_{name}")
