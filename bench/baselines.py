"""What Sotong's retrieval is measured against, on the same answers: BM25 and character TF-IDF."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import bm25s
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.content.models import Answer
from bot.encoder.table import Analyser, keys
from bot.evaluation.scores import Asked
from bot.retrieval.evaluation import Question

_BEST = 10
Ranker = Callable[[str], list[tuple[str, float]]]
"""From a question to (answer id, score), best first."""


def bm25(answers: Sequence[Answer], morphemes: Analyser) -> Ranker:
    """BM25 (k1 1.5, b 0.75) over the content morphemes of title and text."""
    texts = [keys(morphemes.analyse(f"{answer.questions[0]} {answer.answer}")) for answer in answers]
    vocabulary = {word: at for at, word in enumerate(dict.fromkeys(word for text in texts for word in text))}
    model = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    model.index(([[vocabulary[w] for w in text] for text in texts], vocabulary), show_progress=False)

    def rank(question: str) -> list[tuple[str, float]]:
        known = [vocabulary[word] for word in keys(morphemes.analyse(question)) if word in vocabulary]
        return _best(answers, model.get_scores_from_ids(known)) if known else []

    return rank


def tfidf(answers: Sequence[Answer]) -> Ranker:
    """Cosine of character 2-4-grams, tf-idf weighted, of title and text."""
    reader = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    rows = reader.fit_transform([f"{answer.questions[0]} {answer.answer}" for answer in answers])

    def rank(question: str) -> list[tuple[str, float]]:
        return _best(answers, (rows @ reader.transform([question]).T).toarray().ravel())

    return rank


def _best(answers: Sequence[Answer], scores: np.ndarray) -> list[tuple[str, float]]:
    order = np.argsort(-scores, kind="stable")[:_BEST]
    return [(answers[at].id, float(scores[at])) for at in order if scores[at] > 0]


def ask_ranker(rank: Ranker, questions: Sequence[Question]) -> list[Asked]:
    """A ranking has no way to refuse: it answers whatever is asked."""
    return [asked(question, "answer", rank(question.text)) for question in questions]


def asked(question: Question, decision: str, ranked: Sequence[Sequence[object]]) -> Asked:
    """A public question with what came out of it."""
    candidates = tuple((str(key), float(str(score))) for key, score in ranked)
    return Asked(question.id, question.style, question.text, question.answers, decision, candidates)  # type: ignore[arg-type]
