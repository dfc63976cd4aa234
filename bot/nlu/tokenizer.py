"""Words for Rasa: normalised, split into morphemes, placed in the text as the citizen typed it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional

import numpy as np
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

import bot.encoder
from bot.encoder.table import Table
from bot.nlu.parts import read_part
from bot.text.morphemes import Morpheme, Morphemes
from bot.text.normalise import Aligned, align
from bot.text.recent import RecentMorphemes
from bot.text.spelling import Speller

_FILE = "words.json"
_TABLE = Path(bot.encoder.__file__).parent / "model"
_TEXTS = 10_000
"""The number of texts that the frequencies of the table stand for."""
_TAUGHT = 5
"""How many times more a word of the examples counts: a bot is asked what it is taught."""
_LANGUAGES = ("ko", "en")
_WORD = re.compile(r"\w+|[^\w\s]")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class KoreanTokenizer(Tokenizer):
    """Tokenizer for `config.yml`: `name: bot.nlu.tokenizer.KoreanTokenizer`.

    A token's `text` is normalised, its `lemma` the dictionary form (버려 → 버리), its `start` and `end` are
    places in the original text, so entities marked in training data line up.
    Settings: `words` that stay whole; `spelling` (true): citizens' misspelt words are repaired, towards the
    words of the examples and of the default encoder's table. With `language: en`, for bots taught in English,
    a token is a word or a sign as it stands: nothing is repaired or read as Korean from the wrong keyboard,
    and Kiwi is not loaded.
    """

    @classmethod
    def required_packages(cls) -> List[str]:
        """The packages Rasa checks for before it trains."""
        return ["kiwipiepy"]

    @staticmethod
    def supported_languages() -> Optional[List[str]]:
        """Korean and English."""
        return [*_LANGUAGES]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Settings as they are when `config.yml` names none."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "language": "ko",
            "spelling": True,
            "words": [],
        }

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> KoreanTokenizer:
        """A tokenizer that repairs nothing yet."""
        component = cls(config)
        component._model_storage, component._resource = model_storage, resource
        return component

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> KoreanTokenizer:
        """The tokenizer with the words it was taught; BrokenPart when the model's file cannot be read."""
        component = cls.create(config, model_storage, resource, execution_context)
        if component._morphemes is not None and config["spelling"]:
            with model_storage.read_from(resource) as folder, read_part(folder / _FILE):
                words = json.loads((folder / _FILE).read_text(encoding="utf-8"))
                component._speller = Speller(words, component._morphemes)
        return component

    def __init__(self, config: Dict[str, Any]) -> None:
        super().__init__(config)
        if config["language"] not in _LANGUAGES:
            raise InvalidConfigException(
                f"KoreanTokenizer의 language: {config['language']!r} → ko나 en을 적어 주세요."
            )
        self._morphemes = RecentMorphemes(Morphemes(config["words"])) if config["language"] == "ko" else None
        self._speller: Optional[Speller] = None
        self._model_storage: Optional[ModelStorage] = None
        self._resource: Optional[Resource] = None

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the words that misspelt ones may be meant as."""
        words: Dict[str, float] = {}
        if self._morphemes is not None and self._config["spelling"]:
            texts = [align(e.get(TEXT)).text for e in training_data.training_examples if e.get(TEXT)]
            words = _known_words(texts, self._morphemes)
        with self._model_storage.write_to(self._resource) as folder:
            (folder / _FILE).write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Tokens for the examples, which are taken as they are written."""
        speller, self._speller = self._speller, None
        try:
            return super().process_training_data(training_data)
        finally:
            self._speller = speller

    def tokenize(self, message: Message, attribute: str) -> List[Token]:
        """The tokens of one attribute of a message, in order and without overlap."""
        text = message.get(attribute)
        if self._morphemes is None:
            return [
                Token(word[0], word.start(), word.end(), lemma=word[0].lower())
                for word in _WORD.finditer(text)
            ]
        aligned = align(text)
        if self._speller is not None:
            repaired = self._speller.correct(aligned.text)
            if len(repaired) == len(aligned.text):  # else no one could say where a token stands
                aligned = Aligned(repaired, aligned.spans)
        return tokens_of(aligned, self._morphemes.analyse(aligned.text))


def _known_words(texts: List[str], morphemes: Morphemes) -> Mapping[str, float]:
    """Words and how often they occur: of the encoder's table, and of the texts."""
    table = Table.load(_TABLE)
    often = np.exp(-table.weights) * _TEXTS
    words = {name: float(count) for name, count in zip(table.names, often, strict=False) if "/" not in name}
    taught: Dict[str, int] = {}
    for text in texts:
        nouns = {m.form for m in morphemes.analyse(text) if m.tag in {"NNG", "NNP"}}
        for word in nouns | set(text.split()):
            taught[word] = taught.get(word, 0) + 1
    for word, count in taught.items():
        if count > 1:
            words[word] = max(words.get(word, 0.0), float(count * _TAUGHT))
    return {word: round(count, 1) for word, count in words.items()}


def tokens_of(aligned: Aligned, morphemes: List[Morpheme]) -> List[Token]:
    """Tokens from morphemes of `aligned.text`.

    Contraction makes morphemes share characters (됐 is 되 and 었). Each character goes to the first of them;
    one that is left with none joins the token before it, so that its form is not lost.
    """
    tokens: List[Token] = []
    done = 0
    for morpheme in morphemes:
        start = max(morpheme.start, done)
        if start < morpheme.end:
            tokens.append(
                Token(
                    aligned.text[start : morpheme.end],
                    *aligned.origin(start, morpheme.end),
                    data={"pos": morpheme.tag},
                    lemma=morpheme.form,
                )
            )
            done = morpheme.end
        elif tokens:
            tokens[-1].lemma += morpheme.form
    return tokens
