"""Learns `weights.json`: `python -m bot.retrieval.calibrate` (one to three minutes).

A few numbers from 780 public questions with right answers and from the demo city's own answers. To hold on
content of any size they are learned on the whole public FAQ and on random parts of it; a question whose
answer was left out is one that the content cannot answer. What is printed is cross-validated: questions of
one answer are never on both sides.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import typer
from rich.progress import track
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from bot.content.load import load_answers
from bot.encoder.encoder import load_encoder
from bot.encoder.table import Vectors
from bot.retrieval.decision import ANSWER_AT, CLARIFY_AT, OFFERED
from bot.retrieval.evaluation import (
    DEMO_ANSWERS,
    KEYWORDS,
    Content,
    Question,
    call_centre,
    demo_city,
    keywords,
    read_answers,
    read_questions,
)
from bot.retrieval.matrices import FEATURES, Matrices, Substance, candidates, read_query
from bot.retrieval.prepared import Preparer
from bot.retrieval.weights import PATH, SIGNS, Weights, shares
from bot.retrieval.words import RecentMorphemes
from bot.text.morphemes import Morphemes
from bot.text.normalise import normalise

_START = np.array([10, 5, 8, 30, 9, 3, 8], np.float32)
"""Chooses the candidates before anything is learned."""
_RIDGE = 0.002
_FOLDS = 10
_CHANCES = ("score", "in_scope")


@dataclass(frozen=True)
class Case:
    """A question put to some content."""

    question: Question
    content: int
    """Number in the order of `cases`."""
    features: Vectors
    right: npt.NDArray[np.bool_]
    answerable: bool
    substance: Substance
    fold: int


def cases(contents: Sequence[Content], preparer: Preparer) -> Iterator[Case]:
    """Every question with what the content has for it."""
    everything = list(dict.fromkeys(answer for content in contents for answer in content.answers))
    prepared = dict(zip(everything, preparer.prepare(everything), strict=True))
    asked = [_group(question) for content in contents for question in content.questions]
    folds = {group: number % _FOLDS for number, group in enumerate(dict.fromkeys(asked))}
    for number, content in enumerate(contents):
        matrices = Matrices([prepared[answer] for answer in content.answers], preparer)
        ids = np.array([answer.id for answer in content.answers])
        for question in track(content.questions, f"content {number} ({len(ids)} answers)"):
            answerable = bool(question.answers & set(ids.tolist()))
            if question.style == KEYWORDS and not answerable:
                continue  # another answer may fit such a short question as well
            query = read_query(normalise(question.text), preparer)
            found = candidates(matrices, query, _START, np.arange(len(ids)))
            yield Case(
                question=question,
                content=number,
                features=found.features,
                right=np.isin(ids[found.rows], list(question.answers)),
                answerable=answerable,
                substance=matrices.substance(query),
                fold=folds[_group(question)],
            )


def _group(question: Question) -> str:
    return min(question.answers, default=question.id)


def learn_rank(learned_from: Sequence[Case]) -> Vectors:
    """Weights that make the right answers likeliest among the candidates (conditional logit)."""
    usable = [case for case in learned_from if case.right.any() and case.question.style != KEYWORDS]
    scale = np.concatenate([case.features for case in usable]).std(axis=0)

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        total, slope = _RIDGE * float(weights @ weights), 2 * _RIDGE * weights
        for case in usable:
            features = case.features / scale
            chances = shares(features @ weights)
            right = chances * case.right
            total -= float(np.log(right.sum() + 1e-12)) / len(usable)
            slope = slope + (chances - right / (right.sum() + 1e-12)) @ features / len(usable)
        return total, slope

    best = minimize(
        loss, np.full(len(FEATURES), 0.3), jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(FEATURES)
    )
    return np.asarray(best.x / scale, np.float32)


def learn(learned_from: Sequence[Case]) -> Weights:
    """All numbers from these cases."""
    rank = learn_rank(learned_from)
    signs = np.stack([_signs(case, rank) for case in learned_from])
    labels = np.array([case.answerable for case in learned_from])
    scale = signs.std(axis=0)
    model = LogisticRegression(C=1.0).fit(signs / scale, labels, sample_weight=_balance(learned_from))
    return Weights(rank, np.asarray(model.coef_[0] / scale, np.float32), float(model.intercept_[0]))


def _signs(case: Case, rank: Vectors) -> Vectors:
    return Weights.signs(case.features, case.features @ rank, case.substance)


def _balance(learned_from: Sequence[Case]) -> Vectors:
    """Each content counts the same; in each, three of four questions have an answer, as at a help desk."""
    share = {"answerable": 0.60, KEYWORDS: 0.15, "oos": 0.12, "oos_near": 0.03, "answer left out": 0.10}
    kinds = [(case.content, _kind(case)) for case in learned_from]
    count = Counter(kinds)
    weights = np.array([share[kind] / count[content, kind] for content, kind in kinds], np.float32)
    return np.asarray(weights * len(learned_from) / weights.sum(), np.float32)


def judge(case: Case, weights: Weights) -> dict[str, float]:
    """How one question ends with these weights."""
    points = case.features @ weights.rank
    chance = weights.in_scope(_signs(case, weights.rank))
    scores = chance * shares(points)
    order = np.argsort(-scores)
    first, three = bool(case.right[order[0]]), bool(case.right[order[:OFFERED]].any())
    answered = scores[order[0]] >= ANSWER_AT
    clarified = not answered and scores[order[:OFFERED]].sum() >= CLARIFY_AT
    return {
        "R@1": first,
        "R@3": three,
        "R@10": bool(case.right[order[:10]].any()),
        "helped": (answered and first) or (clarified and three),
        "misled": bool(answered and not first),
        "clarified": clarified,
        "refused": not answered and not clarified,
        "score": float(scores[order[0]]),
        "in_scope": chance,
    }


def report(judged: Sequence[tuple[Case, dict[str, float]]]) -> None:
    """Tables by content and style, and how well scores say what they mean."""
    for number in sorted({case.content for case, _ in judged}):
        here = [(case, row) for case, row in judged if case.content == number]
        size = max(len(case.features) for case, _ in here)
        labels = [case.answerable for case, _ in here]
        area = roc_auc_score(labels, [row["in_scope"] for _, row in here])
        typer.echo(f"content {number}, {size} candidates, AUROC of having an answer {area:.3f}")
        styles = dict.fromkeys(case.question.style for case, _ in here)
        for name in dict.fromkeys((*styles, "answerable", "answer left out")):
            rows = [row for case, row in here if name in _kinds(case)]
            if rows:
                rates = {key: np.mean([row[key] for row in rows]) for key in rows[0] if key not in _CHANCES}
                typer.echo(
                    f"  {name:16}{len(rows):5}  " + "  ".join(f"{k} {v:.3f}" for k, v in rates.items())
                )
    for low in np.arange(0, 1, 0.1):
        rows = [row for _, row in judged if low <= row["score"] < low + 0.1]
        if rows:
            mean = np.mean([row["score"] for row in rows])
            typer.echo(
                f"score {low:.1f}-{low + 0.1:.1f}: mean {mean:.2f}, "
                f"right {np.mean([r['R@1'] for r in rows]):.2f} of {len(rows)}"
            )


def _kind(case: Case) -> str:
    if case.answerable:
        return KEYWORDS if case.question.style == KEYWORDS else "answerable"
    return "answer left out" if case.question.answers else case.question.style


def _kinds(case: Case) -> set[str]:
    kind = _kind(case)
    return {kind, case.question.style} if kind == "answerable" else {kind}


def main(out: Path = PATH) -> None:
    """Learn the weights and print what they are worth on questions they were not learned from."""
    morphemes = RecentMorphemes(Morphemes())
    preparer = Preparer(load_encoder("sotong", morphemes), morphemes)
    answers, questions = read_answers(), read_questions()
    strange = [question for question in questions if question.style == "oos"]
    public = call_centre(answers, [*questions, *keywords(answers, morphemes)])
    known = list(cases([*public, *demo_city(load_answers(DEMO_ANSWERS).answers, strange)], preparer))
    judged = []
    for fold in track(range(_FOLDS), "cross-validation"):
        weights = learn([case for case in known if case.fold != fold])
        judged += [(case, judge(case, weights)) for case in known if case.fold == fold]
    report(judged)
    final = learn(known)
    numbers = {
        "rank": {name: round(float(value), 3) for name, value in zip(FEATURES, final.rank, strict=True)},
        "scope": {name: round(float(value), 3) for name, value in zip(SIGNS, final.scope, strict=True)}
        | {"bias": round(final.scope_bias, 3)},
    }
    out.write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")
    typer.echo(json.dumps(numbers))


if __name__ == "__main__":
    typer.run(main)
