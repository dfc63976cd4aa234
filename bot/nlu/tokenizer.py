"""Korean words for Rasa: normalised, split into morphemes, placed in the text as the citizen typed it."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from bot.text.morphemes import Morpheme, Morphemes
from bot.text.normalise import Aligned, align


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class KoreanTokenizer(Tokenizer):
    """Tokenizer for `config.yml`: `name: bot.nlu.tokenizer.KoreanTokenizer`.

    A token's `text` is normalised, its `lemma` the dictionary form (버려 → 버리), its `start` and `end` are
    places in the original text, so entities marked in training data line up. The setting `words` lists names
    that stay whole.
    """

    @classmethod
    def required_packages(cls) -> List[str]:
        """The packages Rasa checks for before it trains."""
        return ["kiwipiepy"]

    @staticmethod
    def supported_languages() -> Optional[List[str]]:
        """Korean only."""
        return ["ko"]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Settings as they are when `config.yml` names none."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "words": []}

    def __init__(self, config: Dict[str, Any]) -> None:
        super().__init__(config)
        self._morphemes = Morphemes(config["words"])

    def tokenize(self, message: Message, attribute: str) -> List[Token]:
        """The tokens of one attribute of a message, in order and without overlap."""
        aligned = align(message.get(attribute))
        return tokens_of(aligned, self._morphemes.analyse(aligned.text))


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
