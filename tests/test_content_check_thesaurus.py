"""`sotong check` on the thesaurus: every fault with its file, line and remedy."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.content.check import check
from bot.content.check_texts import fold
from bot.content.check_thesaurus import check_thesaurus
from bot.text.thesaurus import load_thesaurus

DATA = Path(__file__).parent.parent / "data"
RESIDENT = """\
topic: 주민등록
words:
- official: 주민등록증
  everyday: [민증, 주민증]
- official: 전입신고
  everyday:
  - 이사 신고
  - 주소 옮기다
questions:
- ["민증을 잃어버렸는데 어떡해요?", 주민등록증 분실]
-
  - 이사하면 어디에 알려요?
  - 전입신고 방법
apart:
- [전입신고, 전출신고]
"""
FINES = """\
topic: 과태료
words:
- official: 과태료
  everyday: [딱지]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "resident.yml").write_text(RESIDENT, encoding="utf-8")
    (tmp_path / "fines.yml").write_text(FINES, encoding="utf-8")
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def found(folder: Path) -> list[tuple[str, int, str, str]]:
    return [
        (problem.path.name, problem.line, problem.rule, problem.severity)
        for problem in check_thesaurus(folder)
    ]


def test_good_words_have_no_faults(folder: Path) -> None:
    (folder / ".draft.yml").write_text("[", encoding="utf-8")
    assert check_thesaurus(folder) == []
    assert check_thesaurus(folder / "nowhere") == []


def test_the_shipped_thesaurus_has_no_faults() -> None:
    assert [str(problem) for problem in check_thesaurus(DATA / "thesaurus")] == []


@pytest.mark.parametrize(
    ("old", "new", "line", "rule", "severity", "said"),
    [
        ("topic: 주민등록\n", "", 1, "schema", "error", "topic"),
        ("topic: 주민등록", "topic:", 1, "schema", "error", "topic"),
        ("questions:", "question:", 9, "unknown-key", "error", "‘questions’"),
        ("questions:", "question:\nquestions:", 9, "unknown-key", "error", "‘questions’"),
        ("everyday: [", "everday: [", 4, "unknown-key", "error", "‘everyday’"),
        ("- 주소 옮기다\n", "- 주소 옮기다\n  offcial:\n", 9, "unknown-key", "error", "‘official’"),
        ("  everyday: [민증, 주민증]\n", "", 3, "schema", "error", "everyday"),
        ("official: 주민등록증\n", "official:\n", 3, "schema", "error", "official"),
        ("[민증, 주민증]", "[]", 4, "schema", "error", "everyday: 비어"),
        ("[민증, 주민증]", "민증", 4, "schema", "error", "everyday: 목록"),
        ("[민증, 주민증]", '["", 주민증]', 4, "schema", "error", "비어"),
        ("[민증, 주민증]", "[민증, 발급: 하루]", 4, "schema", "error", "글자"),
        ("[민증, 주민증]", "[민증, '?!']", 4, "empty", "error", "‘?!’"),
        ("- 이사 신고\n", "-\n  - 이사 신고\n", 7, "empty", "error", "빈 줄"),
        ("apart:\n- [전입신고, 전출신고]", "apart: 전입신고", 14, "schema", "error", "apart: 목록"),
        ("[민증, 주민증]", "[민증, 주민증, 주민 등록증]", 4, "same-word", "error", "‘주민 등록증’"),
        ("- 주소 옮기다", "- 전입신고", 8, "same-word", "error", "‘전입신고’"),
        ("[민증, 주민증]", "[민증, 주민증, '민증!']", 4, "duplicate-pair", "warning", "resident.yml 4행"),
        ("- [전입신고, 전출신고]", "- [전입신고]", 15, "too-few", "error", "2개"),
        ("- [전입신고, 전출신고]", "- []", 15, "too-few", "error", "2개"),
        ("  - 전입신고 방법\n", "", 12, "too-few", "error", "2개"),
        ("주민등록증 분실", "전입신고 방법?, 주민증 분실", 13, "duplicate-question", "error", "10행"),
        ("- 전입신고 방법", "- 이사하면 어디에 알려요", 13, "duplicate-question", "warning", "두 번"),
        ("전입신고, 전출신고", "이사 신고, 전입신고", 15, "contradiction", "warning", "resident.yml 7행"),
        (
            *("전입신고, 전출신고", "민증을 잃어버렸는데 어떡해요, 주민등록증 분실"),
            *(15, "contradiction", "warning", "resident.yml 10행"),
        ),
        ("주소 옮기다", "900101-1234568 등본", 8, "personal-data", "error", "주민등록번호"),
        ("전입신고 방법", "010-1234-5678로 알려 주세요", 13, "personal-data", "warning", "휴대전화"),
        ("전출신고", "900101-1234568", 15, "personal-data", "error", "주민등록번호"),
        ('"민증을 잃어버렸는데 어떡해요?"', "민증은요?", 10, "unquoted", "warning", "민증은요?"),
        ("[민증, 주민증]", "[민증, 주민증", 4, "bad-yaml", "error", "YAML"),
        ("[민증, 주민증]", "[민증 #, 주민증]", 4, "bad-yaml", "error", "YAML"),
        ("[민증, 주민증]", "[민증 [새것], 주민증]", 4, "bad-yaml", "error", "YAML"),
        ("[민증, 주민증]", "[@민증, 주민증]", 4, "bad-yaml", "error", "YAML"),
        ("[민증, 주민증]", "[민증, 주민증]\n  everyday: [증]", 5, "duplicate-key", "error", "두 번"),
    ],
)  # fmt: skip
def test_faults(folder: Path, old: str, new: str, line: int, rule: str, severity: str, said: str) -> None:
    edit(folder / "resident.yml", old, new)
    hits = [problem for problem in check_thesaurus(folder) if problem.rule == rule]
    assert [(hit.path.name, hit.line, hit.severity) for hit in hits] == [("resident.yml", line, severity)]
    assert said in hits[0].message
    assert hits[0].remedy


