"""The gate over whole content: what it finds, what blocks, what was there before."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.gate.finding import Finding, Verdict
from bot.gate.folders import Content
from bot.gate.gate import Gate
from tests.gate_support import add_answer, city, edit, settings


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    folder = tmp_path_factory.mktemp("gate")
    return Gate(settings(folder, folder))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return city(tmp_path / "now")


@pytest.fixture
def before(root: Path, tmp_path: Path) -> Path:
    """The same as it was published."""
    return Path(shutil.copytree(root, tmp_path / "before"))


def look(gate: Gate, root: Path, before: Path | None = None) -> Verdict:
    return gate.judge(Content.at(root), Content.at(before) if before else None)


def of(verdict: Verdict, rule: str) -> list[Finding]:
    return [finding for finding in verdict.problems if finding.rule == rule]


def test_good_content_passes(gate: Gate, root: Path) -> None:
    verdict = look(gate, root)
    assert not verdict.blocked
    assert verdict.problems == ()
    assert verdict.golden is not None
    assert (verdict.golden["asked"], verdict.golden["right"]) == (3, 3)


def test_a_verdict_survives_json(gate: Gate, root: Path) -> None:
    add_answer(root, "tax-passport", "여권 발급 수수료가 얼마예요?", "세정과에 물어보세요.")
    verdict = look(gate, root)
    assert Verdict.from_json(verdict.as_json()).as_json() == verdict.as_json()


@pytest.mark.parametrize(
    "question",
    [
        "여권 발급 수수료가 얼마예요?",
        "여권발급수수료 얼마인가요",
        "혹시 여권 발급하는 수수료 얼마인지 알 수 있을까요?",
        "자동차세 언제 내야 하나요?",
    ],
)
def test_the_same_question_with_another_answer_blocks(gate: Gate, root: Path, question: str) -> None:
    add_answer(root, "other", question, "세정과에 물어보세요.")
    (found,) = of(look(gate, root), "collision")
    assert found.severity == "error"
    assert found.path == "data/answers/tax.yml"
    assert (root / found.path).read_text("utf-8").splitlines()[found.line - 1].strip() == f"- {question}"
    assert found.item == "answer:other"
    assert found.details["other"]["department"] == "세정과"
    assert found.details["one"]["answer"] in {"passport-fee", "tax-car"}
    assert found.details["one"]["words"] == found.details["other"]["words"] == []


@pytest.mark.parametrize(
    "question",
    [
        "여권 발급 서류는 무엇인가요?",
        "자동차 취득세는 언제 내나요?",
        "재산세는 언제 내나요?",
        "어린이집은 어떻게 신청하나요?",
        "5년짜리 여권 가격",
    ],
)
def test_another_question_is_no_collision(gate: Gate, root: Path, question: str) -> None:
    add_answer(root, "other", question, "다른 답이에요.")
    assert [one for one in of(look(gate, root), "collision") if one.severity == "error"] == []


def test_a_question_of_which_another_is_only_a_part_is_named(gate: Gate, root: Path) -> None:
    add_answer(root, "one", "분양지 명의변경 신청에 필요한 구비서류", "하나")
    add_answer(root, "two", "분양지 명의변경 상속 신청에 필요한 구비서류", "둘")
    (found,) = of(look(gate, root), "collision")
    assert found.severity == "warning"
    words = {side["answer"]: side["words"] for side in (found.details["one"], found.details["other"])}
    assert words == {"one": [], "two": ["상속"]}


def test_two_answers_that_say_the_same_are_only_named(gate: Gate, root: Path) -> None:
    add_answer(root, "twin", "자동차세 언제 내요?", "6월과 12월에 내요.")
    (found,) = of(look(gate, root), "collision")
    assert (found.severity, found.details["same_text"]) == ("warning", True)


def test_old_collisions_are_listed_and_do_not_block(gate: Gate, root: Path, tmp_path: Path) -> None:
    add_answer(root, "old", "자동차세 언제 내요?", "모르겠어요.")
    before = Path(shutil.copytree(root, tmp_path / "published"))
    add_answer(root, "new", "재산세는 언제 내나요?", "7월과 9월에 내요.")
    verdict = look(gate, root, before)
    (found,) = of(verdict, "collision")
    assert (found.severity, found.details["existing"]) == ("warning", True)
    assert not verdict.blocked
    assert verdict.changed == ("answer:new",)


def test_a_new_collision_blocks_whichever_side_is_new(gate: Gate, root: Path, before: Path) -> None:
    edit(root / "data/answers/passport.yml", "10년짜리 여권 가격", "자동차세 언제 내요?")
    (found,) = [one for one in of(look(gate, root, before), "collision") if one.severity == "error"]
    assert found.item == "answer:passport-fee"
    assert found.details["one"]["answer"] == "tax-car"


def test_errors_that_were_there_do_not_block_though_lines_moved(gate: Gate, root: Path, before: Path) -> None:
    for place in (root, before):
        add_answer(place, "bad", "수도 요금은 어디서 내나요?", "은행", owner="nobody")
        add_answer(place, "twice", "자동차세는 언제 내나요?", "하나 더")
    edit(root / "data/answers/tax.yml", "topic: 세금\n", "# 한 줄\ntopic: 세금\n")
    verdict = look(gate, root, before)
    assert not verdict.blocked
    assert {one.rule for one in verdict.problems if one.details.get("existing")} >= {
        "owner",
        "duplicate-question",
    }
    edit(root / "data/answers/passport.yml", "owner: civil", "owner: nowhere")
    assert [one.rule for one in look(gate, root, before).problems if one.severity == "error"] == ["owner"]


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("answer:passport-fee", "self-link"),
        ("https://chat.example.kr/answers/passport-fee", "self-link"),
        ("passport-fee", "self-link"),
        ("https://chat.example.kr/answers/no-such-answer", "missing-answer"),
    ],
)
def test_links_among_answers(gate: Gate, root: Path, url: str, rule: str) -> None:
    edit(root / "data/answers/passport.yml", "https://www.passport.go.kr", url)
    (found,) = of(look(gate, root), rule)
    assert (found.severity, found.line, found.item) == ("error", 11, "answer:passport-fee")


def test_limits_of_the_tightest_channel_have_its_name(tmp_path: Path, root: Path) -> None:
    long = "|\n" + "\n\n".join("      " + "긴 안내 문장이에요. " * 30 for _ in range(20))
    edit(root / "data/answers/tax.yml", "6월과 12월에 내요.", long)
    edit(
        root / "data/answers/passport.yml",
        "label: 외교부 여권안내",
        "label: 외교부 여권안내 누리집에서 자세히 보기",
    )
    narrow = {"kakao_secret": "x" * 32, "kakao_bot_id": "bot", "kakao_callback_url": "https://k.example"}
    verdict = look(Gate(settings(tmp_path, root, **narrow)), root)
    (many,) = of(verdict, "too-many-messages")
    assert (many.severity, many.item) == ("warning", "answer:tax-car")
    assert many.details["channel"] in many.message
    (label,) = of(verdict, "long-label")
    assert label.details == {"channel": "카카오톡", "longest": 14}
    assert not verdict.blocked


def test_personal_data_in_examples_and_golden_questions_blocks(gate: Gate, root: Path) -> None:
    edit(root / "data/nlu/greet.yml", "반가워요", "제 주민번호는 900101-1234568이에요")
    edit(root / "data/checks/questions.yml", "떡볶이 맛집 알려줘", "900101-1234568로 조회해 줘")
    found = of(look(gate, root), "personal-data")
    assert [(one.path, one.line, one.severity) for one in found] == [
        ("data/checks/questions.yml", 6, "error"),
        ("data/nlu/greet.yml", 6, "error"),
    ]


def test_a_rule_with_an_intent_that_there_is_not_blocks(gate: Gate, root: Path) -> None:
    rules = root / "data/rules/faq.yml"
    rules.parent.mkdir()
    steps = "  steps:\n  - intent: greeting\n  - action: action_listen\n"
    rules.write_text(f'version: "3.1"\nrules:\n- rule: 인사\n{steps}', "utf-8")
    verdict = look(gate, root)
    (found,) = [one for one in verdict.problems if one.path == "data/rules/faq.yml"]
    assert (found.severity, found.line) == ("error", 5)
    assert verdict.blocked


def test_one_sentence_in_two_intents_blocks(gate: Gate, root: Path) -> None:
    edit(root / "data/nlu/greet.yml", "반가워요", "여권 발급 [수수료](item) 알려줘!")
    (found,) = of(look(gate, root), "intent-collision")
    assert (found.severity, found.path, found.line) == ("error", "data/nlu/greet.yml", 6)
    assert "ask_faq" in found.message


@pytest.mark.parametrize(
    ("path", "old", "new", "line", "rule"),
    [
        ("data/nlu/greet.yml", "intent: greet", "intent: greets", 5, "unknown-intent"),
        ("data/nlu/greet.yml", "- 반가워요", "반가워요", 6, "schema"),
        ("data/nlu/greet.yml", "examples: |", "example: |", 3, "schema"),
        ("data/nlu/greet.yml", "nlu:\n", "nlu: [\n", 3, "bad-yaml"),
        ("data/checks/questions.yml", ", passport-fee]", "]", 3, "golden"),
        ("data/checks/questions.yml", "refused:", "rejected:", 1, "golden"),
    ],
)
def test_faults_of_other_files(
    gate: Gate, root: Path, path: str, old: str, new: str, line: int, rule: str
) -> None:
    edit(root / path, old, new)
    found = [one for one in look(gate, root).problems if one.path == path and one.severity == "error"]
    assert [(one.rule, one.line) for one in found][:1] == [(rule, line)]


def test_progress_counts_up_to_the_end(gate: Gate, root: Path, before: Path) -> None:
    told: list[float] = []
    gate.judge(Content.at(root), Content.at(before), None, lambda what, share: told.append(share))
    assert told == sorted(told)
    assert told[-1] == 1.0
