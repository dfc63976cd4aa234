"""Questions of the thesaurus as examples of one intent: what an office is asked about, in citizens' words."""

from __future__ import annotations

from typing import Any, ClassVar, Dict, List, Sequence

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.examples import ExamplesFromFiles
from bot.text.thesaurus import load_thesaurus

BORROWED = "borrowed"
"""Marks an example that nobody wrote for the intent it stands under; a classifier may leave it out."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class ThesaurusQuestions(ExamplesFromFiles):
    """Component for `config.yml`: `name: bot.nlu.questions.ThesaurusQuestions`, before the tokenizer.

    Settings: `folder` of thesaurus files, relative to where Rasa is started, and the `intent` that their
    questions belong to. The first and the last question of each set are added to the training data.
    """

    defaults: ClassVar[Dict[str, Any]] = {"folder": "data/thesaurus", "intent": "ask_faq"}

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


def _chosen(sets: Sequence[Sequence[str]]) -> List[str]:
    chosen = (text for questions in sets for text in (questions[0], questions[-1]))
    return list(dict.fromkeys(chosen))


def is_borrowed(example: Message) -> bool:
    """It was added here."""
    return bool(example.get(BORROWED)) and bool(example.get(INTENT))