@pytest.mark.parametrize("written", ["[민증은?, 주민증 [새것]]", "[민증, 주민증 #1]", "[%, 민증]"])
def test_a_broken_list_is_told_to_be_quoted(folder: Path, written: str) -> None:
    edit(folder / "resident.yml", "[민증, 주민증]", written)
    (problem,) = check_thesaurus(folder)
    assert "큰따옴표" in problem.remedy


def test_without_libyaml_a_bare_question_mark_is_told_to_be_quoted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.content.document._Loader", yaml.SafeLoader)
    edit(folder / "resident.yml", "[민증, 주민증]", "[민증은요?, 주민증]")
    (problem,) = check_thesaurus(folder)
    assert (problem.line, problem.rule, problem.severity) == (4, "bad-yaml", "error")
    assert "‘?’" in problem.remedy
    assert "큰따옴표" in problem.remedy


def test_faults_between_files_name_the_other_place(folder: Path) -> None:
    text = RESIDENT.replace("[전입신고, 전출신고]", "[딱지, 과태료]")
    (folder / "resident2.yml").write_text(text, encoding="utf-8")
    problems = check_thesaurus(folder)
    assert {problem.path.name for problem in problems} == {"resident2.yml"}
    places = {(problem.rule, problem.line, problem.severity): problem.message for problem in problems}
    assert "resident.yml 8행" in places["duplicate-pair", 8, "warning"]
    assert "resident.yml 13행" in places["duplicate-question", 13, "error"]
    assert "fines.yml 4행" in places["contradiction", 15, "warning"]


