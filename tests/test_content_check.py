"""`sotong check` finds every fault at once, each with file, line, rule and remedy."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.check import bad_address, check
from bot.content.check_texts import fold
from bot.content.problem import Problem

DATA = Path(__file__).parent.parent / "data"
TODAY = date(2026, 11, 20)
DEPARTMENTS = (
    "default: tax\ndepartments:\n  - {id: tax, name: 세정과, phone: 099-120-2050, handles: [세금]}\n"
)
ENTRY = """\
topic: 세금
entries:
  - id: car-tax
    questions:
      - 자동차세는 언제 내나요?
    answer: |
      6월과 12월에 내요.
      위택스에서도 낼 수 있어요.
    owner: tax
    source:
      title: 지방세법
      url: https://www.law.go.kr
    confirmed_on: 2026-09-01
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "tax.yml").write_text(ENTRY, encoding="utf-8")
    (tmp_path / "departments.yml").write_text(DEPARTMENTS, encoding="utf-8")
    shutil.copy(DATA / "persona.yml", tmp_path / "persona.yml")
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def found(data: Path) -> list[tuple[str, int, str, str]]:
    return [
        (problem.path.name, problem.line, problem.rule, problem.severity)
        for problem in check(data, today=TODAY)
    ]


def test_good_content_has_no_faults(data: Path) -> None:
    assert check(data, today=TODAY) == []


def test_the_shipped_content_has_no_errors() -> None:
    assert [str(problem) for problem in check(DATA) if problem.severity == "error"] == []


@pytest.mark.parametrize(
    ("old", "new", "line", "rule", "severity"),
    [
        ("owner: tax", "owner: taxi", 9, "owner", "error"),
        ("owner: tax", "owners: tax", 9, "unknown-key", "error"),
        ("url: https://www.law.go.kr", "url: http://www.law.go.kr", 12, "url", "error"),
        ("url: https://www.law.go.kr", "url: https://law", 12, "url", "error"),
        ("2026-09-01", "2026-12-01", 13, "dates", "error"),
        ("2026-09-01", "2024-09-01", 13, "stale", "warning"),
        (
            *("2026-09-01", "2026-09-01\n    valid_from: 2026-05-01\n    valid_until: 2026-04-01"),
            *(15, "dates", "error"),
        ),
        ("2026-09-01", "2026-09-01\n    valid_until: 2026-11-19", 14, "expired", "warning"),
        ("위택스에서도", "900101-1234568로", 8, "personal-data", "error"),
        ("위택스에서도", "010-1234-5678로", 8, "personal-data", "warning"),
        ("위택스에서도", "{name}에서도", 6, "placeholder", "warning"),
        ("6월과", "가" * 4001 + " 6월과", 6, "too-long", "warning"),
        ("    owner: tax\n", "", 3, "no-owner", "warning"),
        ("    confirmed_on: 2026-09-01\n", "", 3, "no-confirmed-on", "warning"),
        ("내나요?\n", "내나요?\n      - 자동차세는 언제 내나요\n", 6, "duplicate-question", "warning"),
        ("2026-09-01", "2026-09-01\n    links:\n      - {label: 가, url: 'file:x'}", 15, "url", "error"),
    ],
)  # fmt: skip
def test_faults_in_answers(data: Path, old: str, new: str, line: int, rule: str, severity: str) -> None:
    edit(data / "answers" / "tax.yml", old, new)
    assert ("tax.yml", line, rule, severity) in found(data)


def test_the_same_question_in_two_topics(data: Path) -> None:
    other = ENTRY.replace("car-tax", "other").replace("자동차세는 언제 내나요?", "자동차세는  언제내나요")
    (data / "answers" / "vehicle.yml").write_text(other, encoding="utf-8")
    (problem,) = check(data, today=TODAY)
    assert (problem.path.name, problem.line, problem.rule) == ("vehicle.yml", 5, "duplicate-question")
    assert "tax.yml 3행" in problem.message


