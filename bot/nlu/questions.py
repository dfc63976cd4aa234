"""Questions of the thesaurus as examples of one intent: what an office is asked about, in citizens' words."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.text.thesaurus import load_thesaurus

BORROWED = "borrowed"
"""Marks an example that nobody wrote for the intent it stands under; a classifier may leave it out."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class ThesaurusQuestions(GraphComponent):
    """Component for `config.yml`: `name: bot.nlu.questions.ThesaurusQuestions`, before the tokenizer.

    Settings: `folder` of thesaurus files, relative to where Rasa is started, and the `intent` that their
    questions belong to. The first and the last question of each set are added to the training data.
    """

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Settings as they are when `config.yml` names none."""
        return {"folder": "data/thesaurus", "intent": "ask_faq"}

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Changes with the files, so that Rasa does not take what it trained from older ones."""
        digest = hashlib.sha256()
        for path in sorted(Path(config.get("folder", cls.get_default_config()["folder"])).glob("*.yml")):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ThesaurusQuestions:
        """The files are read when the component is trained with, not when the model is loaded."""
        return cls(config)

    def __init__(self, config: Dict[str, Any]) -> None:
        self._folder = Path(config["folder"])
        self._intent = config["intent"]

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the questions; InvalidConfigException when the files cannot be read."""
        try:
            sets = load_thesaurus(self._folder).questions
        except (OSError, ValueError) as error:
            raise InvalidConfigException(f"ThesaurusQuestions의 folder: {error}") from error
        taught = {example.get(TEXT) for example in training_data.intent_examples}
        questions = [text for text in _chosen(sets) if text not in taught]
        borrowed = [Message.build(text, self._intent) for text in questions]
        for example in borrowed:
            example.set(BORROWED, True)
        return training_data.merge(TrainingData([*borrowed]))

    def process(self, messages: List[Message]) -> List[Message]:
        """Citizens' messages stay as they are."""
        return messages


def _chosen(sets: Sequence[Sequence[str]]) -> List[str]:
    chosen = (text for questions in sets for text in (questions[0], questions[-1]))
    return list(dict.fromkeys(chosen))


def is_borrowed(example: Message) -> bool:
    """It was added here."""
    return bool(example.get(BORROWED)) and bool(example.get(INTENT))
