"""Kiwi behind `Morphemes`: forms, offsets, any text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.text.morphemes import Morphemes


@pytest.fixture(scope="module")
def morphemes() -> Morphemes:
    return Morphemes(["빛가온동"])


def test_forms_are_dictionary_forms_with_places(morphemes: Morphemes) -> None:
    text = "대형폐기물 어떻게 버려요"
    found = morphemes.analyse(text)
    assert [m.form for m in found] == ["대형", "폐기물", "어떻", "게", "버리", "어요"]
    assert text[found[1].start : found[1].end] == "폐기물"


def test_missing_spaces_do_not_matter(morphemes: Morphemes) -> None:
    spaced, joined = morphemes.analyse("여권 재발급 얼마예요"), morphemes.analyse("여권재발급얼마예요")
    assert [m.form for m in spaced] == [m.form for m in joined]


def test_names_and_numbers_stay_whole(morphemes: Morphemes) -> None:
    forms = [m.form for m in morphemes.analyse("빛가온동 접수번호 2026-000123")]
    assert "빛가온동" in forms
    assert "2026-000123" in forms


@settings(max_examples=60)
@given(st.text(st.characters(), max_size=40))
def test_any_text_has_places_inside_it(morphemes: Morphemes, text: str) -> None:
    for morpheme in morphemes.analyse(text):
        assert 0 <= morpheme.start <= morpheme.end <= len(text)
