"""The public FAQ and citizens' questions by which retrieval is calibrated and measured.

They lie beside the repository (`../shared`) and are never copied into it.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

from bot.content.models import Answer, Source

SHARED = Path(__file__).resolve().parents[3] / "shared"


@dataclass(frozen=True)
class Question:
    """A line of `eval/dev.jsonl`."""

    id: str
    style: str
    text: str
    answers: frozenset[str]
    """Ids of the right answers; empty when there is none."""


def read_answers(shared: Path = SHARED) -> list[Answer]:
    """The 2,645 FAQ of a real call centre; FileNotFoundError where the public data is not there."""
    path = shared / "data" / "seoul120" / "seoul-120-text.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            Answer(
                id=row["번호"],
                questions=(row["제목"].strip()[:300],),
                answer=row["내용"].strip() or row["제목"].strip(),
                source=Source(title="서울시 120다산콜"),
            )
            for row in csv.DictReader(file)
        ]


def read_questions(shared: Path = SHARED) -> list[Question]:
    """The development questions; FileNotFoundError where the public data is not there."""
    lines = (shared / "eval" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        Question(row["id"], row["style"], row["query"], frozenset(row["answers"]))
        for row in map(json.loads, filter(str.strip, lines))
    ]
