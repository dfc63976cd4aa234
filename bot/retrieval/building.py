"""Makes segments: of answers that were taken apart, and of other segments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.encoder.table import Vectors
from bot.retrieval.letters import Keys, grams
from bot.retrieval.prepared import Prepared, exact_key, word_keys
from bot.retrieval.segment import (
    QUESTION_GRAMS,
    TEXT_GRAMS,
    WORD_SCALE,
    Halves,
    Ints,
    Longs,
    Segment,
    bounds,
    places,
    spread,
)

_COARSE = 64
"""Dimensions of the vectors by which candidates are chosen in a large segment."""
_LARGE = 1024


def build(
    prepared: Sequence[Prepared], vectors: Callable[[Sequence[str]], Vectors], known: Sequence[Segment] = ()
) -> Segment:
    """Arrays of these answers. `vectors` encodes words; those of `known` segments are not encoded again."""
    names = {name: 0 for one in prepared for name in chain(one.words, *one.questions)}
    in_order = list(names)
    hashed = word_keys(in_order)
    words, first = np.unique(hashed, return_index=True)
    place = dict(zip(names, np.searchsorted(words, hashed).tolist(), strict=True))
    content = [sorted({place[name]: times for name, times in one.words.items()}.items()) for one in prepared]
    titles = [[place[name] for name in question] for one in prepared for question in one.questions]
    squeezed = [text for one in prepared for text in one.squeezed]
    question_grams = [np.unique(grams(text, *QUESTION_GRAMS)) for text in squeezed]
    encoded = [one.text.encode("utf-8", "replace") for one in prepared]
    text_grams = [np.unique(grams(one.text, *TEXT_GRAMS)) for one in prepared]
    different, seen = np.unique(np.concatenate(text_grams), return_counts=True)
    return _finish(
        marks=np.frombuffer(b"".join(one.mark for one in prepared), np.uint8).reshape(len(prepared), -1),
        questions=bounds([len(one.questions) for one in prepared]),
        exact=np.array([exact_key(text) for text in squeezed], np.uint64),
        words=words,
        word_vectors=_vectors(words, [in_order[at] for at in first.tolist()], vectors, known),
        **_written([one.written for one in prepared]),
        content_bounds=bounds(list(map(len, content))),
        content_words=np.array([word for row in content for word, _ in row], np.int32),
        content_counts=np.array([min(times, 255) for row in content for _, times in row], np.uint8),
        title_bounds=bounds(list(map(len, titles))),
        title_words=np.array([word for row in titles for word in row], np.int32),
        gram_keys=np.concatenate(question_grams),
        gram_questions=np.repeat(np.arange(len(squeezed)), list(map(len, question_grams))),
        text=np.frombuffer(b"".join(encoded), np.uint8),
        text_bounds=bounds(list(map(len, encoded))),
        text_lengths=np.array([len(grams(one.text, *TEXT_GRAMS)) for one in prepared], np.float32),
        text_grams=different,
        text_seen=seen.astype(np.int32),
        question_vectors=np.concatenate([one.question_vectors for one in prepared]).astype(np.float16),
        text_vectors=np.stack([one.text_vector for one in prepared]).astype(np.float16),
    )


def _vectors(
    words: npt.NDArray[np.uint32],
    names: Sequence[str],
    encode: Callable[[Sequence[str]], Vectors],
    known: Sequence[Segment],
) -> npt.NDArray[np.int8]:
    sources = [(segment, places(segment.words, words)) for segment in known]
    missing = np.all([found < 0 for _, found in sources], axis=0) if sources else np.ones(len(words), bool)
    new = encode([names[at] for at in np.flatnonzero(missing).tolist()])
    result = np.zeros((len(words), new.shape[1]), np.int8)
    for segment, found in sources:
        result[found >= 0] = segment.word_vectors[found[found >= 0]]
    result[missing] = np.rint(new * WORD_SCALE)
    return result


def merge(segments: Sequence[Segment], kept: Sequence[npt.NDArray[np.bool_]]) -> Segment:
    """One segment of the `kept` answers of several, in order."""
    rows = [np.flatnonzero(mask) for mask in kept]
    words = np.unique(np.concatenate([segment.words for segment in segments]))
    parts = [
        _kept(segment, chosen, np.searchsorted(words, segment.words).astype(np.int32))
        for segment, chosen in zip(segments, rows, strict=True)
    ]
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    starts = np.cumsum([0, *(len(part["exact"]) for part in parts)])[:-1]
    vectors = np.zeros((len(words), segments[0].word_vectors.shape[1]), np.int8)
    for segment in segments:
        vectors[np.searchsorted(words, segment.words)] = segment.word_vectors
    text_grams, text_seen = _seen(segments, kept)
    return _finish(
        marks=whole["marks"],
        questions=bounds(whole["question_counts"]),
        exact=whole["exact"],
        words=words,
        word_vectors=vectors,
        **_written([segment.vocabulary() for segment in segments]),
        content_bounds=bounds(whole["content_sizes"]),
        content_words=whole["content_words"],
        content_counts=whole["content_counts"],
        title_bounds=bounds(whole["title_sizes"]),
        title_words=whole["title_words"],
        gram_keys=whole["gram_keys"],
        gram_questions=np.concatenate(
            [part["gram_questions"] + start for part, start in zip(parts, starts, strict=True)]
        ),
        text=whole["text"],
        text_bounds=bounds(whole["text_sizes"]),
        text_lengths=whole["text_lengths"],
        text_grams=text_grams,
        text_seen=text_seen,
        question_vectors=whole["question_vectors"],
        text_vectors=whole["text_vectors"],
    )


def _written(counted: Sequence[Mapping[str, int]]) -> dict[str, npt.NDArray[Any]]:
    together: Counter[str] = Counter()
    for counts in counted:
        together.update(counts)
    lines = "\n".join(together).encode("utf-8", "replace")
    return {
        "written": np.frombuffer(lines, np.uint8),
        "written_counts": np.array(list(together.values()) or [0], np.int32),
    }


def _kept(segment: Segment, rows: Longs, place: Ints) -> dict[str, npt.NDArray[Any]]:
    """What is left of a segment, words by their new places and sizes instead of bounds."""
    questions, counts = spread(segment.questions, rows)
    content, content_sizes = spread(segment.content_bounds, rows)
    titles, title_sizes = spread(segment.title_bounds, questions)
    text, text_sizes = spread(segment.text_bounds, rows)
    renumbered = np.full(len(segment.exact), -1, np.int64)
    renumbered[questions] = np.arange(len(questions))
    gram_questions = renumbered[segment.gram_questions]
    gram_keys = np.repeat(segment.grams, np.diff(segment.gram_bounds))
    return {
        "marks": segment.marks[rows],
        "question_counts": np.diff(counts),
        "exact": segment.exact[questions],
        "content_sizes": np.diff(content_sizes),
        "content_words": place[segment.content_words[content]],
        "content_counts": segment.content_counts[content],
        "title_sizes": np.diff(title_sizes),
        "title_words": place[segment.title_words[titles]],
        "gram_keys": gram_keys[gram_questions >= 0],
        "gram_questions": gram_questions[gram_questions >= 0],
        "text": segment.text[text],
        "text_sizes": np.diff(text_sizes),
        "text_lengths": segment.text_lengths[rows],
        "question_vectors": segment.question_vectors[questions],
        "text_vectors": segment.text_vectors[rows],
    }


def _seen(segments: Sequence[Segment], kept: Sequence[npt.NDArray[np.bool_]]) -> tuple[Keys, Ints]:
    """How many texts have each n-gram, those of dropped answers taken off again."""
    dropped = [
        np.unique(grams(text, *TEXT_GRAMS))
        for segment, mask in zip(segments, kept, strict=True)
        for text in segment.texts_of(np.flatnonzero(~mask)).split("\n")
    ]
    all_keys = np.concatenate([*(segment.text_grams for segment in segments), *dropped])
    ones = [np.full(len(keys), -1, np.int64) for keys in dropped]
    numbers = np.concatenate([*(segment.text_seen for segment in segments), *ones])
    different, place = np.unique(all_keys, return_inverse=True)
    seen = np.zeros(len(different), np.int64)
    np.add.at(seen, place, numbers)
    return different[seen > 0], seen[seen > 0].astype(np.int32)


def _finish(*, gram_keys: Keys, gram_questions: Longs, **given: npt.NDArray[Any]) -> Segment:
    """Adds what follows from the rest: the way from words and n-grams to answers, and coarse vectors."""
    order = np.argsort(given["content_words"], kind="stable")
    rows = np.repeat(np.arange(len(given["marks"]), dtype=np.int32), np.diff(given["content_bounds"]))
    seen = np.bincount(given["content_words"], minlength=len(given["words"]))
    by_gram = np.argsort(gram_keys, kind="stable")
    different, gram_seen = np.unique(gram_keys, return_counts=True)
    questions, texts = given["question_vectors"], given["text_vectors"]
    projection = _projection(questions, texts)
    return Segment(
        **given,
        posting_bounds=bounds(seen),
        posting_rows=rows[order],
        posting_counts=given["content_counts"][order],
        grams=different,
        gram_bounds=bounds(gram_seen),
        gram_questions=gram_questions[by_gram].astype(np.int32),
        title_gram_bounds=bounds(np.bincount(gram_questions, minlength=len(questions))),
        title_grams=np.searchsorted(different, gram_keys)[np.argsort(gram_questions, kind="stable")].astype(
            np.int32
        ),
        projection=projection,
        coarse_questions=questions.astype(np.float32) @ projection.T,
        coarse_texts=texts.astype(np.float32) @ projection.T,
    )


def _projection(questions: Halves, texts: Halves) -> Vectors:
    """Onto the directions in which a large segment's vectors differ most; a small one keeps them all."""
    width = questions.shape[1]
    if len(questions) < _LARGE or width <= _COARSE:
        return np.eye(width, dtype=np.float32)
    square = np.zeros((width, width), np.float32)
    for vectors in (questions, texts):
        for start in range(0, len(vectors), _LARGE):
            part = vectors[start : start + _LARGE].astype(np.float32)
            square += part.T @ part
    _, directions = np.linalg.eigh(square)
    return np.ascontiguousarray(directions[:, -_COARSE:].T)
