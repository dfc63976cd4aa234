"""Korean typed on the English keyboard, and English that must stay."""

import csv
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.keyboard import find_slips, to_hangul, to_keys
from bot.text.normalise import normalise
from bot.text.words import LATIN

SHARED = Path(__file__).resolve().parents[2] / "shared"
SYLLABLES = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=12)


@given(SYLLABLES)
def test_hangul_to_keys_and_back(text: str) -> None:
    assert to_hangul(to_keys(text)) == text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("durnjs", "여권"),
        ("DURNJS", "여권"),
        ("Tmfprl", "쓰레기"),
        ("wjsdlqtlsrh djEjgrp gkskdy?", "전입신고 어떻게 하나요?"),
        ("1qjs", "1번"),
        ("3dnjf dlfwjd", "3월 일정"),
        ("gozz", "해ㅋㅋ"),
        ("durnjszz", "여권ㅋㅋ"),
        ("wlq tofh wldjeh ehlskdy", "집 새로 지어도 되나요"),
        ("durnjs rkwlrh aud aud dhkdi gkskdy", "여권 가지고 명 명 와야 하나요"),
    ],
)
def test_slips_are_undone(typed: str, meant: str) -> None:
    assert normalise(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        *["passport", "KTX", "CCTV", "wifi", "WiFi", "email", "e-mail", "NEIS", "google", "GOOGLE"],
        *["SNS", "sns", "gps", "SMS", "iPhone", "AI", "IC", "LED", "FAQ", "OTP", "QR", "PDF", "hello"],
        *["covid19", "clean1", "4C", "3cm", "gh", "asdfghjkl"],
        "where is the city hall?",
        "http://go.kr/durnjs dkssud@rjs.com",
        "사이트 wifi 비번 sns 주소",
        "seoul canada day 행사",
    ],
)
def test_english_stays(text: str) -> None:
    assert normalise(text) == text


@pytest.mark.parametrize("word", sorted(LATIN))
def test_every_listed_word_needs_to_be_listed(word: str) -> None:
    assert to_hangul(word) is not None
    assert find_slips(f"여권 {word} 문의") == []


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="../shared with the public data is not there")
class TestOnPublicText:
    """Rates over real text; the figures are those of docs/adr/0003-korean-text.md with some room."""

    def test_english_sentences_stay(self) -> None:
        rows = json.loads((SHARED / "data/clinc150/data_full_train_val.json").read_text("utf-8"))
        sentences = [text for some in rows.values() for text, _ in some]
        changed = [text for text in sentences if re.search("[가-힣]", normalise(text))]
        assert len(changed) <= len(sentences) / 5000

    def test_questions_typed_on_the_english_keyboard_come_back(self) -> None:
        lines = (SHARED / "eval/dev.jsonl").read_text("utf-8").splitlines()
        questions = [row["query"] for row in map(json.loads, lines) if row["style"] == "plain"]
        lost = [text for text in questions if normalise(to_keys(text)) != normalise(text)]
        assert len(lost) <= len(questions) * 0.02

    def test_single_words_typed_on_the_english_keyboard_come_back(self) -> None:
        with (SHARED / "data/seoul120/seoul-120-text.csv").open(encoding="utf-8-sig", newline="") as file:
            words = {word for row in csv.DictReader(file) for word in re.findall("[가-힣]{2,}", row["제목"])}
        lost = [word for word in words if normalise(to_keys(word)) != word]
        assert len(lost) <= len(words) * 0.003
