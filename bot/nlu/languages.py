"""Questions in other languages: intents are learned from Korean, so what else would they be guessed from?"""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.requests import REQUESTS
from bot.text.language import language_of


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class OtherLanguages(GraphComponent, IntentClassifier):
    """Component for `config.yml`: `name: bot.nlu.languages.OtherLanguages`, the last one.

    A message in English, Chinese or Vietnamese (`bot.text.language`) gets the intent `intent`, unless the
    classifier found one of `kept` in it: intents that have examples in these languages.
    """

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Settings as they are when `config.yml` names none."""
        return {"intent": "ask_faq", "kept": []}

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> OtherLanguages:
        """There is nothing to learn."""
        return cls(config)

    def __init__(self, config: Dict[str, Any]) -> None:
        self._intent = config["intent"]
        self._kept = frozenset(config["kept"])

    def process(self, messages: List[Message]) -> List[Message]:
        """The messages, those in other languages with their intent."""
        for message in messages:
            text = message.get(TEXT)
            found = (message.get(INTENT) or {}).get(INTENT_NAME_KEY)
            if text and found not in self._kept and language_of(text) not in (None, "ko"):
                intent = {INTENT_NAME_KEY: self._intent, PREDICTED_CONFIDENCE_KEY: 1.0}
                message.set(INTENT, intent, add_to_output=True)
                message.set(REQUESTS, [], add_to_output=True)
        return messages
