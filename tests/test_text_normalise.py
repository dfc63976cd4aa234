"""`normalise` and `align`: one spelling for what people type."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.text.keyboard import to_keys
from bot.text.normalise import align, normalise

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
        ("ﾡﾤ ①번 86㎡", "ㄱㄴ 1번 86m²"),
        ("네ㅋㅋㅋㅋㅋ ㅠㅠㅠㅠ!!!!!", "네ㅋㅋ ㅠㅠ!!"),
        ("아아아아아악", "아아악"),
        ("  등본\n\n떼는   법\t", "등본 떼는 법"),
        ("durnjs wowqkfrmq", "여권 재발급"),
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
        "ㅇㅇ ㄱㅅ ㅋㅋ ㅠㅠ ㅇㅋ ㅋㅋㅠㅠ 나ㄷ",
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
    if not any(char * 4 in text for char in text):
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
    import time

    began = time.perf_counter()
    for nasty in ("ㄱㅏ" * 5000, "가\u0301" * 5000, "durnjs " * 1400, "\u1100" * 10_000, "ㅋㅏㅋ" * 3300):
        normalise(nasty)
    assert time.perf_counter() - began < 5
