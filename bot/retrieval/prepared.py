"""What is read once from each answer: words, letters and vectors."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.content.models import Answer
from bot.encoder.encoder import Encoder
from bot.encoder.table import Analyser, Vectors, keys
from bot.retrieval.words import dictionary_form, fingerprint, loose, squeeze
from bot.text.morphemes import Morpheme
from bot.text.normalise import normalise
from bot.text.vocabulary import words_in

_AT_ONCE = 256


@dataclass(frozen=True)
class Prepared:
    """One answer taken apart; the tuples run parallel to its questions."""

    mark: bytes
    """Changes when something that is searched changes."""
    questions: tuple[tuple[str, ...], ...]
    """Different words of each."""
    words: Mapping[str, int]
    """Words of everything and how often, those of the questions counting twice."""
    squeezed: tuple[str, ...]
    written: Mapping[str, int]
    """Words as they are written, and how often, for the speller."""
    text: str
    """Letters and digits of everything, words apart."""
    question_vectors: Vectors
    text_vector: Vectors


class Preparer:
    """Takes answers apart with one encoder and one Kiwi."""

    def __init__(self, encoder: Encoder, morphemes: Analyser) -> None:
        self.encoder = encoder
        self.morphemes = morphemes

    def prepare(self, answer: Answer) -> Prepared:
        """Some milliseconds, nearly all of them Kiwi's."""
        questions = [normalise(question) for question in answer.questions]
        text = normalise(answer.answer)
        analysed = [(part, self.morphemes.analyse(part)) for part in (*questions, text)]
        *titles, content = (keys(morphemes) for _, morphemes in analysed)
        counts = Counter(content)
        most: Counter[str] = Counter()
        for words in titles:
            most |= Counter(words)
        for word, times in most.items():
            counts[word] += 2 * times
        return Prepared(
            mark=fingerprint(answer),
            questions=tuple(tuple(dict.fromkeys(words)) for words in titles),
            words=counts,
            written=Counter(word for part, morphemes in analysed for word in words_in(part, morphemes)),
            squeezed=tuple(map(squeeze, questions)),
            text=" ".join(map(loose, (*questions, text))),
            question_vectors=self.encoder.encode(questions),
            text_vector=self.encoder.encode([text])[0],
        )

    def word_vectors(self, words: Sequence[str]) -> Vectors:
        """float32[n, d] of words as the encoder reads them alone."""
        parts = [
            self.encoder.encode([dictionary_form(word) for word in words[start : start + _AT_ONCE]])
            for start in range(0, len(words), _AT_ONCE)
        ]
        return np.concatenate(parts) if parts else self.encoder.encode([])


def names(morphemes: Sequence[Morpheme]) -> list[str]:
    """Proper nouns, as words."""
    return [morpheme.form.lower() for morpheme in morphemes if morpheme.tag == "NNP"]


def word_keys(words: Sequence[str]) -> npt.NDArray[np.uint32]:
    """Numbers for words, the same in every process; of 100,000 words one pair may share one."""
    return np.array([zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in words], np.uint32)


def exact_key(squeezed: str) -> int:
    """Number for a whole question; two that share one are told apart by their letters."""
    data = squeezed.encode("utf-8", "surrogatepass")
    return zlib.crc32(data) << 32 | zlib.adler32(data)
