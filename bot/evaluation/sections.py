"""What was measured, put into words, tables and plots: the parts of `sotong evaluate`'s report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.content.models import Answer
from bot.evaluation import charts
from bot.evaluation.intents import Guess, Trial, failures
from bot.evaluation.report import Chart, Part, Section, Table
from bot.evaluation.scores import Asked, Bin, calibration, confusions, ece, per_label, rates

STYLES = {
    "plain": "공손하게 물은 질문",
    "colloquial": "편하게 쓴 질문",
    "noisy": "오타·띄어쓰기 틀린 질문",
    "in-scope": "답이 있는 질문 모두",
    "oos": "상관없는 말",
    "oos_near": "비슷하지만 답이 없는 말",
    "out-of-scope": "답이 없는 말 모두",
    "left-out": "빼 둔 질문",
    "checks": "정해 둔 질문",
}
RATES = {
    "n": "개수",
    "R@1": "첫째에 맞는 답",
    "R@3": "셋 안에",
    "R@10": "열 안에",
    "helped": "도움이 됨",
    "misled": "틀린 답을 줌",
    "refused": "모른다고 함",
}
_EXPLAINED = (
    "‘도움이 됨’은 맞는 답을 바로 주었거나 골라 볼 셋 가운데 있었던 비율이에요. "
    "‘틀린 답을 줌’은 되묻지 않고 다른 답을 준 비율이라 낮을수록 좋아요."
)


def percent(value: float) -> str:
    """A share, 0 to 1, with one decimal."""
    return f"{value * 100:.1f}%"


def rates_table(caption: str, scores: Mapping[str, Mapping[str, float]]) -> Table:
    """One line a style; "–" where a rate has no meaning."""
    names = [name for name in RATES if any(name in row for row in scores.values())]
    rows = []
    for style, row in scores.items():
        cells = [
            "–" if name not in row else f"{row[name]:.0f}" if name == "n" else percent(row[name])
            for name in names
        ]
        rows.append((STYLES.get(style, style), *cells))
    return Table(caption, ("질문", *(RATES[name] for name in names)), tuple(rows))


def bins_table(caption: str, bins: Sequence[Bin]) -> Table:
    """The figures of a calibration curve."""
    rows = [
        (f"{b.low:.0%}–{b.high:.0%}", f"{b.count}", percent(b.confidence), percent(b.right)) for b in bins
    ]
    return Table(caption, ("확률", "개수", "스스로 매긴 확률", "맞은 비율"), tuple(rows), folded=True)


def questions_section(title: str, how: str, asked: Sequence[Asked], answers: Sequence[Answer]) -> Section:
    """Rates by style, and every question that did not end well, with what was taken for right."""
    titles = {answer.id: answer.questions[0] for answer in answers}
    scores = rates(asked)
    styles = {question.style for question in asked}
    if len(styles) == 1:  # the sums over all styles would only say it again
        scores = {style: row for style, row in scores.items() if style in styles}
    failed = [question for question in asked if not _well(question)]
    parts: list[Part] = [how, rates_table("질문 갈래마다", scores), _EXPLAINED]
    scored = [q for q in asked if q.candidates]
    if scored:
        bins = calibration([min(q.candidates[0][1], 1.0) for q in scored], [q.found(1) for q in scored])
        alt = f"첫째 답의 확률과 실제로 맞은 비율. 기대 보정 오차 {ece(bins):.3f}."
        parts.append(Chart("답을 고를 때의 자신감", charts.calibration_curve({"첫째 답": bins}), alt))
        parts.append(bins_table(f"답을 고를 때의 자신감: 기대 보정 오차(ECE) {ece(bins):.3f}", bins))
    if failed:
        parts.append(
            Table("잘되지 않은 질문", _FAILED, tuple(_failed(q, titles) for q in failed), folded=True)
        )
    else:
        parts.append("잘되지 않은 질문이 없어요.")
    return Section(title, tuple(parts))


_FAILED = ("시민의 말", "한 일", "맞는 답", "몇째에 있었나", "대신 고른 것")
_DECISIONS = {"answer": "바로 답함", "clarify": "셋을 보여 줌", "reject": "모른다고 함"}


def _well(question: Asked) -> bool:
    return question.helped if question.right else question.decision == "reject"


def _failed(question: Asked, titles: Mapping[str, str]) -> tuple[str, ...]:
    wanted = " / ".join(titles.get(key, key) for key in sorted(question.right)) or "(없음)"
    ranked = [key for key, _ in question.candidates]
    place = next((str(at) for at, key in enumerate(ranked, 1) if key in question.right), "–")
    others = [(key, score) for key, score in question.candidates if key not in question.right][:1]
    taken = " / ".join(f"{titles.get(key, key)} ({score:.0%})" for key, score in others) or "–"
    return question.text, _DECISIONS[question.decision], wanted, place, taken


def intents_section(trial: Trial, folds: int) -> Section:
    """Accuracy, calibration, precision and recall of each intent, the wrong guesses and likely causes."""
    guesses = trial.guesses
    gold, guessed = [g.intent for g in guesses], [g.guessed for g in guesses]
    accuracy = sum(g.right for g in guesses) / len(guesses)
    bins = calibration([g.confidence for g in guesses], [g.right for g in guesses])
    labels = per_label(gold, guessed)
    missed = confusions(gold, guessed)
    summary = (
        ("문장", f"{len(guesses)}"),
        ("의도", f"{len(labels)}"),
        ("맞힌 비율", percent(accuracy)),
        ("기대 보정 오차(ECE)", f"{ece(bins):.3f}"),
        ("자신 없어 되물은 비율", percent(sum(g.unsure for g in guesses) / len(guesses))),
        ("학습 한 번", f"{trial.train_s:.1f}초"),
        ("문장 하나 읽기(중앙값)", f"{trial.parse_ms:.1f} ms"),
    )
    how = f"학습 문장을 {folds}묶음으로 나누고, 나머지로만 배운 모델에게 한 묶음씩 물었어요."
    alt = f"의도의 확률과 실제로 맞은 비율. 기대 보정 오차 {ece(bins):.3f}. 수치는 아래 표에 있어요."
    parts: list[Part] = [
        how,
        Table("한눈에", ("무엇", "값"), summary),
        Chart("의도를 고를 때의 자신감", charts.calibration_curve({"의도": bins}), alt),
        bins_table("의도를 고를 때의 자신감", bins),
        Table(
            "의도마다 (못 찾은 것이 많은 순서)",
            ("의도", "문장", "정밀도", "재현율"),
            tuple((s.label, f"{s.support}", percent(s.precision), percent(s.recall)) for s in labels),
        ),
    ]
    if missed:
        rows = tuple((want, got, f"{count}") for want, got, count in missed[:20])
        parts.append(Table("자주 헷갈린 짝", ("맞는 의도", "잘못 고른 의도", "번"), rows))
        parts.append(failures_table(guesses))
    return Section("의도", tuple(parts))


def failures_table(guesses: Sequence[Guess]) -> Table:
    """Wrong guesses, the surest first."""
    rows = tuple(
        (f.guess.text, f.guess.intent, f.guess.guessed, percent(f.guess.confidence), f.confused_by or "–")
        for f in failures(guesses)
    )
    head = ("시민의 말", "맞는 의도", "잘못 고른 의도", "확률", "헷갈리게 한 문장")
    return Table("틀린 문장 (자신 있게 틀린 순서)", head, rows, folded=True)