@pytest.mark.parametrize(
    ("name", "old", "new", "rule", "words"),
    [
        ("persona.yml", "{city} 챗봇 {name}", "{city} 챗봇 {nmae}", "placeholder", "‘name’"),
        ("persona.yml", "{city} 챗봇", "{city 챗봇", "placeholder", "짝"),
        ("persona.yml", "  thank:", "  tank:", "unknown-key", "‘thank’"),
        ("persona.yml", "  thank:", "  tank:", "missing-key", "thank"),
        ("persona.yml", "    - 더 보기", "    - 나머지 답변을 모두 이어서 보기", "too-long", "more"),
        ("persona.yml", "  smile:", "  department:", "emoji", "department"),
        ("persona.yml", "label: 여권", "label: 대형폐기물", "menu", "두 번"),
        ("persona.yml", "label: 여권", "label: 여권과 증명서와 그 밖의 것들", "schema", "14자"),
        ("persona.yml", "name: 한빛이", "nam: 한빛이", "unknown-key", "‘name’"),
        ("departments.yml", "default: tax", "default: taxi", "default", "‘tax’"),
        ("departments.yml", "099-120-2050", "전화", "phone", "전화"),
        (
            *("departments.yml", "handles: [세금]", "handles: [세금], hours: {lunch: ['13:00', '12:00']}"),
            *("hours", "lunch"),
        ),
        (
            *("departments.yml", "departments:\n"),
            "departments:\n  - {id: tax, name: 가, phone: '120', handles: [가]}\n",
            *("duplicate-id", "tax"),
        ),
    ],
)  # fmt: skip
def test_faults_in_the_other_files(data: Path, name: str, old: str, new: str, rule: str, words: str) -> None:
    edit(data / name, old, new)
    hits = [problem for problem in check(data, today=TODAY) if problem.rule == rule]
    assert any(words in problem.message and problem.path.name == name for problem in hits), hits
    assert all(problem.remedy and problem.line for problem in hits)


def test_all_faults_are_told_at_once(data: Path) -> None:
    edit(data / "answers" / "tax.yml", "owner: tax", "owner: nobody")
    edit(data / "persona.yml", "  thank:", "  tank:")
    edit(data / "departments.yml", "default: tax", "default: none")
    (data / "answers" / "bad.yml").write_text("[", encoding="utf-8")
    rules = {rule for _, _, rule, _ in found(data)}
    assert {"owner", "unknown-key", "missing-key", "default", "bad-yaml"} <= rules


def test_missing_files_are_faults(tmp_path: Path) -> None:
    problems = check(tmp_path)
    assert {problem.path.name for problem in problems} == {"answers", "departments.yml", "persona.yml"}


def test_how_a_fault_reads() -> None:
    problem = Problem(Path("data/a.yml"), 3, "owner", "부서가 없어요", "고쳐 주세요.")
    assert str(problem) == "data/a.yml:3: [owner] 부서가 없어요 → 고쳐 주세요."


@pytest.mark.parametrize(
    "url", ["https://www.gov.kr/a?b=c#d", "https://한글주소.한국/길", "https://a.go.kr:8443/"]
)
def test_good_addresses(url: str) -> None:
    assert bad_address(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "",
        "www.gov.kr",
        "https://",
        "https://user@gov.kr",
        "https://gov.kr/a b",
        "https://[x",
        "https://gov.kr:x",
    ],
)
def test_bad_addresses(url: str) -> None:
    assert bad_address(url)


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    assert isinstance(bad_address(text), str)
    assert isinstance(bad_address("https://" + text), str)
    assert fold(text) == fold(" " + text + "?") or not fold(text).isalnum()


def test_the_examples_of_the_guide_are_sound(data: Path) -> None:
    """The YAML that `docs/editing-content.md` shows, put where it belongs, has no errors."""
    guide = (DATA.parent / "docs" / "editing-content.md").read_text("utf-8")
    blocks = [block.split("```")[0] for block in guide.split("```yaml\n")[1:]]
    (answers,) = (block for block in blocks if "entries:" in block)
    (departments,) = (block for block in blocks if block.startswith("default:"))
    (data / "answers" / "tax.yml").write_text(answers, encoding="utf-8")
    call = "  - {id: call-centre, name: 콜센터, phone: 099-120-1000, handles: [안내]}\n"
    tax = call.replace("call-centre", "tax")
    (data / "departments.yml").write_text(departments + call + tax, encoding="utf-8")
    assert check(data, today=TODAY) == []
