"""Golden questions: how they are written, what became of them, and which lines a change makes worse."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as limited
from hypothesis import strategies as st

from bot.evaluation.questions import read_checks
from bot.gate.dialogue import first_actions
from bot.gate.folders import Content
from bot.gate.gate import Gate
from bot.gate.golden import Case, Golden, add_golden, golden_file, golden_item, read_golden
from bot.gate.golden_run import Found, compare, findings, right, understood
from bot.settings import ROOT
from tests.gate_support import CHECKS, add_answer, city, edit, settings


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    folder = tmp_path_factory.mktemp("gate")
    return Gate(settings(folder, folder))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return city(tmp_path / "now")


@pytest.fixture
def before(root: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(root, tmp_path / "before"))


def golden(ask: str, *answers: str, outcome: str | None = None) -> Golden:
    case = Case.model_validate({"ask": ask, "answers": answers, "outcome": outcome})
    return Golden(case, "data/checks/questions.yml", 1, "")


def found(kind: str, *ids: str) -> Found:
    return Found(kind, tuple((id_, 0.5) for id_ in ids))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outcome", "answers", "ended", "is_right"),
    [
        (None, ("a",), found("answer", "a", "b"), True),
        (None, ("a",), found("answer", "b", "a"), False),
        (None, ("a", "b"), found("answer", "b"), True),
        (None, ("a",), found("clarify", "b", "c", "a"), True),
        (None, ("a",), found("clarify", "b", "c", "d", "a"), False),
        ("answer", ("a",), found("clarify", "a"), False),
        (None, ("a",), found("reject", "a"), False),
        ("reject", (), found("reject", "a"), True),
        (None, (), found("clarify", "a"), False),
        ("reject", (), found("answer", "a"), False),
    ],
)
def test_what_counts_as_right(
    outcome: str | None, answers: tuple[str, ...], ended: Found, is_right: bool
) -> None:
    assert right(golden("여권", *answers, outcome=outcome), ended) is is_right


def test_every_changed_line_is_listed_with_what_became_of_it() -> None:
    now = [golden(name, "a") for name in ("worse", "better", "same", "other", "new")]
    gone = golden("gone", "a")
    was = dict.fromkeys((one.key for one in now), found("clarify", "b", "a")) | {"gone": found("answer", "a")}
    after = {
        "worse": found("answer", "b"),
        "better": found("answer", "a"),
        "same": found("clarify", "a", "b"),
        "other": found("clarify", "c", "a"),
        "new": found("clarify", "b", "a"),
    }
    report = compare(now, after, [*now[:4], gone], was)
    lines = [(line.ask, line.change) for line in report.lines]
    assert lines == [
        ("worse", "worse"),
        ("other", "other"),
        ("better", "better"),
        ("gone", "removed"),
        ("new", "added"),
    ]
    assert (report.asked, report.right, report.right_before) == (5, 4, 5)
    (fault,) = findings(report)
    assert (fault.rule, fault.severity) == ("golden-worse", "error")
    assert "골라 보게 함(b 0.50, a 0.50) → 바로 답함(b 0.50)" in fault.message


def test_an_answer_that_takes_anothers_question_blocks(gate: Gate, root: Path, before: Path) -> None:
    add_answer(root, "thief", "여권 만드는 값이 얼마예요?", "모르겠어요.")
    verdict = gate.judge(Content.at(root), Content.at(before))
    (fault,) = [one for one in verdict.problems if one.rule == "golden-worse"]
    assert (fault.severity, fault.path, fault.line) == ("error", "data/checks/questions.yml", 3)
    assert fault.details["wanted"] == ["passport-fee"]
    assert verdict.golden is not None
    (line,) = verdict.golden["lines"]
    assert (line["ask"], line["change"]) == ("여권 만드는 값이 얼마예요", "worse")
    assert line["before"]["hits"][0][0] == "passport-fee"
    assert line["after"]["hits"][0][0] == "thief"
    assert line["after"]["hits"][0][1] > 0.9


def test_an_answer_that_questions_wait_for_cannot_go_unseen(gate: Gate, root: Path, before: Path) -> None:
    (root / "data/answers/passport.yml").unlink()
    verdict = gate.judge(Content.at(root), Content.at(before))
    rules = {(one.rule, one.severity) for one in verdict.problems}
    assert ("golden-answer", "error") in rules
    assert ("golden-worse", "error") in rules
    alone = gate.judge(Content.at(root), None)
    assert {(one.rule, one.severity) for one in alone.problems} == {("golden-answer", "warning")}
    assert not alone.blocked


def test_what_was_wrong_already_is_only_named(gate: Gate, root: Path) -> None:
    edit(root / "data/checks/questions.yml", "refused:", '  - ["자동차세 기간", passport-lost]\nrefused:')
    published = gate.judge(Content.at(root), Content.at(root))
    (fault,) = published.problems
    assert (fault.rule, fault.severity) == ("golden-fails", "warning")


def test_lists_of_departments_are_read_with_comments_and_doubles(root: Path) -> None:
    text = add_golden(None, "자동차세 미리 내면 깎아 줘?", ["tax-car"], department="tax", noted="대화 12")
    golden_file(root / "data", "tax").write_text(text, "utf-8")
    read = read_golden(Content.at(root))
    assert read.findings == ()
    (case,) = [one for one in read.cases if one.department == "tax"]
    assert (case.case.answers, case.path, case.line) == (("tax-car",), "data/checks/tax.yml", 3)
    twice = add_golden(text, "여권 분실", ["passport-lost"])
    golden_file(root / "data", "tax").write_text(twice, "utf-8")
    (fault,) = read_golden(Content.at(root)).findings
    assert (fault.severity, fault.path) == ("warning", "data/checks/tax.yml")


def test_adding_keeps_what_is_there(root: Path) -> None:
    text = add_golden(CHECKS, "여권 사진 크기", ["passport-fee", "passport-lost"], outcome="answer")
    assert text.startswith("# 손으로 쓴 줄은 그대로 남아요\n")
    for line in CHECKS.splitlines():
        assert line in text
    again = add_golden(text, "여권 분실!", ["passport-fee"])
    read = yaml.safe_load(again)
    assert [one[0] for one in read["answered"]] == ["여권 만드는 값이 얼마예요"]
    assert [one["ask"] for one in read["cases"]] == ["여권 사진 크기", "여권 분실!"]
    assert golden_item("tax") == "file:data/checks/tax.yml"
    assert golden_item("") == "file:data/checks/questions.yml"


@limited(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=60), st.lists(st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True)))
def test_any_question_added_is_read_again(ask: str, answers: list[str]) -> None:
    if not ask.strip():
        with pytest.raises(ValueError, match="질문은 1자에서"):
            add_golden(CHECKS, ask, answers)
        return
    text = add_golden(CHECKS, ask, answers)
    cases = yaml.safe_load(text)["cases"]
    assert [(case["ask"].strip(), case["answers"]) for case in cases] == [(ask.strip(), answers)]


def test_evaluation_reads_every_form(root: Path) -> None:
    path = root / "data" / "checks" / "questions.yml"
    path.write_text(add_golden(CHECKS, "여권 사진 크기", ["passport-fee"]), "utf-8")
    rows = [(row["query"], row["answers"]) for row in read_checks(path)]
    assert rows[-1] == ("여권 사진 크기", ["passport-fee"])
    assert len(rows) == 4


def test_a_question_that_is_understood_as_something_else_is_worse() -> None:
    asked = golden("여권 값", "a")
    was = {asked.key: found("answer", "a")}
    faq = understood(was, [asked], {"여권 값": "ask_faq"}, {"ask_faq": "action_answer"})
    greet = understood(was, [asked], {"여권 값": "greet"}, {"greet": "action_say"})
    (line,) = compare([asked], greet, [asked], faq).lines
    assert (line.change, line.after and line.after.intent) == ("worse", "greet")
    assert "의도 greet" in findings(compare([asked], greet, [asked], faq))[0].message
    assert compare([asked], faq, [asked], faq).lines == ()
    wanted = Golden(asked.case.model_copy(update={"intent": "ask_faq"}), asked.path, 1, "")
    assert right(wanted, faq[asked.key])
    assert not right(wanted, greet[asked.key])


def test_what_the_bot_does_is_what_the_rules_say(root: Path) -> None:
    assert first_actions(Content.at(root)) == {}
    shown = first_actions(Content.at(ROOT))
    assert shown["ask_faq"] == "action_answer"
    assert shown["greet"] != shown["ask_faq"]
