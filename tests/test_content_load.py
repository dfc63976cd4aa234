"""Answers are read from YAML as staff write it; faults are named with their line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.content.document import Unreadable, read_document
from bot.content.load import load_answers, read_departments, read_persona
from bot.content.problem import ContentError

GOOD = """\
topic: 여권
entries:
  - id: passport-fee
    questions: [여권 수수료 얼마예요?, 여권 발급 비용]
    answer: |
      복수여권은 5만 원이에요.

      - 창구에서 카드로 낼 수 있어요.
    owner: civil-affairs
    source: {title: 여권법 시행령, url: https://www.passport.go.kr}
    confirmed_on: 2026-03-02
    example: true
"""


def entry(identifier: str, extra: str = "", question: str = "") -> str:
    return (
        f"  - id: {identifier}\n    questions: [{question or '질문 ' + identifier}]\n"
        f"    answer: 답\n    source: {{title: 출처}}\n{extra}"
    )


def test_a_good_file(tmp_path: Path) -> None:
    (tmp_path / "passport.yml").write_text(GOOD, encoding="utf-8")
    loaded = load_answers(tmp_path)
    assert loaded.problems == ()
    (answer,) = loaded.answers
    assert answer.questions == ("여권 수수료 얼마예요?", "여권 발급 비용")
    assert answer.answer == "복수여권은 5만 원이에요.\n\n- 창구에서 카드로 낼 수 있어요."
    assert answer.confirmed_on == date(2026, 3, 2)
    assert answer.example is True
    assert answer.source.url == "https://www.passport.go.kr"


def test_what_staff_see_is_what_is_read(tmp_path: Path) -> None:
    """`2645`, `no` and `09:00` stay text; YAML's own guesses never show."""
    (tmp_path / "a.yml").write_text(
        "topic: 120\nentries:\n" + entry("2645", question="no") + "    owner:\n    valid_until: ~\n", "utf-8"
    )
    (answer,) = load_answers(tmp_path).answers
    assert answer.id == "2645"
    assert answer.questions == ("no",)
    assert answer.owner is None
    assert answer.valid_until is None


def test_a_broken_entry_is_skipped_and_named(tmp_path: Path) -> None:
    body = "topic: 세금\nentries:\n" + entry("a") + entry("b", "    onwer: tax\n") + entry("c")
    (tmp_path / "tax.yml").write_text(body, encoding="utf-8")
    loaded = load_answers(tmp_path)
    assert [answer.id for answer in loaded.answers] == ["a", "c"]
    (problem,) = loaded.problems
    assert (problem.path.name, problem.line, problem.rule) == ("tax.yml", 11, "unknown-key")
    assert "‘owner’" in problem.message


@pytest.mark.parametrize(
    ("text", "line", "rule", "words"),
    [
        ("topic: 가\nentries:\n\t- id: a\n", 3, "bad-yaml", "YAML"),
        ("topic: 가\nentries:\n  - id: a\n    answer: 참고: 이것\n", 4, "bad-yaml", "YAML"),
        ("", 1, "bad-yaml", "비어"),
        ("# 주석뿐\n", 1, "bad-yaml", "비어"),
        ("- 목록\n", 1, "schema", "topic"),
        ("topic: 가\ntopic: 나\nentries: []\n", 2, "duplicate-key", "두 번"),
        ("topic: &x 가\nentries: &y [*y]\n", 2, "bad-yaml", "앵커"),
        ("topic: 가\nentries:\n" + entry("A B"), 3, "schema", "꼴"),
        ("topic: 가\nentries:\n" + entry("a", "    confirmed_on: 2026-02-30\n"), 7, "schema", "날짜"),
        ("topic: 가\nentries:\n  - id: a\n    questions: []\n", 4, "schema", "비어"),
        ("entries:\n" + entry("a"), 1, "schema", "주제"),
        ("topic: 가\nentries: " + "[" * 5000 + "]" * 5000, 1, "bad-yaml", "깊이"),
        ("topic: 가\ntopik: 나\nentries:\n" + entry("a"), 2, "unknown-key", "‘topic’"),
    ],
)
def test_every_fault_has_its_line(tmp_path: Path, text: str, line: int, rule: str, words: str) -> None:
    (tmp_path / "x.yml").write_text(text, encoding="utf-8")
    problems = load_answers(tmp_path).problems
    assert any(
        (problem.line, problem.rule) == (line, rule) and words in problem.message and problem.remedy
        for problem in problems
    ), problems


def test_one_broken_file_does_not_touch_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("topic: 가\nentries:\n" + entry("a"), encoding="utf-8")
    (tmp_path / "b.yml").write_bytes("topic: 나\nentries: []\n".encode("cp949"))
    (tmp_path / "c.yaml").write_text("topic: 다\nentries:\n" + entry("c"), encoding="utf-8")
    (tmp_path / ".draft.yml").write_text("{", encoding="utf-8")
    loaded = load_answers(tmp_path)
    assert [answer.id for answer in loaded.answers] == ["a", "c"]
    assert [(problem.path.name, "UTF-8" in problem.message) for problem in loaded.problems] == [
        ("b.yml", True)
    ]


def test_the_first_of_two_same_ids_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("topic: 가\nentries:\n" + entry("x", question="먼저"), encoding="utf-8")
    (tmp_path / "b.yml").write_text("topic: 나\nentries:\n" + entry("x", question="나중"), encoding="utf-8")
    loaded = load_answers(tmp_path)
    assert [answer.questions for answer in loaded.answers] == [("먼저",)]
    (problem,) = loaded.problems
    assert (problem.path.name, problem.line, problem.rule) == ("b.yml", 3, "duplicate-id")
    assert "a.yml 3행" in problem.message


def test_an_absent_folder_is_a_problem(tmp_path: Path) -> None:
    loaded = load_answers(tmp_path / "none")
    assert loaded.answers == ()
    assert loaded.problems[0].rule == "no-folder"


def test_null_differs_from_nothing(tmp_path: Path) -> None:
    """`lunch: null` means no lunch break; `lunch:` means the usual one."""
    path = tmp_path / "departments.yml"
    text = (
        "default: a\ndepartments:\n  - {id: a, name: 가, phone: '120', handles: [가], hours: {lunch: %s}}\n"
    )
    path.write_text(text % "null", encoding="utf-8")
    assert read_departments(path)[0].departments[0].hours.lunch is None
    path.write_text(text % "", encoding="utf-8")
    assert read_departments(path)[0].departments[0].hours.lunch == ("12:00", "13:00")


def test_department_faults(tmp_path: Path) -> None:
    path = tmp_path / "departments.yml"
    path.write_text(
        "default: a\ndepartments:\n  - id: a\n    name: 가\n    phone: '120'\n    handles: [가]\n"
        "    hours:\n      weekdays: [9시, '18:00']\n",
        encoding="utf-8",
    )
    with pytest.raises(ContentError) as caught:
        read_departments(path)
    assert caught.value.problems[0].line == 8
    assert "09:00" in caught.value.problems[0].remedy


def test_an_emoji_with_nothing_after_it_is_off(tmp_path: Path) -> None:
    path = tmp_path / "persona.yml"
    path.write_text(
        "name: 봇\ncity: 시\nemoji:\n  smile:\n  hand: '👋'\nmenu: []\nhandoff_words: []\nsays: {}\n", "utf-8"
    )
    assert read_persona(path)[0].emoji == {"smile": "", "hand": "👋"}


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="열 수 없어요"):
        read_document(tmp_path / "none.yml")
