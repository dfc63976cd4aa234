"""Intents before and after: what counts as worse, what is told, and when nothing can be measured."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.evaluation.intents import Guess, Trial, read_trial
from bot.gate import intents as gate_intents
from bot.gate.confusion import confusion_picture
from bot.gate.folders import Content, change
from bot.gate.gate import Gate
from bot.gate.intents import IntentTrials, compare, findings
from tests.gate_support import city, edit, settings


def trial(*guesses: tuple[str, str, str]) -> Trial:
    made = tuple(Guess(text, intent, ((guessed, 0.9),), unsure=False) for text, intent, guessed in guesses)
    return Trial(made, 1.0, 1.0, 2.0, 2.0, 300.0)


def many(wrong: int, right: int = 20) -> Trial:
    rows = [(f"인사 {number}", "greet", "ask_faq" if number < wrong else "greet") for number in range(right)]
    return trial(*rows, *((f"여권 {number}", "ask_faq", "ask_faq") for number in range(right)))


def test_one_row_an_intent_with_what_became_of_its_sentences() -> None:
    report = compare(
        trial(("a", "greet", "ask_faq"), ("b", "greet", "greet"), ("new", "greet", "ask_faq")),
        trial(("a", "greet", "greet"), ("b", "greet", "ask_faq")),
        "x",
    )
    (row,) = report.rows
    assert (row.intent, row.sentences, row.newly_wrong, row.newly_right) == ("greet", 3, 1, 1)
    assert row.recall == pytest.approx(1 / 3)
    assert row.recall_before == pytest.approx(1 / 2)
    assert [(one.text, one.new) for one in report.failing] == [("a", True), ("new", False)]
    assert report.confusions == (("greet", "ask_faq", 2),)


@pytest.mark.parametrize(
    ("before", "after", "blocked"), [(0, 0, False), (0, 2, False), (0, 6, True), (6, 0, False), (3, 4, False)]
)
def test_only_what_chance_does_not_explain_blocks(before: int, after: int, blocked: bool) -> None:
    found = findings(compare(many(after), many(before), "x"))
    assert bool(found) is blocked
    assert {(one.rule, one.severity) for one in found} <= {("intents-worse", "error")}
    if blocked:
        assert [one.path for one in found] == ["data/nlu", "data/nlu/greet.yml"]
        assert "ask_faq" in found[1].message


def test_the_picture_is_svg_and_has_the_names() -> None:
    report = compare(many(6), None, "x").as_json()
    picture = confusion_picture(report)
    words = "".join(ElementTree.fromstring(picture).itertext())
    assert "greet" in words
    assert "ask_faq" in words
    assert confusion_picture(compare(many(0), None, "x").as_json()).startswith("<svg")


class TestMeasuring:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return city(tmp_path / "now")

    def test_the_same_content_is_measured_once(
        self, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[list[str]] = []

        def run_trial(command: list[str], environment: object, place: Path, told: object) -> Trial:
            asked.append(command)
            assert (place / "config.yml").exists()
            return many(len(asked))

        monkeypatch.setattr(gate_intents, "run_trial", run_trial)
        trials = IntentTrials(settings(tmp_path, root))
        content = Content.at(root)
        first, _ = trials.measure(content, None, lambda what, share: None)
        second, _ = trials.measure(content, content, lambda what, share: None)
        assert len(asked) == 1
        assert first is not None
        assert second is not None
        assert second.right_before == first.right == pytest.approx(39 / 40)
        edit(root / "data/nlu/greet.yml", "반가워요", "반갑습니다")
        trials.measure(Content.at(root), None, lambda what, share: None)
        assert len(asked) == 2

    def test_without_an_environment_to_learn_in_it_says_so(
        self, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(gate_intents, "RASA_ENV", tmp_path / "nowhere")
        before = city(tmp_path / "before")
        edit(root / "data/nlu/greet.yml", "반가워요", "반갑습니다")
        verdict = Gate(settings(tmp_path, root)).judge(Content.at(root), Content.at(before))
        (fault,) = verdict.problems
        assert (fault.rule, fault.severity) == ("intents", "warning")
        assert verdict.intents is None

    def test_only_what_is_learned_from_counts(self, tmp_path: Path, root: Path) -> None:
        before = Content.at(city(tmp_path / "before"))
        edit(root / "data/answers/tax.yml", "6월과 12월", "1월")
        assert not change(Content.at(root), before).learned
        edit(root / "config.yml", "pipeline:", "# 새 부품\npipeline:")
        assert change(Content.at(root), before).learned

    def test_what_is_kept_reads_like_a_trial(self, tmp_path: Path, root: Path) -> None:
        trials = IntentTrials(settings(tmp_path, root))
        trials.keep(many(3), tmp_path / "kept.jsonl")
        assert read_trial(tmp_path / "kept.jsonl").guesses == many(3).guesses
