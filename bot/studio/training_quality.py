"""How well each intent is understood, from the answers of a model that had not seen the sentences."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bot.evaluation.intents import Trial, read_trial
from bot.evaluation.scores import confusions, per_label
from bot.studio.training import Study

_SUMMARY = "quality.json"


@dataclass(frozen=True)
class Score:
    """One intent in one study, all shares 0 to 1."""

    examples: int
    precision: float
    """Of the sentences taken for it, how many were."""
    recall: float
    """Of its sentences, how many were recognised."""

    @property
    def f1(self) -> float:
        """Harmonic mean of both; 0 when both are."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True)
class Miss:
    """An example that was taken for another intent."""

    text: str
    intent: str
    guessed: str
    confidence: float


@dataclass(frozen=True)
class Quality:
    """A study's figures."""

    study: str
    began: float
    right: float
    """Share of all sentences whose intent was recognised."""
    scores: Mapping[str, Score]
    pairs: tuple[tuple[str, str, int], ...]
    """(right intent, guessed intent, how often), the commonest first."""
    misses: tuple[Miss, ...]

    @cached_property
    def missed(self) -> Mapping[str, tuple[Miss, ...]]:
        """Misses by the intent they belong to, the surest first."""
        found: dict[str, list[Miss]] = defaultdict(list)
        for miss in sorted(self.misses, key=lambda one: -one.confidence):
            found[miss.intent].append(miss)
        return {name: tuple(some) for name, some in found.items()}

    @cached_property
    def attracted(self) -> Mapping[str, tuple[Miss, ...]]:
        """Misses by the intent they were taken for, the surest first."""
        found: dict[str, list[Miss]] = defaultdict(list)
        for miss in sorted(self.misses, key=lambda one: -one.confidence):
            found[miss.guessed].append(miss)
        return {name: tuple(some) for name, some in found.items()}


def quality(study: Study) -> Quality | None:
    """The figures of a finished study; None when it asked nothing. Worked out once, then kept beside it."""
    kept, trial = study.folder / _SUMMARY, study.folder / "trial.jsonl"
    if not kept.exists():
        if study.state != "done" or not trial.exists():
            return None
        unfinished = kept.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(_summary(read_trial(trial)), ensure_ascii=False), encoding="utf-8")
        unfinished.replace(kept)
    content = json.loads(kept.read_text(encoding="utf-8"))
    return Quality(
        study.id,
        study.began,
        content["right"],
        {name: Score(*score) for name, score in content["scores"].items()},
        tuple((a, b, n) for a, b, n in content["pairs"]),
        tuple(Miss(*miss) for miss in content["misses"]),
    )


def _summary(trial: Trial) -> dict[str, Any]:
    guesses = trial.guesses
    gold, guessed = [one.intent for one in guesses], [one.guessed for one in guesses]
    wrong = [one for one in guesses if not one.right]
    return {
        "right": 1 - len(wrong) / len(guesses),
        "scores": {
            one.label: (one.support, round(one.precision, 4), round(one.recall, 4))
            for one in per_label(gold, guessed)
        },
        "pairs": confusions(gold, guessed),
        "misses": [(one.text, one.intent, one.guessed, round(one.confidence, 4)) for one in wrong],
    }


class QualityBook:
    """The figures of the latest studies, read once each."""

    def __init__(self) -> None:
        self._known: dict[str, Quality | None] = {}

    def latest(self, studies: list[Study]) -> tuple[Quality | None, Quality | None]:
        """Of the newest finished study and of the one before it; None where there is none."""
        found: list[Quality] = []
        for study in studies:
            if study.what != "train" or study.state != "done":
                continue
            if study.id not in self._known:
                self._known[study.id] = quality(study)
            if (one := self._known[study.id]) is not None:
                found.append(one)
            if len(found) == 2:
                break
        return (found[0] if found else None, found[1] if len(found) > 1 else None)


def confused_with(quality: Quality, name: str) -> list[tuple[str, int]]:
    """The intents that one is mixed up with, in either direction, the commonest first."""
    counts: Counter[str] = Counter()
    for right, guessed, count in quality.pairs:
        if name in (right, guessed):
            counts[guessed if right == name else right] += count
    return counts.most_common()
