"""Examples in the services' files as training examples: the next training knows a new service."""

from __future__ import annotations

from typing import Any, ClassVar, Dict, Iterator, Tuple

import yaml
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.examples import ExamplesFromFiles


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class ServiceExamples(ExamplesFromFiles):
    """Component for `config.yml`: `name: bot.nlu.service_examples.ServiceExamples`, before the tokenizer.

    Settings: `folder` of the services (`bot.services.models`), relative to where Rasa is started, and the
    `intent` that their examples belong to; those of a service with `intents` belong to the first of these.
    """

    defaults: ClassVar[Dict[str, Any]] = {"folder": "data/services", "intent": "use_service"}

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the examples; InvalidConfigException when a file is no YAML."""
        taught = {example.get(TEXT) for example in training_data.intent_examples}
        new = {text: intent for text, intent in self._examples() if text not in taught}
        return training_data.merge(TrainingData([Message.build(*example) for example in new.items()]))

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
