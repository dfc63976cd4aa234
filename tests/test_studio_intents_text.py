"""Examples changed line by line: nothing else in a file moves, and marks say what they said."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.studio.intents import IntentReader
from bot.studio.intents_marks import mark, read_marks, unmark, unmarked
from bot.studio.intents_new import Wanted, faults
from bot.studio.intents_text import (
    NotEditable,
    add,
    add_block,
    change,
    read_blocks,
    remove,
    remove_block,
    set_block,
)
from bot.studio.intents_words import read_terms, remove_term, set_term
from bot.studio.texts import Texts
from tests.teaching_support import SOFA, THESAURUS, WORDS, content

SENTENCE = (
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=30
    )
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)


def examples(text: str, name: str = "ask_bulky_waste") -> list[str]:
    return [one.text for block in read_blocks(text) if block.name == name for one in block.examples]


@given(SENTENCE)
def test_what_is_added_is_read_and_removed_without_a_trace(said: str) -> None:
    more = add(SOFA, "intent", "ask_bulky_waste", [said])
    assert examples(more) == [*examples(SOFA), said]
    assert yaml.safe_load(more)["nlu"][0]["examples"].splitlines()[-1].removeprefix("- ") == said
    if said not in examples(SOFA):
        assert remove(more, "intent", "ask_bulky_waste", said) == SOFA


@given(SENTENCE, st.sampled_from(examples(SOFA)))
def test_a_change_touches_one_line(said: str, old: str) -> None:
    changed = change(SOFA, "intent", "ask_bulky_waste", old, said)
    before, after = SOFA.splitlines(), changed.splitlines()
    assert len(before) == len(after)
    assert sum(one != other for one, other in zip(before, after, strict=True)) <= 1
    assert said in examples(changed)


def test_an_entry_keeps_its_place_among_others() -> None:
    text = add(WORDS, "synonym", "소파", ["쏘파"])
    assert text == WORDS.replace("    - 쇼파\n", "    - 쇼파\n    - 쏘파\n")
    assert set_block(text, "synonym", "소파", ["쇼오파"]) == WORDS.replace("쇼파", "쇼오파")
    assert remove_block(WORDS, "synonym", "소파").count("소파") == 0
    assert examples(remove_block(WORDS, "synonym", "소파"), "dong") == ["새솔동"]
    new = add_block(WORDS, "lookup", "office", ["세정과"], "부서: 안내")
    assert yaml.safe_load(new)["nlu"][-1] == {
        "lookup": "office", "metadata": {"label": "부서: 안내"}, "examples": "- 세정과\n"
    }  # fmt: skip


def test_what_cannot_be_edited_is_told() -> None:
    for broken in (
        lambda: remove(SOFA, "intent", "ask_bulky_waste", "없는 말"),
        lambda: add(SOFA, "intent", "nobody", ["말"]),
        lambda: add(SOFA, "intent", "ask_bulky_waste", ["  "]),
        lambda: remove(WORDS, "synonym", "소파", "쇼파"),
        lambda: read_blocks("nlu: [\n"),
        lambda: add("nlu:\n- intent: a\n  examples: ['- 말']\n", "intent", "a", ["말"]),
        lambda: add_block(WORDS, "lookup", "dong", ["한내동"]),
    ):
        with pytest.raises(NotEditable, match="요"):
            broken()


@given(st.data(), st.text("가나다라 마바사", min_size=1, max_size=20).filter(str.strip))
def test_marks_are_put_and_taken_away(data: st.DataObject, plain: str) -> None:
    start = data.draw(st.integers(0, len(plain) - 1))
    end = data.draw(st.integers(start + 1, len(plain)))
    words = plain[start:end].strip()
    if not words:
        with pytest.raises(NotEditable):
            mark(plain, start, end, "item")
        return
    marked = mark(plain, start, end, "item")
    assert unmarked(marked) == plain
    _, (one,) = read_marks(marked)
    assert (plain[one.start : one.end], one.entity) == (words, "item")
    with pytest.raises(NotEditable):
        mark(marked, start, end, "dong")
    assert unmark(marked, one.start) == plain


def test_marks_as_rasa_writes_them() -> None:
    raw = '[쇼파]{"entity": "item", "value": "소파"}랑 [빛가온](dong:빛가온동) [휴대전화]'
    plain, marks = read_marks(raw)
    assert plain == "쇼파랑 빛가온 [휴대전화]"
    assert [(plain[one.start : one.end], one.entity) for one in marks] == [
        ("쇼파", "item"),
        ("빛가온", "dong"),
    ]
    assert unmark(unmark(raw, 0), marks[1].start) == plain
    assert mark(raw, 2, 3, "dong").startswith('[쇼파]{"entity": "item", "value": "소파"}[랑](dong) [빛')


def test_the_thesaurus_keeps_comments_and_order() -> None:
    text = set_term("data/thesaurus/waste.yml", THESAURUS, "", "종량제봉투", ["쓰봉", "쓰봉", "쓰레기봉투"])
    assert text.startswith(THESAURUS)
    topic, terms = read_terms("data/thesaurus/waste.yml", text)
    assert (topic, [one.official for one in terms]) == ("쓰레기", ["대형폐기물", "종량제봉투"])
    assert terms[1].everyday == ("쓰봉", "쓰레기봉투")
    renamed = set_term("data/thesaurus/waste.yml", text, "대형폐기물", "큰 폐기물", ["가구 버리"])
    assert "# 쓰레기\n" in renamed
    assert "대형폐기물" not in renamed
    assert remove_term("data/thesaurus/waste.yml", text, "종량제봉투") == THESAURUS
    for wrong in (("없는 것", "말"), ("", "대형폐기물")):
        with pytest.raises(NotEditable):
            set_term("data/thesaurus/waste.yml", text, *wrong, ["말"])


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Ask", "name"),
        ("a b", "name"),
        ("../x", "name"),
        ("greet", "name"),
        ("nlu_fallback", "name"),
        ("견인", "name"),
    ],
)
def test_bad_names_are_refused(tmp_path: object, name: str, field: str) -> None:
    from pathlib import Path

    intents = IntentReader().read(Texts(content(Path(str(tmp_path))), []))
    said = tuple(f"견인된 차 어디 있어요 {at}" for at in range(5))
    found = faults(Wanted(name, "견인 차량", said, "answer"), intents)
    assert list(found) == [field]
    assert "요" in found[field]
