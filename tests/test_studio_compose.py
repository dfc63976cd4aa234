"""A candidate is the content with the drafts in it; what hand and draft both changed is brought together."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content.load import load_answers
from bot.studio.answer_text import read_answer, write_answer
from bot.studio.compose import compose
from bot.studio.drafts import Draft
from bot.studio.merging import Clash, merge3, merge_fields, merge_texts
from bot.studio.settling import Conflict
from bot.studio.shelf import Shelf
from tests.log_support import NOON
from tests.studio_support import PASSPORT, TAX


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root/data/answers"
    folder.mkdir(parents=True)
    (folder / "tax.yml").write_text(TAX.replace("    hidden: 손대지 않는 것\n", ""))
    (folder / "passport.yml").write_text(PASSPORT)
    (tmp_path / "root/config.yml").write_text("language: ko\n")
    (tmp_path / "root/data/rules.yml").write_text("a\nb\nc\nd\ne\n")
    return tmp_path / "root"


def draft(item: str, base: str | None, text: str | None) -> Draft:
    return Draft(1, item, item, base, text, 1, 1, "김하늘", None, NOON, "")


def edited(root: Path, id_: str, **fields: Any) -> Draft:
    base = Shelf(root / "data/answers").text(id_)
    assert base
    written = read_answer(base)
    topic = fields.pop("topic", written.topic)
    return draft(f"answer:{id_}", base, write_answer(topic, {**written.fields, **fields}, base))


def answers(root: Path) -> dict[str, str]:
    loaded = load_answers(root / "data/answers")
    assert not loaded.problems
    return {answer.id: answer.answer for answer in loaded.answers}


def composed(root: Path, *drafts: Draft) -> tuple[Path, list[Conflict]]:
    into = root.parent / f"candidate-{len(list(root.parent.iterdir()))}"
    return into, compose(root, drafts, into)


def hand(root: Path, name: str, change: Callable[[str], str]) -> None:
    path = root / "data" / name
    path.write_text(change(path.read_text()))


class TestCompose:
    def test_only_changed_files_differ_and_the_source_stays(self, root: Path) -> None:
        before = {path: path.read_bytes() for path in root.rglob("*.yml")}
        into, conflicts = composed(root, edited(root, "car-tax", answer="새 글"))
        assert conflicts == []
        assert answers(into)["car-tax"] == "새 글"
        assert {path: path.read_bytes() for path in root.rglob("*.yml")} == before
        changed = [
            path.name for path in before if (into / path.relative_to(root)).read_bytes() != before[path]
        ]
        assert changed == ["tax.yml"]
        assert (into / "data/answers/tax.yml").read_text().startswith("topic: 세금  # 세정과\n")

    def test_moved_new_and_gone(self, root: Path) -> None:
        base = Shelf(root / "data/answers").text("old-tax")
        new = {
            "id": "local",
            "questions": ["주민세"],
            "answer": "8월이에요.",
            "source": {"title": "지방세법"},
        }
        into, conflicts = composed(
            root,
            edited(root, "car-tax", topic="passport"),
            draft("answer:old-tax", base, None),
            draft("answer:local", None, write_answer("세금", new)),
            draft("answer:other", None, write_answer("아주 새로운 주제", new | {"id": "other"})),
        )
        assert conflicts == []
        assert answers(into).keys() == {"passport-fee", "car-tax", "local", "other"}
        assert [each.id for each in load_answers(into / "data/answers").answers][-1] == "other"
        assert "id: local" in (into / "data/answers/tax.yml").read_text()
        assert (
            (into / "data/answers/아주-새로운-주제.yml").read_text().startswith("topic: 아주 새로운 주제\n")
        )

    def test_a_hand_edit_of_another_field_stays(self, root: Path) -> None:
        mine = edited(root, "car-tax", answer="새 글")
        hand(root, "answers/tax.yml", lambda text: text.replace("제128조", "제129조"))
        into, conflicts = composed(root, mine)
        assert conflicts == []
        assert "제129조" in (into / "data/answers/tax.yml").read_text()
        assert answers(into)["car-tax"] == "새 글"

    def test_a_hand_edit_of_the_same_field_is_told(self, root: Path) -> None:
        mine = edited(root, "car-tax", answer="새 글")
        hand(root, "answers/tax.yml", lambda text: text.replace("6월과", "7월과"))
        into, [conflict] = composed(root, mine)
        assert (conflict.kind, [clash.name for clash in conflict.clashes]) == ("fields", ["answer"])
        assert answers(into)["car-tax"] == "새 글"

    def test_what_went_by_hand_and_what_cannot_be_read(self, root: Path) -> None:
        mine, other = edited(root, "car-tax", answer="새 글"), edited(root, "passport-fee", answer="새 글")
        hand(root, "answers/tax.yml", lambda text: "topic: 세금\nentries: []\n")
        (root / "data/answers/passport.yml").write_bytes(b"\xff\xfe")
        into, conflicts = composed(root, mine, other)
        assert [conflict.kind for conflict in conflicts] == ["gone", "gone"] or conflicts[
            1
        ].kind == "unreadable"
        assert (into / "data/answers/passport.yml").read_bytes() == b"\xff\xfe"

    def test_files(self, root: Path) -> None:
        mine = draft("file:data/rules.yml", "a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n")
        hand(root, "rules.yml", lambda text: text.replace("e", "E"))
        into, conflicts = composed(root, mine, draft("file:data/new.yml", None, "neu\n"))
        assert conflicts == []
        assert (into / "data/rules.yml").read_text() == "A\nb\nc\nd\nE\n"
        assert (into / "data/new.yml").read_text() == "neu\n"
        hand(root, "rules.yml", lambda text: text.replace("a", "ä"))
        _, [conflict] = composed(root, mine)
        assert conflict.clashes == (Clash("1", "a\n", "A\n", "ä\n"),)
        _, [gone] = composed(root, replace(mine, item="file:data/none.yml"))
        assert gone.kind == "gone"

    def test_hundreds_of_new_ones_in_one_file(self, root: Path) -> None:
        new = {"questions": ["질문"], "answer": "답", "source": {"title": "출처"}}
        drafts = [
            draft(f"answer:n{n}", None, write_answer("tax", {"id": f"n{n}", **new})) for n in range(300)
        ]
        into, conflicts = composed(root, *drafts)
        assert conflicts == []
        assert len(answers(into)) == 303


LINES = st.lists(st.sampled_from("abcd"), max_size=8)


@settings(max_examples=200, deadline=None)
@given(LINES, LINES, LINES)
def test_merging_takes_what_one_side_changed_and_loses_neither(base: list, mine: list, theirs: list) -> None:
    assert flat(merge3(base, mine, base)) == mine
    assert flat(merge3(base, base, theirs)) == theirs
    assert flat(merge3(base, mine, mine)) == mine
    turned = flat(merge3(base, theirs, mine), "theirs")
    assert flat(merge3(base, mine, theirs)) == turned
    text, clashes = merge_texts(*("".join(f"{line}\n" for line in side) for side in (base, mine, theirs)))
    assert text.split() == turned
    assert bool(clashes) == any(isinstance(part, Clash) for part in merge3(base, mine, theirs))


def flat(parts: Any, side: str = "mine") -> list:
    return [line for part in parts for line in (getattr(part, side) if isinstance(part, Clash) else part)]


def test_questions_added_on_both_sides_are_all_there() -> None:
    base = {"questions": ["하나", "둘"], "owner": "tax"}
    mine = {"questions": ["하나", "둘", "셋"], "owner": "tax"}
    theirs = {"questions": ["영", "하나", "둘", "넷"]}
    merged, clashes = merge_fields(base, mine, theirs)
    assert merged == {"questions": ["영", "하나", "둘", "셋", "넷"]}
    assert clashes == ()
