"""Several requests in one message: each is understood by itself, and all are in the parse output."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.clauses import split

REQUESTS = "requests"
"""Key of the requests in a message and in Rasa's parse output."""
_PART_OF = "part_of"
_PLACE = "place"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class RequestSplitter(GraphComponent, IntentClassifier):
    """Component for `config.yml`: `name: bot.nlu.requests.RequestSplitter`, right after the tokenizer.

    Sends the parts of a message that asks several things (`bot.nlu.clauses`) through the rest of the
    pipeline, behind the message itself. `RequestCollector` is the last component and takes them in again.
    """

    @classmethod
    def required_components(cls) -> List[Type]:
        """A tokenizer comes before it."""
        return [Tokenizer]

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RequestSplitter:
        """There is nothing to set and nothing to learn."""
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        """The messages and, behind them, the parts of those that have several."""
        parts = []
        for message in messages:
            found = split(message.get(TOKENS_NAMES[TEXT], default=[]))
            if len(found) > 1:
                parts += [_part(message, tokens) for tokens in found]
        return [*messages, *parts]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class RequestCollector(GraphComponent, IntentClassifier):
    """Component for `config.yml`: `name: bot.nlu.requests.RequestCollector`, after the intent classifier.

    Adds `requests` to the parse output: a list of `{text, intent, confidence, start, end}` in the order of
    the message (`text` is the message from `start` to `end`), or an empty one when the message is a single
    request. Settings: `intents` that are requests (null: all) and the least `confidence` of a part; one part
    that is none makes the message a single request. With the setting `intent`, a message of several requests
    gets that intent, its confidence being that of its least sure part, so that a rule can answer it.
    """

    @classmethod
    def required_components(cls) -> List[Type]:
        """The splitter comes before it."""
        return [RequestSplitter]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Settings as they are when `config.yml` names none."""
        return {"intents": None, "confidence": 0.4, "intent": None}

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RequestCollector:
        """There is nothing to learn."""
        return cls(config)

    def __init__(self, config: Dict[str, Any]) -> None:
        self._intents = config["intents"]
        self._least = config["confidence"]
        self._intent = config["intent"]

    def process(self, messages: List[Message]) -> List[Message]:
        """The messages without the parts, which are now their requests."""
        parts: Dict[int, List[Message]] = {}
        for message in messages:
            if message.get(_PART_OF) is not None:
                parts.setdefault(id(message.get(_PART_OF)), []).append(message)
        whole = [message for message in messages if message.get(_PART_OF) is None]
        for message in whole:
            if message.get(TEXT) is not None:
                found = parts.get(id(message), [])
                sure = found and all(map(self._is_request, found))
                requests = [_request(part) for part in found] if sure else []
                message.set(REQUESTS, requests, add_to_output=True)
                if requests and self._intent:
                    least = min(request["confidence"] for request in requests)
                    several = {INTENT_NAME_KEY: self._intent, PREDICTED_CONFIDENCE_KEY: least}
                    message.set(INTENT, several, add_to_output=True)
        return whole

    def _is_request(self, part: Message) -> bool:
        intent = part.get(INTENT) or {}
        known = self._intents is None or intent.get(INTENT_NAME_KEY) in self._intents
        return known and intent.get(PREDICTED_CONFIDENCE_KEY, 0.0) >= self._least


def _part(message: Message, tokens: Sequence[Token]) -> Message:
    """A message of its own, with its tokens at their places in it."""
    start, end = tokens[0].start, tokens[-1].end
    moved = [
        Token(token.text, token.start - start, token.end - start, data=dict(token.data), lemma=token.lemma)
        for token in tokens
    ]
    part = Message({TEXT: message.get(TEXT)[start:end], TOKENS_NAMES[TEXT]: moved})
    part.set(_PART_OF, message)
    part.set(_PLACE, start)
    return part


def _request(part: Message) -> Dict[str, Any]:
    start, text = part.get(_PLACE), part.get(TEXT)
    intent = part.get(INTENT)
    return {
        "text": text,
        "intent": intent[INTENT_NAME_KEY],
        "confidence": intent[PREDICTED_CONFIDENCE_KEY],
        "start": start,
        "end": start + len(text),
    }
