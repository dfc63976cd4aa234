"""`normalise` and `align`: one spelling for what people type."""

import random
import re
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.text.keyboard import to_keys
from bot.text.noise import english_keyboard
from bot.text.normalise import LONGEST_TEXT, align, normalise

SYLLABLES = st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3)
ANY = st.text(st.characters(), max_size=60)
MESSY = st.text(
    st.sampled_from([*"ㄱㅏㄴㅜㅓㅋㅎㅠㅗ가여권네 durnjs!zzㆍ\u1100\u1161\u11a8\u200b\u0301ｗ①㎡\ud800\n"]),
    max_size=40,
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ㅇㅕㄱㅝㄴ 재발급", "여권 재발급"),
        ("ㅇㅕㄱㅜㅓㄴ", "여권"),
        ("안녕ㅎㅏ세요", "안녕하세요"),
        ("신청해ㅆ어요", "신청했어요"),
        ("여구ㅓㄴ", "여권"),
        ("네ㅔㅔㅔ 와ㅏㅏ", "네 와"),
        (unicodedata.normalize("NFD", "여권 재발급"), "여권 재발급"),
        ("여\u200b권\ufeff 재\u00ad발급", "여권 재발급"),
        ("여권\U000e0041\U000e0042 발\ufe0f급\x00", "여권 발급"),
        ("ｗｉｆｉ　１２３", "wifi 123"),
        ("ﾡﾩ ①번 86㎡", "ㄱㄹ 1번 86m²"),
        ("네ㅋㅋㅋㅋㅋ ㅠㅠㅠㅠ!!!!!", "네ㅋㅋ ㅠㅠ!!"),
        ("아아아아아악", "아아악"),
        ("  등본\n\n떼는   법\t", "등본 떼는 법"),
        ("durnjs wowqkfrmq", "여권 재발급"),
        ("durnjS wOWqkfrmq", "여권 재발급"),
        ("네네네네네 빨리빨리빨리", "네네 빨리빨리"),
        ("여 권 재 발 급", "여권재발급"),
        ("전 입 신 고 어떻게 해요?", "전입신고 어떻게 해요?"),
        ("여̷권̸ 재̶발급 cafe\u0301", "여권 재발급 café"),
        ("ⓐ𝒶𝓹𝓹 🅐🅱", "aapp AB"),
        ("раssроrt", "passport"),
        ("ㄱㅅ", "감사"),
        ("ㄱㅅㄱㅅㄱㅅㄱㅅ ㅇㅋㅋㅋ", "감사 오케이ㅋ"),
        ("ㅇㅇㅇ ㄴㄴ", "응 아니"),
        ("여권ㅇㄷ서 떼요", "여권 어디서 떼요"),
        ("durnjs dlfgdjqjfuTdjdy bb", "여권 잃어버렸어요 ㅠㅠ"),
    ],
)
def test_repairs_what_people_type(typed: str, meant: str) -> None:
    assert normalise(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "여권 재발급 얼마예요?",
        "공공공간 이전허가가가능한가요",
        "ㅋㅋ ㅠㅠ ㅋㅋㅠㅠ 나ㄷ ㅇㅅㅇ ㅅㅂ ㅎㅎ",
        "더 할 수 없 나",
        "그 때 할 수 있나요",
        "привет Αθήνα हिन्दी",
        "빨리빨리",
        "www.hanbit.go.kr hanbit@korea.kr",
        "접수번호 2026-000123",
        "1000000원",
        "三嘉連亭 😀 café",
    ],
)
def test_leaves_alone_what_is_right(text: str) -> None:
    assert normalise(text) == text


@given(ANY | MESSY)
@example("\ud800")
@example("ㄱㄱㄱㅏ")
def test_any_text_is_normalised_once_and_for_all(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert once.encode("utf-8").decode("utf-8") == once
    assert once == once.strip()


@given(st.lists(st.text(SYLLABLES, min_size=1, max_size=8), min_size=1, max_size=6))
def test_plain_hangul_stays(words: list[str]) -> None:
    text = " ".join(words)
    spread = sum(len(word) == 1 for word in words) > 2
    if not spread and not re.search(r"(.)\1{3}|(.{2,4})\2\2", text):
        assert normalise(text) == text


@given(ANY | MESSY)
def test_every_character_knows_where_it_came_from(text: str) -> None:
    aligned = align(text)
    assert len(aligned.spans) == len(aligned.text)
    before = (0, 0)
    for char, (start, end) in zip(aligned.text, aligned.spans, strict=True):
        assert 0 <= start < end <= len(text)
        assert start >= before[0]
        assert end >= before[1]
        before = (start, end)
        if end - start == 1 and text[start] == char:
            continue
        assert text[start:end] != char  # a character that moved was really changed


def test_a_stretch_leads_back_to_the_original() -> None:
    text = f"  {to_keys('소파')} 버려요"
    aligned = align(text)
    assert aligned.text == "소파 버려요"
    assert text[slice(*aligned.origin(0, 2))] == "thvk"
    assert text[slice(*aligned.origin(3, 6))] == "버려요"


def test_a_long_message_is_quick() -> None:
    began = time.perf_counter()
    for nasty in ("ㄱㅏ", "가\u0301", "durnjs ", "\u1100", "ㅋㅏㅋ", "가 나 ", "ㄱㅅ ", "aа", "가나", "가 "):
        assert len(normalise(nasty * (10**6 // len(nasty)))) <= LONGEST_TEXT
    assert time.perf_counter() - began < 10  # 0.6 s on an idle machine


QUESTIONS = st.lists(
    st.sampled_from(
        ["여권", "재발급", "전입신고", "대형폐기물", "과태료", "주정차", "어떻게", "버려요", "서류"]
    ),
    min_size=2,
    max_size=6,
).map(" ".join)
INVISIBLE = ["\u200b", "\u200d", "\ufeff", "\u00ad", "\U000e0041", "\ufe0f", "\u3164", "\u0336", "\x07"]


@given(QUESTIONS, st.integers())
def test_noise_that_nobody_sees_changes_nothing(text: str, seed: int) -> None:
    rng = random.Random(seed)
    assert normalise("".join(char + rng.choice(["", *INVISIBLE]) for char in text)) == text
    assert normalise(unicodedata.normalize("NFD", text)) == text
    assert normalise(text.replace(" ", rng.choice(["  ", "\u3000", "\n", "\u00a0\t"]))) == text
    assert normalise(text + " " + rng.choice("ㅋㅎㅠ") * rng.randrange(2, 30)).startswith(text)


@given(QUESTIONS)
def test_a_whole_question_on_the_english_keyboard_is_the_question(text: str) -> None:
    assert normalise(english_keyboard(text)) == text
    assert normalise(english_keyboard(text).upper().lower()) == normalise(english_keyboard(text).lower())


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=20))
def test_full_width_letters_are_read_as_plain_ones(text: str) -> None:
    assert normalise("".join(chr(ord(char) + 0xFEE0) for char in text)) == normalise(text)
