"""The figures of `sotong evaluate` against sums done by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.intents import failures
from bot.evaluation.scores import Asked, auroc, calibration, confusions, ece, per_label, rates
from tests.evaluation_support import asked, guess


def test_calibration_error_by_hand() -> None:
    bins = calibration([0.95, 0.95, 0.55, 0.45], [True, False, True, False], bins=2)
    # high bin: 0.95, 0.95, 0.55 -> mean 0.8167, right 2/3; low bin: 0.45, right 0
    assert [b.count for b in bins] == [1, 3]
    assert ece(bins) == pytest.approx(1 / 4 * 0.45 + 3 / 4 * (2.45 / 3 - 2 / 3))
    assert ece(calibration([1.0, 1.0, 0.0], [True, True, False])) == 0
    assert ece([]) == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_calibration_counts_everything_once_and_stays_between_0_and_1(
    pairs: list[tuple[float, bool]],
) -> None:
    bins = calibration(*zip(*pairs, strict=True))
    assert sum(b.count for b in bins) == len(pairs)
    assert 0 <= ece(bins) <= 1
    assert all(b.low <= b.confidence + 1e-9 and b.confidence <= b.high + 1e-9 for b in bins)


def test_precision_and_recall_by_hand() -> None:
    gold, guessed = ["a", "a", "a", "b"], ["a", "a", "b", "b"]
    worst, best = per_label(gold, guessed)
    assert (worst.label, worst.recall, worst.precision) == ("a", pytest.approx(2 / 3), 1.0)
    assert (best.label, best.recall, best.precision) == ("b", 1.0, 0.5)
    assert confusions(gold, guessed) == [("a", "b", 1)]


def test_auroc_by_hand() -> None:
    assert auroc([0.9, 0.4], [0.5, 0.1]) == 0.75
    assert auroc([0.5], [0.5]) == 0.5
    with pytest.raises(ValueError, match="both kinds"):
        auroc([], [0.5])


def test_rates_follow_the_decision() -> None:
    scores = rates(
        [
            asked("plain", {"a"}, "answer", "a"),
            asked("plain", {"a"}, "answer", "b", "a"),
            asked("plain", {"a"}, "clarify", "b", "c", "a"),
            asked("plain", {"a"}, "reject", "a"),
            asked("oos", set(), "clarify", "a"),
            asked("oos_near", set(), "clarify", "a"),
        ]
    )
    assert scores["plain"] == {"n": 4, "R@1": 0.5, "R@3": 1.0, "R@10": 1.0, "helped": 0.5, "misled": 0.25}
    assert scores["oos"]["refused"] == 0
    assert scores["oos_near"]["refused"] == 1
    assert scores["out-of-scope"] == {"n": 2, "refused": 0.5}


@pytest.mark.shared
def test_rates_are_those_of_the_public_scorer(shared: Path) -> None:
    lines = (shared / "eval" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    gold = [json.loads(line) for line in lines]
    decisions = ("answer", "clarify", "reject")
    ours, theirs = [], {}
    for number, row in enumerate(gold):
        wrong = [f"no-{number}", "no-0"]
        ranked = (row["answers"] + wrong) if number % 2 else (wrong + row["answers"])
        decision = decisions[number % 3]
        candidates = tuple((key, 0.1) for key in ranked)
        right = frozenset(row["answers"])
        ours.append(Asked(row["id"], row["style"], row["query"], right, decision, candidates))
        theirs[row["id"]] = {"decision": decision, "candidates": [{"id": key} for key in ranked]}
    source = (shared / "eval" / "score.py").read_text(encoding="utf-8")
    scorer: dict[str, object] = {"__name__": "score"}
    exec(source, scorer)
    expected = scorer["score"]({row["id"]: row for row in gold}, theirs)  # type: ignore[operator]
    rounded = {style: {k: round(v, 4) for k, v in row.items()} for style, row in rates(ours).items()}
    assert rounded == expected


def test_a_wrong_guess_names_the_line_that_confused_it() -> None:
    guesses = [
        guess("여권 잃어버렸어요", "passport", ("waste", 0.9)),
        guess("소파 버려요", "waste", ("waste", 0.8)),
        guess("휴대폰 잃어버렸어요 어떻게", "waste", ("waste", 0.8)),
        guess("전혀 몰라요", "passport"),
    ]
    first, second = failures(guesses)
    assert (first.guess.text, first.confused_by) == ("여권 잃어버렸어요", "휴대폰 잃어버렸어요 어떻게")
    assert (second.guess.guessed, second.confused_by) == ("-", "")
