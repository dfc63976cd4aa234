"""Learns `weights.json`: `python -m bot.retrieval.calibrate` (two minutes).

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

import numpy as np
import numpy.typing as npt
import typer
from rich.progress import track
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from bot.content.load import load_answers
from bot.content.models import Answer
from bot.encoder.encoder import Encoder, load_encoder
from bot.encoder.table import Analyser, Vectors
from bot.retrieval.closer import FEATURES, Substance
from bot.retrieval.decision import ANSWER_AT, CLARIFY_AT, OFFERED
from bot.retrieval.evaluation import (
    DEMO_ANSWERS,
    KEYWORDS,
    ROOT,
    Content,
    Question,
    call_centre,
    demo_city,
    keywords,
    read_answers,
    read_questions,
)
from bot.retrieval.lexical import NoMeaning
from bot.retrieval.likeness import CHEAP, Likeness
from bot.retrieval.prepared import Prepared, Preparer
from bot.retrieval.query import QuestionReader
from bot.retrieval.repair import Repair
from bot.retrieval.shelf import Shelf
from bot.retrieval.weights import LEXICAL, PATH, SHARING, SIGNS, Weights, shares
from bot.retrieval.words import fingerprint
from bot.text.morphemes import Morphemes
from bot.text.normalise import normalise
from bot.text.recent import RecentMorphemes
from bot.text.thesaurus import load_thesaurus

_START = np.array([19, 22, 2, 12, 7], np.float32)
"""Chooses the candidates before anything is learned."""
_RIDGE = 0.002
_LEAST = {"official_title": 2.0, "official_meaning": 2.0}
"""The encoder was trained with the thesaurus that these questions are read with; what staff add to it later
only these two can see, so they count more than can be learned here."""
_LOOSE = 0.1
_STEADY = 0.02
"""A sign that differs less than this from question to question says nothing."""
_FOLDS = 10
_WHOLE = 3
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


class _Remembering(Preparer):
    """Takes every answer apart only once, whatever the content it is in."""

    def __init__(self, encoder: Encoder, morphemes: Analyser) -> None:
        super().__init__(encoder, morphemes)
        self._known: dict[bytes, Prepared] = {}

    def prepare(self, answer: Answer) -> Prepared:
        mark = fingerprint(answer)
        if mark not in self._known:
            self._known[mark] = super().prepare(answer)
        return self._known[mark]


def cases(
    contents: Sequence[Content], preparer: Preparer, reader: QuestionReader, judge: RecentMorphemes
) -> Iterator[Case]:
    """Every question with what the content has for it."""
    asked = [_group(question) for content in contents for question in content.questions]
    folds = {group: number % _FOLDS for number, group in enumerate(dict.fromkeys(asked))}
    for number, content in enumerate(contents):
        shelf = Shelf(preparer)
        shelf.load(content.answers)
        likeness = Likeness(shelf.parts, preparer)
        repair = Repair(shelf.parts, reader, judge)
        ids = {answer.id for answer in content.answers}
        for question in track(content.questions, f"content {number} ({len(ids)} answers)"):
            answerable = bool(question.answers & ids)
            if question.style == KEYWORDS and not answerable:
                continue  # another answer may fit such a short question as well
            query = repair.read(normalise(question.text))
            found = likeness.candidates(query, _START, None)
            yield Case(
                question=question,
                content=number,
                features=found.features,
                right=np.array([one.answer.id in question.answers for one in found.answers], bool),
                answerable=answerable,
                substance=found.substance,
                fold=folds[_group(question)],
            )


def _group(question: Question) -> str:
    return min(question.answers, default=question.id)


def learn_rank(learned_from: Sequence[Case], names: Sequence[str]) -> Vectors:
    """Weights that make the right answers likeliest among the candidates (conditional logit)."""
    columns = [FEATURES.index(name) for name in names]
    usable = [
        (case.features[:, columns], case.right)
        for case in learned_from
        if case.right.any() and case.question.style != KEYWORDS
    ]
    scale = np.concatenate([features for features, _ in usable]).std(axis=0) + 1e-9
    usable = [(features / scale, right) for features, right in usable]

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        total, slope = _RIDGE * float(weights @ weights), 2 * _RIDGE * weights
        for features, true in usable:
            chances = shares(np.asarray(features @ weights, np.float32))
            right = chances * true
            total -= float(np.log(right.sum() + 1e-12)) / len(usable)
            slope = slope + (chances - right / (right.sum() + 1e-12)) @ features / len(usable)
        return total, slope

    least = np.array([_LEAST.get(name, 0.0) for name in names]) * scale
    best = minimize(
        loss,
        np.maximum(least, 0.3),
        jac=True,
        method="L-BFGS-B",
        bounds=[(float(low), None) for low in least],
    )
    return np.asarray(best.x / scale, np.float32)


def learn(learned_from: Sequence[Case]) -> Weights:
    """All numbers from these cases."""
    rank = learn_rank(learned_from, FEATURES)
    signs = np.stack([_signs(case, rank) for case in learned_from])
    labels = np.array([case.answerable for case in learned_from])
    middle, scale = signs.mean(axis=0), np.maximum(signs.std(axis=0), _STEADY)
    model = LogisticRegression(C=_LOOSE, max_iter=1000)
    model.fit((signs - middle) / scale, labels, sample_weight=_balance(learned_from))
    scope = np.asarray(model.coef_[0] / scale, np.float32)
    return Weights(learn_rank(learned_from, CHEAP), rank, scope, float(model.intercept_[0] - middle @ scope))


def _signs(case: Case, rank: Vectors) -> Vectors:
    return Weights.signs(case.features, case.features @ rank, case.substance)


def _balance(learned_from: Sequence[Case]) -> Vectors:
    """The whole FAQ counts as much as three parts of it; in each, two of three questions have an answer."""
    share = {"answerable": 0.55, KEYWORDS: 0.05, "oos": 0.27, "oos_near": 0.05, "answer left out": 0.08}
    kinds = [(case.content, _kind(case)) for case in learned_from]
    count = Counter(kinds)
    weights = np.array([share[kind] / count[content, kind] for content, kind in kinds], np.float32)
    weights[[not content for content, _ in kinds]] *= _WHOLE
    return np.asarray(weights * len(learned_from) / weights.sum(), np.float32)


def judge(case: Case, weights: Weights) -> dict[str, float]:
    """How one question ends with these weights."""
    points = case.features @ weights.rank
    chance = weights.in_scope(_signs(case, weights.rank))
    scores = chance * shares(points, SHARING)
    order = np.argsort(-scores)
    first, three = bool(case.right[order[0]]), bool(case.right[order[:OFFERED]].any())
    answered = scores[order[0]] >= ANSWER_AT
    clarified = not answered and chance >= CLARIFY_AT
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
    whole = [(case, row) for case, row in judged if case.content == 0 and case.question.style != KEYWORDS]
    refused = [row["in_scope"] for case, row in whole if case.question.style == "oos"]
    for share in (0.90, 0.95):
        typer.echo(f"{share:.0%} of oos are refused at CLARIFY_AT {np.quantile(refused, share):.3f}")
    typer.echo(f"expected calibration error of the first score {calibration_error(whole):.3f}")


def calibration_error(judged: Sequence[tuple[Case, dict[str, float]]], bins: int = 10) -> float:
    """How far, on average, the first score is from the share of right answers among equal scores."""
    scores = np.array([row["score"] for _, row in judged])
    right = np.array([row["R@1"] for _, row in judged], float)
    groups = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = np.bincount(groups, scores - right, bins)
    return float(np.abs(gaps).sum() / len(scores))


def _kind(case: Case) -> str:
    if case.answerable:
        return KEYWORDS if case.question.style == KEYWORDS else "answerable"
    return "answer left out" if case.question.answers else case.question.style


def _kinds(case: Case) -> set[str]:
    kind = _kind(case)
    return {kind, case.question.style} if kind == "answerable" else {kind}


def main(lexical: bool = False) -> None:
    """Learn the weights and print what they are worth on questions they were not learned from.

    With `--lexical` those for a search without an encoder.
    """
    out = LEXICAL if lexical else PATH
    morphemes = RecentMorphemes(Morphemes())
    preparer = _Remembering(NoMeaning() if lexical else load_encoder("sotong", morphemes), morphemes)
    reader = QuestionReader(preparer, load_thesaurus(ROOT / "data" / "thesaurus"))
    answers, questions = read_answers(), read_questions()
    strange = [question for question in questions if question.style == "oos"]
    public = call_centre(answers, [*questions, *keywords(answers, morphemes)])
    contents = [*public, *demo_city(load_answers(DEMO_ANSWERS).answers, strange)]
    known = list(cases(contents, preparer, reader, morphemes))
    judged = []
    for fold in track(range(_FOLDS), "cross-validation"):
        weights = learn([case for case in known if case.fold != fold])
        judged += [(case, judge(case, weights)) for case in known if case.fold == fold]
    report(judged)
    final = learn(known)
    numbers = {
        "choose": {name: round(float(value), 3) for name, value in zip(CHEAP, final.choose, strict=True)},
        "rank": {name: round(float(value), 3) for name, value in zip(FEATURES, final.rank, strict=True)},
        "scope": {name: round(float(value), 3) for name, value in zip(SIGNS, final.scope, strict=True)}
        | {"bias": round(final.scope_bias, 3)},
    }
    out.write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")
    typer.echo(json.dumps(numbers))


if __name__ == "__main__":
    typer.run(main)
