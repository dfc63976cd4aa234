"""Examples in the services' files as training examples: the next training knows a new service."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class ServiceExamples(GraphComponent):
    """Component for `config.yml`: `name: bot.nlu.service_examples.ServiceExamples`, before the tokenizer.

    Settings: `folder` of the services (`bot.services.models`), relative to where Rasa is started, and the
    `intent` that their examples belong to; those of a service with `intents` belong to the first of these.
    """

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Settings as they are when `config.yml` names none."""
        return {"folder": "data/services", "intent": "use_service"}

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Changes with the files, so that Rasa does not take what it trained from older ones."""
        digest = hashlib.sha256()
        for path in sorted(Path(config.get("folder", cls.get_default_config()["folder"])).glob("*.y*ml")):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ServiceExamples:
        """The files are read when the component is trained with, not when the model is loaded."""
        return cls(config)

    def __init__(self, config: Dict[str, Any]) -> None:
        self._folder = Path(config["folder"])
        self._intent = config["intent"]

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the examples; InvalidConfigException when a file is no YAML."""
        taught = {example.get(TEXT) for example in training_data.intent_examples}
        new = {text: intent for text, intent in self._examples() if text not in taught}
        return training_data.merge(TrainingData([Message.build(*example) for example in new.items()]))

    def process(self, messages: List[Message]) -> List[Message]:
        """Citizens' messages stay as they are."""
        return messages

    def _examples(self) -> Iterator[Tuple[str, str]]:
        """(example, intent); a file that is no service, or a draft, has none."""
        for path in sorted(self._folder.glob("*.y*ml")):
            if path.name.startswith((".", "~")):
                continue
            try:
                service = yaml.safe_load(path.read_text("utf-8"))
            except (yaml.YAMLError, UnicodeDecodeError) as error:
                raise InvalidConfigException(f"ServiceExamples의 folder: {path}: {error}") from error
            if isinstance(service, dict) and isinstance(service.get("examples"), list):
                intents = service.get("intents") or [self._intent]
                yield from ((str(text), str(intents[0])) for text in service["examples"])