def test_all_faults_are_told_at_once(folder: Path) -> None:
    edit(folder / "resident.yml", "주민증]", "주민등록증]")
    edit(folder / "resident.yml", "전입신고, 전출신고", "전입신고")
    (folder / "old.yml").write_bytes("topic: 가".encode("cp949"))
    (folder / "new.yaml").write_text(FINES, encoding="utf-8")
    (folder / "list.yml").write_text("- 민증\n", encoding="utf-8")
    assert sorted(found(folder)) == [
        ("list.yml", 1, "schema", "error"),
        ("new.yaml", 1, "file-name", "error"),
        ("old.yml", 1, "bad-yaml", "error"),
        ("resident.yml", 4, "same-word", "error"),
        ("resident.yml", 15, "too-few", "error"),
    ]


def test_a_blank_line_does_not_shift_the_places_after_it(folder: Path) -> None:
    edit(folder / "resident.yml", "questions:\n", "questions:\n-\n")
    edit(folder / "resident.yml", "  - 전입신고 방법\n", "")
    assert found(folder) == [("resident.yml", 10, "empty", "error"), ("resident.yml", 13, "too-few", "error")]


def test_it_is_part_of_the_content_check(tmp_path: Path) -> None:
    (tmp_path / "thesaurus").mkdir()
    (tmp_path / "thesaurus" / "fines.yml").write_text("words:\n", encoding="utf-8")
    assert any(problem.path.name == "fines.yml" for problem in check(tmp_path))


def test_the_examples_of_the_guide_are_sound(tmp_path: Path) -> None:
    guide = (DATA.parent / "docs" / "editing-content.md").read_text("utf-8")
    blocks = [block.split("```")[0] for block in guide.split("```yaml\n")[1:]]
    (words,) = (block for block in blocks if "words:" in block)
    (tmp_path / "guide.yml").write_text(words, encoding="utf-8")
    assert check_thesaurus(tmp_path) == []
    thesaurus = load_thesaurus(tmp_path)
    assert thesaurus.official("새집으로 이사했는데 민증은요") == ("전입신고", "주민등록증")
    assert thesaurus.questions
    assert thesaurus.apart


TEXTS = (
    st.text(st.sampled_from("가나다민증벌금Aa1 ?,:#-[]{}'\"&*!%@|>~"), min_size=1, max_size=10)
    .map(str.strip)
    .filter(lambda text: any(character.isalnum() for character in text))
)


@given(st.lists(TEXTS, min_size=11, max_size=11, unique_by=fold), st.sampled_from([True, False, None]))
def test_what_is_written_is_what_is_loaded(texts: list[str], flow: bool | None) -> None:
    words = [(texts[1], texts[2:5]), (texts[5], texts[6:7])]
    questions, apart = [texts[2:4], texts[7:9]], [texts[9:11]]
    written = {
        "topic": texts[0],
        "words": [{"official": official, "everyday": everyday} for official, everyday in words],
        "questions": questions,
        "apart": apart,
    }
    with TemporaryDirectory() as name:
        path = Path(name) / "topic.yml"
        path.write_text(
            yaml.safe_dump(written, allow_unicode=True, default_flow_style=flow), encoding="utf-8"
        )
        assert [str(problem) for problem in check_thesaurus(Path(name)) if problem.severity == "error"] == []
        thesaurus = load_thesaurus(Path(name))
    assert [(entry.official, list(entry.everyday)) for entry in thesaurus.entries] == words
    assert {entry.topic for entry in thesaurus.entries} == {texts[0]}
    assert [list(group) for group in thesaurus.questions] == questions
    assert [list(group) for group in thesaurus.apart] == apart


@given(
    st.integers(0, len(RESIDENT)),
    st.integers(0, 12),
    st.text(st.sampled_from("가 \n-[],:#?'\"~&*{}!%@\t|"), max_size=4),
)
def test_what_passes_the_check_can_be_loaded(at: int, cut: int, put: str) -> None:
    """However a file is damaged, the check sees whatever the loader refuses."""
    with TemporaryDirectory() as name:
        path = Path(name) / "topic.yml"
        path.write_text(RESIDENT[:at] + put + RESIDENT[at + cut :], encoding="utf-8")
        if not any(problem.severity == "error" for problem in check_thesaurus(Path(name))):
            load_thesaurus(Path(name))
