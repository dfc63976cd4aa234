"""Questions whose right answers are known: from files, or taken away from the answers themselves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bot.content.models import Answer
from bot.evaluation.scores import Asked
from bot.retrieval.decision import decide
from bot.retrieval.index import AnswerIndex

LEFT_OUT = "left-out"
"""Style of a question that was taken away from its answer."""
CHECKS = "checks"
"""Style of the agency's own list."""
_ROUNDS = 12
"""Most rounds of leaving out; an answer with more questions is not asked the rest."""

Row = dict[str, Any]
"""{"id", "query", "answers", "style"}"""


def read_questions(path: Path) -> list[Row]:
    """A JSONL file of {"id", "query"} and if known "answers" (ids; [] is out of scope) and "style".

    Raises OSError, and ValueError with the number of the line that cannot be read.
    """
    rows: list[Row] = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{path} {number}번째 줄: JSON이 아니에요 ({error.msg})") from error
        if not isinstance(row, dict) or not isinstance(row.get("query"), str):
            raise ValueError(f'{path} {number}번째 줄: "query"(시민의 말)가 있어야 해요')
        if not isinstance(row.get("answers"), list):
            raise ValueError(
                f'{path} {number}번째 줄: "answers"(맞는 답변 번호의 목록, 없으면 [])가 있어야 해요'
            )
        answers = [str(answer) for answer in row["answers"]]
        style = str(row.get("style") or ("in-scope" if answers else "oos"))
        rows.append({"id": f"{number}", "query": row["query"], "answers": answers, "style": style})
    if not rows:
        raise ValueError(f"{path}에 질문이 없어요")
    return rows


def read_checks(path: Path) -> list[Row]:
    """The lists of a file of golden questions (`bot.gate.golden`): `answered`, `refused` and `cases`.

    [] when there is no such file. Raises ValueError when it cannot be read.
    """
    if not path.exists():
        return []
    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        answered = [(question, [str(key) for key in ids]) for question, *ids in read.get("answered") or []]
        refused = [(str(question), list[str]()) for question in read.get("refused") or []]
        cases = [(case["ask"], [str(key) for key in case["answers"]]) for case in read.get("cases") or []]
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}를 읽을 수 없어요: {error}") from error
    return [
        {"id": f"{CHECKS}-{number}", "query": str(question), "answers": ids, "style": CHECKS}
        for number, (question, ids) in enumerate([*answered, *refused, *cases], 1)
    ]


def asked_of(row: Row, decision: str, candidates: Sequence[Mapping[str, Any]]) -> Asked:
    """A row with what came out of it, in the form of `sotong ask --batch`."""
    return Asked(
        id=row["id"],
        style=row["style"],
        text=row["query"],
        right=frozenset(row["answers"]),
        decision=decision,  # type: ignore[arg-type] # one of the three, written by ourselves
        candidates=tuple((str(c["id"]), float(c["score"])) for c in candidates),
    )


def ask_index(index: AnswerIndex, row: Row) -> Asked:
    """Search alone, without intents: what the index finds and decides."""
    hits = index.search(row["query"])
    found = [{"id": hit.answer.id, "score": hit.score} for hit in hits]
    return asked_of(row, decide(hits).kind, found)


def leave_one_out(
    index: AnswerIndex, answers: Sequence[Answer], progress: Callable[[int, int], None] = lambda a, b: None
) -> Iterator[Asked]:
    """Every question of an answer that has several, asked while the answer has only the others.

    In round n the n-th question of every such answer is away. `progress` gets rounds done and to do.
    """
    most = min(max((len(answer.questions) for answer in answers), default=0), _ROUNDS)
    rounds = range(most) if most > 1 else range(0)
    for number in rounds:
        progress(number, len(rounds))
        index.load([_without(answer, number) for answer in answers])
        for answer in answers:
            if len(answer.questions) > max(number, 1):
                row = {
                    "id": f"{answer.id}#{number + 1}",
                    "query": answer.questions[number],
                    "answers": [answer.id],
                    "style": LEFT_OUT,
                }
                yield ask_index(index, row)
    progress(len(rounds), len(rounds))


def _without(answer: Answer, number: int) -> Answer:
    if len(answer.questions) <= max(number, 1):
        return answer
    rest = (*answer.questions[:number], *answer.questions[number + 1 :])
    return answer.model_copy(update={"questions": rest})
