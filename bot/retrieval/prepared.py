"""What is computed once for each answer, kept in memory and, if wanted, on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import HashingVectorizer

from bot.content.models import Answer
from bot.encoder.encoder import Encoder
from bot.encoder.table import Analyser, Vectors, keys
from bot.retrieval.words import dictionary_form, fingerprint, loose, squeeze
from bot.text.normalise import normalise

GRAM_COLUMNS = 2**20
"""Character n-grams are hashed into so many columns, so that an answer's counts never need renumbering."""
_AT_ONCE = 256


@dataclass(frozen=True)
class Grams:
    """Counts of character n-grams: column numbers and how often."""

    columns: npt.NDArray[np.int32]
    counts: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Prepared:
    """Words, letters and vectors of one answer; the tuples run parallel to its questions."""

    questions: tuple[tuple[str, ...], ...]
    text: tuple[str, ...]
    squeezed: tuple[str, ...]
    question_grams: tuple[Grams, ...]
    text_grams: Grams
    question_vectors: Vectors
    text_vector: Vectors


class GramCounter:
    """Counts character n-grams in squeezed text; the order of the columns is that of the text's hashes."""

    def __init__(self, shortest: int, longest: int) -> None:
        self._lengths = range(shortest, longest + 1)
        self._hashing = HashingVectorizer(
            analyzer=self._grams,
            n_features=GRAM_COLUMNS,
            alternate_sign=False,
            norm=None,
        )

    def _grams(self, text: str) -> list[str]:
        return [w[at : at + n] for w in text.split() for n in self._lengths for at in range(len(w) - n + 1)]

    def count(self, texts: Sequence[str]) -> list[Grams]:
        """One `Grams` a text."""
        matrix = self._hashing.transform(texts)
        bounds = zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)
        counts = np.minimum(matrix.data, 255).astype(np.uint8)
        return [Grams(matrix.indices[a:b].astype(np.int32), counts[a:b]) for a, b in bounds]


class Preparer:
    """Computes `Prepared` and word vectors, each only once; `bot.retrieval.store` saves what it holds."""

    def __init__(self, encoder: Encoder, morphemes: Analyser) -> None:
        self.encoder = encoder
        self.morphemes = morphemes
        self.question_counter = GramCounter(2, 4)
        self.text_counter = GramCounter(2, 3)
        self.answers: dict[str, Prepared] = {}
        """By fingerprint."""
        self.words: dict[str, Vectors] = {}
        """Vectors by name of the morpheme."""

    def prepare(self, answers: Iterable[Answer]) -> list[Prepared]:
        """In the order of `answers`; what is known costs nothing, what is no longer used is forgotten."""
        marked = [(fingerprint(answer), answer) for answer in answers]
        missing = {mark: answer for mark, answer in marked if mark not in self.answers}
        for start in range(0, len(missing), _AT_ONCE):
            part = dict(list(missing.items())[start : start + _AT_ONCE])
            self.answers.update(zip(part, self._prepare(list(part.values())), strict=True))
        result = [self.answers[mark] for mark, _ in marked]
        self.answers = {mark: self.answers[mark] for mark, _ in marked}
        return result

    def _prepare(self, answers: Sequence[Answer]) -> Iterator[Prepared]:
        questions = [[normalise(question) for question in answer.questions] for answer in answers]
        texts = [normalise(answer.answer) for answer in answers]
        squeezed = [tuple(squeeze(question) for question in group) for group in questions]
        all_grams = iter(self.question_counter.count([text for group in squeezed for text in group]))
        whole = [" ".join(map(loose, (*group, text))) for group, text in zip(questions, texts, strict=True)]
        text_grams = self.text_counter.count(whole)
        for place, (group, text) in enumerate(zip(questions, texts, strict=True)):
            yield Prepared(
                questions=tuple(tuple(keys(self.morphemes.analyse(question))) for question in group),
                text=tuple(keys(self.morphemes.analyse(text))),
                squeezed=squeezed[place],
                question_grams=tuple(islice(all_grams, len(group))),
                text_grams=text_grams[place],
                question_vectors=self.encoder.encode(group),
                text_vector=self.encoder.encode([text])[0],
            )

    def word_vectors(self, names: Sequence[str]) -> Vectors:
        """float32[n, d]; words that were never asked for before are kept."""
        self.words.update(self.vectors_of_new([name for name in names if name not in self.words]))
        return np.stack([self.words[name] for name in names])

    def vectors_of_new(self, names: Sequence[str]) -> dict[str, Vectors]:
        """Vectors of words as the encoder reads them alone; nothing is kept."""
        found: dict[str, Vectors] = {}
        for start in range(0, len(names), _AT_ONCE):
            part = names[start : start + _AT_ONCE]
            found.update(zip(part, self.encoder.encode([dictionary_form(n) for n in part]), strict=True))
        return found
