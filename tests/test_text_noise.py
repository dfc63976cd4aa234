"""The noise that tests and benchmarks make."""

import random

from hypothesis import given
from hypothesis import strategies as st

from bot.text.noise import english_keyboard, mistyped, no_spaces
from bot.text.normalise import normalise

SYLLABLES = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), max_size=20)


@given(SYLLABLES, st.integers())
def test_every_syllable_gets_one_error_at_rate_one_and_none_at_zero(text: str, seed: int) -> None:
    wrong = mistyped(text, 1.0, random.Random(seed))
    assert len(wrong) == len(text)
    assert all(before != after for before, after in zip(text, wrong, strict=True))
    assert mistyped(text, 0.0, random.Random(seed)) == text


def test_a_tenth_of_the_syllables_and_nothing_else() -> None:
    text = "여권 passport 재발급 123 " * 500
    wrong = mistyped(text, 0.1, random.Random(1))
    changed = [(a, b) for a, b in zip(text, wrong, strict=True) if a != b]
    assert 180 < len(changed) < 330
    assert all("가" <= a <= "힣" and "가" <= b <= "힣" for a, b in changed)
    assert wrong == mistyped(text, 0.1, random.Random(1))


def test_spaces_and_keyboard() -> None:
    assert no_spaces(" 여권 재발급\n") == "여권재발급"
    assert english_keyboard("여권 재발급 1통") == "durnjs woqkfrmq 1xhd"
    assert normalise(english_keyboard("여권 재발급")) == "여권 재발급"
