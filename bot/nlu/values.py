"""Entities whose value is worked out: dates, times, periods, ages, money, numbers of people."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Dict, List, Type
from zoneinfo import ZoneInfo

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.text.amounts import find_amounts
from bot.text.dates import find_dates
from bot.text.normalise import align

_LONGEST = 1000
"""Characters that are read; nobody names a day after so many."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class KoreanValueExtractor(GraphComponent, EntityExtractorMixin):
    """Entity extractor for `config.yml`: `name: bot.nlu.values.KoreanValueExtractor`.

    Entities and values: `date` 2026-11-25, `time` 15:30, `period` 2026-11-01/2026-11-30, `duration` P3M (all
    ISO 8601), `money` in won, `age` in years, 30-39 or P18M, `birth_year`, `children` and `household_size`.
    내일 is counted from `now` in the message's metadata (ISO 8601), else from today in `timezone`.
    Settings: `entities`, those wanted (all), and `timezone`.
    """

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Settings as they are when `config.yml` names none."""
        return {"entities": None, "timezone": "Asia/Seoul"}

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> KoreanValueExtractor:
        """An extractor; there is nothing to train. ZoneInfoNotFoundError for an unknown time zone."""
        return cls(config)

    def __init__(self, config: Dict[str, Any]) -> None:
        self._wanted = None if config["entities"] is None else frozenset(config["entities"])
        self._zone = ZoneInfo(config["timezone"])

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the values found to each message, `text` being what the citizen wrote."""
        for message in messages:
            if message.get(TEXT):
                found = self.add_extractor_name(self._find(message))
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages

    @classmethod
    def required_components(cls) -> List[Type]:
        """None: it reads the text itself."""
        return []

    def _find(self, message: Message) -> List[Dict[str, Any]]:
        aligned = align(message.get(TEXT)[:_LONGEST])
        today = self._today(message)
        entities = []
        for found in (*find_dates(aligned.text, today), *find_amounts(aligned.text, today)):
            if self._wanted is None or found.entity in self._wanted:
                start, end = aligned.origin(found.start, found.end)
                entities.append({"entity": found.entity, "start": start, "end": end, "value": found.value})
        return entities

    def _today(self, message: Message) -> date:
        now = (message.get("metadata") or {}).get("now")
        if isinstance(now, str):
            try:
                moment = datetime.fromisoformat(now)
            except ValueError:
                pass  # the gateway writes ISO 8601; whatever else somebody sends is no date to count from
            else:
                return (moment.astimezone(self._zone) if moment.tzinfo else moment).date()
        return datetime.now(self._zone).date()
